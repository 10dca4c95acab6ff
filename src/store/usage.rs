//! Usage events: kept once by event id, rolled up per feature and civil day as they arrive.

use crate::{
    Tx,
    at::At,
    bulk::{self, KeptEvent, key},
    rollup::{Rollup, zone_of},
    text::{Text, body},
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::{
    Error, Result,
    id::{CustomerId, Feature, UserId},
    usage::{FeatureDay, UsageEvent, UserDays, civil_day, epoch_day},
};
use sqlx::{query, query_as};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ingested {
    pub accepted: usize,
    /// Event ids seen before: nothing changed.
    pub duplicates: usize,
    /// Of those, the ids that were seen with other content; what came first stays.
    pub differing: Vec<String>,
}

/// Beyond this a day's sum could leave what is exact.
const LARGEST: f64 = 1e15;

/// A customer's first event finds the zone its upsells named, or UTC until one does. Locks the row until commit, so
/// that a zone does not change under a batch.
const ENTER: &str = "insert into usage_customer (customer_id, zone) \
     values ($1, coalesce((select zone from customer where id = $1), 'UTC')) \
     on conflict (customer_id) do update set zone = usage_customer.zone returning zone, first_day, last_day";
const KNOWN_IN_SQLITE: &str = "select customer_id, zone, first_day, last_day from usage_customer \
     where customer_id in (select value from json_each($1))";
const KNOWN_IN_POSTGRES: &str = "select customer_id, zone, first_day, last_day from usage_customer \
     where customer_id = any($1) order by customer_id for update";
const FEATURE_DAYS: &str = "select feature, day, events, whole, billionths, latest, latest_at from usage_day \
     where customer_id = $1 and day >= $2 and day <= $3 order by feature, day";
const USER_DAYS: &str = "select feature, user_id, block, bits from usage_user \
     where customer_id = $1 and block >= $2 and block <= $3 order by feature, user_id, block";
/// Names of commitments lie between these two: `/` follows `.`.
const COMMITMENTS: &str = "select feature, day, events, whole, billionths, latest, latest_at from usage_day \
     where customer_id = $1 and day < $2 and feature >= 'value.committed.' and feature < 'value.committed/' \
     order by feature, day";
const SEATS: &str = "select feature, user_id, block, bits from usage_user where customer_id = $1 and block < $2 \
     and feature in ('seat.assigned', 'seat.removed') order by feature, user_id, block";
const SPAN: &str = "select first_day, last_day from usage_customer where customer_id = $1";
const COUNT: &str = "select count(*) from usage_event";
const POSITION: &str = "select position from import_position where digest = $1";
const SAVE_POSITION: &str = "insert into import_position (digest, position, saved_at) values ($1, $2, $3) \
     on conflict (digest) do update set position = excluded.position, saved_at = excluded.saved_at";

impl Tx {
    /// Stores a batch, updates roll-ups, and makes the touched customers' plans due ([`Tx::usage_changed`]).
    pub async fn ingest(&mut self, events: &[UsageEvent], now: DateTime<Utc>) -> Result<Ingested> {
        events.iter().try_for_each(refuse_unkeepable)?;
        let mut seen = HashSet::new();
        let mut once: Vec<&UsageEvent> = events.iter().filter(|event| seen.insert(key(event))).collect();
        once.sort_unstable_by_key(|event| key(event));
        let customers = self.enter_customers(&once).await?;
        let fresh = self.keep_events(&once).await?;
        let mut rollup = Rollup::default();
        for event in &fresh {
            rollup.add(event, customers[&event.customer].zone);
        }
        self.add_rollup(&rollup).await?;
        for (customer, span) in rollup.fed() {
            if !customers[*customer].covers(*span) {
                self.widen_span(customer, *span).await?;
            }
        }
        let changed: Vec<_> =
            rollup.spans().iter().map(|(customer, (first, _))| (*customer, *first)).collect();
        self.usages_changed(&changed, now).await?;
        let repeated = beside(&fresh, events);
        Ok(Ingested {
            accepted: fresh.len(),
            duplicates: repeated.len(),
            differing: self.differing(&repeated).await?,
        })
    }

    /// Ids of repeated events whose content is not what was kept.
    async fn differing(&mut self, repeated: &[&UsageEvent]) -> Result<Vec<String>> {
        if repeated.is_empty() {
            return Ok(Vec::new());
        }
        let kept = on!(self,
            sqlite db => bulk::kept_in_sqlite(db, repeated).await,
            postgres db => bulk::kept_in_postgres(db, repeated).await)?;
        let kept: HashSet<_> = kept.into_iter().collect();
        let other = repeated.iter().filter(|event| !kept.contains(&KeptEvent::of(event)));
        Ok(other.map(|event| event.event_id.clone()).collect())
    }

    /// Customers new to us enter in order of their ids, so that two batches do not wait for each other in a circle.
    async fn enter_customers(&mut self, events: &[&UsageEvent]) -> Result<BTreeMap<CustomerId, Counted>> {
        let names: BTreeSet<&CustomerId> = events.iter().map(|event| &event.customer).collect();
        let json = body(&names)?;
        let rows: Vec<CustomerRow> = on!(self,
            sqlite db => query_as(KNOWN_IN_SQLITE).bind(&json).fetch_all(db).await,
            postgres db => query_as(KNOWN_IN_POSTGRES)
                .bind(names.iter().map(Text::of).collect::<Vec<_>>()).fetch_all(db).await)?;
        let mut customers = BTreeMap::new();
        for (customer, zone, first, last) in rows {
            customers.insert(CustomerId(customer), Counted::of(&zone, first, last)?);
        }
        for name in names {
            if !customers.contains_key(name) {
                let (zone, first, last): (String, Option<i64>, Option<i64>) =
                    on!(self, db => query_as(ENTER).bind(Text::of(name)).fetch_one(db).await)?;
                customers.insert(name.clone(), Counted::of(&zone, first, last)?);
            }
        }
        Ok(customers)
    }

    /// Returns those that were not there before.
    async fn keep_events<'a>(&mut self, events: &[&'a UsageEvent]) -> Result<Vec<&'a UsageEvent>> {
        on!(self,
            sqlite db => bulk::events_in_sqlite(db, events).await,
            postgres db => bulk::events_in_postgres(db, events).await)
    }

    /// Roll-ups of a customer within civil days `from..=to`, by feature and day.
    pub async fn feature_days(
        &mut self,
        customer: &CustomerId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<FeatureDay>> {
        let rows: Vec<DayRow> = on!(self, db => query_as(FEATURE_DAYS)
            .bind(Text::of(customer))
            .bind(i64::from(epoch_day(from)))
            .bind(i64::from(epoch_day(to)))
            .fetch_all(db).await)?;
        Ok(rows.into_iter().map(feature_day).collect())
    }

    /// User bitmaps of a customer touching civil days `from..=to`.
    pub async fn user_days(
        &mut self,
        customer: &CustomerId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<UserDays>> {
        let rows: Vec<(String, String, i64, i64)> = on!(self, db => query_as(USER_DAYS)
            .bind(Text::of(customer))
            .bind(i64::from(UserDays::place(from).0))
            .bind(i64::from(UserDays::place(to).0))
            .fetch_all(db).await)?;
        Ok(rows.into_iter().map(user_days).collect())
    }

    /// Roll-ups of what was committed to a customer before a civil day.
    pub async fn commitments_before(
        &mut self,
        customer: &CustomerId,
        day: NaiveDate,
    ) -> Result<Vec<FeatureDay>> {
        let rows: Vec<DayRow> = on!(self, db => query_as(COMMITMENTS)
            .bind(Text::of(customer)).bind(i64::from(epoch_day(day))).fetch_all(db).await)?;
        Ok(rows.into_iter().map(feature_day).collect())
    }

    /// Bitmaps of seats assigned and removed that end before those of [`Tx::user_days`] from a civil day on begin.
    pub async fn seats_before(&mut self, customer: &CustomerId, day: NaiveDate) -> Result<Vec<UserDays>> {
        let rows: Vec<(String, String, i64, i64)> = on!(self, db => query_as(SEATS)
            .bind(Text::of(customer)).bind(i64::from(UserDays::place(day).0)).fetch_all(db).await)?;
        Ok(rows.into_iter().map(user_days).collect())
    }

    /// First and last civil day with any usage of a customer's products; see [`domain::reserved`] for what is none.
    pub async fn usage_span(&mut self, customer: &CustomerId) -> Result<Option<(NaiveDate, NaiveDate)>> {
        let row: Option<(Option<i64>, Option<i64>)> =
            on!(self, db => query_as(SPAN).bind(Text::of(customer)).fetch_optional(db).await)?;
        let span = row.and_then(|(first, last)| first.zip(last));
        Ok(span.map(|(first, last)| (civil_day(first as i32), civil_day(last as i32))))
    }

    pub async fn count_usage_events(&mut self) -> Result<u64> {
        let (count,): (i64,) = on!(self, db => query_as(COUNT).fetch_one(db).await)?;
        Ok(count as u64)
    }

    /// How far an import of a file (by content digest) got, in bytes of its uncompressed text.
    pub async fn import_position(&mut self, digest: &str) -> Result<u64> {
        let row: Option<(i64,)> =
            on!(self, db => query_as(POSITION).bind(Text::of(digest)).fetch_optional(db).await)?;
        Ok(row.map_or(0, |(position,)| position as u64))
    }

    pub async fn save_import_position(
        &mut self,
        digest: &str,
        position: u64,
        now: DateTime<Utc>,
    ) -> Result<()> {
        on!(self, db => query(SAVE_POSITION)
            .bind(Text::of(digest)).bind(position as i64).bind(At::from(now)).execute(db).await.map(|_| ()))
    }
}

type CustomerRow = (String, String, Option<i64>, Option<i64>);

/// How a customer's usage is counted: in which zone, and from and to which civil day so far.
struct Counted {
    zone: Tz,
    span: Option<(i64, i64)>,
}

impl Counted {
    fn of(zone: &str, first: Option<i64>, last: Option<i64>) -> Result<Self> {
        Ok(Self { zone: zone_of(zone)?, span: first.zip(last) })
    }
    fn covers(&self, (first, last): (i32, i32)) -> bool {
        self.span.is_some_and(|span| span.0 <= i64::from(first) && i64::from(last) <= span.1)
    }
}

/// The events that are not among the fresh ones: those that came before, in this batch or an earlier one.
fn beside<'a>(fresh: &[&UsageEvent], events: &'a [UsageEvent]) -> Vec<&'a UsageEvent> {
    let fresh: HashSet<*const UsageEvent> = fresh.iter().map(|event| std::ptr::from_ref(*event)).collect();
    events.iter().filter(|event| !fresh.contains(&std::ptr::from_ref(*event))).collect()
}

fn refuse_unkeepable(event: &UsageEvent) -> Result<()> {
    if event.count.is_finite() && event.count.abs() <= LARGEST {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "count of event `{}`: received {}, send a number between -1e15 and 1e15",
        event.event_id, event.count
    )))
}

pub(crate) type DayRow = (String, i64, i64, i64, i64, f64, At);

pub(crate) fn feature_day(
    (feature, day, events, whole, billionths, latest, latest_at): DayRow,
) -> FeatureDay {
    FeatureDay {
        feature: Feature(feature),
        day: civil_day(day as i32),
        events,
        sum: whole as f64 + billionths as f64 / 1e9,
        latest,
        latest_at: latest_at.into(),
    }
}

pub(crate) fn user_days((feature, user, block, bits): (String, String, i64, i64)) -> UserDays {
    UserDays { feature: Feature(feature), user: UserId(user), block: block as i32, bits: bits as u64 }
}
