//! What is wrong with a registration, all of it at once, or the upsell it tells of.

use super::RegisterUpsell;
use crate::Context;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{
    Error, Result,
    error::FieldFault,
    id::CustomerId,
    money::{Currency, Money},
    upsell::{Arr, Customer, Upsell, UpsellDetails, UpsellSource},
};

/// A signed sale may close this many days from now, and its entitlement start within two years of the close.
const CLOSES_WITHIN: TimeDelta = TimeDelta::days(31);
const STARTS_WITHIN: TimeDelta = TimeDelta::days(730);

impl RegisterUpsell {
    pub(super) async fn checked(&self, cx: &mut Context) -> Result<Upsell> {
        let known = self.known_customers(cx).await?;
        let now = cx.now();
        let zone = self.zone(known.first());
        let currency = self.currency.clone().map_or(Ok(Currency::USD), Currency::try_from);
        let arr = currency.and_then(|currency| Money::from_major(self.arr_increase, currency));
        let mut faults = self.faults(now);
        faults.extend(ambiguous(&self.customer, &known));
        if let Err(fault) = &zone {
            faults.push(fault.clone());
        }
        if let Err(error) = &arr {
            faults.push(FieldFault::new("currency", self.said_money(), error.message.clone()));
        }
        match (zone, arr) {
            (Ok(zone), Ok(arr)) if faults.is_empty() => Ok(self.upsell(cx, known.first(), zone, arr)),
            _ => Err(Error::faults(faults)),
        }
    }

    async fn known_customers(&self, cx: &mut Context) -> Result<Vec<Customer>> {
        let Some(id) = &self.customer_id else {
            let found = cx.tx.customers_named(self.customer.trim()).await?;
            let by_id = found.iter().position(|customer| customer.id.0 == self.customer.trim());
            return Ok(by_id.map_or(found.clone(), |index| vec![found[index].clone()]));
        };
        let found = cx.tx.customers_named(&id.0).await?;
        Ok(found.into_iter().filter(|customer| customer.id == *id).collect())
    }

    fn upsell(&self, cx: &Context, known: Option<&Customer>, zone: Tz, arr: Money) -> Upsell {
        let given = self.customer.trim();
        let (id, name) = match (&self.customer_id, known) {
            (Some(id), _) => (id.clone(), given.to_owned()),
            (None, Some(known)) => (known.id.clone(), known.name.clone()),
            (None, None) => (CustomerId::from(given), given.to_owned()),
        };
        Upsell {
            id: cx.new_id(),
            source: self.source,
            opportunity_id: self.opportunity_id.clone(),
            customer: Customer {
                id,
                name,
                zone,
                industry: self.industry.clone().or_else(|| known?.industry.clone()),
                segment: self.segment.clone().or_else(|| known?.segment.clone()),
            },
            details: UpsellDetails {
                products: self.products.clone(),
                arr: Arr(arr),
                close_date: self.close_date,
                sales_rep: self.sales_rep.clone(),
            },
            goals: self.goals.clone(),
            owner: self.owner.clone(),
            entitlement_start: self.entitlement_start,
            seats: self.seats,
            seats_before: self.seats_before,
            detected_at: cx.now(),
            ended: None,
        }
    }

    /// The zone given, else the customer's as it is known, else UTC.
    fn zone(&self, known: Option<&Customer>) -> Result<Tz, FieldFault> {
        let Some(name) = &self.time_zone else { return Ok(known.map_or(Tz::UTC, |known| known.zone)) };
        name.parse().map_err(|_| {
            FieldFault::new("timeZone", format!("{name:?}"), "an IANA zone such as America/New_York or UTC")
        })
    }

    fn said_money(&self) -> String {
        format!("{} {}", self.arr_increase, self.currency.as_deref().unwrap_or("USD"))
    }

    fn faults(&self, now: DateTime<Utc>) -> Vec<FieldFault> {
        let mut faults = self.text_faults();
        let mut check = |field: &str, holds: bool, received: String, wanted: &str| {
            if !holds {
                faults.push(FieldFault::new(field, received, wanted));
            }
        };
        let is_amount = self.arr_increase.is_finite() && self.arr_increase >= 0.0;
        check("arrIncrease", is_amount, self.arr_increase.to_string(), "an amount from 0");
        let latest = (now + CLOSES_WITHIN).date_naive();
        let earliest = NaiveDate::from_ymd_opt(2000, 1, 1).expect("a date");
        let close = self.close_date;
        let wanted = format!("a day from {earliest} to {latest}: the sale is closed");
        check("closeDate", (earliest..=latest).contains(&close), close.to_string(), &wanted);
        if let Some(start) = self.entitlement_start {
            let distance = start.signed_duration_since(close).abs();
            let wanted = "a day within two years of the close date";
            check("entitlementStart", distance <= STARTS_WITHIN, start.to_string(), wanted);
        }
        let seats = self.seats;
        check("seats", seats != Some(0), "0".to_owned(), "a number above 0, or leave it out");
        if let Some(before) = self.seats_before {
            let holds = seats.is_none_or(|seats| before <= seats);
            check("seatsBefore", holds, before.to_string(), "at most `seats`: an upsell adds seats");
        }
        faults
    }

    fn text_faults(&self) -> Vec<FieldFault> {
        let is_text = |text: &str| !text.trim().is_empty() && text.len() <= 500 && !text.contains('\0');
        let products = self.products.iter().enumerate().map(|(i, p)| (format!("products[{i}]"), &p.0));
        let goals = self.goals.iter().enumerate().map(|(i, goal)| (format!("goals[{i}]"), goal));
        let optional = [
            ("customer", Some(&self.customer)),
            ("customerId", self.customer_id.as_ref().map(|id| &id.0)),
            ("opportunityId", self.opportunity_id.as_ref().map(|id| &id.0)),
            ("salesRep", self.sales_rep.as_ref()),
            ("owner", self.owner.as_ref()),
            ("industry", self.industry.as_ref()),
            ("segment", self.segment.as_ref()),
        ];
        let optional =
            optional.into_iter().filter_map(|(field, text)| text.map(|text| (field.to_owned(), text)));
        let mut faults: Vec<FieldFault> = products
            .chain(goals)
            .chain(optional)
            .filter(|(_, text)| !is_text(text))
            .map(|(field, text)| {
                let shown: String = text.chars().take(40).collect();
                FieldFault::new(field, format!("{shown:?}"), "1 to 500 characters, not all blank")
            })
            .collect();
        if self.source == UpsellSource::Salesforce && self.opportunity_id.is_none() {
            faults.push(FieldFault::new(
                "opportunityId",
                "nothing",
                "the Salesforce opportunity's id, or source manual",
            ));
        }
        faults
    }
}

fn ambiguous(given: &str, known: &[Customer]) -> Option<FieldFault> {
    let ids: Vec<&str> = known.iter().take(5).map(|customer| customer.id.0.as_str()).collect();
    (known.len() > 1).then(|| {
        let wanted = format!("the customerId of the one meant: {}", ids.join(", "));
        FieldFault::new("customer", format!("{given:?}, a name {} customers have", known.len()), wanted)
    })
}
