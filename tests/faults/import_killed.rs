//! An import killed half-way and run again leaves each event once.

use std::{
    fs::File,
    io::Write,
    process::Stdio,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tests::process::{binary, run};
use tokio::{process::Command, time::sleep};

const EVENTS: usize = 40_000;
const KILLS: u32 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn an_import_killed_half_way_and_run_again_leaves_each_event_once() {
    let folder = TempDir::new().unwrap();
    let (file, data) = (folder.path().join("usage.ndjson"), folder.path().join("data"));
    write_events(&mut File::create(&file).unwrap());
    let (file, data) = (file.to_str().unwrap(), data.to_str().unwrap());
    let url = format!("sqlite:{data}/uptake.db");
    let mut seen = Vec::new();
    for _ in 0..KILLS {
        let mut import = Command::new(binary("uptake"))
            .args(["import", file, "--data-dir", data, "--log", "error"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        until_some_more(&url, seen.last().map_or(0, |(_, kept)| *kept)).await;
        let was_running = import.try_wait().unwrap().is_none();
        import.kill().await.unwrap();
        seen.push((was_running, events(&url).await));
    }
    let last = run(&["import", file, "--data-dir", data]).await;
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));
    let after = events(&url).await;
    let again = run(&["import", file, "--data-dir", data]).await;
    println!(
        "import killed (running, events kept): {seen:?}; run to its end: {after} of {EVENTS}; once more: {}",
        events(&url).await
    );
    let half_way = |(was_running, kept): &(bool, i64)| *was_running && (1..EVENTS as i64).contains(kept);
    assert!(seen.iter().any(half_way), "no import was killed half-way: {seen:?}");
    assert_eq!(after, EVENTS as i64);
    assert!(again.status.success());
    assert_eq!(events(&url).await, EVENTS as i64);
}

fn write_events(file: &mut File) {
    for index in 0..EVENTS {
        let (day, minute) = (index / 1440 % 28 + 1, index % 1440);
        writeln!(
            file,
            r#"{{"eventId":"e-{index}","customer":"c-1","feature":"dashboard","user":"u-{}","at":"2026-02-{day:02}T{:02}:{:02}:00Z","count":1}}"#,
            index % 97,
            minute / 60,
            minute % 60
        )
        .unwrap();
    }
}

/// Waits until the import kept more events than there were, or ended without.
async fn until_some_more(url: &str, before: i64) {
    let end = Instant::now() + Duration::from_secs(20);
    while Instant::now() < end && events(url).await <= before {
        sleep(Duration::from_millis(5)).await;
    }
}

/// Events kept; none while there is no database yet.
async fn events(url: &str) -> i64 {
    let Ok(pool) = sqlx::SqlitePool::connect(url).await else { return 0 };
    sqlx::query_scalar("select count(*) from usage_event").fetch_one(&pool).await.unwrap_or(0)
}
