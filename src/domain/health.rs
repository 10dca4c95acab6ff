//! Health factors: what an upsell's progress, its end and people say of the customer's health (`methods.md` 7).

mod news;

use crate::{
    checkpoint::instant,
    forecast::Forecast,
    id::{MetricKey, ObservationId},
    metric::Metric,
    outcome::{Conclusion, Outcome},
    plan::MeasurementPlan,
    policy::{HealthPolicy, Policy},
    progress::{MetricProgress, Progress},
    status::DataState,
    upsell::Ended,
};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The factor of how the upsell ended. No metric can have this key.
pub const OUTCOME: &str = "upsell.outcome";
/// What a score, by rule or said, can be.
pub const SCORES: std::ops::RangeInclusive<f64> = 0.0..=100.0;

/// One factor: a metric of the plan or, once it is known, how the upsell ended (`upsell.outcome`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthFactor {
    pub factor: MetricKey,
    pub state: FactorState,
    /// 0..=100 by the rule; `None` when nothing is known.
    pub score: Option<f64>,
    /// Share of the weight of all factors, 0..=1: a hint for a scorecard.
    pub weight: f64,
    /// 0..=1: how much of what the score wants is known.
    pub confidence: f64,
    /// From here on the score counts no more.
    pub valid_until: Option<DateTime<Utc>>,
    pub evidence_ids: Vec<ObservationId>,
    /// A person's own score while it stands; the rule's stays beside it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub overridden: Option<Override>,
}

/// Whether a factor counts in the mean, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum FactorState {
    /// By the rule's score.
    Known,
    /// By a person's.
    Overridden,
    /// Not any more: its evidence is too old.
    Expired,
    /// Not yet.
    Unknown,
}

/// A score said by a person, for a while. The latest said of a factor supersedes those before, even when it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Override {
    pub factor: MetricKey,
    /// 0..=100.
    pub score: f64,
    pub reason: String,
    pub by: String,
    pub said_at: DateTime<Utc>,
    /// From here on it stands no more.
    pub until: DateTime<Utc>,
}

/// The factors of one upsell and their mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Health {
    /// Weighted mean over the factors that count, 0..=100; `None` when there is none.
    pub score: Option<f64>,
    /// Share of the weight that counts, 0..=1.
    pub coverage: f64,
    pub factors: Vec<HealthFactor>,
}

/// All that health is read from, as known at `now`.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    pub plan: &'a MeasurementPlan,
    pub progress: &'a Progress,
    pub outcome: &'a Outcome,
    /// A hard end, which proposes `failed` until an outcome is documented.
    pub ended: Option<&'a Ended>,
    /// In the order they were said.
    pub overrides: &'a [Override],
    pub policy: &'a Policy,
    pub now: DateTime<Utc>,
}

/// Piecewise linear and monotone (`methods.md` 7): attainment 0 → 0, the warning line → 50, the target → 80, 1.25 × the
/// target's way → 100. `warning` is an attainment.
pub fn score(attainment: f64, warning: f64, policy: &HealthPolicy) -> f64 {
    let warning = warning.clamp(policy.warning_line_min, policy.warning_line_max);
    let corners = [
        (0.0, 0.0),
        (warning, policy.warning_score),
        (1.0, policy.target_score),
        (policy.full_attainment, policy.full_score),
    ];
    if attainment <= 0.0 {
        return 0.0;
    }
    let leg = corners.windows(2).find(|leg| attainment <= leg[1].0);
    leg.map_or(policy.full_score, |leg| {
        let ((from, low), (to, high)) = (leg[0], leg[1]);
        low + (attainment - from) / (to - from) * (high - low)
    })
}

impl Health {
    pub fn of(sources: &Sources<'_>) -> Self {
        let outcome = outcome(sources);
        let share = outcome.as_ref().map_or(1.0, |outcome| 1.0 - outcome.weight);
        let pairs = sources.plan.metrics.iter().zip(&sources.progress.metrics_progress);
        let metrics = pairs.map(|(metric, progress)| factor(sources, metric, progress, share));
        let factors: Vec<HealthFactor> = metrics.chain(outcome).collect();
        let counting = || factors.iter().filter_map(|factor| Some((factor.weight, factor.counts_as()?)));
        // The sum of nothing is −0.
        let weight = 0.0 + counting().map(|(weight, _)| weight).sum::<f64>();
        let sum: f64 = counting().map(|(weight, score)| weight * score).sum();
        Self { score: (weight > 0.0).then(|| sum / weight), coverage: weight, factors }
    }

    /// When time alone changes a factor next: its evidence gets too old, or a person's score ends.
    pub fn changes_at(&self) -> Option<DateTime<Utc>> {
        let ends = self.factors.iter().filter_map(|factor| match factor.state {
            FactorState::Known => factor.valid_until,
            FactorState::Overridden => factor.overridden.as_ref().map(|said| said.until),
            FactorState::Expired | FactorState::Unknown => None,
        });
        ends.min()
    }
}

impl HealthFactor {
    /// The score that counts in the mean, if one does.
    pub fn counts_as(&self) -> Option<f64> {
        match self.state {
            FactorState::Known => self.score,
            FactorState::Overridden => self.overridden.as_ref().map(|said| said.score),
            FactorState::Expired | FactorState::Unknown => None,
        }
    }
}

/// The score that stands for a factor at `now`, of all said in their order.
pub fn standing<'a>(
    overrides: &'a [Override],
    factor: &MetricKey,
    now: DateTime<Utc>,
) -> Option<&'a Override> {
    overrides.iter().rev().find(|said| said.factor == *factor).filter(|said| said.until > now)
}

fn factor(sources: &Sources<'_>, metric: &Metric, progress: &MetricProgress, share: f64) -> HealthFactor {
    let Sources { plan, overrides, now, .. } = *sources;
    let policy = &sources.policy.health;
    let warning = warning_line(metric, progress, plan, sources.policy).unwrap_or(policy.warning_line);
    let score = progress.attainment.map(|attainment| score(attainment, warning, policy));
    let seen = progress.current_on.filter(|_| score.is_some());
    let seen = seen.map(|day| instant(day.and_time(NaiveTime::MIN), plan.zone));
    let valid_until = seen.map(|seen| seen + TimeDelta::days(policy.valid_days));
    let overridden = standing(overrides, &metric.key, now).cloned();
    HealthFactor {
        factor: metric.key.clone(),
        state: state(overridden.as_ref(), valid_until, now),
        score,
        weight: share * metric.weight / plan.weight(),
        confidence: confidence(progress, sources.policy),
        valid_until,
        evidence_ids: progress.observation.into_iter().collect(),
        overridden,
    }
}

fn state(
    overridden: Option<&Override>,
    valid_until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> FactorState {
    match (overridden, valid_until) {
        (Some(_), _) => FactorState::Overridden,
        (None, Some(until)) if until > now => FactorState::Known,
        (None, Some(_)) => FactorState::Expired,
        (None, None) => FactorState::Unknown,
    }
}

/// The warning line on the day of the value, as attainment: from nothing on day 0 straight through the plan's thresholds
/// or, where it has none, the share of what is expected by then below which the metric would be behind.
fn warning_line(
    metric: &Metric,
    progress: &MetricProgress,
    plan: &MeasurementPlan,
    policy: &Policy,
) -> Option<f64> {
    let day = f64::from(progress.current_on.map_or(0, |day| plan.day_of(day)));
    let points = metric.thresholds.iter().map(|one| Some((f64::from(one.day), metric.attainment(one.warn)?)));
    let points: Vec<(f64, f64)> = std::iter::once(Some((0.0, 0.0))).chain(points).collect::<Option<_>>()?;
    let Some(after) = points.iter().position(|(at, _)| *at > day) else {
        let last = points.last().filter(|_| points.len() > 1).map(|(_, line)| *line);
        return last
            .or_else(|| Some(policy.at_risk_ratio * metric.curve.share(day, f64::from(plan.horizon()))));
    };
    let ((x0, y0), (x1, y1)) = (points[after.checked_sub(1)?], points[after]);
    Some(y0 + (y1 - y0) * (day - x0) / (x1 - x0))
}

fn confidence(progress: &MetricProgress, policy: &Policy) -> f64 {
    let data = match progress.data_state {
        DataState::Fresh | DataState::Partial => policy.health.fresh_confidence,
        DataState::Stale => policy.health.stale_confidence,
        DataState::None => return 0.0,
    };
    // Typed by hand over what is measured: no evidence by itself.
    let data = if progress.manual { data.min(policy.health.stale_confidence) } else { data };
    let is_backed = matches!(progress.forecast, Forecast::Known { n, .. } if n >= policy.cohort_full);
    if is_backed { data + policy.health.backed_confidence } else { data }
}

/// How the upsell ended: as documented or, until then, as a hard end proposes.
fn outcome(sources: &Sources<'_>) -> Option<HealthFactor> {
    let policy = &sources.policy.health;
    let (conclusion, since, evidence_ids) = match (sources.outcome, sources.ended) {
        (Outcome::Documented(done), _) => (done.conclusion, done.documented_at, done.evidence_ids.clone()),
        (Outcome::Pending, Some(ended)) => (Conclusion::Failed, ended.recorded_at, Vec::new()),
        (Outcome::Pending, None) => return None,
    };
    let valid_until = Some(since + TimeDelta::days(policy.outcome_days));
    Some(HealthFactor {
        factor: OUTCOME.into(),
        state: state(None, valid_until, sources.now),
        score: Some(match conclusion {
            Conclusion::Success => policy.success_score,
            Conclusion::Partial => policy.partial_score,
            Conclusion::AtRisk => policy.at_risk_score,
            Conclusion::Failed => policy.failed_score,
        }),
        weight: policy.outcome_weight,
        confidence: policy.outcome_confidence,
        valid_until,
        evidence_ids,
        overridden: None,
    })
}

#[cfg(test)]
mod tests;
