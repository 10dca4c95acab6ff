//! An upsell and its plan, for tests: one daily metric on a straight line from 0 to 90 over 90 days in New York.

use crate::{
    baseline::Baseline,
    checkpoint::{Checkpoint, instant},
    id::{CustomerId, ObservationId, PlanId, UpsellId},
    metric::{
        Authority, Collection, Direction, Frequency, Measure, Metric, MetricType, Selector, TargetBasis,
        TargetOffer,
    },
    milestone::{Milestone, MilestoneState},
    money::{Currency, Money},
    observation::{Observation, Quality, USAGE},
    pace::Curve,
    plan::{MeasurementPlan, TemplateChoice},
    upsell::{Arr, Customer, Upsell, UpsellDetails, UpsellSource},
};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use std::collections::BTreeMap;

const ZONE: Tz = chrono_tz::America::New_York;

fn day_zero() -> NaiveDate {
    "2026-03-01".parse().expect("a date")
}

pub fn upsell() -> Upsell {
    Upsell {
        id: UpsellId::from_bits(1),
        source: UpsellSource::Manual,
        opportunity_id: None,
        customer: Customer {
            id: CustomerId::from("northwind"),
            name: "Northwind".into(),
            zone: ZONE,
            industry: None,
            segment: None,
        },
        details: UpsellDetails {
            products: vec![crate::id::Product::from("Data Sync")],
            arr: Arr(Money { minor: 1_000_000, currency: Currency::USD }),
            close_date: day_zero(),
            sales_rep: None,
        },
        goals: Vec::new(),
        owner: None,
        entitlement_start: None,
        seats: None,
        seats_before: None,
        detected_at: instant(day_zero().and_time(NaiveTime::MIN), ZONE),
        ended: None,
    }
}

pub fn metric() -> Metric {
    let selector = Selector {
        features: vec!["data-sync.*".into()],
        measure: Measure::DistinctUsers,
        window_days: Some(28),
    };
    let won =
        TargetOffer { authority: Authority::TemplateDefault, target: 90.0, because: "example".to_owned() };
    Metric {
        key: "active_users".into(),
        name: "Active users".into(),
        kind: MetricType::Adoption,
        target: 90.0,
        unit: "users".to_owned(),
        collection: Collection::Automatic(selector),
        direction: Direction::Rising,
        weight: 1.0,
        critical: true,
        baseline: Baseline::NewProduct,
        curve: Curve::Linear,
        thresholds: Vec::new(),
        frequency: Frequency::Daily,
        target_basis: TargetBasis { won, lost: Vec::new() },
        original_target: 90.0,
    }
}

pub fn plan() -> MeasurementPlan {
    let on = |(position, day): (usize, u16)| Checkpoint::on(day, day_zero(), ZONE, position, 3);
    let milestone = Milestone {
        key: "rolled_out".to_owned(),
        name: "Rolled out".into(),
        due_day: 45,
        weight: 1.0,
        critical: true,
        reached_when: None,
        state: MilestoneState::Open,
    };
    MeasurementPlan {
        id: PlanId::from_bits(2),
        upsell: upsell().id,
        customer: upsell().customer.id,
        version: 1,
        tracking_start: day_zero(),
        zone: ZONE,
        seats: None,
        seats_before: None,
        template: TemplateChoice { id: "example".to_owned(), version: 1, why: "An example.".to_owned() },
        metrics: vec![metric()],
        milestones: vec![milestone],
        goals: Vec::new(),
        benchmarks: BTreeMap::new(),
        checkpoints: [30, 60, 90].into_iter().enumerate().map(on).collect(),
        drafted_by: "uptake".to_owned(),
        created_at: upsell().detected_at,
    }
}

/// Noon of a day of the plan, in its zone.
pub fn noon_of(plan: &MeasurementPlan, day: i32) -> DateTime<Utc> {
    instant(plan.date_of(day).and_time(NaiveTime::MIN) + TimeDelta::hours(12), plan.zone)
}

/// What usage said on a day, recorded at its noon.
pub fn observation(plan: &MeasurementPlan, day: i32, value: f64) -> Observation {
    Observation {
        id: ObservationId::from_bits(day.unsigned_abs().into()),
        plan: plan.id,
        metric: plan.metrics[0].key.clone(),
        value,
        valid_on: plan.date_of(day),
        recorded_at: noon_of(plan, day),
        source: USAGE.to_owned(),
        quality: Quality::Final,
        reason: None,
    }
}
