//! Sessions of browsers: the hash of a random token, the key it stands for, and its end.

use crate::{
    Tx,
    at::At,
    text::{Text, parsed},
};
use chrono::{DateTime, Utc};
use domain::{Result, id::KeyId};
use sqlx::{query, query_as};

const INSERT: &str = "insert into session (hash, key_id, expires_at) values ($1, $2, $3)";
const KEY_OF: &str = "select key_id from session where hash = $1 and expires_at > $2";
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

    /// The key a session that has not ended stands for; whether the key is live is for the caller to see.
    pub async fn key_of_session(&mut self, hash: &str, now: DateTime<Utc>) -> Result<Option<KeyId>> {
        let row: Option<(String,)> = on!(self, db => query_as(KEY_OF)
            .bind(Text::of(&hash)).bind(At::from(now)).fetch_optional(db).await)?;
        row.map(|row| parsed(&row.0)).transpose()
    }

    pub async fn end_session(&mut self, hash: &str) -> Result<()> {
        on!(self, db => query(END).bind(Text::of(&hash)).execute(db).await.map(|_| ()))
    }
}
