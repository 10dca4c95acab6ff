//! Which values a metric can have at all, by its unit, its type and what it measures.

use crate::{
    headline::amount,
    metric::{Measure, Metric, MetricType},
    money::Currency,
};
use std::fmt;

/// Values from `least` to `most`, both included, in `unit`.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    least: f64,
    most: f64,
    unit: String,
}

/// Larger numbers are typing errors.
const LARGEST: f64 = 1e12;
/// `%` of a whole.
const WHOLE: (f64, f64) = (0.0, 100.0);
const ANY: (f64, f64) = (-LARGEST, LARGEST);
/// What is counted, or lasts, is never below nothing.
const COUNTED: (f64, f64) = (0.0, LARGEST);
/// Promoters less detractors.
const NET_SCORE: (f64, f64) = (-100.0, 100.0);
/// A change against before: it has no top, and cannot take away more than all.
const CHANGE: (f64, f64) = (-100.0, LARGEST);

impl Metric {
    /// The values the metric can have. A return or a saving may be a loss and may exceed what was spent; a share of
    /// people or of features may not exceed all of them, but users can outnumber seats and one sum another.
    pub fn range(&self) -> Range {
        let measure = self.selector().map(|selector| &selector.measure);
        let (least, most) = match (self.kind, self.unit.as_str(), measure) {
            (MetricType::Roi, unit, _) if unit == "%" || is_currency(unit) => ANY,
            (MetricType::Satisfaction, "points", _) | (_, _, Some(Measure::Nps)) => NET_SCORE,
            (
                _,
                "%",
                Some(Measure::Ratio { .. } | Measure::DistinctUsersPerSeat | Measure::IncrementalSeats),
            ) => COUNTED,
            (MetricType::Usage, "%", None) => CHANGE,
            (_, "%", _) => WHOLE,
            _ => COUNTED,
        };
        Range { least, most, unit: self.unit.clone() }
    }

    /// The values a forecast from `stands` may name: a share of seats ends at all of them and a number of seats at those
    /// bought, unless more are in use or aimed at already.
    pub fn foreseen(&self, stands: f64, seats: Option<u32>) -> Range {
        let range = self.range();
        let measure = self.selector().map(|selector| &selector.measure);
        let all = match (self.unit.as_str(), measure) {
            ("%", Some(Measure::DistinctUsersPerSeat | Measure::IncrementalSeats)) => Some(WHOLE.1),
            ("seats", _) => seats.map(f64::from),
            _ => None,
        };
        match all {
            Some(all) => Range { most: range.nearest(all.max(stands).max(self.target)), ..range },
            None => range,
        }
    }
}

impl Range {
    pub fn contains(&self, value: f64) -> bool {
        (self.least..=self.most).contains(&value)
    }

    /// The value of the range nearest to this one.
    pub fn nearest(&self, value: f64) -> f64 {
        value.clamp(self.least, self.most)
    }
}

/// `0 to 100 %`, `0 calls or more`
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { least, most, unit } = self;
        match (*least <= -LARGEST, *most >= LARGEST) {
            (true, _) => f.write_str("a number between −1e12 and 1e12"),
            (false, true) => write!(f, "{} or more", amount(*least, unit)),
            (false, false) => write!(f, "{} to {}", amount(*least, ""), amount(*most, unit)),
        }
    }
}

fn is_currency(unit: &str) -> bool {
    Currency::try_from(unit.to_owned()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{example, metric::Collection};

    fn metric(kind: MetricType, unit: &str, measure: Option<Measure>) -> Metric {
        let mut metric = example::metric();
        let selector = metric.selector().cloned();
        metric.collection = match (selector, measure) {
            (Some(selector), Some(measure)) => {
                Collection::Automatic(crate::metric::Selector { measure, ..selector })
            }
            _ => Collection::Manual,
        };
        Metric { kind, unit: unit.to_owned(), ..metric }
    }

    fn told(kind: MetricType, unit: &str, measure: Option<Measure>) -> String {
        metric(kind, unit, measure).range().to_string()
    }

    #[test]
    fn the_unit_and_the_type_decide_what_can_be() {
        use MetricType::{Adoption, Roi, Satisfaction, Usage};
        assert_eq!(told(Satisfaction, "%", None), "0 to 100 %");
        assert_eq!(told(Adoption, "%", None), "0 to 100 %");
        assert_eq!(told(Usage, "%", Some(Measure::Stickiness { business_days: true })), "0 to 100 %");
        assert_eq!(told(Satisfaction, "points", None), "−100 to 100 points");
        assert_eq!(told(Usage, "calls", Some(Measure::Sum)), "0 calls or more");
        assert_eq!(told(Roi, "hours", None), "0 hours or more");
        assert_eq!(told(Adoption, "%", Some(Measure::DistinctUsersPerSeat)), "0 % or more");
        assert_eq!(told(Usage, "%", None), "−100 % or more");
        for free in ["%", "USD"] {
            assert_eq!(told(Roi, free, None), "a number between −1e12 and 1e12", "{free}");
        }
    }

    #[test]
    fn both_ends_belong_and_no_number_does_not() {
        let range = metric(MetricType::Satisfaction, "%", None).range();
        assert_eq!(
            [0.0, 100.0, 100.1, -5.0, f64::NAN].map(|v| range.contains(v)),
            [true, true, false, false, false]
        );
    }
}
