//! D10: callers that go away in the middle leave no open transaction, and nothing acknowledged later is lost.

use crate::load::{Acknowledged, lost, register, sale};
use std::time::Duration;
use tests::{database::Database, face::Face, process::Program};
use tokio::time::{sleep, timeout};

const CANCELLED: u64 = 600;
const WRITTEN: usize = 200;
const FACES: [Face; 3] = [Face::Rest, Face::Rpc, Face::Mcp];

#[tokio::test(flavor = "multi_thread")]
async fn d10_callers_that_go_away_on_sqlite_lose_nothing() {
    let database = Database::sqlite();
    let gone = desert(&database).await;
    println!("D10 SQLite: {CANCELLED} cancelled, {WRITTEN} acknowledged after, {gone} lost");
    assert_eq!(gone, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn d10_callers_that_go_away_on_postgres_lose_nothing() {
    let database = Database::postgres().await;
    let gone = desert(&database).await;
    println!("D10 PostgreSQL: {CANCELLED} cancelled, {WRITTEN} acknowledged after, {gone} lost");
    assert_eq!(gone, 0);
}

async fn desert(database: &Database) -> usize {
    let url = database.url.as_str();
    let program = Program::serve(&["--database-url", url]).await;
    let mut answered = 0;
    for round in 0..CANCELLED {
        // Half leave within 300 µs, half within 50 ms.
        let patience = if round % 2 == 0 { round * 7 % 301 } else { round * 977 % 50_001 };
        let request = program.door.request(FACES[(round % 3) as usize], "register_upsell", sale().1);
        answered += u64::from(timeout(Duration::from_micros(patience), request.send()).await.is_ok());
    }
    sleep(Duration::from_millis(200)).await;
    let idle = idle_in_transaction(database).await;
    println!(
        "    {answered} of {CANCELLED} were answered before they left; {idle} sessions idle in transaction"
    );
    assert_eq!(idle, 0);
    let acknowledged = Acknowledged::default();
    for _ in 0..WRITTEN {
        register(&program.door, &acknowledged).await.expect("the server works on");
    }
    program.kill().await;
    let program = Program::serve(&["--database-url", url]).await;
    let gone = lost(&program.door, &acknowledged).await;
    program.kill().await;
    gone.len()
}

/// Sessions on this database that sit in a transaction without doing anything.
async fn idle_in_transaction(database: &Database) -> i64 {
    const IDLE: &str = "select count(*) from pg_stat_activity where datname = current_database() \
        and state like 'idle in transaction%' and now() - state_change > interval '100 milliseconds'";
    if database.url.starts_with("sqlite") {
        return 0;
    }
    database.column(IDLE.to_owned()).await[0]
}
