//! The clock's hand: `tick` runs every reconciler once.

use domain::Result;
use std::sync::Arc;
use tools::Host;

/// Runs each reconciler once at the host's `now`; returns how much changed. Call again until 0 to be quiet.
pub async fn tick(_host: &Arc<Host>) -> Result<usize> {
    todo!()
}

/// Ticks for as long as the process lives: after every change, and when the next row is due.
pub async fn run(_host: Arc<Host>) {
    todo!()
}
