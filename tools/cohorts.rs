//! What finished upsells say, read once and kept until one more is finished.

use chrono::{DateTime, Utc};
use domain::{
    Result,
    chances::Chances,
    cohort::{Cohort, Cohorts, PastWay},
    id::{MetricKey, PlanId},
    plan::MeasurementPlan,
    policy::Policy,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::Hash,
    sync::{Arc, Mutex},
};
use store::{Tx, past::Mark};

type ByMetric = BTreeMap<MetricKey, Cohort>;

/// What was known, so that an assessment does not read the past again. A mark names a set, and what a plan learns is
/// that set without the plan's own part: for nearly all plans the set itself.
#[derive(Default)]
pub struct CohortCache {
    ways: Kept<WaysKey, ByMetric>,
    ways_without: Kept<(WaysKey, PlanId), ByMetric>,
    scores: Kept<ScoresKey, Scores>,
    chances_without: Kept<(ScoresKey, PlanId), Chances>,
}

/// By policy, template, horizon, and what was known of the template's ways.
type WaysKey = (String, String, u16, Mark);
/// By policy, and what was known of scores.
type ScoresKey = (String, Mark);

/// How the chances of all came true, and whose they were.
struct Scores {
    chances: Arc<Chances>,
    plans: HashSet<PlanId>,
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
        let known = tx.known_past(&plan.template.id, at).await?;
        let of_ways = (policy.version.clone(), plan.template.id.clone(), plan.horizon(), known.ways);
        let by_metric = self.by_metric(tx, plan.id, at, policy, of_ways).await?;
        let of_scores = (policy.version.clone(), known.scored);
        let chances = self.chances(tx, plan.id, at, policy, of_scores).await?;
        Ok(Arc::new(Cohorts { by_metric, chances }))
    }

    async fn by_metric(
        &self,
        tx: &mut Tx,
        plan: PlanId,
        at: DateTime<Utc>,
        policy: &Policy,
        key: WaysKey,
    ) -> Result<Arc<ByMetric>> {
        let all = if let Some(kept) = self.ways.get(&key) {
            kept
        } else {
            // One more than a cohort holds, so that any plan can be left out.
            let ways = tx.newest_ways(&key.1, at, key.2, policy.cohort_max + 1).await?;
            self.ways.keep(key.clone(), by_metric(ways, key.2, policy))
        };
        if !all.values().any(|cohort| cohort.includes(plan)) {
            return Ok(all);
        }
        let without =
            |(metric, cohort): (&MetricKey, &Cohort)| (metric.clone(), cohort.without(plan, policy));
        let key = (key, plan);
        let kept = self.ways_without.get(&key);
        Ok(kept.unwrap_or_else(|| self.ways_without.keep(key, all.iter().map(without).collect())))
    }

    async fn chances(
        &self,
        tx: &mut Tx,
        plan: PlanId,
        at: DateTime<Utc>,
        policy: &Policy,
        key: ScoresKey,
    ) -> Result<Arc<Chances>> {
        let most = policy.promises_max;
        let all = if let Some(kept) = self.scores.get(&key) {
            kept
        } else {
            let chances = Chances::learned(&tx.promises_known(at, None, most).await?, policy).into();
            let plans = tx.plans_of_promises(at, most).await?;
            self.scores.keep(key.clone(), Scores { chances, plans })
        };
        if !all.plans.contains(&plan) {
            return Ok(Arc::clone(&all.chances));
        }
        let key = (key, plan);
        if let Some(kept) = self.chances_without.get(&key) {
            return Ok(kept);
        }
        let promises = tx.promises_known(at, Some(plan), most).await?;
        Ok(self.chances_without.keep(key, Chances::learned(&promises, policy)))
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
    fn get(&self, key: &K) -> Option<Arc<V>> {
        self.0.lock().ok()?.get(key).cloned()
    }

    fn keep(&self, key: K, value: V) -> Arc<V> {
        let value = Arc::new(value);
        if let Ok(mut kept) = self.0.lock() {
            if kept.len() >= MOST_KEPT {
                kept.clear();
            }
            kept.insert(key, Arc::clone(&value));
        }
        value
    }
}

fn by_metric(ways: Vec<PastWay>, horizon: u16, policy: &Policy) -> ByMetric {
    let mut groups: BTreeMap<_, Vec<PastWay>> = BTreeMap::new();
    for way in ways {
        groups.entry(way.metric.clone()).or_default().push(way);
    }
    groups.into_iter().map(|(metric, ways)| (metric, Cohort::new(ways, horizon, policy))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{Trial, sale};
    use chrono::TimeDelta;
    use serde_json::json;

    const TEMPLATE: &str = "general";

    /// Plans of the general template and their ways in two metrics, two of them known at once; the last is under way.
    async fn past(trial: &Trial, count: usize) -> (Vec<MeasurementPlan>, Vec<PastWay>) {
        let (mut plans, mut ways) = (Vec::new(), Vec::new());
        for n in 0..count {
            let mut sale = sale("Data Sync");
            sale["opportunityId"] = json!(format!("past-{n}"));
            sale["customerId"] = json!(format!("customer-{n}"));
            let upsell = trial.call("register_upsell", sale).await["upsell"].clone();
            trial.call("create_measurement_plan", json!({ "upsell": upsell, "template": TEMPLATE })).await;
            let mut tx = trial.host.store.write("test").await.unwrap();
            let plan = tx.plan_of(upsell.as_str().unwrap().parse().unwrap()).await.unwrap();
            let way = |metric: &str| PastWay {
                plan: plan.id,
                template: TEMPLATE.to_owned(),
                metric: metric.into(),
                known_at: trial.host.clock.now() + TimeDelta::hours((n / 2) as i64),
                attainment: vec![n as f64 / 10.0; if n % 7 == 0 { 40 } else { 91 }],
                is_success: n % 2 == 0,
            };
            if n + 1 < count {
                let own = [way("active_users"), way("usage")];
                tx.insert_past_ways(&own).await.unwrap();
                ways.extend(own);
            }
            tx.commit().await.unwrap();
            plans.push(plan);
        }
        (plans, ways)
    }

    fn ways_of(cohorts: &Cohorts) -> Vec<(MetricKey, Vec<PastWay>)> {
        let filled = cohorts.by_metric.iter().filter(|(_, cohort)| !cohort.is_empty());
        filled.map(|(metric, cohort)| (metric.clone(), cohort.ways().to_vec())).collect()
    }

    /// The old way: all that is known but the plan's own, of which a cohort takes the newest.
    #[tokio::test]
    async fn a_plan_learns_from_the_newest_of_all_others_first_time_and_kept() {
        let trial = Trial::at("2026-02-21T15:00:00Z").await;
        let policy = Policy { cohort_max: 4, ..Policy::default() };
        let (plans, ways) = past(&trial, 16).await;
        for hours in [0, 3, 5, 100] {
            let at = trial.host.clock.now() + TimeDelta::hours(hours);
            for round in 0..2 {
                for plan in &plans {
                    let mut tx = trial.host.store.read().await.unwrap();
                    let similar = trial.host.cohorts.similar(&mut tx, plan, at, &policy).await.unwrap();
                    tx.rollback().await.unwrap();
                    let others = ways.iter().filter(|way| way.plan != plan.id && way.known_at < at);
                    let all = by_metric(others.cloned().collect(), plan.horizon(), &policy);
                    let expected = Cohorts { by_metric: Arc::new(all), ..Cohorts::default() };
                    assert_eq!(ways_of(&similar), ways_of(&expected), "{} at {at}, {round}", plan.id);
                }
            }
        }
    }

    #[tokio::test]
    async fn a_finished_plan_is_answered_from_what_was_kept() {
        let trial = Trial::at("2026-02-21T15:00:00Z").await;
        let policy = Policy { cohort_max: 4, ..Policy::default() };
        let (plans, _) = past(&trial, 16).await;
        let at = trial.host.clock.now() + TimeDelta::hours(100);
        let mut tx = trial.host.store.read().await.unwrap();
        let (old, new, open) = (&plans[1], &plans[13], &plans[15]);
        let mut look = async |plan: &MeasurementPlan| {
            trial.host.cohorts.similar(&mut tx, plan, at, &policy).await.unwrap().by_metric.clone()
        };
        let all = look(open).await;
        assert!(Arc::ptr_eq(&look(old).await, &all), "it is none of the newest: nothing is left out");
        let without = look(new).await;
        assert!(!Arc::ptr_eq(&without, &all));
        assert!(Arc::ptr_eq(&look(new).await, &without), "kept for the plan");
    }
}
