//! One figure with its unit and what it is told of, or why there is none.

use crate::amount::{amount, counted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schemars(inline)]
pub enum Reading {
    Known {
        value: f64,
        /// `%`, `days`, `actions`
        unit: String,
        n: u64,
        /// What n counts: `active users`, `entitled seats`.
        of: String,
    },
    /// Missing is not zero.
    Unknown { why: String },
}

impl Reading {
    pub fn known(value: f64, unit: &str, n: u64, of: &str) -> Self {
        Self::Known { value, unit: unit.to_owned(), n, of: of.to_owned() }
    }

    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown { why: why.into() }
    }

    /// `45 %`; `None` when unknown.
    pub fn figure(&self) -> Option<String> {
        match self {
            Self::Known { value, unit, .. } => Some(amount(*value, unit)),
            Self::Unknown { .. } => None,
        }
    }

    /// `of 40 entitled seats`, or why it is unknown.
    pub fn basis(&self) -> String {
        match self {
            Self::Known { n, of, .. } => {
                let one = of.strip_suffix('s').unwrap_or(of);
                format!("of {}", counted(*n, one, of))
            }
            Self::Unknown { why } => why.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_says_what_it_is_of_or_why_it_is_not() {
        let one = Reading::known(45.0, "%", 40, "entitled seats");
        assert_eq!((one.figure().as_deref(), one.basis().as_str()), (Some("45 %"), "of 40 entitled seats"));
        assert_eq!(Reading::known(2.5, "days", 1, "active users").basis(), "of 1 active user");
        let none = Reading::unknown("the number of seats is not known");
        assert_eq!((none.figure(), none.basis().as_str()), (None, "the number of seats is not known"));
    }
}
