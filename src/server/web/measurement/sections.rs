//! What stands below the chart: reasons, criteria, adoption and value, milestones, goals.

use super::{Facts, Wanted, card};
use crate::web::{
    chart::View,
    format::{self, Day},
    pages::{
        Link, Mark, Status as Told, Tab,
        measurement::{Adoption, Criterion, Figure, Goal, Metric, Milestone, Reason},
    },
    words,
};
use domain::{
    adoption::Row,
    headline::amount,
    id::MetricKey,
    metric::Collection,
    milestone::{Milestone as Step, MilestoneState},
    plan,
    progress::{self, MetricProgress},
    status::Status,
};
use tools::adoption::AdoptionTold;

pub fn metrics(facts: &Facts<'_>, wanted: &Wanted, shown: &MetricProgress) -> Vec<Metric> {
    let view = match wanted.view {
        View::Curve => "curve",
        View::Gap => "gap",
    };
    let tab = |metric: &MetricProgress| {
        let href = facts.planned.plan.metric(&metric.metric).map(|metric| card::query(metric, view)).ok()?;
        let tab = Tab {
            text: metric.name.to_string(),
            href: format!("?{href}"),
            is_current: metric.metric == shown.metric,
        };
        Some(Metric { tab, status: words::status(metric.status, Some(metric.data_state)) })
    };
    facts.progress.metrics_progress.iter().filter_map(tab).collect()
}

/// What makes up the gap, largest part first, in points that add up to it.
pub fn reasons(facts: &Facts<'_>) -> (String, Vec<Reason>) {
    let progress = facts.progress;
    let lags = matches!(progress.current_status, Some(Status::Behind | Status::AtRisk));
    // What lags is explained by what is short, though the rest may make up for all of it.
    let gap = progress.gap_points.map_or(0.0, |gap| if lags { -gap.abs() } else { gap });
    let title = match progress.current_status {
        Some(Status::Behind) => "Why it is behind",
        Some(Status::AtRisk) => "Why it is at risk",
        _ if gap < -0.5 => "What holds it back",
        _ => "What carries it",
    };
    let is_told = |reason: &&progress::Reason| reason.points.abs() >= 0.5;
    let with = |is_wanted: fn(f64) -> bool| -> f64 {
        progress.reasons.iter().map(|reason| reason.points).filter(|points| is_wanted(*points)).sum()
    };
    let (short, over) = (with(|points| points < 0.0), with(|points| points > 0.0));
    let larger = short.abs().max(over);
    let mut told: Vec<&progress::Reason> = progress.reasons.iter().filter(is_told).collect();
    if gap > 0.0 {
        told.reverse();
    }
    let reason = |reason: &progress::Reason| Reason {
        text: reason.text.clone(),
        share: share(reason.points, gap, if reason.points < 0.0 { short } else { over }),
        percent: (100.0 * reason.points.abs() / larger).clamp(0.0, 100.0) as u8,
        evidence: reason.metric.as_ref().and_then(|key| values(facts, key)),
    };
    (title.to_owned(), told.into_iter().map(reason).collect())
}

/// "Explains 14 of the 17 points behind", "Makes up for 2 points".
fn share(points: f64, gap: f64, side: f64) -> String {
    let part = format::points_in_words(points.abs());
    let part = part.trim_start_matches('+');
    let (size, all) = (points.abs().round(), side.abs().round());
    match (points < 0.0, gap < 0.0) {
        (true, true) => format!("Explains {size} of the {all} points behind"),
        (false, false) => format!("Explains {size} of the {all} points ahead"),
        (false, true) => format!("Makes up for {part}"),
        (true, false) => format!("Costs {part}"),
    }
}

/// The chart and the numbers of a metric.
fn values(facts: &Facts<'_>, key: &MetricKey) -> Option<Link> {
    let metric = facts.planned.plan.metric(key).ok()?;
    Some(Link { text: "values".to_owned(), href: format!("?{}#answer", card::query(metric, "curve")) })
}

pub fn criteria(facts: &Facts<'_>) -> Vec<Criterion> {
    let criterion = |metric: &MetricProgress| Criterion {
        metric: metric.name.to_string(),
        now: metric.current.map_or_else(|| "–".to_owned(), |value| amount(value, &metric.unit)),
        target: amount(metric.target, &metric.unit),
        status: words::status(metric.status, Some(metric.data_state)),
        source: source(facts, metric),
        rule: metric.rule.clone(),
        evidence: values(facts, &metric.metric),
    };
    facts.progress.metrics_progress.iter().map(criterion).collect()
}

/// Machine-made and hand-made values are told apart.
fn source(facts: &Facts<'_>, shown: &MetricProgress) -> String {
    let key = &shown.metric;
    let Ok(metric) = facts.planned.plan.metric(key) else { return "unknown".to_owned() };
    if shown.manual {
        let typed = facts.planned.observations.iter().find(|seen| Some(seen.id) == shown.observation);
        let why = typed.and_then(|typed| typed.reason.as_deref()).unwrap_or("no reason given");
        return format!("typed by hand over product usage: {why}");
    }
    if let Collection::Automatic(_) = metric.collection {
        return "automatic, product usage".to_owned();
    }
    let last = facts
        .planned
        .observations
        .iter()
        .filter(|seen| &seen.metric == key)
        .max_by_key(|seen| seen.recorded_at);
    last.map_or_else(|| "by hand".to_owned(), |seen| format!("by hand, {}", seen.source))
}

/// Every figure, those that are not known with the reason.
pub fn adoption(told: &AdoptionTold) -> Option<Adoption> {
    let AdoptionTold::Known(adoption) = told else { return None };
    let figure = |row: Row| Figure { name: row.name.to_owned(), figure: row.figure, basis: row.basis };
    let usage = adoption.usage_to.map_or_else(
        || "No usage yet".to_owned(),
        |day| format!("Usage to {}, over {} days", format::date(day), adoption.window_days),
    );
    Some(Adoption {
        note: format!("{usage}. Surveys over {} days.", adoption.survey_window_days),
        groups: [adoption.usage_rows(), adoption.value_rows()]
            .map(|rows| rows.into_iter().map(figure).collect()),
    })
}

pub fn milestones(facts: &Facts<'_>) -> Vec<Milestone> {
    let plan = &facts.planned.plan;
    let milestone = |step: &Step| Milestone {
        name: step.name.to_string(),
        status: reached(step, facts.progress.day),
        due: Some(Day::of(plan.date_of(step.due_day.into()), facts.today)),
        done: match step.state {
            MilestoneState::Done { on } => Some(Day::of(on, facts.today)),
            MilestoneState::Open | MilestoneState::Skipped => None,
        },
    };
    plan.milestones.iter().map(milestone).collect()
}

fn reached(step: &Step, day: i32) -> Told {
    match (&step.state, step.overdue_days(day)) {
        (MilestoneState::Done { .. }, _) => Told::new(Mark::Done, "Done"),
        (MilestoneState::Skipped, _) => Told::new(Mark::Unknown, "Skipped"),
        (MilestoneState::Open, Some(1)) => Told::new(Mark::Missed, "1 day late"),
        (MilestoneState::Open, Some(late)) => {
            Told::new(Mark::Missed, format!("{} late", domain::amount::days(late)))
        }
        (MilestoneState::Open, None) => Told::new(Mark::Planning, "Open"),
    }
}

pub fn goals(facts: &Facts<'_>) -> Vec<Goal> {
    let goal = |goal: &plan::Goal| Goal {
        quote: goal.text.clone(),
        status: achieved(facts, goal),
        evidence: goal.metric.as_ref().and_then(|key| values(facts, key)).into_iter().collect(),
    };
    facts.planned.plan.goals.iter().map(goal).collect()
}

/// As a person said at a review, else as the metric that shows it stands.
fn achieved(facts: &Facts<'_>, goal: &plan::Goal) -> Told {
    let metric = goal.metric.as_ref();
    let metric = facts.progress.metrics_progress.iter().find(|shows| Some(&shows.metric) == metric);
    match (goal.achieved, metric) {
        (Some(true), _) => Told::new(Mark::Done, "Achieved"),
        (Some(false), _) => Told::new(Mark::Missed, "Missed"),
        (None, Some(metric)) if metric.attainment.is_some_and(|attainment| attainment >= 1.0) => {
            Told::new(Mark::Done, "Achieved by now")
        }
        (None, Some(metric)) => words::status(metric.status, Some(metric.data_state)),
        (None, None) => Told::new(Mark::Unknown, "Nobody has said yet"),
    }
}
