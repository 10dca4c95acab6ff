//! How a value of a metric is written: a share, a plain number or money.

use super::format;

/// What a metric is counted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// 0 to 100, differences in points.
    Share,
    Number,
    /// Whole major units of a currency.
    Money(String),
}

impl Unit {
    /// "40%", "112", "$38k".
    pub fn value(&self, value: f64) -> String {
        match self {
            Self::Share => format::percent(value),
            Self::Number => format::number(value),
            Self::Money(currency) => format::money_major(value, currency),
        }
    }

    /// The same on a scale, where room is scarce: "29k".
    pub fn tick(&self, value: f64) -> String {
        match self {
            Self::Number => format::short_number(value),
            Self::Share | Self::Money(_) => self.value(value),
        }
    }

    /// "−17 points", "+12", "−$4k".
    pub fn difference(&self, value: f64) -> String {
        match self {
            Self::Share => format::points_in_words(value),
            Self::Number => format::signed(value),
            Self::Money(currency) => {
                let sign = if value < 0.0 { format::MINUS } else { "+" };
                format!("{sign}{}", format::money_major(value.abs(), currency))
            }
        }
    }

    /// "58–73": the unit stands at the value before it. Below zero a dash would read as a minus.
    pub fn range(&self, low: f64, high: f64) -> String {
        let (low_text, high_text) = match self {
            Self::Share => (format::number(low.round()), format::number(high.round())),
            Self::Number => (format::number(low), format::number(high)),
            Self::Money(_) => (self.value(low), self.value(high)),
        };
        if low < 0.0 { format!("{low_text} to {high_text}") } else { format!("{low_text}–{high_text}") }
    }
}
