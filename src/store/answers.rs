//! First answers, given again when a request is repeated.

use crate::{Tx, at::At, text::Text};
use chrono::{DateTime, Utc};
use domain::{Result, id::KeyId};
use sqlx::{query, query_as};

/// The first answer to a key, and the digest of the request it answered.
#[derive(Debug, Clone)]
pub struct StoredAnswer {
    pub digest: String,
    /// JSON text.
    pub answer: String,
}

/// What a request is known by when it comes again. Keys of two kinds, and idempotency keys of two callers, are never
/// the same, whatever their words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerKey {
    /// Chosen by a caller for requests of its own; without a key of ours it is the operator at the machine.
    Idempotency { caller: Option<KeyId>, key: String },
    /// What a request is about, whoever sends it.
    Natural(String),
    /// One change of a subject, the same words counted.
    Change(String),
}

impl AnswerKey {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Idempotency { .. } => "idempotency",
            Self::Natural(_) => "natural",
            Self::Change(_) => "change",
        }
    }

    /// Whose it is; empty: everybody's.
    fn owner(&self) -> String {
        match self {
            Self::Idempotency { caller, .. } => caller.map_or(String::new(), |caller| caller.to_string()),
            Self::Natural(_) | Self::Change(_) => String::new(),
        }
    }

    fn words(&self) -> &str {
        match self {
            Self::Idempotency { key, .. } | Self::Natural(key) | Self::Change(key) => key,
        }
    }
}

const ANSWER: &str = "select digest, body from answer \
     where tool = $1 and settled_key = $2 and key_kind = $3 and key_id = $4";
const INSERT: &str = "insert into answer (tool, settled_key, key_kind, key_id, digest, body, at) \
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";

impl Tx {
    pub async fn answer(&mut self, tool: &str, key: &AnswerKey) -> Result<Option<StoredAnswer>> {
        let row: Option<(String, String)> = on!(self, db => query_as(ANSWER)
            .bind(Text::of(tool))
            .bind(Text::of(key.words()))
            .bind(key.kind())
            .bind(Text::of(&key.owner()))
            .fetch_optional(db).await)?;
        Ok(row.map(|(digest, answer)| StoredAnswer { digest, answer }))
    }

    /// `false` when somebody else settled the key first.
    pub async fn insert_answer(
        &mut self,
        tool: &str,
        key: &AnswerKey,
        answer: &StoredAnswer,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let inserted = on!(self, db => query(INSERT)
            .bind(Text::of(tool))
            .bind(Text::of(key.words()))
            .bind(key.kind())
            .bind(Text::of(&key.owner()))
            .bind(Text::of(&answer.digest))
            .bind(Text::of(&answer.answer))
            .bind(At::from(now))
            .execute(db).await.map(|done| done.rows_affected()))?;
        Ok(inserted == 1)
    }
}
