//! Measurement plans: the current one, its versions, and when it is next due.

use crate::Tx;
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Result,
    id::{CustomerId, PlanId, UpsellId},
    plan::MeasurementPlan,
};

/// A plan whose assessment is due.
#[derive(Debug, Clone)]
pub struct DueAssessment {
    pub plan: MeasurementPlan,
    /// Earliest civil day whose usage changed since the last assessment.
    pub changed_from: Option<NaiveDate>,
}

impl Tx {
    /// Stores version 1 and schedules its first assessment at once. A second plan for an upsell is `conflict`.
    pub async fn insert_plan(&mut self, _plan: &MeasurementPlan) -> Result<()> {
        todo!()
    }
    /// Stores the next version (plan.version must be the stored one + 1, else `conflict`: read again), known from `now`.
    pub async fn save_plan(&mut self, _plan: &MeasurementPlan, _now: DateTime<Utc>) -> Result<()> {
        todo!()
    }
    /// Rewrites state that is no new version: checkpoint states, milestones reached.
    pub async fn touch_plan(&mut self, _plan: &MeasurementPlan) -> Result<()> {
        todo!()
    }
    pub async fn plan(&mut self, _id: PlanId) -> Result<MeasurementPlan> {
        todo!()
    }
    pub async fn find_plan_of(&mut self, _upsell: UpsellId) -> Result<Option<MeasurementPlan>> {
        todo!()
    }
    /// The plan of an upsell, or `not_found` that names `create_measurement_plan`.
    pub async fn plan_of(&mut self, _upsell: UpsellId) -> Result<MeasurementPlan> {
        todo!()
    }
    /// The same, its row locked until commit.
    pub async fn plan_for_update(&mut self, _upsell: UpsellId) -> Result<MeasurementPlan> {
        todo!()
    }
    /// All versions, oldest first.
    pub async fn plan_versions(&mut self, _id: PlanId) -> Result<Vec<MeasurementPlan>> {
        todo!()
    }
    /// The version that stood at `at`.
    pub async fn plan_as_of(&mut self, _id: PlanId, _at: DateTime<Utc>) -> Result<MeasurementPlan> {
        todo!()
    }
    /// Claims plans whose assessment is due by `now` (`for update skip locked` on PostgreSQL), oldest due first.
    pub async fn claim_due_assessments(
        &mut self,
        _now: DateTime<Utc>,
        _limit: u32,
    ) -> Result<Vec<DueAssessment>> {
        todo!()
    }
    /// When the plan is next assessed; `None` for never (ended). Clears `changed_from`.
    pub async fn schedule_assessment(&mut self, _plan: PlanId, _at: Option<DateTime<Utc>>) -> Result<()> {
        todo!()
    }
    /// Makes the plans of customers due at `now` because usage of `from` on arrived; keeps the earliest `from`.
    pub async fn usage_changed(
        &mut self,
        _customer: &CustomerId,
        _from: NaiveDate,
        _now: DateTime<Utc>,
    ) -> Result<()> {
        todo!()
    }
    /// Claims plans that have a pending, not yet opened checkpoint scheduled by `now`.
    pub async fn claim_due_checkpoints(
        &mut self,
        _now: DateTime<Utc>,
        _limit: u32,
    ) -> Result<Vec<MeasurementPlan>> {
        todo!()
    }
    /// The earliest instant at which a reconciler has something to do.
    pub async fn next_due(&mut self) -> Result<Option<DateTime<Utc>>> {
        todo!()
    }
}
