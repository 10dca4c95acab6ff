//! The list of measurements: filters, order and pages, all in SQL.

use crate::Tx;
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Result,
    id::{OpportunityId, PlanId, UpsellId},
    money::Money,
    status::{DataState, Status},
};

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
    Arr,
    NextCheckpoint,
}

#[derive(Debug, Clone, Default)]
pub struct PortfolioFilter {
    /// Part of a customer's or product's name, ignoring case.
    pub text: Option<String>,
    pub statuses: Vec<Status>,
    pub product: Option<String>,
    pub owner: Option<String>,
    pub outcome: Option<String>,
    /// Next checkpoint scheduled at or before.
    pub due_by: Option<DateTime<Utc>>,
    /// `true`: only upsells without a plan.
    pub needs_plan: bool,
    /// Only measurements without a documented outcome.
    pub active_only: bool,
    pub order: Order,
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

impl Tx {
    pub async fn portfolio(&mut self, _filter: &PortfolioFilter) -> Result<Page> {
        todo!()
    }
    pub async fn status_counts(&mut self, _filter: &PortfolioFilter) -> Result<StatusCounts> {
        todo!()
    }
    /// Owners and products on offer as filters, sorted.
    pub async fn filter_choices(&mut self) -> Result<(Vec<String>, Vec<String>)> {
        todo!()
    }
}
