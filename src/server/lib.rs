//! The process: faces, pages, scheduler and command line around the catalogue.

pub mod cli;
pub mod config;
pub mod reconcilers;
pub mod scheduler;
pub mod web;
