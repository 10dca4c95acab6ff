//! A synthetic portfolio, the same every time: five daily metrics an upsell, adopted along logistic curves.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{
    alert::{Alert, AlertRule, AlertState, Severity},
    assess::Cohorts,
    baseline::Baseline,
    checkpoint::Checkpoint,
    cohort::{Cohort, PastWay},
    forecast::Rung,
    id::{AlertId, MetricKey, ObservationId, PlanId, UpsellId},
    metric::{
        Authority, Collection, Direction, Frequency, Measure, Metric, MetricType, Selector, TargetBasis,
        TargetOffer,
    },
    money::{Currency, Money},
    observation::{Observation, Quality, USAGE},
    outcome::{Conclusion, Documented},
    pace::Curve,
    plan::{MeasurementPlan, TemplateChoice},
    policy::Policy,
    promise::{self, Promise},
    upsell::{Arr, Customer, Upsell, UpsellDetails, UpsellSource},
};
use std::collections::BTreeMap;

pub const DAYS: i32 = 90;
pub const METRICS: u64 = 5;
/// Day from which on the finished upsells ended, one after another.
pub const ENDED: i32 = 80;
/// Past upsells an evaluation is made beside.
pub const PAST: u64 = 64;
pub const TEMPLATE: &str = "bench";
const ZONE: Tz = chrono_tz::America::New_York;
const PRODUCTS: [&str; 7] = ["Seats", "Analytics", "Data Sync", "API", "Support", "Security", "Storage"];

fn day_zero() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date")
}

/// Noon UTC of a day of every plan.
pub fn noon(day: i32) -> DateTime<Utc> {
    (day_zero() + TimeDelta::days(i64::from(day))).and_time(chrono::NaiveTime::MIN).and_utc()
        + TimeDelta::hours(12)
}

pub fn upsell(n: u64) -> Upsell {
    let details = UpsellDetails {
        products: vec![PRODUCTS[(n % 7) as usize].into()],
        arr: Arr(Money { minor: 100_000 + (share(n, 1) * 2e7) as i64, currency: Currency::USD }),
        close_date: day_zero(),
        sales_rep: None,
    };
    Upsell {
        id: UpsellId::from_bits(spread(n)),
        source: UpsellSource::Salesforce,
        opportunity_id: Some(format!("006{n:012}").as_str().into()),
        customer: Customer {
            id: format!("customer-{n}").as_str().into(),
            name: format!("Customer {n}").into(),
            zone: ZONE,
            industry: Some(["retail", "banking", "health"][(n % 3) as usize].to_owned()),
            segment: None,
        },
        details,
        goals: Vec::new(),
        owner: Some(format!("csm{}@example.com", n % 40)),
        entitlement_start: None,
        seats: Some(100),
        seats_before: Some(40),
        detected_at: noon(0),
        ended: None,
    }
}

pub fn plan(n: u64) -> MeasurementPlan {
    let upsell = upsell(n);
    let on = |(position, day): (usize, u16)| Checkpoint::on(day, day_zero(), ZONE, position, 3);
    MeasurementPlan {
        id: PlanId::from_bits(spread(n)),
        upsell: upsell.id,
        customer: upsell.customer.id,
        version: 1,
        tracking_start: day_zero(),
        zone: ZONE,
        seats: upsell.seats,
        seats_before: upsell.seats_before,
        template: TemplateChoice { id: TEMPLATE.to_owned(), version: 1, why: "a benchmark".to_owned() },
        metrics: (0..METRICS).map(metric).collect(),
        milestones: Vec::new(),
        goals: Vec::new(),
        benchmarks: BTreeMap::new(),
        checkpoints: [30, 60, 90].into_iter().enumerate().map(on).collect(),
        drafted_by: "uptake".to_owned(),
        created_at: noon(0),
    }
}

fn metric(m: u64) -> Metric {
    let selector = Selector {
        features: vec![format!("feature-{m}").as_str().into()],
        measure: Measure::Sum,
        window_days: Some(7),
    };
    let won = TargetOffer {
        authority: Authority::TemplateDefault,
        target: 100.0,
        because: "a benchmark".to_owned(),
    };
    Metric {
        key: format!("metric_{m}").as_str().into(),
        name: format!("Metric {m}").into(),
        kind: MetricType::Adoption,
        target: 100.0,
        unit: "%".to_owned(),
        collection: Collection::Automatic(selector),
        direction: Direction::Rising,
        weight: 1.0,
        critical: m == 0,
        baseline: Baseline::NewProduct,
        curve: Curve::Linear,
        thresholds: Vec::new(),
        frequency: Frequency::Daily,
        target_basis: TargetBasis { won, lost: Vec::new() },
        original_target: 100.0,
    }
}

/// One value a metric and day, each recorded on the morning after.
pub fn observations(n: u64, plan: &MeasurementPlan) -> Vec<Observation> {
    let one = |(m, metric): (u64, &Metric), day: i32| Observation {
        id: ObservationId::from_bits(spread(n * METRICS + m) ^ u64::from(day.unsigned_abs())),
        plan: plan.id,
        metric: metric.key.clone(),
        value: 100.0 * level(n, m, day),
        valid_on: plan.date_of(day),
        recorded_at: noon(day) + TimeDelta::hours(20),
        source: USAGE.to_owned(),
        quality: Quality::Final,
        reason: None,
    };
    let metrics = (0..).zip(&plan.metrics);
    metrics.flat_map(|metric| (0..DAYS).map(move |day| one(metric, day))).collect()
}

/// The ways of past upsells: numbers from `first` on, known before anything here is asked.
pub fn past_ways(first: u64) -> Vec<PastWay> {
    (first..first + PAST).flat_map(|n| ways(n, noon(0))).collect()
}

/// What these say, worked out once.
pub fn cohorts(policy: &Policy, first: u64) -> Cohorts {
    let mut ways: BTreeMap<MetricKey, Vec<PastWay>> = BTreeMap::new();
    for way in past_ways(first) {
        ways.entry(way.metric.clone()).or_default().push(way);
    }
    let horizon = plan(first).horizon();
    ways.into_iter().map(|(metric, ways)| (metric, Cohort::new(ways, horizon, policy))).collect()
}

/// The ways of a finished upsell.
pub fn ways(n: u64, known_at: DateTime<Utc>) -> Vec<PastWay> {
    let way = |m: u64| PastWay {
        plan: PlanId::from_bits(spread(n)),
        template: TEMPLATE.to_owned(),
        metric: metric(m).key,
        known_at,
        attainment: (0..=DAYS).map(|day| level(n, m, day)).collect(),
        is_success: is_success(n),
    };
    (0..METRICS).map(way).collect()
}

fn is_success(n: u64) -> bool {
    level(n, 0, DAYS) >= 1.0
}

/// One a minute, so that no two became known at once.
pub fn outcome(n: u64) -> Documented {
    let conclusion = if is_success(n) { Conclusion::Success } else { Conclusion::Partial };
    Documented {
        conclusion,
        proposed: Some(conclusion),
        evidence: Vec::new(),
        evidence_ids: Vec::new(),
        gaps: Vec::new(),
        intervention_plan: Vec::new(),
        lessons_learned: Vec::new(),
        documented_by: "uptake".to_owned(),
        documented_at: noon(ENDED) + TimeDelta::minutes((n % 10_000) as i64),
    }
}

/// What a finished upsell's forecasts were, on the days on which forecasts are kept.
pub fn promises(n: u64, plan: &MeasurementPlan, policy: &Policy) -> Vec<Promise> {
    let one = |day: u16, m: u64| Promise {
        metric: metric(m).key,
        day,
        is_review: plan.checkpoints.iter().any(|checkpoint| checkpoint.day == day),
        rung: Rung::CohortAnalogs,
        probability: Some(share(n, 1000 + m * 100 + u64::from(day))),
        uncorrected: Some(share(n, 1000 + m * 100 + u64::from(day))),
        is_inside: Some(share(n, 2000 + m * 100 + u64::from(day)) < 0.8),
        is_calibrated: true,
        was_reached: level(n, m, DAYS) >= 1.0,
    };
    let days = promise::days(plan, policy);
    days.into_iter().flat_map(|day| (0..METRICS).map(move |m| one(day, m))).collect()
}

pub fn alert_id(n: u64) -> AlertId {
    AlertId::from_bits(spread(n))
}

/// Alert `n`, of upsell `of`.
pub fn alert(of: u64, n: u64) -> Alert {
    let upsell = upsell(of);
    Alert {
        id: alert_id(n),
        upsell: upsell.id,
        plan: None,
        metric: None,
        rule: AlertRule::LaggingAdoption,
        episode: n as u32 + 1,
        severity: Severity::Warning,
        state: AlertState::Open,
        owner: upsell.owner,
        message: format!("Customer {of} is behind: 40 % of the way expected by day 60."),
        next_step: "Ask the owner what keeps users away.".to_owned(),
        raised_at: noon(60),
        digest: None,
        notes: Vec::new(),
    }
}

/// Attainment on a day: a ceiling, a middle and a steepness of its own, and a little noise.
fn level(n: u64, m: u64, day: i32) -> f64 {
    let seed = n * METRICS + m;
    let (ceiling, middle) = (0.5 + 0.7 * share(seed, 2), 20.0 + 40.0 * share(seed, 3));
    let steepness = 0.08 + 0.1 * share(seed, 4);
    let noise = 0.02 * (share(seed, 100 + u64::from(day.unsigned_abs())) - 0.5);
    (ceiling / (1.0 + (-steepness * (f64::from(day) - middle)).exp()) + noise).max(0.0)
}

/// A number from 0 to 1 that depends on both and looks like chance.
pub fn share(n: u64, salt: u64) -> f64 {
    (spread(n ^ (salt << 40)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood, 2014): neighbours go far apart, and no two meet.
pub const fn spread(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
