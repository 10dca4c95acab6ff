//! A store filled with the synthetic portfolio, evaluated up to yesterday.

use super::{Bench, sample};
use crate::{cli::open_host, config::Config};
use ::tools::{Clock, Host, Ids};
use domain::{
    Result,
    assess::{Cohorts, Inputs, METHOD, Occasion, assess, inputs_of},
    observation::Observation,
    plan::MeasurementPlan,
    policy::Policy,
    progress::Evaluation,
};
use std::{collections::BTreeMap, sync::Arc, time::Instant};
use store::Tx;

pub struct Filled {
    pub host: Arc<Host>,
    /// Upsells under way; the past ones come after them.
    pub upsells: u64,
}

/// Upsells stored in one transaction.
const TOGETHER: u64 = 20;

impl Filled {
    pub async fn fill(bench: &Bench<'_>) -> Result<Self> {
        let config = Config { database_url: Some(bench.sqlite("filled.db")), ..bench.config.clone() };
        let host = open_host(&config, Clock::held(sample::noon(sample::DAYS)), Ids::Random).await?;
        let filled = Self { host, upsells: bench.size.upsells };
        let started = Instant::now();
        filled.store_past().await?;
        for first in (0..filled.upsells).step_by(TOGETHER as usize) {
            filled.store_some(first..(first + TOGETHER).min(filled.upsells)).await?;
        }
        let rows = filled.upsells * sample::METRICS * sample::DAYS as u64;
        eprintln!("filled {} upsells, {rows} observations in {:.0?}", filled.upsells, started.elapsed());
        Ok(filled)
    }

    /// The upsell `n` calls after the first, in an order that jumps about.
    pub fn any(&self, n: u64) -> u64 {
        sample::spread(n) % self.upsells
    }

    async fn store_past(&self) -> Result<()> {
        let mut tx = self.host.store.write("bench_past").await?;
        for n in self.upsells..self.upsells + sample::PAST {
            tx.insert_upsell(&sample::upsell(n)).await?;
            tx.insert_plan(&sample::plan(n)).await?;
        }
        tx.insert_past_ways(&sample::past_ways(self.upsells)).await?;
        tx.commit().await
    }

    async fn store_some(&self, numbers: std::ops::Range<u64>) -> Result<()> {
        let mut tx = self.host.store.write("bench_fill").await?;
        for n in numbers {
            self.store_one(&mut tx, n).await?;
        }
        tx.commit().await
    }

    async fn store_one(&self, tx: &mut Tx, n: u64) -> Result<()> {
        let plan = sample::plan(n);
        let observations = sample::observations(n, &plan);
        tx.insert_upsell(&sample::upsell(n)).await?;
        tx.insert_plan(&plan).await?;
        tx.insert_observations(&observations).await?;
        let now = sample::noon(sample::DAYS - 1);
        let cohorts = self.host.cohorts.similar(tx, &plan, now, &self.host.policy).await?;
        tx.insert_evaluation(&self.evaluation(&plan, &observations, &cohorts)).await
    }

    fn evaluation(
        &self,
        plan: &MeasurementPlan,
        observations: &[Observation],
        cohorts: &Cohorts,
    ) -> Evaluation {
        let now = sample::noon(sample::DAYS - 1);
        let policy: &Policy = &self.host.policy;
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
            id: self.host.ids.next(),
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
}
