//! The policies evaluations were made under, by version.

use crate::{
    Tx,
    at::At,
    text::{Text, body, stored},
};
use chrono::{DateTime, Utc};
use domain::{Error, Result, policy::Policy};
use sqlx::{query, query_as};
use std::collections::BTreeMap;

const KEEP: &str =
    "insert into policy (version, known_from, body) values ($1, $2, $3) on conflict (version) do nothing";
const BODY: &str = "select body from policy where version = $1";
const ALL: &str = "select version, body from policy";

impl Tx {
    /// Keeps the policy under its version, once. `conflict` when that version stands for other values here: what was
    /// made under them could no longer be told from what will be.
    pub async fn keep_policy(&mut self, policy: &Policy, now: DateTime<Utc>) -> Result<()> {
        let json = body(policy)?;
        on!(self, db => query(KEEP)
            .bind(Text::of(&policy.version))
            .bind(At::from(now))
            .bind(json.as_str())
            .execute(db).await.map(|_| ()))?;
        let (kept,): (String,) =
            on!(self, db => query_as(BODY).bind(Text::of(&policy.version)).fetch_one(db).await)?;
        if stored::<Policy>(&kept)? == *policy {
            return Ok(());
        }
        Err(Error::conflict(format!(
            "evaluations here were made under a policy {} with other values; give yours a version of its own",
            policy.version
        )))
    }

    /// Every policy ever kept, by version.
    pub async fn policies(&mut self) -> Result<BTreeMap<String, Policy>> {
        let rows: Vec<(String, String)> = on!(self, db => query_as(ALL).fetch_all(db).await)?;
        rows.into_iter().map(|(version, body)| Ok((version, stored(&body)?))).collect()
    }
}
