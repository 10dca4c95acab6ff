//! Every behaviour of the store once, run on SQLite and on PostgreSQL.

use crate::Store;
use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions, raw_sql};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

mod samples;
mod unattended;
mod upsells;

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

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the store's tests are told of their server"
)]
async fn postgres() -> Fresh {
    let server = std::env::var("UPTAKE_TEST_POSTGRES")
        .expect("UPTAKE_TEST_POSTGRES names no PostgreSQL server; tests/run starts one and runs the tests");
    let url = fresh_database(&server).await;
    Fresh { store: Store::open(&url).await.unwrap(), url, folder: None }
}

/// A database of its own for each test: the name is this process's and counted.
async fn fresh_database(server: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
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
