//! What the metrics of a template were before the upsell, read from the usage roll-ups.

use crate::{Caller, Host, gathered::Gathered};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Result,
    baseline::{Baseline, measured, weeks},
    collect::{Collector, Usage, looks_back_to},
    draft::{Draft, is_same},
    id::MetricKey,
    matching::{Bought, Match, named},
    metric::Selector,
    plan::MeasurementPlan,
    policy::Policy,
    template::TemplateBaseline,
    upsell::Upsell,
};
use std::collections::BTreeMap;
use store::Tx;

/// The measured baselines the template asks for.
pub async fn of(
    tx: &mut Tx,
    upsell: &Upsell,
    found: &Match<'_>,
    policy: &Policy,
) -> Result<BTreeMap<MetricKey, Baseline>> {
    let wanted = found.template.metrics.iter().filter(|metric| metric.baseline == TemplateBaseline::Measured);
    let selectors: Vec<(MetricKey, Selector)> = wanted
        .filter_map(|metric| Some((metric.key.clone(), metric.usage.as_ref()?.selector(&found.products))))
        .collect();
    let weeks = weeks(upsell.details.close_date);
    let (first, last) = (weeks[0].0, weeks[weeks.len() - 1].1);
    let Some(from) = selectors.iter().map(|(_, selector)| looks_back_to(selector, first, first)).min() else {
        return Ok(BTreeMap::new());
    };
    let named = selectors.iter().map(|(_, selector)| selector);
    let gathered = Gathered::read(tx, &upsell.customer.id, named, (from, last)).await?;
    let usage = Usage {
        day_zero: from,
        seats: upsell.seats,
        seats_before: upsell.seats_before,
        arr: Some(upsell.details.arr.0.major()),
        discount_rate: policy.discount_rate,
        ..gathered.usage()
    };
    let of_metric =
        |(key, selector): (MetricKey, Selector)| (key, measured(&weekly(&selector, usage, &weeks)));
    Ok(selectors.into_iter().map(of_metric).collect())
}

/// The next version of a plan whose missing baselines can be measured by now, because usage of before the close came
/// late; `None` when there is nothing to mend. Nothing is stored.
pub async fn remeasured(
    tx: &mut Tx,
    host: &Host,
    plan: &MeasurementPlan,
    now: DateTime<Utc>,
) -> Result<Option<MeasurementPlan>> {
    if plan.metrics.iter().all(|metric| metric.selector().is_none() || metric.baseline.value().is_some()) {
        return Ok(None);
    }
    let (upsell, by) = (tx.upsell_by_id(plan.upsell).await?, Caller::scheduler().name);
    let Some(found) = named(&host.templates, &plan.template.id, Bought::from(&upsell), &by) else {
        return Ok(None);
    };
    let baselines = of(tx, &upsell, &found, &host.policy).await?;
    if baselines.values().all(|baseline| baseline.value().is_none()) {
        return Ok(None);
    }
    let draft = Draft {
        upsell: &upsell,
        found: &found,
        baselines: &baselines,
        offers: &BTreeMap::new(),
        asked: &[],
        goals: &[],
        checkpoint_days: None,
        current: Some(plan),
        by: &by,
    };
    let mended = draft.plan(plan.id, now)?;
    Ok((!is_same(plan, &mended)).then_some(mended))
}

/// The value at the end of each week whose whole window the customer's feed was alive.
fn weekly(selector: &Selector, usage: Usage<'_>, weeks: &[(NaiveDate, NaiveDate)]) -> Vec<(NaiveDate, f64)> {
    let Some((fed_from, _)) = usage.span else { return Vec::new() };
    let collector = Collector::of(selector, usage);
    let is_whole = |(first, last): &&(NaiveDate, NaiveDate)| {
        looks_back_to(selector, *last, *first).min(*first) >= fed_from
    };
    weeks.iter().filter(is_whole).filter_map(|(_, last)| Some((*last, collector.value(*last)?))).collect()
}
