//! What the drawing says: the story for those who do not see it, the tip of each week, the ends of the lines.

use super::{Chart, Estimate, View, at};
use crate::web::format;

/// One paragraph that says what the lines say.
pub fn story(chart: &Chart, view: View) -> String {
    let mut parts: Vec<String> = now(chart, view).into_iter().collect();
    parts.extend(chart.expected.last().map(|_| {
        let day = chart.last().map_or(chart.today, |last| last.day);
        at(&chart.expected, day)
            .map_or_else(String::new, |e| format!("Expected on day {day}: {}", spoken(chart, view, &e)))
    }));
    if let Some(gap) = chart.gap().filter(|_| view == View::Curve) {
        parts.push(format!("{} against expected", chart.unit.difference(gap)));
    }
    parts.extend(ends(chart, view).into_iter().map(|(_, _, text)| text));
    parts.extend(chart.target.iter().chain(&chart.failure).map(|level| level.label.clone()));
    if chart.actual.is_empty() {
        parts.push("No data yet".into());
    }
    parts.join(". ") + "."
}

/// "Day 48: actual 40%, expected 58% (51–66), −17 points."
pub fn week(chart: &Chart, view: View, from: u16, to: u16) -> String {
    let actual = chart.actual.iter().rfind(|p| (from..=to).contains(&p.day));
    let day = actual.map_or(to, |p| p.day);
    let mut parts = Vec::new();
    parts.extend(actual.map(|p| format!("actual {}", said(chart, view, p.value))));
    parts.extend(at(&chart.expected, day).map(|e| format!("expected {}", spoken(chart, view, &e))));
    if let (View::Curve, Some(p), Some(e)) = (view, actual, at(&chart.expected, day)) {
        parts.push(format!("gap {}", chart.unit.difference(p.value - e.value)));
    }
    let is_ahead = chart.forecast.first().is_some_and(|first| first.day <= day) && actual.is_none();
    let forecast = at(&chart.forecast, day).filter(|_| is_ahead);
    parts.extend(forecast.map(|e| format!("forecast {}", spoken(chart, view, &e))));
    format!("Day {day}: {}", parts.join(", "))
}

/// "Today, day 47: 40%".
pub fn now(chart: &Chart, view: View) -> Option<String> {
    let last = chart.last()?;
    let when = if last.day == chart.today { "Today" } else { "Last seen" };
    Some(format!("{when}, day {}: {}", last.day, said(chart, view, last.value)))
}

/// What stands at the right end of each line: class, height, text.
pub fn ends(chart: &Chart, view: View) -> Vec<(&'static str, f64, String)> {
    let mut ends = Vec::new();
    if let Some(end) = chart.expected.last() {
        let text = match view {
            View::Curve => format!("{} {}", chart.expected_name, chart.unit.value(end.value)),
            View::Gap => chart.expected_name.clone(),
        };
        ends.push(("expected-end", end.value, text));
    }
    if let Some(end) = chart.forecast.last() {
        let text = match view {
            View::Curve => chart.unit.value(end.value),
            View::Gap => format::signed(end.value.round()),
        };
        let range =
            end.band.map_or_else(String::new, |(low, high)| format!(" ({})", chart.unit.range(low, high)));
        ends.push(("to-come", end.value, format!("Forecast {text}{range}")));
    }
    ends
}

fn said(chart: &Chart, view: View, value: f64) -> String {
    match view {
        View::Curve => chart.unit.value(value),
        View::Gap => chart.unit.difference(value),
    }
}

fn spoken(chart: &Chart, view: View, estimate: &Estimate) -> String {
    let range =
        estimate.band.map_or_else(String::new, |(low, high)| format!(" ({})", chart.unit.range(low, high)));
    format!("{}{range}", said(chart, view, estimate.value))
}
