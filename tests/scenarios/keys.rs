//! What a check of a key costs, and how soon a change of keys counts, whichever process makes it.

use reqwest::{StatusCode, header};
use server::auth;
use std::time::{Duration, Instant};
use store::Store;
use tests::{
    database::Database,
    journey::CLOSED,
    world::{World, make_key},
};
use tokio::time::sleep;
use tools::Role;

const AWAY: &str = "alter table api_key rename to api_key_away";
const BACK: &str = "alter table api_key_away rename to api_key";

/// What the check lets through finds nothing there.
async fn checked(world: &World, name: header::HeaderName, value: &str) -> StatusCode {
    let door = world.open_door();
    let request = door.client.get(format!("{}/schemas/none.json", door.base)).header(name, value);
    request.send().await.unwrap().status()
}

async fn with_key(world: &World, key: &str) -> StatusCode {
    checked(world, header::AUTHORIZATION, &format!("Bearer {key}")).await
}

/// As long as nothing changed no statement looks for a key known before: it goes through without its table.
#[tokio::test]
async fn a_key_and_a_session_seen_before_are_not_looked_up_again() {
    for database in [Database::sqlite(), Database::postgres().await] {
        let world = World::with(database, CLOSED).await;
        let session = session(&world).await;
        let key = world.key(Role::Monitor);
        assert_eq!(with_key(&world, key).await, StatusCode::NOT_FOUND);
        assert_eq!(checked(&world, header::COOKIE, &session).await, StatusCode::NOT_FOUND);
        world.database().run(AWAY.to_owned()).await;
        assert_eq!(with_key(&world, key).await, StatusCode::NOT_FOUND);
        assert_eq!(checked(&world, header::COOKIE, &session).await, StatusCode::NOT_FOUND);
        let unseen = with_key(&world, world.key(Role::Researcher)).await;
        assert_eq!(unseen, StatusCode::INTERNAL_SERVER_ERROR, "one not seen before is looked for");
        world.database().run(BACK.to_owned()).await;
        assert_eq!(with_key(&world, world.key(Role::Researcher)).await, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn that_no_key_exists_is_not_looked_up_again_until_one_does() {
    let world = World::without_keys(CLOSED, "http://127.0.0.1:8080").await;
    assert_eq!(checked(&world, header::ACCEPT, "*/*").await, StatusCode::NOT_FOUND);
    world.database().run(AWAY.to_owned()).await;
    assert_eq!(checked(&world, header::ACCEPT, "*/*").await, StatusCode::NOT_FOUND);
    world.database().run(BACK.to_owned()).await;
    make_key(&world.host, "first", Role::Admin).await;
    let mut status = StatusCode::NOT_FOUND;
    let asked = Instant::now();
    while status != StatusCode::UNAUTHORIZED {
        assert!(asked.elapsed() < Duration::from_secs(5), "the first key closes the server: {status}");
        sleep(Duration::from_millis(20)).await;
        status = checked(&world, header::ACCEPT, "*/*").await;
    }
}

/// The revoking process is not the serving one.
#[tokio::test]
async fn a_key_revoked_elsewhere_is_refused_soon_and_its_session_too() {
    for database in [Database::sqlite(), Database::postgres().await] {
        let world = World::with(database, CLOSED).await;
        let session = session(&world).await;
        let key = world.key(Role::Csm).to_owned();
        assert_eq!(with_key(&world, &key).await, StatusCode::NOT_FOUND);
        assert_eq!(checked(&world, header::COOKIE, &session).await, StatusCode::NOT_FOUND);
        let elsewhere = Store::open(&world.database().url).await.unwrap();
        let mut tx = elsewhere.write("test").await.unwrap();
        tx.revoke_key(auth::id_in(&key).unwrap(), world.now()).await.unwrap();
        tx.commit().await.unwrap();
        elsewhere.close().await;
        let revoked = Instant::now();
        while with_key(&world, &key).await != StatusCode::UNAUTHORIZED {
            assert!(revoked.elapsed() < Duration::from_secs(5), "it is still let in");
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(checked(&world, header::COOKIE, &session).await, StatusCode::UNAUTHORIZED);
        assert_eq!(with_key(&world, world.key(Role::Admin)).await, StatusCode::NOT_FOUND, "others go on");
    }
}

#[tokio::test]
async fn a_session_signed_out_is_over_at_once() {
    let world = World::on(CLOSED).await;
    let session = session(&world).await;
    assert_eq!(checked(&world, header::COOKIE, &session).await, StatusCode::NOT_FOUND);
    let door = world.open_door();
    let asked = door.client.post(format!("{}/sign-out", door.base)).header(header::COOKIE, &session);
    asked.send().await.unwrap();
    assert_eq!(checked(&world, header::COOKIE, &session).await, StatusCode::UNAUTHORIZED);
}

/// The cookie of a CSM who signed in.
async fn session(world: &World) -> String {
    let door = world.open_door();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let filled = client.post(format!("{}/sign-in", door.base)).form(&[("key", world.key(Role::Csm))]);
    let answer = filled.send().await.unwrap();
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}
