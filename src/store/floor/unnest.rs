//! PostgreSQL's ingest of events alone, a batch in one statement; and databases of its own to measure in.

use super::Bound;
use domain::{Error, Result, usage::UsageEvent};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions, query, raw_sql,
};
use std::time::{Duration, Instant};

const EVENTS: &str = "insert into usage_event (customer_id, utc_day, event_id, feature, user_id, at, amount) \
     select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], \
     $7::float8[]) on conflict do nothing";

/// A database that is dropped when done with.
pub struct Scratch {
    server: PgConnectOptions,
    name: String,
}

impl Scratch {
    /// Makes a database of its own on a server.
    pub async fn on(server: &str, name: &str) -> Result<Self> {
        let server: PgConnectOptions = server.parse().map_err(Error::internal)?;
        let scratch = Self { server, name: format!("uptake_bench_{}_{name}", std::process::id()) };
        scratch.run(format!("create database {}", scratch.name)).await?;
        Ok(scratch)
    }

    pub fn url(&self) -> String {
        self.server.clone().database(&self.name).to_url_lossy().to_string()
    }

    pub async fn drop(self) -> Result<()> {
        self.run(format!("drop database if exists {} with (force)", self.name)).await
    }

    async fn run(&self, sql: String) -> Result<()> {
        let run = async {
            let mut session = self.server.connect().await?;
            raw_sql(AssertSqlSafe(sql)).execute(&mut session).await?;
            session.close().await
        };
        run.await.map_err(|error| Error::unavailable(format!("the PostgreSQL server refuses: {error}")))
    }
}

/// Writes each batch of events, without roll-ups, and tells how long it took. The database has its schema already.
pub async fn ingest_unnest(scratch: &Scratch, batches: &[Vec<UsageEvent>]) -> Result<Vec<Duration>> {
    let mut connection = PgConnection::connect(&scratch.url()).await.map_err(Error::internal)?;
    let mut times = Vec::with_capacity(batches.len());
    for batch in batches {
        let started = Instant::now();
        write(&mut connection, batch).await.map_err(Error::internal)?;
        times.push(started.elapsed());
    }
    Ok(times)
}

async fn write(connection: &mut PgConnection, batch: &[UsageEvent]) -> sqlx::Result<()> {
    let mut ordered: Vec<Bound<'_>> = batch.iter().map(Bound::of).collect();
    ordered.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    let texts = |of: fn(&UsageEvent) -> &str| -> Vec<String> {
        ordered.iter().map(|bound| of(bound.event).to_owned()).collect()
    };
    query(EVENTS)
        .bind(texts(|event| &event.customer.0))
        .bind(ordered.iter().map(|bound| bound.day).collect::<Vec<_>>())
        .bind(texts(|event| &event.event_id))
        .bind(texts(|event| &event.feature.0))
        .bind(
            ordered
                .iter()
                .map(|bound| bound.event.user.as_ref().map(|user| user.0.clone()))
                .collect::<Vec<_>>(),
        )
        .bind(ordered.iter().map(|bound| bound.event.at).collect::<Vec<_>>())
        .bind(ordered.iter().map(|bound| bound.event.count).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

fn key<'a>(bound: &'a Bound<'_>) -> (&'a str, i64, &'a str) {
    (&bound.event.customer.0, bound.day, &bound.event.event_id)
}
