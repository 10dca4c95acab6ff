//! A database of one test's own, on SQLite or PostgreSQL.

use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// An empty database, gone with its folder (SQLite) or with the tests' own cluster (PostgreSQL).
pub struct Database {
    pub url: String,
    _folder: Option<TempDir>,
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = TempDir::new().expect("the machine has room for a folder");
        Self { url: format!("sqlite:{}/uptake.db", folder.path().display()), _folder: Some(folder) }
    }

    /// A new database on the server that `tests/run` started; `None` where nobody started one.
    pub async fn postgres() -> Option<Self> {
        let Some(server) = postgres_server() else {
            eprintln!(
                "not run on PostgreSQL: UPTAKE_TEST_POSTGRES names no server; `bash tests/run rust` starts one"
            );
            return None;
        };
        let name = next_name();
        let pool = sqlx::PgPool::connect(&server).await.expect("the tests' PostgreSQL is up");
        sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}")))
            .execute(&pool)
            .await
            .expect("the tests may create databases");
        pool.close().await;
        let (base, _) = server.rsplit_once('/').expect("a URL has a path");
        Some(Self { url: format!("{base}/{name}"), _folder: None })
    }
}

fn next_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("uptake_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Where the tests' PostgreSQL is.
#[expect(clippy::disallowed_methods, reason = "the tests' one setting, made by tests/run")]
pub fn postgres_server() -> Option<String> {
    std::env::var("UPTAKE_TEST_POSTGRES").ok()
}
