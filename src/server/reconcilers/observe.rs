//! Turns rolled-up usage into observations: one per metric and civil day, appended only where the value is new.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    Result,
    collect::{Collector, Usage, looks_back_to},
    id::ObservationId,
    metric::{Metric, Selector},
    observation::{Observation, Quality, USAGE, known},
    plan::MeasurementPlan,
    schedule::last_day,
};
use std::collections::BTreeMap;
use store::{Tx, plans::DueAssessment};
use tools::Host;

/// Observations the roll-ups say and `known_so_far` does not.
pub async fn observe(
    tx: &mut Tx,
    host: &Host,
    due: &DueAssessment,
    known_so_far: &[Observation],
    now: DateTime<Utc>,
) -> Result<Vec<Observation>> {
    let plan = &due.plan;
    let Some(span) = tx.usage_span(&plan.customer).await? else { return Ok(Vec::new()) };
    let today = plan.date_of(plan.day(now));
    let to = span.1.min(today).min(plan.date_of(last_day(plan, &host.policy)));
    let metrics: Vec<Stretch<'_>> = plan
        .metrics
        .iter()
        .filter_map(|metric| {
            Some(Stretch::of(plan, metric, metric.selector()?, due.changed_from, known_so_far, now))
        })
        .collect();
    let Some(from) = metrics.iter().map(|stretch| stretch.looks_back_to(plan)).min().filter(|_| span.0 <= to)
    else {
        return Ok(Vec::new());
    };
    if metrics.iter().all(|stretch| stretch.from > to) {
        return Ok(Vec::new());
    }
    let days = tx.feature_days(&plan.customer, from, to).await?;
    let users = tx.user_days(&plan.customer, from, to).await?;
    let upsell = tx.upsell_by_id(plan.upsell).await?;
    let usage = Usage {
        days: &days,
        users: &users,
        span: Some(span),
        day_zero: plan.tracking_start,
        seats: plan.seats,
        seats_before: plan.seats_before,
        arr: Some(upsell.details.arr.0.major()),
    };
    Ok(metrics
        .iter()
        .flat_map(|stretch| {
            let new = stretch.new_values(usage, to);
            new.into_iter()
                .map(|(day, value)| stretch.observation(plan, host.ids.next(), day, value, today, now))
                .map(|observation| observation.after(known_so_far))
        })
        .collect())
}

/// The days of one metric whose value may have changed.
struct Stretch<'a> {
    metric: &'a Metric,
    selector: &'a Selector,
    /// A change on a day reaches later days, and a feed that comes back makes the silent days before it known.
    from: NaiveDate,
    recorded: BTreeMap<NaiveDate, f64>,
}

impl<'a> Stretch<'a> {
    fn of(
        plan: &MeasurementPlan,
        metric: &'a Metric,
        selector: &'a Selector,
        changed_from: Option<NaiveDate>,
        known_so_far: &[Observation],
        now: DateTime<Utc>,
    ) -> Self {
        let counted = known_so_far.iter().filter(|observation| observation.source == USAGE);
        let recorded: BTreeMap<NaiveDate, f64> =
            known(counted, &metric.key, now).into_iter().map(|known| (known.valid_on, known.value)).collect();
        let unknown_from =
            recorded.last_key_value().map_or(plan.tracking_start, |(last, _)| *last + TimeDelta::days(1));
        let from =
            changed_from.map_or(unknown_from, |changed| changed.min(unknown_from)).max(plan.tracking_start);
        Self { metric, selector, from, recorded }
    }

    fn looks_back_to(&self, plan: &MeasurementPlan) -> NaiveDate {
        looks_back_to(self.selector, self.from, plan.tracking_start).min(self.from)
    }

    fn new_values(&self, usage: Usage<'_>, to: NaiveDate) -> Vec<(NaiveDate, f64)> {
        let told = Collector::of(self.selector, usage).values(self.from, to);
        told.into_iter()
            .filter(|(day, value)| value.is_finite() && self.recorded.get(day) != Some(value))
            .collect()
    }

    fn observation(
        &self,
        plan: &MeasurementPlan,
        id: ObservationId,
        valid_on: NaiveDate,
        value: f64,
        today: NaiveDate,
        now: DateTime<Utc>,
    ) -> Observation {
        Observation {
            id,
            plan: plan.id,
            metric: self.metric.key.clone(),
            value,
            valid_on,
            recorded_at: now,
            source: USAGE.to_owned(),
            quality: if valid_on < today { Quality::Final } else { Quality::Partial },
        }
    }
}
