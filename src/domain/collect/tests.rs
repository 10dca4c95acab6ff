use super::*;
use crate::usage::civil_day;
use chrono::{DateTime, Utc};
use proptest::prelude::*;

/// A thing done on day `day` (0 is day zero, a Monday) by `user`.
type Done = (i32, &'static str, &'static str, f64);

fn day(index: i32) -> NaiveDate {
    civil_day(epoch_day("2026-03-02".parse().unwrap()) + index)
}

fn moment(index: i32, order: usize) -> DateTime<Utc> {
    day(index).and_hms_opt(12, 0, 0).unwrap().and_utc() + TimeDelta::seconds(order as i64)
}

/// Roll-ups as the store keeps them, from events in any order; `order` tells which came later in a day.
#[derive(Default)]
struct Rolled {
    days: Vec<FeatureDay>,
    users: Vec<UserDays>,
    weeks: Vec<UserWeek>,
}

impl Rolled {
    fn usage(&self) -> Usage<'_> {
        Usage {
            days: &self.days,
            users: &self.users,
            weeks: &self.weeks,
            day_zero: day(0),
            ..Usage::default()
        }
    }
}

fn rolled(events: &[(usize, Done)]) -> Rolled {
    let Rolled { mut days, mut users, mut weeks } = Rolled::default();
    for (order, (index, feature, user, count)) in events {
        let (feature, on, at) = (Feature::from(*feature), day(*index), moment(*index, *order));
        match days.iter_mut().find(|row| row.feature == feature && row.day == on) {
            None => days.push(FeatureDay {
                feature: feature.clone(),
                day: on,
                events: 1,
                sum: *count,
                latest: *count,
                latest_at: at,
            }),
            Some(row) => {
                row.events += 1;
                row.sum += count;
                if at > row.latest_at {
                    (row.latest, row.latest_at) = (*count, at);
                }
            }
        }
        let (user, (block, bit)) = (UserId::from(*user), UserDays::place(on));
        let week = week_of(epoch_day(on));
        match weeks.iter_mut().find(|row| row.feature == feature && row.user == user && row.week == week) {
            None => weeks.push(UserWeek { feature: feature.clone(), user: user.clone(), week, events: 1 }),
            Some(row) => row.events += 1,
        }
        match users.iter_mut().find(|row| row.feature == feature && row.user == user && row.block == block) {
            None => users.push(UserDays { feature, user, block, bits: 1 << bit }),
            Some(row) => row.bits |= 1 << bit,
        }
    }
    Rolled { days, users, weeks }
}

fn selector(features: &[&str], measure: Measure, window_days: Option<u16>) -> Selector {
    Selector { features: features.iter().map(|name| Feature::from(*name)).collect(), measure, window_days }
}

/// The value on a day, where the feed is alive over `alive`.
fn told(selector: &Selector, events: &[Done], alive: (i32, i32), on: i32) -> Option<f64> {
    let events: Vec<(usize, Done)> = events.iter().copied().enumerate().collect();
    let rolled = rolled(&events);
    let span = Some((day(alive.0), day(alive.1)));
    value(selector, Usage { span, seats: Some(10), seats_before: Some(2), ..rolled.usage() }, day(on))
}

const WEEK_OF_THREE: [Done; 7] = [
    (0, "sync.run", "ann", 1.0),
    (0, "sync.run", "bob", 4.0),
    (1, "sync.run", "ann", 1.0),
    (2, "sync.map", "ann", 2.0),
    (4, "sync.run", "cid", 3.0),
    (4, "other", "dan", 5.0),
    (5, "sync.run", "ann", 2.0),
];

#[test]
fn each_measure_tells_its_value() {
    let sync: &[&str] = &["sync.*"];
    let both: &[&str] = &["sync.run", "sync.map"];
    let ratio = Measure::Ratio { over: vec!["other".into()] };
    let everyone = |business_days| Measure::Stickiness { business_days };
    let expected = [
        (selector(sync, Measure::Count, None), 6.0),
        (selector(sync, Measure::Sum, None), 13.0),
        (selector(sync, Measure::Mean, None), 13.0 / 6.0),
        (selector(sync, Measure::Latest, None), 2.0),
        (selector(sync, Measure::DistinctUsers, None), 3.0),
        (selector(sync, Measure::DistinctUsers, Some(2)), 1.0),
        (selector(sync, Measure::DistinctUsersPerSeat, None), 30.0),
        (selector(sync, Measure::IncrementalSeats, None), 12.5),
        (selector(&["sync.map"], ratio, None), 40.0),
        // Ann, of ten entitled.
        (selector(both, Measure::Activation, None), 10.0),
        (selector(sync, Measure::Reach, Some(2)), 10.0),
        (selector(both, Measure::Breadth { min_users: 2 }, None), 50.0),
        // Ann 4, Bob and Cid 1 each in the one week.
        (selector(sync, Measure::Depth, None), 1.0),
        (selector(&["sync.run"], Measure::Depth, None), 1.0),
        (selector(sync, Measure::WeeklyStickiness, None), 100.0),
        (selector(sync, Measure::ActiveDays, None), 2.0),
        // Ann on four days of seven, Bob and Cid on one.
        (selector(sync, everyone(false), None), 100.0 * 6.0 / 21.0),
        // Saturday drops out: Ann on three days of five.
        (selector(sync, everyone(true), None), 100.0 * 5.0 / 15.0),
    ];
    for (selector, value) in expected {
        let got = told(&selector, &WEEK_OF_THREE, (0, 6), 6).unwrap();
        assert!((got - value).abs() < 1e-9, "{:?}: {got}, not {value}", selector.measure);
    }
}

#[test]
fn a_silent_day_is_zero_while_the_feed_is_alive_and_unknown_outside() {
    let recent = selector(&["sync.run"], Measure::Count, Some(1));
    assert_eq!(told(&recent, &WEEK_OF_THREE, (0, 6), 3), Some(0.0));
    assert_eq!(told(&recent, &WEEK_OF_THREE, (0, 5), 6), None, "the feed stopped");
    assert_eq!(told(&recent, &WEEK_OF_THREE, (1, 5), 0), None, "the feed had not begun");
}

#[test]
fn what_cannot_be_divided_is_unknown() {
    let absent: &[&str] = &["nothing"];
    let undivided =
        [Measure::Mean, Measure::Latest, Measure::Depth, Measure::ActiveDays, Measure::Nps, Measure::Roi];
    for measure in undivided {
        assert_eq!(
            told(&selector(absent, measure.clone(), None), &WEEK_OF_THREE, (0, 6), 6),
            None,
            "{measure:?}"
        );
    }
    let no_seats = Usage { span: Some((day(0), day(6))), day_zero: day(0), ..Usage::default() };
    for measure in [Measure::DistinctUsersPerSeat, Measure::Activation, Measure::Reach] {
        assert_eq!(value(&selector(absent, measure, None), no_seats, day(3)), None);
    }
}

#[test]
fn a_weekly_average_waits_for_a_whole_week() {
    let frequency = selector(&["sync.*"], Measure::ActiveDays, None);
    assert_eq!(told(&frequency, &WEEK_OF_THREE, (0, 6), 5), None);
    assert!(told(&frequency, &WEEK_OF_THREE, (0, 6), 6).is_some());
}

/// Fourteen days from a Monday on: Ann does three things a week, Bob nine in the second, Cid one thing outside.
const TWO_WEEKS: [Done; 8] = [
    (-3, "sync.run", "cid", 1.0),
    (1, "sync.run", "ann", 1.0),
    (1, "sync.map", "ann", 1.0),
    (1, "sync.map", "ann", 1.0),
    (8, "sync.run", "ann", 1.0),
    (9, "sync.run", "ann", 1.0),
    (10, "sync.run", "ann", 1.0),
    (14, "sync.run", "bob", 1.0),
];

#[test]
fn depth_counts_actions_in_whole_weeks_that_end_in_the_window() {
    let told =
        |window, alive, on| told(&selector(&["sync.*"], Measure::Depth, window), &TWO_WEEKS, alive, on);
    assert_eq!(told(None, (-9, 20), 13), Some(3.0), "Ann six in two weeks; Cid's week began before day 0");
    assert_eq!(told(None, (-9, 20), 12), Some(3.0), "the second week is not over");
    assert_eq!(told(None, (-9, 20), 5), None, "no week is over");
    assert_eq!(told(Some(14), (-9, 20), 6), Some(2.0), "Ann three, Cid one in the week that ends on day −1");
    assert_eq!(told(Some(14), (-4, 20), 6), Some(3.0), "the feed was not alive through that one");
    assert_eq!(told(Some(7), (-9, 20), 20), Some(1.0), "Bob alone");
}

#[test]
fn who_has_a_seat_is_who_can_be_active() {
    let seats: [Done; 6] = [
        (-20, "seat.assigned", "ann", 1.0),
        (-20, "seat.assigned", "bob", 1.0),
        (1, "seat.assigned", "eve", 1.0),
        (2, "seat.assigned", "fay", 1.0),
        (4, "seat.removed", "bob", 1.0),
        (3, "sync.map", "bob", 1.0),
    ];
    let events: Vec<Done> = WEEK_OF_THREE.into_iter().chain(seats).collect();
    let activation = selector(&["sync.run", "sync.map"], Measure::Activation, None);
    let told = |selector: &Selector, on| told(selector, &events, (-30, 6), on).unwrap();
    assert_eq!(told(&activation, 2), 25.0, "Ann, of Ann, Bob, Eve and Fay");
    assert_eq!(told(&activation, 3), 50.0, "Bob too");
    assert!((told(&activation, 4) - 100.0 / 3.0).abs() < 1e-9, "Bob's seat is gone");
    assert!((told(&selector(&["sync.*"], Measure::Reach, Some(28)), 6) - 100.0 / 3.0).abs() < 1e-9);
    assert_eq!(
        told(&selector(&["sync.map"], Measure::FirstValueDays, None), 3),
        3.0,
        "two of four by day 3: Ann on day 2, Bob on day 3, so half are there on day 3"
    );
}

#[test]
fn surveys_and_value_need_no_living_feed() {
    let events: [Done; 4] = [
        (2, "survey.csat.5", "ann", 1.0),
        (3, "survey.csat.2", "bob", 1.0),
        (1, "value.committed.hours", "csm", 80.0),
        (4, "value.stated.hours", "csm", 20.0),
    ];
    let numbered: Vec<(usize, Done)> = events.into_iter().enumerate().collect();
    let rolled = rolled(&numbered);
    let usage = Usage { arr: Some(365.0), ..rolled.usage() };
    let told = |features: &[&str], measure| value(&selector(features, measure, None), usage, day(9));
    assert_eq!(told(&["survey.csat"], Measure::Csat), Some(50.0));
    assert_eq!(told(&["value.*"], Measure::ValueRealisation), Some(25.0));
    assert_eq!(told(&["value.*"], Measure::Roi), Some(100.0), "20 for 10 days at one a day");
    assert_eq!(told(&["sync.*"], Measure::Count), None, "no usage came");
}

#[test]
fn a_pattern_takes_itself_and_all_below() {
    let fits = |pattern: &str, name: &str| takes(&pattern.into(), &name.into());
    assert!(fits("sync.*", "sync") && fits("sync.*", "sync.run.fast") && fits("sync", "sync"));
    assert!(!fits("sync.*", "synchro") && !fits("sync", "sync.run"));
}

fn any_measure() -> impl Strategy<Value = Measure> {
    prop::sample::select(vec![
        Measure::Count,
        Measure::DistinctUsers,
        Measure::DistinctUsersPerSeat,
        Measure::Sum,
        Measure::Mean,
        Measure::Latest,
        Measure::Ratio { over: vec!["b".into(), "c".into()] },
        Measure::IncrementalSeats,
        Measure::Activation,
        Measure::Reach,
        Measure::Breadth { min_users: 2 },
        Measure::Depth,
        Measure::ActiveDays,
        Measure::WeeklyStickiness,
        Measure::FirstValueDays,
        Measure::Stickiness { business_days: true },
        Measure::Stickiness { business_days: false },
    ])
}

fn any_event() -> impl Strategy<Value = Done> {
    let feature = prop::sample::select(vec!["a", "a.x", "b", "c"]);
    let user = prop::sample::select(vec!["ann", "bob", "cid", "dan", "eve"]);
    (0..80, feature, user, 1..9)
        .prop_map(|(day, feature, user, count)| (day, feature, user, f64::from(count)))
}

/// Events with the order they happened in.
type Ordered = Vec<(usize, Done)>;

/// Events in order, and the same shuffled.
fn shuffled() -> impl Strategy<Value = (Ordered, Ordered)> {
    prop::collection::vec(any_event(), 1..60).prop_flat_map(|events| {
        let events: Vec<(usize, Done)> = events.into_iter().enumerate().collect();
        (Just(events.clone()), Just(events).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn the_order_events_came_in_changes_nothing(
        (events, shuffled) in shuffled(),
        measure in any_measure(),
        window in prop::option::of(1_u16..40),
        on in 0..80,
    ) {
        let selector = selector(&["a.*", "b"], measure, window);
        let tell = |events: &[(usize, Done)]| {
            let rolled = rolled(events);
            let span = Some((day(0), day(79)));
            let usage = Usage { span, seats: Some(4), seats_before: Some(1), ..rolled.usage() };
            value(&selector, usage, day(on)).map(f64::to_bits)
        };
        prop_assert_eq!(tell(&events), tell(&shuffled));
    }

    #[test]
    fn rows_outside_the_window_change_nothing(
        (events, _) in shuffled(),
        measure in any_measure(),
        window in 7_u16..40,
        on in 0..80,
    ) {
        let selector = selector(&["a.*", "b"], measure, Some(window));
        let from = looks_back_to(&selector, day(on), day(0));
        let near: Vec<(usize, Done)> =
            events.iter().copied().filter(|(_, event)| event.0 <= on && day(event.0) >= from).collect();
        let tell = |events: &[(usize, Done)]| {
            let (rolled, span) = (rolled(events), Some((day(-60), day(79))));
            let usage = Usage { span, seats: Some(4), seats_before: Some(1), ..rolled.usage() };
            value(&selector, usage, day(on)).map(f64::to_bits)
        };
        prop_assert_eq!(tell(&events), tell(&near));
    }
}
