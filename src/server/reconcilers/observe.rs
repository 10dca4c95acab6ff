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
use tools::{Host, gathered::Gathered};

/// Observations the roll-ups say and `known_so_far` does not.
pub async fn observe(
    tx: &mut Tx,
    host: &Host,
    due: &DueAssessment,
    known_so_far: &[Observation],
    now: DateTime<Utc>,
) -> Result<Vec<Observation>> {
    let plan = &due.plan;
    let span = tx.usage_span(&plan.customer).await?;
    let today = plan.date_of(plan.day(now));
    let last = today.min(plan.date_of(last_day(plan, &host.policy)));
    let metrics: Vec<Stretch<'_>> = plan
        .metrics
        .iter()
        .filter_map(|metric| {
            let selector = metric.selector()?;
            let to = if selector.measure.is_beside_usage() { last } else { last.min(span?.1) };
            let stretch = Stretch::of(plan, metric, selector, to, due.changed_from, known_so_far, now);
            (stretch.from <= to).then_some(stretch)
        })
        .collect();
    let Some(from) = metrics.iter().map(|stretch| stretch.looks_back_to(plan)).min() else {
        return Ok(Vec::new());
    };
    let selectors = metrics.iter().map(|stretch| stretch.selector);
    let gathered = Gathered::read(tx, &plan.customer, selectors, (from, last)).await?;
    let upsell = tx.upsell_by_id(plan.upsell).await?;
    let usage = Usage {
        day_zero: plan.tracking_start,
        seats: plan.seats,
        seats_before: plan.seats_before,
        arr: Some(upsell.details.arr.0.major()),
        discount_rate: host.policy.discount_rate,
        ..gathered.usage()
    };
    Ok(metrics
        .iter()
        .flat_map(|stretch| {
            let new = stretch.new_values(usage);
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
    /// Usage is known no further than its feed; what is sent beside it is known by now.
    to: NaiveDate,
    recorded: BTreeMap<NaiveDate, f64>,
}

impl<'a> Stretch<'a> {
    fn of(
        plan: &MeasurementPlan,
        metric: &'a Metric,
        selector: &'a Selector,
        to: NaiveDate,
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
        Self { metric, selector, from, to, recorded }
    }

    fn looks_back_to(&self, plan: &MeasurementPlan) -> NaiveDate {
        looks_back_to(self.selector, self.from, plan.tracking_start).min(self.from)
    }

    fn new_values(&self, usage: Usage<'_>) -> Vec<(NaiveDate, f64)> {
        let told = Collector::of(self.selector, usage).values(self.from, self.to);
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
            reason: None,
        }
    }
}
