//! The clock's hand: `tick` runs every reconciler once.

use crate::{
    health::Health,
    reconcilers::{
        assess_progress, budget_alerts, draft_plans, learn_cases, open_checkpoints, raise_alerts,
        score_outcomes, tell_health,
    },
};
use chrono::{DateTime, DurationRound, NaiveTime, TimeDelta, Utc};
use domain::Result;
use std::{ops::AddAssign, sync::Arc, time::Duration};
use store::unattended::Ahead;
use tools::Host;

/// What ticking changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticked {
    pub drafted: usize,
    pub opened: usize,
    pub assessed: usize,
    pub alerts: usize,
    pub scored: usize,
    pub told: usize,
    pub shared: usize,
    pub learned: usize,
}

impl Ticked {
    pub const fn changed(self) -> usize {
        self.drafted
            + self.opened
            + self.assessed
            + self.alerts
            + self.scored
            + self.told
            + self.shared
            + self.learned
    }
}

impl AddAssign for Ticked {
    fn add_assign(&mut self, more: Self) {
        self.drafted += more.drafted;
        self.opened += more.opened;
        self.assessed += more.assessed;
        self.alerts += more.alerts;
        self.scored += more.scored;
        self.told += more.told;
        self.shared += more.shared;
        self.learned += more.learned;
    }
}

/// Runs each reconciler that has something to do once at the host's `now`; returns how much changed. Call again until
/// 0 to be quiet.
pub async fn tick(host: &Arc<Host>) -> Result<usize> {
    let ahead = look_ahead(host).await?;
    tick_on(host, &ahead).await.map(Ticked::changed)
}

async fn tick_on(host: &Arc<Host>, ahead: &Ahead) -> Result<Ticked> {
    let (mut ticked, now) = (Ticked::default(), host.clock.now());
    if ahead.drafts {
        ticked.drafted = draft_plans::run(host).await?;
    }
    if ahead.due.is_some_and(|at| at <= now) {
        ticked.opened = open_checkpoints::run(host).await?;
        ticked.assessed = assess_progress::run(host).await?;
    }
    if ahead.look.is_some_and(|at| at <= now) {
        ticked.alerts = raise_alerts::run(host).await?;
    }
    if ahead.scores {
        ticked.scored = score_outcomes::run(host).await?;
    }
    if ahead.health.is_some_and(|at| at <= now) {
        ticked.told = tell_health::run(host).await?;
    }
    if ahead.shares {
        ticked.shared = budget_alerts::run(host).await?;
    }
    if ahead.facts {
        ticked.learned = learn_cases::run(host).await?;
    }
    if ticked.changed() > 0 {
        tracing::debug!(%now, ?ticked, "ticked");
    }
    Ok(ticked)
}

/// Ticks until nothing more is due.
pub async fn tick_until_quiet(host: &Arc<Host>) -> Result<Ticked> {
    quiet(host).await.map(|(ticked, _)| ticked)
}

async fn quiet(host: &Arc<Host>) -> Result<(Ticked, Ahead)> {
    let mut all = Ticked::default();
    loop {
        let ahead = look_ahead(host).await?;
        let ticked = tick_on(host, &ahead).await?;
        if ticked.changed() == 0 {
            return Ok((all, ahead));
        }
        all += ticked;
    }
}

/// Moves a held clock to `at` as [`tick_until`] does, from where time stood still: where the last rehearsal stands, or
/// before it, where an upsell that came since began; what was recorded later is left as it is. One that was detected
/// only after `at` is being rehearsed: its time begins when it closed. Returns where it began, and what it changed.
pub async fn rehearse(host: &Arc<Host>, at: DateTime<Utc>) -> Result<(DateTime<Utc>, Ticked)> {
    let from = stands_at(host, at).await?;
    host.clock.set(from);
    Ok((from, tick_until(host, at).await?))
}

async fn stands_at(host: &Host, at: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let mut tx = host.store.write("rehearse").await?;
    let reached = match tx.rehearsed_to(at).await? {
        Some(reached) => Some(reached),
        None => tx.ahead().await?.due,
    };
    let began = tx.new_upsells().await?.into_iter().map(|(detected, closed)| {
        if detected <= at { detected } else { closed.and_time(NaiveTime::MIN).and_utc() }
    });
    let from = began.chain(reached).min().unwrap_or(at).min(at);
    tx.retry_drafts().await?;
    tx.commit().await?;
    Ok(from)
}

/// Moves a held clock to `instant`, a civil day at a time and to the hour where something falls due before, ticking
/// until quiet at each stop. Each stop is recorded first: stopped at any moment, it goes on from there.
pub async fn tick_until(host: &Arc<Host>, instant: DateTime<Utc>) -> Result<Ticked> {
    stop_at(host, host.clock.now()).await?;
    let (mut all, mut ahead) = quiet(host).await?;
    while host.clock.now() < instant {
        let now = host.clock.now();
        let due = ahead.next().map_or(DateTime::<Utc>::MAX_UTC, at_the_hour);
        stop_at(host, due.min(now + TimeDelta::days(1)).max(now + TimeDelta::minutes(1)).min(instant))
            .await?;
        let (ticked, then) = quiet(host).await?;
        all += ticked;
        ahead = then;
    }
    Ok(all)
}

async fn stop_at(host: &Host, at: DateTime<Utc>) -> Result<()> {
    let mut tx = host.store.write("rehearse").await?;
    tx.save_rehearsed_to(at).await?;
    tx.commit().await?;
    host.clock.set(at);
    Ok(())
}

async fn look_ahead(host: &Host) -> Result<Ahead> {
    let mut tx = host.store.read().await?;
    let ahead = tx.ahead().await?;
    tx.rollback().await?;
    Ok(ahead)
}

/// Longest wait between two ticks of a running server, and the shortest when nothing rings.
pub const PATIENCE: TimeDelta = TimeDelta::seconds(15);
const BREATH: TimeDelta = TimeDelta::seconds(1);

/// Ticks for as long as the process lives: after every change, and when the next row is due.
pub async fn run(host: Arc<Host>, health: Health) {
    loop {
        let ticked = tick(&host).await;
        health.note_tick(ticked.is_ok());
        match ticked {
            Ok(0) => rest(&host).await,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, cause = ?std::error::Error::source(&error), "a tick failed; it is tried again");
                tokio::time::sleep(BREATH.to_std().expect("a positive time")).await;
            }
        }
    }
}

/// Until something changes, the next row is due, or patience ends.
async fn rest(host: &Arc<Host>) {
    let due = look_ahead(host).await.ok().and_then(|ahead| ahead.next());
    let wait = due.map_or(PATIENCE, |at| (at - host.clock.now()).clamp(BREATH, PATIENCE));
    let wait = wait.to_std().unwrap_or(Duration::ZERO);
    // Running out of time is the other way to end the rest.
    let _ = tokio::time::timeout(wait, host.changed.notified()).await;
}

/// The first full hour at or after `at`: what falls due within an hour is done together.
fn at_the_hour(at: DateTime<Utc>) -> DateTime<Utc> {
    let floor = at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at);
    if floor == at { at } else { floor + TimeDelta::hours(1) }
}
