//! What a running tool may reach: one transaction, the time, the caller, new ids.

use crate::{
    cohorts::CohortCache,
    key_cache::KeyCache,
    settled::{Settled, condensed},
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use domain::{
    Error, Result,
    id::{Id, KeyId, Kind, UpsellId},
    policy::Policy,
    template::Template,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use store::{Store, Tx, answers::AnswerKey};
use tokio::sync::Notify;

/// Who may ask for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Monitor,
    Orchestrator,
    Researcher,
    Csm,
    /// May call every tool.
    Admin,
}

impl Role {
    pub const ALL: &'static [Self] =
        &[Self::Monitor, Self::Orchestrator, Self::Researcher, Self::Csm, Self::Admin];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monitor => "monitor",
            Self::Orchestrator => "orchestrator",
            Self::Researcher => "researcher",
            Self::Csm => "csm",
            Self::Admin => "admin",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text)
    }
}

/// Who asks: a key, its name and its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Unique among live keys only; the id is what tells two callers apart for good.
    pub name: String,
    pub role: Role,
    /// `None` for the scheduler and the operator at the machine.
    pub key: Option<KeyId>,
}

impl Caller {
    /// The scheduler itself.
    pub fn scheduler() -> Self {
        Self::without_key("uptake", Role::Admin)
    }

    /// Somebody of this process, whom no key had to let in.
    pub fn without_key(name: impl Into<String>, role: Role) -> Self {
        Self { name: name.into(), role, key: None }
    }
}

/// Where time comes from. Tests and rehearsals move it; the server's own goes on by itself.
#[derive(Debug)]
pub enum Clock {
    System,
    /// The system's clock, moved by a fixed distance: a rehearsal that started at another instant.
    Shifted(TimeDelta),
    /// Stands still until moved.
    Held(Mutex<DateTime<Utc>>),
}

impl Clock {
    pub fn held(at: DateTime<Utc>) -> Self {
        Self::Held(Mutex::new(at))
    }

    /// A clock that shows `at` now and goes on from there.
    pub fn starting_at(at: DateTime<Utc>) -> Self {
        Self::Shifted(at - Self::System.now())
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
    pub fn now(&self) -> DateTime<Utc> {
        let now = match self {
            Self::System => Utc::now(),
            Self::Shifted(by) => Utc::now() + *by,
            Self::Held(at) => *at.lock().expect("no panic while the clock is moved"),
        };
        // As precise as the store keeps it, so that what is recomputed later is the same to the byte.
        now.trunc_subsecs(3)
    }

    /// Moves a held clock; the others move by themselves.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Self::Held(held) = self {
            *held.lock().expect("no panic while the clock is moved") = at;
        }
    }
}

/// Where new ids come from: random, or counted from a seed so that a demo is the same every time.
#[derive(Debug)]
pub enum Ids {
    Random,
    Seeded(AtomicU64),
}

impl Ids {
    pub fn next<K: Kind>(&self) -> Id<K> {
        match self {
            Self::Random => Id::from_bits(uuid::Uuid::new_v4().as_u64_pair().1),
            Self::Seeded(state) => Id::from_bits(split_mix(state.fetch_add(1, Ordering::Relaxed))),
        }
    }
}

/// `SplitMix64` (Steele, Lea and Flood 2014): spreads a counter over all bits without collisions in 64.
const fn split_mix(counter: u64) -> u64 {
    let z = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What all calls of one process share.
pub struct Host {
    pub store: Store,
    pub clock: Clock,
    pub ids: Ids,
    pub templates: Vec<Template>,
    pub policy: Policy,
    pub cohorts: CohortCache,
    pub keys: KeyCache,
    /// Where people open pages, without a trailing slash: `http://127.0.0.1:8080`.
    pub base_url: String,
    /// Rung after every change, so that the scheduler looks at once.
    pub changed: Notify,
}

impl Host {
    /// The specification's `dashboardUrl`.
    pub fn dashboard_url(&self, upsell: UpsellId) -> String {
        format!("{}/m/{upsell}", self.base_url)
    }
}

/// One call's view of the host.
pub struct Context {
    pub tx: Tx,
    pub host: Arc<Host>,
    pub caller: Caller,
    /// The upsell the call is about, for the audit row.
    pub subject: Option<UpsellId>,
    /// Nothing will stay: sentences say what would be done.
    pub is_dry_run: bool,
    now: DateTime<Utc>,
    /// Keys this call settles, with what it was asked.
    pub(crate) settles: Vec<Settled>,
    /// The first answer, when the call turns out to be a repeat.
    pub(crate) replayed: Option<String>,
}

impl Context {
    pub fn new(host: &Arc<Host>, caller: &Caller, tx: Tx) -> Self {
        Self {
            tx,
            now: host.clock.now(),
            host: Arc::clone(host),
            caller: caller.clone(),
            subject: None,
            is_dry_run: false,
            settles: Vec::new(),
            replayed: None,
        }
    }

    /// The moment of the call, the same throughout.
    pub const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn new_id<K: Kind>(&self) -> Id<K> {
        self.host.ids.next()
    }

    /// What was done, or in a dry run what would be.
    pub(crate) const fn words<'a>(&self, done: &'a str, would: &'a str) -> &'a str {
        if self.is_dry_run { would } else { done }
    }

    /// Settles a key the caller chose, for itself alone.
    pub(crate) fn settle_under(&mut self, key: String, digest: String, asked: Value) {
        let key = AnswerKey::Idempotency { caller: self.caller.key, key };
        self.settles.push(Settled { key, digest, asked });
    }

    /// The answer stored under the keys settled so far; `conflict` if it answered another request.
    pub(crate) async fn first_answer(&mut self, tool: &str) -> Result<Option<String>> {
        for settled in &self.settles {
            if let Some(first) = self.tx.answer(tool, &settled.key).await? {
                if first.digest == settled.digest {
                    return Ok(Some(first.answer));
                }
                return Err(settled.conflict(tool, &first.answer, self.subject));
            }
        }
        Ok(None)
    }

    /// Settles a natural key (upsell + day, opportunity) with what is asked for it. `true`: the very same was asked
    /// before, its first answer will be given and the caller should return at once. `conflict`: something else was.
    pub async fn is_repeat(
        &mut self,
        tool: &str,
        natural_key: String,
        request: &impl Serialize,
    ) -> Result<bool> {
        self.is_repeat_under(tool, AnswerKey::Natural(natural_key), request).await
    }

    pub(crate) async fn is_repeat_under(
        &mut self,
        tool: &str,
        key: AnswerKey,
        request: &impl Serialize,
    ) -> Result<bool> {
        let request = serde_json::to_value(request).map_err(Error::internal)?;
        let digest = crate::arguments::digest(&request);
        let asked = condensed(&request);
        self.settles = vec![Settled { key, digest, asked }]
            .into_iter()
            .chain(std::mem::take(&mut self.settles))
            .collect();
        self.replayed = self.first_answer(tool).await?;
        Ok(self.replayed.is_some())
    }

    /// Rolls back and gives the error on.
    pub(crate) async fn abandon(self, error: Error) -> Error {
        match self.tx.rollback().await {
            Ok(()) => error,
            Err(rollback) => {
                tracing::warn!(error = %rollback, "rollback after a failed call did not go through");
                error
            }
        }
    }
}
