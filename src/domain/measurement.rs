//! The specification's `UpsellSuccessMeasurement`: all of one upsell in one document.

use crate::{
    checkpoint::Checkpoint,
    id::{CustomerId, OpportunityId, PlanId, UpsellId},
    metric::Metric,
    milestone::Milestone,
    outcome::{Outcome, OutcomeWire},
    plan::{Goal, MeasurementPlan, TemplateChoice},
    progress::Progress,
    review::Review,
    unknown_text,
    upsell::{Customer, Upsell, UpsellDetails},
};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpsellSuccessMeasurement {
    pub id: PlanId,
    pub customer_id: CustomerId,
    pub upsell_id: UpsellId,
    /// Empty when unknown.
    #[serde(with = "unknown_text")]
    #[schemars(with = "String")]
    pub opportunity_id: Option<OpportunityId>,
    pub customer: Customer,
    pub upsell_details: UpsellDetails,
    pub success_criteria: SuccessCriteria,
    pub measurement_plan: PlanSummary,
    pub progress: Option<Progress>,
    pub reviews: Vec<Review>,
    #[schemars(with = "OutcomeWire")]
    pub outcome: Outcome,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuccessCriteria {
    pub metrics: Vec<Metric>,
    pub goals: Vec<String>,
    pub benchmarks: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanSummary {
    pub tracking_start: NaiveDate,
    pub checkpoints: Vec<Checkpoint>,
    pub dashboard_url: String,
    pub version: u32,
    pub template: TemplateChoice,
    pub milestones: Vec<Milestone>,
    pub drafted_by: String,
}

impl UpsellSuccessMeasurement {
    pub fn of(
        upsell: Upsell,
        plan: MeasurementPlan,
        progress: Option<Progress>,
        reviews: Vec<Review>,
        outcome: Outcome,
        dashboard_url: String,
    ) -> Self {
        Self {
            id: plan.id,
            customer_id: upsell.customer.id.clone(),
            upsell_id: upsell.id,
            opportunity_id: upsell.opportunity_id,
            customer: upsell.customer,
            upsell_details: upsell.details,
            success_criteria: SuccessCriteria {
                metrics: plan.metrics,
                goals: plan.goals.into_iter().map(|Goal { text, .. }| text).collect(),
                benchmarks: plan.benchmarks,
            },
            measurement_plan: PlanSummary {
                tracking_start: plan.tracking_start,
                checkpoints: plan.checkpoints,
                dashboard_url,
                version: plan.version,
                template: plan.template,
                milestones: plan.milestones,
                drafted_by: plan.drafted_by,
            },
            progress,
            reviews,
            outcome,
            created_at: plan.created_at,
        }
    }
}
