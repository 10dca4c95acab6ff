//! The weeks an upsell is compared over, and an account's values in them.

use crate::{
    baseline,
    collect::Usage,
    metric::Selector,
    policy::Policy,
    statistics::did::Account,
    weeks::{self, Week, weekly},
};
use chrono::NaiveDate;

/// Whole weeks before the close, as the baseline has them, and since day 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    pub before: Vec<Week>,
    pub after: Vec<Week>,
}

impl Windows {
    /// Of an upsell whose usage is known up to `until`; later weeks are left out, and so are those whose values look
    /// back to before day 0.
    pub fn of(
        selector: &Selector,
        close: NaiveDate,
        day_zero: NaiveDate,
        until: NaiveDate,
        policy: &Policy,
    ) -> Self {
        Self { before: baseline::window(close, policy), after: weeks::since(day_zero, until, selector) }
    }

    /// First and last civil day that any value looks at; the last is that of the baseline before there is more.
    pub fn days(&self, selector: &Selector) -> Option<(NaiveDate, NaiveDate)> {
        let last = self.after.last().or(self.before.last())?;
        Some((self.before.first()?.looks_back_to(selector), last.last))
    }

    /// The expanded account, and the weeks that are known of it.
    pub fn expanded(&self, selector: &Selector, name: &str, usage: Usage<'_>) -> (Self, Account) {
        let values = |weeks: &[Week]| weekly(selector, usage, weeks).into_iter().unzip();
        let (before, values_before): (Vec<Week>, Vec<f64>) = values(&self.before);
        let (after, values_after): (Vec<Week>, Vec<f64>) = values(&self.after);
        (
            Self { before, after },
            Account { name: name.to_owned(), before: values_before, after: values_after },
        )
    }

    /// A control over the same calendar weeks; `None` unless every one of them is known.
    pub fn control(&self, selector: &Selector, name: &str, usage: Usage<'_>) -> Option<Account> {
        let ((first, last), fed) = (self.days(selector)?, usage.span?);
        if fed.0 > first || fed.1 < last {
            return None;
        }
        let (known, account) = self.expanded(selector, name, usage);
        (known == *self).then_some(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{metric::Measure, usage::FeatureDay};
    use chrono::{NaiveTime, TimeDelta};

    const CLOSE: &str = "2026-03-01";

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn selector(window: u16) -> Selector {
        Selector { features: vec!["calls".into()], measure: Measure::Count, window_days: Some(window) }
    }

    fn windows(selector: &Selector, until: &str) -> Windows {
        Windows::of(selector, day(CLOSE), day(CLOSE), day(until), &Policy::default())
    }

    /// Ten calls on each weekday and two on each day of a weekend.
    fn rows(from: &str, to: &str) -> Vec<FeatureDay> {
        use chrono::Datelike;
        let days = day(from).iter_days().take_while(|on| *on <= day(to));
        days.map(|on| FeatureDay {
            feature: "calls".into(),
            day: on,
            events: if on.weekday().num_days_from_monday() < 5 { 10 } else { 2 },
            sum: 0.0,
            latest: 0.0,
            latest_at: on.and_time(NaiveTime::MIN).and_utc(),
        })
        .collect()
    }

    fn usage<'a>(rows: &'a [FeatureDay], seen: (&str, &str)) -> Usage<'a> {
        Usage { days: rows, span: Some((day(seen.0), day(seen.1))), day_zero: day(CLOSE), ..Usage::default() }
    }

    #[test]
    fn weeks_after_look_at_nothing_before_day_zero_and_are_over() {
        let until = "2026-04-05";
        let ends = |window: u16| -> Vec<i64> {
            let weeks = windows(&selector(window), until).after;
            weeks.iter().map(|week| (week.last - day(CLOSE)).num_days()).collect()
        };
        assert_eq!(ends(7), [6, 13, 20, 27, 34]);
        assert_eq!(ends(28), [27, 34]);
        assert_eq!(windows(&selector(28), "2026-03-20").after, []);
        let days = windows(&selector(28), until).days(&selector(28));
        assert_eq!(days, Some((day("2025-12-28") - TimeDelta::days(27), day("2026-04-04"))));
    }

    #[test]
    fn a_control_is_known_in_every_week_or_is_none() {
        let (selector, seen) = (selector(7), ("2025-12-01", "2026-04-10"));
        let rows = rows(seen.0, seen.1);
        let windows = windows(&selector, "2026-04-05");
        let (known, account) = windows.expanded(&selector, "a", usage(&rows, seen));
        assert_eq!((&known, account.before.as_slice(), account.after.len()), (&windows, &[54.0; 8][..], 5));
        assert_eq!(windows.control(&selector, "a", usage(&rows, seen)), Some(account));
        let young = usage(&rows, ("2026-01-05", "2026-04-10"));
        assert_eq!(windows.control(&selector, "b", young), None);
        let (since, account) = windows.expanded(&selector, "b", young);
        assert_eq!((since.before.len(), account.before.len()), (6, 6));
    }

    #[test]
    fn a_daily_metric_has_the_mean_of_its_weeks_days() {
        let (selector, seen) = (selector(1), ("2025-12-01", "2026-04-10"));
        let rows = rows(seen.0, seen.1);
        let (_, account) = windows(&selector, "2026-04-05").expanded(&selector, "a", usage(&rows, seen));
        assert!(account.before.iter().all(|value| *value == 54.0 / 7.0), "{account:?}");
    }
}
