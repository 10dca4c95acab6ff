//! The real program under faults. Figures are printed; run them with `tests/run faults`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cancelled;
mod cluster;
mod disk;
mod disk_full;
mod import_killed;
mod killed;
mod load;
mod postgres_full;
mod ready;
mod stopped;
mod terminal;
