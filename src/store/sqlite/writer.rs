//! The one writer: callers take turns on it, and those whose turns follow each other closely share one commit.
//!
//! A turn is a savepoint inside an outer transaction. Committing a turn while others wait hands the connection on and
//! queues again behind them; whoever gets the connection back with the group still open commits it for all. So no
//! write is acknowledged before it is on disk, and a disk sync serves everyone who waited for the last one.

use crate::{
    db::{LIMIT, is_over, timed},
    fault::Fault,
    refused::Refusals,
};
use domain::{Error, Result};
use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteQueryResult},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

const GROUP_SIZE: usize = 200;
const GROUP_AGE: Duration = Duration::from_millis(5);
/// A turn longer than this held everybody else up.
const LONG_TURN: Duration = Duration::from_secs(1);

/// Callers wait here for the writer, first come first served.
pub(super) struct Queue {
    writer: Arc<Mutex<Writer>>,
    waiting: AtomicUsize,
    pub(super) refusals: Refusals,
}

struct Writer {
    options: SqliteConnectOptions,
    /// `None` after an error in which SQLite may have ended the transaction by itself; the next turn opens another.
    connection: Option<SqliteConnection>,
    group: Option<Group>,
    /// A turn began and did not end: its savepoint is still there.
    is_turn_open: bool,
    /// A statement that moves between turns began and did not end; nothing is known then.
    is_moving: bool,
    is_closed: bool,
    refusals: Refusals,
}

/// Turns that share one outer transaction.
struct Group {
    began: Instant,
    ended: Vec<oneshot::Sender<Result<(), String>>>,
}

/// One caller's turn.
pub(super) struct WriteTx {
    writer: Option<OwnedMutexGuard<Writer>>,
    queue: Arc<Queue>,
    name: &'static str,
    began: Instant,
    has_failed: bool,
}

/// Counts a caller as waiting for as long as it lives.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Queue {
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Self, Fault> {
        let connection = Some(timed(options.connect()).await?);
        let refusals = Refusals::default();
        let writer = Writer {
            options,
            connection,
            group: None,
            is_turn_open: false,
            is_moving: false,
            is_closed: false,
            refusals: refusals.clone(),
        };
        Ok(Self { writer: Arc::new(Mutex::new(writer)), waiting: AtomicUsize::new(0), refusals })
    }

    pub(super) async fn close(&self) {
        let mut writer = self.writer.lock().await;
        writer.is_closed = true;
        if writer.group.is_some() {
            drop(writer.end_turn(Turn::Undone).await);
            drop(writer.commit_group().await);
        }
        if let Some(connection) = writer.connection.take() {
            drop(connection.close().await);
        }
    }
}

enum Turn {
    Kept,
    Undone,
}

impl Writer {
    async fn run(&mut self, sql: &'static str) -> Result<SqliteQueryResult, Fault> {
        let connection = self.connection.as_mut().ok_or_else(Fault::timed_out)?;
        timed(sqlx::query(sql).execute(connection)).await
    }

    async fn begin_turn(&mut self) -> Result<()> {
        if self.is_closed {
            return Err(Error::unavailable("the server is stopping; send the same again in a moment"));
        }
        if self.is_moving {
            self.throw_away("a write was cut off");
        }
        self.end_turn(Turn::Undone).await?;
        self.is_moving = true;
        let begun = self.try_begin_turn().await;
        self.is_moving = false;
        self.is_turn_open = begun.is_ok();
        self.or_throw_away(begun)
    }

    async fn try_begin_turn(&mut self) -> Result<(), Fault> {
        if self.connection.is_none() {
            self.connection = Some(timed(self.options.connect()).await?);
        }
        if self.group.is_none() {
            self.run("begin immediate").await?;
            self.group = Some(Group { began: Instant::now(), ended: Vec::new() });
        }
        self.run("savepoint turn").await?;
        Ok(())
    }

    /// Ends the open turn, if there is one.
    async fn end_turn(&mut self, turn: Turn) -> Result<()> {
        if !std::mem::take(&mut self.is_turn_open) {
            return Ok(());
        }
        self.is_moving = true;
        let ended = match turn {
            Turn::Kept => self.run("release turn").await,
            Turn::Undone => self.run("rollback to turn; release turn").await,
        };
        self.is_moving = false;
        self.or_throw_away(ended.map(|_| ()))
    }

    /// Commits for all whose turns are in the group, and tells them.
    async fn commit_group(&mut self) -> Result<()> {
        self.is_moving = true;
        let committed = self.run("commit").await;
        self.is_moving = false;
        self.or_throw_away(committed.map(|_| ()))?;
        for ended in self.group.take().into_iter().flat_map(|group| group.ended) {
            // A caller that no longer listens has its write all the same.
            drop(ended.send(Ok(())));
        }
        Ok(())
    }

    /// Ends a group nobody committed into, so that other processes may write.
    async fn leave_idle(&mut self) -> Result<()> {
        if self.group.as_ref().is_none_or(|group| !group.ended.is_empty()) {
            return Ok(());
        }
        self.is_moving = true;
        let left = self.run("rollback").await;
        self.is_moving = false;
        self.group = None;
        self.or_throw_away(left.map(|_| ()))
    }

    fn or_throw_away(&mut self, outcome: Result<(), Fault>) -> Result<()> {
        outcome.map_err(|fault| {
            self.give_up(&fault);
            fault.error
        })
    }

    /// The turn's write is refused, and so are those of the group.
    fn give_up(&mut self, fault: &Fault) {
        let others = self.group.as_ref().map_or(0, |group| group.ended.len());
        self.refusals.count(fault, 1 + others);
        self.throw_away(&fault.error.message);
    }

    /// Everybody in the group hears of it: their turns went with the transaction.
    fn throw_away(&mut self, why: &str) {
        drop(self.connection.take());
        (self.is_turn_open, self.is_moving) = (false, false);
        for ended in self.group.take().into_iter().flat_map(|group| group.ended) {
            drop(ended.send(Err(why.to_owned())));
        }
    }

    fn is_group_full(&self) -> bool {
        self.group
            .as_ref()
            .is_none_or(|group| group.ended.len() + 1 >= GROUP_SIZE || group.began.elapsed() > GROUP_AGE)
    }
}

impl WriteTx {
    pub(super) async fn begin(queue: &Arc<Queue>, name: &'static str) -> Result<Self> {
        let waiting = Waiting::begin(&queue.waiting);
        let turn = tokio::time::timeout(LIMIT, Arc::clone(&queue.writer).lock_owned()).await;
        drop(waiting);
        let mut writer = turn.map_err(|_| Fault::timed_out().error)?;
        writer.begin_turn().await?;
        Ok(Self {
            writer: Some(writer),
            queue: Arc::clone(queue),
            name,
            began: Instant::now(),
            has_failed: false,
        })
    }

    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection> {
        if self.has_failed {
            return Err(is_over());
        }
        self.writer.as_mut().and_then(|writer| writer.connection.as_mut()).ok_or_else(is_over)
    }

    pub(super) fn failed(&mut self, fault: Fault) -> Error {
        self.has_failed = true;
        if let Some(writer) = self.writer.as_mut().filter(|_| !fault.is_connection_sound) {
            writer.give_up(&fault);
        }
        fault.error
    }

    /// Goes on when its caller goes away: a group must end.
    pub(super) async fn commit(mut self) -> Result<()> {
        if self.has_failed {
            return Err(is_over());
        }
        let writer = self.writer.take().ok_or_else(is_over)?;
        self.tell_if_long();
        tokio::spawn(commit(Arc::clone(&self.queue), writer)).await.map_err(Error::internal)?
    }

    pub(super) async fn rollback(mut self) -> Result<()> {
        match self.writer.take() {
            Some(writer) => tokio::spawn(undo(writer)).await.map_err(Error::internal)?,
            None => Ok(()),
        }
    }

    fn tell_if_long(&self) {
        let held = self.began.elapsed();
        if held > LONG_TURN {
            tracing::warn!(name = self.name, held_ms = held.as_millis() as u64, "held the writer for long");
        }
    }
}

impl Drop for WriteTx {
    /// Without a runtime the next turn undoes it.
    fn drop(&mut self) {
        let runtime = tokio::runtime::Handle::try_current();
        if let (Some(writer), Ok(runtime)) = (self.writer.take(), runtime) {
            runtime.spawn(undo(writer));
        }
    }
}

async fn undo(mut writer: OwnedMutexGuard<Writer>) -> Result<()> {
    writer.end_turn(Turn::Undone).await?;
    writer.leave_idle().await
}

async fn commit(queue: Arc<Queue>, mut writer: OwnedMutexGuard<Writer>) -> Result<()> {
    writer.end_turn(Turn::Kept).await?;
    if queue.waiting.load(Ordering::SeqCst) == 0 || writer.is_group_full() {
        return writer.commit_group().await;
    }
    let (ended, mut heard) = oneshot::channel();
    if let Some(group) = writer.group.as_mut() {
        group.ended.push(ended);
    }
    drop(writer);
    tokio::select! {
        biased;
        told = &mut heard => told.unwrap_or_else(|_| Err(GONE.to_owned())).map_err(Error::unavailable),
        mut writer = Arc::clone(&queue.writer).lock_owned() => match heard.try_recv() {
            Ok(told) => told.map_err(Error::unavailable),
            Err(_) => end_group(&mut writer).await,
        },
    }
}

async fn end_group(writer: &mut Writer) -> Result<()> {
    if writer.is_moving {
        writer.throw_away("a write was cut off");
        return Err(Error::unavailable(GONE));
    }
    writer.end_turn(Turn::Undone).await?;
    writer.commit_group().await
}

const GONE: &str = "the write did not go through; send the same again";
