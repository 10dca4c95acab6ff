//! A closed expansion: who bought what, for how much, and why.

use crate::{
    id::{CustomerId, OpportunityId, Product, UpsellId},
    money::{Currency, Money},
    text::Name,
    unknown_text,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How we learned of the upsell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline, description = "")]
pub enum UpsellSource {
    Salesforce,
    Amendment,
    Manual,
}

impl UpsellSource {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Salesforce => "salesforce",
            Self::Amendment => "amendment",
            Self::Manual => "manual",
        }
    }
}

/// A closed upsell as it was captured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Upsell {
    pub id: UpsellId,
    pub source: UpsellSource,
    /// The CRM's opportunity; empty for a manual entry without one.
    #[serde(with = "unknown_text", default)]
    #[schemars(with = "String")]
    pub opportunity_id: Option<OpportunityId>,
    pub customer: Customer,
    #[serde(rename = "upsellDetails")]
    pub details: UpsellDetails,
    /// What the customer said they want, in their words.
    pub goals: Vec<String>,
    /// The customer success manager who answers for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
    /// Day the customer may use what they bought, if it is not the close date.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entitlement_start: Option<NaiveDate>,
    /// Seats entitled after the upsell, and before it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seats: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seats_before: Option<u32>,
    /// When we learned of it: the 48-hour clock starts here, and is also told from the close.
    pub detected_at: DateTime<Utc>,
    /// Set when the expansion was cancelled or cut; the upsell then leaves the base of the coverage figure.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended: Option<Ended>,
}

impl Upsell {
    /// Day 0: entitlement start if known, else the close date (`methods.md` 1).
    pub fn day_zero(&self) -> NaiveDate {
        self.entitlement_start.unwrap_or(self.details.close_date)
    }

    /// The same, an end unknown at `at` left out.
    #[must_use]
    pub fn known_at(mut self, at: DateTime<Utc>) -> Self {
        self.ended = self.ended.filter(|ended| ended.recorded_at <= at);
        self
    }

    /// Civil day of the hard end, if there was one.
    pub fn ended_on(&self) -> Option<NaiveDate> {
        self.ended.as_ref().map(|ended| ended.on)
    }
}

/// The customer as the upsell saw them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    pub id: CustomerId,
    pub name: Name,
    /// IANA zone; days are civil days here.
    #[schemars(with = "String")]
    pub zone: Tz,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub industry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub segment: Option<String>,
}

/// The specification's `upsellDetails`, plus the currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpsellDetails {
    pub products: Vec<Product>,
    #[serde(flatten)]
    #[schemars(with = "ArrWire")]
    pub arr: Arr,
    pub close_date: NaiveDate,
    /// Empty when unknown.
    #[serde(with = "unknown_text", default)]
    #[schemars(with = "String")]
    pub sales_rep: Option<String>,
}

/// New annual recurring revenue: on the wire `arrIncrease` in major units and `currency`, kept in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ArrWire", into = "ArrWire")]
pub struct Arr(pub Money);

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ArrWire {
    /// New annual recurring revenue in major units of `currency`.
    arr_increase: f64,
    currency: Currency,
}

impl TryFrom<ArrWire> for Arr {
    type Error = crate::Error;
    fn try_from(wire: ArrWire) -> crate::Result<Self> {
        Money::from_major(wire.arr_increase, wire.currency).map(Self)
    }
}

impl From<Arr> for ArrWire {
    fn from(Arr(money): Arr) -> Self {
        Self { arr_increase: money.major(), currency: money.currency }
    }
}

/// A hard end of the expansion before its measurement was over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    pub on: NaiveDate,
    pub reason: String,
    /// When we learned of it.
    pub recorded_at: DateTime<Utc>,
}
