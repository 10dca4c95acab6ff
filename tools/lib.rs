//! What agents can ask for: the catalogue, one `mod` and one list line per tool.

pub mod arguments;
pub mod context;
pub mod schema;
pub mod standing;
pub mod tool;

mod document_outcome;
mod get_progress;
mod list_alerts;
mod list_measurements;
mod predict_outcome;
mod prepare_review;
mod record_review;
mod resolve_alert;

pub use context::{Caller, Clock, Context, Host, Ids, Role};
use std::sync::LazyLock;
pub use tool::{Answer, Effect, Entry, Method, Next, Reply, Route, Tool};

static CATALOGUE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut entries = vec![
        Entry::of::<document_outcome::DocumentOutcome>(),
        Entry::of::<get_progress::GetProgress>(),
        Entry::of::<list_alerts::ListAlerts>(),
        Entry::of::<list_measurements::ListMeasurements>(),
        Entry::of::<predict_outcome::PredictOutcome>(),
        Entry::of::<prepare_review::PrepareReview>(),
        Entry::of::<record_review::RecordReview>(),
        Entry::of::<resolve_alert::ResolveAlert>(),
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
