//! The process: faces, pages, scheduler and command line around the catalogue.

pub mod auth;
pub mod cli;
pub mod config;
pub mod face;
pub mod guard;
pub mod health;
pub mod history;
pub mod listen;
pub mod mcp;
pub mod openapi;
mod policy;
pub mod reconcilers;
pub mod rest;
pub mod router;
pub mod rpc;
pub mod scheduler;
pub mod sign_in;
pub mod telemetry;
pub mod templates;
pub mod web;

pub use router::{Faces, build_router};
