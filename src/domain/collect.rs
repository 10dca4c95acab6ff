//! From rolled-up usage to a metric's value on a civil day.

mod active;
mod answers;

use crate::{
    id::{Feature, UserId},
    metric::{Measure, Selector},
    survival::{Lifetime, kaplan_meier::SurvivalCurve},
    usage::{FeatureDay, UserDays, epoch_day},
};
use active::Activity;
use chrono::{NaiveDate, TimeDelta};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

/// The usage of one customer that values are collected from.
#[derive(Debug, Clone, Copy)]
pub struct Usage<'a> {
    pub days: &'a [FeatureDay],
    pub users: &'a [UserDays],
    /// First and last civil day with any usage of the customer. Between them the feed is alive and a silent day is a
    /// day without activity; outside them nothing is known.
    pub span: Option<(NaiveDate, NaiveDate)>,
    pub day_zero: NaiveDate,
    pub seats: Option<u32>,
    pub seats_before: Option<u32>,
    /// New annual revenue in major units, for the return on it.
    pub arr: Option<f64>,
}

/// Whether a selector's `feature` takes events of `name`: itself, or with a trailing `.*` itself and all below.
pub fn takes(feature: &Feature, name: &Feature) -> bool {
    match feature.0.strip_suffix(".*") {
        None => feature == name,
        Some(root) => name.0.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
    }
}

/// The first civil day whose usage a value on `on` looks at.
pub fn looks_back_to(selector: &Selector, on: NaiveDate, day_zero: NaiveDate) -> NaiveDate {
    let days_before = |window: u16| TimeDelta::days(i64::from(window.max(1)) - 1);
    selector.window_days.map_or(day_zero, |window| on - days_before(window))
}

/// The value on one civil day; see [`Collector::value`].
pub fn value(selector: &Selector, usage: Usage<'_>, on: NaiveDate) -> Option<f64> {
    Collector::of(selector, usage).value(on)
}

/// One metric's selector over one customer's usage: picks the rows once, then tells any day.
#[derive(Debug)]
pub struct Collector<'a> {
    selector: &'a Selector,
    usage: Usage<'a>,
    days: Vec<&'a FeatureDay>,
    /// The denominator of a ratio.
    over: Vec<&'a FeatureDay>,
    users: BTreeMap<&'a UserId, Activity<'a>>,
}

/// Days in a week: an average per week is not told from less.
const WEEK: i32 = 7;

impl<'a> Collector<'a> {
    pub fn of(selector: &'a Selector, usage: Usage<'a>) -> Self {
        let over: &[Feature] = match &selector.measure {
            Measure::Ratio { over } => over,
            _ => &[],
        };
        let mut users: BTreeMap<&UserId, Activity<'_>> = BTreeMap::new();
        for row in usage.users.iter().filter(|row| any_takes(&selector.features, &row.feature)) {
            users.entry(&row.user).or_default().add(row);
        }
        Self {
            selector,
            usage,
            days: picked(&selector.features, usage.days),
            over: picked(over, usage.days),
            users,
        }
    }

    /// The value on `on`, or `None` where it is not known: the feed was not alive, or there is nothing to divide by.
    pub fn value(&self, on: NaiveDate) -> Option<f64> {
        // A sum of nothing is −0, which the databases keep as 0: a replay would then read another number.
        self.told(on).map(|value| value + 0.0)
    }

    fn told(&self, on: NaiveDate) -> Option<f64> {
        let window = self.window(on)?;
        let active = || self.active(&window) as f64;
        match &self.selector.measure {
            Measure::Count => Some(within(&self.days, &window).map(|row| row.events as f64).sum()),
            Measure::Sum => Some(sum(&self.days, &window)),
            Measure::DistinctUsers => Some(active()),
            Measure::DistinctUsersPerSeat => percent(active(), f64::from(self.usage.seats?)),
            Measure::Mean => {
                let events: i64 = within(&self.days, &window).map(|row| row.events).sum();
                quotient(sum(&self.days, &window), events as f64)
            }
            Measure::Latest => {
                within(&self.days, &window).max_by_key(|row| row.latest_at).map(|row| row.latest)
            }
            Measure::Ratio { .. } => percent(sum(&self.days, &window), sum(&self.over, &window)),
            Measure::IncrementalSeats => {
                let before = f64::from(self.usage.seats_before?);
                percent((active() - before).max(0.0), f64::from(self.usage.seats?) - before)
            }
            Measure::Activation => percent(self.activated(&window) as f64, active()),
            Measure::Breadth { min_users } => {
                percent(self.features_used(*min_users, &window) as f64, self.selector.features.len() as f64)
            }
            Measure::Depth => self.median_depth(&window),
            Measure::ActiveDays => self.active_days_a_week(&window),
            Measure::Stickiness { business_days } => self.stickiness(&window, *business_days),
            Measure::Nps => answers::net_promoter_score(&self.scores(&window)),
            Measure::Csat => answers::satisfied(&self.scores(&window)),
            Measure::Roi => {
                let value = crate::value::value(self.usage.days, self.usage.arr?, self.usage.day_zero, on);
                value.roi.map(|roi| 100.0 * roi)
            }
            Measure::FirstValueDays => self.median_days_to_first_value(on),
        }
    }

    /// The known values of `from..=to`, by day.
    pub fn values(&self, from: NaiveDate, to: NaiveDate) -> Vec<(NaiveDate, f64)> {
        from.iter_days()
            .take_while(|day| *day <= to)
            .filter_map(|day| Some((day, self.value(day)?)))
            .collect()
    }

    /// Days looked at for a value on `on`, as days since 1970; `None` while the feed is silent or day 0 is to come.
    fn window(&self, on: NaiveDate) -> Option<RangeInclusive<i32>> {
        let (first, last) = self.usage.span?;
        let from = looks_back_to(self.selector, on, self.usage.day_zero).max(first);
        (on <= last && from <= on).then(|| epoch_day(from)..=epoch_day(on))
    }

    fn active(&self, window: &RangeInclusive<i32>) -> usize {
        self.users.values().filter(|activity| activity.is_within(window)).count()
    }

    fn activated(&self, window: &RangeInclusive<i32>) -> usize {
        let did_all = |activity: &&Activity<'_>| {
            self.selector.features.iter().all(|feature| activity.used(feature, window))
        };
        self.users.values().filter(did_all).count()
    }

    fn features_used(&self, min_users: u32, window: &RangeInclusive<i32>) -> usize {
        let users_of = |feature: &&Feature| {
            self.users.values().filter(|activity| activity.used(feature, window)).count()
                >= min_users.max(1) as usize
        };
        self.selector.features.iter().filter(users_of).count()
    }

    fn median_depth(&self, window: &RangeInclusive<i32>) -> Option<f64> {
        let mut depths: Vec<f64> =
            self.users.values().filter_map(|activity| activity.depth(window)).collect();
        depths.sort_by(f64::total_cmp);
        let middle = depths.len() / 2;
        match depths.len() {
            0 => None,
            n if n % 2 == 1 => Some(depths[middle]),
            _ => Some(f64::midpoint(depths[middle - 1], depths[middle])),
        }
    }

    fn active_days_a_week(&self, window: &RangeInclusive<i32>) -> Option<f64> {
        let length = self.weekly_length(window)?;
        let days: u32 = self.users.values().map(|activity| activity.days(window).count() as u32).sum();
        quotient(f64::from(days) * f64::from(WEEK) / f64::from(length), self.active(window) as f64)
    }

    fn stickiness(&self, window: &RangeInclusive<i32>, business_days: bool) -> Option<f64> {
        self.weekly_length(window)?;
        let counts = |day: &i32| !business_days || active::weekday(*day) < 5;
        let days = window.clone().filter(|day| counts(day)).count();
        let active: Vec<usize> =
            self.users.values().map(|user| user.days(window).filter(|day| counts(day)).count()).collect();
        let daily = active.iter().sum::<usize>() as f64;
        let users = active.iter().filter(|days| **days > 0).count();
        percent(daily, (days * users) as f64)
    }

    fn scores(&self, window: &RangeInclusive<i32>) -> Vec<u8> {
        let answers = answers::latest(&self.selector.features, self.usage.users, window);
        answers.into_values().map(|(_, score)| score).collect()
    }

    /// Kaplan–Meier over the entitled users: those without a first event are censored on `on`, not left out.
    fn median_days_to_first_value(&self, on: NaiveDate) -> Option<f64> {
        let (zero, today) = (epoch_day(self.usage.day_zero), epoch_day(on));
        let first = |user: &Activity<'_>| user.days(&(zero..=today)).min();
        let mut lives: Vec<Lifetime> =
            self.users.values().filter_map(first).map(|day| Lifetime::ended(f64::from(day - zero))).collect();
        let seen: BTreeSet<&UserId> = self.usage.users.iter().map(|row| &row.user).collect();
        let entitled = seen.len().max(self.usage.seats.map_or(0, |seats| seats as usize));
        let waiting = entitled.saturating_sub(lives.len());
        lives.extend(std::iter::repeat_n(Lifetime::censored(f64::from(today - zero)), waiting));
        SurvivalCurve::of(&lives)?.median()
    }

    /// Days in the window, once it has a whole week (or all that it will ever have).
    fn weekly_length(&self, window: &RangeInclusive<i32>) -> Option<i32> {
        let length = window.end() - window.start() + 1;
        let whole = self.selector.window_days.map_or(WEEK, |days| WEEK.min(i32::from(days)));
        (length >= whole).then_some(length)
    }
}

fn within<'s, 'a>(
    rows: &'s [&'a FeatureDay],
    window: &RangeInclusive<i32>,
) -> impl Iterator<Item = &'a FeatureDay> + use<'s, 'a> {
    let (from, to) = (*window.start(), *window.end());
    let start = rows.partition_point(|row| epoch_day(row.day) < from);
    rows[start..].iter().copied().take_while(move |row| epoch_day(row.day) <= to)
}

fn sum(rows: &[&FeatureDay], window: &RangeInclusive<i32>) -> f64 {
    within(rows, window).map(|row| row.sum).sum()
}

fn any_takes(features: &[Feature], name: &Feature) -> bool {
    features.iter().any(|feature| takes(feature, name))
}

/// Rows of the features, in an order of their own: sums then do not depend on the order rows came in.
fn picked<'a>(features: &[Feature], days: &'a [FeatureDay]) -> Vec<&'a FeatureDay> {
    let mut rows: Vec<&FeatureDay> = days.iter().filter(|row| any_takes(features, &row.feature)).collect();
    rows.sort_by(|a, b| (a.day, &a.feature).cmp(&(b.day, &b.feature)));
    rows
}

fn quotient(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

fn percent(part: f64, whole: f64) -> Option<f64> {
    quotient(100.0 * part, whole)
}

#[cfg(test)]
mod tests;
