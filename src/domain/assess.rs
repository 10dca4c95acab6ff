//! From observations to progress: the one place where a status is decided.

use crate::{
    forecast::{Forecast, Rung},
    id::ObservationId,
    metric::{Direction, Frequency, Metric},
    milestone,
    observation::{Observation, known},
    pace,
    plan::MeasurementPlan,
    policy::Policy,
    progress::{Evaluation, MetricProgress, Progress, Reason},
    status::{DataState, Status},
};
use chrono::{DateTime, Utc};

/// All that an assessment may look at.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    pub plan: &'a MeasurementPlan,
    /// Any observations of the plan; those recorded after `now` are not looked at.
    pub observations: &'a [Observation],
    pub previous: Option<&'a Evaluation>,
    pub policy: &'a Policy,
    pub now: DateTime<Utc>,
}

/// Assesses a plan as known at `now`. Deterministic: the same inputs give the same bytes.
pub fn assess(inputs: &Inputs<'_>) -> Progress {
    let Inputs { plan, now, policy, .. } = *inputs;
    let metrics: Vec<MetricProgress> =
        plan.metrics.iter().map(|metric| assess_metric(inputs, metric)).collect();
    let coverage = coverage(&metrics);
    let last = inputs.previous.and_then(|evaluation| evaluation.progress.current_status);
    let judged = roll_up(&metrics);
    let status =
        if coverage < policy.min_coverage { last.or(judged.filter(|_| coverage > 0.0)) } else { judged };
    let reasons = reasons(&metrics);
    let gap_points = (!reasons.is_empty()).then(|| reasons.iter().map(|reason| reason.points).sum());
    let mut progress = Progress {
        current_status: status,
        status_since: status_since(inputs, status),
        data_state: data_state(&metrics),
        coverage,
        day: plan.day(now),
        gap_points,
        attainment: weighted_attainment(&metrics),
        milestones_done: milestone::completion(&plan.milestones),
        metrics_progress: metrics,
        reasons,
        headline: String::new(),
        policy: policy.version.clone(),
        last_updated: now,
    };
    progress.headline = crate::headline::of(plan, &progress);
    progress
}

/// The observations an assessment at `now` judged, in metric order.
pub fn inputs_of(progress: &Progress) -> Vec<ObservationId> {
    progress.metrics_progress.iter().filter_map(|metric| metric.observation).collect()
}

fn assess_metric(inputs: &Inputs<'_>, metric: &Metric) -> MetricProgress {
    let Inputs { plan, now, policy, .. } = *inputs;
    let horizon = f64::from(plan.horizon());
    let values = known(inputs.observations, &metric.key, now);
    let last = values.last();
    let judged_day = last.map_or(plan.day(now), |observation| plan.day_of(observation.valid_on));
    let expected = pace::expected(metric, f64::from(judged_day), horizon);
    let current = last.map(|observation| observation.value);
    let (status, rule) =
        current.zip(expected).map_or((None, "no value to judge yet".to_owned()), |(value, expected)| {
            ratio_rule(metric, value, expected, policy)
        });
    MetricProgress {
        metric: metric.key.clone(),
        name: metric.name.clone(),
        kind: metric.kind,
        unit: metric.unit.clone(),
        critical: metric.critical,
        weight: metric.weight,
        baseline: metric.baseline.value(),
        target: metric.target,
        current,
        current_on: last.map(|observation| observation.valid_on),
        observation: last.map(|observation| observation.id),
        expected,
        expected_band: None,
        attainment: current.and_then(|value| metric.attainment(value)),
        gap_points: current.zip(expected).map(|(value, expected)| gap_points(metric, value, expected)),
        status,
        rule,
        candidate: None,
        data_state: metric_data_state(inputs, metric, last.copied()),
        forecast: forecast(metric, current, expected, plan.horizon()),
    }
}

/// `methods.md` 5, without a cohort: ρ = (x − b)/(E − b). While nothing is expected yet, nothing can be behind.
fn ratio_rule(metric: &Metric, value: f64, expected: f64, policy: &Policy) -> (Option<Status>, String) {
    let baseline = metric.baseline.value().unwrap_or(0.0);
    if expected == baseline {
        return (Some(Status::OnTrack), "nothing is expected yet by the plan's curve".to_owned());
    }
    let ratio = (value - baseline) / (expected - baseline);
    let status = match ratio {
        r if r >= policy.exceeding_ratio => Status::Exceeding,
        r if r >= policy.on_track_ratio => Status::OnTrack,
        r if r >= policy.at_risk_ratio => Status::AtRisk,
        _ => Status::Behind,
    };
    (Some(status), format!("{:.0} % of the way expected by now, by the plan's curve", 100.0 * ratio))
}

/// Percentage points for a `%` metric, else points of the way from baseline to target. Negative is behind.
pub fn gap_points(metric: &Metric, value: f64, expected: f64) -> f64 {
    let gap = match metric.direction {
        Direction::Rising => value - expected,
        Direction::Falling => expected - value,
    };
    let way = (metric.target - metric.baseline.value().unwrap_or(0.0)).abs();
    if metric.unit == "%" || way == 0.0 { gap } else { 100.0 * gap / way }
}

fn metric_data_state(inputs: &Inputs<'_>, metric: &Metric, last: Option<&Observation>) -> DataState {
    let Inputs { plan, now, policy, .. } = *inputs;
    let Some(last) = last else { return DataState::None };
    let patience = match (metric.selector(), metric.frequency) {
        (None, _) | (_, Frequency::AtCheckpoint) => return DataState::Fresh,
        (_, Frequency::Daily) => policy.stale_after_daily_days,
        (_, Frequency::Weekly) => policy.stale_after_weekly_days,
    };
    let silent = plan.day(now) - plan.day_of(last.valid_on);
    if silent >= patience { DataState::Stale } else { DataState::Fresh }
}

fn forecast(metric: &Metric, current: Option<f64>, expected: Option<f64>, horizon: u16) -> Forecast {
    match current.zip(expected) {
        None => Forecast::Unknown { why: "no value yet to forecast from".to_owned() },
        Some((current, expected)) => Forecast::Known {
            rung: Rung::TemplateCurve,
            method: "the plan's curve, kept at today's distance".to_owned(),
            at_day: horizon,
            point: metric.target + (current - expected),
            band: None,
            calibrated: false,
            probability: None,
            n: 0,
            past: Vec::new(),
        },
    }
}

fn with_data(metrics: &[MetricProgress]) -> impl Iterator<Item = &MetricProgress> {
    metrics.iter().filter(|metric| metric.status.is_some())
}

fn coverage(metrics: &[MetricProgress]) -> f64 {
    let all: f64 = metrics.iter().map(|metric| metric.weight).sum();
    let known: f64 = with_data(metrics).map(|metric| metric.weight).sum();
    if all > 0.0 { known / all } else { 0.0 }
}

/// The worst critical metric, else the weighted severity rounded; never better than two levels above the worst.
fn roll_up(metrics: &[MetricProgress]) -> Option<Status> {
    let worst = with_data(metrics).filter_map(|metric| metric.status).max()?;
    let critical =
        with_data(metrics).filter(|metric| metric.critical).filter_map(|metric| metric.status).max();
    let weight: f64 = with_data(metrics).map(|metric| metric.weight).sum();
    let severity = |metric: &MetricProgress| metric.status.map_or(0.0, |status| f64::from(status.severity()));
    let mean = with_data(metrics).map(|metric| metric.weight * severity(metric)).sum::<f64>() / weight;
    let judged = critical.unwrap_or(Status::of_severity(mean.round() as u8));
    Some(judged.max(Status::of_severity(worst.severity().saturating_sub(2))))
}

fn data_state(metrics: &[MetricProgress]) -> DataState {
    let any = |state| metrics.iter().any(|metric| metric.data_state == state);
    match (any(DataState::Stale), any(DataState::None), any(DataState::Fresh)) {
        (true, _, _) => DataState::Stale,
        (false, true, true) => DataState::Partial,
        (false, false, true) => DataState::Fresh,
        (false, _, false) => DataState::None,
    }
}

fn weighted_attainment(metrics: &[MetricProgress]) -> Option<f64> {
    let known =
        || metrics.iter().filter_map(|metric| metric.attainment.map(|a| (metric.weight, a.clamp(0.0, 1.0))));
    let weight: f64 = known().map(|(weight, _)| weight).sum();
    (weight > 0.0).then(|| known().map(|(weight, attainment)| weight * attainment).sum::<f64>() / weight)
}

/// Each metric's share of the weighted gap, largest shortfall first.
fn reasons(metrics: &[MetricProgress]) -> Vec<Reason> {
    let known = || metrics.iter().filter_map(|metric| metric.gap_points.map(|gap| (metric, gap)));
    let weight: f64 = known().map(|(metric, _)| metric.weight).sum();
    let mut reasons: Vec<Reason> = known()
        .map(|(metric, gap)| Reason {
            text: crate::headline::metric_line(metric),
            metric: Some(metric.metric.clone()),
            points: metric.weight * gap / weight,
            evidence_ids: metric.observation.into_iter().collect(),
        })
        .collect();
    reasons.sort_by(|a, b| a.points.total_cmp(&b.points));
    reasons
}

fn status_since(inputs: &Inputs<'_>, status: Option<Status>) -> Option<chrono::NaiveDate> {
    let before = inputs.previous.map(|evaluation| &evaluation.progress);
    match before {
        Some(progress) if progress.current_status == status => progress.status_since,
        _ => status.map(|_| inputs.now.with_timezone(&inputs.plan.zone).date_naive()),
    }
}
