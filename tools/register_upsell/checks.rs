//! What is wrong with a registration, all of it at once, or the upsell it tells of.

use super::RegisterUpsell;
use crate::{Context, stated};
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
        let zone = self.zone(known.first());
        let arr = Money::from_major(self.arr_increase, self.currency().unwrap_or(Currency::USD));
        let mut faults = self.single_faults(cx.now());
        faults.extend(self.joint_faults());
        faults.extend(ambiguous(&self.customer, &known));
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
            (None, Some(known)) => (known.id.clone(), known.name.as_str().to_owned()),
            (None, None) => (CustomerId::from(given), given.to_owned()),
        };
        Upsell {
            id: cx.new_id(),
            source: self.source,
            opportunity_id: self.opportunity_id.clone(),
            customer: Customer {
                id,
                name: name.into(),
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

    fn currency(&self) -> Result<Currency, FieldFault> {
        let Some(code) = &self.currency else { return Ok(Currency::USD) };
        Currency::current(code).ok_or_else(|| {
            let wanted = "an ISO 4217 code in three capital letters, such as USD or EUR";
            FieldFault::new("currency", format!("{code:?}"), wanted)
        })
    }

    /// What is wrong with each argument by itself.
    pub(super) fn single_faults(&self, now: DateTime<Utc>) -> Vec<FieldFault> {
        let mut faults = self.text_faults();
        let currency = self.currency();
        let most = Money::largest(*currency.as_ref().unwrap_or(&Currency::USD));
        if !(0.0..=most).contains(&self.arr_increase) {
            let wanted = format!("an amount from 0 to {most:e}");
            faults.push(FieldFault::new("arrIncrease", self.arr_increase.to_string(), wanted));
        } else if let Ok(currency) = currency {
            faults.extend(stated::money("arrIncrease", self.arr_increase, currency.as_str()));
        }
        faults.extend(currency.err());
        faults.extend(self.zone(None).err());
        let latest = (now + CLOSES_WITHIN).date_naive();
        let earliest = NaiveDate::from_ymd_opt(2000, 1, 1).expect("a date");
        if !(earliest..=latest).contains(&self.close_date) {
            let wanted = format!("a day from {earliest} to {latest}: the sale is closed");
            faults.push(FieldFault::new("closeDate", self.close_date.to_string(), wanted));
        }
        if self.seats == Some(0) {
            faults.push(FieldFault::new("seats", "0", "a number above 0, or leave it out"));
        }
        faults
    }

    /// What is wrong with one argument beside another.
    fn joint_faults(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        if self.source == UpsellSource::Salesforce && self.opportunity_id.is_none() {
            let wanted = "the Salesforce opportunity's id, or source manual";
            faults.push(FieldFault::new("opportunityId", "nothing", wanted));
        }
        let is_far = |start: &NaiveDate| start.signed_duration_since(self.close_date).abs() > STARTS_WITHIN;
        if let Some(start) = self.entitlement_start.filter(is_far) {
            let wanted = "a day within two years of the close date";
            faults.push(FieldFault::new("entitlementStart", start.to_string(), wanted));
        }
        if let Some(before) =
            self.seats_before.filter(|before| self.seats.is_some_and(|seats| *before > seats))
        {
            let wanted = "at most `seats`: an upsell adds seats";
            faults.push(FieldFault::new("seatsBefore", before.to_string(), wanted));
        }
        faults
    }

    fn text_faults(&self) -> Vec<FieldFault> {
        let is_text = |text: &str| !text.trim().is_empty() && text.len() <= 500;
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
        products
            .chain(goals)
            .chain(optional)
            .filter(|(_, text)| !is_text(text))
            .map(|(field, text)| {
                let shown: String = text.chars().take(40).collect();
                FieldFault::new(field, format!("{shown:?}"), "1 to 500 characters, not all blank")
            })
            .collect()
    }
}

fn ambiguous(given: &str, known: &[Customer]) -> Option<FieldFault> {
    let ids: Vec<&str> = known.iter().take(5).map(|customer| customer.id.0.as_str()).collect();
    (known.len() > 1).then(|| {
        let wanted = format!("the customerId of the one meant: {}", ids.join(", "));
        FieldFault::new("customer", format!("{given:?}, a name {} customers have", known.len()), wanted)
    })
}
