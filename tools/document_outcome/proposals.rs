//! Outcomes that agents propose: stored and shown, and documented once a person confirms.

use super::{Asked, DocumentOutcome, OutcomeOf, by_rule};
use crate::{
    Context, Next, Reply, Role, Tool,
    repeat::Would,
    standing::{Standing, said},
};
use chrono::NaiveDate;
use domain::{
    Error, Result,
    classify::Proposal,
    error::FieldFault,
    id::{ProposalId, UpsellId},
    outcome::Outcome,
    proposed_outcome::{ProposalState, ProposedOutcome},
    text::Name,
};
use serde_json::json;

/// Stores a proposal in the place of the one that waited, if any. Nothing is judged by it, and nothing ends.
pub async fn propose(
    cx: &mut Context,
    standing: &Standing,
    asked: Asked,
    (rule, known_end): (Proposal, Option<NaiveDate>),
    open: Option<ProposedOutcome>,
) -> Result<Reply<OutcomeOf>> {
    let upsell = standing.upsell.id;
    let stands = standing.ended().is_some() || open.as_ref().is_some_and(|open| open.content == asked.0);
    let would = if stands { Would::ChangeNothing } else { Would::Change };
    let (tool, subject) = (DocumentOutcome::NAME, format!("{upsell}:proposal"));
    let proposal = ProposedOutcome {
        id: cx.new_id(),
        content: asked.0.clone(),
        proposed_by: cx.caller.name.clone(),
        proposed_at: cx.now(),
        state: ProposalState::Open,
    };
    if cx.is_repeat_of_change(tool, &subject, &asked.request(upsell), would).await? {
        return Ok(reply(cx, standing, rule, proposal));
    }
    if let Some(ended) = standing.ended() {
        return Err(Error::conflict(format!(
            "the outcome is {ended}; a proposal would change nothing. Read it with get_progress(upsell=\"{upsell}\", \
             detail=\"detailed\")"
        )));
    }
    asked.check(cx, standing, known_end).await?;
    answer(cx, standing, open, &asked).await?;
    cx.tx.save_proposal(standing.plan.id, &proposal).await?;
    Ok(reply(cx, standing, rule, proposal))
}

/// The outcome to document by confirming a proposal of this upsell.
pub fn confirmed(cx: &Context, proposals: &[ProposedOutcome], id: ProposalId) -> Result<Asked> {
    if cx.caller.role == Role::Orchestrator {
        return Err(Error::forbidden(
            "confirm is for csm; this key is orchestrator. The proposal waits: ask someone with that role",
        ));
    }
    let is_standing =
        |proposal: &&ProposedOutcome| !matches!(proposal.state, ProposalState::Superseded { .. });
    let found = proposals.iter().filter(is_standing).find(|proposal| proposal.id == id);
    found.map(|proposal| Asked(proposal.content.clone())).ok_or_else(|| {
        let open = proposals.iter().rev().find(|proposal| proposal.is_open());
        let wanted = open.map_or_else(
            || "the outcome itself: no proposal of this upsell waits".to_owned(),
            |open| format!("{}, the proposal that waits, or the outcome itself", open.id),
        );
        Error::faults(vec![FieldFault::new("confirm", id.to_string(), wanted)])
    })
}

/// Closes the proposal that waited, now that an outcome was documented or another one proposed.
pub async fn answer(
    cx: &mut Context,
    standing: &Standing,
    open: Option<ProposedOutcome>,
    asked: &Asked,
) -> Result<Option<ProposedOutcome>> {
    let Some(open) = open else { return Ok(None) };
    let answered = open.answered(&asked.0, cx.caller.name.clone(), cx.now());
    cx.tx.save_proposal(standing.plan.id, &answered).await?;
    Ok(Some(answered))
}

/// What became of a proposal, in a line.
pub fn line(cx: &Context, proposal: &ProposedOutcome) -> String {
    let ProposedOutcome { content, proposed_by, .. } = proposal;
    let by = Name::from(proposed_by.as_str());
    let what = format!("The proposal of {by} ({})", content.outcome.words());
    let is = cx.words("is", "would be");
    match &proposal.state {
        ProposalState::Open => format!("{what} waits for a CSM."),
        ProposalState::Confirmed { .. } => format!("{what} {is} confirmed."),
        ProposalState::Superseded { .. } => format!("{what} {is} superseded."),
    }
}

/// `On 22 May 2026 agent proposed to document the outcome as failed; nothing is documented until a CSM confirms: …`
pub fn waiting(standing: &Standing, proposal: &ProposedOutcome) -> String {
    let ProposedOutcome { content, proposed_by, .. } = proposal;
    let by = Name::from(proposed_by.as_str());
    let on = proposal.proposed_at.with_timezone(&standing.plan.zone).date_naive();
    format!(
        "On {} {by} proposed to document the outcome as {}; nothing is documented until a CSM confirms: {}.",
        said(on),
        content.outcome.words(),
        call(standing.upsell.id, proposal)
    )
}

fn call(upsell: UpsellId, proposal: &ProposedOutcome) -> String {
    format!("document_outcome(upsell=\"{upsell}\", confirm=\"{}\")", proposal.id)
}

fn reply(cx: &Context, standing: &Standing, rule: Proposal, proposal: ProposedOutcome) -> Reply<OutcomeOf> {
    let upsell = standing.upsell.id;
    let customer = &standing.upsell.customer.name;
    let headline = format!(
        "{customer}: {} as {}; nothing is documented until a CSM confirms.",
        cx.words("Proposed", "Would be proposed"),
        proposal.content.outcome.words()
    );
    // In a dry run there is nothing to confirm yet.
    let confirms = (!cx.is_dry_run).then(|| format!("A CSM confirms with {}.", call(upsell, &proposal)));
    let lines: Vec<String> = confirms.into_iter().chain([by_rule(&rule)]).collect();
    let data = OutcomeOf {
        upsell,
        outcome: Outcome::Pending,
        proposal: rule,
        proposed_outcome: Some(proposal),
        effects: Vec::new(),
        as_of: cx.now(),
        dashboard_url: cx.host.dashboard_url(upsell),
    };
    let next = Next::call("get_progress", json!({ "upsell": upsell }), "how it stands until then");
    Reply::new(headline, data).lines(lines).next(next)
}

#[cfg(test)]
mod tests;
