//! What the metrics of a template were before the upsell, read from the usage roll-ups.

use crate::{Caller, Host, gathered::Gathered};
use chrono::{DateTime, Utc};
use domain::{
    Result,
    baseline::{Baseline, measured, measured_by_day, window},
    collect::Usage,
    draft::{Draft, is_same},
    id::MetricKey,
    matching::{Bought, Match, named},
    metric::Selector,
    plan::MeasurementPlan,
    policy::Policy,
    template::TemplateBaseline,
    upsell::Upsell,
    weeks::{Week, daily, weekly},
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
    let weeks = window(upsell.details.close_date, policy);
    let looks_back_to =
        |(_, selector): &(MetricKey, Selector)| weeks.first().map(|week| week.looks_back_to(selector));
    let from = selectors.iter().filter_map(looks_back_to).min();
    let Some((from, last)) = from.zip(weeks.last().map(|week| week.last)) else {
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
        |(key, selector): (MetricKey, Selector)| (key, baseline(&selector, usage, &weeks, policy));
    Ok(selectors.into_iter().map(of_metric).collect())
}

fn baseline(selector: &Selector, usage: Usage<'_>, weeks: &[Week], policy: &Policy) -> Baseline {
    let told = weekly(selector, usage, weeks);
    let values: Vec<f64> = told.iter().map(|(_, value)| *value).collect();
    if selector.is_daily() {
        measured_by_day(&values, &daily(selector, usage, &told), policy)
    } else {
        measured(&values, selector.window_days.unwrap_or(7), policy)
    }
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
