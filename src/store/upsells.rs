//! Upsells and their customers.

use crate::Tx;
use domain::{
    Result,
    id::{OpportunityId, UpsellId, UpsellRef},
    upsell::{Upsell, UpsellSource},
};

impl Tx {
    /// Stores a new upsell and its customer (an existing customer's name, zone, industry and segment are refreshed;
    /// a changed zone rebuilds the customer's usage roll-ups).
    pub async fn insert_upsell(&mut self, _upsell: &Upsell) -> Result<()> {
        todo!()
    }
    pub async fn update_upsell(&mut self, _upsell: &Upsell) -> Result<()> {
        todo!()
    }
    /// The upsell meant by any of its names. `not_found`, or `invalid` listing up to five candidates with ids when a
    /// customer name is not unique.
    pub async fn upsell(&mut self, _name: &UpsellRef) -> Result<Upsell> {
        todo!()
    }
    pub async fn upsell_by_id(&mut self, _id: UpsellId) -> Result<Upsell> {
        todo!()
    }
    pub async fn upsell_of_opportunity(
        &mut self,
        _source: UpsellSource,
        _opportunity: &OpportunityId,
    ) -> Result<Option<Upsell>> {
        todo!()
    }
    /// Upsells that have no plan and did not end, oldest close first.
    pub async fn upsells_without_plan(&mut self, _limit: u32) -> Result<Vec<Upsell>> {
        todo!()
    }
    /// Why the plan of an upsell waits; told in lists. `None` clears it.
    pub async fn set_plan_waits_for(&mut self, _upsell: UpsellId, _why: Option<&str>) -> Result<()> {
        todo!()
    }
    pub async fn plan_waits_for(&mut self, _upsell: UpsellId) -> Result<Option<String>> {
        todo!()
    }
}
