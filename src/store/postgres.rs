//! PostgreSQL: a pool whose connections come back clean or not at all.

use crate::{
    db::{is_over, timed},
    fault::Fault,
    refused::Refusals,
};
use domain::{Error, Result};
use sqlx::{
    ConnectOptions as _, PgConnection, PgPool,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::time::Duration;

const POOL: u32 = 16;
const ACQUIRE_LIMIT: Duration = Duration::from_secs(5);
/// How long a connection that comes back may take to prove itself clean.
const CLEAN_LIMIT: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub(crate) struct Postgres {
    pool: PgPool,
    direct: Box<PgConnectOptions>,
    refusals: Refusals,
}

/// A transaction on a connection of the pool.
pub struct PostgresTx {
    connection: Option<PoolConnection<sqlx::Postgres>>,
    writes: bool,
    has_failed: bool,
    refusals: Refusals,
}

impl Postgres {
    pub(crate) fn open(url: &str) -> Result<Self> {
        let direct: PgConnectOptions = url
            .parse()
            .map_err(|cause: sqlx::Error| Error::invalid("the database URL cannot be read").because(cause))?;
        let direct = direct
            .application_name("uptake")
            // The proof of cleanness below is a rollback outside any transaction, which warns.
            .options([("client_min_messages", "error"), ("synchronous_commit", "on")]);
        let session = direct.clone().options([
            ("statement_timeout", "10s"),
            ("lock_timeout", "3s"),
            ("idle_in_transaction_session_timeout", "60s"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(POOL)
            .acquire_timeout(ACQUIRE_LIMIT)
            .after_release(|connection, _| Box::pin(is_clean(connection)))
            .connect_lazy_with(session);
        Ok(Self { pool, direct: Box::new(direct), refusals: Refusals::default() })
    }

    pub(crate) async fn read(&self) -> Result<PostgresTx> {
        self.begin("begin isolation level repeatable read read only", false).await
    }

    pub(crate) async fn write(&self, name: &'static str) -> Result<PostgresTx> {
        tracing::trace!(name, "write");
        self.begin("begin", true).await
    }

    async fn begin(&self, begin: &'static str, writes: bool) -> Result<PostgresTx> {
        let refusals = self.refusals.clone();
        let mut tx = PostgresTx { connection: None, writes, has_failed: false, refusals };
        let connection = timed(self.pool.acquire()).await.map_err(|fault| tx.failed(fault))?;
        tx.connection = Some(connection);
        let begun = timed(sqlx::query(begin).execute(tx.connection()?)).await;
        begun.map_err(|fault| tx.failed(fault))?;
        Ok(tx)
    }

    /// A session of its own, outside the pool and without its time limits: for migrations, which hold a lock.
    pub(crate) async fn direct(&self) -> Result<PgConnection> {
        timed(self.direct.connect()).await.map_err(|fault| fault.error)
    }

    pub(crate) const fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Ends whatever a caller that went away left behind. Costs one round trip; without it, later writes on the
/// connection are acknowledged and lost.
async fn is_clean(connection: &mut PgConnection) -> sqlx::Result<bool> {
    match tokio::time::timeout(CLEAN_LIMIT, sqlx::query("rollback").execute(connection)).await {
        Ok(outcome) => outcome.map(|_| true),
        Err(_) => Ok(false),
    }
}

impl PostgresTx {
    pub(crate) fn connection(&mut self) -> Result<&mut PgConnection> {
        if self.has_failed {
            return Err(is_over());
        }
        self.connection.as_deref_mut().ok_or_else(is_over)
    }

    pub(crate) const fn writes(&self) -> bool {
        self.writes
    }

    pub(crate) fn failed(&mut self, fault: Fault) -> Error {
        self.has_failed = true;
        if self.writes {
            self.refusals.count(&fault, 1);
        }
        if !fault.is_connection_sound {
            // Cut off at once: going back to the pool politely would wait for a peer that may be gone.
            drop(self.connection.take().map(PoolConnection::detach));
        }
        fault.error
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        let committed = timed(sqlx::query("commit").execute(self.connection()?)).await;
        committed.map(|_| ()).map_err(|fault| self.failed(Fault { is_connection_sound: false, ..fault }))
    }

    /// The pool's own proof of cleanness rolls back.
    #[expect(clippy::unused_async, reason = "the same shape as SQLite's")]
    pub(crate) async fn rollback(self) -> Result<()> {
        drop(self);
        Ok(())
    }
}
