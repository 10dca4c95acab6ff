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
fn rolled(events: &[(usize, Done)]) -> (Vec<FeatureDay>, Vec<UserDays>) {
    let (mut days, mut users): (Vec<FeatureDay>, Vec<UserDays>) = (Vec::new(), Vec::new());
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
        match users.iter_mut().find(|row| row.feature == feature && row.user == user && row.block == block) {
            None => users.push(UserDays { feature, user, block, bits: 1 << bit }),
            Some(row) => row.bits |= 1 << bit,
        }
    }
    (days, users)
}

fn selector(features: &[&str], measure: Measure, window_days: Option<u16>) -> Selector {
    Selector { features: features.iter().map(|name| Feature::from(*name)).collect(), measure, window_days }
}

/// The value on a day, where the feed is alive over `alive`.
fn told(selector: &Selector, events: &[Done], alive: (i32, i32), on: i32) -> Option<f64> {
    let events: Vec<(usize, Done)> = events.iter().copied().enumerate().collect();
    let (days, users) = rolled(&events);
    let span = Some((day(alive.0), day(alive.1)));
    let usage = Usage {
        days: &days,
        users: &users,
        span,
        day_zero: day(0),
        seats: Some(10),
        seats_before: Some(2),
        arr: None,
    };
    value(selector, usage, day(on))
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
        (selector(both, Measure::Activation, None), 100.0 / 3.0),
        (selector(both, Measure::Breadth { min_users: 2 }, None), 50.0),
        (selector(sync, Measure::Depth, None), 1.0),
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
    for measure in [Measure::Mean, Measure::Latest, Measure::Depth, Measure::ActiveDays, Measure::Activation]
    {
        assert_eq!(
            told(&selector(absent, measure.clone(), None), &WEEK_OF_THREE, (0, 6), 6),
            None,
            "{measure:?}"
        );
    }
    let no_seats = Usage {
        days: &[],
        users: &[],
        span: Some((day(0), day(6))),
        day_zero: day(0),
        seats: None,
        seats_before: None,
        arr: None,
    };
    assert_eq!(value(&selector(absent, Measure::DistinctUsersPerSeat, None), no_seats, day(3)), None);
}

#[test]
fn a_weekly_average_waits_for_a_whole_week() {
    let frequency = selector(&["sync.*"], Measure::ActiveDays, None);
    assert_eq!(told(&frequency, &WEEK_OF_THREE, (0, 6), 5), None);
    assert!(told(&frequency, &WEEK_OF_THREE, (0, 6), 6).is_some());
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
        Measure::Breadth { min_users: 2 },
        Measure::Depth,
        Measure::ActiveDays,
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
            let (days, users) = rolled(events);
            let span = Some((day(0), day(79)));
            let usage = Usage { days: &days, users: &users, span, day_zero: day(0), seats: Some(4), seats_before: Some(1), arr: None };
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
        let (days, users) = rolled(&events);
        let near: Vec<(usize, Done)> =
            events.iter().copied().filter(|(_, event)| event.0 <= on && event.0 > on - i32::from(window)).collect();
        let (near_days, near_users) = rolled(&near);
        let tell = |days: &[FeatureDay], users: &[UserDays]| {
            let span = Some((day(-60), day(79)));
            let usage = Usage { days, users, span, day_zero: day(0), seats: Some(4), seats_before: Some(1), arr: None };
            value(&selector, usage, day(on)).map(f64::to_bits)
        };
        prop_assert_eq!(tell(&days, &users), tell(&near_days, &near_users));
    }
}
