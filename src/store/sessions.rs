//! Sessions of browsers: the hash of a random token, the key it stands for, and its end.

use crate::{
    Tx,
    at::At,
    text::{Text, parsed},
};
use chrono::{DateTime, Utc};
use domain::{Result, id::KeyId};
use sqlx::{query, query_as};

/// What a browser's token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    pub key: KeyId,
    pub expires_at: DateTime<Utc>,
}

const INSERT: &str = "insert into session (hash, key_id, expires_at) values ($1, $2, $3)";
const BY_HASH: &str = "select key_id, expires_at from session where hash = $1 and expires_at > $2";
const END: &str = "delete from session where hash = $1";
const CLEAR: &str = "delete from session where expires_at <= $1";

impl Tx {
    /// Begins a session and forgets those that ended by `now`.
    pub async fn begin_session(
        &mut self,
        hash: &str,
        key: KeyId,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<()> {
        on!(self, db => query(CLEAR).bind(At::from(now)).execute(db).await.map(|_| ()))?;
        on!(self, db => query(INSERT)
            .bind(Text::of(&hash)).bind(Text::of(&key)).bind(At::from(expires_at))
            .execute(db).await.map(|_| ()))
    }

    /// A session that has not ended; whether its key is live is for the caller to see.
    pub async fn session(&mut self, hash: &str, now: DateTime<Utc>) -> Result<Option<Session>> {
        let row: Option<(String, At)> = on!(self, db => query_as(BY_HASH)
            .bind(Text::of(&hash)).bind(At::from(now)).fetch_optional(db).await)?;
        let session = |(key, end): (String, At)| Ok(Session { key: parsed(&key)?, expires_at: end.into() });
        row.map(session).transpose()
    }

    pub async fn end_session(&mut self, hash: &str) -> Result<()> {
        on!(self, db => query(END).bind(Text::of(&hash)).execute(db).await.map(|_| ()))
    }
}
