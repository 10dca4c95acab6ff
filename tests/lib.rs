//! The whole, under a held clock: a server in one process, asked as agents and people ask it.

pub mod database;
pub mod face;
pub mod journey;
pub mod process;
pub mod socket;
pub mod world;
