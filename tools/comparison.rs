//! What an upsell's metrics changed beyond their own trend, and beyond accounts like it that did not expand.

pub mod pool;

use crate::{Context, standing::Standing};
use chrono::{NaiveDate, TimeDelta};
use domain::{
    Result,
    amount::amount,
    baseline::Baseline,
    comparison::{
        Comparison, compare,
        trend::{AgainstTrend, against_trend},
        windows::Windows,
    },
    id::MetricKey,
    metric::{Metric, Selector},
    plan::MeasurementPlan,
    policy::Policy,
    statistics::did::Stack,
    text::Name,
    upsell::Upsell,
};
use pool::{Pool, Wanted, in_terms_of};
use schemars::JsonSchema;
use serde::Serialize;

/// A metric with a measured baseline against what would have been without the upsell.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricComparison {
    pub metric: MetricKey,
    pub name: Name,
    pub unit: String,
    /// The current value, on a usual day, − the baseline's level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_to_level: Option<f64>,
    /// Where there was a clear trend before the sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against_trend: Option<AgainstTrend>,
    /// As of now only: usage is not kept as it was known earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against_controls: Option<Comparison>,
}

/// One per metric with a measured baseline, in the plan's order.
pub async fn comparisons(cx: &mut Context, standing: &Standing) -> Result<Vec<MetricComparison>> {
    let mut told = Vec::new();
    for metric in measured(&standing.plan) {
        let against_controls = match metric.selector() {
            Some(selector) if standing.at == cx.now() => {
                Some(against_controls(cx, standing, selector).await?)
            }
            Some(_) | None => None,
        };
        let seen = standing.progress.metrics_progress.iter().find(|seen| seen.metric == metric.key);
        let current = seen.and_then(|seen| {
            let on = seen.current_on?;
            Some((metric.usual(seen.current?, on)?, on))
        });
        let (close, policy) = (standing.upsell.details.close_date, &cx.host.policy);
        told.push(MetricComparison {
            metric: metric.key.clone(),
            name: metric.name.clone(),
            unit: metric.unit.clone(),
            gap_to_level: current.and_then(|(value, _)| Some(value - metric.baseline.value()?)),
            against_trend: current.and_then(|(value, on)| against_trend(metric, value, on, close, policy)),
            against_controls,
        });
    }
    Ok(told)
}

pub fn measured(plan: &MeasurementPlan) -> impl Iterator<Item = &Metric> {
    plan.metrics.iter().filter(|metric| matches!(metric.baseline, Baseline::Measured { .. }))
}

/// The weeks to compare: up to the last checkpoint, and none that late usage may still change.
pub fn windows(
    upsell: &Upsell,
    plan: &MeasurementPlan,
    selector: &Selector,
    today: NaiveDate,
    policy: &Policy,
) -> Windows {
    let settled = today - TimeDelta::days(policy.stale_after_daily_days.into());
    let until = settled.min(plan.date_of(plan.horizon().into()));
    Windows::of(selector, upsell.details.close_date, plan.tracking_start, until, policy)
}

async fn against_controls(cx: &mut Context, standing: &Standing, selector: &Selector) -> Result<Comparison> {
    let (plan, policy, features) = (&standing.plan, &cx.host.policy, selector.reads());
    let windows = windows(&standing.upsell, plan, selector, standing.today(), policy);
    let Some((from, to)) = windows.days(selector) else { return Ok(Comparison::TooEarly) };
    let wanted = Wanted { features: &features, from, to };
    let own = cx.tx.usage_of(wanted.of(std::slice::from_ref(&plan.customer))).await?;
    let own = own.get(&plan.customer).cloned().unwrap_or_default();
    let (known, expanded) = windows.expanded(selector, &plan.customer.0, in_terms_of(plan, &own));
    let Some((from, to)) = known.days(selector).filter(|_| !known.after.is_empty()) else {
        return Ok(Comparison::TooEarly);
    };
    let covers = |one: &store::controls::Unexpanded| one.span.0 <= from && to <= one.span.1;
    let pool = Pool::read(&mut cx.tx, Wanted { features: &features, from, to }, covers, policy).await?;
    let segment = standing.upsell.customer.segment.as_deref();
    let controls = pool.controls(&known, selector, plan, segment);
    Ok(compare(&[Stack { expanded, controls }], policy.controls_min, policy))
}

/// The first comparison that says something: `Without the upsell: Calls in 28 days …`
pub fn line(comparisons: &[MetricComparison]) -> Option<String> {
    let identified =
        |one: &&MetricComparison| one.against_controls.is_some_and(|verdict| verdict.is_identified());
    let told = comparisons.iter().find(identified).or_else(|| {
        comparisons.iter().find(|one| one.against_controls.is_some() || one.against_trend.is_some())
    })?;
    let words = told.against_controls.map(|verdict| verdict.words(&told.unit));
    let trend = told.against_trend.map(|trend| {
        let unit = if told.unit == "%" { "points" } else { &told.unit };
        let side = if trend.gap < 0.0 { "below" } else { "above" };
        format!("{} {side} its trend before the sale", amount(trend.gap.abs(), unit))
    });
    let said: Vec<String> = [words, trend].into_iter().flatten().collect();
    Some(format!("Compared, {}: {}.", told.name, said.join("; ")))
}

#[cfg(test)]
mod tests;
