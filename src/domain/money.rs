//! Money in minor units. Sums stay within one currency.

use crate::{
    currencies::minor_per_major,
    error::{Error, Result},
};
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

    /// Minor units in one major unit (two digits for a code that ISO 4217 no longer lists).
    pub fn minor_per_major(self) -> i64 {
        minor_per_major(self.as_str()).unwrap_or(100)
    }

    /// A currency that is in use, as a request may name it.
    pub fn current(code: &str) -> Option<Self> {
        minor_per_major(code).and_then(|_| Self::shaped(code))
    }

    fn shaped(code: &str) -> Option<Self> {
        let letters: Option<[u8; 3]> = code.as_bytes().try_into().ok();
        letters.filter(|code| code.iter().all(u8::is_ascii_uppercase)).map(Self)
    }
}

/// As it is kept: a code that ISO 4217 dropped since is still read.
impl TryFrom<String> for Currency {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        Self::shaped(&text).ok_or_else(|| {
            let shown: String = text.chars().take(20).collect();
            Error::invalid(format!("`{shown}` is not a currency; it is three capital letters such as USD"))
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

/// Minor units beyond which a figure read from JSON is no longer exact.
const LARGEST_MINOR: f64 = 9e15;

/// An amount in minor units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    /// Cents, pence, yen: the smallest unit of the currency.
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// From an amount in major units, as the specification writes `arrIncrease`: to the minor unit, and none finer.
    pub fn from_major(major: f64, currency: Currency) -> Result<Self> {
        if let Some(wanted) = too_fine(major, currency) {
            return Err(Error::invalid(format!("{major} {currency:?} is no amount of money; send {wanted}")));
        }
        Self::rounded(major, currency)
    }

    /// To the nearest minor unit: for figures that are computed, not entered.
    pub fn rounded(major: f64, currency: Currency) -> Result<Self> {
        let minor = (major * currency.minor_per_major() as f64).round();
        if !minor.is_finite() || minor.abs() > LARGEST_MINOR {
            return Err(Error::invalid(format!(
                "{major:e} {currency:?} is more money than we can keep; send less than {:e}",
                Self::largest(currency)
            )));
        }
        Ok(Self { minor: minor as i64, currency })
    }

    /// The most that is kept of a currency, in major units.
    pub fn largest(currency: Currency) -> f64 {
        LARGEST_MINOR / currency.minor_per_major() as f64
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

/// Figures of a decimal number that a float keeps, so that `0.1 + 0.2` is `0.3`.
const NOISE: f64 = 4.0 * f64::EPSILON;

/// What to send instead of an amount finer than the smallest unit of its currency: nobody can pay it, and rounding it
/// would keep another amount than was sent.
pub fn too_fine(major: f64, currency: Currency) -> Option<String> {
    let units = currency.minor_per_major() as f64;
    let minor = major * units;
    let is_whole = (minor - minor.round()).abs() <= minor.abs() * NOISE;
    (minor.is_finite() && !is_whole).then(|| {
        let (below, above) = (minor.floor() / units, minor.ceil() / units);
        format!("an amount in steps of {} {currency:?}, such as {below} or {above}", 1.0 / units)
    })
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
    fn what_is_finer_than_the_smallest_unit_is_refused_and_not_rounded() {
        let currency = |code: &str| Currency::current(code).unwrap();
        for (fine, code) in
            [(10.005, "USD"), (1.5, "JPY"), (0.000_1, "KWD"), (48_000.001, "EUR"), (-0.001, "USD")]
        {
            let refusal = Money::from_major(fine, currency(code)).unwrap_err().message;
            assert!(refusal.contains("in steps of "), "{refusal}");
        }
        let refusal = Money::from_major(10.005, Currency::USD).unwrap_err().message;
        assert_eq!(
            refusal,
            "10.005 USD is no amount of money; send an amount in steps of 0.01 USD, such as 10 or 10.01"
        );
        for (whole, code) in
            [(10.01, "USD"), (2.0, "JPY"), (0.001, "KWD"), (1_234_567_890.12, "EUR"), (0.07, "USD")]
        {
            let money = Money::from_major(whole, currency(code)).unwrap();
            assert_eq!(money.major(), whole);
        }
    }

    #[test]
    fn only_a_currency_in_use_can_be_asked_for_and_each_has_its_digits() {
        for wrong in ["ABC", "usd", "US", "EURO", "XXX", "XAU", "DEM", ""] {
            assert_eq!(Currency::current(wrong), None, "{wrong}");
        }
        let units = |code| Currency::current(code).unwrap().minor_per_major();
        assert_eq!(
            [units("USD"), units("JPY"), units("UGX"), units("KWD"), units("XCG")],
            [100, 1, 1, 1000, 100]
        );
        assert_eq!(Currency::try_from("DEM".to_owned()).unwrap().as_str(), "DEM", "kept before, still read");
    }

    #[test]
    fn currencies_are_not_mixed() {
        let euro: Currency = "EUR".to_owned().try_into().unwrap();
        let sum = Money { minor: 1, currency: Currency::USD }.plus(Money { minor: 1, currency: euro });
        assert!(sum.is_err());
    }
}
