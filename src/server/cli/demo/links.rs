//! What there is to look at, and where.

use ::tools::Host;
use domain::{Result, status::Status};
use std::sync::Arc;
use store::portfolio::{PortfolioFilter, PortfolioRow};

pub async fn is_empty(host: &Arc<Host>) -> Result<bool> {
    Ok(rows(host, PortfolioFilter::default()).await?.is_empty())
}

/// Prints three links: the portfolio, the one furthest behind, and one that does well.
pub async fn tell(host: &Arc<Host>) -> Result<()> {
    let active = PortfolioFilter { active_only: true, ..PortfolioFilter::default() };
    let well = PortfolioFilter { statuses: vec![Status::Exceeding, Status::OnTrack], ..active.clone() };
    let behind = rows(host, active).await?.into_iter().find(|row| row.plan.is_some());
    let well = rows(host, well).await?.pop();
    say!("Open:");
    say!("  {}/  the portfolio", host.base_url);
    for row in [behind, well].into_iter().flatten() {
        let status = row.status.map_or("no data yet", Status::words);
        say!(
            "  {}  {}, {}: {status}",
            host.dashboard_url(row.upsell),
            row.customer,
            row.products.join(" + ")
        );
    }
    Ok(())
}

async fn rows(host: &Arc<Host>, filter: PortfolioFilter) -> Result<Vec<PortfolioRow>> {
    let mut tx = host.store.read().await?;
    let page = tx.portfolio(&PortfolioFilter { limit: 50, ..filter }).await?;
    tx.rollback().await?;
    Ok(page.rows)
}
