//! The schema is applied once, is the same on both databases, and a newer one is left alone.

use super::{Fresh, contract, run};
use crate::{Store, Tx};
use domain::{Code, Result};
use sqlx::{ConnectOptions as _, Connection as _, query_as, sqlite::SqliteConnectOptions};

contract! {
    a_new_database_has_nothing_pending
    a_newer_schema_is_refused_and_left_alone
    processes_that_start_together_migrate_once
}

async fn a_new_database_has_nothing_pending(fresh: &Fresh) {
    assert!(fresh.store.pending_migrations().await.unwrap().is_empty());
    assert!(fresh.store.migrate().await.unwrap().is_empty());
}

async fn a_newer_schema_is_refused_and_left_alone(fresh: &Fresh) {
    const NEWER: &str = "insert into schema_version (version, name) values (999, '0999_later')";
    let mut tx = fresh.store.write("test").await.unwrap();
    run(&mut tx, NEWER).await.unwrap();
    tx.commit().await.unwrap();
    for opened in [Store::open(&fresh.url).await, Store::open_unmigrated(&fresh.url).await] {
        let Err(error) = opened else { panic!("opened a newer schema") };
        assert_eq!(error.code, Code::Conflict);
        assert!(error.message.contains("newer"), "{error}");
    }
}

async fn processes_that_start_together_migrate_once(fresh: &Fresh) {
    let url = fresh.blank().await;
    let mut stores = Vec::new();
    for _ in 0..3 {
        stores.push(Store::open_unmigrated(&url).await.unwrap());
    }
    let pending = stores[0].pending_migrations().await.unwrap();
    assert_eq!(pending[0], "0001_init");
    let (one, two, three) = tokio::join!(stores[0].migrate(), stores[1].migrate(), stores[2].migrate());
    let mut applied = [one.unwrap(), two.unwrap(), three.unwrap()].concat();
    applied.sort();
    assert_eq!(applied, pending, "each is applied once");
    stores[1].is_writable().await.unwrap();
    for store in stores {
        store.close().await;
    }
}

/// Table, column, type, and whether it may be null.
type Column = (String, String, String, bool);

async fn columns(store: &Store, sql: &'static str) -> Result<Vec<Column>> {
    let mut tx: Tx = store.read().await.unwrap();
    let rows: Vec<(String, String, String, i64)> = on!(&mut tx, db => query_as(sql).fetch_all(db).await)?;
    let columns =
        rows.into_iter().map(|(table, column, kind, nullable)| (table, column, kind, nullable == 1));
    Ok(columns.collect())
}

const IN_SQLITE: &str = "select m.name, c.name, c.type, 1 - c.\"notnull\" from sqlite_schema m \
     join pragma_table_info(m.name) c where m.type = 'table' and m.name not like 'sqlite_%' order by 1, 2";
const IN_POSTGRES: &str = "select table_name::text, column_name::text, data_type::text, \
     (is_nullable = 'YES')::int::bigint from information_schema.columns \
     where table_schema = current_schema() order by table_name collate \"C\", column_name collate \"C\"";

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (super::sqlite().await, super::postgres().await);
    let mut native = columns(&postgres.store, IN_POSTGRES).await.unwrap();
    for (_, _, kind, _) in &mut native {
        *kind = match kind.as_str() {
            "bigint" => "INTEGER",
            "double precision" => "REAL",
            "text" | "timestamp with time zone" => "TEXT",
            other => panic!("{other} has no counterpart in SQLite"),
        }
        .to_owned();
    }
    assert_eq!(columns(&sqlite.store, IN_SQLITE).await.unwrap(), native);
    assert!(native.len() > 100, "{} columns compared", native.len());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("notes.txt");
    let notes = "not a database, but somebody's notes\n".repeat(100);
    std::fs::write(&path, &notes).unwrap();
    let Err(error) = Store::open(&format!("sqlite:{}", path.display())).await else { panic!("opened notes") };
    assert!(error.message.contains("notes.txt"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), notes);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("other.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut other = options.connect().await.unwrap();
    sqlx::query("create table bookmark (url text)").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    let before = std::fs::read(&path).unwrap();
    let Err(error) = Store::open(&format!("sqlite:{}", path.display())).await else {
        panic!("opened bookmarks")
    };
    assert!(error.message.contains("another program"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_damaged_database_is_refused_and_left_alone() {
    let fresh = super::sqlite().await;
    fresh.store.close().await;
    let path = fresh.url.strip_prefix("sqlite:").unwrap();
    let mut bytes = std::fs::read(path).unwrap();
    for page in bytes.chunks_mut(4096).skip(1) {
        page[..300].fill(0x5a);
    }
    std::fs::write(path, &bytes).unwrap();
    let Err(error) = Store::open(&fresh.url).await else { panic!("opened a damaged file") };
    assert!(error.message.contains("damaged") || error.message.contains("malformed"), "{error}");
    assert_eq!(std::fs::read(path).unwrap(), bytes);
}
