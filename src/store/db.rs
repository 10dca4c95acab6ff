//! The two databases behind one `Store` and one `Tx`.

use crate::{
    fault::Fault,
    postgres::{Postgres, PostgresTx},
    refused::{Refusals, RefusedWrites},
    schema,
    sqlite::{Sqlite, SqliteTx},
};
use domain::{Error, Result};
use std::{
    fs::File,
    future::Future,
    path::Path,
    time::{Duration, Instant},
};

/// No database call takes longer: a peer that vanished without a word would hold its caller for ever.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);
/// More than any one call writes, but for batches of usage.
const PROBE_BYTES: usize = 64 << 10;

/// An open database, SQLite or PostgreSQL. Cheap to clone.
#[derive(Clone)]
pub struct Store(pub(crate) Databases);

#[derive(Clone)]
pub(crate) enum Databases {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// One transaction. Dropped without `commit`, it leaves nothing behind.
pub enum Tx {
    Sqlite(SqliteTx),
    Postgres(PostgresTx),
}

/// Runs one expression on whichever database `$tx` is in, with `$db` as its connection, within the time limit.
/// Where the databases need different statements, one expression each.
macro_rules! on {
    ($tx:expr, $db:ident => $call:expr) => {
        on!($tx, sqlite $db => $call, postgres $db => $call)
    };
    ($tx:expr, sqlite $sqlite:ident => $in_sqlite:expr, postgres $postgres:ident => $in_postgres:expr) => {{
        let outcome = match &mut *$tx {
            $crate::Tx::Sqlite(tx) => {
                let $sqlite = tx.connection()?;
                $crate::db::timed(async { $in_sqlite }).await
            }
            $crate::Tx::Postgres(tx) => {
                let $postgres = tx.connection()?;
                $crate::db::timed(async { $in_postgres }).await
            }
        };
        match outcome {
            Ok(value) => Ok(value),
            Err(fault) => Err($tx.failed(fault)),
        }
    }};
}

pub(crate) async fn timed<T>(call: impl Future<Output = sqlx::Result<T>>) -> Result<T, Fault> {
    match tokio::time::timeout(LIMIT, call).await {
        Ok(outcome) => outcome.map_err(Fault::from),
        Err(_) => Err(Fault::timed_out()),
    }
}

impl Store {
    /// Opens `sqlite:PATH`, `sqlite::memory:` or `postgres://…`, and brings the schema up to date.
    pub async fn open(url: &str) -> Result<Self> {
        let store = Self::open_unmigrated(url).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Opens a SQLite file that is worth nothing until it is whole: its commits do not wait for the disk.
    pub async fn open_disposable(path: &Path) -> Result<Self> {
        let store = Self(Databases::Sqlite(Sqlite::open_disposable(path).await?));
        store.migrate().await?;
        Ok(store)
    }

    /// Keeps a second server off the same SQLite file until the lock is dropped or the process ends, however it ends;
    /// `conflict` when one is there. PostgreSQL serves many: `None`.
    pub fn hold_alone(&self) -> Result<Option<File>> {
        match &self.0 {
            Databases::Sqlite(sqlite) => sqlite.hold_alone().map(Some),
            Databases::Postgres(_) => Ok(None),
        }
    }

    /// Opens without touching the schema.
    pub async fn open_unmigrated(url: &str) -> Result<Self> {
        let databases = match url.split_once(':') {
            Some(("sqlite", path)) => Databases::Sqlite(Sqlite::open(path).await?),
            Some(("postgres" | "postgresql", _)) => Databases::Postgres(Postgres::open(url)?),
            _ => {
                return Err(Error::invalid(
                    "the database URL is not one we know; send sqlite:PATH, sqlite::memory: or postgres://…",
                ));
            }
        };
        let store = Self(databases);
        schema::refuse_newer(&store).await?;
        Ok(store)
    }

    /// Applies what is missing; returns the names applied (or that would be, when dry).
    pub async fn migrate(&self) -> Result<Vec<String>> {
        match &self.0 {
            Databases::Sqlite(sqlite) => schema::migrate_sqlite(sqlite).await,
            Databases::Postgres(postgres) => schema::migrate_postgres(postgres).await,
        }
    }

    pub async fn pending_migrations(&self) -> Result<Vec<String>> {
        schema::pending(self).await
    }

    /// A transaction that only reads.
    pub async fn read(&self) -> Result<Tx> {
        match &self.0 {
            Databases::Sqlite(sqlite) => sqlite.read().await.map(Tx::Sqlite),
            Databases::Postgres(postgres) => postgres.read().await.map(Tx::Postgres),
        }
    }

    /// A transaction that may write; `name` tells logs who held the writer.
    pub async fn write(&self, name: &'static str) -> Result<Tx> {
        match &self.0 {
            Databases::Sqlite(sqlite) => sqlite.write(name).await.map(Tx::Sqlite),
            Databases::Postgres(postgres) => postgres.write(name).await.map(Tx::Postgres),
        }
    }

    /// Writes a row and reads it back: what readiness asks. Such a row fits into a page that is there, even on a full
    /// disk; so once a write was refused, only one that needs new room shows that the next will go through.
    pub async fn is_writable(&self) -> Result<()> {
        let refused = self.refused_writes();
        let mut tx = self.write("readiness").await?;
        let written = tx.beat().await?;
        if refused.is_some() {
            tx.fill_new_room().await?;
        }
        tx.commit().await?;
        let mut tx = self.read().await?;
        let read = tx.beats().await?;
        tx.rollback().await?;
        if read < written {
            return Err(Error::unavailable(
                "the database does not keep what is written; see the server's log",
            ));
        }
        if let Some(refused) = refused {
            self.refusals().close(&refused);
        }
        Ok(())
    }

    /// Writes the database refused, until one that needed room went through.
    pub fn refused_writes(&self) -> Option<RefusedWrites> {
        self.refusals().open()
    }

    /// When the database last refused a write of this process.
    pub fn last_refused_write(&self) -> Option<Instant> {
        self.refusals().last()
    }

    fn refusals(&self) -> &Refusals {
        match &self.0 {
            Databases::Sqlite(sqlite) => sqlite.refusals(),
            Databases::Postgres(postgres) => postgres.refusals(),
        }
    }

    /// Waits for open work and closes.
    pub async fn close(&self) {
        match &self.0 {
            Databases::Sqlite(sqlite) => sqlite.close().await,
            Databases::Postgres(postgres) => postgres.close().await,
        }
    }
}

impl Tx {
    /// Makes everything done in it last. Returns after the data is on disk.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }

    pub async fn rollback(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await,
            Self::Postgres(tx) => tx.rollback().await,
        }
    }

    /// Notes that a statement failed: nothing more runs in this transaction, and it cannot be committed.
    pub(crate) fn failed(&mut self, fault: Fault) -> Error {
        match self {
            Self::Sqlite(tx) => tx.failed(fault),
            Self::Postgres(tx) => tx.failed(fault),
        }
    }

    /// The text that locks its rows until commit, where rows are locked one by one; SQLite's writer is alone anyway.
    pub(crate) fn locking(&self, plain: &'static str, locked: &'static str) -> &'static str {
        match self {
            Self::Postgres(tx) if tx.writes() => locked,
            Self::Sqlite(_) | Self::Postgres(_) => plain,
        }
    }

    async fn beat(&mut self) -> Result<i64> {
        const BEAT: &str = "insert into heartbeat (id, beats) values (1, 1) \
             on conflict (id) do update set beats = heartbeat.beats + 1 returning beats";
        let row: (i64,) = on!(self, db => sqlx::query_as(BEAT).fetch_one(db).await)?;
        Ok(row.0)
    }

    /// On PostgreSQL a truncated table begins a new file; on SQLite the pages go through the log, as every write does.
    async fn fill_new_room(&mut self) -> Result<()> {
        const EMPTY_SQLITE: &str = "delete from write_probe";
        const EMPTY_POSTGRES: &str = "truncate write_probe";
        const FILL: &str = "insert into write_probe (id, filler) values (1, $1)";
        on!(
            self,
            sqlite db => sqlx::query(EMPTY_SQLITE).execute(db).await.map(|_| ()),
            postgres db => sqlx::query(EMPTY_POSTGRES).execute(db).await.map(|_| ())
        )?;
        let filler = "x".repeat(PROBE_BYTES);
        on!(self, db => sqlx::query(FILL).bind(filler).execute(db).await.map(|_| ()))
    }

    async fn beats(&mut self) -> Result<i64> {
        const BEATS: &str = "select beats from heartbeat where id = 1";
        let row: Option<(i64,)> = on!(self, db => sqlx::query_as(BEATS).fetch_optional(db).await)?;
        Ok(row.map_or(0, |row| row.0))
    }
}

/// Told when work goes on in a transaction whose statement failed.
pub(crate) fn is_over() -> Error {
    Error::internal("a statement of this transaction failed; it can only be rolled back")
}
