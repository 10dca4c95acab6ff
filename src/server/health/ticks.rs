//! What became of the scheduler's ticks in this process, and what that says about it.

use super::words;
use crate::scheduler::PATIENCE;
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;

/// As many in a row are no accident.
const FAILED_IN_A_ROW: u32 = 3;
/// A tick is a bounded batch, and begins after `PATIENCE` at the latest.
const LONGEST_SILENCE: Duration = Duration::from_secs(8 * PATIENCE.num_seconds() as u64);

#[derive(Debug, Default)]
pub(super) struct Ticks {
    scheduler: Option<Scheduler>,
    last_good: Option<Instant>,
    /// Since the last good one.
    failed: u32,
    failing_since: Option<Instant>,
}

#[derive(Debug)]
struct Scheduler {
    task: AbortHandle,
    started: Instant,
}

impl Ticks {
    pub(super) fn watch(&mut self, task: AbortHandle, started: Instant) {
        self.scheduler = Some(Scheduler { task, started });
    }

    pub(super) fn note(&mut self, is_good: bool, now: Instant) {
        if is_good {
            (self.last_good, self.failed, self.failing_since) = (Some(now), 0, None);
        } else {
            self.failed += 1;
            self.failing_since.get_or_insert(now);
        }
    }

    pub(super) const fn last_good(&self) -> Option<Instant> {
        self.last_good
    }

    pub(super) const fn failed(&self) -> u32 {
        self.failed
    }

    /// In words; `Err` with what is wrong.
    pub(super) fn state(&self, now: Instant) -> Result<String, String> {
        let Some(scheduler) = &self.scheduler else { return Ok("not run by this process".to_owned()) };
        if let Some(since) = self.failing_since.filter(|_| self.failed >= FAILED_IN_A_ROW) {
            return Err(format!(
                "the last {} ticks failed, the first at {}; {}. The server's log says why",
                self.failed,
                words(since),
                self.last_good_words()
            ));
        }
        if scheduler.task.is_finished() {
            return Err(format!("stopped; {}", self.last_good_words()));
        }
        let silent_since = self.last_good.map_or(scheduler.started, |good| good.max(scheduler.started));
        let silence = now.saturating_duration_since(silent_since);
        if silence > LONGEST_SILENCE {
            return Err(format!(
                "no tick went through for {} s; {}",
                silence.as_secs(),
                self.last_good_words()
            ));
        }
        Ok("ok".to_owned())
    }

    fn last_good_words(&self) -> String {
        self.last_good.map_or_else(
            || "none went through yet".to_owned(),
            |at| format!("the last good one was at {}", words(at)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(started: Instant) -> Ticks {
        let mut ticks = Ticks::default();
        ticks.watch(tokio::spawn(std::future::pending::<()>()).abort_handle(), started);
        ticks
    }

    #[tokio::test]
    async fn three_failed_ticks_in_a_row_are_a_fault_until_one_goes_through() {
        let now = Instant::now();
        let mut ticks = watched(now);
        ticks.note(true, now);
        for _ in 1..FAILED_IN_A_ROW {
            ticks.note(false, now);
        }
        assert_eq!(ticks.state(now).as_deref(), Ok("ok"));
        ticks.note(false, now);
        let fault = ticks.state(now).unwrap_err();
        assert!(fault.starts_with("the last 3 ticks failed, the first at 20"), "{fault}");
        ticks.note(true, now);
        assert_eq!((ticks.state(now).as_deref(), ticks.failed()), (Ok("ok"), 0));
    }

    #[tokio::test]
    async fn a_scheduler_that_hangs_is_a_fault() {
        let started = Instant::now();
        let mut ticks = watched(started);
        let (soon, late) = (started + LONGEST_SILENCE, started + LONGEST_SILENCE + Duration::from_secs(1));
        assert_eq!(ticks.state(soon).as_deref(), Ok("ok"));
        assert_eq!(ticks.state(late).unwrap_err(), "no tick went through for 121 s; none went through yet");
        ticks.note(true, late);
        assert_eq!(ticks.state(late).as_deref(), Ok("ok"));
    }

    #[test]
    fn a_process_without_a_scheduler_is_ready_without_ticks() {
        assert_eq!(Ticks::default().state(Instant::now()).as_deref(), Ok("not run by this process"));
    }
}
