//! The list of measurements: filters, order and pages, all in SQL.

use crate::{
    Tx,
    at::At,
    text::{Text, parsed, stored},
    upsells::folded,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Error, Result,
    id::{OpportunityId, PlanId, UpsellId},
    money::{Currency, Money},
    status::{DataState, Status},
    upsell::Upsell,
};
use sqlx::query_as;

/// One line of the portfolio.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioRow {
    pub upsell: UpsellId,
    pub plan: Option<PlanId>,
    pub opportunity: Option<OpportunityId>,
    pub customer: String,
    pub products: Vec<String>,
    pub owner: Option<String>,
    pub arr: Money,
    pub close_date: NaiveDate,
    pub detected_at: DateTime<Utc>,
    pub status: Option<Status>,
    pub data_state: Option<DataState>,
    pub gap_points: Option<f64>,
    /// Attainment forecast for the last day, in percent of the way.
    pub forecast: Option<f64>,
    /// Day of the last evaluation, counted from day 0.
    pub day: Option<i32>,
    pub next_checkpoint_day: Option<u16>,
    pub next_checkpoint_at: Option<DateTime<Utc>>,
    /// `success`, `partial`, `at_risk`, `failed` once documented.
    pub outcome: Option<String>,
    pub plan_waits_for: Option<String>,
    pub evaluated_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Furthest behind first, ties by ARR.
    #[default]
    Gap,
    /// Largest first.
    Arr,
    /// Soonest first; those without one last.
    NextCheckpoint,
}

#[derive(Debug, Clone, Default)]
pub struct PortfolioFilter {
    /// Part of a customer's or product's name, ignoring case.
    pub text: Option<String>,
    pub statuses: Vec<Status>,
    pub product: Option<String>,
    pub owner: Option<String>,
    /// `success`, `partial`, `at_risk`, `failed`, or `pending`.
    pub outcome: Option<String>,
    /// Next checkpoint scheduled at or before.
    pub due_by: Option<DateTime<Utc>>,
    /// `true`: only upsells without a plan that did not end.
    pub needs_plan: bool,
    /// Only measurements without a documented outcome.
    pub active_only: bool,
    pub order: Order,
    /// 0 for all.
    pub limit: u32,
    /// Continues after the row with this cursor, as given in [`Page::next`].
    pub cursor: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub rows: Vec<PortfolioRow>,
    /// Rows that match, over all pages.
    pub total: u64,
    pub next: Option<String>,
}

/// Counts by status of what matches a filter with its statuses left out.
#[derive(Debug, Clone, Default)]
pub struct StatusCounts {
    pub by_status: Vec<(Option<Status>, u64)>,
    /// New ARR (minor units, by currency) of upsells behind.
    pub behind_arr: Vec<Money>,
}

/// Rows that match: $1 name, $2 statuses, $3 product, $4 owner, $5 outcome, $6 due by, $7 needs a plan, $8 active only.
macro_rules! matching {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " from upsell u join customer c on c.id = u.customer_id left join plan p on p.upsell_id = u.id \
             where ($1 is null or c.name_folded like $1 escape '\\' or u.products_folded like $1 escape '\\') \
             and ($2 is null or $2 like '%,' || p.status || ',%') \
             and ($3 is null or exists \
                 (select 1 from upsell_product x where x.upsell_id = u.id and x.product = $3)) \
             and ($4 is null or u.owner = $4) \
             and ($5 is null or p.outcome = $5 or ($5 = 'pending' and p.outcome is null)) \
             and ($6 is null or p.next_checkpoint_at <= $6) \
             and ($7 = 0 or (u.has_plan = 0 and u.is_ended = 0)) \
             and ($8 = 0 or p.outcome is null) ",
            $rest
        )
    };
}

/// A page in an order: after the place ($10, $11, $12) if $9 is 1, at most $13 rows.
macro_rules! page_by {
    ($key:literal) => {
        matching!(
            "select u.body, c.name, u.plan_waits_for, p.id, p.status, p.data_state, p.gap_points, p.forecast, p.day, \
             p.next_checkpoint_day, p.next_checkpoint_at, p.outcome, p.evaluated_at",
            $key
        )
    };
}

const BY_GAP: &str = page_by!(
    "and ($9 = 0 or (coalesce(p.gap_points, 1e300), -u.arr_minor, u.id) > ($10, $11, $12)) \
     order by coalesce(p.gap_points, 1e300), -u.arr_minor, u.id limit $13"
);
const BY_ARR: &str = page_by!(
    "and ($9 = 0 or (cast(-u.arr_minor as double precision), -u.arr_minor, u.id) > ($10, $11, $12)) \
     order by -u.arr_minor, u.id limit $13"
);
const BY_CHECKPOINT: &str = page_by!(
    "and ($9 = 0 or (coalesce(p.next_checkpoint_at, '9999-12-31T00:00:00.000Z'), -u.arr_minor, u.id) \
        > ($10, $11, $12)) \
     order by coalesce(p.next_checkpoint_at, '9999-12-31T00:00:00.000Z'), -u.arr_minor, u.id limit $13"
);
const COUNT: &str = matching!("select count(*)", "");
const BY_STATUS: &str = matching!(
    "select p.status, u.currency, count(*), cast(sum(u.arr_minor) as bigint)",
    "group by p.status, u.currency order by p.status, u.currency"
);
const OWNERS: &str = "select distinct owner from upsell where owner is not null order by owner";
const PRODUCTS: &str = "select distinct product from upsell_product order by product";

/// Binds a filter's $1 to $8.
macro_rules! bind {
    ($query:expr, $filter:expr) => {
        $query
            .bind($filter.text.as_deref().map(pattern))
            .bind(statuses($filter))
            .bind(Text::maybe($filter.product.as_ref()))
            .bind(Text::maybe($filter.owner.as_ref()))
            .bind(Text::maybe($filter.outcome.as_ref()))
            .bind($filter.due_by.map(At::from))
            .bind(i64::from($filter.needs_plan))
            .bind(i64::from($filter.active_only))
    };
}

type Row = (
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<f64>,
    Option<f64>,
    Option<i64>,
    Option<i64>,
    Option<At>,
    Option<String>,
    Option<At>,
);

impl Tx {
    pub async fn portfolio(&mut self, filter: &PortfolioFilter) -> Result<Page> {
        let (total,): (i64,) = on!(self, db => bind!(query_as(COUNT), filter).fetch_one(db).await)?;
        let limit = if filter.limit == 0 { total.max(1) } else { i64::from(filter.limit) };
        // One more than asked for tells whether another page follows.
        let found = self.portfolio_rows(filter, limit + 1).await?;
        let mut rows: Vec<PortfolioRow> = found.into_iter().map(portfolio_row).collect::<Result<_>>()?;
        let is_last = rows.len() as i64 <= limit;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| !is_last).map(|row| Place::of(filter.order, row).cursor());
        Ok(Page { rows, total: total as u64, next })
    }

    async fn portfolio_rows(&mut self, filter: &PortfolioFilter, limit: i64) -> Result<Vec<Row>> {
        let place = filter.cursor.as_deref().map(|cursor| Place::read(filter.order, cursor)).transpose()?;
        let continues = i64::from(place.is_some());
        let place = place.unwrap_or_default();
        let (arr, id) = (-place.arr_minor, Text::of(&place.upsell));
        if filter.order == Order::NextCheckpoint {
            let at = DateTime::from_timestamp_millis(place.key as i64).map(At::from);
            return on!(self, db => bind!(query_as(BY_CHECKPOINT), filter)
                .bind(continues).bind(at).bind(arr).bind(id.clone()).bind(limit).fetch_all(db).await);
        }
        let sql = if filter.order == Order::Arr { BY_ARR } else { BY_GAP };
        on!(self, db => bind!(query_as(sql), filter)
            .bind(continues).bind(f64::from_bits(place.key)).bind(arr).bind(id.clone()).bind(limit)
            .fetch_all(db).await)
    }

    pub async fn status_counts(&mut self, filter: &PortfolioFilter) -> Result<StatusCounts> {
        let filter = &PortfolioFilter { statuses: Vec::new(), ..filter.clone() };
        let rows: Vec<(Option<String>, String, i64, i64)> =
            on!(self, db => bind!(query_as(BY_STATUS), filter).fetch_all(db).await)?;
        let mut counts = StatusCounts::default();
        for (status, currency, count, minor) in rows {
            let status = status.as_deref().and_then(Status::parse);
            match counts.by_status.iter_mut().find(|(counted, _)| *counted == status) {
                Some((_, sum)) => *sum += count as u64,
                None => counts.by_status.push((status, count as u64)),
            }
            if status == Some(Status::Behind) {
                let currency = Currency::try_from(currency).map_err(Error::internal)?;
                counts.behind_arr.push(Money { minor, currency });
            }
        }
        counts.by_status.sort_unstable();
        Ok(counts)
    }

    /// Owners and products on offer as filters, sorted.
    pub async fn filter_choices(&mut self) -> Result<(Vec<String>, Vec<String>)> {
        let owners: Vec<(String,)> = on!(self, db => query_as(OWNERS).fetch_all(db).await)?;
        let products: Vec<(String,)> = on!(self, db => query_as(PRODUCTS).fetch_all(db).await)?;
        let names = |rows: Vec<(String,)>| rows.into_iter().map(|row| row.0).collect();
        Ok((names(owners), names(products)))
    }
}

#[rustfmt::skip]
fn portfolio_row(
    (
        json, customer, plan_waits_for, plan, status, data_state, gap_points, forecast, day, next_day, next_at,
        outcome, evaluated_at,
    ): Row,
) -> Result<PortfolioRow> {
    let upsell: Upsell = stored(&json)?;
    Ok(PortfolioRow {
        upsell: upsell.id,
        plan: plan.as_deref().map(parsed).transpose()?,
        opportunity: upsell.opportunity_id,
        customer,
        products: upsell.details.products.into_iter().map(|product| product.0).collect(),
        owner: upsell.owner,
        arr: upsell.details.arr.0,
        close_date: upsell.details.close_date,
        detected_at: upsell.detected_at,
        status: status.as_deref().and_then(Status::parse),
        data_state: data_state.as_deref().and_then(DataState::parse),
        gap_points,
        forecast,
        day: day.map(|day| day as i32),
        next_checkpoint_day: next_day.map(|day| day as u16),
        next_checkpoint_at: next_at.map(DateTime::from),
        outcome,
        plan_waits_for,
        evaluated_at: evaluated_at.map(DateTime::from),
    })
}

/// Any text that holds the words, whatever signs they have.
fn pattern(words: &str) -> Text {
    let literal = folded(words).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    Text::of(&format!("%{literal}%"))
}

/// `,behind,at_risk,`; `None` when any status will do.
fn statuses(filter: &PortfolioFilter) -> Option<String> {
    let words: Vec<&str> = filter.statuses.iter().map(|status| status.as_str()).collect();
    (!words.is_empty()).then(|| format!(",{},", words.join(",")))
}

/// A row's place in an order.
#[derive(Debug, PartialEq)]
struct Place {
    order: Order,
    /// The bits of the gap or of the negative ARR, or the checkpoint's milliseconds.
    key: u64,
    arr_minor: i64,
    upsell: UpsellId,
}

impl Default for Place {
    fn default() -> Self {
        Self { order: Order::Gap, key: 0, arr_minor: 0, upsell: UpsellId::from_bits(0) }
    }
}

impl Place {
    fn of(order: Order, row: &PortfolioRow) -> Self {
        let key = match order {
            Order::Gap => row.gap_points.unwrap_or(NO_GAP).to_bits(),
            Order::Arr => (-row.arr.minor as f64).to_bits(),
            Order::NextCheckpoint => {
                row.next_checkpoint_at.map_or(NO_CHECKPOINT, |at| at.timestamp_millis()) as u64
            }
        };
        Self { order, key, arr_minor: row.arr.minor, upsell: row.upsell }
    }

    fn cursor(&self) -> String {
        format!("{}.{:x}.{}.{}", word(self.order), self.key, self.arr_minor, self.upsell)
    }

    fn read(order: Order, cursor: &str) -> Result<Self> {
        let mut parts = cursor.split('.');
        let place = (|| {
            let same = parts.next()? == word(order);
            let key = u64::from_str_radix(parts.next()?, 16).ok()?;
            let arr_minor = parts.next()?.parse().ok()?;
            let upsell = parts.next()?.parse().ok()?;
            (same && parts.next().is_none()).then_some(Self { order, key, arr_minor, upsell })
        })();
        place.ok_or_else(|| {
            Error::invalid(
                "cursor is not one of this list; send `next` of the page before, with the same order",
            )
        })
    }
}

/// Sorts after every gap, and after every checkpoint (9999-12-31): the places of rows that have none.
const NO_GAP: f64 = 1e300;
const NO_CHECKPOINT: i64 = 253_402_214_400_000;

const fn word(order: Order) -> &'static str {
    match order {
        Order::Gap => "gap",
        Order::Arr => "arr",
        Order::NextCheckpoint => "checkpoint",
    }
}
