//! Documented outcomes and the rows analysis reads.

use crate::Tx;
use chrono::NaiveDate;
use domain::{
    Result,
    id::{PlanId, UpsellId},
    money::Money,
    outcome::{Conclusion, Documented, Outcome},
    plan::MeasurementPlan,
    status::Status,
    upsell::Upsell,
};

/// One upsell as the analysis sees it.
#[derive(Debug, Clone)]
pub struct OutcomeRow {
    pub upsell: Upsell,
    pub plan: Option<MeasurementPlan>,
    pub outcome: Outcome,
    /// Reported status at the last evaluation on or after the final checkpoint day; `None` if it never got there or was unknown.
    pub final_status: Option<Status>,
    pub attainment: Option<f64>,
    pub arr: Money,
}

/// Which upsells an analysis looks at, by close date.
#[derive(Debug, Clone, Default)]
pub struct OutcomeFilter {
    pub closed_from: Option<NaiveDate>,
    pub closed_to: Option<NaiveDate>,
}

impl Tx {
    /// Stores the outcome and ends the plan's assessments. A second, different one is for the caller to refuse.
    pub async fn insert_outcome(
        &mut self,
        _plan: PlanId,
        _upsell: UpsellId,
        _outcome: &Documented,
    ) -> Result<()> {
        todo!()
    }
    pub async fn outcome_of(&mut self, _plan: PlanId) -> Result<Outcome> {
        todo!()
    }
    /// Every upsell within the filter, oldest close first.
    pub async fn outcome_rows(&mut self, _filter: &OutcomeFilter) -> Result<Vec<OutcomeRow>> {
        todo!()
    }
    pub async fn count_outcomes(&mut self) -> Result<Vec<(Conclusion, u64)>> {
        todo!()
    }
}
