//! What is said against bad input, word for word: each fault by its field, what came and what to send.

use domain::Code;
use serde_json::{Value, json};
use tests::{journey::CLOSED, world::World};
use tools::Role;

/// A tool, arguments, and the faults that must be told in one error.
type Case = (&'static str, Value, &'static [&'static str]);

#[tokio::test]
async fn every_fault_says_what_came_and_what_to_send() {
    let world = planned().await;
    let mut wrong = Vec::new();
    for (tool, arguments, told) in cases() {
        let error = world.call(Role::Admin, tool, arguments).await.expect_err(told[0]);
        let missing: Vec<&&str> = told.iter().filter(|fault| !error.message.contains(**fault)).collect();
        let is_short = error.message.len() < 3_000;
        if error.code != Code::Invalid || !missing.is_empty() || error.faults.len() != told.len() || !is_short
        {
            wrong.push(format!("not said: {missing:?}\nbut: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// An upsell of Northwind with its plan.
async fn planned() -> World {
    let world = World::on(CLOSED).await;
    let sale = json!({
        "source": "manual", "customer": "Northwind Traders", "products": ["Data Sync"], "arrIncrease": 9000,
        "closeDate": "2026-01-20", "goals": ["Fewer spreadsheets"]
    });
    world.call(Role::Admin, "register_upsell", sale).await.unwrap();
    let upsell = json!({ "upsell": "Northwind Traders" });
    world.call(Role::Admin, "create_measurement_plan", upsell).await.unwrap();
    world
}

fn cases() -> Vec<Case> {
    let mut cases = of_form();
    cases.extend(of_sales());
    cases.extend(of_reviews());
    cases
}

fn of_form() -> Vec<Case> {
    const NORTHWIND: &str = "Northwind Traders";
    vec![
        ("list_measurements", json!({ "limit": 0 }), &["limit: received 0, send an integer from 1 to 100"]),
        (
            "list_measurements",
            json!({ "limit": 1000 }),
            &["limit: received 1000, send an integer from 1 to 100"],
        ),
        (
            "list_measurements",
            json!({ "status": ["late"], "owner": 5, "cursor": "zz" }),
            &[
                "status[0]: received \"late\", send one of \"exceeding\", \"on_track\", \"at_risk\", \"behind\"",
                "owner: received 5, send text",
            ],
        ),
        (
            "list_measurements",
            json!({ "cursor": "zz" }),
            &["cursor: received \"zz\", send nextCursor of the page"],
        ),
        (
            "analyze_outcomes",
            json!({ "question": "growth", "minSample": "NaN" }),
            &[
                "one of \"success_rate\", \"time_to_value\", \"risk_signs\", \"onboarding_patterns\", \"churn\"",
                "minSample: received \"NaN\", send an integer from 1 to 1000 (Default 8)",
            ],
        ),
        (
            "resolve_alert",
            json!({ "alert": "zz", "note": "" }),
            &[
                "alert: received \"zz\", send the id of an alert such as a_7f3k9x2mq4tz",
                "action: received nothing, send one of \"acknowledge\", \"snooze\", \"close\"",
                "note: received \"\", send text of 1 to 2000 characters",
            ],
        ),
        (
            "resolve_alert",
            json!({ "alert": "a_0123456789ab", "action": "close", "note": "n".repeat(2001) }),
            &["nn\" and more, 2001 characters, send text of 1 to 2000 characters"],
        ),
        (
            "ingest_usage",
            json!({ "events": vec![json!({ "eventId": "e", "customer": "c", "feature": "f", "at": "2026-01-29T00:00:00Z" }); 1001] }),
            &[
                "events: received a list of 1001 items, send a list of 1 to 1000 objects of eventId, customer, ",
            ],
        ),
        (
            "ingest_usage",
            json!({ "events": [{ "eventId": "e", "customer": "c", "feature": "f" }, { "eventId": " ", "customer": "c",
                "feature": "f", "at": "2027-01-01T00:00:00Z", "count": -1 }] }),
            &[
                "events[0].at: received nothing, send an instant such as 2026-03-31T09:00:00Z",
                "events[1].eventId: received \" \", send 1 to 200 characters",
                "events[1].at: received 2027-01-01T00:00:00+00:00, send an instant up to 48 hours after now",
                "events[1].count: received -1, send a number from 0 to 1e15",
            ],
        ),
        (
            "update_metrics",
            json!({ "upsell": NORTHWIND, "milestones": [{ "milestone": "x", "done": true }] }),
            &[
                "milestones[0].done: received an argument milestones[0] does not have, send one of milestone, state, date",
                "milestones[0].state: received nothing, send one of \"done\", \"skipped\", \"open\"",
            ],
        ),
        (
            "update_metrics",
            json!({ "upsell": NORTHWIND, "addReadings": [{ "metric": "csat", "value": 1e308 }] }),
            &["addReadings[0].value: received 1e+308, send a number from -1e15 to 1e15"],
        ),
        ("get_progress", json!({ "upsell": "a\0b" }), &["upsell: received \"a\\u0000b\", send text without"]),
        (
            "get_progress",
            json!({ "upsell": NORTHWIND, "asOf": "2030-01-01T00:00:00Z" }),
            &["asOf: received 2030-01-01T00:00:00+00:00, send an instant up to now"],
        ),
        (
            "predict_outcome",
            json!({ "upsell": NORTHWIND, "changes": [{ "metric": "nope", "byDay": -4 }] }),
            &[
                "changes[0].value: received nothing, send a number from -1e15 to 1e15",
                "changes[0].byDay: received -4, send an integer from 0 to 65535 (Days since day 0; default today)",
            ],
        ),
        (
            "list_templates",
            json!({ "products": 7, "industry": [1] }),
            &[
                "products: received 7, send a list of at most 20 items, each text",
                "industry: received [1], send text",
            ],
        ),
    ]
}

fn of_sales() -> Vec<Case> {
    let sale = |field: &str, value: Value| {
        let mut sale = json!({
            "source": "manual", "customer": "Contoso", "products": ["Data Sync"], "arrIncrease": 1,
            "closeDate": "2026-01-20"
        });
        sale[field] = value;
        sale
    };
    vec![
        (
            "register_upsell",
            sale("seats", json!(1e15)),
            &["seats: received 1000000000000000, send an integer from 0 to 4294967295"],
        ),
        (
            "register_upsell",
            sale("arrIncrease", json!(1e308)),
            &["arrIncrease: received 1e+308, send a number"],
        ),
        (
            "register_upsell",
            sale("arrIncrease", json!(1e14)),
            &["arrIncrease: received 100000000000000, send an amount from 0 to 9e13"],
        ),
        (
            "register_upsell",
            sale("currency", json!("usd")),
            &["currency: received \"usd\", send an ISO 4217 code in three capital letters, such as USD"],
        ),
        (
            "register_upsell",
            sale("currency", json!("ABC")),
            &["currency: received \"ABC\", send an ISO 4217 code in three capital letters, such as USD"],
        ),
        (
            "register_upsell",
            json!({
                "source": "manual", "customer": " ", "products": [""], "arrIncrease": -5, "closeDate": "soon",
                "currency": "ABC", "timeZone": "Mars/Olympus", "seats": 0
            }),
            &[
                "closeDate: received \"soon\", send a day such as 2026-03-31",
                "customer: received \" \", send 1 to 500 characters",
                "products[0]: received \"\", send 1 to 500 characters",
                "arrIncrease: received -5, send an amount from 0",
                "currency: received \"ABC\", send an ISO 4217 code",
                "timeZone: received \"Mars/Olympus\", send an IANA zone such as",
                "seats: received 0, send a number above 0",
            ],
        ),
    ]
}

fn of_reviews() -> Vec<Case> {
    const NORTHWIND: &str = "Northwind Traders";
    const EVIDENCE: &[&str] = &[
        "evidenceIds[0]: received \"zz\", send the id of an observation such as o_7f3k9x2mq4tz",
        "evidenceIds[2]: received 7, send the id of an observation such as o_7f3k9x2mq4tz",
    ];
    let evidence = json!(["zz", "o_0123456789ab", 7]);
    vec![
        (
            "record_review",
            json!({ "upsell": NORTHWIND, "checkpointDay": 30, "decision": "completed", "summary": "Well", "evidenceIds": evidence }),
            EVIDENCE,
        ),
        (
            "document_outcome",
            json!({ "upsell": NORTHWIND, "outcome": "success", "evidenceIds": evidence }),
            EVIDENCE,
        ),
        (
            "record_review",
            json!({
                "upsell": NORTHWIND, "checkpointDay": 45, "decision": "completed", "summary": " ",
                "actions": [{ "text": "", "owner": "", "due": "1999-01-01" }], "goalsAchieved": ["nonsense"]
            }),
            &[
                "checkpointDay: received 45, send one of 30, 60, 90",
                "summary: received blank text, send what was concluded",
                "actions[0].text: received blank text, send what will be done",
                "actions[0].owner: received blank text, send who does it",
                "goalsAchieved[0]: received \"nonsense\", send one of 1 \"Fewer spreadsheets\"",
                "actions[0].due: received 1999-01-01, send a day from 2026-01-29, today for the customer",
            ],
        ),
        (
            "record_review",
            json!({ "upsell": NORTHWIND, "checkpointDay": 30, "decision": "done", "summary": "", "actions": [{ "text": " " }] }),
            &[
                "decision: received \"done\", send one of \"completed\", \"skipped\", \"rescheduled\"",
                "summary: received \"\", send text of 1 to 8000 characters (What was concluded, or why skipped or moved)",
                "actions[0].text: received blank text, send what will be done",
            ],
        ),
    ]
}
