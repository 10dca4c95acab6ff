//! What is true: the rules of measurement, without a clock, a database or a network.

pub mod alert;
pub mod analysis;
pub mod assess;
pub mod backtest;
pub mod baseline;
pub mod brief;
pub mod checkpoint;
pub mod classify;
pub mod cohort;
pub mod collect;
pub mod draft;
pub mod episode;
pub mod error;
#[cfg(test)]
pub mod example;
pub mod findings;
pub mod forecast;
pub mod guard;
pub mod headline;
pub mod health;
pub mod id;
pub mod matching;
pub mod measurement;
pub mod metric;
pub mod milestone;
pub mod money;
pub mod observation;
pub mod outcome;
pub mod pace;
pub mod plan;
pub mod policy;
pub mod prediction;
pub mod progress;
pub mod quote;
pub mod review;
pub mod schedule;
pub mod statistics;
pub mod status;
pub mod survival;
pub mod target;
pub mod template;
pub mod upsell;
pub mod usage;

pub use error::{Code, Error, Result};
