//! Amounts that come as events: in the currency of the customer's upsells, and none finer than its smallest unit.

use crate::Context;
use domain::{
    Result,
    error::FieldFault,
    id::CustomerId,
    money::{Currency, too_fine},
    reserved::is_money,
    usage::UsageEvent,
};
use std::collections::BTreeMap;

/// An amount must do for every upsell of its customer; of a customer without any nothing is known to hold it against.
pub async fn faults(cx: &mut Context, events: &[UsageEvent]) -> Result<Vec<FieldFault>> {
    let mut known: BTreeMap<&CustomerId, Vec<Currency>> = BTreeMap::new();
    let mut faults = Vec::new();
    for (index, event) in events.iter().enumerate().filter(|(_, event)| is_money(&event.feature)) {
        if !known.contains_key(&event.customer) {
            known.insert(&event.customer, cx.tx.currencies_of(&event.customer).await?);
        }
        let wanted = known[&event.customer].iter().find_map(|currency| too_fine(event.count, *currency));
        faults.extend(wanted.map(|wanted| {
            FieldFault::new(format!("events[{index}].count"), event.count.to_string(), wanted)
        }));
    }
    Ok(faults)
}
