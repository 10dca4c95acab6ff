//! A server in one process under a held clock, with a key for every role.

use crate::{
    database::Database,
    face::{Door, Face, Refusal},
};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::policy::Policy;
use serde_json::Value;
use server::{
    Faces, auth, build_router,
    listen::{self, Limits},
    scheduler,
};
use std::sync::{Arc, atomic::AtomicU64};
use store::{Store, keys::KeyRow};
use tokio::{net::TcpListener, sync::Notify};
use tokio_util::sync::{CancellationToken, DropGuard};
use tools::{Answer, Caller, Clock, Host, Ids, Role};

/// More rounds than any day of a test has work for.
const QUIET_WITHIN: usize = 500;

/// One replica: the host, and the address its faces are at.
pub struct World {
    pub host: Arc<Host>,
    pub address: String,
    keys: Vec<(Role, String)>,
    door: Door,
    _stops_with_us: DropGuard,
    database: Arc<Database>,
}

impl World {
    /// A server on SQLite that believes it is nine in the morning (UTC) of that day.
    pub async fn on(date: &str) -> Self {
        Self::with(Database::sqlite(), date).await
    }

    /// The same on PostgreSQL.
    pub async fn on_postgres(date: &str) -> Self {
        Self::with(Database::postgres().await, date).await
    }

    pub async fn with(database: Database, date: &str) -> Self {
        Self::within(Limits::default(), database, date).await
    }

    /// The same with other limits of the listener.
    pub async fn within(limits: Limits, database: Database, date: &str) -> Self {
        let host = Arc::new(host_at(&database.url, Clock::held(morning_of(date))).await);
        let keys = make_keys(&host).await;
        Self::serving(host, keys, Arc::new(database), limits).await
    }

    /// A server no key was ever made for, which people reach at `base_url`: open to its own machine.
    pub async fn without_keys(date: &str, base_url: &str) -> Self {
        let database = Database::sqlite();
        let host = host_at(&database.url, Clock::held(morning_of(date))).await;
        let host = Host { base_url: base_url.to_owned(), ..host };
        Self::serving(Arc::new(host), Vec::new(), Arc::new(database), Limits::default()).await
    }

    /// Another replica on the same database, with a clock that shows the same.
    pub async fn replica(&self, seed: u64) -> Self {
        let host = host_at(&self.database.url, Clock::held(self.now())).await;
        let host = Host { ids: Ids::Seeded(AtomicU64::new(seed)), ..host };
        Self::serving(Arc::new(host), self.keys.clone(), Arc::clone(&self.database), Limits::default()).await
    }

    /// The same server after a restart: everything but the database is new.
    pub async fn restarted(self) -> Self {
        let again = self.replica(1_000_000).await;
        drop(self);
        again
    }

    async fn serving(
        host: Arc<Host>,
        keys: Vec<(Role, String)>,
        database: Arc<Database>,
        limits: Limits,
    ) -> Self {
        let stopping = CancellationToken::new();
        let faces = Faces::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address").to_string();
        tokio::spawn(listen::serve(listener, build_router(&host, &faces), limits, stopping.clone()));
        let door = Door::open(&format!("http://{address}"));
        Self { host, address, keys, door, _stops_with_us: stopping.drop_guard(), database }
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.host.clock.now()
    }

    /// Lets so many days pass, one at a time, each until nothing is left to do.
    pub async fn advance(&self, days: u32) {
        for _ in 0..days {
            self.host.clock.set(self.now() + TimeDelta::days(1));
            self.settle().await;
        }
    }

    /// Ticks until nothing changes any more.
    pub async fn settle(&self) {
        for _ in 0..QUIET_WITHIN {
            if scheduler::tick(&self.host).await.expect("reconcilers work") == 0 {
                return;
            }
        }
        panic!("the reconcilers still find work after {QUIET_WITHIN} rounds of the same instant");
    }

    /// Calls a tool through the one door, as a role.
    pub async fn call(&self, role: Role, tool: &str, arguments: Value) -> domain::Result<Answer> {
        let caller = Caller::without_key(role.as_str(), role);
        let entry = tools::entry(tool).unwrap_or_else(|| panic!("there is a tool {tool}"));
        entry.call(&self.host, &caller, arguments).await
    }

    /// Calls a tool through a face with a role's key.
    pub async fn ask(&self, face: Face, role: Role, tool: &str, arguments: Value) -> Result<Value, Refusal> {
        self.door(role).ask(face, tool, arguments).await
    }

    /// The door without a key.
    pub fn open_door(&self) -> Door {
        self.door.clone()
    }

    /// The door with a role's key in hand.
    pub fn door(&self, role: Role) -> Door {
        self.door.with_key(self.key(role))
    }

    pub fn key(&self, role: Role) -> &str {
        let (_, key) = self.keys.iter().find(|(of, _)| *of == role).expect("a key was made for every role");
        key
    }
}

/// A host on the database at `url`, with the built-in templates and ids that count from one.
pub async fn host_at(url: &str, clock: Clock) -> Host {
    Host {
        store: Store::open(url).await.expect("the test's database opens"),
        clock,
        ids: Ids::Seeded(AtomicU64::new(1)),
        templates: domain::template::built_in(),
        policy: Policy::default(),
        cohorts: tools::cohorts::CohortCache::default(),
        keys: tools::key_cache::KeyCache::default(),
        base_url: "http://127.0.0.1:8080".to_owned(),
        changed: Notify::new(),
    }
}

async fn make_keys(host: &Arc<Host>) -> Vec<(Role, String)> {
    let mut keys = Vec::new();
    for &role in Role::ALL {
        keys.push((role, make_key(host, role.as_str(), role).await));
    }
    keys
}

/// A new key, as `uptake keys create` makes it.
pub async fn make_key(host: &Arc<Host>, name: &str, role: Role) -> String {
    let id = host.ids.next();
    let key = auth::new_key(id);
    let row = KeyRow {
        id,
        name: name.to_owned(),
        role: role.as_str().to_owned(),
        hash: auth::hash(&key),
        created_at: host.clock.now(),
        revoked_at: None,
    };
    let mut tx = host.store.write("test_keys").await.expect("the store takes writes");
    tx.insert_key(&row).await.expect("the key is new");
    tx.commit().await.expect("the store commits");
    key
}

fn morning_of(date: &str) -> DateTime<Utc> {
    let date: NaiveDate = date.parse().expect("a date is written as 2026-01-29");
    date.and_time(NaiveTime::from_hms_opt(9, 0, 0).expect("nine o'clock exists")).and_utc()
}
