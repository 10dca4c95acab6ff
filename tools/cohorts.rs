//! Similar past upsells, read once and kept until one more is finished.

use chrono::{DateTime, Utc};
use domain::{
    Result, assess::Cohorts, cohort::Cohort, cohort::PastWay, plan::MeasurementPlan, policy::Policy,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};
use store::Tx;

/// Template, horizon, and how many of its ways were known. Ways are only ever added, so the count names the set.
type Key = (String, u16, u64);

/// Cohorts by what was known, so that an assessment does not read the past again.
#[derive(Default)]
pub struct CohortCache(Mutex<HashMap<Key, Arc<Cohorts>>>);

/// Sets kept at once; beyond it all are dropped, which only costs reading them again.
const MOST_KEPT: usize = 64;

impl CohortCache {
    /// The finished upsells comparable to `plan` (same template) as known at `at`, without the plan itself.
    pub async fn similar(
        &self,
        tx: &mut Tx,
        plan: &MeasurementPlan,
        at: DateTime<Utc>,
        policy: &Policy,
    ) -> Result<Arc<Cohorts>> {
        let known = tx.count_past_ways(&plan.template.id, at, plan.id).await?;
        let key = (plan.template.id.clone(), plan.horizon(), known.others);
        if let Some(kept) = self.kept(&key).filter(|_| !known.is_itself_past) {
            return Ok(kept);
        }
        let mut ways = tx.past_ways(&plan.template.id, at).await?;
        ways.retain(|way| way.plan != plan.id);
        let cohorts = Arc::new(by_metric(ways, plan.horizon(), policy));
        if !known.is_itself_past {
            self.keep(key, Arc::clone(&cohorts));
        }
        Ok(cohorts)
    }

    fn kept(&self, key: &Key) -> Option<Arc<Cohorts>> {
        self.0.lock().ok()?.get(key).cloned()
    }

    fn keep(&self, key: Key, cohorts: Arc<Cohorts>) {
        let Ok(mut kept) = self.0.lock() else { return };
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(key, cohorts);
    }
}

fn by_metric(ways: Vec<PastWay>, horizon: u16, policy: &Policy) -> Cohorts {
    let mut groups: BTreeMap<_, Vec<PastWay>> = BTreeMap::new();
    for way in ways {
        groups.entry(way.metric.clone()).or_default().push(way);
    }
    groups.into_iter().map(|(metric, ways)| (metric, Cohort::new(ways, horizon, policy))).collect()
}
