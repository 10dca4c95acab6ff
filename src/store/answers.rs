//! First answers, given again when a request is repeated.

use crate::{Tx, at::At, text::Text};
use chrono::{DateTime, Utc};
use domain::Result;
use sqlx::{query, query_as};

/// The first answer to a key, and the digest of the request it answered.
#[derive(Debug, Clone)]
pub struct StoredAnswer {
    pub digest: String,
    /// JSON text.
    pub answer: String,
}

const ANSWER: &str = "select digest, body from answer where tool = $1 and settled_key = $2";
const INSERT: &str = "insert into answer (tool, settled_key, digest, body, at) \
     values ($1, $2, $3, $4, $5) on conflict do nothing";

impl Tx {
    pub async fn answer(&mut self, tool: &str, key: &str) -> Result<Option<StoredAnswer>> {
        let row: Option<(String, String)> = on!(self, db => query_as(ANSWER)
            .bind(Text::of(tool)).bind(Text::of(key)).fetch_optional(db).await)?;
        Ok(row.map(|(digest, answer)| StoredAnswer { digest, answer }))
    }

    /// `false` when somebody else settled the key first.
    pub async fn insert_answer(
        &mut self,
        tool: &str,
        key: &str,
        answer: &StoredAnswer,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let inserted = on!(self, db => query(INSERT)
            .bind(Text::of(tool))
            .bind(Text::of(key))
            .bind(Text::of(&answer.digest))
            .bind(Text::of(&answer.answer))
            .bind(At::from(now))
            .execute(db).await.map(|done| done.rows_affected()))?;
        Ok(inserted == 1)
    }
}
