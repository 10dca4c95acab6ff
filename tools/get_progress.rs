//! How an upsell is doing, as known now or at an earlier moment.

use crate::{Context, Effect, Next, Reply, Role, Route, Tool};
use chrono::{DateTime, Utc};
use domain::{
    Result,
    assess::{Inputs, assess},
    headline,
    id::{PlanId, UpsellId, UpsellRef},
    progress::Progress,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Tells how an upsell is doing against its plan: status, gap to expected, forecast and reasons.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetProgress {
    /// Upsell, measurement or opportunity id, or a unique customer name.
    pub upsell: UpsellRef,
    #[serde(default)]
    pub detail: Detail,
    /// Answer as known at this instant.
    pub as_of: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Detail {
    #[default]
    Concise,
    Detailed,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgressOf {
    pub upsell: UpsellId,
    pub measurement: PlanId,
    pub customer: String,
    pub progress: Progress,
    pub as_of: DateTime<Utc>,
    pub dashboard_url: String,
}

impl Tool for GetProgress {
    const NAME: &'static str = "get_progress";
    const TITLE: &'static str = "Progress of an upsell";
    const EFFECT: Effect = Effect::Reads;
    const ROLES: &'static [Role] = Role::ALL;
    const ROUTE: Route = Route::get("/api/upsell/{upsell}/progress");
    const EXAMPLE: &'static str = r#"{"upsell":"Northwind Traders"}"#;
    type Output = ProgressOf;

    async fn run(self, cx: &mut Context) -> Result<Reply<ProgressOf>> {
        let as_of = self.as_of.unwrap_or(cx.now());
        let upsell = cx.tx.upsell(&self.upsell).await?;
        let current = cx.tx.plan_of(upsell.id).await?;
        let plan = cx.tx.plan_as_of(current.id, as_of).await?;
        let observations = cx.tx.observations_of(plan.id, as_of).await?;
        let previous = cx.tx.last_evaluation(plan.id, as_of).await?;
        let inputs = Inputs {
            plan: &plan,
            observations: &observations,
            previous: previous.as_ref(),
            policy: &cx.host.policy,
            now: as_of,
        };
        let progress = assess(&inputs);
        let lines: Vec<String> = progress.metrics_progress.iter().map(headline::metric_line).collect();
        let data = ProgressOf {
            upsell: upsell.id,
            measurement: plan.id,
            customer: upsell.customer.name.clone(),
            dashboard_url: cx.host.dashboard_url(upsell.id),
            progress,
            as_of,
        };
        let headline = format!("{}: {}", data.customer, data.progress.headline);
        let next =
            Next::call("prepare_review", json!({ "upsell": upsell.id }), "prepare the next checkpoint");
        Ok(Reply::new(headline, data).lines(lines).next(next))
    }
}
