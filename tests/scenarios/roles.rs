//! Who may call what: every tool, role and face, from the catalogue's one table.

use serde_json::{Value, json};
use tests::{
    face::{Face, modern_meta},
    journey::{CLOSED, sale},
    world::World,
};
use tools::{Role, catalogue};

#[tokio::test]
async fn a_tool_answers_its_roles_and_refuses_the_others_on_every_face() {
    let world = World::on(CLOSED).await;
    let mut refused = 0;
    for entry in catalogue() {
        for &role in Role::ALL {
            for face in Face::ALL {
                let answer = world.ask(face, role, entry.name, entry.example.clone()).await;
                let is_refused = answer.as_ref().is_err_and(|refusal| refusal.code == "forbidden");
                assert_eq!(
                    is_refused,
                    !entry.is_open_to(role),
                    "{} as {role:?} through {face:?}: {answer:?}",
                    entry.name
                );
                refused += usize::from(is_refused);
            }
        }
    }
    assert!(refused > 0, "some tool is closed to some role");
}

#[tokio::test]
async fn a_refused_call_leaves_nothing_behind() {
    let world = World::on(CLOSED).await;
    let before = world.database().rows().await;
    for entry in catalogue() {
        for &role in Role::ALL.iter().filter(|role| !entry.is_open_to(**role)) {
            world.ask(Face::Rest, role, entry.name, entry.example.clone()).await.unwrap_err();
        }
    }
    assert_eq!(world.database().rows().await, before);
}

#[tokio::test]
async fn a_role_is_shown_its_own_tools_in_one_order() {
    let world = World::on(CLOSED).await;
    for &role in Role::ALL {
        let open: Vec<&str> =
            catalogue().iter().filter(|entry| entry.is_open_to(role)).map(|entry| entry.name).collect();
        assert_eq!(tools_shown(&world, role).await, open, "{role:?}");
    }
}

async fn tools_shown(world: &World, role: Role) -> Vec<String> {
    let door = world.door(role);
    let body =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": modern_meta() } });
    let request = door.client.post(format!("{}/mcp", door.base)).bearer_auth(door.key.as_deref().unwrap());
    let request = request.header("Accept", "application/json, text/event-stream");
    let request = request.header("MCP-Protocol-Version", "2026-07-28").header("Mcp-Method", "tools/list");
    let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
    let tools = answer["result"]["tools"].as_array().unwrap().iter();
    tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn without_a_live_key_no_face_answers() {
    let world = World::on(CLOSED).await;
    let good = world.key(Role::Admin);
    let turned = format!("{}{}", &good[..good.len() - 1], if good.ends_with('a') { 'b' } else { 'a' });
    let keys = [None, Some(""), Some("usm_k_000000000000_0"), Some(turned.as_str())];
    for face in Face::ALL {
        for key in keys {
            let mut door = world.door(Role::Admin);
            door.key = key.map(str::to_owned);
            let refusal = door.ask(face, "list_measurements", json!({})).await.unwrap_err();
            assert_eq!(refusal.code, "unauthenticated", "{face:?} with {key:?}");
        }
    }
}

#[tokio::test]
async fn a_key_in_the_address_opens_nothing() {
    let world = World::on(CLOSED).await;
    let url =
        format!("http://{}/api/upsells?key={1}&access_token={1}", world.address, world.key(Role::Admin));
    let answer = world.door(Role::Admin).client.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn a_change_is_recorded_with_the_id_of_the_key_that_made_it() {
    let world = World::on(CLOSED).await;
    let sale = json!({
        "source": "manual", "customer": "Acme", "products": ["Seats"], "arrIncrease": 1000,
        "closeDate": "2026-01-28", "owner": "Ana Ruiz",
    });
    world.ask(Face::Rest, Role::Csm, "register_upsell", sale).await.unwrap();
    let recorded = "select caller || ' ' || key_id from audit where tool = 'register_upsell'";
    let id = server::auth::id_in(world.key(Role::Csm)).unwrap();
    assert_eq!(world.database().column::<String>(recorded.to_owned()).await, [format!("csm {id}")]);
}

/// What a role may ask for within a tool is the same on every face.
#[tokio::test]
async fn a_monitor_sets_no_target_and_an_orchestrator_documents_no_outcome_on_any_face() {
    for face in Face::ALL {
        let world = World::on(CLOSED).await;
        let sold = sale("006-1", "Northwind Traders");
        world.call(Role::Orchestrator, "register_upsell", sold).await.unwrap();
        world.settle().await;
        let target = json!({ "upsell": "Northwind Traders", "reason": "It looks better",
            "setTargets": [{ "metric": "csat", "target": 10 }] });
        let refused = world.ask(face, Role::Monitor, "update_metrics", target).await.unwrap_err();
        assert_eq!(refused.code, "forbidden", "{face:?}");
        let failed =
            json!({ "upsell": "Northwind Traders", "outcome": "failed", "lessons": ["Nobody started"] });
        let proposed = world.ask(face, Role::Orchestrator, "document_outcome", failed).await.unwrap();
        assert_eq!(proposed["outcome"]["status"], "pending", "{face:?}");
        let confirm = json!({ "upsell": "Northwind Traders", "confirm": proposed["proposedOutcome"]["id"] });
        let refused =
            world.ask(face, Role::Orchestrator, "document_outcome", confirm.clone()).await.unwrap_err();
        assert_eq!(refused.code, "forbidden", "{face:?}");
        let documented = world.ask(face, Role::Csm, "document_outcome", confirm).await.unwrap();
        assert_eq!(documented["outcome"]["status"], "failed", "{face:?}");
    }
}
