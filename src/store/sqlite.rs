//! SQLite: many readers, and one writer whose small writes share a commit.

use crate::{
    db::{LIMIT, is_over, timed},
    fault::Fault,
    refused::Refusals,
};
use domain::{Code, Error, Result};
use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection, SqlitePool,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

mod writer;
use writer::{Queue, WriteTx};

const READERS: u32 = 8;
const BUSY_LIMIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(crate) struct Sqlite {
    readers: SqlitePool,
    queue: Arc<Queue>,
    path: PathBuf,
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

    pub(crate) async fn open_disposable(path: &Path) -> Result<Self> {
        Self::open_file(path, SqliteSynchronous::Off, None).await
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
            .row_buffer_size(ROWS_AHEAD)
            .pragma("cache_size", "-65536");
        refuse_unfit(path).await?;
        let queue = Queue::open(options.clone()).await.map_err(|fault| unopened(path, fault))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(LIMIT)
            .test_before_acquire(false)
            .after_release(|connection, _| Box::pin(is_clean(connection)))
            .connect_lazy_with(options.pragma("query_only", "on").pragma("cache_size", "-16384"));
        Ok(Self { readers, queue: Arc::new(queue), path: path.to_owned(), _folder: folder })
    }

    pub(crate) fn hold_alone(&self) -> Result<File> {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".lock");
        let file = File::create(&name).map_err(Error::internal)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Error::new(
                Code::Conflict,
                format!(
                    "another server runs on {}; stop it first, or use PostgreSQL (--database-url) for several",
                    self.path.display()
                ),
            ),
            TryLockError::Error(error) => Error::internal(error),
        })?;
        Ok(file)
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

    pub(crate) fn refusals(&self) -> &Refusals {
        &self.queue.refusals
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.queue.close().await;
    }
}

/// Rows SQLite's thread reads ahead of the one that takes them: each wait of one for the other costs a switch.
const ROWS_AHEAD: usize = 1024;

/// Beyond this many bytes a look at every page holds up the start for longer than it is worth.
const QUICKLY_CHECKED: u64 = 256 << 20;

/// A file that is damaged, or that another program made, is left as it is.
async fn refuse_unfit(path: &Path) -> Result<()> {
    let Some(size) = std::fs::metadata(path).ok().map(|file| file.len()).filter(|size| *size > 0) else {
        return Ok(());
    };
    let mut connection = timed(SqliteConnectOptions::new().filename(path).connect())
        .await
        .map_err(|fault| unopened(path, fault))?;
    let fit = is_ours(&mut connection, size <= QUICKLY_CHECKED).await;
    drop(timed(connection.close()).await);
    match fit.map_err(|cause| unopened(path, cause.into()))? {
        Fit::Ours => Ok(()),
        Fit::Foreign => Err(Error::new(
            Code::Conflict,
            format!("{} is the database of another program; name another file", path.display()),
        )),
        Fit::Damaged(why) => Err(Error::new(
            Code::Conflict,
            format!("the database {} is damaged ({why}); restore it from a backup", path.display()),
        )),
    }
}

enum Fit {
    Ours,
    Foreign,
    Damaged(String),
}

async fn is_ours(db: &mut SqliteConnection, check: bool) -> sqlx::Result<Fit> {
    const TABLES: &str =
        "select count(*), coalesce(sum(name = 'schema_version'), 0) from sqlite_schema where type = 'table'";
    let (tables, ours): (i64, i64) = sqlx::query_as(TABLES).fetch_one(&mut *db).await?;
    if tables > 0 && ours == 0 {
        return Ok(Fit::Foreign);
    }
    if check {
        let (found,): (String,) = sqlx::query_as("pragma quick_check(1)").fetch_one(db).await?;
        if found != "ok" {
            return Ok(Fit::Damaged(found.lines().collect::<Vec<_>>().join(" ")));
        }
    }
    Ok(Fit::Ours)
}

/// Told to whoever starts the program, so with its cause.
fn unopened(path: &Path, fault: Fault) -> Error {
    let cause =
        std::error::Error::source(&fault.error).map_or_else(String::new, |cause| format!(": {cause}"));
    Error::unavailable(format!("the database {} cannot be opened{cause}", path.display()))
        .because(fault.error)
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
