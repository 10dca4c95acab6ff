//! Value and cost of an upsell over time: return on investment, payback, and value by who says so.

use crate::{
    id::Feature,
    reserved::{COST, MEASURED, MODELLED, REALISED, STATED, line},
    usage::FeatureDay,
};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A year's days, by which the price is spread and beyond which present value counts.
const YEAR: f64 = 365.0;

/// What value is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// New annual revenue in major units: each day costs a 365th of it.
    pub arr: f64,
    pub day_zero: NaiveDate,
    /// Per year (`policy.rs`).
    pub discount_rate: f64,
}

/// What the upsell brought and cost from day 0 to a day, in major units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Value {
    pub measured: f64,
    pub customer_stated: f64,
    pub modelled: f64,
    /// Price of the days so far, services and internal effort.
    pub cost: f64,
    /// Value less cost; of present values beyond a year.
    pub net: f64,
    /// `(V − C)/C` over all three kinds of value; absent while nothing was spent.
    pub roi: Option<f64>,
    pub payback: Payback,
    /// The yearly rate at which `net` and `roi` are present values of day 0: from the first year's end on.
    pub discount_rate: Option<f64>,
}

/// When value caught up with cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schemars(inline)]
pub enum Payback {
    /// Days since day 0, interpolated within the day.
    Reached {
        day: f64,
    },
    NotReached,
}

/// Value and cost from day 0 to `on`, both included (`methods.md` 2, ROI: cost over the same period as value). Beyond a
/// year ROI is of present values. `None` until a value line came: without one nothing is known, which is not nothing.
pub fn value(days: &[FeatureDay], terms: &Terms, on: NaiveDate) -> Option<Value> {
    let rows: Vec<&FeatureDay> =
        days.iter().filter(|row| row.day >= terms.day_zero && row.day <= on).collect();
    if !rows.iter().any(|row| is_of(&row.feature, &REALISED)) {
        return None;
    }
    let flows = Flows::of(&rows, terms, on);
    let rate = (flows.0.len() as f64 > YEAR).then_some(terms.discount_rate);
    let (gained, spent) = flows.sums(rate.unwrap_or(0.0));
    Some(Value {
        measured: sum(&rows, MEASURED),
        customer_stated: sum(&rows, STATED),
        modelled: sum(&rows, MODELLED),
        cost: flows.sums(0.0).1,
        net: gained - spent,
        roi: (spent > 0.0).then(|| (gained - spent) / spent),
        payback: flows.payback(terms.discount_rate),
        discount_rate: rate,
    })
}

fn is_of(feature: &Feature, kinds: &[&str]) -> bool {
    kinds.iter().any(|kind| line(feature, kind).is_some())
}

fn sum(rows: &[&FeatureDay], kind: &str) -> f64 {
    let of_kind = rows.iter().filter(|row| line(&row.feature, kind).is_some());
    // A sum of nothing is −0.
    of_kind.map(|row| row.sum).sum::<f64>() + 0.0
}

/// What each day since day 0 gained and cost.
struct Flows(Vec<(f64, f64)>);

impl Flows {
    fn of(rows: &[&FeatureDay], terms: &Terms, on: NaiveDate) -> Self {
        let mut lines: BTreeMap<NaiveDate, (f64, f64)> = BTreeMap::new();
        for row in rows {
            let (gained, spent) = lines.entry(row.day).or_default();
            if is_of(&row.feature, &REALISED) {
                *gained += row.sum;
            } else if is_of(&row.feature, &[COST]) {
                *spent += row.sum;
            }
        }
        let days = terms.day_zero.iter_days().take_while(|day| *day <= on);
        Self(
            days.map(|day| {
                let (gained, spent) = lines.get(&day).copied().unwrap_or_default();
                (gained, spent + terms.arr / YEAR)
            })
            .collect(),
        )
    }

    /// The flows as worth on day 0: `amount/(1 + rate)^(day/365)`.
    fn present(&self, rate: f64) -> impl Iterator<Item = (f64, f64)> {
        let worth = move |day: usize| (1.0 + rate).powf(-(day as f64) / YEAR);
        self.0.iter().enumerate().map(move |(day, (gained, spent))| (gained * worth(day), spent * worth(day)))
    }

    fn sums(&self, rate: f64) -> (f64, f64) {
        self.present(rate).fold((0.0, 0.0), |sums, flow| (sums.0 + flow.0, sums.1 + flow.1))
    }

    /// The first time cumulative value reached cumulative cost, interpolated within the day: within a year as the money
    /// came, beyond it by present value.
    fn payback(&self, rate: f64) -> Payback {
        let within_a_year = self.caught_up(0.0).filter(|day| *day <= YEAR);
        let beyond = || self.caught_up(rate).filter(|day| *day > YEAR);
        within_a_year.or_else(beyond).map_or(Payback::NotReached, |day| Payback::Reached { day })
    }

    fn caught_up(&self, rate: f64) -> Option<f64> {
        let mut balance = 0.0;
        for (day, (gained, spent)) in self.present(rate).enumerate() {
            let net = gained - spent;
            if gained > 0.0 && balance + net >= 0.0 {
                // On day 0 nothing was owed before.
                return Some(day as f64 + if net > 0.0 { -balance / net } else { 0.0 });
            }
            balance += net;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;
    use chrono::{DateTime, TimeDelta};

    fn start() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()
    }

    fn event(feature: &str, day: i64, amount: f64) -> FeatureDay {
        let on = start() + TimeDelta::days(day);
        FeatureDay {
            feature: feature.into(),
            day: on,
            events: 1,
            sum: amount,
            latest: amount,
            latest_at: DateTime::UNIX_EPOCH,
        }
    }

    /// At a price of one a day and a tenth a year.
    fn told(days: &[FeatureDay], on: i64) -> Option<Value> {
        let terms = Terms { arr: 365.0, day_zero: start(), discount_rate: 0.1 };
        value(days, &terms, start() + TimeDelta::days(on))
    }

    #[test]
    fn the_three_kinds_of_value_are_told_apart_whatever_their_lines() {
        let days = [
            event("value.measured", 3, 30.0),
            event("value.measured.hours", 3, 10.0),
            event("value.stated.errors", 5, 30.0),
            event("value.modelled", 6, 20.0),
            event("value.committed.hours", 0, 500.0),
            event("cost.services", 0, 50.0),
        ];
        let value = told(&days, 9).unwrap();
        assert_eq!(
            (value.measured, value.customer_stated, value.modelled, value.cost),
            (40.0, 30.0, 20.0, 60.0)
        );
        assert_eq!((value.roi, value.net, value.discount_rate), (Some(0.5), 30.0, None));
    }

    #[test]
    fn without_a_value_line_nothing_is_known() {
        assert_eq!(told(&[event("cost.services", 0, 50.0), event("value.committed.hours", 0, 9.0)], 9), None);
    }

    #[test]
    fn payback_is_interpolated_and_may_not_be_reached() {
        let at = |days: &[FeatureDay], on| told(days, on).unwrap().payback;
        let days = [event("value.modelled", 1, 0.0), event("value.measured", 4, 11.0)];
        assert_eq!(at(&days, 3), Payback::NotReached);
        assert_eq!(at(&days, 9), Payback::Reached { day: 4.4 }, "4 spent before day 4, which nets 10");
        assert_eq!(at(&[event("value.measured", 0, 1.0)], 9), Payback::Reached { day: 0.0 }, "at once");
    }

    #[test]
    fn beyond_a_year_present_values_count() {
        let days = [event("value.measured", 400, 500.0)];
        let at_its_day = told(&days, 400).unwrap();
        let worth = |day: i32| 1.1_f64.powf(-f64::from(day) / 365.0);
        let spent: f64 = (0..=400).map(worth).sum();
        assert_close(at_its_day.net, 500.0 * worth(400) - spent, 1e-9);
        assert_close(at_its_day.roi.unwrap(), 500.0 * worth(400) / spent - 1.0, 1e-9);
        assert_eq!((at_its_day.cost, at_its_day.discount_rate), (401.0, Some(0.1)), "sums stay as they came");
        assert!(matches!(at_its_day.payback, Payback::Reached { day } if day > 400.0 && day < 401.0));
        let early = [event("value.measured", 40, 500.0)];
        let (before, after) = (told(&early, 300).unwrap().payback, told(&early, 400).unwrap().payback);
        assert_eq!(before, after, "a payback within the year stays where it was");
    }
}
