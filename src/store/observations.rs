//! Observations: appended, never changed.

use crate::Tx;
use chrono::{DateTime, Utc};
use domain::{
    Result,
    id::{ObservationId, PlanId},
    observation::Observation,
};

impl Tx {
    pub async fn insert_observations(&mut self, _observations: &[Observation]) -> Result<()> {
        todo!()
    }
    /// All recorded by `as_of`, by metric, day and recording.
    pub async fn observations_of(
        &mut self,
        _plan: PlanId,
        _as_of: DateTime<Utc>,
    ) -> Result<Vec<Observation>> {
        todo!()
    }
    /// Those of the ids that exist in this plan.
    pub async fn observations_by_id(
        &mut self,
        _plan: PlanId,
        _ids: &[ObservationId],
    ) -> Result<Vec<Observation>> {
        todo!()
    }
}
