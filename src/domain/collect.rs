//! From rolled-up usage to a metric's value on a civil day.

mod active;
mod depth;

use crate::{
    id::{Feature, UserId},
    metric::{Measure, Selector},
    provisioned::Provisioned,
    realisation,
    survey::{self, Answers},
    survival::{Lifetime, kaplan_meier::SurvivalCurve},
    usage::{FeatureDay, UserDays, UserWeek, civil_day, epoch_day, monday_of, week_of, weekday},
    value::{self, Terms},
};
use active::Activity;
use chrono::{NaiveDate, TimeDelta};
use std::{collections::BTreeMap, ops::RangeInclusive};

/// The usage of one customer that values are collected from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage<'a> {
    pub days: &'a [FeatureDay],
    pub users: &'a [UserDays],
    /// Read for a depth only.
    pub weeks: &'a [UserWeek],
    /// First and last civil day with any usage of the customer's products. Between them the feed is alive and a silent
    /// day is a day without activity; outside them nothing is known.
    pub span: Option<(NaiveDate, NaiveDate)>,
    pub day_zero: NaiveDate,
    pub seats: Option<u32>,
    pub seats_before: Option<u32>,
    /// New annual revenue in major units, for the return on it.
    pub arr: Option<f64>,
    /// Per year, for value beyond the first one (`policy.rs`).
    pub discount_rate: f64,
}

/// Whether a selector's `feature` takes events of `name`: itself, or with a trailing `.*` itself and all below.
pub fn takes(feature: &Feature, name: &Feature) -> bool {
    match feature.0.strip_suffix(".*") {
        None => feature == name,
        Some(root) => name.0.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
    }
}

/// The first civil day whose usage a value on `on` looks at. Who has a seat and what was committed is older.
pub fn looks_back_to(selector: &Selector, on: NaiveDate, day_zero: NaiveDate) -> NaiveDate {
    let Some(window) = selector.window_days else { return day_zero };
    let from = on - TimeDelta::days(i64::from(window.max(1)) - 1);
    match selector.measure {
        // The week that ends within the window counts whole.
        Measure::Depth => civil_day(monday_of(week_of(epoch_day(from)))),
        Measure::Roi | Measure::ValueRealisation | Measure::FirstValueDays => day_zero,
        _ => from,
    }
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
    weeks: Vec<&'a UserWeek>,
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
            weeks: usage.weeks.iter().filter(|row| any_takes(&selector.features, &row.feature)).collect(),
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
            Measure::Activation => {
                let provisioned = self.provisioned(on);
                percent(provisioned.among(self.activated(&window)) as f64, provisioned.count() as f64)
            }
            Measure::Reach => {
                let provisioned = self.provisioned(on);
                percent(provisioned.among(self.active_users(&window)) as f64, provisioned.count() as f64)
            }
            Measure::Breadth { min_users } => {
                percent(self.features_used(*min_users, &window) as f64, self.selector.features.len() as f64)
            }
            Measure::Depth => depth::median(&self.weeks, self.whole_weeks(on)?),
            Measure::ActiveDays => self.active_days_a_week(&window),
            Measure::Stickiness { business_days } => self.stickiness(&window, *business_days),
            Measure::WeeklyStickiness => self.weekly_stickiness(&window),
            Measure::Nps => survey::net_promoter_score(&self.answers(&window).scores()),
            Measure::Csat => survey::satisfied(&self.answers(&window).scores()),
            Measure::Roi => value::value(self.usage.days, &self.terms()?, on)?.roi.map(|roi| 100.0 * roi),
            Measure::ValueRealisation => {
                realisation::realisation(self.usage.days, self.usage.day_zero, on).percent()
            }
            Measure::FirstValueDays => SurvivalCurve::of(&self.lives_to_first_value(on))?.median(),
        }
    }

    /// The known values of `from..=to`, by day.
    pub fn values(&self, from: NaiveDate, to: NaiveDate) -> Vec<(NaiveDate, f64)> {
        from.iter_days()
            .take_while(|day| *day <= to)
            .filter_map(|day| Some((day, self.value(day)?)))
            .collect()
    }

    /// How many people a value on `on` is about: for a depth those active in its weeks, for the rest those active in
    /// its window.
    pub fn people(&self, on: NaiveDate) -> Option<u64> {
        if self.selector.measure == Measure::Depth {
            return Some(depth::depths(&self.weeks, self.whole_weeks(on)?).len() as u64);
        }
        Some(self.active(&self.window(on)?) as u64)
    }

    /// The eligible users by `on`.
    pub fn provisioned(&self, on: NaiveDate) -> Provisioned<'a> {
        let seen_from = epoch_day(looks_back_to(self.selector, on, self.usage.day_zero));
        let Usage { users, seats, .. } = self.usage;
        Provisioned::of(users, seats, &self.selector.features, seen_from, epoch_day(on))
    }

    /// Days looked at for a value on `on`, as days since 1970; `None` while the feed is silent or day 0 is to come.
    /// What was answered, earned or committed does not depend on a feed.
    fn window(&self, on: NaiveDate) -> Option<RangeInclusive<i32>> {
        let from = looks_back_to(self.selector, on, self.usage.day_zero);
        let (first, last) =
            if self.selector.measure.is_beside_usage() { (from, on) } else { self.usage.span? };
        let from = from.max(first);
        (on <= last && from <= on).then(|| epoch_day(from)..=epoch_day(on))
    }

    /// The weeks a depth on `on` looks at: those whose Sunday lies in the window and through which the feed was alive.
    /// A week that began before the window counts whole; the one `on` lies in counts once it is over.
    fn whole_weeks(&self, on: NaiveDate) -> Option<RangeInclusive<i32>> {
        let window = self.window(on)?;
        let (first, last) = (week_of(window.start() + WEEK - 1), week_of(window.end() + 1) - 1);
        (first <= last).then_some(first..=last)
    }

    fn active(&self, window: &RangeInclusive<i32>) -> usize {
        self.active_users(window).count()
    }

    fn active_users(&self, window: &RangeInclusive<i32>) -> impl Iterator<Item = &'a UserId> {
        self.users.iter().filter(|(_, activity)| activity.is_within(window)).map(|(user, _)| *user)
    }

    fn activated(&self, window: &RangeInclusive<i32>) -> impl Iterator<Item = &'a UserId> {
        let did_all = |activity: &Activity<'_>| {
            self.selector.features.iter().all(|feature| activity.used(feature, window))
        };
        self.users.iter().filter(move |(_, activity)| did_all(activity)).map(|(user, _)| *user)
    }

    fn features_used(&self, min_users: u32, window: &RangeInclusive<i32>) -> usize {
        let users_of = |feature: &&Feature| {
            self.users.values().filter(|activity| activity.used(feature, window)).count()
                >= min_users.max(1) as usize
        };
        self.selector.features.iter().filter(users_of).count()
    }

    fn active_days_a_week(&self, window: &RangeInclusive<i32>) -> Option<f64> {
        let length = self.weekly_length(window)?;
        let days: u32 = self.users.values().map(|activity| activity.days(window).count() as u32).sum();
        quotient(f64::from(days) * f64::from(WEEK) / f64::from(length), self.active(window) as f64)
    }

    fn stickiness(&self, window: &RangeInclusive<i32>, business_days: bool) -> Option<f64> {
        self.weekly_length(window)?;
        let counts = |day: &i32| !business_days || weekday(*day) < 5;
        let days = window.clone().filter(|day| counts(day)).count();
        let active: Vec<usize> =
            self.users.values().map(|user| user.days(window).filter(|day| counts(day)).count()).collect();
        let daily = active.iter().sum::<usize>() as f64;
        let users = active.iter().filter(|days| **days > 0).count();
        percent(daily, (days * users) as f64)
    }

    /// Mean over the window's stretches of seven days, counted back from its end, of weekly ÷ all active.
    fn weekly_stickiness(&self, window: &RangeInclusive<i32>) -> Option<f64> {
        self.weekly_length(window)?;
        let stretches = (window.end() - window.start() + 1) / WEEK;
        let stretch = |back: i32| window.end() - WEEK * (back + 1) + 1..=window.end() - WEEK * back;
        let weekly: usize = (0..stretches).map(|back| self.active(&stretch(back))).sum();
        let all = self.active(&(*stretch(stretches - 1).start()..=*window.end()));
        percent(weekly as f64, f64::from(stretches) * all as f64)
    }

    fn answers(&self, window: &RangeInclusive<i32>) -> Answers {
        Answers::of(&self.selector.features, self.usage.users, window)
    }

    fn terms(&self) -> Option<Terms> {
        let Usage { arr, day_zero, discount_rate, .. } = self.usage;
        Some(Terms { arr: arr?, day_zero, discount_rate })
    }

    /// Days from day 0 to each provisioned user's first event: those without one are censored on `on`, not left out.
    pub fn lives_to_first_value(&self, on: NaiveDate) -> Vec<Lifetime> {
        let (zero, today) = (epoch_day(self.usage.day_zero), epoch_day(on));
        let provisioned = self.provisioned(on);
        let of_one = |(user, activity): (&&UserId, &Activity<'_>)| {
            let first = activity.days(&(zero..=today)).min()?;
            (provisioned.among(std::iter::once(*user)) > 0).then(|| Lifetime::ended(f64::from(first - zero)))
        };
        let mut lives: Vec<Lifetime> = self.users.iter().filter_map(of_one).collect();
        let waiting = (provisioned.count() as usize).saturating_sub(lives.len());
        lives.extend(std::iter::repeat_n(Lifetime::censored(f64::from((today - zero).max(0))), waiting));
        lives
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
