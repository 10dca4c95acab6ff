//! Whom alerts are about and, of those of a metric, which by name.

use domain::{
    Result,
    alert::Alert,
    id::{MetricKey, UpsellId},
    plan::MeasurementPlan,
    text::Name,
};
use std::collections::{BTreeMap, btree_map::Entry};
use store::Tx;

#[derive(Debug, Clone)]
pub struct AlertSubject {
    pub customer: Name,
    /// As the plan calls it now; its key where the plan has dropped it.
    pub metric: Option<Name>,
}

/// In the order of the alerts; each upsell is read once.
pub async fn alert_subjects(tx: &mut Tx, alerts: &[Alert]) -> Result<Vec<AlertSubject>> {
    let (mut customers, mut plans) = (BTreeMap::new(), BTreeMap::new());
    let mut subjects = Vec::with_capacity(alerts.len());
    for Alert { upsell, metric, .. } in alerts {
        if let Entry::Vacant(unread) = customers.entry(*upsell) {
            unread.insert(tx.upsell_by_id(*upsell).await?.customer.name);
        }
        let metric = match metric {
            Some(key) => Some(name_of(tx, &mut plans, *upsell, key).await?),
            None => None,
        };
        subjects.push(AlertSubject { customer: customers[upsell].clone(), metric });
    }
    Ok(subjects)
}

async fn name_of(
    tx: &mut Tx,
    plans: &mut BTreeMap<UpsellId, Option<MeasurementPlan>>,
    upsell: UpsellId,
    key: &MetricKey,
) -> Result<Name> {
    if let Entry::Vacant(unread) = plans.entry(upsell) {
        unread.insert(tx.find_plan_of(upsell).await?);
    }
    let named = plans[&upsell].as_ref().and_then(|plan| plan.metric(key).ok());
    Ok(named.map_or_else(|| key.0.as_str().into(), |metric| metric.name.clone()))
}
