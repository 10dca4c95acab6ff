//! API keys: the secret's hash, the role, never the secret.

use crate::{
    Tx,
    at::At,
    text::{Text, parsed},
};
use chrono::{DateTime, Utc};
use domain::{Error, Result, id::KeyId};
use sqlx::{query, query_as};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    pub id: KeyId,
    pub name: String,
    /// Lower-case role word.
    pub role: String,
    /// SHA-256 of the secret, hex.
    pub hash: String,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

const INSERT: &str = "insert into api_key (id, name, caller_role, hash, created_at, revoked_at) \
     values ($1, $2, $3, $4, $5, $6)";
const BY_ID: &str = "select id, name, caller_role, hash, created_at, revoked_at from api_key where id = $1";
const LIST: &str =
    "select id, name, caller_role, hash, created_at, revoked_at from api_key order by created_at, id";
const REVOKE: &str = "update api_key set revoked_at = coalesce(revoked_at, $2) where id = $1";
const ANY: &str = "select id from api_key limit 1";
const LIVE_BY_NAME: &str = "select id from api_key where lower(name) = lower($1) and revoked_at is null";
const REVISION: &str = "select revision from key_revision where id = 1";
const COUNT_LIVE: &str = "select count(*) from api_key where revoked_at is null";

type Row = (String, String, String, String, At, Option<At>);

impl Tx {
    pub async fn insert_key(&mut self, key: &KeyRow) -> Result<()> {
        on!(self, db => query(INSERT)
            .bind(Text::of(&key.id))
            .bind(Text::of(&key.name))
            .bind(Text::of(&key.role))
            .bind(Text::of(&key.hash))
            .bind(At::from(key.created_at))
            .bind(key.revoked_at.map(At::from))
            .execute(db).await.map(|_| ()))
    }

    pub async fn key(&mut self, id: KeyId) -> Result<Option<KeyRow>> {
        let row: Option<Row> = on!(self, db => query_as(BY_ID).bind(Text::of(&id)).fetch_optional(db).await)?;
        row.map(key_row).transpose()
    }

    /// Oldest first.
    pub async fn list_keys(&mut self) -> Result<Vec<KeyRow>> {
        let rows: Vec<Row> = on!(self, db => query_as(LIST).fetch_all(db).await)?;
        rows.into_iter().map(key_row).collect()
    }

    /// A key revoked before keeps its first moment.
    pub async fn revoke_key(&mut self, id: KeyId, now: DateTime<Utc>) -> Result<()> {
        let revoked = on!(self, db => query(REVOKE)
            .bind(Text::of(&id)).bind(At::from(now))
            .execute(db).await.map(|done| done.rows_affected()))?;
        if revoked == 1 {
            return Ok(());
        }
        Err(Error::not_found(format!("there is no key {id}; `uptake keys list` names those there are")))
    }

    /// Whether a key was ever made, revoked ones too.
    pub async fn is_any_key(&mut self) -> Result<bool> {
        let row: Option<(String,)> = on!(self, db => query_as(ANY).fetch_optional(db).await)?;
        Ok(row.is_some())
    }

    /// The one live key of that name, whatever its case.
    pub async fn live_key_named(&mut self, name: &str) -> Result<Option<KeyId>> {
        let row: Option<(String,)> =
            on!(self, db => query_as(LIVE_BY_NAME).bind(Text::of(name)).fetch_optional(db).await)?;
        row.map(|row| parsed(&row.0)).transpose()
    }

    /// Another number after every change of keys and every session that ended.
    pub async fn key_revision(&mut self) -> Result<i64> {
        let (revision,): (i64,) = on!(self, db => query_as(REVISION).fetch_one(db).await)?;
        Ok(revision)
    }

    /// Keys made and not revoked.
    pub async fn count_live_keys(&mut self) -> Result<u64> {
        let (count,): (i64,) = on!(self, db => query_as(COUNT_LIVE).fetch_one(db).await)?;
        Ok(count as u64)
    }
}

fn key_row((id, name, role, hash, created_at, revoked_at): Row) -> Result<KeyRow> {
    let revoked_at = revoked_at.map(DateTime::from);
    Ok(KeyRow { id: parsed(&id)?, name, role, hash, created_at: created_at.into(), revoked_at })
}
