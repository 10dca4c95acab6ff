//! Pages for people: what they look like, and what fills them.

pub mod asset;
pub mod chart;
mod download;
pub mod format;
pub mod gap;
mod measurement;
pub mod pages;
mod portfolio;
mod routes;
mod series;
#[cfg(test)]
mod tests;
pub mod unit;
mod visitor;
pub mod words;

pub use routes::routes;
use visitor::Visitor;
