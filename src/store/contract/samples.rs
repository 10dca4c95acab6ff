//! Believable rows to store.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{
    baseline::Baseline,
    checkpoint::Checkpoint,
    id::{EvaluationId, Feature, MetricKey, ObservationId, PlanId, Product, UpsellId},
    metric::{Authority, Collection, Direction, Frequency, Metric, MetricType, TargetBasis, TargetOffer},
    money::{Currency, Money},
    observation::{Observation, Quality},
    outcome::{Conclusion, Documented},
    pace::Curve,
    plan::{MeasurementPlan, TemplateChoice},
    progress::{Evaluation, Progress},
    status::{DataState, Status},
    upsell::{Arr, Customer, Upsell, UpsellDetails, UpsellSource},
    usage::UsageEvent,
};
use std::collections::BTreeMap;

pub const NEW_YORK: Tz = chrono_tz::America::New_York;

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Upsell number `n`, of customer `cust-n`.
pub fn upsell(n: u64) -> Upsell {
    Upsell {
        id: UpsellId::from_bits(n),
        source: UpsellSource::Salesforce,
        opportunity_id: Some(format!("006-{n}").as_str().into()),
        customer: Customer {
            id: format!("cust-{n}").as_str().into(),
            name: format!("Customer {n}").into(),
            zone: NEW_YORK,
            industry: Some("retail".to_owned()),
            segment: None,
        },
        details: UpsellDetails {
            products: vec![Product("Analytics".to_owned()), Product("Seats".to_owned())],
            arr: Arr(Money { minor: 1_000_000 + n as i64, currency: Currency::USD }),
            close_date: day("2026-01-29") + TimeDelta::days(n as i64 % 7),
            sales_rep: None,
        },
        goals: vec!["Fewer \"surprises\" für alle".to_owned()],
        owner: Some("csm@example.com".to_owned()),
        entitlement_start: None,
        seats: Some(100),
        seats_before: Some(40),
        detected_at: at("2026-01-29T09:00:00.123Z"),
        ended: None,
    }
}

pub fn plan(upsell: &Upsell) -> MeasurementPlan {
    let (zero, zone) = (upsell.day_zero(), upsell.customer.zone);
    let checkpoints = [30, 60, 90].into_iter().enumerate();
    MeasurementPlan {
        id: plan_id(upsell),
        upsell: upsell.id,
        customer: upsell.customer.id.clone(),
        version: 1,
        tracking_start: zero,
        zone,
        seats: upsell.seats,
        seats_before: upsell.seats_before,
        template: TemplateChoice { id: "seats".to_owned(), version: 1, why: "by product".to_owned() },
        metrics: vec![metric()],
        milestones: Vec::new(),
        goals: Vec::new(),
        benchmarks: BTreeMap::new(),
        checkpoints: checkpoints.map(|(i, day)| Checkpoint::on(day, zero, zone, i, 3)).collect(),
        drafted_by: "uptake".to_owned(),
        created_at: at("2026-01-29T10:00:00Z"),
    }
}

pub fn plan_id(upsell: &Upsell) -> PlanId {
    upsell.id.to_string().replacen('u', "m", 1).parse().unwrap()
}

fn metric() -> Metric {
    let won =
        TargetOffer { authority: Authority::TemplateDefault, target: 80.1, because: "usual".to_owned() };
    Metric {
        key: MetricKey("seats_active".to_owned()),
        name: "Active seats".into(),
        kind: MetricType::Adoption,
        target: 80.1,
        unit: "%".to_owned(),
        collection: Collection::Manual,
        direction: Direction::Rising,
        weight: 1.0,
        critical: true,
        baseline: Baseline::NewProduct,
        curve: Curve::Linear,
        thresholds: Vec::new(),
        frequency: Frequency::Daily,
        target_basis: TargetBasis { won, lost: Vec::new() },
        original_target: 80.1,
    }
}

pub fn observation(plan: &MeasurementPlan, n: u64, valid_on: &str, recorded_at: &str) -> Observation {
    Observation {
        id: ObservationId::from_bits(n),
        plan: plan.id,
        metric: MetricKey("seats_active".to_owned()),
        value: 0.1 + n as f64,
        valid_on: day(valid_on),
        recorded_at: at(recorded_at),
        source: "usage".to_owned(),
        quality: Quality::Final,
        reason: None,
    }
}

pub fn evaluation(plan: &MeasurementPlan, n: u64, made_at: &str, status: Status, gap: f64) -> Evaluation {
    let progress = Progress {
        current_status: Some(status),
        status_since: Some(day("2026-02-01")),
        data_state: DataState::Fresh,
        coverage: 1.0,
        day: plan.day(at(made_at)),
        gap_points: Some(gap),
        attainment: Some(0.3),
        milestones_done: None,
        ended_on: None,
        metrics_progress: Vec::new(),
        reasons: Vec::new(),
        changed: Vec::new(),
        is_last_known: false,
        headline: "Seats are behind.".to_owned(),
        policy: "1".to_owned(),
        last_updated: at(made_at),
    };
    Evaluation {
        id: EvaluationId::from_bits(n),
        plan: plan.id,
        plan_version: plan.version,
        upsell: plan.upsell,
        at: at(made_at),
        method: domain::assess::METHOD,
        previous: None,
        inputs: vec![ObservationId::from_bits(1)],
        ticked: BTreeMap::new(),
        progress,
    }
}

pub fn event(
    id: &str,
    customer: &str,
    feature: &str,
    user: Option<&str>,
    at_: &str,
    count: f64,
) -> UsageEvent {
    UsageEvent {
        event_id: id.to_owned(),
        customer: customer.into(),
        feature: Feature(feature.to_owned()),
        user: user.map(Into::into),
        at: at(at_),
        count,
    }
}

pub fn documented(conclusion: Conclusion) -> Documented {
    Documented {
        conclusion,
        proposed: None,
        evidence: vec!["Seats reached 81 %.".to_owned()],
        evidence_ids: Vec::new(),
        gaps: Vec::new(),
        intervention_plan: Vec::new(),
        lessons_learned: Vec::new(),
        documented_by: "csm".to_owned(),
        documented_at: at("2026-05-01T00:00:00Z"),
    }
}
