//! The portfolio page filled: which upsells need somebody now, from the store's own columns.

mod choices;
mod measures;
mod rows;
mod wanted;

use super::{
    Visitor, download, format,
    pages::portfolio::{Listing, Portfolio, Way},
    words,
};
use axum::response::Response;
use choices::{Offered, count, filter};
use chrono::{DateTime, Utc};
use domain::{Result, analysis::measures::Measures, status::Status};
use store::{
    days::StandingDay,
    portfolio::{PortfolioFilter, StatusCounts},
};
pub use wanted::Wanted;

/// What the page is made of, read at one moment.
struct Found {
    page: store::portfolio::Page,
    offered: Offered,
    days: Vec<Vec<StandingDay>>,
    /// Upsells of any kind were registered.
    is_begun: bool,
}

pub async fn page(visitor: &Visitor, wanted: &Wanted) -> Result<Portfolio> {
    let now = visitor.host.clock.now();
    let found = found(visitor, wanted).await?;
    let headline = headline(wanted, &found);
    let filter = filter(wanted, &found.offered);
    let measures = if found.is_begun { visitor.measures().await } else { None };
    let rows = found.page.rows.into_iter().zip(&found.days).map(|(row, days)| rows::row(row, days, now));
    let listing = match found.page.total {
        0 if !found.is_begun => Listing::FirstRun { ways: ways() },
        0 => Listing::NothingMatches { clear_href: "/".to_owned() },
        total => Listing::Rows {
            count: format::counted(total, "upsell", "upsells"),
            rows: rows.collect(),
            next_href: found.page.next.map(|cursor| wanted.page_from(cursor)),
        },
    };
    Ok(Portfolio {
        shell: visitor.shell("Portfolio", wanted.text.as_deref(), true),
        headline,
        measures: measures.as_ref().map(|measures: &Measures| measures::strip(measures)).unwrap_or_default(),
        filter,
        listing,
    })
}

/// The same rows, all of them, as CSV.
pub async fn csv(visitor: &Visitor, wanted: &Wanted) -> Result<Response> {
    let now = visitor.host.clock.now();
    let filter = PortfolioFilter { limit: 0, cursor: None, ..wanted.filter(now) };
    let mut tx = visitor.host.store.read().await?;
    let page = tx.portfolio(&filter).await;
    tx.rollback().await?;
    download::csv("portfolio.csv", &rows::COLUMNS, page?.rows.into_iter().map(rows::line))
}

async fn found(visitor: &Visitor, wanted: &Wanted) -> Result<Found> {
    let mut tx = visitor.host.store.read().await?;
    let found = read(&mut tx, wanted, visitor.host.clock.now()).await;
    tx.rollback().await?;
    found
}

async fn read(tx: &mut store::Tx, wanted: &Wanted, now: DateTime<Utc>) -> Result<Found> {
    let chosen = wanted.filter(now);
    let page = tx.portfolio(&chosen).await?;
    let any_status = PortfolioFilter { statuses: Vec::new(), needs_plan: false, cursor: None, ..chosen };
    let counts = tx.status_counts(&any_status).await?;
    let planless = PortfolioFilter { needs_plan: true, limit: 1, ..any_status.clone() };
    let planless = tx.portfolio(&planless).await?.total;
    let is_begun = page.total > 0 || wanted.is_narrow() || {
        tx.portfolio(&PortfolioFilter { limit: 1, ..PortfolioFilter::default() }).await?.total > 0
    };
    let (csms, products) = tx.filter_choices().await?;
    let mut days = Vec::with_capacity(page.rows.len());
    for row in &page.rows {
        days.push(match row.plan {
            Some(plan) => tx.days_of(plan).await?,
            None => Vec::new(),
        });
    }
    Ok(Found { page, offered: Offered { csms, products, counts, planless }, days, is_begun })
}

/// "3 of 14 upsells are behind, holding $312k of new ARR".
fn headline(wanted: &Wanted, found: &Found) -> String {
    if !found.is_begun {
        return "Nothing is measured yet".to_owned();
    }
    if wanted.needs_plan {
        let verb = if found.page.total == 1 { "waits" } else { "wait" };
        return format!("{} {verb} for a plan", format::counted(found.page.total, "upsell", "upsells"));
    }
    let counts = &found.offered.counts;
    let all = format::counted(counts.by_status.iter().map(|(_, count)| count).sum(), "upsell", "upsells");
    match count(counts, Status::Behind) {
        0 => format!("None of {all} is behind"),
        behind => {
            let verb = if behind == 1 { "is" } else { "are" };
            format!("{} of {all} {verb} behind, holding {} of new ARR", format::grouped(behind), sums(counts))
        }
    }
}

fn sums(counts: &StatusCounts) -> String {
    let sums: Vec<String> = counts.behind_arr.iter().map(|sum| words::money(*sum)).collect();
    match sums.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => sums.concat(),
    }
}

fn ways() -> Vec<Way> {
    let way = |title: &str, text: &str, command: &str| Way {
        title: title.to_owned(),
        text: text.to_owned(),
        command: command.to_owned(),
    };
    vec![
        way(
            "Look around",
            "A portfolio of believable customers, in a database of its own.",
            "uptake demo --serve",
        ),
        way(
            "Bring what you have",
            "A Salesforce report of closed opportunities, and the usage of their customers.",
            "uptake import opportunities.csv usage.ndjson",
        ),
        way(
            "Register one by hand",
            "An upsell you closed; its plan is drafted by itself.",
            "uptake call register_upsell source=manual customer=\"Northwind Traders\" products=Forecasting \
             arrIncrease=128000 closeDate=2026-10-06",
        ),
    ]
}
