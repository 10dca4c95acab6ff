//! One upsell of the portfolio as a row of the page, and as a line of the file.

use crate::web::{
    chart::{Estimate, Point},
    download::Cell,
    format::{self, Day},
    gap::{self, Gap},
    pages::{Mark, Status as Told, portfolio::Row},
    words,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    outcome::Conclusion,
    status::{DataState, Status},
};
use store::{days::StandingDay, portfolio::PortfolioRow};

const PLAN_HOURS: i64 = 48;

pub fn row(row: PortfolioRow, days: &[StandingDay], now: DateTime<Utc>) -> Row {
    let checkpoint = checkpoint(&row, now);
    Row {
        href: format!("/m/{}", row.upsell),
        product: row.products.join(" and "),
        status: status(&row, now),
        gap_svg: gap::draw(&graphic(days)),
        gap: row.gap_points.map_or_else(|| format::NOTHING.to_owned(), format::points),
        is_below: row.status == Some(Status::Behind) && row.gap_points.is_some_and(|gap| gap < 0.0),
        forecast: row.forecast.map_or_else(|| format::NOTHING.to_owned(), format::percent),
        arr: words::money(row.arr),
        checkpoint: checkpoint.as_ref().map_or_else(|| format::NOTHING.to_owned(), |(text, _)| text.clone()),
        checkpoint_day: checkpoint.map(|(_, day)| day),
        stale: (row.data_state == Some(DataState::Stale)).then(|| "data stopped".to_owned()),
        csm: row.owner.unwrap_or_else(|| format::NOTHING.to_owned()),
        customer: row.customer,
    }
}

fn status(row: &PortfolioRow, now: DateTime<Utc>) -> Told {
    if let Some(conclusion) = row.outcome.as_deref().and_then(Conclusion::parse) {
        return words::ended(conclusion);
    }
    if row.plan.is_none() {
        let hours_left = (row.detected_at + TimeDelta::hours(PLAN_HOURS) - now).num_hours();
        return Told::new(Mark::Planning, words::plan_clock(hours_left));
    }
    words::status(row.status, row.data_state)
}

/// "Day 60, in 13 d", and the civil day itself where the customer is.
fn checkpoint(row: &PortfolioRow, now: DateTime<Utc>) -> Option<(String, Day)> {
    let (day, at) = row.next_checkpoint_day.zip(row.next_checkpoint_at)?;
    let civil = |at: DateTime<Utc>| -> NaiveDate { at.with_timezone(&row.zone).date_naive() };
    let left = (civil(at) - civil(now)).num_days();
    Some((format!("Day {day}, {}", words::due(left)), Day::of(civil(at), civil(now))))
}

fn graphic(days: &[StandingDay]) -> Gap {
    let day = |standing: &StandingDay| u16::try_from(standing.day).ok();
    let points = days.iter().filter_map(|s| Some(Point { day: day(s)?, value: s.gap_points? }));
    let band = days.iter().filter_map(|s| {
        let band = s.gap_band.map(|band| (band.low, band.high))?;
        Some(Estimate { day: day(s)?, value: 0.0, band: Some(band) })
    });
    Gap { points: points.collect(), band: band.collect(), checkpoints: vec![30, 60, 90] }
}

pub const COLUMNS: [&str; 16] = [
    "upsell",
    "customer",
    "products",
    "csm",
    "status",
    "dataState",
    "day",
    "gapPoints",
    "forecastPercent",
    "arrIncrease",
    "currency",
    "closeDate",
    "nextCheckpointDay",
    "nextCheckpointDate",
    "outcome",
    "assessedAt",
];

/// The same as a line of CSV, in the order of [`COLUMNS`].
pub fn line(row: PortfolioRow) -> Vec<Cell> {
    let checkpoint = row.next_checkpoint_at.map(|at| at.with_timezone(&row.zone).date_naive());
    vec![
        Cell::of(row.upsell),
        Cell::text_of(row.customer),
        Cell::text_of(row.products.join("; ")),
        row.owner.map_or(Cell::Nothing, Cell::text_of),
        Cell::maybe(row.status.map(Status::as_str)),
        Cell::maybe(row.data_state.map(DataState::as_str)),
        Cell::maybe(row.day),
        Cell::figure(row.gap_points),
        Cell::figure(row.forecast),
        Cell::of(row.arr.major()),
        Cell::of(row.arr.currency.as_str()),
        Cell::of(row.close_date),
        Cell::maybe(row.next_checkpoint_day),
        Cell::maybe(checkpoint),
        Cell::maybe(row.outcome),
        Cell::maybe(row.evaluated_at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))),
    ]
}
