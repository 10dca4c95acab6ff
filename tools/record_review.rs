//! What was concluded at a checkpoint, which closes or moves it.

use crate::{
    Context, Effect, Next, Reply, Role, Route, Tool,
    document_outcome::offered::documenting,
    effects::{Published, QueuedEffect},
    health::Known,
    prepare_review::brief_of,
    standing::{Standing, said},
    stated,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Error, Result,
    checkpoint::{Checkpoint, CheckpointState},
    error::FieldFault,
    id::{ObservationId, OfReview, UpsellId, UpsellRef},
    review::{Action, Decision, Review},
    status::Status,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::outbox::Delivery;

/// Records what was concluded at a checkpoint and closes, skips or moves it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordReview {
    pub upsell: UpsellRef,
    pub checkpoint_day: u16,
    pub decision: Decision,
    /// Default: the proposed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// What was concluded, or why skipped or moved.
    #[schemars(length(min = 1, max = 8000), extend("multiline" = true))]
    pub summary: String,
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub evidence_ids: Vec<ObservationId>,
    #[serde(default)]
    pub actions: Vec<Action>,
    // Goals by their text or their number from 1: what the customer says is reached, and what is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goals_achieved: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goals_missed: Vec<String>,
    /// For rescheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reschedule_to: Option<NaiveDate>,
    #[serde(default)]
    pub publish: Vec<Publish>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Publish {
    GoogleDoc,
    Calendar,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    pub upsell: UpsellId,
    pub review: Review,
    /// The checkpoint as it stands now.
    pub checkpoint: Checkpoint,
    /// What other systems will get; delivered later, each on its own.
    pub effects: Vec<QueuedEffect>,
    pub next_checkpoint_day: Option<u16>,
    pub as_of: DateTime<Utc>,
    pub dashboard_url: String,
}

impl Tool for RecordReview {
    const NAME: &'static str = "record_review";
    const TITLE: &'static str = "Record a review";
    const EFFECT: Effect = Effect::Changes;
    const ROLES: &'static [Role] = &[Role::Orchestrator, Role::Csm];
    const ROUTE: Route = Route::post("/api/upsell/{upsell}/review");
    const DRY_RUN: bool = true;
    const DESTRUCTIVE: bool = true;
    const EXAMPLE: &'static str = r#"{"upsell":"Northwind Traders","checkpointDay":30,"decision":"completed","summary":"Two teams started; the third waits for training","actions":[{"text":"Train the third team","owner":"Ana Ruiz","due":"2026-03-06"}],"publish":["google_doc"]}"#;
    type Output = Recorded;

    fn faults(&self, _now: DateTime<Utc>) -> Vec<FieldFault> {
        let blank =
            stated::blank("summary", Some(&self.summary), "what was concluded, in a sentence or more");
        let actions = stated::actions("actions", &self.actions, NaiveDate::MIN);
        blank.into_iter().chain(actions).collect()
    }

    async fn run(self, cx: &mut Context) -> Result<Reply<Recorded>> {
        let mut standing = Standing::read_for_update(cx, &self.upsell).await?;
        let checkpoint = match standing.checkpoint(self.checkpoint_day) {
            Ok(checkpoint) => checkpoint.clone(),
            Err(fault) => {
                let others = self.faults_here(cx, &standing).await?;
                return Err(Error::faults(std::iter::once(fault).chain(others).collect()));
            }
        };
        let reviews = cx.tx.reviews_of(standing.plan.id).await?;
        let key = self.natural_key(standing.upsell.id, &reviews);
        let review = self.review(cx, &standing);
        if cx.is_repeat(Self::NAME, key, &self.content(standing.upsell.id)).await? {
            return Ok(reply(cx, &standing, review, checkpoint, Vec::new()));
        }
        let faults = self.faults_here(cx, &standing).await?;
        if !faults.is_empty() {
            return Err(Error::faults(faults));
        }
        let brief = brief_of(cx, &standing, &checkpoint).await?;
        let closed = self.apply(cx, &mut standing)?;
        cx.tx.insert_review(standing.plan.id, standing.upsell.id, &review).await?;
        cx.tx.touch_plan(&standing.plan).await?;
        let mut effects = Vec::new();
        for publish in self.publish.iter().copied().collect::<std::collections::BTreeSet<_>>() {
            effects.push(queue(cx, &standing, &review, &brief.markdown(), publish).await?);
        }
        effects.push(Known::from(&standing).tell(&mut cx.tx, &cx.host).await?.effect);
        Ok(reply(cx, &standing, review, closed, effects))
    }
}

impl RecordReview {
    /// A checkpoint is concluded once, but may be moved several times: each move has its number, and the last one
    /// asked for again is the same move.
    fn natural_key(&self, upsell: UpsellId, reviews: &[Review]) -> String {
        let day = self.checkpoint_day;
        if self.decision != Decision::Rescheduled {
            return format!("{upsell}:{day}");
        }
        let moves: Vec<&Review> = reviews
            .iter()
            .filter(|review| review.checkpoint_day == day && review.decision == Decision::Rescheduled)
            .collect();
        let is_last = moves.last().is_some_and(|last| last.reschedule_to == self.reschedule_to);
        format!("{upsell}:{day}:move:{}", moves.len() - usize::from(is_last))
    }

    /// What is asked, whatever name the upsell was called by.
    fn content(&self, upsell: UpsellId) -> Self {
        Self { upsell: UpsellRef(upsell.to_string()), ..self.clone() }
    }

    /// Every fault that the plan shows, at once.
    async fn faults_here(&self, cx: &mut Context, standing: &Standing) -> Result<Vec<FieldFault>> {
        let mut faults = standing.unknown_evidence(cx, &self.evidence_ids).await?;
        let wanted = "what was concluded, in a sentence or more";
        faults.extend(stated::blank("summary", Some(&self.summary), wanted));
        match (self.decision, self.reschedule_to) {
            (Decision::Rescheduled, None) => {
                faults.push(FieldFault::new(
                    "rescheduleTo",
                    "nothing",
                    "the day to move the checkpoint to, such as 2026-12-07",
                ));
            }
            (Decision::Completed | Decision::Skipped, Some(day)) => {
                faults.push(FieldFault::new(
                    "rescheduleTo",
                    day.to_string(),
                    "nothing, or decision=\"rescheduled\"",
                ));
            }
            _ => {}
        }
        faults.extend(self.unknown_goals(standing));
        faults.extend(stated::actions("actions", &self.actions, standing.today()));
        Ok(faults)
    }

    fn goals(&self) -> impl Iterator<Item = (&'static str, usize, &String, bool)> {
        let achieved = self.goals_achieved.iter().enumerate();
        let missed = self.goals_missed.iter().enumerate();
        achieved
            .map(|(index, name)| ("goalsAchieved", index, name, true))
            .chain(missed.map(|(index, name)| ("goalsMissed", index, name, false)))
    }

    fn unknown_goals(&self, standing: &Standing) -> Vec<FieldFault> {
        let plan = &standing.plan;
        let wanted = match stated::known_goals(plan).as_slice() {
            [] => "nothing, the plan has no goals".to_owned(),
            known => format!("one of {}", known.join(", ")),
        };
        let unknown = self.goals().filter(|(_, _, name, _)| plan.goal(name).is_none());
        unknown
            .map(|(field, index, name, _)| {
                FieldFault::new(format!("{field}[{index}]"), format!("{name:?}"), wanted.clone())
            })
            .collect()
    }

    fn apply(&self, cx: &Context, standing: &mut Standing) -> Result<Checkpoint> {
        let (day, at) = (self.checkpoint_day, cx.now());
        let plan = &mut standing.plan;
        for (_, _, name, achieved) in self.goals() {
            plan.confirm_goal(name, achieved);
        }
        match (self.decision, self.reschedule_to) {
            (Decision::Rescheduled, Some(to)) => plan.reschedule(day, to, at).cloned(),
            (Decision::Skipped, _) => plan.close(day, CheckpointState::Skipped { at }).cloned(),
            (Decision::Completed | Decision::Rescheduled, _) => {
                plan.close(day, CheckpointState::Completed { at }).cloned()
            }
        }
    }

    fn review(&self, cx: &Context, standing: &Standing) -> Review {
        let proposed = standing.progress.current_status;
        Review {
            id: cx.new_id::<OfReview>(),
            checkpoint_day: self.checkpoint_day,
            decision: self.decision,
            status: self.status.or(proposed),
            proposed_status: proposed,
            summary: self.summary.clone(),
            evidence_ids: self.evidence_ids.clone(),
            actions: self.actions.clone(),
            reschedule_to: self.reschedule_to,
            recorded_by: cx.caller.name.clone(),
            recorded_at: cx.now(),
        }
    }
}

fn reply(
    cx: &Context,
    standing: &Standing,
    review: Review,
    checkpoint: Checkpoint,
    effects: Vec<QueuedEffect>,
) -> Reply<Recorded> {
    let upsell = standing.upsell.id;
    let headline = headline(cx, standing, &review, &checkpoint);
    let mut lines: Vec<String> = effects.iter().map(|effect| effect.line(cx)).collect();
    let next = standing.plan.next_open();
    lines.extend(
        next.map(|next| format!("Next checkpoint: {} on {}.", next.title(), said(standing.date_of(next)))),
    );
    let suggestion = if next.is_some() || standing.outcome.documented().is_some() {
        Next::call("get_progress", json!({ "upsell": upsell }), "how it stands")
    } else {
        documenting(cx, standing, "every checkpoint is closed")
    };
    let data = Recorded {
        upsell,
        next_checkpoint_day: next.map(|next| next.day),
        review,
        checkpoint,
        effects,
        as_of: cx.now(),
        dashboard_url: cx.host.dashboard_url(upsell),
    };
    Reply::new(headline, data).lines(lines).next(suggestion)
}

fn headline(cx: &Context, standing: &Standing, review: &Review, checkpoint: &Checkpoint) -> String {
    let customer = &standing.upsell.customer.name;
    let title = format!("{}{}", checkpoint.title(), cx.words("", " would be"));
    match review.decision {
        Decision::Skipped => format!("{customer}: {title} skipped."),
        Decision::Rescheduled => {
            format!("{customer}: {title} moved to {}.", said(standing.date_of(checkpoint)))
        }
        Decision::Completed => {
            let status = review.status.map_or("no status", Status::words);
            let differs = match (review.status, review.proposed_status) {
                (Some(settled), Some(proposed)) if settled != proposed => {
                    format!(" (the rules proposed {})", proposed.words())
                }
                _ => String::new(),
            };
            format!("{customer}: {title} completed as {status}{differs}.")
        }
    }
}

/// Puts what another system should get into the outbox, in the review's own transaction.
async fn queue(
    cx: &mut Context,
    standing: &Standing,
    review: &Review,
    brief: &str,
    publish: Publish,
) -> Result<QueuedEffect> {
    let (publish, (delivery, what)) = match publish {
        Publish::GoogleDoc => (Published::GoogleDoc, document(standing, review, brief)),
        Publish::Calendar => {
            let Some(invitation) = invitation(standing, review) else {
                let what = "no checkpoint is left to put into a calendar".to_owned();
                return Ok(QueuedEffect { publish: Published::Calendar, queued: false, what });
            };
            (Published::Calendar, invitation)
        }
    };
    let now = cx.now();
    let queued = cx.tx.enqueue(&delivery, now).await?;
    Ok(QueuedEffect { publish, queued, what })
}

fn document(standing: &Standing, review: &Review, brief: &str) -> (Delivery, String) {
    let title = format!("{}: review of day {}", standing.upsell.customer.name, review.checkpoint_day);
    let delivery = Delivery {
        kind: "review_document",
        key: format!("review_document:{}:{}", standing.upsell.id, review.id),
        upsell: Some(standing.upsell.id),
        body: json!({ "title": title, "customer": standing.upsell.customer.name, "review": review, "brief": brief }),
    };
    (delivery, format!("a document, \"{title}\""))
}

fn invitation(standing: &Standing, review: &Review) -> Option<(Delivery, String)> {
    let next = standing.plan.next_open()?;
    let title = format!("{}: {}", standing.upsell.customer.name, next.title());
    let delivery = Delivery {
        kind: "review_invitation",
        key: format!("review_invitation:{}:{}", standing.upsell.id, review.id),
        upsell: Some(standing.upsell.id),
        body: json!({
            "title": title,
            "customer": standing.upsell.customer.name,
            "startsAt": next.scheduled_date,
            "zone": standing.plan.zone.name(),
            "owner": standing.upsell.owner,
            "checkpointDay": next.day,
        }),
    };
    Some((delivery, format!("a calendar entry, \"{title}\" on {}", said(standing.date_of(next)))))
}

#[cfg(test)]
mod tests;
