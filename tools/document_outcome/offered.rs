//! The call that ends an upsell, as it is offered after others: one that works with what is known.

use super::{DocumentOutcome, propose};
use crate::{Context, Next, Role, Tool, standing::Standing};
use domain::{
    claim::Cited,
    headline::amount,
    observation::Observation,
    outcome::{Conclusion, Gap},
    progress::MetricProgress,
    proposed_outcome::ProposedOutcome,
};
use serde_json::json;

/// Gaps named in a call that is offered.
const MOST_GAPS: usize = 3;

/// A dry run of confirming what an agent proposed; only a person confirms.
pub fn confirming(cx: &Context, standing: &Standing, proposal: &ProposedOutcome) -> Option<Next> {
    let arguments = json!({ "upsell": standing.upsell.id, "confirm": proposal.id, "dryRun": true });
    let why = "an outcome is proposed; see what confirming it would document";
    (cx.caller.role != Role::Orchestrator).then(|| Next::call(DocumentOutcome::NAME, arguments, why))
}

/// A dry run of documenting what the rules propose; while they propose nothing that the records bear out by themselves,
/// the last checkpoint's brief, to decide by.
pub fn documenting(cx: &Context, standing: &Standing, why: &str) -> Next {
    let upsell = standing.upsell.id;
    let mut arguments = json!({ "upsell": upsell, "dryRun": true });
    let proposed = propose(cx, standing).conclusion();
    match proposed {
        Some(Conclusion::Success) if shows_success(standing) => {
            arguments["evidenceIds"] = json!(standing.evidence_ids());
        }
        Some(Conclusion::Partial | Conclusion::Failed) => arguments["gaps"] = json!(gaps(standing)),
        Some(Conclusion::Success | Conclusion::AtRisk) | None => {
            let last = json!({ "upsell": upsell, "checkpointDay": standing.plan.horizon() });
            let why = format!("{why}; the brief helps to decide how it ended");
            return Next::call("prepare_review", last, why);
        }
    }
    arguments["outcome"] = json!(proposed);
    Next::call(DocumentOutcome::NAME, arguments, format!("{why}; this is what the rules propose"))
}

fn shows_success(standing: &Standing) -> bool {
    let ids = standing.evidence_ids();
    let known = &standing.observations;
    let cited: Vec<Observation> = known.iter().filter(|one| ids.contains(&one.id)).cloned().collect();
    let evidence = Cited { plan: &standing.plan, known, cited: &cited };
    !cited.is_empty() && evidence.faults(Conclusion::Success, &[]).is_empty()
}

/// What is lacking, the metrics furthest from their targets first.
fn gaps(standing: &Standing) -> Vec<Gap> {
    let mut metrics: Vec<&MetricProgress> = standing.progress.metrics_progress.iter().collect();
    metrics.sort_by(|a, b| a.attainment.unwrap_or(0.0).total_cmp(&b.attainment.unwrap_or(0.0)));
    let gap = |metric: &MetricProgress| Gap {
        metric: metric.metric.0.clone(),
        gap: format!(
            "{} against a target of {}",
            metric.current.map_or("not measured".to_owned(), |current| amount(current, &metric.unit)),
            amount(metric.target, &metric.unit)
        ),
        owner: None,
    };
    metrics.into_iter().take(MOST_GAPS).map(gap).collect()
}
