//! Pages for people: what they look like. Data reaches them as plain view models.

pub mod asset;
pub mod chart;
pub mod format;
pub mod gap;
pub mod pages;
pub mod unit;
