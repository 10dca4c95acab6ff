//! A page of the portfolio, and its counts, over all upsells.

use super::{
    Bench,
    figure::{Figure, Goal, Times},
    filled::Filled,
};
use ::store::{
    Tx,
    portfolio::{Order, PortfolioFilter},
};
use domain::{Error, Result, status::Status};
use std::time::{Duration, Instant};

const PAGE: u32 = 50;
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
    tx.rollback().await?;
    Ok(figures)
}

fn filters() -> [(&'static str, PortfolioFilter); 4] {
    let page = PortfolioFilter { limit: PAGE, ..PortfolioFilter::default() };
    [
        ("by gap", page.clone()),
        ("by ARR", PortfolioFilter { order: Order::Arr, ..page.clone() }),
        (
            "behind or at risk, one owner",
            PortfolioFilter {
                statuses: vec![Status::Behind, Status::AtRisk],
                owner: Some("csm7@example.com".to_owned()),
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
