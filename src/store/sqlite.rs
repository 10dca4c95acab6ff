//! SQLite: many readers, and one writer whose small writes share a commit.

use crate::{
    db::{LIMIT, is_over, timed},
    fault::Fault,
};
use domain::{Error, Result};
use sqlx::{
    SqliteConnection, SqlitePool,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;

mod writer;
use writer::{Queue, WriteTx};

const READERS: u32 = 8;
const BUSY_LIMIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(crate) struct Sqlite {
    readers: SqlitePool,
    queue: Arc<Queue>,
    /// Where a database "in memory" lies: a file that goes when the store goes.
    _folder: Option<Arc<TempDir>>,
}

/// A reader's snapshot, or a turn of the writer.
pub struct SqliteTx(Turn);

enum Turn {
    Reads { connection: PoolConnection<sqlx::Sqlite>, has_failed: bool },
    Writes(WriteTx),
}

impl Sqlite {
    pub(crate) async fn open(path: &str) -> Result<Self> {
        let path = path.strip_prefix("//").unwrap_or(path);
        if path == ":memory:" {
            return Self::open_passing().await;
        }
        Self::open_file(Path::new(path), SqliteSynchronous::Full, None).await
    }

    /// A real file in a folder of its own, so that readers and the writer meet as they do elsewhere.
    async fn open_passing() -> Result<Self> {
        let folder = TempDir::with_prefix("uptake-").map_err(Error::internal)?;
        let path = folder.path().join("uptake.db");
        Self::open_file(&path, SqliteSynchronous::Off, Some(Arc::new(folder))).await
    }

    async fn open_file(
        path: &Path,
        synchronous: SqliteSynchronous,
        folder: Option<Arc<TempDir>>,
    ) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .busy_timeout(BUSY_LIMIT)
            .pragma("cache_size", "-65536");
        let queue = Queue::open(options.clone()).await.map_err(|fault| {
            Error::unavailable(format!("the database {} cannot be opened: {}", path.display(), fault.error))
                .because(fault.error)
        })?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(LIMIT)
            .test_before_acquire(false)
            .after_release(|connection, _| Box::pin(is_clean(connection)))
            .connect_lazy_with(options.pragma("query_only", "on").pragma("cache_size", "-16384"));
        Ok(Self { readers, queue: Arc::new(queue), _folder: folder })
    }

    pub(crate) async fn read(&self) -> Result<SqliteTx> {
        let connection = timed(self.readers.acquire()).await.map_err(|fault| fault.error)?;
        let mut tx = SqliteTx(Turn::Reads { connection, has_failed: false });
        let begun = timed(sqlx::query("begin").execute(tx.connection()?)).await;
        begun.map_err(|fault| tx.failed(fault))?;
        Ok(tx)
    }

    pub(crate) async fn write(&self, name: &'static str) -> Result<SqliteTx> {
        WriteTx::begin(&self.queue, name).await.map(|tx| SqliteTx(Turn::Writes(tx)))
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.queue.close().await;
    }
}

/// Ends the snapshot. A connection on which none is open says so by an error, and is as clean.
async fn is_clean(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    match sqlx::query("rollback").execute(connection).await {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) => Ok(error.message().contains("no transaction is active")),
        Err(_) => Ok(false),
    }
}

impl SqliteTx {
    pub(crate) fn connection(&mut self) -> Result<&mut SqliteConnection> {
        match &mut self.0 {
            Turn::Reads { has_failed: true, .. } => Err(is_over()),
            Turn::Reads { connection, .. } => Ok(connection),
            Turn::Writes(tx) => tx.connection(),
        }
    }

    pub(crate) fn failed(&mut self, fault: Fault) -> Error {
        match &mut self.0 {
            Turn::Reads { connection, has_failed } => {
                *has_failed = true;
                if !fault.is_connection_sound {
                    connection.close_on_drop();
                }
                fault.error
            }
            Turn::Writes(tx) => tx.failed(fault),
        }
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self.0 {
            Turn::Reads { has_failed: true, .. } => Err(is_over()),
            Turn::Reads { .. } => Ok(()),
            Turn::Writes(tx) => tx.commit().await,
        }
    }

    pub(crate) async fn rollback(self) -> Result<()> {
        match self.0 {
            Turn::Reads { .. } => Ok(()),
            Turn::Writes(tx) => tx.rollback().await,
        }
    }
}
