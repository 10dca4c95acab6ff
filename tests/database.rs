//! A database of one test's own, on SQLite or PostgreSQL.

use sqlx::Connection;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};
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

    /// A new database on the server that `tests/run` started.
    pub async fn postgres() -> Self {
        let server = postgres_server();
        let name = next_name();
        let mut session = sqlx::PgConnection::connect(&server).await.expect("the tests' PostgreSQL is up");
        for statement in [format!("drop database if exists {name}"), format!("create database {name}")] {
            let ran = sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut session).await;
            ran.expect("the tests may create databases");
        }
        let (base, _) = server.rsplit_once('/').expect("a URL has a path");
        Self { url: format!("{base}/{name}"), _folder: None }
    }

    /// How many rows each table holds: what a call left behind.
    pub async fn rows(&self) -> BTreeMap<String, i64> {
        const SQLITE: &str = "select name from sqlite_master where type = 'table'";
        const POSTGRES: &str =
            "select table_name::text from information_schema.tables where table_schema = 'public'";
        let is_sqlite = self.url.starts_with("sqlite");
        let tables: Vec<String> = self.column(if is_sqlite { SQLITE } else { POSTGRES }.to_owned()).await;
        let mut rows = BTreeMap::new();
        for table in tables {
            let count: Vec<i64> = self.column(format!("select count(*) from \"{table}\"")).await;
            rows.insert(table, count[0]);
        }
        rows
    }

    /// A statement that no program of ours would make.
    pub async fn run(&self, statement: String) {
        let statement = sqlx::AssertSqlSafe(statement);
        let ran = if self.url.starts_with("sqlite") {
            let mut session = sqlx::SqliteConnection::connect(&self.url).await.expect("the file opens");
            sqlx::raw_sql(statement).execute(&mut session).await.map(|_| ())
        } else {
            let mut session =
                sqlx::PgConnection::connect(&self.url).await.expect("the tests' PostgreSQL is up");
            sqlx::raw_sql(statement).execute(&mut session).await.map(|_| ())
        };
        ran.expect("the tests change what is there");
    }

    /// The one column a query gives.
    pub async fn column<T>(&self, query: String) -> Vec<T>
    where
        T: Send + Unpin,
        (T,): for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
            + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        let query = sqlx::AssertSqlSafe(query);
        let found: sqlx::Result<Vec<(T,)>> = if self.url.starts_with("sqlite") {
            let mut session = sqlx::SqliteConnection::connect(&self.url).await.expect("the file opens");
            sqlx::query_as(query).fetch_all(&mut session).await
        } else {
            let mut session =
                sqlx::PgConnection::connect(&self.url).await.expect("the tests' PostgreSQL is up");
            sqlx::query_as(query).fetch_all(&mut session).await
        };
        found.expect("the tests ask for what is there").into_iter().map(|(value,)| value).collect()
    }
}

fn next_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("uptake_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Where the tests' PostgreSQL is.
#[expect(clippy::disallowed_methods, reason = "the tests' one setting, made by tests/run")]
pub fn postgres_server() -> String {
    std::env::var("UPTAKE_TEST_POSTGRES")
        .expect("UPTAKE_TEST_POSTGRES names no PostgreSQL server; tests/run starts one and runs the tests")
}
