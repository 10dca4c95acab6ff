//! However rows are reached, they are the same ones; and what many have is never read to find what few have.

use super::{Fresh, contract, samples, samples::at};
use crate::{
    Tx,
    alerts::{self, AlertFilter, Held},
    cases, outcomes, past,
    portfolio::{self, Order, PortfolioFilter, Through},
    promises,
};
use chrono::TimeDelta;
use domain::{
    alert::{Alert, AlertRule, AlertState, Severity},
    cohort::PastWay,
    id::{AlertId, Product},
    outcome::Conclusion,
    status::Status,
};
use sqlx::{AssertSqlSafe, query_as};

contract! {
    a_filtered_page_is_the_same_whatever_it_is_reached_through
    a_renamed_customer_is_found_by_the_new_name_only
    alerts_of_two_filters_are_those_of_each
    the_newest_ways_of_each_metric_that_reach_the_horizon_are_read
    a_mark_changes_with_what_was_known
}

const OWNERS: [&str; 3] = ["ana@example.com", "ben@example.com", "other@example.com"];
const STATUSES: [Status; 4] = [Status::Behind, Status::AtRisk, Status::OnTrack, Status::Exceeding];

/// Forty upsells of three owners, of which a few have no plan and some ended.
async fn portfolio(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    for n in 1..=40 {
        let mut upsell = samples::upsell(n);
        upsell.owner = Some(OWNERS[(n % 3) as usize].to_owned());
        upsell.details.products = vec![Product(if n % 5 == 0 { "Größe" } else { "API" }.to_owned())];
        tx.insert_upsell(&upsell).await.unwrap();
        if n > 36 {
            continue;
        }
        let plan = samples::plan(&upsell);
        tx.insert_plan(&plan).await.unwrap();
        let (status, gap) = (STATUSES[(n % 4) as usize], 10.0 - n as f64);
        let evaluation = samples::evaluation(&plan, n, "2026-02-10T05:00:00Z", status, gap);
        tx.insert_evaluation(&evaluation).await.unwrap();
        if n % 3 == 0 {
            let conclusion = if n % 2 == 0 { Conclusion::Success } else { Conclusion::Failed };
            tx.insert_outcome(plan.id, upsell.id, &samples::documented(conclusion)).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

fn filters() -> Vec<PortfolioFilter> {
    let mut filters = vec![PortfolioFilter::default()];
    let mut each = |change: &dyn Fn(&mut PortfolioFilter)| {
        for mut filter in filters.clone() {
            change(&mut filter);
            filters.push(filter);
        }
    };
    each(&|filter| filter.active_only = true);
    each(&|filter| filter.owner = Some(OWNERS[1].to_owned()));
    each(&|filter| filter.statuses = vec![Status::Behind, Status::OnTrack, Status::Behind]);
    each(&|filter| filter.due_by = Some(at("2026-03-02T23:00:00Z")));
    each(&|filter| filter.product = Some("API".to_owned()));
    let (mut texts, mut outcomes) = (filters.clone(), filters.clone());
    for (n, filter) in texts.iter_mut().enumerate() {
        filter.text = Some(["omer 1", "1", "GRÖSSE", "größe", "nobody"][n % 5].to_owned());
    }
    for (n, filter) in outcomes.iter_mut().enumerate() {
        filter.outcome = Some(["success", "failed", "pending"][n % 3].to_owned());
    }
    filters.extend(texts);
    filters.extend(outcomes);
    filters.push(PortfolioFilter { needs_plan: true, ..PortfolioFilter::default() });
    filters
}

/// The old way reads every row and sorts out; each other way must come to the same rows and counts.
async fn a_filtered_page_is_the_same_whatever_it_is_reached_through(fresh: &Fresh) {
    portfolio(fresh).await;
    let mut tx = fresh.store.read().await.unwrap();
    let mut found = 0;
    for filter in filters() {
        for order in [Order::Gap, Order::Arr, Order::NextCheckpoint] {
            let filter = PortfolioFilter { order, limit: 7, ..filter.clone() };
            let page = tx.portfolio(&filter).await.unwrap();
            let ids: Vec<String> = page.rows.iter().map(|row| row.upsell.to_string()).collect();
            let sorted_out = tx.ids_through(&filter, Through::All).await.unwrap();
            assert_eq!(page.total, sorted_out.len() as u64, "{filter:?}");
            assert_eq!(ids, sorted_out[..sorted_out.len().min(7)], "{filter:?}");
            let counts = tx.status_counts(&filter).await.unwrap();
            let any_status = PortfolioFilter { statuses: Vec::new(), ..filter.clone() };
            let counted: u64 = counts.by_status.iter().map(|(_, count)| count).sum();
            let all = tx.ids_through(&any_status, Through::All).await.unwrap();
            assert_eq!(counted, all.len() as u64, "{filter:?}");
            found += ids.len();
        }
    }
    assert!(found > 500, "{found} rows compared");
}

async fn a_renamed_customer_is_found_by_the_new_name_only(fresh: &Fresh) {
    portfolio(fresh).await;
    let mut tx = fresh.store.write("test").await.unwrap();
    let mut renamed = samples::upsell(7);
    renamed.customer.name = "Zwölf Monde".into();
    tx.update_upsell(&renamed).await.unwrap();
    let named = |text: &str| PortfolioFilter { text: Some(text.to_owned()), ..Default::default() };
    assert_eq!(tx.portfolio(&named("monde")).await.unwrap().total, 1);
    assert_eq!(tx.portfolio(&named("customer 7")).await.unwrap().total, 0);
}

fn alert(n: u64) -> Alert {
    let states =
        [AlertState::Open, AlertState::Acknowledged, AlertState::Closed { at: at("2026-02-11T05:00:00Z") }];
    Alert {
        id: AlertId::from_bits(n),
        upsell: samples::upsell(n % 3).id,
        plan: None,
        metric: None,
        rule: AlertRule::LaggingAdoption,
        episode: n as u32,
        severity: Severity::Warning,
        state: states[(n / 2 % 3) as usize].clone(),
        owner: (!n.is_multiple_of(4)).then(|| OWNERS[(n % 4 - 1) as usize].to_owned()),
        message: "Seats fell behind.".to_owned(),
        next_step: "Call them.".to_owned(),
        raised_at: at("2026-02-10T05:00:00Z") + TimeDelta::hours(n as i64 / 2),
        digest: n.is_multiple_of(5).then(|| AlertId::from_bits(1)),
        notes: Vec::new(),
    }
}

async fn alerts_of_two_filters_are_those_of_each(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    let mut all: Vec<Alert> = (1..=40).map(alert).collect();
    for alert in &all {
        assert!(tx.insert_alert(alert).await.unwrap());
    }
    all.sort_by_key(|alert| (std::cmp::Reverse(alert.raised_at), std::cmp::Reverse(alert.id)));
    let mut filters = vec![AlertFilter::default()];
    let mut each = |change: &dyn Fn(&mut AlertFilter)| {
        for mut filter in filters.clone() {
            change(&mut filter);
            filters.push(filter);
        }
    };
    each(&|filter| filter.upsell = Some(samples::upsell(1).id));
    each(&|filter| filter.owner = Some(OWNERS[1].to_owned()));
    each(&|filter| filter.state = Some("open".to_owned()));
    each(&|filter| filter.since = Some(at("2026-02-10T12:00:00Z")));
    each(&|filter| filter.held = Held::Told);
    each(&|filter| filter.after = Some(AlertId::from_bits(30)));
    for filter in filters {
        let matches = |alert: &&Alert| {
            filter.upsell.is_none_or(|upsell| upsell == alert.upsell)
                && (filter.owner.is_none() || filter.owner == alert.owner)
                && filter.state.as_ref().is_none_or(|state| state == alert.state.as_str())
                && filter.since.is_none_or(|since| alert.raised_at >= since)
                && (filter.held == Held::Either || alert.digest.is_none())
        };
        let matching: Vec<&Alert> = all.iter().filter(matches).collect();
        assert_eq!(tx.count_alerts(&filter).await.unwrap(), matching.len() as u64, "{filter:?}");
        let place = |alert: &Alert| (alert.raised_at, alert.id);
        let after = filter.after.and_then(|id| all.iter().find(|alert| alert.id == id)).map(place);
        let listed = matching.into_iter().filter(|alert| after.is_none_or(|after| place(alert) < after));
        let listed: Vec<Alert> = listed.cloned().collect();
        assert_eq!(tx.list_alerts(&filter).await.unwrap(), listed, "{filter:?}");
    }
    let unknown = AlertFilter { after: Some(AlertId::from_bits(99)), ..AlertFilter::default() };
    assert_eq!(tx.list_alerts(&unknown).await.unwrap(), []);
}

/// Thirty finished plans, three of them known at once, some of them too short, in two metrics.
async fn ways(tx: &mut Tx) -> Vec<PastWay> {
    let mut all = Vec::new();
    for n in 1..=30 {
        let upsell = samples::upsell(n);
        let plan = samples::plan(&upsell);
        tx.insert_upsell(&upsell).await.unwrap();
        tx.insert_plan(&plan).await.unwrap();
        let way = |metric: &str| PastWay {
            plan: plan.id,
            template: "seats".to_owned(),
            metric: metric.into(),
            known_at: at("2026-02-10T05:00:00Z") + TimeDelta::hours((n * 7 % 30 / 3) as i64),
            attainment: vec![0.5; if n % 4 == 0 { 61 } else { 91 }],
            is_success: n % 2 == 0,
        };
        let of_plan = if n % 3 == 0 { vec![way("a")] } else { vec![way("a"), way("b")] };
        tx.insert_past_ways(&of_plan).await.unwrap();
        all.extend(of_plan);
    }
    let elsewhere: Vec<PastWay> = all[..1]
        .iter()
        .map(|way| PastWay { template: "other".to_owned(), metric: "c".into(), ..way.clone() })
        .collect();
    tx.insert_past_ways(&elsewhere).await.unwrap();
    all
}

async fn the_newest_ways_of_each_metric_that_reach_the_horizon_are_read(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    let all = ways(&mut tx).await;
    for (asked, horizon, most) in [
        ("2027-01-01T00:00:00Z", 90, 5),
        ("2027-01-01T00:00:00Z", 60, 100),
        ("2026-02-10T09:00:00Z", 90, 4),
        ("2026-02-10T05:00:00Z", 90, 4),
    ] {
        let mut expected = Vec::new();
        for metric in ["a", "b"] {
            let is_one = |way: &&PastWay| {
                way.metric.0 == metric
                    && way.known_at < at(asked)
                    && way.attainment.len() > usize::from(horizon)
            };
            let mut of_metric: Vec<PastWay> = all.iter().filter(is_one).cloned().collect();
            of_metric.sort_by(|a, b| b.known_at.cmp(&a.known_at).then(a.plan.cmp(&b.plan)));
            of_metric.truncate(most);
            expected.extend(of_metric);
        }
        let newest = tx.newest_ways("seats", at(asked), horizon, most).await.unwrap();
        assert_eq!(newest, expected, "{asked} {horizon} {most}");
    }
}

async fn a_mark_changes_with_what_was_known(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    let (early, late) = (at("2026-02-10T07:00:00Z"), at("2027-01-01T00:00:00Z"));
    let unknown = tx.known_past("seats", late).await.unwrap();
    assert_eq!((unknown.ways.changes, unknown.ways.newest, unknown.scored.changes), (0, None, 0));
    let all = ways(&mut tx).await;
    let (then, now) =
        (tx.known_past("seats", early).await.unwrap(), tx.known_past("seats", late).await.unwrap());
    assert_ne!(then.ways, now.ways);
    assert_eq!(now.ways.newest, all.iter().map(|way| way.known_at).max());
    let next = samples::upsell(31);
    let plan = samples::plan(&next);
    tx.insert_upsell(&next).await.unwrap();
    tx.insert_plan(&plan).await.unwrap();
    tx.insert_outcome(plan.id, next.id, &samples::documented(Conclusion::Partial)).await.unwrap();
    // Known at a moment of which others are: only the number of changes tells.
    tx.insert_past_ways(&[PastWay { plan: plan.id, ..all[0].clone() }]).await.unwrap();
    let more = tx.known_past("seats", late).await.unwrap();
    assert!(more.ways.newest == now.ways.newest && more.ways != now.ways);
    assert_eq!(more.scored, now.scored);
    tx.keep_score(plan.id, &[], (None, 90), early).await.unwrap();
    assert_ne!(tx.known_past("seats", late).await.unwrap().scored, more.scored);
    assert_eq!(tx.known_past("other", late).await.unwrap().ways.changes, 1);
}

/// How SQLite runs a statement, a step a line. PostgreSQL decides by the rows there are, so there is nothing to hold
/// it to in a test of forty.
async fn steps(tx: &mut Tx, sql: &str) -> Vec<String> {
    let explained = format!("explain query plan {sql}");
    let rows: Vec<(i64, i64, i64, String)> = match tx {
        Tx::Sqlite(sqlite) => {
            query_as(AssertSqlSafe(explained)).fetch_all(sqlite.connection().unwrap()).await.unwrap()
        }
        Tx::Postgres(_) => unreachable!("asked of SQLite only"),
    };
    rows.into_iter().map(|row| row.3).collect()
}

/// Steps that visit every row of a table. `n` and `m` are our own lists of names, and an index of what is under way or
/// has no plan holds nothing else.
fn scans(steps: &[String]) -> Vec<&String> {
    let own = ["SCAN n", "SCAN m", "SCAN latest", "SCAN CONSTANT ROW"];
    let partial = ["SCAN s USING INDEX standing_open_", "SCAN s USING INDEX standing_planless"];
    let is_scan = |step: &&String| {
        step.starts_with("SCAN ")
            && !own.contains(&step.as_str())
            && !partial.iter().any(|partial| step.starts_with(partial))
    };
    steps.iter().filter(is_scan).collect()
}

#[tokio::test]
async fn no_filter_visits_what_it_does_not_match() {
    let fresh = super::sqlite().await;
    portfolio(&fresh).await;
    let mut tx = fresh.store.read().await.unwrap();
    let mut texts = Vec::new();
    for through in Through::EVERY {
        for order in [Order::Gap, Order::Arr, Order::NextCheckpoint] {
            texts.push((format!("page {order:?} {through:?}"), portfolio::page_text(order, through)));
        }
        // All are counted by visiting all.
        if through != Through::All {
            texts.push((format!("count {through:?}"), portfolio::count_text(through)));
            texts.push((format!("statuses {through:?}"), portfolio::statuses_text(through)));
        }
    }
    for through in
        [alerts::Through::Upsell, alerts::Through::Owner, alerts::Through::State, alerts::Through::All]
    {
        texts.push((format!("alerts {through:?}"), alerts::list_text(through)));
        texts.push((format!("count of alerts {through:?}"), alerts::count_text(through)));
    }
    texts.push(("cases".to_owned(), cases::CASES));
    texts.push(("latest planned".to_owned(), outcomes::LATEST));
    texts.push(("owners".to_owned(), portfolio::OWNERS));
    texts.push(("products".to_owned(), portfolio::PRODUCTS));
    texts.push(("metrics".to_owned(), past::METRICS));
    texts.push(("ways".to_owned(), past::NEWEST));
    texts.push(("marks".to_owned(), past::MARKS));
    texts.push(("promises".to_owned(), promises::KNOWN));
    texts.push(("plans of promises".to_owned(), promises::KNOWN_OF));
    for (what, sql) in texts {
        let steps = steps(&mut tx, sql).await;
        assert!(scans(&steps).is_empty(), "{what}: {steps:#?}");
    }
}

/// What comes in the order of an index is not sorted again: a page ends when it is full.
#[tokio::test]
async fn a_page_along_its_order_is_not_sorted() {
    let fresh = super::sqlite().await;
    portfolio(&fresh).await;
    let mut tx = fresh.store.read().await.unwrap();
    let orders = [Order::Gap, Order::Arr, Order::NextCheckpoint];
    let along = orders.iter().flat_map(|order| [(*order, Through::All), (*order, Through::Open)]);
    let along = along.chain([
        (Order::Gap, Through::Outcome),
        (Order::NextCheckpoint, Through::Due),
        (Order::NextCheckpoint, Through::OpenDue),
    ]);
    let mut texts: Vec<_> = along.map(|(order, through)| portfolio::page_text(order, through)).collect();
    texts.push(past::NEWEST);
    texts.push(promises::KNOWN);
    for through in
        [alerts::Through::Upsell, alerts::Through::Owner, alerts::Through::State, alerts::Through::All]
    {
        texts.push(alerts::list_text(through));
    }
    for sql in texts {
        let steps = steps(&mut tx, sql).await;
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{sql}: {steps:#?}");
    }
}

/// Under way are few among all that ended: their pages and counts pass those by.
#[tokio::test]
async fn what_is_under_way_is_reached_without_what_ended() {
    let fresh = super::sqlite().await;
    portfolio(&fresh).await;
    let mut tx = fresh.store.read().await.unwrap();
    for through in [Through::Open, Through::OpenDue, Through::OpenStatuses] {
        let steps = steps(&mut tx, portfolio::count_text(through)).await;
        let passes_by = |step: &String| step.contains("standing_open_") || step.contains("outcome=?");
        assert!(steps.iter().any(passes_by), "{through:?}: {steps:#?}");
    }
}
