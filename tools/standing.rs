//! An upsell with its plan and its assessment, as known at one moment: the one place tools read them from.

use crate::{Context, as_of::AsOf};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Result,
    assess::{self, Cohorts, Inputs, Occasion},
    checkpoint::{Checkpoint, CheckpointState},
    error::FieldFault,
    id::{ObservationId, UpsellRef},
    milestone,
    observation::Observation,
    outcome::Outcome,
    plan::MeasurementPlan,
    policy::Policy,
    prediction::{Outlook, outlooks},
    progress::{Evaluation, Progress},
    replay::with_ticks,
    supposition::{Supposed, outlooks_if},
    upsell::Upsell,
};
use std::sync::Arc;

/// How an upsell stands.
pub struct Standing {
    pub upsell: Upsell,
    pub plan: MeasurementPlan,
    /// Recorded by `at`.
    pub observations: Vec<Observation>,
    pub previous: Option<Evaluation>,
    /// Similar past upsells as known at `at`.
    pub cohorts: Arc<Cohorts>,
    pub progress: Progress,
    /// With a documented outcome: the assessment it ended with as it was made, forecasts and all.
    pub last_assessed: Option<Progress>,
    /// As documented by `at`.
    pub outcome: Outcome,
    pub at: DateTime<Utc>,
}

impl Standing {
    /// As known at a moment somebody names; as known now without one.
    pub async fn read_as_of(cx: &mut Context, name: &UpsellRef, as_of: Option<AsOf>) -> Result<Self> {
        let upsell = cx.tx.upsell(name).await?;
        let plan = cx.tx.plan_of(upsell.id).await?;
        let now = cx.now();
        let at = as_of.map_or(Ok(now), |as_of| as_of.moment(plan.zone, now))?;
        Self::of(cx, upsell, plan, at).await
    }

    /// As known at `at`, which is not after now.
    pub async fn read(cx: &mut Context, name: &UpsellRef, at: DateTime<Utc>) -> Result<Self> {
        let upsell = cx.tx.upsell(name).await?;
        let plan = cx.tx.plan_of(upsell.id).await?;
        Self::of(cx, upsell, plan, at).await
    }

    /// As known now, its plan locked until commit.
    pub async fn read_for_update(cx: &mut Context, name: &UpsellRef) -> Result<Self> {
        let upsell = cx.tx.upsell(name).await?;
        let plan = cx.tx.plan_for_update(upsell.id).await?;
        let now = cx.now();
        Self::of(cx, upsell, plan, now).await
    }

    /// The same upsell as it was known earlier.
    pub async fn earlier(&self, cx: &mut Context, at: DateTime<Utc>) -> Result<Self> {
        Self::of(cx, self.upsell.clone(), self.plan.clone(), at).await
    }

    async fn of(
        cx: &mut Context,
        upsell: Upsell,
        current: MeasurementPlan,
        at: DateTime<Utc>,
    ) -> Result<Self> {
        cx.subject = Some(upsell.id);
        let outcome = cx.tx.outcome_of(current.id).await?.known_at(at);
        // What comes after the outcome is stored, and judged no more.
        let ended_at = outcome.documented().map(|done| done.documented_at);
        let judged_at = ended_at.unwrap_or(at);
        let upsell = upsell.known_at(at);
        let observations = cx.tx.observations_of(current.id, judged_at).await?;
        let previous = cx.tx.last_evaluation(current.id, judged_at).await?;
        let plan = if at == cx.now() {
            current
        } else {
            let then = rewound(cx.tx.plan_as_of(current.id, at).await?, &current, at);
            reached(then, previous.as_ref(), &observations, at)
        };
        let policy = &cx.host.policy;
        let cohorts = cx.host.cohorts.similar(&mut cx.tx, &plan, judged_at, policy).await?;
        let inputs = Inputs {
            plan: &plan,
            observations: &observations,
            previous: previous.as_ref(),
            cohorts: &cohorts,
            policy,
            ended_on: upsell.ended_on(),
            now: judged_at,
            occasion: Occasion::Look,
        };
        let stored = previous.as_ref().filter(|last| ended_at.is_some() && knew_all(last, &inputs));
        let progress = stored.map_or_else(|| assess::assess(&inputs), |last| last.progress.clone());
        let mut standing = Self {
            upsell,
            plan,
            observations,
            previous,
            cohorts,
            progress,
            last_assessed: None,
            outcome,
            at,
        };
        if let Some(ended) = standing.ended() {
            let concluded = standing.progress.clone().concluded(&ended);
            standing.last_assessed = Some(std::mem::replace(&mut standing.progress, concluded));
        }
        Ok(standing)
    }

    /// The outlook of every metric if these stood where supposed: nothing is stored.
    pub fn supposing(&self, policy: &Policy, supposed: &[Supposed]) -> Vec<Outlook> {
        let inputs = Inputs {
            plan: &self.plan,
            observations: &self.observations,
            previous: self.previous.as_ref(),
            cohorts: &self.cohorts,
            policy,
            ended_on: self.upsell.ended_on(),
            now: self.at,
            occasion: Occasion::Look,
        };
        outlooks_if(&inputs, &outlooks(&self.progress), supposed)
    }

    /// Civil day of `at` for the customer.
    pub fn today(&self) -> NaiveDate {
        self.at.with_timezone(&self.plan.zone).date_naive()
    }

    /// Civil day of the newest value.
    pub fn data_as_of(&self) -> Option<NaiveDate> {
        self.observations.iter().map(|observation| observation.valid_on).max()
    }

    /// The observations the progress was read from.
    pub fn evidence_ids(&self) -> Vec<ObservationId> {
        assess::inputs_of(&self.progress)
    }

    /// Civil day of a checkpoint for the customer.
    pub fn date_of(&self, checkpoint: &Checkpoint) -> NaiveDate {
        checkpoint.scheduled_date.with_timezone(&self.plan.zone).date_naive()
    }

    /// The checkpoint of that day, or which days there are and which comes next.
    pub fn checkpoint(&self, day: u16) -> Result<&Checkpoint, FieldFault> {
        self.plan.checkpoints.iter().find(|checkpoint| checkpoint.day == day).ok_or_else(|| {
            let days: Vec<String> = self.plan.checkpoints.iter().map(|c| c.day.to_string()).collect();
            let wanted =
                format!("one of {}, the days of this plan. {}", days.join(", "), self.what_comes_next());
            FieldFault::new("checkpointDay", day.to_string(), wanted)
        })
    }

    /// Ids that are no observations of this plan, as faults of `evidenceIds`.
    pub async fn unknown_evidence(&self, cx: &mut Context, ids: &[ObservationId]) -> Result<Vec<FieldFault>> {
        let found = cx.tx.observations_by_id(self.plan.id, ids).await?;
        let is_known = |id: &ObservationId| found.iter().any(|observation| observation.id == *id);
        let unknown = ids.iter().enumerate().filter(|(_, id)| !is_known(id));
        let wanted = "an observation of this plan; get_progress and prepare_review list them as evidenceIds";
        Ok(unknown
            .map(|(index, id)| FieldFault::new(format!("evidenceIds[{index}]"), id.to_string(), wanted))
            .collect())
    }

    /// `documented as a partial success on 22 May 2026`
    pub fn ended(&self) -> Option<String> {
        let done = self.outcome.documented()?;
        let on = done.documented_at.with_timezone(&self.plan.zone).date_naive();
        Some(format!("documented as {} on {}", done.conclusion.words(), said(on)))
    }

    fn what_comes_next(&self) -> String {
        if let Some(ended) = self.ended() {
            return format!("The outcome is {ended}; nothing is left to review.");
        }
        match self.plan.next_open() {
            Some(next) => format!(
                "The next due is {}, on {}: prepare_review(upsell=\"{}\", checkpointDay={})",
                next.day,
                said(self.date_of(next)),
                self.upsell.id,
                next.day
            ),
            None => "All are closed: document_outcome ends it".to_owned(),
        }
    }
}

/// Whether the last evaluation judged all that was known at the moment of `inputs`: then it stands as it was made.
fn knew_all(last: &Evaluation, inputs: &Inputs<'_>) -> bool {
    last.plan_version == inputs.plan.version
        && inputs.observations.iter().all(|observation| observation.recorded_at <= last.at)
}

/// A civil day as sentences write it: `5 Dec 2026`.
pub fn said(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

/// The version that stood at `at`, with what was closed by then.
fn rewound(mut then: MeasurementPlan, current: &MeasurementPlan, at: DateTime<Utc>) -> MeasurementPlan {
    for checkpoint in &mut then.checkpoints {
        let state =
            current.checkpoints.iter().find(|now| now.day == checkpoint.day).map(|now| now.state.clone());
        checkpoint.state = match state {
            Some(CheckpointState::Completed { at: closed } | CheckpointState::Skipped { at: closed })
                if closed > at =>
            {
                CheckpointState::Pending {
                    opened: (checkpoint.scheduled_date <= at).then_some(checkpoint.scheduled_date),
                }
            }
            Some(state) => state,
            None => continue,
        };
    }
    then
}

/// With the milestones as known at `at`: ticks are remembered by the evaluation each of them calls for, the rest is what
/// the observations known then reach.
fn reached(
    then: MeasurementPlan,
    previous: Option<&Evaluation>,
    observations: &[Observation],
    at: DateTime<Utc>,
) -> MeasurementPlan {
    let ticked = match previous {
        Some(evaluation) => with_ticks(&then, &evaluation.ticked),
        None => then,
    };
    MeasurementPlan { milestones: milestone::as_known(&ticked.milestones, observations, at), ..ticked }
}
