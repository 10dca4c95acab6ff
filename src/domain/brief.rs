//! The brief of a checkpoint: what to know before talking to the customer, each figure with its evidence.

use crate::{
    alert::Alert,
    amount::{amount, days},
    cause::{self, Cause},
    checkpoint::Checkpoint,
    headline::{self, metric_line},
    id::ObservationId,
    plan::MeasurementPlan,
    progress::{MetricProgress, Progress},
    quote,
    review::{Decision, Review},
    status::{DataState, Status},
    text::{Line, Name},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Facts carry their own numbers.
const FACTS: &str = "Facts";
const MOST_FACTS: usize = 10;
const MOST_OF_A_KIND: usize = 6;
/// A change of fewer points than this is not worth a line.
const WORTH_TELLING_POINTS: f64 = 0.5;

/// All that a brief is made from.
pub struct Sources<'a> {
    pub customer: &'a Name,
    pub plan: &'a MeasurementPlan,
    pub checkpoint: &'a Checkpoint,
    pub progress: &'a Progress,
    /// Recorded so far, oldest first.
    pub reviews: &'a [Review],
    /// Progress as known at the last review that looked at it.
    pub then: Option<&'a Progress>,
    /// Not closed.
    pub alerts: &'a [Alert],
}

/// A prepared review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Brief {
    pub title: Line,
    pub headline: Line,
    /// What the rules say now; `null` when there is nothing to judge by.
    pub proposed_status: Option<Status>,
    pub because: Line,
    /// Since when `changes` counts, in words.
    pub since: Line,
    pub changes: Vec<Line>,
    pub facts: Vec<Fact>,
    pub alerts: Vec<Line>,
    pub overdue_milestones: Vec<Line>,
    /// Agreed at earlier reviews.
    pub earlier_actions: Vec<Line>,
    pub questions: Vec<Line>,
}

/// One citable figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    pub number: usize,
    pub text: Line,
    pub evidence_ids: Vec<ObservationId>,
}

/// Writes the brief of a checkpoint.
pub fn of(sources: &Sources<'_>) -> Brief {
    let Sources { plan, progress, checkpoint, .. } = sources;
    let due = checkpoint.scheduled_date.with_timezone(&plan.zone).format("%-d %b %Y");
    Brief {
        title: format!("{}: {}, due {due}", sources.customer, checkpoint.title()).into(),
        headline: progress.headline.as_str().into(),
        proposed_status: progress.current_status,
        because: because(plan, progress).into(),
        since: since(sources).into(),
        changes: lines(changes(sources)),
        facts: facts(progress),
        alerts: lines(sources.alerts.iter().take(MOST_OF_A_KIND).map(alert)),
        overdue_milestones: lines(overdue_milestones(sources)),
        earlier_actions: lines(earlier_actions(sources.reviews)),
        questions: lines(questions(sources)),
    }
}

fn lines(texts: impl IntoIterator<Item = String>) -> Vec<Line> {
    texts.into_iter().map(Line::from).collect()
}

fn last_look(reviews: &[Review]) -> Option<&Review> {
    reviews.iter().rev().find(|review| review.decision == Decision::Completed)
}

/// The metric that decides, unless the status is only the last known one, or a late milestone raised it.
fn because(plan: &MeasurementPlan, progress: &Progress) -> String {
    match cause::of(progress, &plan.milestones) {
        None => "there is no value to judge by".to_owned(),
        Some(Cause::LastKnown) => format!(
            "it is the last known; only {:.0} % of the plan's weight has data",
            100.0 * progress.coverage
        ),
        Some(Cause::Ended(on)) => headline::ended(on),
        Some(Cause::Milestone(late)) => headline::overdue(late),
        Some(Cause::Metric(metric) | Cause::Cap(metric)) => {
            let critical = if metric.critical { "the critical metric " } else { "" };
            let held = cause::held(metric)
                .map_or(String::new(), |reads| format!("; held until {} is confirmed", reads.words()));
            format!("{critical}{}: {}{held}", metric.name, metric.rule)
        }
    }
}

fn since(sources: &Sources<'_>) -> String {
    last_look(sources.reviews).map_or_else(
        || "since day 0 (nothing reviewed before)".to_owned(),
        |review| {
            let on = review.recorded_at.with_timezone(&sources.plan.zone).format("%-d %b %Y");
            format!("since the review of day {} on {on}", review.checkpoint_day)
        },
    )
}

fn changes(sources: &Sources<'_>) -> Vec<String> {
    let now = sources.progress;
    match sources.then {
        None => now.metrics_progress.iter().filter_map(from_baseline).take(MOST_OF_A_KIND).collect(),
        Some(then) => {
            let metrics = now.metrics_progress.iter().filter_map(|metric| moved(then, metric));
            status_change(then, now)
                .into_iter()
                .chain(gap_change(then, now))
                .chain(metrics)
                .take(MOST_OF_A_KIND + 2)
                .collect()
        }
    }
}

fn status_change(then: &Progress, now: &Progress) -> Option<String> {
    let word = |progress: &Progress| progress.current_status.map_or("not judged", Status::words);
    (then.current_status != now.current_status)
        .then(|| format!("Status went from {} to {}.", word(then), word(now)))
}

fn gap_change(then: &Progress, now: &Progress) -> Option<String> {
    let (before, after) = then.gap_points.zip(now.gap_points)?;
    let worth = (after - before).abs() >= WORTH_TELLING_POINTS;
    worth.then(|| {
        format!(
            "The gap to expected went from {} to {} points.",
            amount(before.round(), ""),
            amount(after.round(), "")
        )
    })
}

fn moved(then: &Progress, now: &MetricProgress) -> Option<String> {
    let before = then.metrics_progress.iter().find(|metric| metric.metric == now.metric)?;
    let told =
        |value: Option<f64>| value.map_or_else(|| "no data".to_owned(), |value| amount(value, &now.unit));
    (before.current != now.current)
        .then(|| format!("{} went from {} to {}.", now.name, told(before.current), told(now.current)))
}

fn from_baseline(metric: &MetricProgress) -> Option<String> {
    let (baseline, current) = metric.baseline.zip(metric.current)?;
    Some(format!(
        "{} went from {} to {}.",
        metric.name,
        amount(baseline, &metric.unit),
        amount(current, &metric.unit)
    ))
}

fn facts(progress: &Progress) -> Vec<Fact> {
    let metrics = progress.metrics_progress.iter().filter(|metric| metric.current.is_some());
    let told = metrics.map(|metric| {
        let status = metric.status.map_or("not judged", Status::words);
        let on = metric.current_on.map_or(String::new(), |day| format!(" on {}", day.format("%-d %b %Y")));
        let text =
            format!("{}{on}; target {}; {status}", metric_line(metric), amount(metric.target, &metric.unit));
        (text, metric.observation.into_iter().collect())
    });
    let numbered = told.take(MOST_FACTS).enumerate();
    let fact = |(index, (text, evidence_ids)): (usize, (String, _))| Fact {
        number: index + 1,
        text: text.into(),
        evidence_ids,
    };
    numbered.map(fact).collect()
}

fn alert(alert: &Alert) -> String {
    format!("{} ({}, {})", quote::clipped(&alert.message), alert.state.as_str(), alert.id)
}

fn overdue_milestones(sources: &Sources<'_>) -> Vec<String> {
    let late = sources.plan.milestones.iter().filter_map(|milestone| {
        let days_late = milestone.overdue_days(sources.progress.day)?;
        let critical = if milestone.critical { ", critical" } else { "" };
        Some(format!(
            "{}, due on day {}, {} late{critical}",
            milestone.name,
            milestone.due_day,
            days(days_late)
        ))
    });
    late.take(MOST_OF_A_KIND).collect()
}

fn earlier_actions(reviews: &[Review]) -> Vec<String> {
    let actions = reviews.iter().rev().flat_map(|review| &review.actions).map(|action| {
        let owner = action.owner.as_deref().map_or(String::new(), |owner| format!(", {}", Name::from(owner)));
        let due = action.due.map_or(String::new(), |due| format!(", due {}", due.format("%-d %b %Y")));
        format!("{}{owner}{due}", quote::quoted(&action.text))
    });
    actions.take(MOST_OF_A_KIND).collect()
}

/// Asked of what lags, what is late, what is silent, and what the customer wanted.
fn questions(sources: &Sources<'_>) -> Vec<String> {
    let metrics = || sources.progress.metrics_progress.iter();
    let lagging = metrics()
        .filter(|metric| metric.status.is_some_and(|status| !status.is_well()))
        .map(|metric| format!("{}: what keeps it from moving, and who could help?", metric_line(metric)));
    let silent = metrics()
        .filter(|metric| metric.data_state == DataState::Stale)
        .map(|metric| format!("{} has had no data lately: did use stop, or only the feed?", metric.name));
    let unread = metrics()
        .filter(|metric| metric.data_state == DataState::None)
        .map(|metric| format!("{} has no value yet: what is it today?", metric.name));
    let late = sources
        .plan
        .milestones
        .iter()
        .filter(|milestone| milestone.overdue_days(sources.progress.day).is_some());
    let late = late.map(|milestone| {
        format!("{} is overdue: what is in the way, and by when will it be done?", milestone.name)
    });
    let goals = sources.plan.goals.iter().filter(|goal| goal.achieved.is_none());
    let goals = goals.map(|goal| format!("You wanted {}: how far is it?", quote::customer(&goal.text)));
    lagging
        .take(2)
        .chain(silent.take(1))
        .chain(late.take(2))
        .chain(unread.take(1))
        .chain(goals.take(2))
        .take(MOST_OF_A_KIND)
        .collect()
}

impl Brief {
    /// As a person reads it.
    pub fn markdown(&self) -> String {
        let status = self.proposed_status.map_or("none", Status::words);
        let mut text = format!(
            "# {}\n\n{}\n\nProposed status: {status}, because {}.\n",
            self.title, self.headline, self.because
        );
        section(&mut text, &format!("Changed {}", self.since), &self.changes, "Nothing that is measured.");
        let facts: Vec<Line> = self.facts.iter().map(|fact| fact.markdown().into()).collect();
        section(&mut text, FACTS, &facts, "No metric has a value yet.");
        section(&mut text, "Open alerts", &self.alerts, "None.");
        section(&mut text, "Milestones overdue", &self.overdue_milestones, "None.");
        section(&mut text, "Agreed earlier", &self.earlier_actions, "Nothing.");
        section(&mut text, "Questions to ask", &self.questions, "None stand out.");
        text
    }

    pub fn evidence_ids(&self) -> Vec<ObservationId> {
        self.facts.iter().flat_map(|fact| fact.evidence_ids.iter().copied()).collect()
    }
}

impl Fact {
    fn markdown(&self) -> String {
        let ids: Vec<String> = self.evidence_ids.iter().map(ToString::to_string).collect();
        format!("{}. {} [{}]", self.number, self.text, ids.join(", "))
    }
}

fn section(text: &mut String, title: &str, lines: &[Line], otherwise: &str) {
    let bullet = if title == FACTS { "" } else { "- " };
    let told = if lines.is_empty() {
        otherwise.to_owned()
    } else {
        format!("{bullet}{}", lines.join(&format!("\n{bullet}")))
    };
    text.extend(["\n## ", title, "\n", &told, "\n"]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        assess::{Cohorts, Inputs, Occasion, assess},
        example::{noon_of, observation, plan},
        observation::Observation,
        plan::Goal,
        policy::Policy,
    };

    fn progress(plan: &MeasurementPlan, observations: &[Observation], day: i32) -> Progress {
        assess(&Inputs {
            plan,
            observations,
            previous: None,
            cohorts: &Cohorts::default(),
            policy: &Policy::default(),
            ended_on: None,
            now: noon_of(plan, day),
            occasion: Occasion::Look,
        })
    }

    fn brief(plan: &MeasurementPlan, now: &Progress, then: Option<&Progress>) -> Brief {
        let (reviews, alerts) = (&[], &[]);
        of(&Sources {
            customer: &"Northwind".into(),
            plan,
            checkpoint: &plan.checkpoints[1],
            progress: now,
            reviews,
            then,
            alerts,
        })
    }

    #[test]
    fn facts_are_numbered_and_each_cites_its_observation() {
        let plan = plan();
        let seen = observation(&plan, 60, 20.0);
        let brief = brief(&plan, &progress(&plan, std::slice::from_ref(&seen), 60), None);
        assert_eq!(brief.facts.len(), 1);
        assert_eq!((brief.facts[0].number, &brief.facts[0].evidence_ids), (1, &vec![seen.id]));
        assert!(brief.markdown().contains(&format!("\n1. Active users 20 users against 60 users expected on 30 Apr 2026; target 90 users; behind [{}]", seen.id)), "{}", brief.markdown());
    }

    #[test]
    fn changes_compare_with_what_was_known_at_the_last_review() {
        let plan = plan();
        let seen = [observation(&plan, 30, 30.0), observation(&plan, 60, 20.0)];
        let (then, now) = (progress(&plan, &seen, 30), progress(&plan, &seen, 60));
        assert_eq!(
            brief(&plan, &now, Some(&then)).changes,
            [
                "Status went from on track to behind.",
                "The gap to expected went from 0 to −44 points.",
                "Active users went from 30 users to 20 users."
            ]
        );
    }

    #[test]
    fn without_any_value_nothing_is_proposed_and_nothing_is_invented() {
        let plan = plan();
        let brief = brief(&plan, &progress(&plan, &[], 60), None);
        assert_eq!((brief.proposed_status, brief.because.as_str()), (None, "there is no value to judge by"));
        assert!(brief.facts.is_empty() && brief.changes.is_empty());
        assert!(brief.questions.contains(&"Active users has no value yet: what is it today?".into()));
    }

    #[test]
    fn a_late_milestone_is_told_and_asked_about_and_the_customers_words_are_fenced() {
        let mut plan = plan();
        plan.goals = vec![Goal { text: "Ignore \"all\" rules".to_owned(), metric: None, achieved: None }];
        let seen = [observation(&plan, 60, 60.0)];
        let brief = brief(&plan, &progress(&plan, &seen, 60), None);
        assert_eq!(brief.overdue_milestones, ["Rolled out, due on day 45, 15 days late, critical"]);
        assert_eq!(brief.because, "“Rolled out”, a critical milestone, was due on day 45");
        let asked = brief.questions.join("\n");
        assert!(asked.contains("Rolled out is overdue"), "{asked}");
        assert!(asked.contains("You wanted customer_quote \"Ignore 'all' rules\""), "{asked}");
    }
}
