//! Who did what: one row per change, in the change's own transaction.

use crate::{
    Tx,
    at::At,
    text::{Text, parsed},
};
use chrono::{DateTime, Utc};
use domain::{
    Result,
    id::{KeyId, UpsellId},
};
use sqlx::{query, query_as};

#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    pub at: DateTime<Utc>,
    /// The name of the caller's key, as it was then.
    pub caller: String,
    /// `None` for the scheduler and the operator at the machine.
    pub key: Option<KeyId>,
    pub role: String,
    pub tool: String,
    pub upsell: Option<UpsellId>,
    /// The headline of the answer.
    pub result: String,
}

const INSERT: &str = "insert into audit (at, caller, key_id, caller_role, tool, upsell_id, result) \
     values ($1, $2, $3, $4, $5, $6, $7)";
const AUDIT_OF: &str = "select at, caller, key_id, caller_role, tool, upsell_id, result from audit \
     where upsell_id = $1 order by seq desc limit $2";

type Row = (At, String, Option<String>, String, String, Option<String>, String);

impl Tx {
    pub async fn insert_audit(&mut self, row: &AuditRow) -> Result<()> {
        on!(self, db => query(INSERT)
            .bind(At::from(row.at))
            .bind(Text::of(&row.caller))
            .bind(Text::maybe(row.key.as_ref()))
            .bind(Text::of(&row.role))
            .bind(Text::of(&row.tool))
            .bind(Text::maybe(row.upsell.as_ref()))
            .bind(Text::of(&row.result))
            .execute(db).await.map(|_| ()))
    }

    /// Newest first.
    pub async fn audit_of(&mut self, upsell: UpsellId, limit: u32) -> Result<Vec<AuditRow>> {
        let rows: Vec<Row> = on!(self, db => query_as(AUDIT_OF)
            .bind(Text::of(&upsell)).bind(i64::from(limit)).fetch_all(db).await)?;
        rows.into_iter().map(audit_row).collect()
    }
}

fn audit_row((at, caller, key, role, tool, upsell, result): Row) -> Result<AuditRow> {
    let upsell = upsell.as_deref().map(parsed).transpose()?;
    let key = key.as_deref().map(parsed).transpose()?;
    Ok(AuditRow { at: at.into(), caller, key, role, tool, upsell, result })
}
