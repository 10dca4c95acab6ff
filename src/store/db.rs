//! The two databases behind one `Store` and one `Tx`.

use domain::Result;

/// An open database, SQLite or PostgreSQL. Cheap to clone.
#[derive(Clone)]
pub struct Store {}

/// One transaction. Dropped without `commit`, it leaves nothing behind.
pub struct Tx {}

impl Store {
    /// Opens `sqlite:PATH`, `sqlite::memory:` or `postgres://…`, and brings the schema up to date.
    pub async fn open(_url: &str) -> Result<Self> {
        todo!()
    }
    /// Opens without touching the schema.
    pub async fn open_unmigrated(_url: &str) -> Result<Self> {
        todo!()
    }
    /// Applies what is missing; returns the names applied (or that would be, when dry).
    pub async fn migrate(&self) -> Result<Vec<String>> {
        todo!()
    }
    pub async fn pending_migrations(&self) -> Result<Vec<String>> {
        todo!()
    }
    /// A transaction that only reads.
    pub async fn read(&self) -> Result<Tx> {
        todo!()
    }
    /// A transaction that may write; `name` tells logs who held the writer.
    pub async fn write(&self, _name: &'static str) -> Result<Tx> {
        todo!()
    }
    /// Writes a row and reads it back: what readiness asks.
    pub async fn is_writable(&self) -> Result<()> {
        todo!()
    }
    /// Waits for open work and closes.
    pub async fn close(&self) {
        todo!()
    }
}

impl Tx {
    /// Makes everything done in it last. Returns after the data is on disk.
    pub async fn commit(self) -> Result<()> {
        todo!()
    }
    pub async fn rollback(self) -> Result<()> {
        todo!()
    }
}
