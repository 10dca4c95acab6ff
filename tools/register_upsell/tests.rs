use crate::trial::{Trial, sale};
use serde_json::{Value, json};

const NOW: &str = "2026-02-21T08:00:00Z";

fn with(mut sale: Value, field: &str, value: Value) -> Value {
    sale[field] = value;
    sale
}

#[tokio::test]
async fn a_sale_is_kept_to_the_cent_and_told_which_template_it_gets() {
    let trial = Trial::at(NOW).await;
    let answer = trial.call("register_upsell", sale("Data Sync")).await;
    assert_eq!(answer["sale"]["upsellDetails"]["arrIncrease"], json!(128_000.55));
    assert_eq!(answer["sale"]["upsellDetails"]["currency"], "USD");
    assert_eq!(answer["template"]["id"], "general");
    assert_eq!(answer["planDueBy"], "2026-02-23T08:00:00Z");
    assert_eq!(
        answer["headline"],
        "Registered Northwind Traders: Data Sync, $128k new ARR, closed 20 Feb 2026."
    );
}

#[tokio::test]
async fn the_same_sale_again_gets_the_first_answer_and_another_version_of_it_is_a_conflict() {
    let trial = Trial::at(NOW).await;
    let first = trial.call("register_upsell", sale("Data Sync")).await;
    let again = trial.call("register_upsell", sale("Data Sync")).await;
    assert_eq!((&again["upsell"], &again["replayed"]), (&first["upsell"], &json!(true)));
    let other = with(sale("Data Sync"), "arrIncrease", json!(1));
    let refusal = trial.refusal("register_upsell", other).await;
    assert!(refusal.contains("opportunity 006-1 is registered already as u_"), "{refusal}");
    let manual = with(with(sale("Data Sync"), "source", json!("manual")), "opportunityId", Value::Null);
    let second = trial.call("register_upsell", manual.clone()).await;
    assert_ne!(second["upsell"], first["upsell"]);
    assert_eq!(trial.call("register_upsell", manual).await["upsell"], second["upsell"]);
}

#[tokio::test]
async fn a_customer_is_known_again_by_name_with_zone_and_segment() {
    let trial = Trial::at(NOW).await;
    trial.call("register_upsell", with(sale("Data Sync"), "segment", json!("enterprise"))).await;
    let plain = json!({
        "source": "manual", "customer": "northwind TRADERS", "products": ["Analytics"],
        "arrIncrease": 10, "closeDate": "2026-02-21"
    });
    let customer = trial.call("register_upsell", plain).await["sale"]["customer"].clone();
    assert_eq!(customer["id"], "northwind");
    assert_eq!(customer["zone"], "America/New_York");
    assert_eq!(customer["segment"], "enterprise");
}

#[tokio::test]
async fn every_fault_is_listed_at_once() {
    let trial = Trial::at(NOW).await;
    let wrong = json!({
        "source": "salesforce", "customer": "  ", "products": [" "], "arrIncrease": -5, "currency": "dollars",
        "closeDate": "2027-01-01", "timeZone": "Mars/Olympus", "seats": 10, "seatsBefore": 20
    });
    let refusal = trial.refusal("register_upsell", wrong).await;
    let fields = [
        "products[0]: ",
        "customer: ",
        "opportunityId: received nothing",
        "arrIncrease: received -5",
        "closeDate: received 2027-01-01, send a day from 2000-01-01 to 2026-03-24",
        "seatsBefore: received 20",
        "timeZone: received \"Mars/Olympus\"",
        "currency: received \"dollars\", send an ISO 4217 code in three capital letters",
    ];
    for field in fields {
        assert!(refusal.contains(field), "{field} in {refusal}");
    }
}

#[tokio::test]
async fn a_sale_of_seats_without_their_number_says_what_its_plan_waits_for() {
    let trial = Trial::at(NOW).await;
    let answer = trial.call("register_upsell", sale("CRM seats")).await;
    assert_eq!(answer["planWaitsFor"], "needs seats: Seats in use is told per entitled seat");
}

#[tokio::test]
async fn a_date_in_another_style_is_told_how_to_write_it() {
    let trial = Trial::at(NOW).await;
    let mut wrong = with(sale("Data Sync"), "closeDate", json!("31.12.2025"));
    wrong["entitlementStart"] = json!("2026-02-30");
    let refusal = trial.refusal("register_upsell", wrong).await;
    for field in ["closeDate", "entitlementStart"] {
        assert!(refusal.contains(&format!("{field}: received \"")), "{refusal}");
    }
    assert!(refusal.contains("send a day such as 2026-03-31"), "{refusal}");
}

#[tokio::test]
async fn no_sale_has_the_key_of_another() {
    let trial = Trial::at(NOW).await;
    let manual = with(sale("Seats"), "source", json!("manual"));
    let without = with(manual.clone(), "opportunityId", Value::Null);
    let sales = [
        with(manual, "opportunityId", json!("northwind:Seats:2026-02-20")),
        without.clone(),
        with(without.clone(), "products", json!(["A", "B"])),
        with(without.clone(), "products", json!(["A+B"])),
        with(without, "customerId", json!("northwind:Seats")),
    ];
    let mut known = std::collections::BTreeSet::new();
    for sale in sales {
        let answer = trial.call("register_upsell", sale).await;
        assert!(known.insert(answer["upsell"].to_string()), "{answer}");
    }
}

#[tokio::test]
async fn a_conflict_names_the_particulars_that_differ() {
    let trial = Trial::at(NOW).await;
    trial.call("register_upsell", sale("Data Sync")).await;
    let other = with(with(sale("Data Sync"), "arrIncrease", json!(1)), "seats", json!(300));
    let refusal = trial.refusal("register_upsell", other).await;
    assert!(
        refusal.contains("other particulars: arrIncrease was 128000.55, now 1; seats was nothing, now 300;"),
        "{refusal}"
    );
    let keyed = |goals: Value| with(with(sale("Analytics"), "goals", goals), "idempotencyKey", json!("k"));
    let mut first = keyed(json!(["Fewer calls"]));
    first["opportunityId"] = json!("006-2");
    trial.call("register_upsell", first.clone()).await;
    let mut second = first;
    second["goals"] = json!(["More calls"]);
    let refusal = trial.refusal("register_upsell", second).await;
    assert!(refusal.contains("goals[0] was \"Fewer calls\", now \"More calls\""), "{refusal}");
}

#[tokio::test]
async fn an_amount_finer_than_the_currency_is_refused_and_so_are_more_seats_than_can_be_kept() {
    let trial = Trial::at(NOW).await;
    for (amount, currency, wanted) in [
        (json!(10.005), "USD", "steps of 0.01 USD"),
        (json!(1.5), "JPY", "steps of 1 JPY"),
        (json!(0.0005), "KWD", "steps of 0.001 KWD"),
    ] {
        let fine = with(with(sale("Data Sync"), "arrIncrease", amount), "currency", json!(currency));
        let refusal = trial.refusal("register_upsell", fine).await;
        assert!(refusal.contains("arrIncrease: received") && refusal.contains(wanted), "{refusal}");
    }
    let dinars = with(with(sale("Data Sync"), "arrIncrease", json!(1.005)), "currency", json!("KWD"));
    assert_eq!(
        trial.call("register_upsell", dinars).await["sale"]["upsellDetails"]["arrIncrease"],
        json!(1.005)
    );
    for seats in [json!(5_000_000_000_u64), json!(5e9), json!(1e300), json!(4_294_967_296_u64)] {
        let refusal = trial.refusal("register_upsell", with(sale("Data Sync"), "seats", seats.clone())).await;
        assert!(refusal.contains("seats: received") && refusal.contains("4294967295"), "{seats}: {refusal}");
    }
}

#[tokio::test]
async fn what_is_unknown_of_a_sale_is_an_empty_text_and_never_absent() {
    let trial = Trial::at(NOW).await;
    let manual = with(with(sale("Data Sync"), "source", json!("manual")), "opportunityId", Value::Null);
    let answer = trial.call("register_upsell", manual).await;
    assert_eq!(
        (&answer["sale"]["opportunityId"], &answer["sale"]["upsellDetails"]["salesRep"]),
        (&json!(""), &json!(""))
    );
    let listed = trial.call("list_measurements", json!({ "needsPlan": true })).await;
    assert_eq!(listed["measurements"][0]["opportunityId"], "");
    let plan = trial.call("create_measurement_plan", json!({ "upsell": answer["upsell"] })).await;
    let measurement = &plan["successMeasurement"];
    assert_eq!(
        (&measurement["opportunityId"], &measurement["upsellDetails"]["salesRep"]),
        (&json!(""), &json!(""))
    );
}
