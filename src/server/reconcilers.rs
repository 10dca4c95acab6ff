//! Idempotent steps toward what should be: each does what is due, in a bounded batch, on every replica at once.

pub mod assess_progress;
pub mod budget_alerts;
pub mod draft_plans;
pub mod learn_cases;
pub mod observe;
pub mod open_checkpoints;
pub mod raise_alerts;
pub mod score_outcomes;
pub mod tell_health;
