//! When a plan is assessed next.

use crate::{checkpoint::instant, metric::Frequency, plan::MeasurementPlan, policy::Policy};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};

/// The last day on which a plan is assessed, documented or not.
pub fn last_day(plan: &MeasurementPlan, policy: &Policy) -> i32 {
    i32::from(plan.horizon()) + policy.aftermath_days
}

/// Whether a plan is past its measurement, documented or not.
pub fn is_over(plan: &MeasurementPlan, policy: &Policy, now: DateTime<Utc>) -> bool {
    plan.day(now) > last_day(plan, policy)
}

/// The next moment after `now` at which the plan may read differently without new data: a metric's day or week is
/// over, a checkpoint opens or becomes overdue, a critical milestone becomes overdue. `None` when it is over.
pub fn next_assessment(plan: &MeasurementPlan, policy: &Policy, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if is_over(plan, policy, now) {
        return None;
    }
    let morning = |date: NaiveDate| morning(plan, policy, date);
    if plan.day(now) < 0 {
        return Some(morning(plan.tracking_start));
    }
    let today = plan.date_of(plan.day(now));
    let rhythms = plan.metrics.iter().filter_map(|metric| rhythm(metric.frequency, today));
    let reviews = plan.checkpoints.iter().filter(|checkpoint| checkpoint.is_open());
    let late =
        reviews.clone().map(|checkpoint| plan.day(checkpoint.scheduled_date) + policy.review_grace_days + 1);
    let overdue = plan.milestones.iter().filter(|milestone| milestone.critical && !milestone.is_done());
    let days = late.chain(overdue.map(|milestone| i32::from(milestone.due_day) + 1));
    let end = plan.date_of(last_day(plan, policy) + 1);
    days.map(|day| plan.date_of(day))
        .chain(rhythms)
        .chain([end])
        .map(morning)
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

fn morning(plan: &MeasurementPlan, policy: &Policy, date: NaiveDate) -> DateTime<Utc> {
    instant(date.and_time(NaiveTime::MIN) + TimeDelta::hours(policy.assessment_hour), plan.zone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{checkpoint::CheckpointState, example};

    fn next(plan: &MeasurementPlan, now: DateTime<Utc>) -> Option<String> {
        let at = next_assessment(plan, &Policy::default(), now)?;
        Some(at.with_timezone(&plan.zone).format("%Y-%m-%d %H:%M").to_string())
    }

    #[test]
    fn a_daily_metric_is_judged_each_morning_and_when_a_checkpoint_opens() {
        let plan = example::plan();
        assert_eq!(next(&plan, example::noon_of(&plan, 4)).unwrap(), "2026-03-06 08:00");
        let morning = example::noon_of(&plan, 30) - TimeDelta::hours(4);
        assert_eq!(next(&plan, morning).unwrap(), "2026-03-31 09:00");
    }

    #[test]
    fn a_plan_sleeps_until_day_zero_and_rests_a_month_after_its_end() {
        let plan = example::plan();
        assert_eq!(next(&plan, example::noon_of(&plan, -20)).unwrap(), "2026-03-01 08:00");
        assert!(next(&plan, example::noon_of(&plan, 120)).is_some());
        assert_eq!(next(&plan, example::noon_of(&plan, 121)), None);
    }

    #[test]
    fn a_plan_judged_at_checkpoints_waits_for_them() {
        let mut plan = example::plan();
        plan.metrics[0].frequency = Frequency::AtCheckpoint;
        plan.milestones.clear();
        assert_eq!(next(&plan, example::noon_of(&plan, 3)).unwrap(), "2026-03-31 09:00");
        plan.metrics[0].frequency = Frequency::Weekly;
        assert_eq!(next(&plan, example::noon_of(&plan, 3)).unwrap(), "2026-03-09 08:00", "a Monday");
        plan.metrics[0].frequency = Frequency::AtCheckpoint;
        plan.checkpoints[0].state = CheckpointState::Completed { at: example::noon_of(&plan, 31) };
        assert_eq!(next(&plan, example::noon_of(&plan, 31)).unwrap(), "2026-04-30 09:00");
    }
}
