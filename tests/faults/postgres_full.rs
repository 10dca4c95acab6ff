//! D6: PostgreSQL out of room refuses what needs new pages and takes what does not; readiness is not fooled by that.

use crate::{
    cluster::Cluster,
    disk::Disk,
    load::{Acknowledged, lost, register},
    ready::until,
};
use tests::process::Program;

/// More than the free room in pages that are there takes.
const MOST_WRITTEN: usize = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn d6_a_full_disk_under_postgres_is_unready_until_there_is_room() {
    let disk = Disk::of("32m").expect("a file system of 32 MiB can be mounted here: run the faults as root");
    let cluster = Cluster::start().await;
    let database = cluster.database_in(disk.path()).await;
    let program = Program::serve(&["--database-url", &database]).await;
    let written = Acknowledged::default();
    register(&program.door, &written).await.expect("there is room");

    disk.fill();
    let mut refusal = Ok(());
    for _ in 0..MOST_WRITTEN {
        refusal = register(&program.door, &written).await;
        if refusal.is_err() {
            break;
        }
    }
    assert_eq!(refusal, Err("503 unavailable".to_owned()));
    let unready_after = until(&program, false).await;
    let answer = program.readiness().await;
    let words = answer["database"].as_str().unwrap();
    assert!(words.contains("the storage is full") && words.contains("refused since 20"), "{answer}");
    assert!(
        answer["refusedWrites"].as_u64() >= Some(1) && answer["lastRefusedWrite"].is_string(),
        "{answer}"
    );

    disk.grow("96m");
    let ready_after = until(&program, true).await;
    register(&program.door, &written).await.expect("there is room again");
    let answer = program.readiness().await;
    assert!(answer["refusedWrites"] == 0 && answer["lastRefusedWrite"].is_string(), "{answer}");
    let gone = lost(&program.door, &written).await;
    program.kill().await;
    drop(cluster);
    println!(
        "D6 PostgreSQL's disk full: unready after {} ms, ready {} ms after space, {} acknowledged, {} lost",
        unready_after.as_millis(),
        ready_after.as_millis(),
        written.lock().unwrap().len(),
        gone.len()
    );
    assert!(gone.is_empty(), "{gone:?}");
}
