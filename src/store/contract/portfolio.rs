//! The portfolio filters, orders and pages in SQL, without losing or doubling a row.

use super::{Fresh, contract, samples, samples::at};
use crate::portfolio::{Order, PortfolioFilter, PortfolioRow};
use domain::{
    id::{Product, UpsellId},
    status::Status,
    upsell::Arr,
};

contract! {
    the_furthest_behind_come_first
    pages_hold_each_row_once
    each_filter_keeps_what_it_says
    counts_leave_the_status_filter_out
    a_cursor_of_another_order_is_refused
    a_row_tells_the_latest_evaluation
}

/// Twelve upsells: 1 to 8 planned and evaluated with gap 10 − 10·(n/2), 9 and 10 planned only, 11 and 12 without a plan.
async fn portfolio(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    for n in 1..=12 {
        let mut upsell = samples::upsell(n);
        if n == 12 {
            upsell.customer.name = "50 % Österreich_AG".into();
            upsell.details.products = vec![Product("Extra Speicher".to_owned())];
            upsell.owner = Some("other@example.com".to_owned());
        }
        tx.insert_upsell(&upsell).await.unwrap();
        if n > 10 {
            continue;
        }
        let plan = samples::plan(&upsell);
        tx.insert_plan(&plan).await.unwrap();
        if n <= 8 {
            let gap = 10.0 - 10.0 * (n / 2) as f64;
            let status = if gap < -10.0 { Status::Behind } else { Status::OnTrack };
            let evaluation = samples::evaluation(&plan, n, "2026-02-10T05:00:00Z", status, gap);
            tx.insert_evaluation(&evaluation).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

fn numbers(rows: &[PortfolioRow]) -> Vec<u64> {
    let number = |row: &PortfolioRow| (1..=12).find(|n| UpsellId::from_bits(*n) == row.upsell);
    rows.iter().map(|row| number(row).unwrap()).collect()
}

async fn listed(fresh: &Fresh, filter: PortfolioFilter) -> Vec<u64> {
    let mut tx = fresh.store.read().await.unwrap();
    let page = tx.portfolio(&filter).await.unwrap();
    assert_eq!((page.total, page.next), (page.rows.len() as u64, None));
    numbers(&page.rows)
}

async fn the_furthest_behind_come_first(fresh: &Fresh) {
    portfolio(fresh).await;
    let all = listed(fresh, PortfolioFilter::default()).await;
    assert_eq!(all, [8, 7, 6, 5, 4, 3, 2, 1, 12, 11, 10, 9], "ties by ARR, those without a gap last");
    let by_arr = listed(fresh, PortfolioFilter { order: Order::Arr, ..Default::default() }).await;
    assert_eq!(by_arr, [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let by_day = listed(fresh, PortfolioFilter { order: Order::NextCheckpoint, ..Default::default() }).await;
    assert_eq!(by_day, [7, 8, 1, 9, 2, 10, 3, 4, 5, 6, 12, 11], "close dates repeat every seven days");
}

async fn pages_hold_each_row_once(fresh: &Fresh) {
    portfolio(fresh).await;
    for order in [Order::Gap, Order::Arr, Order::NextCheckpoint] {
        let whole = listed(fresh, PortfolioFilter { order, ..Default::default() }).await;
        let mut paged = Vec::new();
        let mut filter = PortfolioFilter { order, limit: 5, ..Default::default() };
        loop {
            let mut tx = fresh.store.read().await.unwrap();
            let page = tx.portfolio(&filter).await.unwrap();
            assert_eq!(page.total, 12);
            paged.extend(numbers(&page.rows));
            filter.cursor = page.next;
            if filter.cursor.is_none() {
                break;
            }
        }
        assert_eq!(paged, whole, "{order:?}");
    }
}

async fn each_filter_keeps_what_it_says(fresh: &Fresh) {
    portfolio(fresh).await;
    let none = PortfolioFilter::default;
    let text = |text: &str| PortfolioFilter { text: Some(text.to_owned()), ..none() };
    assert_eq!(listed(fresh, text("ÖSTERREICH")).await, [12]);
    assert_eq!(listed(fresh, text("speicher")).await, [12]);
    assert_eq!(listed(fresh, text("0 % ö")).await, [12], "signs of a pattern are read as they are");
    assert_eq!(listed(fresh, text("omer 1")).await, [1, 11, 10]);
    assert!(listed(fresh, text("customer_")).await.is_empty());
    let statuses = PortfolioFilter { statuses: vec![Status::Behind, Status::AtRisk], ..none() };
    assert_eq!(listed(fresh, statuses).await, [8, 7, 6]);
    let product = PortfolioFilter { product: Some("Extra Speicher".to_owned()), ..none() };
    assert_eq!(listed(fresh, product).await, [12]);
    let owner = PortfolioFilter { owner: Some("other@example.com".to_owned()), ..none() };
    assert_eq!(listed(fresh, owner).await, [12]);
    assert_eq!(listed(fresh, PortfolioFilter { needs_plan: true, ..none() }).await, [12, 11]);
    let due = PortfolioFilter { due_by: Some(at("2026-02-28T23:00:00Z")), ..none() };
    assert_eq!(listed(fresh, due).await, [7], "closed on 29 January, reviewed 30 days later");
    assert!(listed(fresh, PortfolioFilter { outcome: Some("success".into()), ..none() }).await.is_empty());
    assert_eq!(listed(fresh, PortfolioFilter { outcome: Some("pending".into()), ..none() }).await.len(), 12);
}

async fn counts_leave_the_status_filter_out(fresh: &Fresh) {
    portfolio(fresh).await;
    let mut tx = fresh.store.read().await.unwrap();
    let filter = PortfolioFilter { statuses: vec![Status::Behind], limit: 1, ..Default::default() };
    let counts = tx.status_counts(&filter).await.unwrap();
    assert_eq!(counts.by_status, [(None, 4), (Some(Status::OnTrack), 5), (Some(Status::Behind), 3)]);
    let Arr(mut behind) = samples::upsell(6).details.arr;
    behind = behind.plus(samples::upsell(7).details.arr.0).unwrap();
    behind = behind.plus(samples::upsell(8).details.arr.0).unwrap();
    assert_eq!(counts.behind_arr, [behind]);
    let (owners, products) = tx.filter_choices().await.unwrap();
    assert_eq!(owners, ["csm@example.com", "other@example.com"]);
    assert_eq!(products, ["Analytics", "Extra Speicher", "Seats"]);
}

async fn a_cursor_of_another_order_is_refused(fresh: &Fresh) {
    portfolio(fresh).await;
    let mut tx = fresh.store.read().await.unwrap();
    let filter = PortfolioFilter { limit: 1, ..Default::default() };
    let cursor = tx.portfolio(&filter).await.unwrap().next;
    let other = PortfolioFilter { order: Order::Arr, cursor, ..filter.clone() };
    assert!(tx.portfolio(&other).await.unwrap_err().message.contains("cursor"));
    let nonsense = PortfolioFilter { cursor: Some("'; drop table plan; --".to_owned()), ..filter };
    assert!(tx.portfolio(&nonsense).await.unwrap_err().message.contains("cursor"));
}

async fn a_row_tells_the_latest_evaluation(fresh: &Fresh) {
    portfolio(fresh).await;
    let plan = samples::plan(&samples::upsell(1));
    let mut tx = fresh.store.write("test").await.unwrap();
    let newer = samples::evaluation(&plan, 50, "2026-02-20T05:00:00Z", Status::AtRisk, -77.5);
    tx.insert_evaluation(&newer).await.unwrap();
    let older = samples::evaluation(&plan, 51, "2026-02-15T05:00:00Z", Status::Exceeding, 77.5);
    tx.insert_evaluation(&older).await.unwrap();
    let filter = PortfolioFilter { limit: 1, ..Default::default() };
    let row = tx.portfolio(&filter).await.unwrap().rows.remove(0);
    assert_eq!((row.plan, row.status, row.gap_points), (Some(plan.id), Some(Status::AtRisk), Some(-77.5)));
    assert_eq!((row.day, row.evaluated_at), (Some(plan.day(newer.at)), Some(newer.at)));
    assert_eq!(row.next_checkpoint_day, Some(30));
    assert_eq!(row.next_checkpoint_at, Some(plan.checkpoints[0].scheduled_date));
    assert_eq!((row.customer.as_str(), row.products.len()), ("Customer 1", 2));
}
