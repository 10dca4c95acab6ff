//! The engine keeps what came of its forecasts, and makes up for what an earlier program did not keep.

use serde_json::json;
use tests::{
    journey::{CLOSED, Journey},
    world::World,
};
use tools::Role;

#[tokio::test]
async fn what_came_of_forecasts_is_kept_and_caught_up_with_on_sqlite() {
    keep(&World::on(CLOSED).await).await;
}

#[tokio::test]
async fn what_came_of_forecasts_is_kept_and_caught_up_with_on_postgres() {
    keep(&World::on_postgres(CLOSED).await).await;
}

async fn keep(world: &World) {
    Journey::through(world, None).whole().await;
    let kept = score(world).await;
    assert!(kept["forecasts"].as_array().unwrap().last().unwrap()["n"].as_u64().unwrap() > 0, "{kept:#}");
    assert_eq!(kept["warnings"]["upsells"], 1);

    // As a database of an earlier program is found.
    let forget = |sql: &str| world.database().column::<String>(sql.to_owned());
    assert!(!forget("delete from promise returning plan_id").await.is_empty());
    let unscored =
        "update outcome set scored_at = null, warned_day = null, last_day = null returning plan_id";
    assert_eq!(forget(unscored).await.len(), 1);
    assert_eq!(score(world).await["warnings"]["upsells"], 0);
    world.advance(1).await;
    assert_eq!(score(world).await, kept);
}

async fn score(world: &World) -> serde_json::Value {
    let asked = json!({ "question": "risk_signs" });
    world.call(Role::Researcher, "analyze_outcomes", asked).await.unwrap().structured["selfScore"].clone()
}
