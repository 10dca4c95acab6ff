//! Keys and sessions looked up before, remembered until a key changes or a session ends, whichever process does it.

use chrono::{DateTime, Utc};
use domain::{Result, id::KeyId};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};
use store::{Store, Tx, keys::KeyRow, sessions::Session};

/// How long a change made by another process may go unnoticed here.
const NOTICED_WITHIN: Duration = Duration::from_secs(1);
/// Keys, and sessions, remembered at most. Beyond it they are looked up anew.
const MOST: usize = 10_000;

/// One look at the revision a second serves every check; a key or session seen before costs no statement.
#[derive(Default)]
pub struct KeyCache(Mutex<Known>);

/// What was read of one revision.
#[derive(Default)]
struct Known {
    revision: Option<i64>,
    looked_at: Option<Instant>,
    is_any: Option<bool>,
    live: HashMap<KeyId, KeyRow>,
    sessions: HashMap<String, Session>,
}

impl KeyCache {
    /// Whether a key was ever made, revoked ones too.
    pub async fn is_any(&self, store: &Store) -> Result<bool> {
        let revision = self.revision(store).await?;
        if let Some(is_any) = self.known().is_any {
            return Ok(is_any);
        }
        let mut tx = store.read().await?;
        let is_any = tx.is_any_key().await;
        tx.rollback().await?;
        let is_any = is_any?;
        self.remember(revision, |known| known.is_any = Some(is_any));
        Ok(is_any)
    }

    /// The key, unless it was revoked.
    pub async fn live(&self, store: &Store, id: KeyId) -> Result<Option<KeyRow>> {
        let revision = self.revision(store).await?;
        if let Some(row) = self.known().live.get(&id) {
            return Ok(Some(row.clone()));
        }
        let mut tx = store.read().await?;
        let row = tx.key(id).await;
        tx.rollback().await?;
        let live = row?.filter(|row| row.revoked_at.is_none());
        if let Some(row) = &live {
            self.remember(revision, |known| put(&mut known.live, id, row.clone()));
        }
        Ok(live)
    }

    /// The session whose token has that hash, unless it ended by `now`.
    pub async fn session(&self, store: &Store, hash: &str, now: DateTime<Utc>) -> Result<Option<Session>> {
        let revision = self.revision(store).await?;
        if let Some(session) = self.known().sessions.get(hash) {
            return Ok(Some(*session).filter(|session| session.expires_at > now));
        }
        let mut tx = store.read().await?;
        let session = tx.session(hash, now).await;
        tx.rollback().await?;
        let session = session?;
        if let Some(session) = session {
            self.remember(revision, |known| put(&mut known.sessions, hash.to_owned(), session));
        }
        Ok(session)
    }

    /// After a change of our own: the next check looks again.
    pub fn look_again(&self) {
        self.known().looked_at = None;
    }

    /// The revision as of a second ago at most.
    async fn revision(&self, store: &Store) -> Result<i64> {
        if let Some(revision) = self.known().recent() {
            return Ok(revision);
        }
        // Before the read, so that what commits during it counts from here.
        let looked_at = Instant::now();
        let mut tx: Tx = store.read().await?;
        let revision = tx.key_revision().await;
        tx.rollback().await?;
        let revision = revision?;
        self.known().see(revision, looked_at);
        Ok(revision)
    }

    /// What was read while another revision came is no longer known to be so.
    fn remember(&self, revision: i64, put: impl FnOnce(&mut Known)) {
        let mut known = self.known();
        if known.revision == Some(revision) {
            put(&mut known);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().expect("no panic while it is changed")
    }
}

impl Known {
    fn recent(&self) -> Option<i64> {
        self.looked_at.is_some_and(|at| at.elapsed() < NOTICED_WITHIN).then_some(self.revision)?
    }

    fn see(&mut self, revision: i64, looked_at: Instant) {
        if self.revision != Some(revision) {
            *self = Self { revision: Some(revision), ..Self::default() };
        }
        self.looked_at = Some(looked_at);
    }
}

fn put<K: std::hash::Hash + Eq, V>(all: &mut HashMap<K, V>, key: K, value: V) {
    if all.len() >= MOST {
        all.clear();
    }
    all.insert(key, value);
}
