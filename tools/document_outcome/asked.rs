//! What an outcome must bring, whoever asks for it.

use super::DocumentOutcome;
use crate::{
    Context,
    standing::{Standing, said},
    stated,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Error, Result,
    claim::Cited,
    error::FieldFault,
    id::{UpsellId, UpsellRef},
    observation::Observation,
    outcome::Conclusion,
    proposed_outcome::OutcomeContent,
    upsell::Ended,
};

/// The outcome asked for: as sent or, to confirm, as proposed.
pub struct Asked(pub OutcomeContent);

impl Asked {
    /// The request for it, whatever name the upsell was called by.
    pub fn request(&self, upsell: UpsellId) -> DocumentOutcome {
        let content = self.0.clone();
        DocumentOutcome {
            upsell: UpsellRef(upsell.to_string()),
            outcome: Some(content.outcome),
            confirm: None,
            evidence_ids: content.evidence_ids,
            claims: content.claims,
            gaps: content.gaps,
            intervention_plan: content.intervention_plan,
            lessons: content.lessons,
            ended_on: content.ended_on,
        }
    }

    /// What is cited, when it bears out all that is said.
    pub async fn check(
        &self,
        cx: &mut Context,
        standing: &Standing,
        known_end: Option<NaiveDate>,
    ) -> Result<Vec<Observation>> {
        let mut faults = standing.unknown_evidence(cx, &self.0.evidence_ids).await?;
        faults.extend(self.unsound_end(standing, known_end));
        faults.extend(self.lacks());
        faults.extend(stated::gaps(&self.0.gaps, &standing.plan));
        faults.extend(stated::actions("interventionPlan", &self.0.intervention_plan, standing.today()));
        faults.extend(stated::sentences("lessons", &self.0.lessons, "what to do, or not, next time"));
        let evidence = cx.tx.observations_by_id(standing.plan.id, &self.0.evidence_ids).await?;
        let cited = Cited { plan: &standing.plan, known: &standing.observations, cited: &evidence };
        faults.extend(cited.faults(self.0.outcome, &self.0.claims));
        let unowned = self.0.intervention_plan.iter().enumerate().filter(|(_, action)| {
            self.0.outcome == Conclusion::AtRisk && (action.owner.is_none() || action.due.is_none())
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
    pub fn end(&self, recorded_at: DateTime<Utc>) -> Option<Ended> {
        let why = self.0.gaps.iter().map(|gap| &gap.gap).chain(&self.0.lessons).next();
        Some(Ended { on: self.0.ended_on?, reason: why.cloned().unwrap_or_default(), recorded_at })
    }

    fn unsound_end(&self, standing: &Standing, known: Option<NaiveDate>) -> Option<FieldFault> {
        let on = self.0.ended_on?;
        let (from, today) = (standing.upsell.details.close_date, standing.today());
        let wanted = match known {
            _ if self.0.outcome != Conclusion::Failed => "nothing, or outcome=\"failed\"".to_owned(),
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
        let (field, wanted) = match self.0.outcome {
            Conclusion::Success if self.0.evidence_ids.is_empty() => {
                ("evidenceIds", "observations that show the success; get_progress lists them as evidenceIds")
            }
            Conclusion::Partial if self.0.gaps.is_empty() => {
                ("gaps", "at least one {metric, gap, owner}: what a success still lacks")
            }
            Conclusion::AtRisk if self.0.intervention_plan.is_empty() => {
                ("interventionPlan", "at least one {text, owner, due}: what will be done to rescue it")
            }
            Conclusion::Failed if self.0.gaps.is_empty() && self.0.lessons.is_empty() => {
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
            Some(last) if self.0.outcome != Conclusion::Failed => Err(Error::conflict(format!(
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
