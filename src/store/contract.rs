//! Every behaviour of the store once, run on SQLite and on PostgreSQL.

use crate::{Store, Tx};
use domain::Result;
use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions, raw_sql};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

mod answers;
mod controls;
mod evaluations;
mod final_status;
mod health;
mod plans;
mod portfolio;
mod reached;
mod records;
mod samples;
mod schema;
mod scores;
mod transactions;
mod unattended;
mod upsells;
mod usage;

/// A fresh database, and what must outlive it.
struct Fresh {
    store: Store,
    url: String,
    folder: Option<TempDir>,
}

async fn sqlite() -> Fresh {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite:{}", folder.path().join("uptake.db").display());
    Fresh { store: Store::open(&url).await.unwrap(), url, folder: Some(folder) }
}

async fn postgres() -> Fresh {
    let url = fresh_database().await;
    Fresh { store: Store::open(&url).await.unwrap(), url, folder: None }
}

impl Fresh {
    /// Another database of the same kind, without any schema.
    async fn blank(&self) -> String {
        match &self.folder {
            Some(folder) => format!("sqlite:{}", folder.path().join("blank.db").display()),
            None => fresh_database().await,
        }
    }
}

/// A database of its own for each test: the name is this process's and counted.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the store's tests are told of their server"
)]
async fn fresh_database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = std::env::var("UPTAKE_TEST_POSTGRES")
        .expect("UPTAKE_TEST_POSTGRES names no PostgreSQL server; tests/run starts one and runs the tests");
    let name = format!("uptake_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let options: PgConnectOptions = server.parse().unwrap();
    let mut session = options.connect().await.unwrap();
    let sql = format!("drop database if exists {name}; create database {name}");
    for statement in sql.split("; ") {
        raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut session).await.unwrap();
    }
    session.close().await.unwrap();
    options.database(&name).to_url_lossy().to_string()
}

/// Any statement: what the store's own methods would not do.
async fn run(tx: &mut Tx, sql: &'static str) -> Result<()> {
    on!(tx, db => sqlx::query(sql).execute(db).await.map(|_| ()))
}

/// One test per behaviour and database, named `sqlite::…` and `postgres::…`.
macro_rules! contract {
    ($($behaviour:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $behaviour() {
                let fresh = crate::contract::sqlite().await;
                super::$behaviour(&fresh).await;
                fresh.store.close().await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $behaviour() {
                let fresh = crate::contract::postgres().await;
                super::$behaviour(&fresh).await;
                fresh.store.close().await;
            })*
        }
    };
}
use contract;
