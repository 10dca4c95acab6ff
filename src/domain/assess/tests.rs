use super::*;
use crate::{
    baseline::Baseline,
    checkpoint::Checkpoint,
    cohort::{Cohort, PastWay},
    id::{CustomerId, EvaluationId, PlanId, UpsellId},
    metric::{Authority, Collection, MetricType, TargetBasis, TargetOffer},
    observation::Quality,
    pace::Curve,
    plan::TemplateChoice,
};
use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn day_zero() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()
}

fn at(day: i64) -> DateTime<Utc> {
    (day_zero().and_hms_opt(23, 0, 0).unwrap() + TimeDelta::days(day)).and_utc()
}

fn metric(key: &str, target: f64, is_critical: bool) -> Metric {
    let won = TargetOffer { authority: Authority::TemplateDefault, target, because: "a test".to_owned() };
    Metric {
        key: key.into(),
        name: key.into(),
        kind: MetricType::Adoption,
        target,
        unit: "users".to_owned(),
        collection: Collection::Automatic(crate::metric::Selector {
            features: vec!["f".into()],
            measure: crate::metric::Measure::Count,
            window_days: None,
        }),
        direction: Direction::Rising,
        weight: 1.0,
        critical: is_critical,
        baseline: Baseline::NewProduct,
        curve: Curve::Linear,
        thresholds: Vec::new(),
        frequency: Frequency::Daily,
        target_basis: TargetBasis { won, lost: Vec::new() },
        original_target: target,
    }
}

fn plan(metrics: Vec<Metric>) -> MeasurementPlan {
    let zone = chrono_tz::UTC;
    let checkpoint = |(position, day)| Checkpoint::on(day, day_zero(), zone, position, 3);
    MeasurementPlan {
        id: PlanId::from_bits(1),
        upsell: UpsellId::from_bits(1),
        customer: CustomerId("c".to_owned()),
        version: 1,
        tracking_start: day_zero(),
        zone,
        seats: None,
        seats_before: None,
        template: TemplateChoice { id: "t".to_owned(), version: 1, why: String::new() },
        metrics,
        milestones: Vec::new(),
        goals: Vec::new(),
        benchmarks: BTreeMap::new(),
        checkpoints: [30, 60, 90].into_iter().enumerate().map(checkpoint).collect(),
        drafted_by: "test".to_owned(),
        created_at: at(0),
    }
}

fn observation(metric: &str, day: i64, value: f64) -> Observation {
    Observation {
        id: ObservationId::from_bits(day.unsigned_abs() * 100 + metric.len() as u64),
        plan: PlanId::from_bits(1),
        metric: metric.into(),
        value,
        valid_on: day_zero() + TimeDelta::days(day),
        recorded_at: at(day),
        source: "usage".to_owned(),
        quality: Quality::Final,
        reason: None,
    }
}

fn look(plan: &MeasurementPlan, observations: &[Observation], cohorts: &Cohorts, day: i64) -> Progress {
    assess(&Inputs {
        plan,
        observations,
        previous: None,
        cohorts,
        policy: &Policy::default(),
        ended_on: None,
        now: at(day),
        occasion: Occasion::Look,
    })
}

fn line(metric: &str, days: i64, per_day: f64) -> Vec<Observation> {
    (0..=days).map(|day| observation(metric, day, per_day * day as f64)).collect()
}

fn ramps(template: &str, ends: impl IntoIterator<Item = f64>) -> Cohorts {
    let way = |(index, end): (usize, f64)| PastWay {
        plan: PlanId::from_bits(100 + index as u64),
        template: template.to_owned(),
        metric: "seats".into(),
        known_at: at(-10),
        attainment: (0..=90).map(|day| end * f64::from(day) / 90.0).collect(),
        is_success: end >= 1.0,
    };
    let ways = ends.into_iter().enumerate().map(way).collect();
    Cohorts::from([("seats".into(), Cohort::new(ways, 90, &Policy::default()))])
}

#[test]
fn half_of_what_is_expected_is_behind_and_says_what_would_flip_it() {
    let plan = plan(vec![metric("seats", 90.0, true)]);
    let progress = look(&plan, &line("seats", 45, 0.5), &Cohorts::new(), 45);
    assert_eq!(progress.current_status, Some(Status::Behind));
    let seats = &progress.metrics_progress[0];
    assert_eq!(seats.flip, Some(Flip { to: Status::OnTrack, at: 40.5 }));
    assert_eq!(seats.gap_points, Some(-25.0));
    assert!(
        progress.headline.starts_with("Behind, 25 points below expected on day 45"),
        "{}",
        progress.headline
    );
}

#[test]
fn inside_the_band_but_unlikely_to_arrive_is_at_risk() {
    let plan = plan(vec![metric("seats", 90.0, true)]);
    let cohorts = ramps("t", (0..20).map(|i| 0.5 + 0.02 * f64::from(i)));
    let progress = look(&plan, &line("seats", 45, 0.72), &cohorts, 45);
    let seats = &progress.metrics_progress[0];
    assert_eq!(progress.current_status, Some(Status::AtRisk), "{}", seats.rule);
    let Forecast::Known { rung, n, past, probability, band, .. } = &seats.forecast else { panic!("known") };
    assert_eq!((*rung, *n, past.len()), (crate::forecast::Rung::CohortAnalogs, 20, 8));
    assert!(probability.unwrap() < 0.1 && band.is_some());
}

#[test]
fn three_similar_upsells_lend_a_forecast_but_no_band() {
    let plan = plan(vec![metric("seats", 90.0, true)]);
    let progress = look(&plan, &line("seats", 45, 1.0), &ramps("t", [0.8, 1.0, 1.2]), 45);
    let seats = &progress.metrics_progress[0];
    assert!(matches!(
        &seats.forecast,
        Forecast::Known { rung: crate::forecast::Rung::ShrunkBlend, band: None, .. }
    ));
    assert_eq!(seats.expected_band, None);
}

#[test]
fn silence_is_no_status_and_a_stopped_feed_keeps_the_last() {
    let plan = plan(vec![metric("seats", 90.0, true)]);
    let nothing = look(&plan, &[], &Cohorts::new(), 20);
    assert_eq!((nothing.current_status, nothing.data_state), (None, DataState::None));
    let stopped = look(&plan, &line("seats", 30, 1.0), &Cohorts::new(), 60);
    assert_eq!((stopped.current_status, stopped.data_state), (Some(Status::OnTrack), DataState::Stale));
}

#[test]
fn a_step_that_usage_reaches_is_not_late_while_nothing_is_known_of_it() {
    let mut plan = plan(vec![metric("seats", 90.0, false), metric("calls", 90.0, false)]);
    plan.milestones = vec![Milestone {
        key: "half".to_owned(),
        name: "Half".into(),
        due_day: 10,
        weight: 1.0,
        critical: true,
        reached_when: Some(milestone::ReachedWhen { metric: "seats".into(), at_least: 45.0 }),
        state: milestone::MilestoneState::Open,
    }];
    let seen = |seats_until: i64, day: i64| {
        let observations = [line("seats", seats_until, 1.0), line("calls", day, 1.0)].concat();
        look(&plan, &observations, &Cohorts::new(), day).current_status
    };
    assert_eq!(seen(30, 30), Some(Status::AtRisk), "twenty days late, and told");
    assert_eq!(seen(8, 30), Some(Status::OnTrack), "nothing is known after day 8");
    assert_eq!(seen(30, 60), Some(Status::AtRisk), "late already when the data stopped");
}

#[test]
fn an_exceeding_average_does_not_hide_a_critical_metric_behind() {
    let plan = plan(vec![metric("seats", 90.0, true), metric("calls", 90.0, false)]);
    let mut observations = line("seats", 45, 0.4);
    observations.extend(line("calls", 45, 3.0));
    assert_eq!(look(&plan, &observations, &Cohorts::new(), 45).current_status, Some(Status::Behind));
}

/// A metric from a baseline to 90 above it, or 90 below, told in a unit `scale` times as fine.
fn in_unit(scale: f64, from: f64, steps: &[f64], falls: bool, similar: u32) -> Progress {
    let sign = if falls { -1.0 } else { 1.0 };
    let unit = |value: f64| scale * (200.0 + sign * (from + value));
    let seats = Metric {
        baseline: Baseline::Stated { value: unit(0.0), by: "a test".to_owned() },
        direction: if falls { Direction::Falling } else { Direction::Rising },
        ..metric("seats", unit(90.0), true)
    };
    let values = steps.iter().scan(0.0, |level, step| {
        *level += step;
        Some(*level)
    });
    let seen = |(day, value): (usize, f64)| observation("seats", day as i64, unit(value));
    let observations: Vec<Observation> = values.enumerate().map(seen).collect();
    let cohorts = ramps("t", (0..similar).map(|i| 0.5 + 0.05 * f64::from(i)));
    look(&plan(vec![seats]), &observations, &cohorts, steps.len() as i64 - 1)
}

proptest! {
    /// Against the gap worked out apart: the weighted mean of what each metric with data is short of its line.
    #[test]
    fn contributors_add_up_to_the_gap(
        told in proptest::collection::vec((0.0..3.0, 0.5..5.0, 5.0..200.0, any::<bool>()), 1..5),
        day in 10_i64..90,
    ) {
        let names = ["a", "bb", "ccc", "dddd"];
        let weighted = |(name, (_, weight, target, _)): (&str, &(f64, f64, f64, bool))|
            Metric { weight: *weight, ..metric(name, *target, false) };
        let plan = plan(names.into_iter().zip(&told).map(weighted).collect());
        let with_data = || names.into_iter().zip(&told).filter(|(_, (_, _, _, is_told))| *is_told);
        let observations: Vec<Observation> =
            with_data().flat_map(|(name, (slope, ..))| line(name, day, *slope)).collect();
        let progress = look(&plan, &observations, &Cohorts::new(), day);

        let short = |slope: f64, target: f64| 100.0 * (slope * day as f64 / target - day as f64 / 90.0);
        let weights: f64 = with_data().map(|(_, (_, weight, ..))| weight).sum();
        let gap = with_data().map(|(_, (slope, weight, target, _))| weight * short(*slope, *target)).sum::<f64>() / weights;
        prop_assert_eq!(progress.reasons.len(), with_data().count());
        prop_assert_eq!(progress.gap_points.is_some(), weights > 0.0);
        if let Some(told) = progress.gap_points {
            let sum: f64 = progress.reasons.iter().map(|reason| reason.points).sum();
            prop_assert!((sum - told).abs() < 1e-9 && (told - gap).abs() < 1e-6, "{sum}, {told}, {gap}");
        }
    }

    #[test]
    fn what_was_known_does_not_change_when_late_data_arrives(late in 0.0..200.0, day in 5_i64..40) {
        let plan = plan(vec![metric("seats", 90.0, true)]);
        let mut observations = line("seats", 40, 0.8);
        let (known, corrected) = (look(&plan, &observations, &Cohorts::new(), 40), |o: &[Observation]| look(&plan, o, &Cohorts::new(), 41));
        let before = corrected(&observations);
        let restated = Observation { id: ObservationId::from_bits(9), recorded_at: at(41), ..observation("seats", 40, 32.0 + late) };
        observations.insert(day as usize, restated);
        prop_assert_eq!(known, look(&plan, &observations, &Cohorts::new(), 40));
        let after = corrected(&observations);
        prop_assert_eq!(late > 0.0, before.metrics_progress[0].current != after.metrics_progress[0].current);
    }

    /// By powers of two, which round nothing: so the answers scale to the bit.
    #[test]
    fn another_unit_scales_the_answers(
        power in -9_i32..14,
        from in 0.0_f64..20.0,
        steps in proptest::collection::vec(-0.5_f64..3.0, 30..90),
        falls in any::<bool>(),
        similar in prop_oneof![Just(0), Just(5), Just(20)],
    ) {
        let scale = 2_f64.powi(power);
        let told = |scale: f64| in_unit(scale, from, &steps, falls, similar);
        let (one, other) = (told(1.0), told(scale));
        let (a, b) = (&one.metrics_progress[0], &other.metrics_progress[0]);
        prop_assert_eq!((a.status, a.data_state, one.day), (b.status, b.data_state, other.day));
        prop_assert_eq!((a.attainment, one.gap_points), (b.attainment, other.gap_points));
        prop_assert_eq!(a.forecast.probability(), b.forecast.probability());
        let low = |metric: &MetricProgress| metric.expected_band.map(|band| band.low);
        let amounts = |metric: &MetricProgress| [
            metric.current, metric.baseline, Some(metric.target), metric.expected, metric.forecast.point(), low(metric),
        ];
        prop_assert_eq!(amounts(a).map(|amount| amount.map(|amount| amount * scale)), amounts(b));
    }

    #[test]
    fn the_order_of_observations_does_not_matter(seed in proptest::collection::vec(0_usize..1000, 46)) {
        let plan = plan(vec![metric("seats", 90.0, true)]);
        let ordered = line("seats", 45, 0.7);
        let mut shuffled: Vec<(usize, Observation)> = seed.into_iter().zip(ordered.clone()).collect();
        shuffled.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Observation> = shuffled.into_iter().map(|(_, observation)| observation).collect();
        prop_assert_eq!(look(&plan, &ordered, &Cohorts::new(), 45), look(&plan, &shuffled, &Cohorts::new(), 45));
    }
}

/// Calls per day from 100 to 200 over ninety days, a fifth less on Saturdays and half on Sundays.
fn weekly_cycle(weekdays: bool) -> (MeasurementPlan, Vec<Observation>) {
    let factor = |on: NaiveDate| match chrono::Datelike::weekday(&on).num_days_from_monday() {
        5 => 0.8,
        6 => 0.5,
        _ => 1.0,
    };
    let before: Vec<(NaiveDate, f64)> = (1..=56)
        .map(|back| day_zero() - TimeDelta::days(13 + back))
        .map(|on| (on, 100.0 * factor(on)))
        .collect();
    let policy = Policy::default();
    let measured = crate::baseline::measured_by_day(&[90.0; 8], &before, &policy);
    let level = Baseline::Stated { value: 100.0, by: "a test".to_owned() };
    let baseline = if weekdays { measured } else { level };
    let plan = plan(vec![Metric { baseline, ..metric("calls", 200.0, true) }]);
    let value = |day: i64| {
        let on = day_zero() + TimeDelta::days(day);
        factor(on) * (100.0 + 105.0 * day as f64 / 90.0)
    };
    (plan, (0..=60).map(|day| observation("calls", day, value(day))).collect())
}

/// The statuses of days 20 to 60, each evaluated on the one before, and the gaps in points.
fn followed((plan, observations): &(MeasurementPlan, Vec<Observation>)) -> Vec<MetricProgress> {
    let mut previous: Option<Evaluation> = None;
    let mut told = Vec::new();
    for day in 20..=60 {
        let progress = assess(&Inputs {
            plan,
            observations,
            previous: previous.as_ref(),
            cohorts: &Cohorts::new(),
            policy: &Policy::default(),
            ended_on: None,
            now: at(day),
            occasion: Occasion::Scheduled,
        });
        told.push(progress.metrics_progress[0].clone());
        previous = Some(Evaluation {
            id: EvaluationId::from_bits(day as u64),
            plan: plan.id,
            plan_version: 1,
            upsell: plan.upsell,
            at: at(day),
            method: METHOD,
            previous: None,
            inputs: Vec::new(),
            ticked: BTreeMap::new(),
            progress,
        });
    }
    told
}

#[test]
fn a_weekend_is_compared_with_weekends_and_does_not_flap() {
    let changes = |told: &[MetricProgress]| told.windows(2).filter(|w| w[0].status != w[1].status).count();
    let plain = followed(&weekly_cycle(false));
    assert!(changes(&plain) >= 8, "without the factors every weekend flaps: {}", changes(&plain));
    let adjusted = followed(&weekly_cycle(true));
    assert_eq!(changes(&adjusted), 0);
    assert!(adjusted.iter().all(|metric| metric.status == Some(Status::OnTrack)));
    let gaps: Vec<f64> = adjusted.iter().filter_map(|metric| metric.gap_points).collect();
    assert!(gaps.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.1), "{gaps:?}");
    let sunday = adjusted.iter().find(|metric| metric.weekday_factor == Some(0.5)).unwrap();
    let (current, expected) = (sunday.current.unwrap(), sunday.expected.unwrap());
    assert!((current - expected).abs() < 3.0 && current < 100.0, "{current}, {expected}");
    assert!(sunday.flip.unwrap().at < current, "told for a Sunday");
}

/// A Sunday without anybody tells nothing: the Saturday before stands, and the data is no staler for it.
#[test]
fn a_weekday_that_tells_too_little_is_passed_over() {
    const SUNDAY: i64 = 59;
    let (mut plan, mut observations) = weekly_cycle(true);
    let before: Vec<(NaiveDate, f64)> = (0..14)
        .map(|day| (day_zero() + TimeDelta::days(day), if day % 7 == SUNDAY % 7 { 0.0 } else { 100.0 }))
        .collect();
    plan.metrics[0].baseline = crate::baseline::measured_by_day(&[86.0; 2], &before, &Policy::default());
    observations[SUNDAY as usize].value = 0.0;
    let told = look(&plan, &observations, &Cohorts::new(), SUNDAY).metrics_progress[0].clone();
    assert_eq!(told.current_on, Some(day_zero() + TimeDelta::days(SUNDAY - 1)));
    assert_eq!((told.data_state, told.weekday_factor), (DataState::Fresh, None));
    assert!(told.attainment.unwrap() > 0.0);
}

#[test]
fn one_bad_scheduled_reading_is_a_candidate_and_the_second_a_change() {
    let plan = plan(vec![metric("seats", 90.0, true)]);
    let mut observations = line("seats", 40, 1.0);
    observations.push(observation("seats", 41, 20.0));
    observations.push(observation("seats", 42, 20.0));
    let cohorts = Cohorts::new();
    let scheduled = |previous: Option<&Evaluation>, day: i64| {
        let progress = assess(&Inputs {
            plan: &plan,
            observations: &observations,
            previous,
            cohorts: &cohorts,
            policy: &Policy::default(),
            ended_on: None,
            now: at(day),
            occasion: Occasion::Scheduled,
        });
        Evaluation {
            id: EvaluationId::from_bits(day as u64),
            plan: plan.id,
            plan_version: 1,
            upsell: plan.upsell,
            at: at(day),
            method: METHOD,
            previous: previous.map(|evaluation| evaluation.id),
            inputs: inputs_of(&progress),
            ticked: BTreeMap::new(),
            progress,
        }
    };
    let good = scheduled(None, 40);
    let first = scheduled(Some(&good), 41);
    let second = scheduled(Some(&first), 42);
    let statuses = [&good, &first, &second].map(|evaluation| evaluation.progress.current_status.unwrap());
    assert_eq!(statuses, [Status::OnTrack, Status::OnTrack, Status::Behind]);
    assert_eq!(second.progress.changed[0], "went from on track to behind");
}

#[test]
fn the_end_of_the_expansion_skips_the_wait_and_leaves_it_at_risk_at_best() {
    let plan = plan(vec![metric("seats", 90.0, true)]);
    let mut observations = line("seats", 40, 1.0);
    observations.push(observation("seats", 41, 20.0));
    let at_day = |previous: Option<&Evaluation>, day: i64, ended: Option<i64>| {
        assess(&Inputs {
            plan: &plan,
            observations: &observations,
            previous,
            cohorts: &Cohorts::new(),
            policy: &Policy::default(),
            ended_on: ended.map(|day| day_zero() + TimeDelta::days(day)),
            now: at(day),
            occasion: Occasion::Scheduled,
        })
    };
    let before = at_day(None, 40, None);
    assert_eq!(before.current_status, Some(Status::OnTrack));
    let ended = at_day(None, 40, Some(40));
    assert_eq!(ended.current_status, Some(Status::AtRisk), "however well it went");
    assert!(ended.headline.contains("because the expansion was cancelled or cut on"), "{}", ended.headline);
    let previous = Evaluation {
        id: EvaluationId::from_bits(1),
        plan: plan.id,
        plan_version: 1,
        upsell: plan.upsell,
        at: at(40),
        method: METHOD,
        previous: None,
        inputs: inputs_of(&before),
        ticked: BTreeMap::new(),
        progress: before,
    };
    let [waits, at_once] = [None, Some(41)].map(|ended| at_day(Some(&previous), 41, ended));
    assert_eq!(waits.current_status, Some(Status::OnTrack), "one reading is no change");
    assert_eq!(at_once.current_status, Some(Status::Behind));
}

/// Values that computations trip over, among usual ones.
fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(1e12),
        Just(-1e12),
        Just(f64::MIN_POSITIVE),
        Just(1e-300),
        -10.0..10.0_f64,
        0.0..2000.0_f64,
    ]
}

fn curves() -> impl Strategy<Value = Curve> {
    let maybe = || prop_oneof![Just(None), numbers().prop_map(Some)];
    prop_oneof![
        Just(Curve::Linear),
        (maybe(), maybe()).prop_map(|(middle, steepness)| Curve::Logistic { middle, steepness }),
        (numbers(), numbers()).prop_map(|(a, c)| Curve::Gompertz { a, c }),
        (0_u16..120).prop_map(|day| Curve::Step { day }),
    ]
}

fn any_metric(key: &'static str) -> impl Strategy<Value = Metric> {
    let baseline = prop_oneof![
        Just(Baseline::NewProduct),
        Just(Baseline::Absent { why: "unknown".to_owned() }),
        numbers().prop_map(|value| Baseline::Stated { value, by: "ana".to_owned() }),
    ];
    let unit = prop_oneof![Just("%"), Just("users")];
    (numbers(), baseline, curves(), any::<bool>(), any::<bool>(), unit, 0.01..5.0_f64).prop_map(
        move |(target, baseline, curve, critical, falls, unit, weight)| Metric {
            baseline,
            curve,
            weight,
            unit: unit.to_owned(),
            direction: if falls { Direction::Falling } else { Direction::Rising },
            ..metric(key, target, critical)
        },
    )
}

/// Ten past ways of `seats`: level by day on a line, flat at nothing until some day.
fn pasts() -> impl Strategy<Value = Cohorts> {
    let way = (prop_oneof![Just(0.0), 0.0..1.5_f64, Just(1e300)], 0_u32..90);
    let ways = proptest::collection::vec(way, 10).prop_map(|ways| {
        let ways = ways.into_iter().enumerate().map(|(index, (end, from))| PastWay {
            plan: PlanId::from_bits(100 + index as u64),
            template: "t".to_owned(),
            metric: "seats".into(),
            known_at: at(-10),
            attainment: (0..=90_u32)
                .map(|day| end * f64::from(day.saturating_sub(from)) / f64::from(90 - from))
                .collect(),
            is_success: end >= 1.0,
        });
        Cohorts::from([("seats".into(), Cohort::new(ways.collect(), 90, &Policy::default()))])
    });
    prop_oneof![Just(Cohorts::new()), ways]
}

/// What JSON cannot say comes back as something else, or not at all.
fn reads_back<T>(value: &T) -> bool
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq,
{
    let json = serde_json::to_value(value).unwrap();
    let said = json.to_string();
    !said.contains("NaN")
        && !said.contains(" inf")
        && serde_json::from_value::<T>(json).is_ok_and(|read| read == *value)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_number_leaves_that_is_none_and_nothing_is_judged_while_nothing_is_expected(
        metrics in (any_metric("seats"), any_metric("calls")),
        values in proptest::collection::vec((-5_i64..130, any::<bool>(), numbers()), 0..40),
        cohorts in pasts(),
        too_early_share in prop_oneof![Just(0.0), Just(0.05)],
        day in -3_i64..130,
    ) {
        let plan = plan(vec![metrics.0, metrics.1]);
        let policy = Policy { too_early_share, ..Policy::default() };
        let observations: Vec<Observation> = values
            .into_iter()
            .map(|(day, is_seats, value)| observation(if is_seats { "seats" } else { "calls" }, day, value))
            .collect();
        let progress = assess(&Inputs {
            plan: &plan,
            observations: &observations,
            previous: None,
            cohorts: &cohorts,
            policy: &policy,
            ended_on: None,
            now: at(day),
            occasion: Occasion::Scheduled,
        });
        prop_assert!(reads_back(&progress), "{progress:#?}");
        prop_assert!(reads_back(&crate::prediction::predict(&plan, &crate::prediction::outlooks(&progress), &policy)));
        let health = crate::health::Health::of(&crate::health::Sources {
            plan: &plan,
            progress: &progress,
            outcome: &crate::outcome::Outcome::Pending,
            ended: None,
            overrides: &[],
            policy: &policy,
            now: at(day),
        });
        prop_assert!(reads_back(&health), "{health:#?}");

        let share = |told: &MetricProgress| {
            let (metric, on) = (plan.metric(&told.metric).ok()?, plan.day_of(told.current_on?));
            let band = cohorts.get(&told.metric).and_then(|cohort| cohort.band(on, &policy));
            Some(band.map_or_else(|| metric.curve.share(f64::from(on), 90.0), |(_, middle)| middle))
        };
        let early = |told: &&MetricProgress| share(told).is_some_and(|share| share <= 0.0);
        let metrics = &progress.metrics_progress;
        for told in metrics.iter().filter(early) {
            let is_open = told.status.is_none() || (told.status == Some(Status::OnTrack) && told.rule == TOO_EARLY);
            prop_assert!(is_open && told.reads.is_none(), "{told:#?}");
        }
        if metrics.iter().all(|told| told.status.is_none() || early(&told)) {
            let found = crate::findings::findings(&crate::findings::Facts {
                upsell: &crate::example::upsell(),
                plan: Some(&plan),
                progress: Some(&progress),
                plan_waits_for: None,
                is_documented: false,
                policy: &policy,
                now: at(day),
            });
            let lags = |found: &&crate::alert::Finding| found.rule == crate::alert::AlertRule::LaggingAdoption;
            prop_assert!(found.found.iter().find(lags).is_none(), "{found:#?}");
        }
    }
}

/// Ten past upsells that had done nothing by day 20, and this one neither: it used to be 0 ÷ 0 of the way.
#[test]
fn where_nothing_is_expected_nothing_is_said_to_be_missing() {
    let plan = plan(vec![metric("seats", 90.0, true)]);
    let way = |index: u64| PastWay {
        plan: PlanId::from_bits(100 + index),
        template: "t".to_owned(),
        metric: "seats".into(),
        known_at: at(-10),
        attainment: (0..=90_u32).map(|day| f64::from(day.saturating_sub(20)) / 70.0).collect(),
        is_success: true,
    };
    let ways = (0..10).map(way).collect();
    let cohorts = Cohorts::from([("seats".into(), Cohort::new(ways, 90, &Policy::default()))]);
    for (day, value) in [(0, 0.0), (0, -3.0), (12, 0.0), (12, -9.0)] {
        let progress = look(&plan, &[observation("seats", day, value)], &cohorts, day);
        let seats = &progress.metrics_progress[0];
        assert_eq!(
            (seats.status, seats.rule.as_str()),
            (Some(Status::OnTrack), TOO_EARLY),
            "day {day}: {value}"
        );
    }
}

/// The forecast past the last checkpoint is the own trend's; the band is still that of the similar upsells.
#[test]
fn the_band_past_the_last_checkpoint_names_those_it_is_of() {
    let plan = plan(vec![metric("seats", 90.0, true)]);
    let cohorts = ramps("t", (0..20).map(|i| 0.5 + 0.02 * f64::from(i)));
    let progress = look(&plan, &line("seats", 100, 0.6), &cohorts, 100);
    let rule = &progress.metrics_progress[0].rule;
    assert!(rule.contains("20 similar upsells on day 100"), "{rule}");
}
