//! A page of the portfolio, and its counts, over all upsells.

use super::{
    Bench,
    figure::{Figure, Goal, Times},
    filled::Filled,
    sample,
};
use crate::auth;
use ::store::{
    Tx,
    alerts::AlertFilter,
    portfolio::{Order, PortfolioFilter},
};
use domain::{Error, Result, status::Status};
use serde_json::json;
use std::time::{Duration, Instant};

const PAGE: u32 = 50;
const OWNER: &str = "csm7@example.com";
const ANALYSIS: &str = "analyze_outcomes";
const QUESTIONS: [&str; 5] = ["success_rate", "churn", "onboarding_patterns", "risk_signs", "time_to_value"];
const AGAINST: &str = "50 rows straight off an index: nothing joined, filtered or counted";

pub async fn measure(bench: &Bench<'_>, filled: &Filled) -> Result<Vec<Figure>> {
    let rounds = if bench.size.rounds > 1 { 100 } else { 10 };
    let mut tx = filled.host.store.read().await?;
    let mut floor = Vec::new();
    let mut figures = Vec::new();
    for _ in 0..rounds {
        let started = Instant::now();
        tx.bare_page(PAGE).await?;
        floor.push(started.elapsed());
    }
    let floor = Times::of(floor);
    for (name, filter) in filters() {
        let times = pages(&mut tx, &filter, rounds).await?;
        let work = format!("portfolio page of {} upsells, {name}, p99", filled.upsells);
        figures.push(
            Figure::new(work, times.ms(0.99), "ms", AGAINST, floor.ms(0.99))
                .goal(Goal::AtMost(10.0))
                .note(times.words()),
        );
    }
    for (name, filter) in alert_filters() {
        let times = alerts(&mut tx, &filter, rounds).await?;
        let work = format!("alerts listed and counted, {name} of {}, p99", filled.alerts);
        figures.push(
            Figure::new(work, times.ms(0.99), "ms", AGAINST, floor.ms(0.99))
                .goal(Goal::AtMost(10.0))
                .note(times.words()),
        );
    }
    tx.rollback().await?;
    figures.extend(analyses(filled, &floor).await?);
    Ok(figures)
}

/// Each question once: the longest takes longer than everything else here.
async fn analyses(filled: &Filled, floor: &Times) -> Result<Vec<Figure>> {
    let entry = ::tools::entry(ANALYSIS).expect("the catalogue has it");
    let mut figures = Vec::new();
    for question in QUESTIONS {
        let started = Instant::now();
        entry.call(&filled.host, &auth::local(), json!({ "question": question })).await?;
        let took = Times::of(vec![started.elapsed()]);
        let work = format!("{ANALYSIS}, {question}, of {} upsells", filled.upsells);
        figures.push(Figure::new(work, took.ms(1.0), "ms", AGAINST, floor.ms(0.99)));
    }
    Ok(figures)
}

fn alert_filters() -> [(&'static str, AlertFilter); 4] {
    let page = AlertFilter { limit: PAGE, ..AlertFilter::default() };
    let open = AlertFilter { state: Some("open".to_owned()), ..page.clone() };
    [
        ("one upsell's", AlertFilter { upsell: Some(sample::upsell(7).id), ..page.clone() }),
        ("one owner's", AlertFilter { owner: Some(OWNER.to_owned()), ..open.clone() }),
        ("all acknowledged", AlertFilter { state: Some("acknowledged".to_owned()), ..page }),
        ("all open", open),
    ]
}

async fn alerts(tx: &mut Tx, filter: &AlertFilter, rounds: usize) -> Result<Times> {
    let mut times: Vec<Duration> = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let started = Instant::now();
        tx.count_alerts(filter).await?;
        tx.list_alerts(filter).await?;
        times.push(started.elapsed());
    }
    Ok(Times::of(times))
}

fn filters() -> [(&'static str, PortfolioFilter); 6] {
    let page = PortfolioFilter { limit: PAGE, ..PortfolioFilter::default() };
    [
        ("by gap", page.clone()),
        ("by gap, under way", PortfolioFilter { active_only: true, ..page.clone() }),
        ("one product", PortfolioFilter { product: Some("Analytics".to_owned()), ..page.clone() }),
        ("by ARR", PortfolioFilter { order: Order::Arr, ..page.clone() }),
        (
            "behind or at risk, one owner",
            PortfolioFilter {
                statuses: vec![Status::Behind, Status::AtRisk],
                owner: Some(OWNER.to_owned()),
                ..page.clone()
            },
        ),
        ("text", PortfolioFilter { text: Some("stomer 12".to_owned()), ..page }),
    ]
}

/// First page, second page, first page, …
async fn pages(tx: &mut Tx, filter: &PortfolioFilter, rounds: usize) -> Result<Times> {
    let mut times: Vec<Duration> = Vec::with_capacity(rounds);
    let mut cursor = None;
    for _ in 0..rounds {
        let filter = PortfolioFilter { cursor: cursor.take(), ..filter.clone() };
        let started = Instant::now();
        let page = tx.portfolio(&filter).await?;
        times.push(started.elapsed());
        if page.rows.is_empty() {
            return Err(Error::internal("a page of the benchmark came back empty"));
        }
        cursor = page.next.filter(|_| filter.cursor.is_none());
    }
    Ok(Times::of(times))
}
