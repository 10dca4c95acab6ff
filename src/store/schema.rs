//! The schema: which migrations there are, and how they are applied once however many processes start together.

use crate::{
    Store,
    db::{Databases, timed},
    fault::Fault,
    postgres::Postgres,
    sqlite::Sqlite,
};
use domain::{Code, Error, Result};
use sqlx::{Connection as _, PgConnection, SqliteConnection, query, query_as, raw_sql};

struct Migration {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal)*) => {
        const MIGRATIONS: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        }),*];
    };
}

migrations! {
    1 "0001_init"
    2 "0002_past_ways"
    3 "0003_standing_days"
    4 "0004_looks"
    5 "0005_sessions"
    6 "0006_alert_digest"
    7 "0007_usage_weeks"
    8 "0008_health"
    10 "0010_alerts_to_share"
    11 "0011_policies"
    12 "0012_self_score"
    13 "0013_keys"
    14 "0014_answers"
    15 "0015_final_status"
    16 "0016_speed"
    17 "0017_case_facts"
    18 "0018_proposals"
}

/// Of all programs on a PostgreSQL server, ours takes this lock.
const LOCK: i64 = 0x7570_7461_6b65;

const CREATE_SQLITE: &str = "create table if not exists schema_version \
     (version integer primary key not null, name text not null) strict";
const CREATE_POSTGRES: &str = "create table if not exists schema_version \
     (version bigint not null primary key, name text collate \"C\" not null)";
const VERSIONS: &str = "select version from schema_version";
const APPLIED: &str = "insert into schema_version (version, name) values ($1, $2)";

/// A database that a newer program made is left alone.
pub(crate) async fn refuse_newer(store: &Store) -> Result<()> {
    let newest = versions(store).await?.into_iter().max().unwrap_or_default();
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    if newest <= known {
        return Ok(());
    }
    Err(Error::new(
        Code::Conflict,
        format!(
            "the database has schema {newest} and this program knows {known}: a newer uptake made it; start that one"
        ),
    ))
}

pub(crate) async fn pending(store: &Store) -> Result<Vec<String>> {
    let applied = versions(store).await?;
    let missing = MIGRATIONS.iter().filter(|migration| !applied.contains(&migration.version));
    Ok(missing.map(|migration| migration.name.to_owned()).collect())
}

async fn versions(store: &Store) -> Result<Vec<i64>> {
    const IN_SQLITE: &str = "select count(*) from sqlite_schema where name = 'schema_version'";
    const IN_POSTGRES: &str = "select count(*) from information_schema.tables \
         where table_schema = current_schema() and table_name = 'schema_version'";
    let mut tx = store.read().await?;
    let there = match store.0 {
        Databases::Sqlite(_) => IN_SQLITE,
        Databases::Postgres(_) => IN_POSTGRES,
    };
    let (count,): (i64,) = on!(&mut tx, db => query_as(there).fetch_one(db).await)?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64,)> = on!(&mut tx, db => query_as(VERSIONS).fetch_all(db).await)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Each in a transaction of its own; the writer's lock keeps other processes out meanwhile.
pub(crate) async fn migrate_sqlite(sqlite: &Sqlite) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for migration in MIGRATIONS {
        let mut tx = sqlite.write("migrate").await?;
        let done = apply_sqlite(tx.connection()?, migration).await.map_err(Fault::from);
        if done.map_err(|fault| tx.failed(fault))? {
            names.push(migration.name.to_owned());
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
    }
    Ok(names)
}

async fn apply_sqlite(db: &mut SqliteConnection, migration: &Migration) -> sqlx::Result<bool> {
    query(CREATE_SQLITE).execute(&mut *db).await?;
    let applied: Vec<(i64,)> = query_as(VERSIONS).fetch_all(&mut *db).await?;
    if applied.contains(&(migration.version,)) {
        return Ok(false);
    }
    raw_sql(migration.sqlite).execute(&mut *db).await?;
    query(APPLIED).bind(migration.version).bind(migration.name).execute(db).await?;
    Ok(true)
}

/// In a direct session that holds an advisory lock; closing the session gives the lock back whatever happens.
pub(crate) async fn migrate_postgres(postgres: &Postgres) -> Result<Vec<String>> {
    let mut session = postgres.direct().await?;
    let names = apply_postgres(&mut session).await.map_err(|cause| Fault::from(cause).error);
    drop(timed(session.close()).await);
    names
}

async fn apply_postgres(db: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    query("select pg_advisory_lock($1)").bind(LOCK).execute(&mut *db).await?;
    query(CREATE_POSTGRES).execute(&mut *db).await?;
    let applied: Vec<(i64,)> = query_as(VERSIONS).fetch_all(&mut *db).await?;
    let mut names = Vec::new();
    for migration in MIGRATIONS.iter().filter(|migration| !applied.contains(&(migration.version,))) {
        let mut tx = db.begin().await?;
        raw_sql(migration.postgres).execute(&mut *tx).await?;
        query(APPLIED).bind(migration.version).bind(migration.name).execute(&mut *tx).await?;
        tx.commit().await?;
        names.push(migration.name.to_owned());
    }
    Ok(names)
}
