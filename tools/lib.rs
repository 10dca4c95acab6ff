//! What agents can ask for: the catalogue, one `mod` and one list line per tool.

pub mod adoption;
pub mod alert_subjects;
pub mod arguments;
pub mod baselines;
pub mod cases;
pub mod cohorts;
pub mod context;
pub mod effects;
pub mod gathered;
pub mod health;
pub mod key_cache;
pub mod schema;
pub mod self_score;
pub mod standing;
pub mod tool;

mod analyze_outcomes;
mod as_of;
#[cfg(test)]
mod catalog;
mod comparison;
mod create_measurement_plan;
mod document_outcome;
mod get_progress;
mod ingest_usage;
mod lift;
mod list_alerts;
mod list_measurements;
mod list_templates;
mod predict_outcome;
mod prepare_review;
mod record_review;
mod register_upsell;
mod repeat;
mod resolve_alert;
mod settled;
mod stated;
mod update_metrics;

#[cfg(test)]
mod trial;

pub use context::{Caller, Clock, Context, Host, Ids, Role};
use std::sync::LazyLock;
pub use tool::{Answer, Effect, Entry, Method, Next, Reply, Route, Tool, View};

static CATALOGUE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut entries = vec![
        Entry::of::<create_measurement_plan::CreateMeasurementPlan>(),
        Entry::of::<analyze_outcomes::AnalyzeOutcomes>(),
        Entry::of::<document_outcome::DocumentOutcome>(),
        Entry::of::<get_progress::GetProgress>(),
        Entry::of::<ingest_usage::IngestUsage>(),
        Entry::of::<list_alerts::ListAlerts>(),
        Entry::of::<list_measurements::ListMeasurements>(),
        Entry::of::<list_templates::ListTemplates>(),
        Entry::of::<predict_outcome::PredictOutcome>(),
        Entry::of::<prepare_review::PrepareReview>(),
        Entry::of::<record_review::RecordReview>(),
        Entry::of::<register_upsell::RegisterUpsell>(),
        Entry::of::<resolve_alert::ResolveAlert>(),
        Entry::of::<update_metrics::UpdateMetrics>(),
    ];
    entries.sort_by_key(|entry| entry.name);
    entries
});

/// Every tool, by name.
pub fn catalogue() -> &'static [Entry] {
    &CATALOGUE
}

/// The tool of that name.
pub fn entry(name: &str) -> Option<&'static Entry> {
    catalogue().iter().find(|entry| entry.name == name)
}
