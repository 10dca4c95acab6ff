use super::*;
use crate::{
    assess::{Cohorts, Occasion},
    cohort::{Cohort, PastWay},
    example,
    forecast::Band,
    id::PlanId,
    metric::{Collection, Direction, Measure, Selector},
    observation::{Observation, Quality},
    plan::MeasurementPlan,
    policy::Policy,
};
use chrono::DateTime;
use proptest::prelude::*;

const TODAY: i32 = 45;

/// Of 100 seats, shares of seats or users from 90 down to 0; what usage said on the days given.
struct Scene {
    plan: MeasurementPlan,
    observations: Vec<Observation>,
    cohorts: Cohorts,
    policy: Policy,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    ShareOfSeats,
    Seats,
    Users,
    Falling,
}

impl Scene {
    fn of(kind: Kind, values: &[(i32, f64)], ends: &[f64]) -> Self {
        let mut plan = example::plan();
        plan.seats = Some(100);
        let metric = &mut plan.metrics[0];
        match kind {
            Kind::ShareOfSeats => {
                metric.unit = "%".to_owned();
                let selector = metric.selector().cloned().unwrap();
                metric.collection =
                    Collection::Automatic(Selector { measure: Measure::DistinctUsersPerSeat, ..selector });
            }
            Kind::Seats => metric.unit = "seats".to_owned(),
            Kind::Users => {}
            Kind::Falling => {
                metric.direction = Direction::Falling;
                metric.baseline = crate::baseline::Baseline::Stated { value: 90.0, by: "a test".to_owned() };
                metric.target = 10.0;
            }
        }
        let observations =
            values.iter().map(|(day, value)| example::observation(&plan, *day, *value)).collect();
        let cohorts = if ends.is_empty() { Cohorts::new() } else { cohorts(ends) };
        Self { plan, observations, cohorts, policy: Policy::default() }
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs {
            plan: &self.plan,
            observations: &self.observations,
            previous: None,
            cohorts: &self.cohorts,
            policy: &self.policy,
            ended_on: None,
            now: example::noon_of(&self.plan, TODAY),
            occasion: Occasion::Look,
        }
    }

    fn now(&self) -> Forecast {
        crate::assess::assess(&self.inputs()).metrics_progress[0].forecast.clone()
    }

    fn supposing(&self, value: f64, day: u16) -> Forecast {
        let supposed = Supposed { metric: self.plan.metrics[0].key.clone(), value, day };
        forecast_if(&self.inputs(), &self.plan.metrics[0], &supposed)
    }

    fn typed_over(mut self, day: i32, value: f64) -> Self {
        let typed = example::observation(&self.plan, day, value);
        self.observations.push(Observation {
            quality: Quality::Stated,
            source: "manual".to_owned(),
            ..typed
        });
        self
    }
}

/// Past ways that rise along a saturating curve to these ends, each at its own pace.
fn cohorts(ends: &[f64]) -> Cohorts {
    let way = |(index, end): (usize, &f64)| PastWay {
        plan: PlanId::from_bits(100 + index as u64),
        template: "example".to_owned(),
        metric: example::metric().key,
        known_at: DateTime::UNIX_EPOCH,
        attainment: (0..=90)
            .map(|day| end * (1.0 - (-(f64::from(day)) / (15.0 + 9.0 * (index % 5) as f64)).exp()))
            .collect(),
        is_success: *end >= 1.0,
    };
    let ways = ends.iter().enumerate().map(way).collect();
    [(example::metric().key, Cohort::new(ways, 90, &Policy::default()))].into_iter().collect()
}

fn daily(per_day: f64) -> Vec<(i32, f64)> {
    (0..=TODAY).map(|day| (day, per_day * f64::from(day))).collect()
}

fn figures(forecast: &Forecast) -> [Option<f64>; 4] {
    let Forecast::Known { point, band, probability, .. } = forecast else { panic!("{forecast:?}") };
    [Some(*point), band.map(|Band { low, .. }| low), band.map(|Band { high, .. }| high), *probability]
}

#[test]
fn four_fifths_of_the_seats_do_not_become_more_than_all() {
    let scene = Scene::of(Kind::ShareOfSeats, &daily(0.6), &[]);
    for day in [45, 60, 89, 90] {
        let [Some(point), ..] = figures(&scene.supposing(80.0, day)) else { panic!() };
        assert!((80.0..=100.0).contains(&point), "80 % by day {day} comes to {point} %");
    }
    assert_eq!(figures(&scene.supposing(80.0, 90))[0], Some(80.0), "on the day itself");
    let [Some(now), ..] = figures(&scene.now()) else { panic!() };
    let [Some(raised), ..] = figures(&scene.supposing(37.0, 45)) else { panic!() };
    assert!((raised - now - 10.0).abs() < 1e-9, "the trend is the one seen: {now}, {raised}");
}

#[test]
fn a_metric_without_a_past_takes_the_usual_way_from_the_supposed_level() {
    let ends: Vec<f64> = (0..20).map(|index| 0.5 + 0.04 * f64::from(index)).collect();
    let Forecast::Known { point, n, .. } = Scene::of(Kind::ShareOfSeats, &[], &ends).supposing(80.0, 45)
    else {
        panic!()
    };
    assert!(n == 20 && (80.0..=100.0).contains(&point), "{n} {point}");
}

/// One reading of a metric that is measured moves the level; what usage says of the trend stays.
#[test]
fn a_reading_typed_over_makes_no_trend() {
    let ends: Vec<f64> = (0..20).map(|index| 0.5 + 0.04 * f64::from(index)).collect();
    for ends in [&[], &ends[..]] {
        let values = daily(0.6);
        let measured = Scene::of(Kind::Users, &values[..values.len() - 1], ends);
        let [Some(supposed), ..] = figures(&measured.supposing(60.0, 45)) else { panic!() };
        let [Some(typed), ..] = figures(&measured.typed_over(45, 60.0).now()) else { panic!() };
        assert!((typed - supposed).abs() < 1e-9, "{typed} {supposed}");
    }
}

/// Four readings by hand, the last after a long silence: its rise took all that time.
#[test]
fn a_reading_after_a_silence_is_no_jump_of_three_weeks() {
    let scene = Scene::of(Kind::Users, &[(0, 0.0), (1, 1.0), (2, 2.0), (44, 44.0)], &[]);
    let [Some(point), ..] = figures(&scene.now()) else { panic!() };
    assert!(point < 90.0, "at a user a day 90 is not passed, not {point}");
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::ShareOfSeats), Just(Kind::Seats), Just(Kind::Users), Just(Kind::Falling)]
}

fn series() -> impl Strategy<Value = Vec<(i32, f64)>> {
    proptest::collection::btree_map(0..=TODAY, 0.0..100.0_f64, 0..30)
        .prop_map(|values| values.into_iter().collect())
}

proptest! {
    #[test]
    fn what_is_supposed_stays_in_range_and_a_higher_value_ends_no_lower(
        kind in kinds(),
        values in series(),
        ends in proptest::collection::vec(0.1..1.6_f64, 0..30),
        day in 45_u16..=120,
        mut supposed in proptest::collection::vec(0.0..=100.0_f64, 2..12),
    ) {
        let scene = Scene::of(kind, &values, &ends);
        let metric = &scene.plan.metrics[0];
        supposed.sort_by(f64::total_cmp);
        let all: Vec<[Option<f64>; 4]> =
            supposed.iter().map(|value| figures(&scene.supposing(*value, day))).collect();
        for (value, [point, low, high, chance]) in supposed.iter().zip(&all) {
            for figure in [point, low, high].into_iter().flatten() {
                prop_assert!(metric.range().contains(*figure), "{value}: {figure}");
                prop_assert!(!matches!(kind, Kind::ShareOfSeats | Kind::Seats) || *figure <= 100.0, "{value}: {figure}");
            }
            prop_assert!(chance.is_none_or(|chance| (0.0..=1.0).contains(&chance)));
            let (low, high) = (low.unwrap_or(f64::MIN), high.unwrap_or(f64::MAX));
            prop_assert!(low <= high + 1e-9);
        }
        for pair in all.windows(2) {
            for (index, (lower, higher)) in pair[0].iter().zip(&pair[1]).enumerate() {
                let (Some(lower), Some(higher)) = (lower, higher) else { continue };
                // Of a falling metric a lower value is the better one.
                let is_chance_of_less = index == 3 && matches!(kind, Kind::Falling);
                let (lower, higher) = if is_chance_of_less { (higher, lower) } else { (lower, higher) };
                prop_assert!(higher - lower > -1e-9, "{index}: {lower} then {higher}");
            }
        }
    }

    #[test]
    fn what_is_so_today_changes_nothing(kind in kinds(), mut values in series(), ends in proptest::collection::vec(0.1..1.6_f64, 0..30), today in 0.0..100.0_f64) {
        values.retain(|(day, _)| *day < TODAY);
        values.push((TODAY, today));
        let scene = Scene::of(kind, &values, &ends);
        let (now, supposed) = (figures(&scene.now()), figures(&scene.supposing(today, 45)));
        for (now, supposed) in now.iter().zip(&supposed) {
            prop_assert!((now.unwrap_or(0.0) - supposed.unwrap_or(0.0)).abs() < 1e-9, "{now:?} {supposed:?}");
        }
    }
}
