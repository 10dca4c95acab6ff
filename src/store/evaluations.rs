//! Stored evaluations, and what of the latest one the portfolio shows.

use crate::Tx;
use chrono::{DateTime, Utc};
use domain::{Result, id::PlanId, progress::Evaluation};

impl Tx {
    /// Stores an evaluation and refreshes the plan's columns the portfolio sorts and filters by.
    pub async fn insert_evaluation(&mut self, _evaluation: &Evaluation) -> Result<()> {
        todo!()
    }
    /// The last evaluation made at or before `at`.
    pub async fn last_evaluation(&mut self, _plan: PlanId, _at: DateTime<Utc>) -> Result<Option<Evaluation>> {
        todo!()
    }
    /// Evaluations made within `from..=to`, oldest first, at most `limit` after `after` (at, id order).
    pub async fn evaluations_of(
        &mut self,
        _plan: PlanId,
        _from: DateTime<Utc>,
        _to: DateTime<Utc>,
    ) -> Result<Vec<Evaluation>> {
        todo!()
    }
    /// Plans that have an evaluation within `from..=to`.
    pub async fn evaluated_plans(&mut self, _from: DateTime<Utc>, _to: DateTime<Utc>) -> Result<Vec<PlanId>> {
        todo!()
    }
}
