//! The engine alone: every upsell assessed from its observations and its cohort, without a database.

use super::{
    Size,
    figure::{Figure, Goal, per_second, short},
    machine, sample,
};
use domain::{
    Error, Result,
    assess::{Cohorts, Inputs, Occasion, assess},
    observation::Observation,
    plan::MeasurementPlan,
    policy::Policy,
};
use std::{
    hint::black_box,
    thread,
    time::{Duration, Instant},
};

/// Upsells whose rows a core holds at once: what bounds the memory.
const AT_ONCE: u64 = 64;
/// The whole portfolio in seconds.
const SECONDS: f64 = 10.0;

/// What one core did.
#[derive(Default)]
struct Share {
    rows: usize,
    assessing: Duration,
    visiting: Duration,
}

pub fn measure(size: Size) -> Result<Vec<Figure>> {
    machine::forget_peak();
    let policy = Policy::default();
    let cohorts = sample::cohorts(&policy, size.upsells);
    let cores = machine::cores() as u64;
    let shares: Vec<Share> = thread::scope(|scope| {
        let own = |core| {
            let (policy, cohorts) = (&policy, &cohorts);
            scope.spawn(move || share_of(core, cores, size.upsells, cohorts, policy))
        };
        let running: Vec<_> = (0..cores).map(own).collect();
        running
            .into_iter()
            .map(|core| core.join().map_err(|_| Error::internal("a core panicked")))
            .collect::<Result<_>>()
    })?;
    let rows: usize = shares.iter().map(|share| share.rows).sum();
    let slowest = shares.iter().map(|share| share.assessing).max().unwrap_or_default();
    let together: f64 = shares.iter().map(|share| per_second(share.rows, share.assessing)).sum();
    let bare: f64 = shares.iter().map(|share| per_second(share.rows, share.visiting)).sum();
    let peak = machine::peak_mb().map_or("unknown".to_owned(), |mb| format!("{mb:.0} MB"));
    let seconds = slowest.as_secs_f64();
    let against = "reading the same observations once, summing their values";
    Ok(vec![
        Figure::new(format!("engine, all {cores} cores"), together, "rows/s", against, bare).note(format!(
            "{} per core and second; peak memory {peak}, bounded by {AT_ONCE} upsells a core and one cohort",
            short(together / cores as f64)
        )),
        Figure::new(
            format!("engine, {} upsells assessed", size.upsells),
            seconds,
            "s",
            against,
            rows as f64 / bare,
        )
        .goal(Goal::AtMost(SECONDS))
        .note(format!("{rows} rows: 5 metrics x 90 days each, beside {} past upsells", sample::PAST)),
    ])
}

/// Every `cores`-th bunch of upsells, only reading and assessing on the clock.
fn share_of(core: u64, cores: u64, upsells: u64, cohorts: &Cohorts, policy: &Policy) -> Share {
    let mut share = Share::default();
    for first in (core * AT_ONCE..upsells).step_by((cores * AT_ONCE) as usize) {
        let bunch: Vec<(MeasurementPlan, Vec<Observation>)> = (first..(first + AT_ONCE).min(upsells))
            .map(|n| (sample::plan(n), n))
            .map(|(plan, n)| (plan.clone(), sample::observations(n, &plan)))
            .collect();
        let started = Instant::now();
        for (_, observations) in &bunch {
            black_box(observations.iter().map(|observation| observation.value).sum::<f64>());
        }
        share.visiting += started.elapsed();
        let started = Instant::now();
        for (plan, observations) in &bunch {
            black_box(assess(&inputs(plan, observations, cohorts, policy)));
        }
        share.assessing += started.elapsed();
        share.rows += bunch.iter().map(|(_, observations)| observations.len()).sum::<usize>();
    }
    share
}

fn inputs<'a>(
    plan: &'a MeasurementPlan,
    observations: &'a [Observation],
    cohorts: &'a Cohorts,
    policy: &'a Policy,
) -> Inputs<'a> {
    let now = sample::noon(sample::DAYS);
    Inputs {
        plan,
        observations,
        previous: None,
        cohorts,
        policy,
        ended_on: None,
        now,
        occasion: Occasion::Scheduled,
    }
}
