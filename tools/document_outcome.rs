//! How an upsell ended, with what it stands on.

use crate::{
    Context, Effect, Next, Reply, Role, Route, Tool,
    effects::QueuedEffect,
    health::Known,
    self_score,
    standing::{Standing, said},
    stated,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Error, Result,
    claim::{Cited, Claim},
    classify::{self, Proposal, Sources},
    cohort,
    error::FieldFault,
    headline::amount,
    id::{ObservationId, UpsellId, UpsellRef},
    observation::Observation,
    outcome::{Conclusion, Documented, Gap, Outcome, OutcomeWire},
    progress::MetricProgress,
    review::Action,
    text::Name,
    upsell::Ended,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// Documents how an upsell ended, once. success needs evidenceIds, partial gaps, `at_risk` an interventionPlan with
/// owner and due, failed gaps or lessons. A claim must match the newest cited value.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentOutcome {
    pub upsell: UpsellRef,
    pub outcome: Conclusion,
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
    const EXAMPLE: &'static str = r#"{"upsell":"Northwind Traders","outcome":"partial","gaps":[{"metric":"seats_active","gap":"18 of 100 seats idle","owner":"Ana Ruiz"}],"lessons":["Train admins before the go-live"]}"#;
    type Output = OutcomeOf;

    async fn run(self, cx: &mut Context) -> Result<Reply<OutcomeOf>> {
        let mut standing = Standing::read_for_update(cx, &self.upsell).await?;
        let known_end = standing.upsell.ended_on();
        if known_end.is_none() {
            standing.upsell.ended = self.end(cx.now());
        }
        let proposal = propose(cx, &standing);
        let upsell = standing.upsell.id;
        if cx.is_repeat(Self::NAME, upsell.to_string(), &self.content(upsell)).await? {
            return Ok(reply(cx, &standing, proposal, Vec::new()));
        }
        let evidence = self.check(cx, &standing, known_end).await?;
        let documented = Documented {
            conclusion: self.outcome,
            proposed: proposal.conclusion(),
            evidence: evidence.iter().map(|observation| sentence(&standing, observation)).collect(),
            evidence_ids: self.evidence_ids,
            gaps: self.gaps,
            intervention_plan: self.intervention_plan,
            lessons_learned: self.lessons,
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
        standing.outcome = Outcome::Documented(Box::new(documented));
        let effects = vec![Known::from(&standing).tell(&mut cx.tx, &host).await?.effect];
        Ok(reply(cx, &standing, proposal, effects))
    }
}

impl DocumentOutcome {
    /// What is asked, whatever name the upsell was called by.
    fn content(&self, upsell: UpsellId) -> Self {
        Self { upsell: UpsellRef(upsell.to_string()), ..self.clone() }
    }

    /// What is cited, when it bears out all that is said.
    async fn check(
        &self,
        cx: &mut Context,
        standing: &Standing,
        known_end: Option<NaiveDate>,
    ) -> Result<Vec<Observation>> {
        let mut faults = standing.unknown_evidence(cx, &self.evidence_ids).await?;
        faults.extend(self.unsound_end(standing, known_end));
        faults.extend(self.lacks());
        faults.extend(stated::gaps(&self.gaps, &standing.plan));
        faults.extend(stated::actions("interventionPlan", &self.intervention_plan, standing.today()));
        faults.extend(stated::sentences("lessons", &self.lessons, "what to do, or not, next time"));
        let evidence = cx.tx.observations_by_id(standing.plan.id, &self.evidence_ids).await?;
        let cited = Cited { plan: &standing.plan, known: &standing.observations, cited: &evidence };
        faults.extend(cited.faults(self.outcome, &self.claims));
        let unowned = self.intervention_plan.iter().enumerate().filter(|(_, action)| {
            self.outcome == Conclusion::AtRisk && (action.owner.is_none() || action.due.is_none())
        });
        faults.extend(unowned.map(|(index, _)| {
            let field = format!("interventionPlan[{index}]");
            FieldFault::new(field, "an action without owner or due", "who does it and by which day")
        }));
        if !faults.is_empty() {
            return Err(Error::faults(faults));
        }
        self.is_not_too_early(standing)?;
        Ok(evidence)
    }

    /// The hard end it tells of.
    fn end(&self, recorded_at: DateTime<Utc>) -> Option<Ended> {
        let why = self.gaps.iter().map(|gap| &gap.gap).chain(&self.lessons).next();
        Some(Ended { on: self.ended_on?, reason: why.cloned().unwrap_or_default(), recorded_at })
    }

    fn unsound_end(&self, standing: &Standing, known: Option<NaiveDate>) -> Option<FieldFault> {
        let on = self.ended_on?;
        let (from, today) = (standing.upsell.details.close_date, standing.today());
        let wanted = match known {
            _ if self.outcome != Conclusion::Failed => "nothing, or outcome=\"failed\"".to_owned(),
            Some(known) if known != on => format!("nothing: the expansion is known to have ended on {known}"),
            None if !(from..=today).contains(&on) => {
                format!("a day from {from}, the close, to {today}, today for the customer")
            }
            Some(_) | None => return None,
        };
        Some(FieldFault::new("endedOn", on.to_string(), wanted))
    }

    /// What each conclusion must bring (`methods.md` 7).
    fn lacks(&self) -> Option<FieldFault> {
        let (field, wanted) = match self.outcome {
            Conclusion::Success if self.evidence_ids.is_empty() => {
                ("evidenceIds", "observations that show the success; get_progress lists them as evidenceIds")
            }
            Conclusion::Partial if self.gaps.is_empty() => {
                ("gaps", "at least one {metric, gap, owner}: what a success still lacks")
            }
            Conclusion::AtRisk if self.intervention_plan.is_empty() => {
                ("interventionPlan", "at least one {text, owner, due}: what will be done to rescue it")
            }
            Conclusion::Failed if self.gaps.is_empty() && self.lessons.is_empty() => {
                ("gaps", "at least one gap or lesson that says why it failed")
            }
            Conclusion::Success | Conclusion::Partial | Conclusion::AtRisk | Conclusion::Failed => {
                return None;
            }
        };
        Some(FieldFault::new(field, "nothing", wanted))
    }

    /// Only a failure may be documented before the last checkpoint is due: it can come at any time.
    fn is_not_too_early(&self, standing: &Standing) -> Result<()> {
        let last = standing.plan.checkpoints.last();
        let early = last.filter(|last| last.is_open() && last.scheduled_date > standing.at);
        match early {
            Some(last) if self.outcome != Conclusion::Failed => Err(Error::conflict(format!(
                "the {} is due on {}; until then only outcome=\"failed\" can be documented. Call \
                 get_progress(upsell=\"{}\") to see how it stands",
                last.title(),
                said(standing.date_of(last)),
                standing.upsell.id
            ))),
            _ => Ok(()),
        }
    }
}

/// Gaps named in a call that is offered.
const GAPS_OFFERED: usize = 3;

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
            return Next::call(
                "prepare_review",
                last,
                format!("{why}; the brief helps to decide how it ended"),
            );
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
    metrics.into_iter().take(GAPS_OFFERED).map(gap).collect()
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
    let metric = standing.plan.metric(&observation.metric);
    let (name, unit) = metric.map_or_else(
        |_| (observation.metric.0.as_str().into(), ""),
        |metric| (metric.name.clone(), metric.unit.as_str()),
    );
    format!(
        "{name} {} on {} ({})",
        amount(observation.value, unit),
        said(observation.valid_on),
        Name::from(observation.source.as_str())
    )
}

fn reply(
    cx: &Context,
    standing: &Standing,
    proposal: Proposal,
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
    lines.push(match &proposal {
        Proposal::Proposed { conclusion, because } => {
            format!("By rule: {}, because {}.", conclusion.words(), because.join("; "))
        }
        Proposal::Pending { missing } => format!("By rule: pending. Missing: {}.", missing.join("; ")),
    });
    lines.extend(effects.iter().map(|effect| effect.line(cx)));
    let data = OutcomeOf {
        upsell: standing.upsell.id,
        outcome,
        proposal,
        effects,
        as_of: cx.now(),
        dashboard_url: cx.host.dashboard_url(standing.upsell.id),
    };
    let next = Next::call("list_measurements", json!({ "dueWithinDays": 7 }), "what is due next");
    Reply::new(headline, data).lines(lines).next(next)
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
