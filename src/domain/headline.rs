//! Sentences a CSM would say aloud: one function each, the same on every face.

pub use crate::amount::amount;
use crate::{
    amount::{amounts, chance, counted},
    assess::TOO_EARLY,
    cause::{self, Cause},
    milestone::Milestone,
    plan::MeasurementPlan,
    progress::{MetricProgress, Progress},
    quote,
    status::{DataState, Status},
};
use chrono::NaiveDate;

/// The headline of a progress: the status, why it is that, and how fresh the data is. The gap stands beside a status
/// only when it says the same.
pub fn of(plan: &MeasurementPlan, milestones: &[Milestone], progress: &Progress) -> String {
    let day = progress.day;
    let Some((status, cause)) = progress.current_status.zip(cause::of(progress, milestones)) else {
        let first =
            plan.next_open().map_or(String::new(), |c| format!(", the {} is on day {}", c.title(), c.day));
        return format!("No data yet on day {day}{first}.");
    };
    let word = capital(status.words());
    let sentence = match cause {
        Cause::LastKnown => format!(
            "{word} on day {day} is the last status known: only {:.0} % of the plan's weight has data",
            100.0 * progress.coverage
        ),
        Cause::Ended(on) => format!("{word} on day {day} because {}{}", ended(on), measured(progress)),
        Cause::Milestone(late) => {
            format!("{word} on day {day} because {}{}", overdue(late), measured(progress))
        }
        Cause::Cap(metric) => {
            format!("{word} on day {day}, no better because {}{}", reason(metric), rest(progress, metric))
        }
        Cause::Metric(metric) => by_metric(progress, status, metric),
    };
    match progress.data_state {
        DataState::Stale => format!("{sentence}. Last known: some data stopped."),
        DataState::Fresh | DataState::Partial | DataState::None => format!("{sentence}."),
    }
}

fn by_metric(progress: &Progress, status: Status, metric: &MetricProgress) -> String {
    let (word, day) = (capital(status.words()), progress.day);
    if let Some(reads) = cause::held(metric) {
        let (name, reads) = (compared(metric), reads.words());
        return format!(
            "{word} on day {day}, held until {reads} is confirmed: {name}{}",
            rest(progress, metric)
        );
    }
    let own = metric.gap_points.and_then(side);
    match (progress.gap_points, progress.gap_points.and_then(side)) {
        (Some(gap), Some(all)) if all == of_status(status) && own == Some(all) => {
            let points = counted(gap.abs().round() as u64, "point", "points");
            format!("{word}, {points} {} expected on day {day}: {}", all.word(), metric_line(metric))
        }
        (Some(_), None) if status == Status::OnTrack && own != Some(Side::Below) => {
            format!("{word}, as expected on day {day}: {}", metric_line(metric))
        }
        _ => format!("{word} on day {day} because {}{}", reason(metric), rest(progress, metric)),
    }
}

/// On which side of expected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Below,
    Above,
}

impl Side {
    const fn word(self) -> &'static str {
        match self {
            Self::Below => "below",
            Self::Above => "above",
        }
    }
}

/// Half a point either way is as expected.
fn side(gap: f64) -> Option<Side> {
    (gap.abs() >= 0.5).then_some(if gap < 0.0 { Side::Below } else { Side::Above })
}

/// The side a status speaks of.
const fn of_status(status: Status) -> Side {
    if status.is_well() { Side::Above } else { Side::Below }
}

/// Why a metric has its status: `Active users, a critical metric, is 9 users against 20 users expected`.
pub(crate) fn reason(metric: &MetricProgress) -> String {
    let told = match (metric.current, metric.expected) {
        (Some(current), Some(expected)) => {
            let (current, expected) = amounts(current, expected, &metric.unit);
            format!("{} is {current}{} against {expected} expected", named(metric), typed(metric))
        }
        _ => compared(metric),
    };
    let gap = metric.gap_points.and_then(side);
    match metric.status {
        Some(Status::OnTrack) if metric.rule == TOO_EARLY => format!("{told}, too early to judge"),
        Some(Status::AtRisk) if gap != Some(Side::Below) => format!("{told}, {}", unlikely(metric)),
        Some(Status::Behind) if gap != Some(Side::Below) => format!("{told}, {}", metric.rule),
        Some(Status::OnTrack) if gap == Some(Side::Below) && metric.expected_band.is_some() => {
            format!("{told}, inside the band of similar upsells")
        }
        Some(Status::OnTrack) if gap == Some(Side::Below) => format!("{told}, near enough"),
        _ => told,
    }
}

fn unlikely(metric: &MetricProgress) -> String {
    metric.forecast.probability().map_or_else(
        || metric.rule.clone(),
        |probability| format!("but {} likely to reach its target", chance(probability)),
    )
}

/// What the metrics other than the one named say, where that is something else.
fn rest(progress: &Progress, named: &MetricProgress) -> String {
    let others = progress.metrics_progress.iter().filter(|metric| metric.metric != named.metric);
    let sum: Vec<f64> =
        others.filter_map(|metric| metric.gap_points.map(|gap| metric.weight * gap)).collect();
    let own = named.gap_points.and_then(side);
    match side(sum.iter().sum()) {
        Some(Side::Above) if own != Some(Side::Above) => ahead(progress, named),
        Some(Side::Below) if own != Some(Side::Below) => "; the rest lags".to_owned(),
        _ => String::new(),
    }
}

/// The others are ahead together, which need not be so of each.
fn ahead(progress: &Progress, named: &MetricProgress) -> String {
    let lags = |metric: &&MetricProgress| {
        metric.metric != named.metric && metric.status.is_some_and(|status| !status.is_well())
    };
    match progress.metrics_progress.iter().find(lags).and_then(|metric| Some((metric, metric.status?))) {
        Some((metric, status)) => {
            format!("; the rest together is ahead, though {} is {}", metric.name, status.words())
        }
        None => "; the rest is ahead".to_owned(),
    }
}

/// Why a late milestone holds a status down; no count of days, which would go stale.
pub fn overdue(late: Option<&Milestone>) -> String {
    late.map_or_else(
        || "a critical milestone is long overdue".to_owned(),
        |late| {
            format!("{}, a critical milestone, was due on day {}", quote::quoted(&late.name), late.due_day)
        },
    )
}

/// Why the end of an expansion holds its status down.
pub fn ended(on: NaiveDate) -> String {
    format!("the expansion was cancelled or cut on {}", on.format("%-d %b %Y"))
}

fn measured(progress: &Progress) -> String {
    match progress.gap_points.map(side) {
        None => String::new(),
        Some(None) => "; the metrics are as expected".to_owned(),
        Some(Some(side)) => format!("; the metrics are {} expected", side.word()),
    }
}

fn named(metric: &MetricProgress) -> String {
    let critical = if metric.critical { ", a critical metric," } else { "" };
    format!("{}{critical}", metric.name)
}

/// `Active seats 40 % against 58 % expected`.
pub fn metric_line(metric: &MetricProgress) -> String {
    line_of(&metric.name.to_string(), metric)
}

fn compared(metric: &MetricProgress) -> String {
    line_of(&named(metric), metric)
}

fn line_of(name: &str, metric: &MetricProgress) -> String {
    match (metric.current, metric.expected) {
        (Some(current), Some(expected)) => {
            let (current, expected) = amounts(current, expected, &metric.unit);
            format!("{name} {current}{} against {expected} expected", typed(metric))
        }
        (Some(current), None) => {
            let current = amount(current, &metric.unit);
            format!("{name} {current}{}, no baseline to compare with", typed(metric))
        }
        (None, _) => format!("{name} has no data yet"),
    }
}

/// Marks a value that a person typed over what is measured.
const fn typed(metric: &MetricProgress) -> &'static str {
    if metric.manual { " (typed by hand)" } else { "" }
}

pub(crate) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests;
