//! What is remembered: one store on SQLite or PostgreSQL, one SQL text for both.

#[macro_use]
pub mod db;

pub mod alerts;
pub mod answers;
pub mod at;
pub mod audit;
pub mod cases;
pub mod controls;
pub mod customers;
pub mod days;
pub mod evaluations;
pub mod floor;
pub mod health;
pub mod keys;
pub mod observations;
pub mod outbox;
pub mod outcomes;
pub mod past;
pub mod plans;
pub mod policies;
pub mod portfolio;
pub mod promises;
pub mod proposals;
pub mod rehearsal;
pub mod reviews;
pub mod sessions;
pub mod unattended;
pub mod upsells;
pub mod usage;

mod bulk;
mod candidates;
mod fault;
mod postgres;
mod refused;
mod rollup;
mod schema;
mod sqlite;
mod standing;
mod text;
mod weeks;

pub use db::{Store, Tx};
pub use refused::RefusedWrites;

#[cfg(test)]
mod contract;
