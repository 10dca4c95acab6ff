//! Scores people say of health factors: which say something new, and which are wrong.

use super::{OverrideChange, OverrideHealth, UpdateMetrics};
use crate::{health::last_day, stated};
use chrono::{DateTime, NaiveDate, NaiveTime, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{
    checkpoint::instant,
    error::FieldFault,
    health::{Health, Override, SCORES, standing},
    id::MetricKey,
    plan::MeasurementPlan,
    policy::HealthPolicy,
};

/// A score to keep, and what it stands beside.
pub struct Said {
    pub over: Override,
    rule: Option<f64>,
    supersedes: Option<f64>,
}

impl Said {
    /// Notes the rule's score: both stay visible.
    pub fn is_beside(&mut self, health: &Health) {
        let factor = health.factors.iter().find(|factor| factor.factor == self.over.factor);
        self.rule = factor.and_then(|factor| factor.score);
    }

    pub fn line(&self, zone: Tz) -> String {
        let Override { factor, score, until, .. } = &self.over;
        let rule = self.rule.map_or("unknown".to_owned(), |score| format!("{score:.0}"));
        let before =
            self.supersedes.map_or(String::new(), |before| format!(", not {before:.0} as said before"));
        format!("{factor}: {score:.0} until {}{before}; {rule} by rule", last_day(*until, zone))
    }

    pub fn into_change(self) -> OverrideChange {
        OverrideChange {
            factor: self.over.factor.0,
            rule: self.rule,
            score: self.over.score,
            until: self.over.until,
            supersedes: self.supersedes,
        }
    }
}

/// Scores that say something new beside what stands, and every fault.
pub fn read(
    request: &UpdateMetrics,
    plan: &MeasurementPlan,
    known: &[Override],
    by: &str,
    policy: &HealthPolicy,
    now: DateTime<Utc>,
) -> (Vec<Said>, Vec<FieldFault>) {
    let (mut all, mut faults): (Vec<Said>, Vec<FieldFault>) = (Vec::new(), Vec::new());
    for (index, asked) in request.override_health.iter().enumerate() {
        let (factor, until) = match checked(index, asked, plan, policy, now) {
            Ok(sound) => sound,
            Err(found) => {
                faults.extend(found);
                continue;
            }
        };
        if all.iter().any(|earlier| earlier.over.factor == factor) {
            let field = format!("overrideHealth[{index}].factor");
            faults.push(FieldFault::new(field, format!("{:?}", asked.factor), "one score for each factor"));
            continue;
        }
        let reason = request.reason.clone().unwrap_or_default();
        let over = Override { factor, score: asked.score, reason, by: by.to_owned(), said_at: now, until };
        let before = standing(known, &over.factor, now);
        if before.is_some_and(|before| is_same(before, &over)) {
            continue;
        }
        let supersedes = before.map(|before| before.score);
        all.push(Said { over, rule: None, supersedes });
    }
    (all, faults)
}

/// Whoever says what stands, whenever, says nothing new; another person's word is.
fn is_same(standing: &Override, said: &Override) -> bool {
    *standing == Override { said_at: standing.said_at, ..said.clone() }
}

fn checked(
    index: usize,
    asked: &OverrideHealth,
    plan: &MeasurementPlan,
    policy: &HealthPolicy,
    now: DateTime<Utc>,
) -> Result<(MetricKey, DateTime<Utc>), Vec<FieldFault>> {
    let fault = |field: &str, received: String, wanted: String| {
        FieldFault::new(format!("overrideHealth[{index}].{field}"), received, wanted)
    };
    let mut faults = Vec::new();
    let metric = stated::metric_named(plan, &asked.factor);
    if metric.is_none() {
        faults.push(fault("factor", format!("{:?}", asked.factor), stated::known_metrics(plan)));
    }
    if !SCORES.contains(&asked.score) {
        let wanted = format!("{} to {}", SCORES.start(), SCORES.end());
        faults.push(fault("score", asked.score.to_string(), wanted));
    }
    let latest = now + TimeDelta::days(policy.override_days_max);
    let until = end(&asked.until, plan.zone).filter(|until| (now..=latest).contains(until) && *until > now);
    if until.is_none() {
        let today = now.with_timezone(&plan.zone).date_naive();
        let last = latest.with_timezone(&plan.zone).date_naive() - TimeDelta::days(1);
        let wanted =
            format!("a day from {today}, today for the customer, to {last}, or an instant after now");
        faults.push(fault("until", format!("{:?}", asked.until), wanted));
    }
    match (metric, until) {
        (Some(metric), Some(until)) if faults.is_empty() => Ok((metric.key.clone(), until)),
        _ => Err(faults),
    }
}

/// The end of a civil day for the customer, or an instant as precise as the store keeps it.
fn end(until: &str, zone: Tz) -> Option<DateTime<Utc>> {
    if let Ok(day) = until.parse::<NaiveDate>() {
        return Some(instant(day.succ_opt()?.and_time(NaiveTime::MIN), zone));
    }
    DateTime::parse_from_rfc3339(until).ok().map(|at| at.to_utc().trunc_subsecs(3))
}

#[cfg(test)]
mod tests;
