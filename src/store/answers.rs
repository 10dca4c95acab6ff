//! First answers, given again when a request is repeated.

use crate::Tx;
use chrono::{DateTime, Utc};
use domain::Result;

/// The first answer to a key, and the digest of the request it answered.
#[derive(Debug, Clone)]
pub struct StoredAnswer {
    pub digest: String,
    /// JSON text.
    pub answer: String,
}

impl Tx {
    pub async fn answer(&mut self, _tool: &str, _key: &str) -> Result<Option<StoredAnswer>> {
        todo!()
    }
    /// `false` when somebody else settled the key first.
    pub async fn insert_answer(
        &mut self,
        _tool: &str,
        _key: &str,
        _answer: &StoredAnswer,
        _now: DateTime<Utc>,
    ) -> Result<bool> {
        todo!()
    }
}
