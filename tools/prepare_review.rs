//! The brief of a checkpoint, ready to talk about with the customer.

use crate::{
    Context, Effect, Next, Reply, Role, Route, Tool, document_outcome::proposals::waiting, standing::Standing,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Error, Result,
    alert::{Alert, AlertState},
    brief::{self, Brief, Sources},
    checkpoint::Checkpoint,
    id::{ObservationId, UpsellId, UpsellRef},
    progress::Progress,
    proposed_outcome::{self, ProposedOutcome},
    review::{Decision, Review},
    status::Status,
    text::Name,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Writes the brief for a checkpoint: changes since the last review, numbered facts with evidence ids, alerts,
/// overdue milestones, questions to ask, proposed status.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrepareReview {
    pub upsell: UpsellRef,
    /// Default: the next one due.
    pub checkpoint_day: Option<u16>,
    #[serde(default)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Format {
    #[default]
    Markdown,
    Structured,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Prepared {
    pub upsell: UpsellId,
    pub customer: Name,
    pub checkpoint_day: u16,
    pub due_at: DateTime<Utc>,
    pub proposed_status: Option<Status>,
    pub as_of: DateTime<Utc>,
    pub data_as_of: Option<NaiveDate>,
    pub evidence_ids: Vec<ObservationId>,
    /// What an agent proposed and no CSM confirmed yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_outcome: Option<ProposedOutcome>,
    pub dashboard_url: String,
    /// With `format = markdown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
    /// With `format = structured`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brief: Option<Brief>,
}

impl Tool for PrepareReview {
    const NAME: &'static str = "prepare_review";
    const TITLE: &'static str = "Brief for a checkpoint";
    const EFFECT: Effect = Effect::Reads;
    const ROLES: &'static [Role] = &[Role::Orchestrator, Role::Csm];
    const ROUTE: Route = Route::get("/api/upsell/{upsell}/review/{checkpointDay}/draft");
    const EXAMPLE: &'static str = r#"{"upsell":"Northwind Traders","checkpointDay":30}"#;
    type Output = Prepared;

    async fn run(self, cx: &mut Context) -> Result<Reply<Prepared>> {
        let now = cx.now();
        let standing = Standing::read(cx, &self.upsell, now).await?;
        let checkpoint = chosen(&standing, self.checkpoint_day)?.clone();
        let brief = brief_of(cx, &standing, &checkpoint).await?;
        let markdown = brief.markdown();
        let headline = format!("{}. {}", brief.title, brief.headline);
        let waits = proposed_outcome::open_at(cx.tx.proposals_of(standing.plan.id).await?, now);
        let mut lines: Vec<String> = match self.format {
            Format::Markdown => body(&markdown),
            Format::Structured => vec![format!("Proposed status: {}.", proposed(&brief))],
        };
        lines.extend(waits.as_ref().map(|proposed| waiting(&standing, proposed)));
        let next = next(&standing, &checkpoint, &brief);
        let data = Prepared {
            upsell: standing.upsell.id,
            customer: standing.upsell.customer.name.clone(),
            checkpoint_day: checkpoint.day,
            due_at: checkpoint.scheduled_date,
            proposed_status: brief.proposed_status,
            as_of: now,
            data_as_of: standing.data_as_of(),
            evidence_ids: brief.evidence_ids(),
            proposed_outcome: waits,
            dashboard_url: cx.host.dashboard_url(standing.upsell.id),
            markdown: (self.format == Format::Markdown).then_some(markdown),
            brief: (self.format == Format::Structured).then_some(brief),
        };
        Ok(Reply::new(headline, data).lines(lines).next(next))
    }
}

fn chosen(standing: &Standing, day: Option<u16>) -> Result<&Checkpoint> {
    match day {
        Some(day) => standing.checkpoint(day).map_err(|fault| Error::faults(vec![fault])),
        None => standing.plan.next_open().ok_or_else(|| {
            Error::conflict(format!(
                "every checkpoint of this plan is closed; name a checkpointDay to read its brief again, or call \
                 document_outcome(upsell=\"{}\")",
                standing.upsell.id
            ))
        }),
    }
}

/// The brief of a checkpoint as things stand; also what is published when the review is recorded.
pub async fn brief_of(cx: &mut Context, standing: &Standing, checkpoint: &Checkpoint) -> Result<Brief> {
    let reviews = cx.tx.reviews_of(standing.plan.id).await?;
    let earlier: Vec<Review> =
        reviews.into_iter().filter(|review| review.checkpoint_day < checkpoint.day).collect();
    let then = progress_at_last_look(cx, standing, &earlier).await?;
    let alerts = cx.tx.latest_alerts_of(standing.upsell.id).await?;
    let alerts: Vec<Alert> =
        alerts.into_iter().filter(|alert| !matches!(alert.state, AlertState::Closed { .. })).collect();
    Ok(brief::of(&Sources {
        customer: &standing.upsell.customer.name,
        plan: &standing.plan,
        checkpoint,
        progress: &standing.progress,
        reviews: &earlier,
        then: then.as_ref(),
        alerts: &alerts,
    }))
}

async fn progress_at_last_look(
    cx: &mut Context,
    standing: &Standing,
    reviews: &[Review],
) -> Result<Option<Progress>> {
    match reviews.iter().rev().find(|review| review.decision == Decision::Completed) {
        None => Ok(None),
        Some(review) => Ok(Some(standing.earlier(cx, review.recorded_at).await?.progress)),
    }
}

/// The markdown without its first line, which the headline says, and without blank lines.
fn body(markdown: &str) -> Vec<String> {
    let lines = markdown.lines().filter(|line| !line.is_empty());
    lines.skip(2).map(str::to_owned).collect()
}

fn proposed(brief: &Brief) -> &'static str {
    brief.proposed_status.map_or("none, nothing to judge by", Status::words)
}

/// Of the checkpoint that comes next, what recording its review would do; of another, what comes next.
fn next(standing: &Standing, checkpoint: &Checkpoint, brief: &Brief) -> Next {
    let upsell = standing.upsell.id;
    let is_over = standing.outcome.documented().is_some() || standing.upsell.ended_on().is_some();
    match standing.plan.next_open().filter(|_| !is_over) {
        None => Next::call("get_progress", json!({ "upsell": upsell }), "how it stands"),
        Some(open) if open.day != checkpoint.day => {
            let arguments = json!({ "upsell": upsell, "checkpointDay": open.day });
            Next::call("prepare_review", arguments, format!("the {} is the next to review", open.title()))
        }
        Some(open) => {
            let mut arguments =
                json!({ "upsell": upsell, "checkpointDay": open.day, "decision": "completed" });
            if let Some(status) = brief.proposed_status {
                arguments["status"] = status.as_str().into();
            }
            arguments["summary"] = brief.headline.as_str().into();
            arguments["dryRun"] = true.into();
            let why =
                "after talking to the customer's success manager: put what was concluded in the summary";
            Next::call("record_review", arguments, why)
        }
    }
}

#[cfg(test)]
mod tests;
