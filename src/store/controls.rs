//! Accounts that did not expand, and the usage of many accounts at once: what an expanded one is compared with.

use crate::{
    Tx,
    at::At,
    text::{Text, body},
    usage::{feature_day, user_days},
};
use chrono::NaiveDate;
use domain::{
    Result,
    id::{CustomerId, Feature},
    usage::{FeatureDay, UserDays, civil_day, epoch_day},
};
use sqlx::{FromRow, postgres::PgRow, query_as, sqlite::SqliteRow};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

/// A customer whose usage is known while nothing was sold to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexpanded {
    pub customer: CustomerId,
    /// Of a customer known only by its usage it is not known.
    pub segment: Option<String>,
    /// First and last civil day with any usage.
    pub span: (NaiveDate, NaiveDate),
}

/// The usage of one customer within some days, of some features.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CustomerUsage {
    /// First and last civil day with any usage, of any feature.
    pub span: Option<(NaiveDate, NaiveDate)>,
    pub days: Vec<FeatureDay>,
    pub users: Vec<UserDays>,
}

/// Which usage is read: of which customers, of which features, from and to which civil day.
#[derive(Debug, Clone, Copy)]
pub struct UsageWanted<'a> {
    pub customers: &'a [CustomerId],
    /// As a selector spells them: with a trailing `.*` the feature and all below it.
    pub features: &'a [Feature],
    pub from: NaiveDate,
    pub to: NaiveDate,
}

const UNEXPANDED: &str = "select c.customer_id, k.segment, c.first_day, c.last_day from usage_customer c \
     left join customer k on k.id = c.customer_id where c.first_day is not null and c.last_day is not null \
     and not exists (select 1 from upsell u where u.customer_id = c.customer_id \
     and u.close_date >= $1 and u.close_date <= $2) order by c.customer_id";
const SPANS_IN_SQLITE: &str = "select customer_id, first_day, last_day from usage_customer \
     where customer_id in (select value from json_each($1))";
const SPANS_IN_POSTGRES: &str =
    "select customer_id, first_day, last_day from usage_customer where customer_id = any($1)";

/// A feature counts when it is one of the names, or lies below one of the roots (`export.` of `export.*`).
macro_rules! in_sqlite {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " and (feature in (select value from json_each($4)) or exists (select 1 from json_each($5) root \
             where substr(feature, 1, length(root.value)) = root.value))",
            $rest
        )
    };
}
macro_rules! in_postgres {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " and (feature = any($4) or exists (select 1 from unnest($5) root where starts_with(feature, root)))",
            $rest
        )
    };
}

const USERS_OF_IN_SQLITE: &str = in_sqlite!(
    "select c.value from json_each($1) c where exists (select 1 from usage_day d where d.customer_id = c.value \
     and d.day >= $2 and d.day <= $3",
    ")"
);
const USERS_OF_IN_POSTGRES: &str = in_postgres!(
    "select c from unnest($1) c where exists (select 1 from usage_day d where d.customer_id = c \
     and d.day >= $2 and d.day <= $3",
    ")"
);
const DAYS_IN_SQLITE: &str = in_sqlite!(
    "select customer_id, feature, day, events, whole, billionths, latest, latest_at from usage_day \
     where customer_id in (select value from json_each($1)) and day >= $2 and day <= $3",
    ""
);
const DAYS_IN_POSTGRES: &str = in_postgres!(
    "select customer_id, feature, day, events, whole, billionths, latest, latest_at from usage_day \
     where customer_id = any($1) and day >= $2 and day <= $3",
    ""
);
const USERS_IN_SQLITE: &str = in_sqlite!(
    "select customer_id, feature, user_id, block, bits from usage_user \
     where customer_id in (select value from json_each($1)) and block >= $2 and block <= $3",
    ""
);
const USERS_IN_POSTGRES: &str = in_postgres!(
    "select customer_id, feature, user_id, block, bits from usage_user \
     where customer_id = any($1) and block >= $2 and block <= $3",
    ""
);

impl Tx {
    /// Customers with usage to whom nothing was sold that closed within the days, in the order of their ids.
    pub async fn unexpanded(&mut self, from: NaiveDate, to: NaiveDate) -> Result<Vec<Unexpanded>> {
        let rows: Vec<(String, Option<String>, i64, i64)> = on!(self, db => query_as(UNEXPANDED)
            .bind(Text::of(&from)).bind(Text::of(&to)).fetch_all(db).await)?;
        let unexpanded = |(customer, segment, first, last)| Unexpanded {
            customer: CustomerId(customer),
            segment,
            span: (civil_day(first as i32), civil_day(last as i32)),
        };
        Ok(rows.into_iter().map(unexpanded).collect())
    }

    /// Those of the customers who used any of the features within the days.
    pub async fn users_of(&mut self, wanted: UsageWanted<'_>) -> Result<BTreeSet<CustomerId>> {
        let sql = (USERS_OF_IN_SQLITE, USERS_OF_IN_POSTGRES);
        let rows: Vec<(String,)> = self.wanted(sql, wanted, epoch_day).await?;
        Ok(rows.into_iter().map(|(customer,)| CustomerId(customer)).collect())
    }

    /// The usage of many customers, in three queries.
    pub async fn usage_of(&mut self, wanted: UsageWanted<'_>) -> Result<BTreeMap<CustomerId, CustomerUsage>> {
        let mut usage: BTreeMap<CustomerId, CustomerUsage> = BTreeMap::new();
        for (customer, first, last) in self.spans_of(wanted.customers).await? {
            let span = first.zip(last).map(|(first, last)| (civil_day(first as i32), civil_day(last as i32)));
            usage.entry(CustomerId(customer)).or_default().span = span;
        }
        let days: Vec<OwnedDay> = self.wanted((DAYS_IN_SQLITE, DAYS_IN_POSTGRES), wanted, epoch_day).await?;
        for (customer, feature, day, events, whole, billionths, latest, latest_at) in days {
            let day = feature_day((feature, day, events, whole, billionths, latest, latest_at));
            usage.entry(CustomerId(customer)).or_default().days.push(day);
        }
        let block = |day| UserDays::place(day).0;
        let users: Vec<OwnedUser> = self.wanted((USERS_IN_SQLITE, USERS_IN_POSTGRES), wanted, block).await?;
        for (customer, feature, user, block, bits) in users {
            let users = &mut usage.entry(CustomerId(customer)).or_default().users;
            users.push(user_days((feature, user, block, bits)));
        }
        Ok(usage)
    }

    async fn spans_of(&mut self, customers: &[CustomerId]) -> Result<Vec<Span>> {
        let json = body(&customers)?;
        on!(self,
            sqlite db => query_as(SPANS_IN_SQLITE).bind(&json).fetch_all(db).await,
            postgres db => query_as(SPANS_IN_POSTGRES).bind(texts(customers)).fetch_all(db).await)
    }

    /// Rows of what is wanted, its days counted by `place`; one statement for each database.
    async fn wanted<R>(
        &mut self,
        (in_sqlite, in_postgres): (&'static str, &'static str),
        UsageWanted { customers, features, from, to }: UsageWanted<'_>,
        place: fn(NaiveDate) -> i32,
    ) -> Result<Vec<R>>
    where
        R: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let (from, to) = (i64::from(place(from)), i64::from(place(to)));
        let roots: Vec<&str> = features.iter().filter_map(|feature| feature.0.strip_suffix('*')).collect();
        let names: Vec<&str> =
            features.iter().map(|name| name.0.strip_suffix(".*").unwrap_or(&name.0)).collect();
        let (some, named, below) = (body(&customers)?, body(&names)?, body(&roots)?);
        on!(self,
            sqlite db => query_as(in_sqlite)
                .bind(&some).bind(from).bind(to).bind(&named).bind(&below).fetch_all(db).await,
            postgres db => query_as(in_postgres)
                .bind(texts(customers)).bind(from).bind(to).bind(texts(&names)).bind(texts(&roots))
                .fetch_all(db).await)
    }
}

type Span = (String, Option<i64>, Option<i64>);
type OwnedDay = (String, String, i64, i64, i64, i64, f64, At);
type OwnedUser = (String, String, String, i64, i64);

fn texts(names: &[impl Display]) -> Vec<Text> {
    names.iter().map(Text::of).collect()
}
