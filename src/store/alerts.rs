//! Alerts, one per episode.

use crate::{
    Tx,
    at::At,
    text::{Text, body, stored},
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::{
    Error, Result,
    alert::{Alert, AlertRule, AlertState},
    digest::OwnerWeek,
    id::{AlertId, UpsellId},
};
use sqlx::{query, query_as};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Default)]
pub struct AlertFilter {
    pub upsell: Option<UpsellId>,
    pub owner: Option<String>,
    /// `open`, `acknowledged`, `snoozed`, `closed`; all when `None`.
    pub state: Option<String>,
    /// Raised at or after.
    pub since: Option<DateTime<Utc>>,
    pub held: Held,
    /// 0 for all.
    pub limit: u32,
    /// Continues after this alert (newest first order).
    pub after: Option<AlertId>,
}

/// Whether an alert is told by itself or in a digest only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Held {
    #[default]
    Either,
    Told,
    InDigest,
}

const INSERT: &str = "insert into alert \
     (id, upsell_id, metric, rule, episode, state, owner, raised_at, snoozed_until, body, digest_id, to_share) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing";
const SAVE: &str = "update alert set state = $2, owner = $3, snoozed_until = $4, body = $5, digest_id = $6, \
     to_share = $7 where id = $1";
const PLACE: &str = "update alert set body = $2, digest_id = $3 where id = $1";
const TO_SHARE: &str = "select body from alert where to_share = 1 order by raised_at limit $1";
const SHARED: &str = "update alert set to_share = 0 \
     where to_share = 1 and owner = $1 and raised_at >= $2 and raised_at < $3";
const SHARED_IDLE: &str = "update alert set to_share = 0 where id in \
     (select id from alert where to_share = 1 and owner = $1 and raised_at >= $2 and raised_at < $3 \
      for update skip locked)";
const BY_ID: &str = "select body from alert where id = $1";
const BY_ID_LOCKED: &str = "select body from alert where id = $1 for update";
const BY_ID_IDLE: &str = "select body from alert where id = $1 for update skip locked";
const LATEST: &str = "select body from alert a where upsell_id = $1 and episode = \
     (select max(episode) from alert b \
      where b.upsell_id = a.upsell_id and b.metric = a.metric and b.rule = a.rule) order by rule, metric";
/// Alerts that match: $1 upsell, $2 owner, $3 state, $4 raised at or after, $5 in a digest. What they are reached
/// through stands before the rest, so that an index serves it together with the order.
macro_rules! matching {
    ($through:literal, $select:expr, $rest:expr) => {
        concat!(
            $select,
            " from alert where ",
            $through,
            " ($1 is null or upsell_id = $1) and ($2 is null or owner = $2) and ($3 is null or state = $3) \
             and raised_at >= $4 and ($5 is null or (digest_id is null) = ($5 = 0)) ",
            $rest
        )
    };
}

/// What alerts are reached through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Through {
    Upsell,
    Owner,
    State,
    All,
}

/// One text for each way to the alerts.
macro_rules! texts {
    ($through:expr, $select:expr, $rest:expr) => {
        match $through {
            Through::Upsell => matching!("upsell_id = $1 and", $select, $rest),
            Through::Owner => matching!("owner = $2 and", $select, $rest),
            Through::State => matching!("state = $3 and", $select, $rest),
            Through::All => matching!("", $select, $rest),
        }
    };
}

pub(crate) const fn list_text(through: Through) -> &'static str {
    texts!(through, "select body", "and (raised_at, id) < ($6, $7) order by raised_at desc, id desc limit $8")
}

pub(crate) const fn count_text(through: Through) -> &'static str {
    texts!(through, "select count(*)", "")
}

const PLACE_OF: &str = "select raised_at from alert where id = $1";
/// Before and after every alert.
const FIRST: DateTime<Utc> = moment(0);
const LAST: DateTime<Utc> = moment(9999);
const OF_WEEK: &str = "select body from alert where owner = $1 and raised_at >= $2 and raised_at < $3 \
     and rule <> 'digest' order by raised_at, id";
const ONE_AT_A_TIME: &str = "select pg_advisory_xact_lock($1)";
/// Of all locks in the database, who shares out alerts takes this one.
const SHARING: i64 = 0x616c_6572_7473;

/// Binds a filter's $1 to $5.
macro_rules! bind {
    ($query:expr, $filter:expr) => {
        $query
            .bind(Text::maybe($filter.upsell.as_ref()))
            .bind(Text::maybe($filter.owner.as_ref()))
            .bind(Text::maybe($filter.state.as_ref()))
            .bind(At::from($filter.since.unwrap_or(FIRST)))
            .bind($filter.held.number())
    };
}

impl Tx {
    /// Stores a new alert; `false` when an alert of the same upsell, metric, rule and episode stands already.
    pub async fn insert_alert(&mut self, alert: &Alert) -> Result<bool> {
        let body = body(alert)?;
        let done = on!(self, db => query(INSERT)
            .bind(Text::of(&alert.id))
            .bind(Text::of(&alert.upsell))
            .bind(Text::of(&place(alert)))
            .bind(alert.rule.as_str())
            .bind(i64::from(alert.episode))
            .bind(alert.state.as_str())
            .bind(Text::maybe(alert.owner.as_ref()))
            .bind(At::from(alert.raised_at))
            .bind(snoozed_until(alert))
            .bind(body.as_str())
            .bind(Text::maybe(alert.digest.as_ref()))
            .bind(to_share(alert))
            .execute(db).await.map(|done| done.rows_affected()))?;
        Ok(done == 1)
    }

    /// Stores what became of an alert; its owner's week is to be shared out again.
    pub async fn save_alert(&mut self, alert: &Alert) -> Result<()> {
        let body = body(alert)?;
        let done = on!(self, db => query(SAVE)
            .bind(Text::of(&alert.id))
            .bind(alert.state.as_str())
            .bind(Text::maybe(alert.owner.as_ref()))
            .bind(snoozed_until(alert))
            .bind(body.as_str())
            .bind(Text::maybe(alert.digest.as_ref()))
            .bind(to_share(alert))
            .execute(db).await.map(|done| done.rows_affected()))?;
        if done == 1 { Ok(()) } else { Err(no_alert(alert.id)) }
    }

    /// Moves an alert into a digest or out of it, as its week was shared out.
    pub async fn place_alert(&mut self, alert: &Alert) -> Result<()> {
        let body = body(alert)?;
        let done = on!(self, db => query(PLACE)
            .bind(Text::of(&alert.id))
            .bind(body.as_str())
            .bind(Text::maybe(alert.digest.as_ref()))
            .execute(db).await.map(|done| done.rows_affected()))?;
        if done == 1 { Ok(()) } else { Err(no_alert(alert.id)) }
    }

    /// The weeks of up to `limit` alerts that changed since their week was last shared out, oldest first.
    pub async fn weeks_to_share(&mut self, limit: u32) -> Result<BTreeSet<OwnerWeek>> {
        let rows: Vec<(String,)> =
            on!(self, db => query_as(TO_SHARE).bind(i64::from(limit)).fetch_all(db).await)?;
        let alerts: Result<Vec<Alert>> = rows.iter().map(|row| stored(&row.0)).collect();
        Ok(alerts?.iter().filter_map(OwnerWeek::of).collect())
    }

    /// Counts what changed in a week as shared out; how many alerts that was. One that somebody changes this moment
    /// waits for the next time: its change is not to be seen yet.
    pub async fn week_is_shared(&mut self, week: &OwnerWeek) -> Result<u64> {
        let sql = self.locking(SHARED, SHARED_IDLE);
        on!(self, db => query(sql)
            .bind(Text::of(&week.owner))
            .bind(At::from(week.starts()))
            .bind(At::from(week.ends()))
            .execute(db).await.map(|done| done.rows_affected()))
    }

    /// Locked until commit.
    pub async fn alert(&mut self, id: AlertId) -> Result<Alert> {
        match self.find_alert(id).await? {
            Some(found) => Ok(found),
            None => Err(self.no_such_alert(id).await?),
        }
    }

    /// The latest episode of each (metric, rule) of an upsell.
    pub async fn latest_alerts_of(&mut self, upsell: UpsellId) -> Result<Vec<Alert>> {
        let rows: Vec<(String,)> =
            on!(self, db => query_as(LATEST).bind(Text::of(&upsell)).fetch_all(db).await)?;
        rows.iter().map(|row| stored(&row.0)).collect()
    }

    /// Every alert of a CSM's week but its digest, in whatever state.
    pub async fn alerts_of_week(&mut self, week: &OwnerWeek) -> Result<Vec<Alert>> {
        let rows: Vec<(String,)> = on!(self, db => query_as(OF_WEEK)
            .bind(Text::of(&week.owner))
            .bind(At::from(week.starts()))
            .bind(At::from(week.ends()))
            .fetch_all(db).await)?;
        rows.iter().map(|row| stored(&row.0)).collect()
    }

    /// The alert, locked until commit, if there is one.
    pub async fn find_alert(&mut self, id: AlertId) -> Result<Option<Alert>> {
        let sql = self.locking(BY_ID, BY_ID_LOCKED);
        let row: Option<(String,)> =
            on!(self, db => query_as(sql).bind(Text::of(&id)).fetch_optional(db).await)?;
        row.map(|row| stored(&row.0)).transpose()
    }

    /// The alert, locked until commit, unless somebody else has it locked.
    pub async fn idle_alert(&mut self, id: AlertId) -> Result<Option<Alert>> {
        let sql = self.locking(BY_ID, BY_ID_IDLE);
        let row: Option<(String,)> =
            on!(self, db => query_as(sql).bind(Text::of(&id)).fetch_optional(db).await)?;
        row.map(|row| stored(&row.0)).transpose()
    }

    /// Until commit nobody else shares out alerts: who counts a week's alerts sees what others moved. SQLite's writer
    /// is alone anyway.
    pub async fn share_alerts_alone(&mut self) -> Result<()> {
        on!(self, sqlite _db => Ok(()),
            postgres db => query(ONE_AT_A_TIME).bind(SHARING).execute(db).await.map(|_| ()))
    }

    /// Newest first.
    pub async fn list_alerts(&mut self, filter: &AlertFilter) -> Result<Vec<Alert>> {
        let limit = if filter.limit == 0 { i64::MAX } else { i64::from(filter.limit) };
        let Some((before, id)) = self.place_before(filter).await? else { return Ok(Vec::new()) };
        let rows: Vec<(String,)> = on!(self, db => bind!(query_as(list_text(filter.through())), filter)
            .bind(before)
            .bind(Text::maybe(id.as_ref()))
            .bind(limit)
            .fetch_all(db).await)?;
        rows.iter().map(|row| stored(&row.0)).collect()
    }

    /// Where a page begins: before this moment, and before this id at it. `None`: after an alert that is none.
    async fn place_before(&mut self, filter: &AlertFilter) -> Result<Option<(At, Option<AlertId>)>> {
        let Some(after) = filter.after else { return Ok(Some((LAST.into(), None))) };
        let place: Option<(At,)> =
            on!(self, db => query_as(PLACE_OF).bind(Text::of(&after)).fetch_optional(db).await)?;
        Ok(place.map(|(raised_at,)| (raised_at, Some(after))))
    }

    /// How many match, over all pages.
    pub async fn count_alerts(&mut self, filter: &AlertFilter) -> Result<u64> {
        let (count,): (i64,) =
            on!(self, db => bind!(query_as(count_text(filter.through())), filter).fetch_one(db).await)?;
        Ok(count as u64)
    }
}

impl AlertFilter {
    /// By what the fewest have in common.
    const fn through(&self) -> Through {
        match (&self.upsell, &self.owner, &self.state) {
            (Some(_), ..) => Through::Upsell,
            (None, Some(_), _) => Through::Owner,
            (None, None, Some(_)) => Through::State,
            (None, None, None) => Through::All,
        }
    }
}

/// New Year of a year that the store can keep.
const fn moment(year: i32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(year, 1, 1).expect("a date").and_time(NaiveTime::MIN).and_utc()
}

impl Held {
    const fn number(self) -> Option<i64> {
        match self {
            Self::Either => None,
            Self::Told => Some(0),
            Self::InDigest => Some(1),
        }
    }
}

/// What an alert's episodes count by beside upsell and rule: its metric, and for a digest the week it is of.
fn place(alert: &Alert) -> String {
    if alert.rule == AlertRule::Digest {
        return alert.id.to_string();
    }
    alert.metric.as_ref().map_or_else(String::new, |metric| metric.0.clone())
}

/// Of an alert that counts in somebody's week.
fn to_share(alert: &Alert) -> i64 {
    i64::from(OwnerWeek::of(alert).is_some())
}

fn snoozed_until(alert: &Alert) -> Option<At> {
    match alert.state {
        AlertState::Snoozed { until } => Some(until.into()),
        AlertState::Open | AlertState::Acknowledged | AlertState::Closed { .. } => None,
    }
}

fn no_alert(id: AlertId) -> Error {
    Error::not_found(format!("there is no alert {id}; list_alerts names those there are"))
}
