//! The specification's `UpsellSuccessMeasurement`, whole, at an address of its own.

use serde_json::{Value, json};
use tests::{
    face::Face,
    journey::{CLOSED, Journey, sale},
    world::World,
};
use tools::{Role, catalogue};

async fn get(world: &World, role: Role, path: &str) -> (u16, Value) {
    let door = world.door(role);
    let request = door.client.get(format!("{}{path}", door.base)).bearer_auth(door.key.as_deref().unwrap());
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn an_upsells_address_answers_the_whole_measurement() {
    let world = World::on(CLOSED).await;
    let upsell = Journey::through(&world, None).closed_deal().await;
    let path = format!("/api/upsell/{upsell}");
    for role in [Role::Monitor, Role::Orchestrator, Role::Researcher, Role::Csm, Role::Admin] {
        let (status, measurement) = get(&world, role, &path).await;
        assert_eq!(status, 200, "{measurement}");
        let asked = json!({ "upsell": upsell, "detail": "detailed" });
        let told = world.ask(Face::Rest, role, "get_progress", asked).await.unwrap();
        assert_eq!(measurement, told["detail"]["successMeasurement"]);
        assert_eq!(measurement["id"], told["measurementId"]);
        let texts = ["customerId", "upsellId", "opportunityId", "createdAt"];
        assert!(texts.iter().all(|field| measurement[*field].is_string()), "{measurement}");
        assert_eq!(measurement["upsellDetails"]["salesRep"], "Jo Park");
        assert_eq!(measurement["outcome"]["status"], "pending");
        assert_eq!(measurement["successCriteria"]["metrics"][0]["measurement"], "automatic");
        assert_eq!(measurement["measurementPlan"]["checkpoints"].as_array().unwrap().len(), 3);
        assert!(measurement["reviews"].is_array() && measurement["progress"]["dataState"].is_string());
    }
    assert_eq!(get(&world, Role::Csm, &format!("{path}?asOf=2026-01-29")).await.0, 200);
    let (status, refusal) = get(&world, Role::Csm, &format!("{path}?detail=concise")).await;
    assert_eq!((status, &refusal["fieldErrors"][0]["field"]), (400, &json!("detail")));
    let (status, refusal) = get(&world, Role::Csm, "/api/upsell/Northwnd").await;
    assert_eq!(status, 404);
    assert!(refusal["message"].as_str().unwrap().contains(&upsell), "{refusal}");
    assert_eq!(get(&world, Role::Csm, "/api/upsell/outcomes").await.1["question"], "success_rate");
}

#[tokio::test]
async fn what_is_unknown_is_an_empty_text_at_every_address() {
    let world = World::on(CLOSED).await;
    let mut manual = sale("", "Contoso");
    manual["source"] = json!("manual");
    manual["opportunityId"] = Value::Null;
    manual["salesRep"] = Value::Null;
    world.call(Role::Csm, "register_upsell", manual).await.unwrap();
    world.settle().await;
    let (_, measurement) = get(&world, Role::Csm, "/api/upsell/Contoso").await;
    assert_eq!(
        (&measurement["opportunityId"], &measurement["upsellDetails"]["salesRep"]),
        (&json!(""), &json!(""))
    );
}

#[tokio::test]
async fn the_address_is_described_with_what_it_answers() {
    let world = World::on(CLOSED).await;
    let upsell = Journey::through(&world, None).closed_deal().await;
    let (_, openapi) = get(&world, Role::Csm, "/openapi.json").await;
    let described = &openapi["paths"]["/api/upsell/{upsell}"]["get"];
    let names: Vec<&Value> =
        described["parameters"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["upsell", "asOf"]);
    let schema = &described["responses"]["200"]["content"]["application/json"]["schema"];
    let (_, measurement) = get(&world, Role::Csm, &format!("/api/upsell/{upsell}")).await;
    let faults: Vec<String> = jsonschema::validator_for(schema)
        .unwrap()
        .iter_errors(&measurement)
        .map(|fault| fault.to_string())
        .collect();
    assert_eq!(faults, [""; 0]);
    for field in
        ["opportunityId", "upsellDetails", "successCriteria", "measurementPlan", "reviews", "outcome"]
    {
        assert!(schema["required"].as_array().unwrap().contains(&json!(field)), "{field}");
    }
}

/// `measurement` says how a metric is measured, and nothing else.
#[test]
fn measurement_means_one_thing_in_every_answer() {
    for entry in catalogue() {
        places(&entry.output, entry.name);
    }
}

fn places(schema: &Value, path: &str) {
    match schema {
        Value::Object(fields) => {
            if let Some(measurement) = fields.get("properties").and_then(|all| all.get("measurement")) {
                assert_eq!(measurement["enum"], json!(["automatic", "manual"]), "{path}: {measurement}");
            }
            fields.iter().for_each(|(name, value)| places(value, &format!("{path}/{name}")));
        }
        Value::Array(items) => items.iter().for_each(|item| places(item, path)),
        _ => {}
    }
}
