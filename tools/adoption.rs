//! Adoption and value of an upsell, read from the roll-ups: they have one clock, so they are told for now only.

use crate::{Context, gathered::Gathered, standing::Standing};
use domain::{
    Result,
    adoption::{Adoption, Facts, looks_back_to},
    collect::Usage,
    metric::{Measure, Selector},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Adoption and value, or why they are left out.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schemars(inline)]
pub enum AdoptionTold {
    Known(Box<Adoption>),
    Unknown { why: String },
}

impl AdoptionTold {
    /// Of an upsell as it stands.
    pub async fn of(cx: &mut Context, standing: &Standing) -> Result<Self> {
        if standing.at < cx.now() {
            let why = "adoption and value are told for now only: their roll-ups do not know what came later";
            return Ok(Self::Unknown { why: why.to_owned() });
        }
        let (plan, policy, today) = (&standing.plan, &cx.host.policy, standing.today());
        let wanted = [Measure::Depth, Measure::Reach, Measure::ValueRealisation].map(of_everything);
        let days = (looks_back_to(plan, policy), today);
        let gathered = Gathered::read(&mut cx.tx, &plan.customer, &wanted, days).await?;
        let usage = Usage {
            day_zero: plan.tracking_start,
            seats: plan.seats,
            seats_before: plan.seats_before,
            ..gathered.usage()
        };
        let Standing { upsell, progress, .. } = standing;
        Ok(Self::Known(Box::new(Adoption::of(&Facts { upsell, plan, progress, usage, policy, today }))))
    }

    /// At most two lines.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Known(adoption) => adoption.lines().into(),
            Self::Unknown { why } => vec![format!("Left out: {why}.")],
        }
    }
}

fn of_everything(measure: Measure) -> Selector {
    Selector { features: Vec::new(), measure, window_days: None }
}
