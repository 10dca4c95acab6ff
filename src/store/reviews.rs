//! Reviews recorded at checkpoints.

use crate::Tx;
use domain::{
    Result,
    id::{PlanId, UpsellId},
    review::Review,
};

impl Tx {
    pub async fn insert_review(&mut self, _plan: PlanId, _upsell: UpsellId, _review: &Review) -> Result<()> {
        todo!()
    }
    /// Oldest first.
    pub async fn reviews_of(&mut self, _plan: PlanId) -> Result<Vec<Review>> {
        todo!()
    }
}
