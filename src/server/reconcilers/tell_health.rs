//! Tells the health system what time alone changed: evidence that grew too old, a person's score that ended.

use domain::{
    Result,
    id::{UpsellId, UpsellRef},
};
use std::sync::Arc;
use tools::{Caller, Context, Host, health::Known, standing::Standing};

const BATCH: u32 = 100;

/// Plans that rest after their outcome are among them.
pub async fn run(host: &Arc<Host>) -> Result<usize> {
    let mut tx = host.store.read().await?;
    let upsells = tx.upsells_with_changed_health(host.clock.now(), BATCH).await?;
    tx.rollback().await?;
    for upsell in &upsells {
        tell(host, *upsell).await?;
    }
    Ok(upsells.len())
}

/// Where another replica was first, nothing is left to tell.
async fn tell(host: &Arc<Host>, upsell: UpsellId) -> Result<()> {
    let mut cx = Context::new(host, &Caller::scheduler(), host.store.write("tell_health").await?);
    let standing = Standing::read_for_update(&mut cx, &UpsellRef(upsell.to_string())).await?;
    Known::from(&standing).tell(&mut cx.tx, host).await?;
    cx.tx.commit().await
}
