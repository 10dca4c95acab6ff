//! The real program under faults. Figures are printed; run them with `tests/run faults`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cancelled;
mod disk_full;
mod import_killed;
mod killed;
mod load;
mod stopped;
mod terminal;
