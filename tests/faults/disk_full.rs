//! D5: a full disk refuses writes, keeps reading, recovers by itself, and loses nothing said afterwards.

use crate::{
    disk::Disk,
    load::{Acknowledged, lost, register, registration},
    ready::until,
};
use serde_json::json;
use std::time::{Duration, Instant};
use tests::{face::Face, process::Program};
use tokio::time::sleep;

const REFUSED: usize = 20;
const WRITTEN: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn d5_a_full_disk_loses_nothing() {
    let disk = Disk::of("6m").expect("a file system of 6 MiB can be mounted here: run the faults as root");
    let folder = disk.path().to_str().unwrap().to_owned();
    let program = Program::serve(&["--data-dir", &folder]).await;
    let before = Acknowledged::default();
    register(&program.door, &before).await.expect("there is room");

    disk.fill();
    let mut refusals = Vec::new();
    for _ in 0..REFUSED {
        refusals.push(register(&program.door, &before).await.expect_err("there is no room"));
    }
    assert!(refusals.iter().all(|refusal| refusal == "503 unavailable"), "{refusals:?}");
    let unready_after = until(&program, false).await;
    let read = program.door.ask(Face::Rest, "list_measurements", json!({})).await;
    assert!(read.is_ok(), "{read:?}");
    // A refusal by rule rolls back, too: the first registration again, with other content.
    let known = before.lock().unwrap()[0].0.clone();
    let mut other = registration(&known);
    other["arrIncrease"] = json!(13000);
    let conflict = program.door.ask(Face::Rest, "register_upsell", other).await.expect_err("it is settled");

    disk.grow("20m");
    let grown = Instant::now();
    let after = Acknowledged::default();
    while register(&program.door, &after).await.is_err() {
        assert!(grown.elapsed() < Duration::from_secs(10), "no write goes through after space is back");
        sleep(Duration::from_millis(20)).await;
    }
    let recovered = grown.elapsed();
    for _ in 1..WRITTEN {
        register(&program.door, &after).await.expect("there is room again");
    }
    let ready_after = until(&program, true).await;
    program.kill().await;

    let program = Program::serve(&["--data-dir", &folder]).await;
    let mut gone = lost(&program.door, &before).await;
    gone.extend(lost(&program.door, &after).await);
    program.kill().await;
    println!(
        "D5 disk full: {REFUSED} refused as {}, a rule as {}, unready after {} ms, first write {} ms after space, \
         ready after {} ms, {WRITTEN} acknowledged, {} lost",
        refusals[0],
        conflict.code,
        unready_after.as_millis(),
        recovered.as_millis(),
        ready_after.as_millis(),
        gone.len()
    );
    assert!(gone.is_empty(), "{gone:?}");
    assert!(recovered <= Duration::from_secs(1), "{recovered:?}");
}
