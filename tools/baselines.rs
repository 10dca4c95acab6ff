//! What the metrics of a template were before the upsell, read from the usage roll-ups.

use crate::Context;
use chrono::NaiveDate;
use domain::{
    Result,
    baseline::{Baseline, measured, weeks},
    collect::{Collector, Usage, looks_back_to},
    id::MetricKey,
    matching::Match,
    metric::Selector,
    template::TemplateBaseline,
    upsell::Upsell,
};
use std::collections::BTreeMap;

/// The measured baselines the template asks for.
pub async fn of(
    cx: &mut Context,
    upsell: &Upsell,
    found: &Match<'_>,
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
    let span = cx.tx.usage_span(&upsell.customer.id).await?;
    let days = cx.tx.feature_days(&upsell.customer.id, from, last).await?;
    let users = cx.tx.user_days(&upsell.customer.id, from, last).await?;
    let usage = Usage {
        days: &days,
        users: &users,
        span,
        day_zero: from,
        seats: upsell.seats,
        seats_before: upsell.seats_before,
        arr: Some(upsell.details.arr.0.major()),
    };
    let of_metric =
        |(key, selector): (MetricKey, Selector)| (key, measured(&weekly(&selector, usage, &weeks)));
    Ok(selectors.into_iter().map(of_metric).collect())
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
