//! Where an upsell is heading: its metrics' forecasts together, or why that cannot be told.

use crate::{
    forecast::{Forecast, Rung},
    id::MetricKey,
    outcome::Conclusion,
    plan::MeasurementPlan,
    policy::Policy,
    progress::{MetricProgress, Progress},
    text::Name,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the forecasts add up to at the last checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[schemars(inline)]
pub enum Prediction {
    Known {
        /// The latest day any of the forecasts is for: the last checkpoint or, past it, the end of the extension.
        at_day: u16,
        /// Weighted attainment, each metric capped to 0..=1, if the forecasts come true.
        attainment: f64,
        /// The outcome that attainment points to; holding, reviews and value items are not foreseen.
        heading: Conclusion,
        /// At most this probable, 0..=1: the least likely of the decisive metrics. Absent where a forecast has none.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        chance_at_most: Option<f64>,
        /// Share of the metrics' weight that has a forecast, 0..=1.
        coverage: f64,
        /// Fewest similar past upsells any of the forecasts rests on.
        n: usize,
        /// The weakest rung of the ladder among them.
        rung: Rung,
    },
    Unknown {
        why: String,
    },
}

/// One metric's outlook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Outlook {
    pub metric: MetricKey,
    pub name: Name,
    pub unit: String,
    pub critical: bool,
    pub current: Option<f64>,
    pub target: f64,
    pub forecast: Forecast,
}

/// The outlook of every metric, in the plan's order.
pub fn outlooks(progress: &Progress) -> Vec<Outlook> {
    let outlook = |metric: &MetricProgress| Outlook {
        metric: metric.metric.clone(),
        name: metric.name.clone(),
        unit: metric.unit.clone(),
        critical: metric.critical,
        current: metric.current,
        target: metric.target,
        forecast: metric.forecast.clone(),
    };
    progress.metrics_progress.iter().map(outlook).collect()
}

/// Where the upsell is heading by its metrics' forecasts.
pub fn predict(plan: &MeasurementPlan, outlooks: &[Outlook], policy: &Policy) -> Prediction {
    let foreseen: Vec<Foreseen<'_>> =
        outlooks.iter().filter_map(|outlook| Foreseen::of(plan, outlook)).collect();
    let all: f64 = plan.metrics.iter().map(|metric| metric.weight).sum();
    // The sum of nothing is −0.
    let known: f64 = 0.0 + foreseen.iter().map(|one| one.weight).sum::<f64>();
    let weakest =
        foreseen.iter().map(|one| (one.rung, one.n)).reduce(|a, b| (weaker(a.0, b.0), a.1.min(b.1)));
    let Some((rung, n)) = weakest.filter(|_| known >= policy.min_coverage * all) else {
        let why = format!(
            "forecasts exist for {:.0} % of the plan's weight; {:.0} % is needed",
            if all > 0.0 { 100.0 * known / all } else { 0.0 },
            100.0 * policy.min_coverage
        );
        return Prediction::Unknown { why };
    };
    let attainment =
        foreseen.iter().map(|one| one.weight * one.attainment.clamp(0.0, 1.0)).sum::<f64>() / known;
    let decisive: Vec<&Foreseen<'_>> = decisive(&foreseen);
    Prediction::Known {
        at_day: foreseen.iter().map(|one| one.at_day).max().unwrap_or(plan.horizon()),
        attainment,
        heading: heading(&decisive, attainment, policy),
        chance_at_most: least(&decisive),
        coverage: known / all,
        n,
        rung,
    }
}

struct Foreseen<'a> {
    outlook: &'a Outlook,
    weight: f64,
    attainment: f64,
    at_day: u16,
    rung: Rung,
    n: usize,
}

impl<'a> Foreseen<'a> {
    fn of(plan: &MeasurementPlan, outlook: &'a Outlook) -> Option<Self> {
        let Forecast::Known { point, at_day, rung, n, .. } = &outlook.forecast else { return None };
        let planned = plan.metric(&outlook.metric).ok()?;
        Some(Self {
            outlook,
            weight: planned.weight,
            attainment: planned.attainment(*point)?,
            at_day: *at_day,
            rung: *rung,
            n: *n,
        })
    }
}

/// The critical metrics, or all when none is.
fn decisive<'a, 'b>(foreseen: &'b [Foreseen<'a>]) -> Vec<&'b Foreseen<'a>> {
    let critical: Vec<&Foreseen<'a>> = foreseen.iter().filter(|one| one.outlook.critical).collect();
    if critical.is_empty() { foreseen.iter().collect() } else { critical }
}

fn heading(decisive: &[&Foreseen<'_>], attainment: f64, policy: &Policy) -> Conclusion {
    let arrives = decisive.iter().all(|one| !one.outlook.critical || one.attainment >= 1.0);
    match attainment {
        a if a >= policy.success_attainment && arrives => Conclusion::Success,
        a if a >= policy.partial_attainment => Conclusion::Partial,
        _ if least(decisive).is_some_and(|chance| chance < policy.rescue_probability) => Conclusion::Failed,
        _ => Conclusion::AtRisk,
    }
}

fn least(decisive: &[&Foreseen<'_>]) -> Option<f64> {
    let chances: Option<Vec<f64>> = decisive.iter().map(|one| one.outlook.forecast.probability()).collect();
    chances?.into_iter().reduce(f64::min)
}

const fn weaker(a: Rung, b: Rung) -> Rung {
    if a as u8 >= b as u8 { a } else { b }
}
