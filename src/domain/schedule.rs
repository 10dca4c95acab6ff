//! When a plan is assessed next.

use crate::{checkpoint::instant, metric::Frequency, plan::MeasurementPlan, policy::Policy};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};

/// Days after the last checkpoint during which an undocumented plan is still assessed.
pub const AFTERMATH_DAYS: i32 = 30;

/// Whether a plan is past its measurement, documented or not.
pub fn is_over(plan: &MeasurementPlan, now: DateTime<Utc>) -> bool {
    plan.day(now) > i32::from(plan.horizon()) + AFTERMATH_DAYS
}

/// The next moment after `now` at which the plan may read differently without new data: a metric's day or week is
/// over, a checkpoint opens or becomes overdue, a critical milestone becomes overdue. `None` when it is over.
pub fn next_assessment(plan: &MeasurementPlan, policy: &Policy, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if is_over(plan, now) {
        return None;
    }
    if plan.day(now) < 0 {
        return Some(begins(plan, plan.tracking_start));
    }
    let today = plan.date_of(plan.day(now));
    let rhythms = plan.metrics.iter().filter_map(|metric| rhythm(metric.frequency, today));
    let reviews = plan.checkpoints.iter().filter(|checkpoint| checkpoint.is_open());
    let late = reviews.clone().map(|checkpoint| i32::from(checkpoint.day) + policy.review_grace_days + 1);
    let overdue = plan.milestones.iter().filter(|milestone| milestone.critical && !milestone.is_done());
    let days = late.chain(overdue.map(|milestone| i32::from(milestone.due_day) + 1));
    let end = plan.date_of(i32::from(plan.horizon()) + AFTERMATH_DAYS + 1);
    days.map(|day| plan.date_of(day))
        .chain(rhythms)
        .chain([end])
        .map(|date| begins(plan, date))
        .chain(reviews.map(|checkpoint| checkpoint.scheduled_date))
        .filter(|at| *at > now)
        .min()
}

/// The civil day on which a metric of this frequency can be judged anew.
fn rhythm(frequency: Frequency, today: NaiveDate) -> Option<NaiveDate> {
    match frequency {
        Frequency::Daily => Some(today + TimeDelta::days(1)),
        Frequency::Weekly => {
            Some(today + TimeDelta::days(7 - i64::from(today.weekday().num_days_from_monday())))
        }
        Frequency::AtCheckpoint => None,
    }
}

/// Five minutes into a civil day: the day before is over, and what was counted late in it has arrived.
fn begins(plan: &MeasurementPlan, date: NaiveDate) -> DateTime<Utc> {
    instant(date.and_time(NaiveTime::MIN), plan.zone) + TimeDelta::minutes(5)
}
