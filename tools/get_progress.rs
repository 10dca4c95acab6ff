//! How an upsell is doing, as known now or at an earlier moment.

use crate::{
    Context, Effect, Next, Reply, Role, Route, Tool, View,
    adoption::AdoptionTold,
    as_of::AsOf,
    comparison::{self, MetricComparison, comparisons},
    document_outcome::{
        offered::{confirming, documenting},
        proposals::waiting,
    },
    health::{self, Known},
    standing::{Standing, said},
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    Result,
    amount::{chance, counted, days},
    checkpoint::Checkpoint,
    forecast::Forecast,
    headline::{amount, metric_line},
    health::Health,
    id::{ObservationId, PlanId, UpsellId, UpsellRef},
    measurement::UpsellSuccessMeasurement,
    milestone::{Milestone, MilestoneState},
    plan::MeasurementPlan,
    progress::{MetricProgress, Progress},
    proposed_outcome::{self, ProposedOutcome},
    quote,
    status::DataState,
    text::Name,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

const MOST_LINES: usize = 12;
/// Metrics named in the text, where there is room; all are in the data.
const CONCISE_METRICS: usize = 5;
const MILESTONES_NAMED: usize = 2;
/// Days before a checkpoint from which preparing it is the next thing to do.
const DUE_SOON_DAYS: i64 = 7;

/// Tells how an upsell is doing against its plan: status, gap to expected, each metric, what is due next.
/// `detailed` adds rules, forecasts, health, milestones, goals, versions, adoption, comparisons.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetProgress {
    pub upsell: UpsellRef,
    #[serde(default)]
    pub detail: Detail,
    /// As known then: day or instant.
    #[schemars(with = "Option<String>", extend("format" = "day-or-instant"))]
    pub as_of: Option<AsOf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Detail {
    #[default]
    Concise,
    Detailed,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgressOf {
    pub upsell: UpsellId,
    pub measurement_id: PlanId,
    pub customer: Name,
    pub progress: Progress,
    /// Answered as known at.
    pub as_of: DateTime<Utc>,
    /// Civil day of the newest value.
    pub data_as_of: Option<NaiveDate>,
    pub evidence_ids: Vec<ObservationId>,
    pub next_checkpoint: Option<NextCheckpoint>,
    /// What an agent proposed and no CSM confirmed yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_outcome: Option<ProposedOutcome>,
    pub dashboard_url: String,
    /// With `detail = detailed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Details>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextCheckpoint {
    pub day: u16,
    pub on: NaiveDate,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    pub success_measurement: UpsellSuccessMeasurement,
    pub health: Health,
    /// Oldest first.
    pub versions: Vec<VersionOf>,
    /// How it is used and what it is worth.
    pub adoption: AdoptionTold,
    /// Metrics with a measured baseline against what would have been without the upsell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<MetricComparison>,
}

/// One version of the plan.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionOf {
    pub version: u32,
    pub drafted_by: String,
    pub created_at: DateTime<Utc>,
    /// Targets that differ from the version before.
    pub changes: Vec<String>,
}

impl Tool for GetProgress {
    const NAME: &'static str = "get_progress";
    const TITLE: &'static str = "Progress of an upsell";
    const EFFECT: Effect = Effect::Reads;
    const ROLES: &'static [Role] = &[Role::Monitor, Role::Orchestrator, Role::Researcher, Role::Csm];
    const ROUTE: Route = Route::get("/api/upsell/{upsell}/progress");
    const VIEWS: &'static [View] = &[View {
        name: "get_success_measurement",
        title: "The whole UpsellSuccessMeasurement of an upsell",
        path: "/api/upsell/{upsell}",
        arguments: r#"{"detail":"detailed"}"#,
        part: "/detail/successMeasurement",
    }];
    const EXAMPLE: &'static str = r#"{"upsell":"Northwind Traders"}"#;
    type Output = ProgressOf;

    async fn run(self, cx: &mut Context) -> Result<Reply<ProgressOf>> {
        let standing = Standing::read_as_of(cx, &self.upsell, self.as_of).await?;
        let detail = match self.detail {
            Detail::Concise => None,
            Detail::Detailed => Some(details(cx, &standing).await?),
        };
        let mut rest: Vec<String> =
            milestones(&standing.plan.milestones, standing.progress.day).into_iter().collect();
        rest.extend(detail.iter().flat_map(|detail| detail_lines(detail, &standing)));
        let proposed = proposed_outcome::open_at(cx.tx.proposals_of(standing.plan.id).await?, standing.at);
        rest.extend(what_is_due(&standing, proposed.as_ref()));
        let mut lines = vec![freshness(&standing)];
        lines.extend(metric_lines(&standing.progress, self.detail, MOST_LINES - 1 - rest.len()));
        lines.extend(rest);
        let headline = format!("{}: {}", standing.upsell.customer.name, standing.progress.headline);
        let next = self.next(cx, &standing, proposed.as_ref());
        let data = ProgressOf {
            upsell: standing.upsell.id,
            measurement_id: standing.plan.id,
            customer: standing.upsell.customer.name.clone(),
            as_of: standing.at,
            data_as_of: standing.data_as_of(),
            evidence_ids: standing.evidence_ids(),
            next_checkpoint: standing
                .plan
                .next_open()
                .filter(|_| standing.outcome.documented().is_none())
                .map(|checkpoint| NextCheckpoint { day: checkpoint.day, on: standing.date_of(checkpoint) }),
            proposed_outcome: proposed,
            dashboard_url: cx.host.dashboard_url(standing.upsell.id),
            progress: standing.progress,
            detail,
        };
        Ok(Reply { next, ..Reply::new(headline, data).lines(lines) })
    }
}

impl GetProgress {
    /// What to do next, best first; not everybody may call each.
    fn next(&self, cx: &Context, standing: &Standing, proposed: Option<&ProposedOutcome>) -> Vec<Next> {
        let upsell = standing.upsell.id;
        if self.as_of.is_some() {
            return vec![Next::call(Self::NAME, json!({ "upsell": upsell }), "how it is doing now")];
        }
        if standing.outcome.documented().is_some() {
            let arguments = json!({ "question": "success_rate" });
            let why = "the outcome is documented; see what the past ones teach";
            let due = Next::call("list_measurements", json!({ "dueWithinDays": 7 }), "what is due next");
            return vec![Next::call("analyze_outcomes", arguments, why), due];
        }
        let closer = match self.detail {
            Detail::Concise => {
                let arguments = json!({ "upsell": upsell, "detail": "detailed" });
                vec![Next::call(Self::NAME, arguments, "rules, forecasts, milestones and goals")]
            }
            Detail::Detailed => vec![
                Next::call(
                    "predict_outcome",
                    json!({ "upsell": upsell }),
                    "where it is heading, and what would change it",
                ),
                Next::call("list_alerts", json!({ "upsell": upsell }), "what was raised about it"),
            ],
        };
        let confirming = proposed.and_then(|proposed| confirming(cx, standing, proposed));
        confirming.into_iter().chain(due_next(cx, standing)).chain(closer).collect()
    }
}

/// What the plan asks for now, if it does.
fn due_next(cx: &Context, standing: &Standing) -> Option<Next> {
    if let Some(on) = standing.upsell.ended_on() {
        return Some(documenting(cx, standing, &format!("the expansion ended on {}", said(on))));
    }
    let Some(checkpoint) = standing.plan.next_open() else {
        return Some(documenting(cx, standing, "every checkpoint is closed"));
    };
    let is_soon = checkpoint.scheduled_date - TimeDelta::days(DUE_SOON_DAYS) <= standing.at;
    is_soon.then(|| {
        let arguments = json!({ "upsell": standing.upsell.id, "checkpointDay": checkpoint.day });
        Next::call("prepare_review", arguments, format!("the {} is due", checkpoint.title()))
    })
}

/// `As of 1 May 2026, day 47. Data fresh to 30 Apr 2026, covering 80 % of the plan's weight.`
fn freshness(standing: &Standing) -> String {
    let progress = &standing.progress;
    let at = said(progress.last_updated.with_timezone(&standing.plan.zone).date_naive());
    let stopped = progress.metrics_progress.iter().filter(|metric| metric.data_state == DataState::Stale);
    let data = match (progress.data_state, standing.data_as_of()) {
        (DataState::None, _) | (_, None) => "No data yet.".to_owned(),
        (DataState::Stale, Some(newest)) => format!(
            "Data stale, some since {}, covering {:.0} % of the plan's weight.",
            said(stopped.filter_map(|metric| metric.current_on).min().unwrap_or(newest)),
            100.0 * progress.coverage
        ),
        (state, Some(day)) => format!(
            "Data {} to {}, covering {:.0} % of the plan's weight.",
            state.as_str(),
            said(day),
            100.0 * progress.coverage
        ),
    };
    format!("As of {at}, day {}. {data}", progress.day)
}

/// The metrics that explain most of a shortfall first, in so many lines.
fn metric_lines(progress: &Progress, detail: Detail, room: usize) -> Vec<String> {
    let mut metrics: Vec<&MetricProgress> = progress.metrics_progress.iter().collect();
    metrics.sort_by(|a, b| order(a).total_cmp(&order(b)));
    let most = match detail {
        Detail::Concise => CONCISE_METRICS.min(room),
        Detail::Detailed => room,
    };
    let shown = if metrics.len() <= most { most } else { most.min(room - 1) };
    let mut lines: Vec<String> = metrics.iter().take(shown).map(|metric| line(metric, detail)).collect();
    if let more @ 1.. = metrics.len().saturating_sub(shown) {
        lines.push(format!("… and {more} more, in the data."));
    }
    lines
}

fn order(metric: &MetricProgress) -> f64 {
    metric.gap_points.map_or(f64::INFINITY, |gap| metric.weight * gap)
}

fn line(metric: &MetricProgress, detail: Detail) -> String {
    let status = metric.status.map_or("not judged", |status| status.words());
    let stale = match (metric.data_state, metric.current_on) {
        (DataState::Stale, Some(day)) => format!(", no data since {}", said(day)),
        _ => String::new(),
    };
    let evidence = metric.observation.map_or(String::new(), |id| format!(" [{id}]"));
    let told = format!("{}: {status}{stale}", metric_line(metric));
    match detail {
        Detail::Concise => format!("{told}{evidence}"),
        Detail::Detailed => {
            let critical = if metric.critical { ", critical" } else { "" };
            let target = amount(metric.target, &metric.unit);
            let flip = metric.flip.as_ref().map_or(String::new(), |flip| {
                format!("; {} from {}", flip.to.words(), amount(flip.at, &metric.unit))
            });
            format!(
                "{told} ({}{critical}{flip}; target {target}; {}){evidence}",
                metric.rule,
                forecast(metric)
            )
        }
    }
}

fn forecast(metric: &MetricProgress) -> String {
    match &metric.forecast {
        Forecast::Known { at_day, point, probability, method, n, .. } => {
            let chance = probability.map_or(String::new(), |p| format!(", {} likely to arrive", chance(p)));
            let rests = if *n > 0 && !method.contains("similar") {
                format!(", from {}", counted(*n, "similar upsell", "similar upsells"))
            } else {
                String::new()
            };
            format!("day {at_day} forecast {}{chance} by {method}{rests}", amount(*point, &metric.unit))
        }
        Forecast::Unknown { why } => format!("no forecast: {why}"),
    }
}

/// The checkpoint due next with the outcome proposed or, once it is documented, how it ended.
fn what_is_due(standing: &Standing, proposed: Option<&ProposedOutcome>) -> Option<String> {
    if let Some(ended) = standing.ended() {
        return Some(format!("The outcome is {ended}."));
    }
    let due = standing.plan.next_open().map(|checkpoint| due(standing, checkpoint));
    let proposed = proposed.map(|proposed| waiting(standing, proposed));
    let parts: Vec<String> = due.into_iter().chain(proposed).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn due(standing: &Standing, checkpoint: &Checkpoint) -> String {
    let (title, on) = (checkpoint.title(), said(standing.date_of(checkpoint)));
    if checkpoint.scheduled_date <= standing.at {
        format!("The {title} is due since {on}.")
    } else {
        format!("Next checkpoint: {title} on {on}.")
    }
}

fn milestones(milestones: &[Milestone], day: i32) -> Option<String> {
    let counted = milestones.iter().filter(|milestone| milestone.state != MilestoneState::Skipped).count();
    let done = milestones.iter().filter(|milestone| milestone.is_done()).count();
    let overdue: Vec<String> = milestones
        .iter()
        .filter_map(|milestone| {
            milestone.overdue_days(day).map(|late| format!("{} ({})", milestone.name, days(late)))
        })
        .collect();
    let named: Vec<String> = overdue.iter().take(MILESTONES_NAMED).cloned().collect();
    let rest = overdue.len() - named.len();
    let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    let late =
        if overdue.is_empty() { String::new() } else { format!(" Overdue: {}{rest}.", named.join(", ")) };
    (counted > 0).then(|| format!("Milestones: {done} of {counted} reached.{late}"))
}

async fn details(cx: &mut Context, standing: &Standing) -> Result<Details> {
    let plan = &standing.plan;
    let versions = cx.tx.plan_versions(plan.id).await?;
    let reviews = cx.tx.reviews_of(plan.id).await?;
    let known = versions.iter().filter(|version| version.version <= plan.version);
    Ok(Details {
        health: Known::from(standing).health(&mut cx.tx, &cx.host).await?,
        versions: with_changes(known),
        adoption: AdoptionTold::of(cx, standing).await?,
        comparisons: comparisons(cx, standing).await?,
        success_measurement: UpsellSuccessMeasurement::of(
            standing.upsell.clone(),
            plan.clone(),
            Some(standing.progress.clone()),
            reviews.into_iter().filter(|review| review.recorded_at <= standing.at).collect(),
            standing.outcome.clone(),
            cx.host.dashboard_url(standing.upsell.id),
        ),
    })
}

fn with_changes<'a>(versions: impl Iterator<Item = &'a MeasurementPlan>) -> Vec<VersionOf> {
    let mut before: Option<&MeasurementPlan> = None;
    let mut told = Vec::new();
    for plan in versions {
        let changes = before.map_or_else(Vec::new, |before| changes(before, plan));
        told.push(VersionOf {
            version: plan.version,
            drafted_by: plan.drafted_by.clone(),
            created_at: plan.created_at,
            changes,
        });
        before = Some(plan);
    }
    told
}

fn changes(before: &MeasurementPlan, after: &MeasurementPlan) -> Vec<String> {
    let changed = after.metrics.iter().filter_map(|metric| {
        let old = before.metrics.iter().find(|old| old.key == metric.key);
        match old {
            None => Some(format!("{} added, target {}", metric.name, amount(metric.target, &metric.unit))),
            Some(old) if old.target != metric.target => Some(format!(
                "{} target {} → {}",
                metric.name,
                amount(old.target, &metric.unit),
                amount(metric.target, &metric.unit)
            )),
            Some(_) => None,
        }
    });
    changed.collect()
}

fn detail_lines(detail: &Details, standing: &Standing) -> Vec<String> {
    let (progress, criteria) = (&standing.progress, &detail.success_measurement.success_criteria);
    let mut lines = vec![health::line(&detail.health, standing.plan.zone)];
    lines.extend(comparison::line(&detail.comparisons));
    if !progress.changed.is_empty() {
        lines.push(format!("Since the last evaluation: {}", progress.changed.join(" ")));
    }
    if !criteria.goals.is_empty() {
        let goals: Vec<String> = criteria.goals.iter().take(4).map(|goal| quote::customer(goal)).collect();
        lines.push(format!("Goals: {}", goals.join("; ")));
    }
    lines.extend(revision(detail));
    lines.extend(detail.adoption.lines());
    lines
}

/// What was changed since the plan's first version, if it was.
fn revision(detail: &Details) -> Option<String> {
    let plan = &detail.success_measurement.measurement_plan;
    let changes: Vec<&str> =
        detail.versions.iter().flat_map(|version| &version.changes).map(String::as_str).collect();
    let changes =
        if changes.is_empty() { String::new() } else { format!("; changed: {}", changes.join(", ")) };
    (plan.version > 1)
        .then(|| format!("Plan version {} from template {}{changes}.", plan.version, plan.template.id))
}

#[cfg(test)]
mod tests;
