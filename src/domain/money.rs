//! Money in minor units. Sums stay within one currency.

use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An ISO 4217 code, three capital letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, with = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    pub const USD: Self = Self(*b"USD");

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("three ASCII letters by construction")
    }

    /// Minor units in one major unit (ISO 4217 exponents; two digits unless listed).
    pub const fn minor_per_major(self) -> i64 {
        match &self.0 {
            b"JPY" | b"KRW" | b"VND" | b"CLP" | b"ISK" | b"XAF" | b"XOF" => 1,
            b"BHD" | b"KWD" | b"OMR" | b"TND" | b"JOD" => 1000,
            _ => 100,
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        let letters: Option<[u8; 3]> = text.as_bytes().try_into().ok();
        letters.filter(|code| code.iter().all(u8::is_ascii_uppercase)).map(Self).ok_or_else(|| {
            Error::invalid(format!("`{text}` is not a currency; send an ISO 4217 code such as USD or EUR"))
        })
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount in minor units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    /// Cents, pence, yen: the smallest unit of the currency.
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// From an amount in major units, as the specification writes `arrIncrease`; exact to the minor unit.
    pub fn from_major(major: f64, currency: Currency) -> Result<Self> {
        let minor = (major * currency.minor_per_major() as f64).round();
        if !minor.is_finite() || minor.abs() > 9e15 {
            return Err(Error::invalid(format!(
                "{major} is not an amount of money we can keep; send a number below 9e12"
            )));
        }
        Ok(Self { minor: minor as i64, currency })
    }

    pub fn major(self) -> f64 {
        self.minor as f64 / self.currency.minor_per_major() as f64
    }

    /// Adds within a currency; across currencies there is no sum without a dated rate.
    pub fn plus(self, other: Self) -> Result<Self> {
        if self.currency != other.currency {
            return Err(Error::invalid(format!(
                "{:?} and {:?} do not add up: convert at a dated rate first",
                self.currency, other.currency
            )));
        }
        Ok(Self { minor: self.minor + other.minor, currency: self.currency })
    }
}

impl fmt::Display for Money {
    /// `$128k`, `€1.2M`, `CHF 900`: for sentences, not for sums.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.currency.as_str() {
            "USD" => "$".to_owned(),
            "EUR" => "€".to_owned(),
            "GBP" => "£".to_owned(),
            other => format!("{other} "),
        };
        let major = self.major();
        match major.abs() {
            size if size >= 1e6 => write!(f, "{sign}{:.1}M", major / 1e6),
            size if size >= 1e4 => write!(f, "{sign}{:.0}k", major / 1e3),
            _ => write!(f, "{sign}{major:.0}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact_to_the_minor_unit() {
        let price = Money::from_major(0.1 + 0.2, Currency::USD).unwrap();
        assert_eq!(price.minor, 30);
        assert_eq!(Money::from_major(128_000.55, Currency::USD).unwrap().major(), 128_000.55);
    }

    #[test]
    fn currencies_are_not_mixed() {
        let euro: Currency = "EUR".to_owned().try_into().unwrap();
        let sum = Money { minor: 1, currency: Currency::USD }.plus(Money { minor: 1, currency: euro });
        assert!(sum.is_err());
    }
}
