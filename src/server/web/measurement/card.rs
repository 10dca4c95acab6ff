//! The card that answers: one metric's way, expected and to come, with its headline and its numbers.

use super::Facts;
use crate::web::{
    chart::{self, Annotation, Chart, Checkpoint, Estimate, Level, Point, Size, View},
    format::{self, Day},
    pages::{
        Tab,
        measurement::{ChartCard, Numbers},
    },
    unit::Unit,
};
use domain::{
    Result,
    cohort::Cohort,
    forecast::Forecast,
    headline::{amount, metric_line},
    metric::{Direction, Metric},
    milestone::MilestoneState,
    observation::known,
    policy::Policy,
    progress::MetricProgress,
    status::DataState,
};

/// Between two days of a band nothing bends: they are worked out this far apart.
const BAND_DAYS: usize = 5;
const MOST_ANNOTATIONS: usize = 4;

pub fn card(facts: &Facts<'_>, shown: &MetricProgress, view: View, policy: &Policy) -> Result<ChartCard> {
    let metric = facts.planned.plan.metric(&shown.metric)?;
    let cohort = facts.planned.cohorts.get(&metric.key);
    let chart = chart_of(facts, metric, shown, cohort, policy);
    let tab = |text: &str, word: &str, of: View| Tab {
        text: text.to_owned(),
        href: format!("?{}#answer", query(metric, word)),
        is_current: view == of,
    };
    Ok(ChartCard {
        headline: headline(facts, shown),
        subline: subline(metric, shown, cohort, policy),
        notice: notice(metric, shown, facts),
        views: vec![tab("Curve", "curve", View::Curve), tab("Gap", "gap", View::Gap)],
        wide_svg: chart::draw(&chart, view, Size::Wide),
        narrow_svg: chart::draw(&chart, view, Size::Narrow),
        numbers: numbers(facts, &chart),
        csv_href: Some(format!("/m/{}/observations.csv?{}", facts.subject.upsell.id, query(metric, ""))),
    })
}

/// "metric=seats&view=gap"; the view is left out when it is the usual one.
pub fn query(metric: &Metric, view: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("metric", &metric.key.0);
    if view == "gap" {
        query.append_pair("view", view);
    }
    query.finish()
}

fn chart_of(
    facts: &Facts<'_>,
    metric: &Metric,
    shown: &MetricProgress,
    cohort: Option<&Cohort>,
    policy: &Policy,
) -> Chart {
    let plan = &facts.planned.plan;
    let actual = actual(facts, metric);
    let is_stale = shown.data_state == DataState::Stale;
    let expected = expected(facts, metric, cohort, policy, actual.last().map(|last| last.day));
    let has_band = expected.iter().any(|estimate| estimate.band.is_some());
    Chart {
        id: "chart".to_owned(),
        title: format!("{}, {}", metric.name, facts.subject.upsell.customer.name),
        unit: unit(&metric.unit),
        expected,
        expected_name: if has_band { "Similar upsells" } else { "Plan" }.to_owned(),
        forecast: if is_stale { Vec::new() } else { forecast(shown, actual.last()) },
        actual,
        target: Some(target(metric, plan.horizon())),
        failure: failure(metric),
        checkpoints: plan
            .checkpoints
            .iter()
            .map(|checkpoint| Checkpoint {
                day: checkpoint.day,
                label: checkpoint.title(),
                is_done: !checkpoint.is_open(),
            })
            .collect(),
        annotations: annotations(facts),
        today: u16::try_from(facts.progress.day.max(0)).unwrap_or(u16::MAX),
        is_stale,
    }
}

fn actual(facts: &Facts<'_>, metric: &Metric) -> Vec<Point> {
    let plan = &facts.planned.plan;
    let known = known(&facts.planned.observations, &metric.key, facts.now);
    let point = |seen: &&domain::observation::Observation| {
        let day = u16::try_from(plan.day_of(seen.valid_on)).ok()?;
        Some(Point { day, value: seen.value })
    };
    known.iter().filter_map(point).collect()
}

/// Where the middle of similar upsells was, with their band; with too few of them, the plan's own curve. The same
/// rule as the assessment's, so that the gap drawn is the gap told.
fn expected(
    facts: &Facts<'_>,
    metric: &Metric,
    cohort: Option<&Cohort>,
    policy: &Policy,
    last: Option<u16>,
) -> Vec<Estimate> {
    let plan = &facts.planned.plan;
    let horizon = plan.horizon();
    let has_band = cohort.is_some_and(|cohort| cohort.len() >= policy.cohort_full);
    let step = if has_band { BAND_DAYS } else { 1 };
    let mut days: Vec<u16> = (0..=horizon).step_by(step).collect();
    days.extend(plan.checkpoints.iter().map(|checkpoint| checkpoint.day).chain(last).chain([horizon]));
    days.sort_unstable();
    days.dedup();
    let estimate = |day: u16| {
        let band = cohort.and_then(|cohort| cohort.band(day.into(), policy));
        let share = metric.curve.share(day.into(), horizon.into());
        let value = metric.value_at(band.map_or(share, |(_, middle)| middle))?;
        let band = band.and_then(|(band, _)| {
            let (a, b) = (metric.value_at(band.low)?, metric.value_at(band.high)?);
            Some((a.min(b), a.max(b)))
        });
        Some(Estimate { day, value, band })
    };
    days.into_iter().filter_map(estimate).collect()
}

/// From the last value straight to the forecast one, the cone opening on the way.
fn forecast(shown: &MetricProgress, last: Option<&Point>) -> Vec<Estimate> {
    let (Forecast::Known { at_day, point, band, .. }, Some(last)) = (&shown.forecast, last) else {
        return Vec::new();
    };
    if *at_day <= last.day {
        return Vec::new();
    }
    let start = Estimate { day: last.day, value: last.value, band: band.map(|_| (last.value, last.value)) };
    let end = Estimate { day: *at_day, value: *point, band: band.map(|band| (band.low, band.high)) };
    vec![start, end]
}

fn target(metric: &Metric, horizon: u16) -> Level {
    Level { value: metric.target, label: format!("Target {} at day {horizon}", told(metric.target, metric)) }
}

fn failure(metric: &Metric) -> Option<Level> {
    let last = metric.thresholds.last()?;
    let side = match metric.direction {
        Direction::Rising => "Below",
        Direction::Falling => "Above",
    };
    Some(Level {
        value: last.fail,
        label: format!("{side} {} at day {}: failed", told(last.fail, metric), last.day),
    })
}

/// Adoption steps reached, the latest ones.
fn annotations(facts: &Facts<'_>) -> Vec<Annotation> {
    let plan = &facts.planned.plan;
    let mut done: Vec<Annotation> = plan
        .milestones
        .iter()
        .filter_map(|milestone| match milestone.state {
            MilestoneState::Done { on } => Some(Annotation {
                day: u16::try_from(plan.day_of(on)).ok()?,
                text: milestone.name.to_string(),
            }),
            MilestoneState::Open | MilestoneState::Skipped => None,
        })
        .collect();
    done.sort_by_key(|annotation| std::cmp::Reverse(annotation.day));
    done.truncate(MOST_ANNOTATIONS);
    done
}

/// "17 points behind: Seats active 40 % against 58 % expected, on day 47".
fn headline(facts: &Facts<'_>, shown: &MetricProgress) -> String {
    let line = metric_line(shown);
    let Some(gap) = shown.gap_points else { return line };
    let day = shown.current_on.map_or(facts.progress.day, |on| facts.planned.plan.day_of(on));
    let side = if gap < 0.0 { "behind" } else { "ahead" };
    let size = format::points_in_words(gap.abs());
    match gap.abs().round() {
        0.0 => format!("As expected: {line}, on day {day}"),
        _ => format!("{} {side}: {line}, on day {day}", size.trim_start_matches('+')),
    }
}

/// What the grey stands for, and where the dots lead by which method.
fn subline(metric: &Metric, shown: &MetricProgress, cohort: Option<&Cohort>, policy: &Policy) -> String {
    let n = cohort.map_or(0, Cohort::len);
    let expected = if n >= policy.cohort_full {
        format!(
            "Grey band: {:.0}th to {:.0}th of a hundred among {n} similar upsells.",
            100.0 * policy.lower_quantile,
            100.0 * policy.upper_quantile
        )
    } else {
        let full = policy.cohort_full;
        format!("Expected by the plan’s curve: not enough similar upsells for a band ({n} of {full}).")
    };
    let baseline = match metric.baseline.value() {
        Some(baseline) => format!("From {} to {}.", told(baseline, metric), told(metric.target, metric)),
        None => "Its baseline is not known yet.".to_owned(),
    };
    let forecast = match &shown.forecast {
        Forecast::Known { method, probability, .. } => {
            let chance = probability
                .map_or_else(String::new, |p| format!(", {} likely to arrive", domain::amount::chance(p)));
            format!(" Forecast: {method}{chance}.")
        }
        Forecast::Unknown { .. } => String::new(),
    };
    format!("{baseline} {expected}{forecast}")
}

fn notice(metric: &Metric, shown: &MetricProgress, facts: &Facts<'_>) -> Option<String> {
    match (shown.data_state, shown.current_on) {
        (DataState::Stale, Some(since)) => {
            Some(format!("No data since {}. What is shown is the last known.", format::date(since)))
        }
        (DataState::None, _) => Some(match metric.selector() {
            Some(selector) => {
                let features: Vec<&str> =
                    selector.features.iter().map(|feature| feature.0.as_str()).collect();
                format!(
                    "Nothing has arrived yet. Usage of {} by the customer {} will show here.",
                    features.join(", "),
                    facts.subject.upsell.customer.id
                )
            }
            None => "Nobody has read this value yet; update_metrics takes readings.".to_owned(),
        }),
        (DataState::Stale | DataState::Fresh | DataState::Partial, _) => None,
    }
}

/// The last known value of each week, and of today.
fn numbers(facts: &Facts<'_>, chart: &Chart) -> Vec<Numbers> {
    let plan = &facts.planned.plan;
    let last = chart.actual.last().map_or(0, |last| last.day);
    let is_told = |point: &&Point| point.day.is_multiple_of(7) || point.day == last;
    let row = |point: &Point| {
        let expected = chart::at(&chart.expected, point.day);
        let band = expected.and_then(|estimate| estimate.band);
        Numbers {
            day: point.day,
            date: Day::of(plan.date_of(point.day.into()), facts.today),
            actual: chart.unit.value(point.value),
            expected: expected.map_or_else(nothing, |estimate| chart.unit.value(estimate.value)),
            band: band.map_or_else(nothing, |(low, high)| chart.unit.range(low, high)),
            gap: expected
                .map_or_else(nothing, |estimate| chart.unit.difference(point.value - estimate.value)),
        }
    };
    chart.actual.iter().filter(is_told).map(row).collect()
}

fn nothing() -> String {
    format::NOTHING.to_owned()
}

/// "75%", "112 users", "$38k".
fn told(value: f64, metric: &Metric) -> String {
    match unit(&metric.unit) {
        Unit::Number => amount(value, &metric.unit),
        share_or_money => share_or_money.value(value),
    }
}

fn unit(word: &str) -> Unit {
    match word {
        "%" => Unit::Share,
        "USD" | "EUR" | "GBP" | "JPY" | "CHF" | "CAD" | "AUD" => Unit::Money(word.to_owned()),
        _ => Unit::Number,
    }
}
