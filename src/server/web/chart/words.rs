//! What the drawing says: its labels, its story for those who do not see it, the tip of each week.

use super::frame::Frame;
use super::label::{Anchor, Label, Lead, Sheet, spread};
use super::svg::{escaped, path};
use super::{Annotation, Chart, Checkpoint, Estimate, Size, View, at, marks};
use crate::web::format;
use Anchor::{End, Middle, Start};

/// Places every label, the ones that matter most first.
pub fn place(chart: &Chart, view: View, frame: &Frame, sheet: &mut Sheet) {
    scales(chart, view, frame, sheet);
    for checkpoint in &chart.checkpoints {
        sheet.place(checkpoint_places(checkpoint, frame));
    }
    match frame.size {
        Size::Wide => {
            line_ends(chart, view, frame, sheet);
            if let Some(text) = now(chart, view) {
                sheet.place(beside_last(chart, frame, "today", &text));
            }
        }
        Size::Narrow => key(chart, view, frame, sheet),
    }
    gap(chart, view, frame, sheet);
    for (class, level) in [("target", &chart.target), ("failure", &chart.failure)] {
        if let Some(level) = level {
            sheet.place(level_places(class, &level.label, frame.y(level.value), frame));
        }
    }
    silence(chart, frame, sheet);
    for annotation in &chart.annotations {
        note(chart, annotation, frame, sheet);
    }
}

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

/// Where the note of a day is tied: on the actual line, or the expected one where that has ended.
fn anchor_of(chart: &Chart, day: u16, frame: &Frame) -> Option<(f64, f64)> {
    let before =
        chart.actual.iter().rfind(|p| p.day <= day).filter(|_| chart.last().is_some_and(|l| day <= l.day));
    let value = before.map(|p| p.value).or_else(|| at(&chart.expected, day).map(|e| e.value))?;
    Some((frame.x(day), frame.y(value)))
}

fn scales(chart: &Chart, view: View, frame: &Frame, sheet: &mut Sheet) {
    for tick in frame.value_ticks() {
        let text = match view {
            View::Curve => chart.unit.value(tick),
            View::Gap => format::signed(tick),
        };
        sheet.place([Label::new(frame.left - 8.0, frame.y(tick) + 4.8, End, "tick", text)]);
    }
    let title = Label::new(
        f64::midpoint(frame.left, frame.right),
        frame.bottom + 48.0,
        Middle,
        "axis",
        "days since the upsell closed",
    );
    sheet.place([title]);
    for day in frame.day_ticks() {
        let text = if day == 0 { "Close".into() } else { day.to_string() };
        sheet.place([Label::new(frame.x(day), frame.bottom + 26.0, Middle, "tick", text)]);
    }
}

fn checkpoint_places(checkpoint: &Checkpoint, frame: &Frame) -> Vec<Label> {
    let x = frame.x(checkpoint.day);
    let texts = match frame.size {
        Size::Wide => vec![checkpoint.label.clone(), format!("Day {}", checkpoint.day)],
        Size::Narrow => vec![format!("Day {}", checkpoint.day)],
    };
    let lead = Some(if checkpoint.is_done { Lead::Done } else { Lead::Due });
    let places = texts.iter().flat_map(|text| {
        let label = Label { lead, ..Label::new(x, frame.top - 14.0, Middle, "check", text.clone()) };
        [Middle, End, Start].map(|anchor| label.at(x, label.y, anchor))
    });
    places.collect()
}

/// What stands at the right end of each line: class, height, text.
fn ends(chart: &Chart, view: View) -> Vec<(&'static str, f64, String)> {
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
            View::Gap => chart.unit.short_difference(end.value),
        };
        let range =
            end.band.map_or_else(String::new, |(low, high)| format!(" ({})", chart.unit.range(low, high)));
        ends.push(("to-come", end.value, format!("Forecast {text}{range}")));
    }
    ends
}

fn line_ends(chart: &Chart, view: View, frame: &Frame, sheet: &mut Sheet) {
    let ends = ends(chart, view);
    let wanted: Vec<f64> = ends.iter().map(|(_, value, _)| frame.y(*value) + 4.8).collect();
    let heights = spread(&wanted, 22.0, frame.top + 4.0, frame.bottom);
    for ((class, _, text), y) in ends.into_iter().zip(heights) {
        let x = frame.right + 12.0;
        sheet.place(wrapped(&text).into_iter().map(|text| Label::new(x, y, Start, class, text)));
    }
}

/// The text, or as much of it as the margin holds.
fn wrapped(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let cuts = (1..words.len()).rev().map(|count| format!("{}…", words[..count].join(" ")));
    std::iter::once(text.to_owned()).chain(cuts).collect()
}

fn key(chart: &Chart, view: View, frame: &Frame, sheet: &mut Sheet) {
    let ends = ends(chart, view);
    for (class, row) in marks::keyed(chart).into_iter().zip(0..) {
        let (style, text) = match class {
            "actual" => ("today", now(chart, view).unwrap_or_default()),
            "expected" => ("expected-end", ends.first().map(|e| e.2.clone()).unwrap_or_default()),
            _ => ("to-come", ends.last().map(|e| e.2.clone()).unwrap_or_default()),
        };
        let (x, y) = (frame.left + 36.0, marks::key_row(row, frame));
        sheet.place(wrapped(&text).into_iter().map(|text| Label::new(x, y, Start, style, text)));
    }
}

/// "Today, day 47: 40%".
fn now(chart: &Chart, view: View) -> Option<String> {
    let last = chart.last()?;
    let when = if last.day == chart.today { "Today" } else { "Last seen" };
    Some(format!("{when}, day {}: {}", last.day, said(chart, view, last.value)))
}

fn beside_last(chart: &Chart, frame: &Frame, class: &'static str, text: &str) -> Vec<Label> {
    let Some(last) = chart.last() else { return Vec::new() };
    let (x, y) = (frame.x(last.day), frame.y(last.value));
    let label = Label::new(x, y, Start, class, text);
    let below = [label.at(x + 4.0, y + 21.0, Start), label.at(x - 4.0, y + 21.0, End)];
    let above = [label.at(x - 8.0, y - 10.0, End), label.at(x + 8.0, y - 10.0, Start)];
    let is_behind = chart.gap().is_none_or(|gap| gap <= 0.0);
    let (first, second) = if is_behind { (below, above) } else { (above, below) };
    let further = [40.0, -40.0, 60.0, -60.0, 80.0, -80.0];
    let further =
        further.into_iter().flat_map(|by| [label.at(x + 8.0, y + by, Start), label.at(x - 8.0, y + by, End)]);
    inside(first.into_iter().chain(second).chain(further), frame)
}

fn gap(chart: &Chart, view: View, frame: &Frame, sheet: &mut Sheet) {
    let (Some(last), Some(gap), View::Curve) = (chart.last(), chart.gap(), view) else { return };
    let Some(expected) = at(&chart.expected, last.day) else { return };
    let (from, to) = (frame.y(last.value), frame.y(expected.value));
    if (to - from).abs() < 16.0 {
        return;
    }
    let (x, y) = (frame.x(last.day), f64::midpoint(from, to) + 0.8);
    let label = Label::new(x, y, Start, "gap", chart.unit.difference(gap));
    let steps = [0.0, -12.0, 12.0, -24.0, 24.0];
    let places =
        steps.into_iter().flat_map(|by| [label.at(x + 8.0, y + by, Start), label.at(x - 8.0, y + by, End)]);
    sheet.place(inside(places, frame));
}

fn level_places(class: &'static str, text: &str, y: f64, frame: &Frame) -> Vec<Label> {
    let middle = f64::midpoint(frame.left, frame.right);
    let spots = [(frame.left + 8.0, Start), (frame.right - 8.0, End), (middle, Middle)];
    let places = [-7.0, 17.0]
        .into_iter()
        .flat_map(|by| spots.map(|(x, anchor)| Label::new(x, y + by, anchor, class, text)));
    inside(places, frame)
}

fn silence(chart: &Chart, frame: &Frame, sheet: &mut Sheet) {
    let Some(last) = chart.last().filter(|last| chart.is_stale && last.day < chart.today) else { return };
    let x = f64::midpoint(frame.x(last.day), frame.x(chart.today));
    let label = Label::new(x, frame.bottom - 12.0, Middle, "missing", "no data");
    sheet.place(inside([0.0, -20.0, -40.0, -80.0].map(|by| label.at(x, label.y + by, Middle)), frame));
}

/// The text, tied to its day; where there is no room, the tie alone tells it when pointed at.
fn note(chart: &Chart, annotation: &Annotation, frame: &Frame, sheet: &mut Sheet) {
    let Some((x, y)) = anchor_of(chart, annotation.day, frame).filter(|_| frame.shows(annotation.day)) else {
        return;
    };
    let top =
        sheet.place(annotation_places(chart, annotation, frame)).map_or(y - 16.0, |bounds| bounds.bottom);
    let mark = path([(x, top), (x, y - 4.0)]);
    sheet.tie(format!(
        "<path class=\"note\" d=\"{mark}\"><title>{}</title></path>",
        escaped(&annotation.text)
    ));
}

fn annotation_places(chart: &Chart, annotation: &Annotation, frame: &Frame) -> Vec<Label> {
    let Some((x, y)) = anchor_of(chart, annotation.day, frame).filter(|_| frame.shows(annotation.day)) else {
        return Vec::new();
    };
    let label = Label::new(x, y - 31.0, Middle, "noted", &*annotation.text);
    let places = [0.0, -18.0, -36.0].into_iter();
    let places = places.flat_map(|by| {
        [(x, Middle), (x - 6.0, Start), (x + 6.0, End)].map(|(x, anchor)| label.at(x, label.y + by, anchor))
    });
    inside(places, frame)
}

/// Only the places within the plot; what is on it must not run into the margins.
fn inside(places: impl IntoIterator<Item = Label>, frame: &Frame) -> Vec<Label> {
    let fits = |label: &Label| {
        let bounds = label.bounds();
        bounds.left >= frame.left
            && bounds.right <= frame.right
            && bounds.top >= frame.top - 4.0
            && bounds.bottom <= frame.bottom + 2.0
    };
    places.into_iter().filter(fits).collect()
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
