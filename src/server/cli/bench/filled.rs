//! A store filled with the synthetic portfolio: nine of ten upsells finished, the others evaluated up to yesterday.

use super::{Bench, sample};
use crate::{cli::open_host, config::Config};
use ::tools::{Clock, Host, Ids};
use chrono::{DateTime, Utc};
use domain::{
    Result,
    assess::{Cohorts, Inputs, METHOD, Occasion, assess, inputs_of},
    observation::Observation,
    plan::MeasurementPlan,
    policy::Policy,
    progress::Evaluation,
};
use std::{collections::BTreeMap, ops::Range, path::PathBuf, sync::Arc, time::Instant};
use store::{Store, Tx};

pub struct Filled {
    pub host: Arc<Host>,
    /// All upsells: first those under way, then the finished ones.
    pub upsells: u64,
    pub open: u64,
    pub alerts: u64,
}

/// Of so many upsells one is under way.
const ONE_OPEN_OF: u64 = 10;
/// Upsells stored in one transaction.
const TOGETHER: u64 = 100;
const ALERTS_TOGETHER: u64 = 1000;

impl Filled {
    /// Filled without waiting for the disk, then opened as a server opens it.
    pub async fn fill(bench: &Bench<'_>) -> Result<Self> {
        let path: PathBuf = bench.folder.path().join("filled.db");
        let (upsells, calls) = (bench.size.upsells, bench.size.calls);
        let open = upsells.div_ceil(ONE_OPEN_OF);
        let alerts = (2 * upsells).max((super::writes::CALLERS * calls) as u64);
        let started = Instant::now();
        let store = Store::open_disposable(&path).await?;
        let filler = Filler { store: &store, upsells, open };
        filler.fill(alerts).await?;
        store.close().await;
        let config = Config { database_url: Some(bench.sqlite("filled.db")), ..bench.config.clone() };
        let host = open_host(&config, Clock::held(sample::noon(sample::DAYS)), Ids::Random).await?;
        let rows = upsells * sample::METRICS * sample::DAYS as u64;
        eprintln!(
            "filled {upsells} upsells, {} of them finished, {rows} observations and {alerts} alerts in {:.0?}",
            upsells - open,
            started.elapsed()
        );
        Ok(Self { host, upsells, open, alerts })
    }

    /// An upsell under way, in an order that jumps about.
    pub fn any_open(&self, n: u64) -> u64 {
        sample::spread(n) % self.open
    }

    /// A finished upsell, in an order that jumps about.
    pub fn any_finished(&self, n: u64) -> u64 {
        self.open + sample::spread(n) % (self.upsells - self.open)
    }
}

struct Filler<'a> {
    store: &'a Store,
    upsells: u64,
    open: u64,
}

impl Filler<'_> {
    async fn fill(&self, alerts: u64) -> Result<()> {
        let policy = Policy::default();
        let cohorts = sample::cohorts(&policy, self.upsells);
        for first in (0..self.upsells).step_by(TOGETHER as usize) {
            let numbers = first..(first + TOGETHER).min(self.upsells);
            self.store_some(numbers, &cohorts, &policy).await?;
        }
        for first in (0..alerts).step_by(ALERTS_TOGETHER as usize) {
            self.store_alerts(first..(first + ALERTS_TOGETHER).min(alerts)).await?;
        }
        Ok(())
    }

    async fn store_some(&self, numbers: Range<u64>, cohorts: &Cohorts, policy: &Policy) -> Result<()> {
        let mut tx = self.store.write("bench_fill").await?;
        for n in numbers {
            let plan = sample::plan(n);
            let observations = sample::observations(n, &plan);
            tx.insert_upsell(&sample::upsell(n)).await?;
            tx.insert_plan(&plan).await?;
            tx.insert_observations(&observations).await?;
            let is_finished = n >= self.open;
            let at = sample::noon(if is_finished { sample::ENDED - 1 } else { sample::DAYS - 1 });
            tx.insert_evaluation(&evaluation(n, &plan, &observations, cohorts, policy, at)).await?;
            if is_finished {
                finish(&mut tx, n, &plan, policy).await?;
            }
        }
        tx.commit().await
    }

    async fn store_alerts(&self, numbers: Range<u64>) -> Result<()> {
        let mut tx = self.store.write("bench_alerts").await?;
        for n in numbers {
            tx.insert_alert(&sample::alert(n % self.upsells, n)).await?;
        }
        tx.commit().await
    }
}

/// Its outcome, its ways, and its forecasts with what came of them.
async fn finish(tx: &mut Tx, n: u64, plan: &MeasurementPlan, policy: &Policy) -> Result<()> {
    let outcome = sample::outcome(n);
    tx.insert_outcome(plan.id, plan.upsell, &outcome).await?;
    tx.insert_past_ways(&sample::ways(n, outcome.documented_at)).await?;
    let promises = sample::promises(n, plan, policy);
    tx.keep_score(plan.id, &promises, (None, plan.horizon()), outcome.documented_at).await?;
    Ok(())
}

fn evaluation(
    n: u64,
    plan: &MeasurementPlan,
    observations: &[Observation],
    cohorts: &Cohorts,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Evaluation {
    let progress = assess(&Inputs {
        plan,
        observations,
        previous: None,
        cohorts,
        policy,
        ended_on: None,
        now,
        occasion: Occasion::Scheduled,
    });
    Evaluation {
        id: domain::id::EvaluationId::from_bits(sample::spread(n)),
        plan: plan.id,
        plan_version: plan.version,
        upsell: plan.upsell,
        at: now,
        method: METHOD,
        previous: None,
        inputs: inputs_of(&progress),
        ticked: BTreeMap::new(),
        progress,
    }
}
