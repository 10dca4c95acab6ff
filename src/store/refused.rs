//! Writes the database itself refused: how many, since when, and why.

use crate::fault::Fault;
use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

/// Refused since a write last went through that needed as much room. Those of readiness are among them.
#[derive(Debug, Clone)]
pub struct RefusedWrites {
    pub count: u64,
    pub since: Instant,
    /// The latest reason, in words for whoever runs the server.
    pub why: String,
}

/// What one process saw of its database.
#[derive(Clone, Default)]
pub(crate) struct Refusals(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    open: Option<RefusedWrites>,
    last: Option<Instant>,
}

impl Refusals {
    /// Counts writes that a fault ended, if it was the database that refused them.
    pub(crate) fn count(&self, fault: &Fault, writes: usize) {
        if !fault.is_refused_write {
            return;
        }
        let now = Instant::now();
        let mut state = self.state();
        let since = state.open.as_ref().map_or(now, |open| open.since);
        let before = state.open.as_ref().map_or(0, |open| open.count);
        state.last = Some(now);
        state.open =
            Some(RefusedWrites { count: before + writes as u64, since, why: fault.error.message.clone() });
    }

    pub(crate) fn open(&self) -> Option<RefusedWrites> {
        self.state().open.clone()
    }

    pub(crate) fn last(&self) -> Option<Instant> {
        self.state().last
    }

    /// After a write that needed room went through. What was refused since `seen` stays open.
    pub(crate) fn close(&self, seen: &RefusedWrites) {
        let mut state = self.state();
        if state.open.as_ref().is_some_and(|open| open.count == seen.count) {
            state.open = None;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic while it is changed")
    }
}
