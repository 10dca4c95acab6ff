//! Whole weeks, and a metric's value in each.

use crate::{
    collect::{Collector, Usage, looks_back_to},
    metric::Selector,
    statistics::moments::mean,
};
use chrono::{Days, NaiveDate};

/// Seven civil days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    pub first: NaiveDate,
    pub last: NaiveDate,
}

impl Week {
    fn ending(last: NaiveDate) -> Self {
        Self { first: last.checked_sub_days(Days::new(6)).unwrap_or(NaiveDate::MIN), last }
    }

    /// The first day a value of this week looks at.
    pub fn looks_back_to(&self, selector: &Selector) -> NaiveDate {
        let told_first = if selector.is_daily() { self.first } else { self.last };
        looks_back_to(selector, told_first, self.first).min(self.first)
    }
}

/// So many whole weeks, oldest first, the last of which ends on `end`.
pub fn until(end: NaiveDate, count: u8) -> Vec<Week> {
    let back = |weeks: u8| end.checked_sub_days(Days::new(7 * u64::from(weeks))).unwrap_or(NaiveDate::MIN);
    (0..count).rev().map(|weeks| Week::ending(back(weeks))).collect()
}

/// The whole weeks from `start` on that end by `end` and whose values look at nothing before `start`.
pub fn since(start: NaiveDate, end: NaiveDate, selector: &Selector) -> Vec<Week> {
    let ends = start.iter_days().skip(6).step_by(7).take_while(|last| *last <= end);
    ends.map(Week::ending).filter(|week| week.looks_back_to(selector) >= start).collect()
}

/// The value of each week the customer's feed was alive throughout, as far back as the value looks: that of the week's
/// last day or, when a value covers less than a week, the mean of the week's days.
pub fn weekly(selector: &Selector, usage: Usage<'_>, weeks: &[Week]) -> Vec<(Week, f64)> {
    let Some((fed_from, _)) = usage.span else { return Vec::new() };
    let collector = Collector::of(selector, usage);
    let value = |week: &Week| {
        if selector.is_daily() {
            let days = collector.values(week.first, week.last);
            let values: Vec<f64> = days.into_iter().map(|(_, value)| value).collect();
            mean(&values).filter(|_| values.len() == 7)
        } else {
            collector.value(week.last)
        }
    };
    let whole = weeks.iter().filter(|week| week.looks_back_to(selector) >= fed_from);
    whole.filter_map(|week| Some((*week, value(week)?))).collect()
}

/// The values of every day of these weeks.
pub fn daily(selector: &Selector, usage: Usage<'_>, weeks: &[(Week, f64)]) -> Vec<(NaiveDate, f64)> {
    let collector = Collector::of(selector, usage);
    weeks.iter().flat_map(|(week, _)| collector.values(week.first, week.last)).collect()
}
