//! Upsells and their customers.

use crate::{
    Tx,
    text::{Text, body, parsed, stored},
};
use domain::{
    Error, Result,
    error::FieldFault,
    id::{OpportunityId, PlanId, UpsellId, UpsellRef},
    upsell::{Customer, Upsell, UpsellSource},
};
use sqlx::{query, query_as};
use std::collections::BTreeSet;

/// The upsell's body, and its customer as known by now: name, zone, industry, segment.
pub(crate) type Row = (String, String, String, Option<String>, Option<String>);

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select u.body, c.name, c.zone, c.industry, c.segment \
             from upsell u join customer c on c.id = u.customer_id ",
            $rest
        )
    };
}

const SAVE_CUSTOMER: &str = "insert into customer (id, name, name_folded, zone, industry, segment) \
     values ($1, $2, $3, $4, $5, $6) on conflict (id) do update set name = excluded.name, \
     name_folded = excluded.name_folded, zone = excluded.zone, \
     industry = coalesce(excluded.industry, customer.industry), \
     segment = coalesce(excluded.segment, customer.segment)";
const NAME_OF: &str = "select name from customer where id = $1";
const INSERT: &str = "insert into upsell (id, source, opportunity_id, customer_id, close_date, body) \
     values ($1, $2, $3, $4, $5, $6)";
const UPDATE: &str = "update upsell set source = $2, opportunity_id = $3, customer_id = $4, close_date = $5, \
     body = $6 where id = $1";
const DROP_PRODUCTS: &str = "delete from upsell_product where upsell_id = $1";
const ADD_PRODUCT: &str = "insert into upsell_product (upsell_id, product) values ($1, $2)";
const BY_ID: &str = select!("where u.id = $1");
const BY_PLAN: &str = select!("join plan p on p.upsell_id = u.id where p.id = $1");
const BY_OPPORTUNITY: &str = select!("where u.opportunity_id = $1 order by u.id limit 6");
const BY_CUSTOMER: &str =
    select!("where c.name_folded = $1 or c.id = $2 order by u.close_date desc, u.id limit 6");
const OF_OPPORTUNITY: &str = select!("where u.source = $1 and u.opportunity_id = $2");
const WITHOUT_PLAN: &str = select!(
    "join standing s on s.upsell_id = u.id where s.plan_id is null and s.is_ended = 0 \
     order by s.close_date, s.upsell_id limit $1"
);

impl Tx {
    /// Stores a new upsell and its customer (an existing customer's name, zone, industry and segment are refreshed;
    /// a changed zone rebuilds the customer's usage roll-ups).
    pub async fn insert_upsell(&mut self, upsell: &Upsell) -> Result<()> {
        self.save_customer(upsell).await?;
        self.write_upsell(INSERT, upsell).await?;
        self.insert_standing(upsell).await?;
        self.write_products(upsell).await
    }

    /// Stores what changed; an upsell that ended is assessed at once.
    pub async fn update_upsell(&mut self, upsell: &Upsell) -> Result<()> {
        // The plan's row first, then its portfolio line: an assessment takes them in this order.
        if upsell.ended.is_some() {
            self.look_soon(upsell.id).await?;
        }
        self.save_customer(upsell).await?;
        if self.write_upsell(UPDATE, upsell).await? == 0 {
            return Err(no_upsell(upsell.id));
        }
        self.update_standing(upsell).await?;
        on!(self, db => query(DROP_PRODUCTS).bind(Text::of(&upsell.id)).execute(db).await.map(|_| ()))?;
        self.write_products(upsell).await
    }

    async fn save_customer(&mut self, upsell: &Upsell) -> Result<()> {
        let customer = &upsell.customer;
        let before: Option<(String,)> = on!(self, db => query_as(NAME_OF)
            .bind(Text::of(&customer.id)).fetch_optional(db).await)?;
        on!(self, db => query(SAVE_CUSTOMER)
            .bind(Text::of(&customer.id))
            .bind(Text::of(customer.name.as_str()))
            .bind(Text::of(&folded(&customer.name)))
            .bind(Text::of(&customer.zone))
            .bind(Text::maybe(customer.industry.as_ref()))
            .bind(Text::maybe(customer.segment.as_ref()))
            .execute(db).await.map(|_| ()))?;
        if before.is_some_and(|(name,)| customer.name != name.as_str()) {
            self.rename_standings(customer).await?;
        }
        self.count_usage_in(&customer.id, customer.zone, upsell.detected_at).await
    }

    async fn write_upsell(&mut self, sql: &'static str, upsell: &Upsell) -> Result<u64> {
        let json = body(upsell)?;
        on!(self, db => query(sql)
            .bind(Text::of(&upsell.id))
            .bind(upsell.source.as_str())
            .bind(Text::maybe(upsell.opportunity_id.as_ref()))
            .bind(Text::of(&upsell.customer.id))
            .bind(Text::of(&upsell.details.close_date))
            .bind(json.as_str())
            .execute(db).await.map(|done| done.rows_affected()))
    }

    async fn write_products(&mut self, upsell: &Upsell) -> Result<()> {
        for product in upsell.details.products.iter().collect::<BTreeSet<_>>() {
            on!(self, db => query(ADD_PRODUCT)
                .bind(Text::of(&upsell.id)).bind(Text::of(product)).execute(db).await.map(|_| ()))?;
        }
        Ok(())
    }

    /// The upsell meant by any of its names. `not_found`, or `invalid` when a customer name is not unique, each listing
    /// up to five candidates with ids.
    pub async fn upsell(&mut self, name: &UpsellRef) -> Result<Upsell> {
        let given = name.0.trim();
        if let Ok(id) = given.parse::<UpsellId>() {
            return match self.find_upsell(id).await? {
                Some(found) => Ok(found),
                None => Err(self.no_such_upsell(given).await?),
            };
        }
        let mut found = match given.parse::<PlanId>() {
            Ok(plan) => self.upsells_by(BY_PLAN, &plan.to_string()).await?,
            Err(_) => self.upsells_by(BY_OPPORTUNITY, given).await?,
        };
        if found.is_empty() {
            let rows: Vec<Row> = on!(self, db => query_as(BY_CUSTOMER)
                .bind(Text::of(&folded(given))).bind(Text::of(given)).fetch_all(db).await)?;
            found = rows.into_iter().map(upsell).collect::<Result<_>>()?;
        }
        match found.len() {
            0 => Err(self.no_such_upsell(given).await?),
            1 => Ok(found.remove(0)),
            _ => Err(ambiguous(given, &found)),
        }
    }

    async fn upsells_by(&mut self, sql: &'static str, name: &str) -> Result<Vec<Upsell>> {
        let rows: Vec<Row> = on!(self, db => query_as(sql).bind(Text::of(name)).fetch_all(db).await)?;
        rows.into_iter().map(upsell).collect()
    }

    pub async fn upsell_by_id(&mut self, id: UpsellId) -> Result<Upsell> {
        self.find_upsell(id).await?.ok_or_else(|| no_upsell(id))
    }

    async fn find_upsell(&mut self, id: UpsellId) -> Result<Option<Upsell>> {
        let row: Option<Row> = on!(self, db => query_as(BY_ID).bind(Text::of(&id)).fetch_optional(db).await)?;
        row.map(upsell).transpose()
    }

    pub async fn upsell_of_opportunity(
        &mut self,
        source: UpsellSource,
        opportunity: &OpportunityId,
    ) -> Result<Option<Upsell>> {
        let row: Option<Row> = on!(self, db => query_as(OF_OPPORTUNITY)
            .bind(source.as_str()).bind(Text::of(opportunity)).fetch_optional(db).await)?;
        row.map(upsell).transpose()
    }

    /// Upsells that have no plan and did not end, oldest close first.
    pub async fn upsells_without_plan(&mut self, limit: u32) -> Result<Vec<Upsell>> {
        let rows: Vec<Row> =
            on!(self, db => query_as(WITHOUT_PLAN).bind(i64::from(limit)).fetch_all(db).await)?;
        rows.into_iter().map(upsell).collect()
    }
}

/// An upsell with its customer as known by now, not as first captured.
pub(crate) fn upsell((json, name, zone, industry, segment): Row) -> Result<Upsell> {
    let mut upsell: Upsell = stored(&json)?;
    let id = upsell.customer.id;
    upsell.customer = Customer { id, name: name.into(), zone: parsed(&zone)?, industry, segment };
    Ok(upsell)
}

/// Lower case by Unicode, which SQLite's own `lower` does not do.
pub(crate) fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

pub(crate) fn no_upsell(id: UpsellId) -> Error {
    Error::not_found(format!("there is no upsell {id}; list_measurements names those there are"))
}

fn ambiguous(given: &str, found: &[Upsell]) -> Error {
    let listed: Vec<String> = found.iter().take(5).map(candidate).collect();
    let more = if found.len() > 5 { ", and more" } else { "" };
    let wanted = format!("the id of one: {}{more}", listed.join(", "));
    Error::faults(vec![FieldFault::new("upsell", format!("{given:?}, which names more than one"), wanted)])
}

pub(crate) fn candidate(upsell: &Upsell) -> String {
    let products: Vec<&str> = upsell.details.products.iter().map(|product| product.0.as_str()).collect();
    format!("{} ({}, closed {})", upsell.id, products.join(" and "), upsell.details.close_date)
}
