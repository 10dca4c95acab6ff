//! Value and cost of an upsell over time: return on investment, payback, and value by who says so.

use crate::{collect::takes, id::Feature, usage::FeatureDay};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Value lines are events of these features, their amount in `count`, in the upsell's currency.
pub const MEASURED: &str = "value.measured";
pub const STATED: &str = "value.stated";
pub const MODELLED: &str = "value.modelled";
/// Services and internal effort, beside the price.
pub const COST: &str = "cost.*";

/// What the upsell brought and cost from day 0 to a day, in major units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Value {
    pub measured: f64,
    pub customer_stated: f64,
    pub modelled: f64,
    /// Price of the days so far, services and internal effort.
    pub cost: f64,
    /// `(V − C)/C` over all three kinds of value; absent while nothing was spent.
    pub roi: Option<f64>,
    pub payback: Payback,
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

/// Value and cost from `day_zero` to `on`, both included. `arr` is the new annual revenue: each day costs a 365th of
/// it (`methods.md` 2, ROI: cost over the same period as value).
pub fn value(days: &[FeatureDay], arr: f64, day_zero: NaiveDate, on: NaiveDate) -> Value {
    let until = |name: &str| {
        let feature = Feature(name.to_owned());
        let rows = days.iter().filter(move |row| takes(&feature, &row.feature));
        rows.filter(|row| row.day >= day_zero && row.day <= on).map(|row| row.sum).sum::<f64>()
    };
    let (measured, customer_stated, modelled) = (until(MEASURED), until(STATED), until(MODELLED));
    let elapsed = ((on - day_zero).num_days() + 1).max(0) as f64;
    let cost = arr * elapsed / 365.0 + until(COST);
    let total = measured + customer_stated + modelled;
    Value {
        measured,
        customer_stated,
        modelled,
        cost,
        roi: (cost > 0.0).then(|| (total - cost) / cost),
        payback: payback(days, arr, day_zero, on),
    }
}

/// The first time cumulative value reached cumulative cost; within the day it is interpolated.
fn payback(days: &[FeatureDay], arr: f64, day_zero: NaiveDate, on: NaiveDate) -> Payback {
    let kinds = [(MEASURED, 1.0), (STATED, 1.0), (MODELLED, 1.0), (COST, -1.0)];
    let kinds = kinds.map(|(name, sign)| (Feature(name.to_owned()), sign));
    let net_of = |day: NaiveDate| {
        let of = |row: &FeatureDay| {
            kinds.iter().find(|(kind, _)| takes(kind, &row.feature)).map(|(_, sign)| sign * row.sum)
        };
        days.iter().filter(|row| row.day == day).filter_map(of).sum::<f64>() - arr / 365.0
    };
    let mut balance = 0.0;
    for (index, day) in day_zero.iter_days().take_while(|day| *day <= on).enumerate() {
        let net = net_of(day);
        if balance < 0.0 && balance + net >= 0.0 {
            return Payback::Reached { day: index as f64 + -balance / net };
        }
        balance += net;
    }
    Payback::NotReached
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};

    fn start() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()
    }

    fn line(feature: &str, day: i64, amount: f64) -> FeatureDay {
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

    #[test]
    fn the_three_kinds_of_value_are_told_apart() {
        let days = [
            line("value.measured", 3, 40.0),
            line("value.stated", 5, 30.0),
            line("value.modelled", 6, 20.0),
            line("cost.services", 0, 50.0),
        ];
        let value = value(&days, 365.0, start(), start() + TimeDelta::days(9));
        assert_eq!(
            (value.measured, value.customer_stated, value.modelled, value.cost),
            (40.0, 30.0, 20.0, 60.0)
        );
        assert_eq!(value.roi, Some(0.5));
    }

    #[test]
    fn payback_is_interpolated_and_may_not_be_reached() {
        let days = [line("value.measured", 4, 11.0)];
        let at = |on: i64| value(&days, 365.0, start(), start() + TimeDelta::days(on)).payback;
        assert_eq!(at(3), Payback::NotReached);
        assert_eq!(at(9), Payback::Reached { day: 4.4 }, "4 spent before day 4, which nets 10");
    }
}
