//! Readiness says so when the scheduler does not get through, and why.

use std::time::{Duration, Instant};
use store::Store;
use tests::{database::Database, process::Program};
use tokio::time::sleep;

const FAILED_IN_A_ROW: u64 = 3;

/// How long until readiness is as wanted; within five seconds.
pub async fn until(program: &Program, is_ready: bool) -> Duration {
    let started = Instant::now();
    while program.is_ready().await != is_ready {
        assert!(started.elapsed() < Duration::from_secs(5), "readiness stays {}", !is_ready);
        sleep(Duration::from_millis(20)).await;
    }
    started.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_that_fail_make_a_server_unready_until_one_goes_through() {
    for database in [Database::sqlite(), Database::postgres().await] {
        Store::open(&database.url).await.unwrap().close().await;
        database.run("alter table standing rename to standing_away".to_owned()).await;
        let program = Program::serve(&["--database-url", &database.url]).await;
        let unready_after = until(&program, false).await;
        let answer = program.readiness().await;
        assert!(answer["failedTicks"].as_u64().unwrap() >= FAILED_IN_A_ROW, "{answer}");
        let scheduler = answer["scheduler"].as_str().unwrap();
        assert!(
            scheduler.contains("ticks failed") && scheduler.contains("none went through yet"),
            "{answer}"
        );
        assert_eq!((&answer["database"], &answer["lastGoodTick"]), (&"ok".into(), &().into()), "{answer}");

        database.run("alter table standing_away rename to standing".to_owned()).await;
        let ready_after = until(&program, true).await;
        let answer = program.readiness().await;
        program.kill().await;
        println!(
            "failing ticks: unready after {} ms, ready {} ms after the cause was gone",
            unready_after.as_millis(),
            ready_after.as_millis()
        );
        assert_eq!((&answer["failedTicks"], &answer["scheduler"]), (&0.into(), &"ok".into()), "{answer}");
        assert!(answer["lastGoodTick"].is_string(), "{answer}");
    }
}
