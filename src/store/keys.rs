//! API keys: the secret's hash, the role, never the secret.

use crate::Tx;
use chrono::{DateTime, Utc};
use domain::{Result, id::KeyId};

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

impl Tx {
    pub async fn insert_key(&mut self, _key: &KeyRow) -> Result<()> {
        todo!()
    }
    pub async fn key(&mut self, _id: KeyId) -> Result<Option<KeyRow>> {
        todo!()
    }
    pub async fn list_keys(&mut self) -> Result<Vec<KeyRow>> {
        todo!()
    }
    pub async fn revoke_key(&mut self, _id: KeyId, _now: DateTime<Utc>) -> Result<()> {
        todo!()
    }
    /// Keys made and not revoked.
    pub async fn count_live_keys(&mut self) -> Result<u64> {
        todo!()
    }
}
