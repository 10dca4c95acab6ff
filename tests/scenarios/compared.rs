//! An expansion against accounts that did not expand: an effect where one can be told, and why not where none can.

use chrono::{NaiveDate, TimeDelta};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::ops::Range;
use tests::world::World;
use tools::{Answer, Role};

const CLOSED: &str = "2026-03-02";
/// Days of usage known before the close, and the day looked at after it.
const BEFORE: i64 = 110;
const DAY: i64 = 62;
/// Calls a day that the expansion brings; a value is of 28 days.
const LIFT: f64 = 20.0;
const TRUTH: f64 = 28.0 * LIFT;

/// An account: its name, its calls a day, how many more they become each day before the close, and its lift after it.
struct Account {
    name: String,
    calls: f64,
    per_day: f64,
    lift: f64,
}

impl Account {
    fn steady(name: &str, calls: f64) -> Self {
        Self { name: name.to_owned(), calls, per_day: 0.0, lift: 0.0 }
    }

    /// Each day's calls as one event, up and down by a few.
    fn events(&self, days: Range<i64>) -> Vec<Value> {
        let start: NaiveDate = CLOSED.parse().unwrap();
        let seed = self.name.bytes().fold(11, |seed: u64, byte| seed * 31 % 1_000_003 + u64::from(byte));
        let event = |day: i64| {
            let luck = ChaCha8Rng::seed_from_u64((seed << 20) + (day + BEFORE) as u64).random_range(-6..=6);
            let grown = self.per_day * (day.min(0) + BEFORE) as f64;
            let calls = self.calls + grown + f64::from(luck) + if day >= 0 { self.lift } else { 0.0 };
            json!({ "eventId": format!("d{day}"), "customer": self.name, "feature": "messaging-api.call",
                "user": "integration", "at": format!("{}T12:00:00Z", start + TimeDelta::days(day)),
                "count": calls })
        };
        days.map(event).collect()
    }
}

/// So many accounts of about a hundred calls, and three that are much larger.
fn others(count: usize) -> Vec<Account> {
    let like = (0..count).map(|index| Account::steady(&format!("other-{index}"), 97.0 + (index % 6) as f64));
    let large =
        (0..3).map(|index| Account::steady(&format!("large-{index}"), 900.0 + 50.0 * f64::from(index)));
    like.chain(large).collect()
}

/// On day 62 of the sales to `buyers`.
async fn sold(world: &World, buyers: &[Account], others: &[Account]) {
    let used = async |days: Range<i64>| {
        for account in buyers.iter().chain(others) {
            let events = json!({ "events": account.events(days.clone()) });
            world.call(Role::Monitor, "ingest_usage", events).await.unwrap();
        }
    };
    used(-BEFORE..0).await;
    for buyer in buyers {
        let sale = json!({ "source": "salesforce", "opportunityId": format!("006-{}", buyer.name),
            "customer": buyer.name, "customerId": buyer.name, "products": ["Messaging API"],
            "arrIncrease": 40_000, "currency": "USD", "closeDate": CLOSED, "timeZone": "UTC",
            "segment": "Enterprise" });
        world.call(Role::Orchestrator, "register_upsell", sale).await.unwrap();
    }
    world.settle().await;
    world.host.clock.set(world.now() + TimeDelta::days(DAY));
    used(0..DAY).await;
    world.settle().await;
}

async fn told(world: &World, upsell: &str) -> Answer {
    let asked = json!({ "upsell": upsell, "detail": "detailed" });
    world.call(Role::Csm, "get_progress", asked).await.unwrap()
}

fn volume(answer: &Answer) -> &Value {
    let comparisons = answer.structured["detail"]["comparisons"].as_array().unwrap();
    comparisons.iter().find(|one| one["metric"] == "volume").unwrap()
}

fn buyer(name: &str) -> Account {
    Account { lift: LIFT, ..Account::steady(name, 99.0) }
}

async fn a_lift_with_ten_controls_is_an_effect_near_the_truth(world: &World) {
    sold(world, &[buyer("acme")], &others(10)).await;
    let answer = told(world, "acme").await;
    let verdict = &volume(&answer)["againstControls"];
    println!("{}\n{verdict:#}", answer.text());
    assert_eq!((&verdict["verdict"], &verdict["controls"]), (&json!("identified"), &json!(10)));
    let of = |field: &str| verdict["effect"]["interval"][field].as_f64().unwrap();
    let effect = verdict["effect"]["effect"].as_f64().unwrap();
    assert!((effect - TRUTH).abs() < 0.05 * TRUTH, "{effect}");
    assert!(of("low") < TRUTH && TRUTH < of("high") && of("low") > 0.0, "{verdict}");
    let line = "Compared, Calls in 28 days: ";
    let line = answer.lines.iter().find(|said| said.starts_with(line)).unwrap();
    assert!(line.contains("calls more than 10 like accounts that did not expand ("), "{line}");
    let gap = volume(&answer)["gapToLevel"].as_f64().unwrap();
    assert!((gap - TRUTH).abs() < 0.05 * TRUTH, "{gap}");

    let then = (world.now() - TimeDelta::hours(1)).to_rfc3339();
    let asked = json!({ "upsell": "acme", "detail": "detailed", "asOf": then });
    let earlier = world.call(Role::Csm, "get_progress", asked).await.unwrap();
    assert_eq!(volume(&earlier)["againstControls"], Value::Null, "usage is not kept as it was known then");
}

async fn seven_controls_are_too_few(world: &World) {
    let seven: Vec<Account> = others(7).into_iter().take(7).collect();
    sold(world, &[buyer("acme")], &seven).await;
    let answer = told(world, "acme").await;
    let verdict = &volume(&answer)["againstControls"];
    let counts = [&verdict["verdict"], &verdict["eligible"], &verdict["needed"]];
    assert_eq!(counts, [&json!("too_few"), &json!(7), &json!(8)]);
    let said = "Compared, Calls in 28 days: too few to compare with (7 of 8 accounts that did not expand).";
    assert!(answer.lines.iter().any(|line| line == said), "{}", answer.text());
}

async fn an_account_that_grew_before_has_no_effect_to_tell(world: &World) {
    let grew = Account { calls: 60.0, per_day: 0.6, ..buyer("acme") };
    let others: Vec<Account> = others(12).into_iter().take(12).collect();
    sold(world, &[grew], &others).await;
    let answer = told(world, "acme").await;
    let told = volume(&answer);
    assert_eq!(told["againstControls"]["verdict"], "not_identifiable", "{told:#}");
    let trend = &told["againstTrend"];
    // 0.6 calls a day more each day are 28 · 0.6 · 7 more in a value a week later.
    assert!((trend["perWeek"].as_f64().unwrap() - 117.6).abs() < 6.0, "{trend}");
    let gap = [&trend["gap"], &told["gapToLevel"]].map(|gap| gap.as_f64().unwrap());
    assert!(gap[0] < gap[1] - 1000.0, "the trend would have gone on: {gap:?}");
    assert!(answer.text().contains("its trend before the sale"), "{}", answer.text());
}

async fn a_groups_lift_counts_each_account_once(world: &World) {
    let buyers = [buyer("acme"), buyer("bolt"), Account { lift: 1.5 * LIFT, ..buyer("crane") }];
    sold(world, &buyers, &others(10)).await;
    let asked = json!({ "question": "lift", "groupBy": "template" });
    let answer = world.call(Role::Researcher, "analyze_outcomes", asked).await.unwrap();
    println!("{}", answer.text());
    let lift = &answer.structured["lifts"][0];
    let verdict = &lift["comparison"];
    let counts = [&lift["group"], &verdict["verdict"], &verdict["expanded"], &verdict["controls"]];
    assert_eq!(counts, [&json!("api_volume"), &json!("identified"), &json!(3), &json!(10)], "{lift:#}");
    let (effect, truth) = (verdict["effect"]["effect"].as_f64().unwrap(), TRUTH * 3.5 / 3.0);
    assert!((effect - truth).abs() < 0.05 * truth, "{effect}");
    let more =
        world.call(Role::Researcher, "analyze_outcomes", json!({ "question": "lift", "minSample": 11 }));
    let few = more.await.unwrap().structured;
    assert_eq!(few["lifts"][0]["comparison"]["verdict"], "too_few", "{few:#}");
}

/// One test per story and database.
macro_rules! on_both {
    ($($story:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $story() {
                super::$story(&super::World::on(super::CLOSED).await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $story() {
                super::$story(&super::World::on_postgres(super::CLOSED).await).await;
            })*
        }
    };
}

on_both! {
    a_lift_with_ten_controls_is_an_effect_near_the_truth
    seven_controls_are_too_few
    an_account_that_grew_before_has_no_effect_to_tell
    a_groups_lift_counts_each_account_once
}
