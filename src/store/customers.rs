//! Customers, kept with their upsells.

use crate::{
    Tx,
    text::{Text, body, parsed},
    upsells::folded,
};
use domain::{Result, id::CustomerId, money::Currency, upsell::Customer};
use sqlx::query_as;
use std::collections::BTreeSet;

type Row = (String, String, String, Option<String>, Option<String>);

const NAMED: &str = "select id, name, zone, industry, segment from customer \
     where id = $1 or name_folded = $2 order by case when id = $1 then 0 else 1 end, id limit 6";

const KNOWN_IN_SQLITE: &str = "select id from customer where id in (select value from json_each($1))";
const KNOWN_IN_POSTGRES: &str = "select id from customer where id = any($1)";
const CURRENCIES: &str = "select distinct s.currency from upsell u join standing s on s.upsell_id = u.id \
     where u.customer_id = $1 order by s.currency";

impl Tx {
    /// Those of the ids that no upsell is registered for, in order.
    pub async fn unknown_customers(&mut self, ids: &BTreeSet<&CustomerId>) -> Result<Vec<CustomerId>> {
        let json = body(ids)?;
        let known: Vec<(String,)> = on!(self,
            sqlite db => query_as(KNOWN_IN_SQLITE).bind(&json).fetch_all(db).await,
            postgres db => query_as(KNOWN_IN_POSTGRES)
                .bind(ids.iter().map(Text::of).collect::<Vec<_>>()).fetch_all(db).await)?;
        let known: BTreeSet<&str> = known.iter().map(|(id,)| id.as_str()).collect();
        Ok(ids.iter().filter(|id| !known.contains(id.0.as_str())).map(|id| (*id).clone()).collect())
    }

    /// What the customer's upsells are priced in.
    pub async fn currencies_of(&mut self, customer: &CustomerId) -> Result<Vec<Currency>> {
        let rows: Vec<(String,)> =
            on!(self, db => query_as(CURRENCIES).bind(Text::of(customer)).fetch_all(db).await)?;
        rows.into_iter().map(|(code,)| Currency::try_from(code)).collect()
    }

    /// Customers with this id or this whole name, ignoring case; the one with the id first, at most six.
    pub async fn customers_named(&mut self, name: &str) -> Result<Vec<Customer>> {
        let rows: Vec<Row> = on!(self, db => query_as(NAMED)
            .bind(Text::of(name)).bind(Text::of(&folded(name))).fetch_all(db).await)?;
        rows.into_iter().map(customer).collect()
    }
}

fn customer((id, name, zone, industry, segment): Row) -> Result<Customer> {
    Ok(Customer { id: CustomerId(id), name: name.into(), zone: parsed(&zone)?, industry, segment })
}
