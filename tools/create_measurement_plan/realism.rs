//! What past upsells say of a plan's targets: which they teach, and which are ambitious or easy.

use crate::Context;
use domain::{
    Result,
    cohort::{Cohort, PastWay},
    draft::{on_template_scale, three_digits},
    id::{MetricKey, PlanId},
    metric::TargetOffer,
    plan::MeasurementPlan,
    policy::Policy,
    target::{self, Realism},
    upsell::Upsell,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Past plans read for one draft, the latest known first.
const MOST_PLANS: usize = 64;

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct TargetRealism {
    pub metric: String,
    #[serde(flatten)]
    pub realism: Realism,
    pub sentence: String,
}

impl TargetRealism {
    /// What the metric's line ends with, when there is a verdict.
    pub fn tail(&self) -> String {
        match self.realism {
            Realism::NotEnoughData { .. } => String::new(),
            Realism::Ambitious { .. } | Realism::Realistic { .. } | Realism::Easy { .. } => {
                format!("; {}", self.sentence)
            }
        }
    }
}

/// How far finished upsells of a template went, metric by metric, on the template's own scale: a past plan's ways are
/// shares of its own target, which may have been set by hand or learned itself.
pub struct Past {
    /// Of all, of those of a product in common, of these in the same segment.
    widest_first: [BTreeMap<MetricKey, Cohort>; 3],
    policy: Policy,
}

impl Past {
    pub async fn read(cx: &mut Context, plan: &MeasurementPlan) -> Result<Self> {
        let (host, now) = (Arc::clone(&cx.host), cx.now());
        let similar = host.cohorts.similar(&mut cx.tx, plan, now, &host.policy).await?;
        let plans = plans_of(cx, similar.by_metric.values()).await?;
        let own = cx.tx.upsell_by_id(plan.upsell).await?;
        let of = |alike: fn(&Upsell, &Upsell) -> bool| {
            let cohorts = similar.by_metric.iter().map(|(key, cohort)| {
                let ways = cohort.ways().iter().filter_map(|way| {
                    let (past, upsell) = plans.get(&way.plan)?;
                    alike(&own, upsell).then(|| rescaled(way, past))?
                });
                (key.clone(), Cohort::new(ways.collect(), cohort.horizon(), &host.policy))
            });
            cohorts.collect()
        };
        let widest_first = [
            of(|_, _| true),
            of(has_product_of),
            of(|own, past| has_product_of(own, past) && is_of_segment(own, past)),
        ];
        Ok(Self { widest_first, policy: host.policy.clone() })
    }

    /// The targets they teach, those of few drawn toward those of many.
    pub fn learned(&self, plan: &MeasurementPlan) -> BTreeMap<MetricKey, Vec<TargetOffer>> {
        let offers = plan.metrics.iter().filter_map(|metric| {
            let cohorts: Vec<&Cohort> =
                self.widest_first.iter().filter_map(|cohorts| cohorts.get(&metric.key)).collect();
            let offer = target::learned(&on_template_scale(metric), &cohorts, &self.policy)?;
            let target = three_digits(offer.target);
            Some((metric.key.clone(), vec![TargetOffer { target, ..offer }]))
        });
        offers.collect()
    }

    /// How each target compares with what they reached by the last checkpoint.
    pub fn realism(&self, plan: &MeasurementPlan) -> Vec<TargetRealism> {
        let judged = plan.metrics.iter().map(|metric| {
            let (scale, cohort) = (on_template_scale(metric), self.widest_first[0].get(&metric.key));
            let realism = Realism::of(&scale, metric.target, plan.horizon(), cohort, &self.policy);
            TargetRealism { metric: metric.key.0.clone(), sentence: realism.sentence(), realism }
        });
        judged.collect()
    }
}

fn has_product_of(own: &Upsell, past: &Upsell) -> bool {
    past.details.products.iter().any(|product| own.details.products.contains(product))
}

fn is_of_segment(own: &Upsell, past: &Upsell) -> bool {
    own.customer.segment.is_some() && own.customer.segment == past.customer.segment
}

/// The plans behind the ways, each with its upsell.
async fn plans_of(
    cx: &mut Context,
    cohorts: impl Iterator<Item = &Cohort>,
) -> Result<BTreeMap<PlanId, (MeasurementPlan, Upsell)>> {
    let ids: BTreeSet<PlanId> =
        cohorts.flat_map(|cohort| cohort.ways().iter().take(MOST_PLANS)).map(|way| way.plan).collect();
    let mut plans = BTreeMap::new();
    for id in ids {
        let plan = cx.tx.plan(id).await?;
        let upsell = cx.tx.upsell_by_id(plan.upsell).await?;
        plans.insert(id, (plan, upsell));
    }
    Ok(plans)
}

fn rescaled(way: &PastWay, plan: &MeasurementPlan) -> Option<PastWay> {
    let metric = plan.metric(&way.metric).ok()?;
    let stretch = on_template_scale(metric).attainment(metric.target)?;
    let attainment = way.attainment.iter().map(|share| share * stretch).collect();
    Some(PastWay { attainment, ..way.clone() })
}

/// One line for all targets that nothing can be said of.
pub fn unjudged(all: &[TargetRealism]) -> Option<String> {
    let unknown = all.iter().filter(|one| matches!(one.realism, Realism::NotEnoughData { .. }));
    let first = unknown.clone().next()?;
    let which = if unknown.count() == all.len() { "The targets" } else { "The other targets" };
    Some(format!("{which}: {}.", first.sentence))
}
