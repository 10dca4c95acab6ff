//! What happened, and who did it: status changes, alerts, reviews, edits; and how the plan came to be what it is.

use super::Facts;
use crate::web::{
    Visitor,
    format::Day,
    pages::{
        Actor,
        measurement::{Event, Version},
    },
    words,
};
use chrono::NaiveDate;
use domain::{
    Result,
    alert::{Alert, AlertState},
    headline::amount,
    id::UpsellId,
    outcome::Outcome,
    plan::MeasurementPlan,
    review::{Decision, Review},
};
use serde::Deserialize;
use serde_json::json;
use store::audit::AuditRow;

const MOST_EVENTS: usize = 40;
const MOST_ALERTS: u32 = 50;

#[derive(Deserialize)]
struct Found {
    alerts: Vec<Alert>,
}

/// Every alert of the upsell, for those who may list them.
pub async fn alerts(visitor: &Visitor, upsell: UpsellId) -> Result<Vec<Alert>> {
    if !visitor.may("list_alerts") {
        return Ok(Vec::new());
    }
    let asked = json!({ "upsell": upsell, "state": "any", "limit": MOST_ALERTS });
    let found: Found = visitor.ask("list_alerts", asked).await?;
    Ok(found.alerts)
}

/// Newest first.
pub fn events(facts: &Facts<'_>, alerts: &[Alert]) -> Vec<Event> {
    let mut dated = status_changes(facts);
    dated.extend(alerts.iter().flat_map(|alert| of_alert(facts, alert)));
    dated.extend(facts.measurement.reviews.iter().map(|review| of_review(facts, review)));
    dated.extend(facts.subject.audit.iter().filter_map(|row| of_call(facts, row)));
    dated.extend(of_outcome(facts));
    dated.push((
        facts.subject.upsell.details.close_date,
        event(facts, facts.subject.upsell.details.close_date, "Closed".to_owned(), None),
    ));
    dated.sort_by_key(|(day, _)| std::cmp::Reverse(*day));
    dated.into_iter().take(MOST_EVENTS).map(|(_, event)| event).collect()
}

type Dated = (NaiveDate, Event);

fn event(facts: &Facts<'_>, day: NaiveDate, text: String, actor: Option<Actor>) -> Event {
    Event { day: Day::short(day, facts.today), text, actor, evidence: None }
}

fn status_changes(facts: &Facts<'_>) -> Vec<Dated> {
    let days = &facts.planned.days;
    let before = std::iter::once(None).chain(days.iter().map(|day| day.status));
    let changed = days.iter().zip(before).filter(|(day, before)| day.status != *before);
    let told = changed.filter_map(|(standing, before)| {
        let status = standing.status?.words();
        let day = facts.planned.plan.date_of(standing.day);
        let text = match before {
            Some(before) => format!("Went from {} to {status}", before.words()),
            None => format!("First judged: {status}"),
        };
        Some((day, event(facts, day, text, None)))
    });
    told.collect()
}

fn of_alert(facts: &Facts<'_>, alert: &Alert) -> Vec<Dated> {
    let raised = facts.planned.civil(alert.raised_at);
    let mut told = vec![(raised, event(facts, raised, format!("Alert: {}", alert.message), None))];
    for note in &alert.notes {
        let day = facts.planned.civil(note.at);
        let text = format!("Alert {}: {}", past(&note.action), note.note);
        told.push((day, event(facts, day, text, Some(actor(facts, &note.by)))));
    }
    if let AlertState::Closed { at } = alert.state
        && alert.notes.last().is_none_or(|note| note.action != "close")
    {
        let day = facts.planned.civil(at);
        told.push((day, event(facts, day, format!("Over: {}", alert.message), None)));
    }
    told
}

fn past(action: &str) -> String {
    match action.strip_suffix('e') {
        Some(stem) => format!("{stem}ed"),
        None => format!("{action}ed"),
    }
}

fn of_review(facts: &Facts<'_>, review: &Review) -> Dated {
    let day = facts.planned.civil(review.recorded_at);
    let decision = match review.decision {
        Decision::Completed => "reviewed",
        Decision::Skipped => "skipped",
        Decision::Rescheduled => "moved",
    };
    let status = review.status.map_or_else(String::new, |status| format!(", {}", status.words()));
    let text = format!("Day {} {decision}{status}: {}", review.checkpoint_day, review.summary);
    (day, event(facts, day, text, Some(actor(facts, &review.recorded_by))))
}

fn of_outcome(facts: &Facts<'_>) -> Option<Dated> {
    let Outcome::Documented(done) = &facts.measurement.outcome else { return None };
    let day = facts.planned.civil(done.documented_at);
    let text = format!("{}{}", words::ended(done.conclusion).word, sentences(&done.evidence));
    Some((day, event(facts, day, text, Some(actor(facts, &done.documented_by)))))
}

fn sentences(told: &[String]) -> String {
    if told.is_empty() { String::new() } else { format!(": {}", told.join(" ")) }
}

/// A change nobody else tells of: reviews, outcomes and alerts have their own lines.
fn of_call(facts: &Facts<'_>, row: &AuditRow) -> Option<Dated> {
    let is_told = !matches!(row.tool.as_str(), "record_review" | "document_outcome" | "resolve_alert");
    let day = facts.planned.civil(row.at);
    is_told.then(|| (day, event(facts, day, row.result.clone(), Some(actor(facts, &row.caller)))))
}

/// A key of an agent's role, or the scheduler itself, is no person.
fn actor(facts: &Facts<'_>, name: &str) -> Actor {
    let role = facts.subject.audit.iter().find(|row| row.caller == name).map(|row| row.role.as_str());
    let is_agent = name == "uptake" || matches!(role, Some("monitor" | "orchestrator" | "researcher"));
    Actor { name: name.to_owned(), is_agent }
}

/// The versions of the plan, newest first; old targets are kept.
pub fn history(facts: &Facts<'_>) -> Vec<Version> {
    let versions = &facts.planned.versions;
    let before = std::iter::once(None).chain(versions.iter().map(|(_, plan)| Some(plan)));
    let told = versions.iter().zip(before).map(|((from, plan), before)| Version {
        day: Day::of(facts.planned.civil(*from), facts.today),
        change: before.map_or_else(|| drafted(plan), |before| changes(before, plan)),
        reason: before.is_none().then(|| plan.template.why.clone()),
        actor: actor(facts, &plan.drafted_by),
    });
    let mut told: Vec<Version> = told.collect();
    told.reverse();
    told
}

fn drafted(plan: &MeasurementPlan) -> String {
    format!("Drafted from the template {}, version {}", plan.template.id, plan.template.version)
}

fn changes(before: &MeasurementPlan, after: &MeasurementPlan) -> String {
    let of_metric = |metric: &domain::metric::Metric| {
        let target = amount(metric.target, &metric.unit);
        match before.metrics.iter().find(|old| old.key == metric.key) {
            None => Some(format!("{} added, target {target}", metric.name)),
            Some(old) if old.target != metric.target => {
                Some(format!("Target of {}: {} → {target}", metric.name, amount(old.target, &old.unit)))
            }
            Some(_) => None,
        }
    };
    let mut told: Vec<String> = after.metrics.iter().filter_map(of_metric).collect();
    let gone = before.metrics.iter().filter(|old| after.metrics.iter().all(|metric| metric.key != old.key));
    told.extend(gone.map(|old| format!("{} dropped", old.name)));
    if told.is_empty() {
        return format!("Version {}: no target changed", after.version);
    }
    told.join("; ")
}
