//! How an upsell ended, with what it stands on.

mod asked;
pub mod offered;
pub mod proposals;

use crate::{
    Context, Effect, Next, Reply, Role, Route, Tool,
    cases::keep_facts,
    effects::QueuedEffect,
    health::Known,
    self_score,
    standing::{Standing, said},
};
use asked::Asked;
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Error, Result,
    claim::Claim,
    classify::{self, Proposal, Sources},
    cohort,
    error::FieldFault,
    headline::amount,
    id::{ObservationId, ProposalId, UpsellId, UpsellRef},
    observation::Observation,
    outcome::{Conclusion, Documented, Gap, Outcome, OutcomeWire},
    proposed_outcome::{self, OutcomeContent, ProposedOutcome},
    review::Action,
    text::Name,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// Documents how an upsell ended, once; by an orchestrator: a proposal. success needs evidenceIds, partial gaps, `at_risk` an interventionPlan with
/// owner and due, failed gaps or lessons. A claim must match the newest cited value.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentOutcome {
    pub upsell: UpsellRef,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Conclusion>,
    /// A proposal, as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<ProposalId>,
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub evidence_ids: Vec<ObservationId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    #[serde(default)]
    pub gaps: Vec<Gap>,
    #[serde(default)]
    pub intervention_plan: Vec<Action>,
    #[serde(default)]
    pub lessons: Vec<String>,
    /// When cancelled or cut; for failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_on: Option<NaiveDate>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeOf {
    pub upsell: UpsellId,
    #[schemars(with = "OutcomeWire")]
    pub outcome: Outcome,
    /// What the rules say beside the documented conclusion.
    pub proposal: Proposal,
    /// What an agent proposed, and what became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_outcome: Option<ProposedOutcome>,
    /// What other systems will get; delivered later, each on its own.
    pub effects: Vec<QueuedEffect>,
    pub as_of: DateTime<Utc>,
    pub dashboard_url: String,
}

impl Tool for DocumentOutcome {
    const NAME: &'static str = "document_outcome";
    const TITLE: &'static str = "Document an outcome";
    const EFFECT: Effect = Effect::Changes;
    const ROLES: &'static [Role] = &[Role::Orchestrator, Role::Csm];
    const ROUTE: Route = Route::post("/api/upsell/{upsell}/outcome");
    const DRY_RUN: bool = true;
    const DESTRUCTIVE: bool = true;
    const EXAMPLE: &'static str = r#"{"upsell":"Northwind Traders","outcome":"partial","gaps":[{"metric":"seats_active","gap":"18 of 100 seats idle","owner":"Ana Ruiz"}],"lessons":["Train admins before the go-live"]}"#;
    type Output = OutcomeOf;

    fn faults(&self, _now: DateTime<Utc>) -> Vec<FieldFault> {
        let wanted = match (self.outcome, self.confirm) {
            (None, None) => {
                ("outcome", "nothing", "success, partial, at_risk or failed; or confirm=<id of a proposal>")
            }
            (_, Some(_)) if self.says_more() => {
                ("confirm", "a proposal and more", "confirm alone, or the whole outcome without confirm")
            }
            _ => return Vec::new(),
        };
        vec![FieldFault::new(wanted.0, wanted.1, wanted.2)]
    }

    async fn run(self, cx: &mut Context) -> Result<Reply<OutcomeOf>> {
        let mut standing = Standing::read_for_update(cx, &self.upsell).await?;
        let proposals = cx.tx.proposals_of(standing.plan.id).await?;
        let asked = self.asked(cx, &proposals)?;
        let known_end = standing.upsell.ended_on();
        if known_end.is_none() {
            standing.upsell.ended = asked.end(cx.now());
        }
        let proposal = propose(cx, &standing);
        let open = proposed_outcome::open_at(proposals, cx.now());
        if cx.caller.role == Role::Orchestrator {
            return proposals::propose(cx, &standing, asked, (proposal, known_end), open).await;
        }
        let upsell = standing.upsell.id;
        if cx.is_repeat(Self::NAME, upsell.to_string(), &asked.request(upsell)).await? {
            return Ok(reply(cx, &standing, proposal, None, Vec::new()));
        }
        let evidence = asked.check(cx, &standing, known_end).await?;
        let answered = proposals::answer(cx, &standing, open, &asked).await?;
        let content = asked.0;
        let documented = Documented {
            conclusion: content.outcome,
            proposed: proposal.conclusion(),
            evidence: evidence.iter().map(|observation| sentence(&standing, observation)).collect(),
            evidence_ids: content.evidence_ids,
            gaps: content.gaps,
            intervention_plan: content.intervention_plan,
            lessons_learned: content.lessons,
            documented_by: cx.caller.name.clone(),
            documented_at: cx.now(),
        };
        if standing.upsell.ended_on() != known_end {
            cx.tx.update_upsell(&standing.upsell).await?;
        }
        cx.tx.insert_outcome(standing.plan.id, upsell, &documented).await?;
        let is_success = documented.conclusion == Conclusion::Success;
        let ways =
            cohort::ways_of(&standing.plan, &standing.observations, is_success, &cx.host.policy, cx.now());
        cx.tx.insert_past_ways(&ways).await?;
        let (host, now) = (Arc::clone(&cx.host), cx.now());
        self_score::keep(&mut cx.tx, &host, &standing.plan, &standing.observations, now).await?;
        keep_facts(&mut cx.tx, upsell, now).await?;
        standing.outcome = Outcome::Documented(Box::new(documented));
        let effects = vec![Known::from(&standing).tell(&mut cx.tx, &host).await?.effect];
        Ok(reply(cx, &standing, proposal, answered, effects))
    }
}

impl DocumentOutcome {
    /// What is asked: as sent or, to confirm, as proposed.
    fn asked(self, cx: &Context, proposals: &[ProposedOutcome]) -> Result<Asked> {
        let faults = self.faults(cx.now());
        if !faults.is_empty() {
            return Err(Error::faults(faults));
        }
        if let Some(id) = self.confirm {
            return proposals::confirmed(cx, proposals, id);
        }
        Ok(Asked(OutcomeContent {
            outcome: self.outcome.expect("without it there is a fault"),
            evidence_ids: self.evidence_ids,
            claims: self.claims,
            gaps: self.gaps,
            intervention_plan: self.intervention_plan,
            lessons: self.lessons,
            ended_on: self.ended_on,
        }))
    }

    const fn says_more(&self) -> bool {
        self.outcome.is_some()
            || self.ended_on.is_some()
            || !(self.evidence_ids.is_empty()
                && self.claims.is_empty()
                && self.gaps.is_empty()
                && self.intervention_plan.is_empty()
                && self.lessons.is_empty())
    }
}

/// The outcome by rule, as things stand.
pub fn propose(cx: &Context, standing: &Standing) -> Proposal {
    classify::propose(&Sources {
        plan: &standing.plan,
        progress: &standing.progress,
        observations: &standing.observations,
        ended: standing.upsell.ended.is_some(),
        policy: &cx.host.policy,
        now: standing.at,
    })
}

/// `Active seats 82 % on 5 Mar 2026 (usage)`
fn sentence(standing: &Standing, observation: &Observation) -> String {
    let metric = standing.plan.metric(&observation.metric).ok();
    let (name, unit) = metric.map_or_else(
        || (observation.metric.0.as_str().into(), ""),
        |metric| (metric.name.clone(), metric.unit.as_str()),
    );
    let typed = metric.is_some_and(|metric| observation.is_typed_over(metric));
    format!(
        "{name} {} on {} ({}{})",
        amount(observation.value, unit),
        said(observation.valid_on),
        Name::from(observation.source.as_str()),
        if typed { ", typed by hand" } else { "" }
    )
}

fn reply(
    cx: &Context,
    standing: &Standing,
    proposal: Proposal,
    answered: Option<ProposedOutcome>,
    effects: Vec<QueuedEffect>,
) -> Reply<OutcomeOf> {
    let outcome = standing.outcome.clone();
    let customer = &standing.upsell.customer.name;
    let mut lines = Vec::new();
    let headline = match &outcome {
        Outcome::Pending => format!("{customer}: outcome pending."),
        Outcome::Documented(done) => {
            lines.extend(done.evidence.iter().take(5).cloned());
            let documented = cx.words("documented", "would be documented");
            format!("{customer}: {documented} as {}{}.", done.conclusion.words(), differs(done))
        }
    };
    lines.push(by_rule(&proposal));
    lines.extend(answered.as_ref().map(|proposal| proposals::line(cx, proposal)));
    lines.extend(effects.iter().map(|effect| effect.line(cx)));
    let data = OutcomeOf {
        upsell: standing.upsell.id,
        outcome,
        proposal,
        proposed_outcome: answered,
        effects,
        as_of: cx.now(),
        dashboard_url: cx.host.dashboard_url(standing.upsell.id),
    };
    let next = Next::call("list_measurements", json!({ "dueWithinDays": 7 }), "what is due next");
    Reply::new(headline, data).lines(lines).next(next)
}

fn by_rule(proposal: &Proposal) -> String {
    match proposal {
        Proposal::Proposed { conclusion, because } => {
            format!("By rule: {}, because {}.", conclusion.words(), because.join("; "))
        }
        Proposal::Pending { missing } => format!("By rule: pending. Missing: {}.", missing.join("; ")),
    }
}

fn differs(done: &Documented) -> String {
    match done.proposed {
        Some(proposed) if proposed != done.conclusion => {
            format!(" (the rules proposed {})", proposed.words())
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
