//! Writers that remember what was acknowledged to them, and the check that all of it is still there.

use serde_json::{Value, json};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use tests::face::{Door, Face};

/// What the server said it keeps: opportunity and the upsell it became.
pub type Acknowledged = Arc<Mutex<Vec<(String, String)>>>;

static COUNT: AtomicU64 = AtomicU64::new(0);

/// A closed sale no other writer sends. One registration touches upsell, answer and audit in one transaction.
pub fn sale() -> (String, Value) {
    let opportunity = format!("006-{:08}", COUNT.fetch_add(1, Ordering::Relaxed));
    let arguments = registration(&opportunity);
    (opportunity, arguments)
}

pub fn registration(opportunity: &str) -> Value {
    json!({
        "source": "salesforce",
        "opportunityId": opportunity,
        "customer": format!("Customer {opportunity}"),
        "customerId": format!("c-{opportunity}"),
        "timeZone": "Europe/Berlin",
        "products": ["Seats"],
        "arrIncrease": 12000,
        "currency": "EUR",
        "closeDate": "2026-01-29",
    })
}

/// Registers one sale; remembers it if the server acknowledged.
pub async fn register(door: &Door, acknowledged: &Acknowledged) -> Result<(), String> {
    let (opportunity, arguments) = sale();
    let answer = door
        .request(Face::Rest, "register_upsell", arguments)
        .send()
        .await
        .map_err(|error| error.to_string())?;
    let status = answer.status();
    let body: Value = answer.json().await.map_err(|error| error.to_string())?;
    if !status.is_success() {
        return Err(format!("{} {}", status.as_u16(), body["code"].as_str().unwrap_or_default()));
    }
    let upsell = upsell_in(&body);
    acknowledged.lock().unwrap().push((opportunity, upsell));
    Ok(())
}

/// Sends everything acknowledged again: each must be answered as a repeat with the first answer. Returns the lost ones.
pub async fn lost(door: &Door, acknowledged: &Acknowledged) -> Vec<String> {
    let sales = acknowledged.lock().unwrap().clone();
    let mut lost = Vec::new();
    for (opportunity, upsell) in sales {
        let again = door.ask(Face::Rest, "register_upsell", registration(&opportunity)).await;
        let is_kept =
            again.as_ref().is_ok_and(|answer| answer["replayed"] == true && upsell_in(answer) == upsell);
        if !is_kept {
            lost.push(format!("{opportunity}: {again:?}"));
        }
    }
    lost
}

fn upsell_in(answer: &Value) -> String {
    answer["upsell"]
        .as_str()
        .unwrap_or_else(|| panic!("a registration names its upsell: {answer}"))
        .to_owned()
}
