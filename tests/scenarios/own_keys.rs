//! A key of a caller's own choosing meets neither the key of a sale nor another caller's key.

use serde_json::{Value, json};
use server::auth;
use store::keys::KeyRow;
use tests::{
    face::{Door, Face},
    journey::{CLOSED, sale},
    world::World,
};
use tools::Role;

/// A door with a new key of that name.
async fn named(world: &World, name: &str) -> Door {
    let id = world.host.ids.next();
    let key = auth::new_key(id);
    let row = KeyRow {
        id,
        name: name.to_owned(),
        role: Role::Csm.as_str().to_owned(),
        hash: auth::hash(&key),
        created_at: world.now(),
        revoked_at: None,
    };
    let mut tx = world.host.store.write("test").await.unwrap();
    tx.insert_key(&row).await.unwrap();
    tx.commit().await.unwrap();
    world.door(Role::Csm).with_key(&key)
}

fn keyed(mut request: Value, key: &str) -> Value {
    request["idempotencyKey"] = json!(key);
    request
}

async fn a_key_named_like_a_source(world: World) {
    let (salesforce, anna) = (named(&world, "salesforce").await, named(&world, "anna").await);
    for face in Face::ALL {
        let id = format!("006-{face:?}");
        let own = keyed(sale(&id, "Acme Ltd"), &id);
        let first = salesforce.ask(face, "register_upsell", own.clone()).await;
        let first = first.unwrap_or_else(|refusal| panic!("{face:?}: {refusal:?}"));
        let again = salesforce.ask(face, "register_upsell", own).await.unwrap();
        assert_eq!((&again["replayed"], &again["upsell"]), (&json!(true), &first["upsell"]), "{face:?}");
    }
    let slip = keyed(sale("006-C", "Carol Ltd"), "006-B");
    salesforce.ask(Face::Rest, "register_upsell", slip).await.unwrap();
    let bob = anna.ask(Face::Rest, "register_upsell", sale("006-B", "Bob Ltd")).await;
    assert_eq!(bob.unwrap()["sale"]["customer"]["name"], "Bob Ltd", "a slip of one blocks nobody's sale");
}

#[tokio::test]
async fn a_key_named_like_a_source_registers_its_sale_on_sqlite() {
    a_key_named_like_a_source(World::on(CLOSED).await).await;
}

#[tokio::test]
async fn a_key_named_like_a_source_registers_its_sale_on_postgres() {
    a_key_named_like_a_source(World::on_postgres(CLOSED).await).await;
}

#[tokio::test]
async fn two_callers_with_the_same_key_get_answers_of_their_own() {
    let world = World::on(CLOSED).await;
    let doors = [named(&world, "one").await, named(&world, "two").await];
    for (door, customer) in doors.iter().zip(["First Ltd", "Second Ltd"]) {
        let request = keyed(sale(&format!("006-{customer}"), customer), "the same");
        let answer = door.ask(Face::Rest, "register_upsell", request).await.unwrap();
        assert_eq!(answer["sale"]["customer"]["name"], customer);
        assert!(answer["replayed"].is_null(), "{answer}");
    }
}

#[tokio::test]
async fn a_key_in_the_header_and_another_in_the_body_are_refused() {
    let world = World::on(CLOSED).await;
    let door = world.door(Role::Csm);
    let send = async |headers: &[&str], body: &str| {
        let request = door.request(Face::Rest, "register_upsell", keyed(sale("006-1", "Acme Ltd"), body));
        let request = headers.iter().fold(request, |request, key| request.header("Idempotency-Key", *key));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, refused) = send(&["one"], "two").await;
    let message = refused["message"].as_str().unwrap();
    assert_eq!((status, &refused["code"]), (400, &json!("invalid")), "{refused}");
    assert!(
        message.contains("Idempotency-Key header is \"one\"") && message.contains("\"two\""),
        "{message}"
    );
    assert_eq!(send(&["one", "two"], "one").await.0, 400);
    assert_eq!(send(&["one"], "one").await.0, 200);
    let (status, again) = send(&[], "one").await;
    assert_eq!((status, &again["replayed"]), (200, &json!(true)));
}
