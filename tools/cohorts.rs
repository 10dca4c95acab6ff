//! What finished upsells say, read once and kept until one more is finished.

use chrono::{DateTime, Utc};
use domain::{
    Result,
    chances::Chances,
    cohort::{Cohort, Cohorts, PastWay},
    id::MetricKey,
    plan::MeasurementPlan,
    policy::Policy,
};
use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    sync::{Arc, Mutex},
};
use store::{Tx, past::Known};

/// What was known, so that an assessment does not read the past again. What is known is only ever added to, so a count
/// names a set.
#[derive(Default)]
pub struct CohortCache {
    /// By policy, template, horizon, and how many of the template's ways were known.
    ways: Kept<(String, String, u16, u64), BTreeMap<MetricKey, Cohort>>,
    /// By policy, and how many upsells were scored.
    chances: Kept<(String, u64), Chances>,
}

impl CohortCache {
    /// The finished upsells comparable to `plan` (same template), and how the chances of all came true, as known at
    /// `at` and without the plan itself.
    pub async fn similar(
        &self,
        tx: &mut Tx,
        plan: &MeasurementPlan,
        at: DateTime<Utc>,
        policy: &Policy,
    ) -> Result<Arc<Cohorts>> {
        let known = tx.count_past(&plan.template.id, at, plan.id).await?;
        let by_metric = self.by_metric(tx, plan, at, policy, known).await?;
        let chances = self.chances(tx, plan, at, policy, known).await?;
        Ok(Arc::new(Cohorts { by_metric, chances }))
    }

    async fn by_metric(
        &self,
        tx: &mut Tx,
        plan: &MeasurementPlan,
        at: DateTime<Utc>,
        policy: &Policy,
        known: Known,
    ) -> Result<Arc<BTreeMap<MetricKey, Cohort>>> {
        let key = (policy.version.clone(), plan.template.id.clone(), plan.horizon(), known.ways);
        if let Some(kept) = self.ways.get(&key, known) {
            return Ok(kept);
        }
        let mut ways = tx.past_ways(&plan.template.id, at).await?;
        ways.retain(|way| way.plan != plan.id);
        Ok(self.ways.keep(key, known, by_metric(ways, plan.horizon(), policy)))
    }

    async fn chances(
        &self,
        tx: &mut Tx,
        plan: &MeasurementPlan,
        at: DateTime<Utc>,
        policy: &Policy,
        known: Known,
    ) -> Result<Arc<Chances>> {
        let key = (policy.version.clone(), known.scored);
        if let Some(kept) = self.chances.get(&key, known) {
            return Ok(kept);
        }
        let promises = tx.promises_known(at, plan.id, policy.promises_max).await?;
        Ok(self.chances.keep(key, known, Chances::learned(&promises, policy)))
    }
}

/// Sets kept at once; beyond it all are dropped, which only costs reading them again.
const MOST_KEPT: usize = 64;

struct Kept<K, V>(Mutex<HashMap<K, Arc<V>>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Kept<K, V> {
    /// A plan that is past itself sees another set than the count names.
    fn get(&self, key: &K, known: Known) -> Option<Arc<V>> {
        self.0.lock().ok()?.get(key).filter(|_| !known.is_itself_past).cloned()
    }

    fn keep(&self, key: K, known: Known, value: V) -> Arc<V> {
        let value = Arc::new(value);
        if let (Ok(mut kept), false) = (self.0.lock(), known.is_itself_past) {
            if kept.len() >= MOST_KEPT {
                kept.clear();
            }
            kept.insert(key, Arc::clone(&value));
        }
        value
    }
}

fn by_metric(ways: Vec<PastWay>, horizon: u16, policy: &Policy) -> BTreeMap<MetricKey, Cohort> {
    let mut groups: BTreeMap<_, Vec<PastWay>> = BTreeMap::new();
    for way in ways {
        groups.entry(way.metric.clone()).or_default().push(way);
    }
    groups.into_iter().map(|(metric, ways)| (metric, Cohort::new(ways, horizon, policy))).collect()
}
