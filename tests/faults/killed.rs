//! D1, D2: kill -9 under load loses nothing acknowledged and leaves nothing half-written.

use crate::load::{Acknowledged, lost, register};
use std::time::Duration;
use tests::{database::Database, face::Door, process::Program};
use tokio::{task::JoinSet, time::sleep};

const KILLS: u64 = 30;
const WRITERS: usize = 16;
const READY_LIMIT: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn d1_kills_on_sqlite_lose_nothing() {
    let database = Database::sqlite();
    kill_again_and_again("D1 SQLite", &database).await;
    assert_eq!(database.column::<String>("pragma integrity_check".to_owned()).await, ["ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn d2_kills_on_postgres_lose_nothing() {
    let database = Database::postgres().await;
    kill_again_and_again("D2 PostgreSQL", &database).await;
}

async fn kill_again_and_again(name: &str, database: &Database) {
    let url = database.url.as_str();
    let acknowledged = Acknowledged::default();
    let mut slowest = Duration::ZERO;
    for round in 0..KILLS {
        let program = Program::serve(&["--database-url", url]).await;
        slowest = slowest.max(program.ready_after);
        let writers = write_on(&program.door, &acknowledged);
        // Between 20 and 600 ms, spread by a multiplier coprime to the span.
        sleep(Duration::from_millis(20 + round * 337 % 581)).await;
        program.kill().await;
        writers.join_all().await;
    }
    let program = Program::serve(&["--database-url", url]).await;
    slowest = slowest.max(program.ready_after);
    let lost = lost(&program.door, &acknowledged).await;
    let count = acknowledged.lock().unwrap().len();
    program.kill().await;
    let halves = half_written(database).await;
    println!(
        "{name}: {KILLS} kills, {count} acknowledged, {} lost, {halves} half-written, ready again within {} ms",
        lost.len(),
        slowest.as_millis()
    );
    assert!(count > 100, "the load was no load: {count} writes");
    assert!(lost.is_empty(), "{lost:?}");
    assert_eq!(halves, 0);
    assert!(slowest <= READY_LIMIT, "{slowest:?}");
}

/// Writers that go on until the server is gone.
fn write_on(door: &Door, acknowledged: &Acknowledged) -> JoinSet<()> {
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (door, acknowledged) = (door.clone(), acknowledged.clone());
        writers.spawn(async move { while register(&door, &acknowledged).await.is_ok() {} });
    }
    writers
}

/// Registrations without their audit row, and the other way round.
async fn half_written(database: &Database) -> i64 {
    const WITHOUT_AUDIT: &str = "select count(*) from upsell u where not exists \
        (select 1 from audit a where a.tool = 'register_upsell' and a.upsell_id = u.id)";
    const WITHOUT_UPSELL: &str = "select count(*) from audit a where a.tool = 'register_upsell' and not exists \
        (select 1 from upsell u where u.id = a.upsell_id)";
    let counts =
        [database.column(WITHOUT_AUDIT.to_owned()).await, database.column(WITHOUT_UPSELL.to_owned()).await];
    counts.concat().iter().sum()
}
