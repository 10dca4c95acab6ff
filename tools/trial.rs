//! A catalogue on a real store in memory, under a held clock, for tests of tools.

use crate::{Answer, Caller, Clock, Context, Host, Ids, Role, entry, standing::Standing};
use domain::{
    Result,
    id::UpsellRef,
    observation::{Observation, Quality, USAGE},
    policy::Policy,
    progress::Evaluation,
    template::built_in,
};
use serde_json::{Value, json};
use std::sync::{Arc, atomic::AtomicU64};
use store::Store;
use tokio::sync::Notify;

pub struct Trial {
    pub host: Arc<Host>,
}

impl Trial {
    /// An empty store, at that instant.
    pub async fn at(instant: &str) -> Self {
        let host = Host {
            store: Store::open("sqlite::memory:").await.unwrap(),
            clock: Clock::held(instant.parse().unwrap()),
            ids: Ids::Seeded(AtomicU64::new(1)),
            templates: built_in(),
            policy: Policy::default(),
            base_url: "http://127.0.0.1:8080".to_owned(),
            changed: Notify::new(),
            cohorts: crate::cohorts::CohortCache::default(),
            keys: crate::key_cache::KeyCache::default(),
        };
        Self { host: Arc::new(host) }
    }

    pub async fn ask(&self, tool: &str, arguments: Value) -> Result<Answer> {
        self.ask_as("ana", Role::Csm, tool, arguments).await
    }

    /// The same by somebody else.
    pub async fn ask_as(&self, name: &str, role: Role, tool: &str, arguments: Value) -> Result<Answer> {
        let caller = Caller::without_key(name, role);
        entry(tool).expect("the tool is in the catalogue").call(&self.host, &caller, arguments).await
    }

    /// What the tool answers.
    pub async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.ask(tool, arguments).await.unwrap_or_else(|error| panic!("{tool}: {error} {error:?}")).structured
    }

    /// What the tool says against it.
    pub async fn refusal(&self, tool: &str, arguments: Value) -> String {
        self.ask(tool, arguments).await.unwrap_err().message
    }

    /// Moves the clock.
    pub fn until(&self, instant: &str) {
        self.host.clock.set(instant.parse().unwrap());
    }

    /// What usage said of a metric on a day of the plan, recorded now; the observation's id.
    pub async fn observed(&self, upsell: &str, metric: &str, day: i32, value: f64) -> String {
        let mut tx = self.host.store.write("observed").await.unwrap();
        let plan = tx.plan_of(upsell.parse().unwrap()).await.unwrap();
        let observation = Observation {
            id: self.host.ids.next(),
            plan: plan.id,
            metric: metric.into(),
            value,
            valid_on: plan.date_of(day),
            recorded_at: self.host.clock.now(),
            source: USAGE.to_owned(),
            quality: Quality::Final,
            reason: None,
        };
        tx.insert_observations(std::slice::from_ref(&observation)).await.unwrap();
        tx.commit().await.unwrap();
        observation.id.to_string()
    }

    /// Stores an evaluation of how the upsell stands, as the reconciler does.
    pub async fn assessed(&self, upsell: &str) {
        let tx = self.host.store.write("assessed").await.unwrap();
        let caller = Caller::scheduler();
        let mut cx = Context::new(&self.host, &caller, tx);
        let now = cx.now();
        let standing = Standing::read(&mut cx, &UpsellRef(upsell.to_owned()), now).await.unwrap();
        let evaluation = Evaluation {
            id: cx.new_id(),
            plan: standing.plan.id,
            plan_version: standing.plan.version,
            upsell: standing.upsell.id,
            at: now,
            method: domain::assess::METHOD,
            previous: standing.previous.as_ref().map(|previous| previous.id),
            ticked: std::collections::BTreeMap::new(),
            inputs: standing.evidence_ids(),
            progress: standing.progress,
        };
        cx.tx.insert_evaluation(&evaluation).await.unwrap();
        cx.tx.commit().await.unwrap();
    }

    /// Registers a sale of a product to Northwind, closed on 20 February 2026; the upsell's id.
    pub async fn sale(&self, product: &str) -> String {
        let answer = self.call("register_upsell", sale(product)).await;
        answer["upsell"].as_str().unwrap().to_owned()
    }

    /// The same, with the plan of its template.
    pub async fn planned(&self, product: &str) -> String {
        let upsell = self.sale(product).await;
        self.call("create_measurement_plan", json!({ "upsell": upsell })).await;
        upsell
    }
}

pub fn sale(product: &str) -> Value {
    json!({
        "source": "salesforce", "opportunityId": "006-1", "customer": "Northwind Traders",
        "customerId": "northwind", "products": [product], "arrIncrease": 128_000.55,
        "closeDate": "2026-02-20", "timeZone": "America/New_York", "goals": ["Fewer spreadsheets"]
    })
}

/// Tokens a model pays for a text (o200k).
pub fn tokens(text: &str) -> usize {
    tiktoken_rs::o200k_base_singleton().encode_ordinary(text).len()
}
