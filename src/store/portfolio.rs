//! The list of measurements: filters, order and pages, all in SQL.

use crate::{
    Tx,
    at::At,
    text::{Text, parsed, stored},
    upsells::folded,
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use domain::{
    Error, Result,
    error::FieldFault,
    id::{OpportunityId, PlanId, UpsellId},
    money::{Currency, Money},
    status::{DataState, Status},
};
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type, query_as};

/// One line of the portfolio.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioRow {
    pub upsell: UpsellId,
    pub plan: Option<PlanId>,
    pub opportunity: Option<OpportunityId>,
    pub customer: String,
    /// Where the customer's days are counted.
    pub zone: Tz,
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
    pub documented_at: Option<DateTime<Utc>>,
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

/// Rows that match: $1 name, $2 $9 $10 $11 statuses, $3 product, $4 owner, $5 outcome, $6 due by, $7 needs a plan,
/// $8 active only, $12 letters of the name. What they are reached through stands before the rest, so that an index
/// serves it; the rest only sorts out.
macro_rules! matching {
    ($select:expr, $through:literal, $rest:expr) => {
        concat!(
            $select,
            " from standing s where ",
            $through,
            " ($1 is null or s.customer_folded like $1 escape '\\' or s.products_folded like $1 escape '\\') \
             and ($2 is null or s.status in ($2, $9, $10, $11)) \
             and ($3 is null or exists \
                 (select 1 from upsell_product x where x.upsell_id = s.upsell_id and x.product = $3)) \
             and ($4 is null or s.owner = $4) \
             and ($5 is null or s.outcome = $5 or ($5 = 'pending' and s.outcome is null)) \
             and ($6 is null or s.next_checkpoint_at <= $6) \
             and ($7 = 0 or (s.plan_id is null and s.is_ended = 0)) \
             and ($8 = 0 or s.outcome is null) and ($12 is null or $12 = $12) ",
            $rest
        )
    };
}

/// What rows are reached through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Through {
    All,
    /// Those under way.
    Open,
    Planless,
    Owner,
    Product,
    /// Three letters in a row that few names have.
    Letters,
    Outcome,
    Due,
    OpenDue,
    Statuses,
    OpenStatuses,
}

impl Through {
    #[cfg(test)]
    pub(crate) const EVERY: [Self; 11] = [
        Self::All,
        Self::Open,
        Self::Planless,
        Self::Owner,
        Self::Product,
        Self::Letters,
        Self::Outcome,
        Self::Due,
        Self::OpenDue,
        Self::Statuses,
        Self::OpenStatuses,
    ];
}

/// One text for each way to the rows.
macro_rules! texts {
    ($through:expr, $select:expr, $rest:expr) => {
        match $through {
            Through::All => matching!($select, "", $rest),
            Through::Open => matching!($select, "s.outcome is null and", $rest),
            // Every day is after the empty one: bounded, the index of those without a plan is taken for any order.
            Through::Planless => matching!(
                $select,
                "s.plan_id is null and s.is_ended = 0 and s.close_date >= '' and",
                $rest
            ),
            Through::Owner => matching!($select, "s.owner = $4 and", $rest),
            Through::Product => matching!(
                $select,
                "s.upsell_id in (select p.upsell_id from upsell_product p where p.product = $3) and",
                $rest
            ),
            Through::Letters => matching!(
                $select,
                "s.upsell_id in (select l.upsell_id from standing_letters l where l.letters = $12) and",
                $rest
            ),
            Through::Outcome => matching!($select, "s.outcome = $5 and", $rest),
            Through::Due => matching!($select, "s.checkpoint_place <= $6 and", $rest),
            Through::OpenDue => {
                matching!($select, "s.outcome is null and s.checkpoint_place <= $6 and", $rest)
            }
            Through::Statuses => matching!($select, "s.status in ($2, $9, $10, $11) and", $rest),
            Through::OpenStatuses => {
                matching!($select, "s.outcome is null and s.status in ($2, $9, $10, $11) and", $rest)
            }
        }
    };
}

/// A page in an order, after the place ($13, $14, $15), at most $16 rows. Places are never null, so that an index
/// serves order and cursor at once.
macro_rules! page_by {
    ($through:expr, $after:literal) => {
        texts!(
            $through,
            "select s.upsell_id, s.plan_id, s.opportunity_id, s.customer, s.products, s.owner, s.arr_minor, \
             s.currency, s.close_date, s.detected_at, s.status, s.data_state, s.gap_points, s.forecast, s.day, \
             s.next_checkpoint_day, s.next_checkpoint_at, s.outcome, s.plan_waits_for, s.evaluated_at, \
             (select c.zone from upsell u join customer c on c.id = u.customer_id where u.id = s.upsell_id), \
             (select o.documented_at from outcome o where o.plan_id = s.plan_id)",
            $after
        )
    };
}

pub(crate) const fn page_text(order: Order, through: Through) -> &'static str {
    match order {
        Order::Gap => page_by!(
            through,
            "and (s.gap_place, s.arr_place, s.upsell_id) > ($13, $14, $15) \
             order by s.gap_place, s.arr_place, s.upsell_id limit $16"
        ),
        Order::Arr => page_by!(
            through,
            "and (s.arr_place, s.upsell_id) > ($14, $15) and $13 = $13 order by s.arr_place, s.upsell_id limit $16"
        ),
        Order::NextCheckpoint => page_by!(
            through,
            "and (s.checkpoint_place, s.arr_place, s.upsell_id) > ($13, $14, $15) \
             order by s.checkpoint_place, s.arr_place, s.upsell_id limit $16"
        ),
    }
}

pub(crate) const fn count_text(through: Through) -> &'static str {
    texts!(through, "select count(*)", "")
}

pub(crate) const fn statuses_text(through: Through) -> &'static str {
    texts!(
        through,
        "select s.status, s.currency, count(*), cast(sum(s.arr_minor) as bigint)",
        "group by s.status, s.currency order by s.status, s.currency"
    )
}

/// How many there are, up to a limit: what many have is no way to few rows.
const FEW_OF_OWNER: &str = "select count(*) from (select 1 from standing where owner = $1 limit $2) as few";
const FEW_OF_PRODUCT: &str =
    "select count(*) from (select 1 from upsell_product where product = $1 limit $2) as few";
const FEW_OF_LETTERS: &str =
    "select count(*) from (select 1 from standing_letters where letters = $1 limit $2) as few";
/// Rows that are sorted faster than looked for in their order.
const FEW: i64 = 500;
/// Groups of letters looked at for one that few names have.
const MOST_LETTERS: usize = 12;

/// One name after another straight off an index, however many rows have each.
pub(crate) const OWNERS: &str = "with recursive n (name) as (select min(owner) from standing where owner is not null \
     union all select (select min(s.owner) from standing s where s.owner > n.name) from n where n.name is not null) \
     select name from n where name is not null order by name";
pub(crate) const PRODUCTS: &str = "with recursive n (name) as (select min(product) from upsell_product \
     union all select (select min(p.product) from upsell_product p where p.product > n.name) \
     from n where n.name is not null) select name from n where name is not null order by name";

/// Binds a filter's $1 to $12.
macro_rules! bind {
    ($query:expr, $filter:expr, $letters:expr) => {{
        let chosen = Status::ALL.into_iter().filter(|status| $filter.statuses.contains(status));
        let mut statuses = chosen.map(Status::as_str);
        let [first, second, third, fourth] = std::array::from_fn(|_| statuses.next());
        $query
            .bind($filter.text.as_deref().map(pattern))
            .bind(first)
            .bind(Text::maybe($filter.product.as_ref()))
            .bind(Text::maybe($filter.owner.as_ref()))
            .bind(Text::maybe($filter.outcome.as_ref()))
            .bind($filter.due_by.map(At::from))
            .bind(i64::from($filter.needs_plan))
            .bind(i64::from($filter.active_only))
            .bind(second)
            .bind(third)
            .bind(fourth)
            .bind($letters.map(|letters: &String| Text::of(letters)))
    }};
}

/// The row as it is stored.
struct Line {
    upsell: String,
    plan: Option<String>,
    opportunity: Option<String>,
    customer: String,
    products: String,
    owner: Option<String>,
    arr_minor: i64,
    currency: String,
    close_date: String,
    detected_at: At,
    status: Option<String>,
    data_state: Option<String>,
    gap_points: Option<f64>,
    forecast: Option<f64>,
    day: Option<i64>,
    next_checkpoint_day: Option<i64>,
    next_checkpoint_at: Option<At>,
    outcome: Option<String>,
    plan_waits_for: Option<String>,
    evaluated_at: Option<At>,
    zone: String,
    documented_at: Option<At>,
}

/// By hand, for tuples end at sixteen columns.
impl<'r, R: Row> FromRow<'r, R> for Line
where
    usize: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    f64: Decode<'r, R::Database> + Type<R::Database>,
    At: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        Ok(Self {
            upsell: row.try_get(0)?,
            plan: row.try_get(1)?,
            opportunity: row.try_get(2)?,
            customer: row.try_get(3)?,
            products: row.try_get(4)?,
            owner: row.try_get(5)?,
            arr_minor: row.try_get(6)?,
            currency: row.try_get(7)?,
            close_date: row.try_get(8)?,
            detected_at: row.try_get(9)?,
            status: row.try_get(10)?,
            data_state: row.try_get(11)?,
            gap_points: row.try_get(12)?,
            forecast: row.try_get(13)?,
            day: row.try_get(14)?,
            next_checkpoint_day: row.try_get(15)?,
            next_checkpoint_at: row.try_get(16)?,
            outcome: row.try_get(17)?,
            plan_waits_for: row.try_get(18)?,
            evaluated_at: row.try_get(19)?,
            zone: row.try_get(20)?,
            documented_at: row.try_get(21)?,
        })
    }
}

impl Tx {
    pub async fn portfolio(&mut self, filter: &PortfolioFilter) -> Result<Page> {
        let (few, letters) = self.few(filter).await?;
        let count = count_text(few.unwrap_or_else(|| filter.of_all()));
        let (total,): (i64,) =
            on!(self, db => bind!(query_as(count), filter, letters.as_ref()).fetch_one(db).await)?;
        let limit = if filter.limit == 0 { total.max(1) } else { i64::from(filter.limit) };
        let through = few.unwrap_or_else(|| filter.in_order());
        // One more than asked for tells whether another page follows.
        let found = self.portfolio_rows(filter, (through, letters.as_ref()), limit + 1).await?;
        let mut rows: Vec<PortfolioRow> = found.into_iter().map(portfolio_row).collect::<Result<_>>()?;
        let is_last = rows.len() as i64 <= limit;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| !is_last).map(|row| Place::of(filter.order, row).cursor());
        Ok(Page { rows, total: total as u64, next })
    }

    /// All that match by one way, in their order.
    #[cfg(test)]
    pub(crate) async fn ids_through(
        &mut self,
        filter: &PortfolioFilter,
        through: Through,
    ) -> Result<Vec<String>> {
        let rows = self.portfolio_rows(filter, (through, None), i64::MAX).await?;
        Ok(rows.into_iter().map(|row| row.upsell).collect())
    }

    async fn portfolio_rows(
        &mut self,
        filter: &PortfolioFilter,
        (through, letters): (Through, Option<&String>),
        limit: i64,
    ) -> Result<Vec<Line>> {
        let place = filter.cursor.as_deref().map(|cursor| Place::read(filter.order, cursor)).transpose()?;
        let place = place.unwrap_or_else(|| Place::first(filter.order));
        let (arr, id) = (place.arr_rank, Text::of(&place.upsell));
        let sql = page_text(filter.order, through);
        match place.key {
            Key::Gap(gap) => {
                on!(self, db => bind!(query_as(sql), filter, letters)
                    .bind(gap).bind(arr).bind(id.clone()).bind(limit).fetch_all(db).await)
            }
            Key::Checkpoint(at) => {
                on!(self, db => bind!(query_as(sql), filter, letters)
                    .bind(At::from(at)).bind(arr).bind(id.clone()).bind(limit).fetch_all(db).await)
            }
        }
    }

    /// A way by which the filter's rows are among few, with the letters it leads through.
    async fn few(&mut self, filter: &PortfolioFilter) -> Result<(Option<Through>, Option<String>)> {
        if filter.needs_plan {
            return Ok((Some(Through::Planless), None));
        }
        if let Some(owner) = &filter.owner
            && self.are_few(FEW_OF_OWNER, owner).await?
        {
            return Ok((Some(Through::Owner), None));
        }
        if let Some(product) = &filter.product
            && self.are_few(FEW_OF_PRODUCT, product).await?
        {
            return Ok((Some(Through::Product), None));
        }
        for letters in filter.text.iter().flat_map(|text| letters(text)).take(MOST_LETTERS) {
            if self.are_few(FEW_OF_LETTERS, &letters).await? {
                return Ok((Some(Through::Letters), Some(letters)));
            }
        }
        Ok((None, None))
    }

    async fn are_few(&mut self, sql: &'static str, of: &str) -> Result<bool> {
        let (count,): (i64,) =
            on!(self, db => query_as(sql).bind(Text::of(of)).bind(FEW).fetch_one(db).await)?;
        Ok(count < FEW)
    }

    pub async fn status_counts(&mut self, filter: &PortfolioFilter) -> Result<StatusCounts> {
        let filter = &PortfolioFilter { statuses: Vec::new(), ..filter.clone() };
        let (few, letters) = self.few(filter).await?;
        let sql = statuses_text(few.unwrap_or_else(|| filter.of_all()));
        let rows: Vec<(Option<String>, String, i64, i64)> =
            on!(self, db => bind!(query_as(sql), filter, letters.as_ref()).fetch_all(db).await)?;
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

fn portfolio_row(line: Line) -> Result<PortfolioRow> {
    let currency = Currency::try_from(line.currency).map_err(Error::internal)?;
    Ok(PortfolioRow {
        upsell: parsed(&line.upsell)?,
        plan: line.plan.as_deref().map(parsed).transpose()?,
        opportunity: line.opportunity.map(OpportunityId),
        customer: line.customer,
        zone: parsed(&line.zone)?,
        products: stored(&line.products)?,
        owner: line.owner,
        arr: Money { minor: line.arr_minor, currency },
        close_date: parsed(&line.close_date)?,
        detected_at: line.detected_at.into(),
        status: line.status.as_deref().and_then(Status::parse),
        data_state: line.data_state.as_deref().and_then(DataState::parse),
        gap_points: line.gap_points,
        forecast: line.forecast,
        day: line.day.map(|day| day as i32),
        next_checkpoint_day: line.next_checkpoint_day.map(|day| day as u16),
        next_checkpoint_at: line.next_checkpoint_at.map(DateTime::from),
        outcome: line.outcome,
        documented_at: line.documented_at.map(DateTime::from),
        plan_waits_for: line.plan_waits_for,
        evaluated_at: line.evaluated_at.map(DateTime::from),
    })
}

/// Any text that holds the words, whatever signs they have.
fn pattern(words: &str) -> Text {
    let literal = folded(words).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    Text::of(&format!("%{literal}%"))
}

/// Every three letters in a row of a text as it is searched for; none of a shorter one.
fn letters(words: &str) -> Vec<String> {
    let letters: Vec<char> = folded(words).chars().collect();
    letters.windows(3).map(|three| three.iter().collect()).collect()
}

impl PortfolioFilter {
    /// The way to a page of rows that many match: along its order, until it is full.
    fn in_order(&self) -> Through {
        match (self.is_open(), &self.due_by, self.order) {
            (true, Some(_), Order::NextCheckpoint) => Through::OpenDue,
            (false, Some(_), Order::NextCheckpoint) => Through::Due,
            (true, ..) => Through::Open,
            (false, ..) if self.outcome.is_some() && self.order == Order::Gap => Through::Outcome,
            (false, ..) => Through::All,
        }
    }

    /// The way to all rows that match, to count them.
    fn of_all(&self) -> Through {
        let is_open = self.is_open();
        match (&self.outcome, &self.product, self.statuses.is_empty(), &self.due_by) {
            (Some(_), ..) if !is_open => Through::Outcome,
            (_, Some(_), ..) => Through::Product,
            (_, _, false, _) if is_open => Through::OpenStatuses,
            (_, _, false, _) => Through::Statuses,
            (.., Some(_)) if is_open => Through::OpenDue,
            (.., Some(_)) => Through::Due,
            _ if self.owner.is_some() => Through::Owner,
            _ if is_open => Through::Open,
            _ => Through::All,
        }
    }

    fn is_open(&self) -> bool {
        self.active_only || self.outcome.as_deref() == Some("pending")
    }
}

/// A row's place in an order: its key, then the larger ARR, then its id.
struct Place {
    order: Order,
    key: Key,
    arr_rank: i64,
    upsell: String,
}

enum Key {
    /// Not looked at when ordered by ARR.
    Gap(f64),
    Checkpoint(DateTime<Utc>),
}

/// Sorts after every gap: the place of a row that has none.
pub(crate) const NO_GAP: f64 = 1e300;
/// The last moment that can be kept: after every checkpoint.
pub(crate) const NO_CHECKPOINT: DateTime<Utc> =
    NaiveDate::from_ymd_opt(9999, 12, 31).expect("a date").and_time(NaiveTime::MIN).and_utc();

impl Place {
    /// Before every row.
    fn first(order: Order) -> Self {
        let key = match order {
            Order::Gap | Order::Arr => Key::Gap(-NO_GAP),
            Order::NextCheckpoint => Key::Checkpoint(DateTime::UNIX_EPOCH),
        };
        Self { order, key, arr_rank: i64::MIN, upsell: String::new() }
    }

    fn of(order: Order, row: &PortfolioRow) -> Self {
        let key = match order {
            Order::Gap | Order::Arr => Key::Gap(row.gap_points.unwrap_or(NO_GAP)),
            Order::NextCheckpoint => Key::Checkpoint(row.next_checkpoint_at.unwrap_or(NO_CHECKPOINT)),
        };
        Self { order, key, arr_rank: -row.arr.minor, upsell: row.upsell.to_string() }
    }

    fn cursor(&self) -> String {
        let key = match self.key {
            Key::Gap(gap) => gap.to_bits(),
            Key::Checkpoint(at) => at.timestamp_millis() as u64,
        };
        format!("{}.{key:x}.{}.{}", word(self.order), self.arr_rank, self.upsell)
    }

    fn read(order: Order, cursor: &str) -> Result<Self> {
        Self::parts(order, cursor).ok_or_else(|| {
            let wanted = "nextCursor of the page before, asked with the same filters";
            Error::faults(vec![FieldFault::new("cursor", format!("{cursor:?}"), wanted)])
        })
    }

    fn parts(order: Order, cursor: &str) -> Option<Self> {
        let rest = cursor.strip_prefix(word(order))?.strip_prefix('.')?;
        let (key, rest) = rest.split_once('.')?;
        let (arr_rank, upsell) = rest.split_once('.')?;
        let bits = u64::from_str_radix(key, 16).ok()?;
        let key = match order {
            Order::Gap | Order::Arr => Key::Gap(f64::from_bits(bits)),
            Order::NextCheckpoint => Key::Checkpoint(DateTime::from_timestamp_millis(bits as i64)?),
        };
        let upsell: UpsellId = upsell.parse().ok()?;
        Some(Self { order, key, arr_rank: arr_rank.parse().ok()?, upsell: upsell.to_string() })
    }
}

const fn word(order: Order) -> &'static str {
    match order {
        Order::Gap => "gap",
        Order::Arr => "arr",
        Order::NextCheckpoint => "checkpoint",
    }
}
