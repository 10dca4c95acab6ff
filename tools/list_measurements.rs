//! The portfolio: which upsells need somebody now, and which still lack a plan.

use crate::{Context, Effect, Next, Reply, Role, Route, Tool, standing::said};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    Result,
    id::{OpportunityId, PlanId, UpsellId},
    money::{Currency, Money},
    quote,
    status::{DataState, Status},
    text::Name,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::portfolio::{Order, PortfolioFilter, PortfolioRow, StatusCounts};

/// An upsell is promised a plan within these hours.
const PLAN_HOURS: i64 = 48;

/// Lists upsells, furthest behind first: status, gap, new ARR, next checkpoint; `needsPlan` lists those without a plan.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListMeasurements {
    /// Part of a customer or product name.
    pub customer: Option<String>,
    #[serde(default)]
    pub status: Vec<Status>,
    /// Default pending.
    #[serde(default)]
    pub outcome: OutcomeFilter,
    pub owner: Option<String>,
    /// Next checkpoint within so many days, or overdue.
    #[schemars(range(max = 366))]
    pub due_within_days: Option<u16>,
    #[serde(default)]
    pub needs_plan: bool,
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 100))]
    pub limit: u32,
    pub cursor: Option<String>,
}

pub const fn twenty() -> u32 {
    20
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum OutcomeFilter {
    #[default]
    Pending,
    Success,
    Partial,
    AtRisk,
    Failed,
    Any,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    pub as_of: DateTime<Utc>,
    pub measurements: Vec<Row>,
    /// All that match, over all pages.
    pub total: u64,
    /// Of those that match apart from `status`.
    pub counts: Vec<StatusCount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusCount {
    /// `null`: not judged yet.
    pub status: Option<Status>,
    pub count: u64,
}

/// One upsell of the portfolio.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub upsell: UpsellId,
    pub measurement_id: Option<PlanId>,
    /// Empty when unknown.
    #[serde(with = "domain::unknown_text")]
    #[schemars(with = "String")]
    pub opportunity_id: Option<OpportunityId>,
    pub customer: Name,
    pub products: Vec<String>,
    pub owner: Option<String>,
    pub arr_increase: f64,
    pub currency: Currency,
    pub close_date: NaiveDate,
    pub status: Option<Status>,
    pub data_state: Option<DataState>,
    /// Points from expected; negative is behind.
    pub gap_points: Option<f64>,
    pub day: Option<i32>,
    pub next_checkpoint_day: Option<u16>,
    pub next_checkpoint_at: Option<DateTime<Utc>>,
    pub outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documented_at: Option<DateTime<Utc>>,
    pub data_as_of: Option<DateTime<Utc>>,
    /// Only while there is no plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_missing: Option<PlanMissing>,
    pub dashboard_url: String,
}

/// The 48-hour clock of an upsell without a plan.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanMissing {
    /// Hours left of 48 since we learned of the upsell; negative is late.
    pub hours_left: i64,
    /// The same since the end of the close date, in UTC.
    pub hours_left_since_close: i64,
    pub waits_for: Option<String>,
}

impl Tool for ListMeasurements {
    const NAME: &'static str = "list_measurements";
    const TITLE: &'static str = "Upsells and how they stand";
    const EFFECT: Effect = Effect::Reads;
    const ROLES: &'static [Role] = &[Role::Monitor, Role::Orchestrator, Role::Researcher, Role::Csm];
    const ROUTE: Route = Route::get("/api/upsells");
    const EXAMPLE: &'static str = r#"{"status":["behind","at_risk"]}"#;
    type Output = Listed;

    async fn run(self, cx: &mut Context) -> Result<Reply<Listed>> {
        let now = cx.now();
        let filter = self.filter(now);
        let page = cx.tx.portfolio(&filter).await?;
        let all = PortfolioFilter { statuses: Vec::new(), cursor: None, ..filter.clone() };
        let counts = cx.tx.status_counts(&all).await?;
        let active = cx.tx.status_counts(&PortfolioFilter { active_only: true, ..all }).await?;
        let rows: Vec<Row> =
            page.rows.into_iter().map(|row| Row::of(row, now, |id| cx.host.dashboard_url(id))).collect();
        let headline = self.headline(&rows, page.total, &active);
        let shown = rows.len() as u64;
        let more = page.next.as_ref().map(|cursor| {
            format!(
                "Showing {shown} of {}. Narrow by status=, customer= or owner=, or pass cursor=\"{cursor}\".",
                page.total
            )
        });
        let lines: Vec<String> = rows.iter().map(|row| row.line(now)).chain(more).collect();
        let next = next(&rows);
        let data = Listed {
            as_of: now,
            measurements: rows,
            total: page.total,
            counts: counts.by_status.iter().map(|&(status, count)| StatusCount { status, count }).collect(),
            next_cursor: page.next,
        };
        Ok(Reply { next, ..Reply::new(headline, data).lines(lines) })
    }
}

impl ListMeasurements {
    fn filter(&self, now: DateTime<Utc>) -> PortfolioFilter {
        let outcome = match self.outcome {
            OutcomeFilter::Pending | OutcomeFilter::Any => None,
            OutcomeFilter::Success => Some("success"),
            OutcomeFilter::Partial => Some("partial"),
            OutcomeFilter::AtRisk => Some("at_risk"),
            OutcomeFilter::Failed => Some("failed"),
        };
        PortfolioFilter {
            text: self.customer.clone(),
            statuses: self.status.clone(),
            product: None,
            owner: self.owner.clone(),
            outcome: outcome.map(str::to_owned),
            due_by: self.due_within_days.map(|days| now + TimeDelta::days(days.into())),
            needs_plan: self.needs_plan,
            active_only: self.outcome == OutcomeFilter::Pending,
            order: if self.due_within_days.is_some() { Order::NextCheckpoint } else { Order::Gap },
            limit: self.limit,
            cursor: self.cursor.clone(),
        }
    }

    fn headline(&self, rows: &[Row], total: u64, counts: &StatusCounts) -> String {
        if total == 0 {
            let also = match self.outcome {
                OutcomeFilter::Pending => "; outcome=\"any\" also looks at finished ones",
                _ => "",
            };
            return format!("No upsell matches{also}.");
        }
        if self.needs_plan {
            let late = rows
                .iter()
                .filter(|row| row.plan_missing.as_ref().is_some_and(|plan| plan.hours_left < 0))
                .count();
            return format!("{} without a plan; past their 48 hours: {late} of those shown.", upsells(total));
        }
        let all: u64 = counts.by_status.iter().map(|(_, count)| count).sum();
        if all == 0 {
            return format!("{}, all of them ended.", upsells(total));
        }
        let of = |wanted| {
            counts.by_status.iter().find(|(status, _)| *status == Some(wanted)).map_or(0, |(_, n)| *n)
        };
        let behind = of(Status::Behind);
        if behind > 0 {
            let verb = if behind == 1 { "is" } else { "are" };
            return format!(
                "{behind} of {} {verb} behind, holding {} of new ARR.",
                upsells(all),
                sums(&counts.behind_arr)
            );
        }
        format!("None of {} is behind; {} at risk.", upsells(all), of(Status::AtRisk))
    }
}

fn upsells(count: u64) -> String {
    format!("{count} upsell{}", if count == 1 { "" } else { "s" })
}

fn sums(sums: &[Money]) -> String {
    let told: Vec<String> = sums.iter().map(Money::to_string).collect();
    match told.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// About the first of the list; not everybody may draft its plan, so also about the first that has one.
fn next(rows: &[Row]) -> Vec<Next> {
    let first = rows.first().and_then(|first| first.plan_missing.as_ref().map(|missing| (first, missing)));
    let plan = first.map(|(first, missing)| {
        if missing.waits_for.is_some() {
            let arguments = json!({ "products": first.products });
            return Next::call("list_templates", arguments, "its plan waits; see which templates there are");
        }
        let arguments = json!({ "upsell": first.upsell, "dryRun": true });
        Next::call("create_measurement_plan", arguments, "see the plan it would get")
    });
    let planned = rows.iter().find(|row| row.plan_missing.is_none()).map(|row| {
        Next::call("get_progress", json!({ "upsell": row.upsell }), "the first with a plan, metric by metric")
    });
    plan.into_iter().chain(planned).collect()
}

impl Row {
    fn of(row: PortfolioRow, now: DateTime<Utc>, url: impl Fn(UpsellId) -> String) -> Self {
        let plan_missing = row.plan.is_none().then(|| PlanMissing {
            hours_left: hours_left(row.detected_at, now),
            hours_left_since_close: hours_left(
                row.close_date
                    .succ_opt()
                    .unwrap_or(row.close_date)
                    .and_time(chrono::NaiveTime::MIN)
                    .and_utc(),
                now,
            ),
            waits_for: row.plan_waits_for,
        });
        Self {
            dashboard_url: url(row.upsell),
            upsell: row.upsell,
            measurement_id: row.plan,
            opportunity_id: row.opportunity,
            customer: row.customer.into(),
            products: row.products,
            owner: row.owner,
            arr_increase: row.arr.major(),
            currency: row.arr.currency,
            close_date: row.close_date,
            status: row.status,
            data_state: row.data_state,
            gap_points: row.gap_points,
            day: row.day,
            next_checkpoint_day: row.next_checkpoint_day,
            next_checkpoint_at: row.next_checkpoint_at,
            outcome: row.outcome,
            documented_at: row.documented_at,
            data_as_of: row.evaluated_at,
            plan_missing,
        }
    }

    /// `Northwind, Seats: behind −17 pts day 47, $128k, 60-day 5 Dec 2026 (u_7f3k9x2mq4tz)`
    fn line(&self, now: DateTime<Utc>) -> String {
        let money = Money::from_major(self.arr_increase, self.currency)
            .map_or_else(|_| String::new(), |m| m.to_string());
        let products = self.products.first().map_or("", String::as_str);
        let stand = match &self.plan_missing {
            Some(missing) => missing.line(),
            None => self.stand(now),
        };
        format!("{}, {}: {stand}, {money} ({})", short(&self.customer), short(products), self.upsell)
    }

    fn stand(&self, now: DateTime<Utc>) -> String {
        if let Some(outcome) = &self.outcome {
            let on = self.documented_at.map_or(String::new(), |at| format!(" {}", said(at.date_naive())));
            let then = self.status.map_or(String::new(), |status| format!(", {} then", status.words()));
            return format!("ended{on}, {}{then}", outcome.replace('_', " "));
        }
        let status = self.status.map_or("no data yet", Status::words);
        let gap = self.gap_points.map_or(String::new(), |gap| format!(" {} pts", signed(gap)));
        let day = self.day.map_or(String::new(), |day| format!(" day {day}"));
        let stale = if self.data_state == Some(DataState::Stale) { ", stale" } else { "" };
        let due = self.next_checkpoint_day.zip(self.next_checkpoint_at);
        let due = due.map_or(String::new(), |(day, at)| {
            let since = if at <= now { "due since" } else { "due" };
            format!(", {day}-day {since} {}", said(at.date_naive()))
        });
        format!("{status}{gap}{day}{stale}{due}")
    }
}

impl PlanMissing {
    fn line(&self) -> String {
        let waits = self.waits_for.as_ref().map_or(String::new(), |why| format!(": {}", quote::clipped(why)));
        match self.hours_left {
            left @ 0.. => format!("no plan, {left} h left of {PLAN_HOURS}{waits}"),
            late => format!("no plan, {} h late{waits}", -late),
        }
    }
}

fn hours_left(since: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    (since + TimeDelta::hours(PLAN_HOURS) - now).num_hours()
}

/// At most forty letters of a name.
fn short(name: &str) -> Name {
    let cut: String = name.chars().take(40).collect();
    if cut.len() < name.len() { format!("{}…", cut.trim_end()).into() } else { cut.into() }
}

/// Whole points with a minus sign, not a hyphen.
fn signed(points: f64) -> String {
    let rounded = points.round();
    if rounded < 0.0 { format!("−{:.0}", -rounded) } else { format!("+{:.0}", rounded.abs()) }
}

#[cfg(test)]
mod tests;
