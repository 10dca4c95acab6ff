//! Who did not expand, and the usage of many at once.

use super::{
    Fresh, contract, samples,
    samples::{at, day, event},
};
use crate::controls::{Unexpanded, UsageWanted};
use chrono::NaiveDate;
use domain::{
    id::{CustomerId, Feature},
    upsell::Upsell,
    usage::UsageEvent,
};
use std::collections::BTreeSet;

contract! {
    who_bought_within_the_days_is_no_control
    features_are_taken_as_a_selector_spells_them
    the_usage_of_many_is_that_of_each
}

/// A customer's use of a feature on some days of 2026.
fn used(customer: &str, feature: &str, days: &[&str]) -> Vec<UsageEvent> {
    let one = |day: &&str| {
        let id = format!("{customer}-{feature}-{day}");
        event(&id, customer, feature, Some("ann"), &format!("2026-{day}T12:00:00Z"), 2.5)
    };
    days.iter().map(one).collect()
}

async fn ingest(fresh: &Fresh, events: &[UsageEvent]) {
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.ingest(events, at("2026-06-01T00:00:00Z")).await.unwrap();
    tx.commit().await.unwrap();
}

async fn sold(fresh: &Fresh, n: u64, customer: &str, closed: &str) {
    let mut upsell: Upsell = samples::upsell(n);
    upsell.customer.id = customer.into();
    upsell.details.close_date = day(closed);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&upsell).await.unwrap();
    tx.commit().await.unwrap();
}

async fn who_bought_within_the_days_is_no_control(fresh: &Fresh) {
    for customer in ["a", "b", "c", "d", "e"] {
        ingest(fresh, &used(customer, "export", &["02-01", "05-01"])).await;
    }
    sold(fresh, 1, "a", "2026-01-15").await;
    sold(fresh, 2, "b", "2026-05-15").await;
    sold(fresh, 3, "c", "2026-01-14").await;
    sold(fresh, 4, "d", "2026-05-16").await;
    sold(fresh, 5, "d", "2026-01-01").await;
    let segment = samples::upsell(1).customer.segment;
    let span = (day("2026-02-01"), day("2026-05-01"));
    let known = |name: &str, segment| Unexpanded { customer: name.into(), segment, span };
    let mut tx = fresh.store.read().await.unwrap();
    let told = tx.unexpanded(day("2026-01-15"), day("2026-05-15")).await.unwrap();
    assert_eq!(told, [known("c", segment.clone()), known("d", segment), known("e", None)]);
}

fn named(names: &[&str]) -> Vec<CustomerId> {
    names.iter().map(|name| CustomerId::from(*name)).collect()
}

async fn users_of(fresh: &Fresh, features: &[&str], from: &str, to: &str) -> Vec<String> {
    let customers = named(&["a", "b", "c", "d", "nobody"]);
    let features: Vec<Feature> = features.iter().map(|name| Feature::from(*name)).collect();
    let mut tx = fresh.store.read().await.unwrap();
    let wanted = UsageWanted { customers: &customers, features: &features, from: day(from), to: day(to) };
    tx.users_of(wanted).await.unwrap().into_iter().map(|customer| customer.0).collect()
}

async fn features_are_taken_as_a_selector_spells_them(fresh: &Fresh) {
    ingest(fresh, &used("a", "api.call", &["02-01"])).await;
    ingest(fresh, &used("b", "api", &["02-02"])).await;
    ingest(fresh, &used("c", "apis.call", &["02-01"])).await;
    ingest(fresh, &used("d", "api_x%", &["02-01"])).await;
    let all = |features| users_of(fresh, features, "2026-01-01", "2026-03-01");
    assert_eq!(all(&["api.*"]).await, ["a", "b"]);
    assert_eq!(all(&["api.call", "apis.*"]).await, ["a", "c"]);
    assert_eq!(all(&["api_x%"]).await, ["d"]);
    assert!(all(&[]).await.is_empty());
    assert_eq!(users_of(fresh, &["api.*"], "2026-02-02", "2026-03-01").await, ["b"]);
}

async fn the_usage_of_many_is_that_of_each(fresh: &Fresh) {
    for customer in ["a", "b", "c"] {
        ingest(fresh, &used(customer, "api.call", &["01-31", "02-01", "03-15"])).await;
        ingest(fresh, &used(customer, "export", &["02-01", "04-01"])).await;
    }
    let (from, to): (NaiveDate, NaiveDate) = (day("2026-02-01"), day("2026-03-31"));
    let (customers, api) = (named(&["a", "b", "nobody"]), Feature::from("api.*"));
    let mut tx = fresh.store.read().await.unwrap();
    let wanted = UsageWanted { customers: &customers, features: std::slice::from_ref(&api), from, to };
    let told = tx.usage_of(wanted).await.unwrap();
    assert_eq!(told.keys().map(|customer| customer.0.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    for customer in &customers[..2] {
        let is_call = |feature: &Feature| feature.0 == "api.call";
        let mut days = tx.feature_days(customer, from, to).await.unwrap();
        days.retain(|row| is_call(&row.feature));
        let mut users = tx.user_days(customer, from, to).await.unwrap();
        users.retain(|row| is_call(&row.feature));
        let usage = &told[customer];
        assert_eq!((&usage.days, usage.days.len()), (&days, 2));
        let order = |users: &[domain::usage::UserDays]| -> BTreeSet<(i32, u64)> {
            users.iter().map(|row| (row.block, row.bits)).collect()
        };
        assert_eq!((order(&usage.users), usage.users.len()), (order(&users), users.len()));
        assert_eq!(usage.span, tx.usage_span(customer).await.unwrap());
    }
}
