//! Outcomes that agents proposed: never deleted, whatever became of them.

use crate::{
    Tx,
    at::At,
    text::{Text, body, stored},
};
use domain::{Result, id::PlanId, proposed_outcome::ProposedOutcome};
use sqlx::{query, query_as};

const SAVE: &str = "insert into proposal (id, plan_id, proposed_at, body) values ($1, $2, $3, $4) \
     on conflict (id) do update set body = excluded.body";
const PROPOSALS_OF: &str = "select body from proposal where plan_id = $1 order by proposed_at, id";

impl Tx {
    /// Stores a proposal, or what became of it.
    pub async fn save_proposal(&mut self, plan: PlanId, proposal: &ProposedOutcome) -> Result<()> {
        let body = body(proposal)?;
        on!(self, db => query(SAVE)
            .bind(Text::of(&proposal.id))
            .bind(Text::of(&plan))
            .bind(At::from(proposal.proposed_at))
            .bind(body.as_str())
            .execute(db).await.map(|_| ()))
    }

    /// Oldest first.
    pub async fn proposals_of(&mut self, plan: PlanId) -> Result<Vec<ProposedOutcome>> {
        let rows: Vec<(String,)> =
            on!(self, db => query_as(PROPOSALS_OF).bind(Text::of(&plan)).fetch_all(db).await)?;
        rows.iter().map(|row| stored(&row.0)).collect()
    }
}
