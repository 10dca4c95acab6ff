//! Where the words of the drawing stand.

use super::frame::Frame;
use super::label::{Anchor, Label, Lead, Sheet, spread};
use super::svg::{escaped, path};
use super::{Annotation, Chart, Checkpoint, Size, View, at, marks, words};
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
            if let Some(text) = words::now(chart, view) {
                sheet.place(beside_last(chart, frame, "today", &text));
            }
            for (class, level) in [("target", &chart.target), ("failure", &chart.failure)] {
                let places =
                    level.iter().flat_map(|l| level_places(class, &l.label, frame.y(l.value), frame));
                sheet.place(places.collect::<Vec<_>>());
            }
        }
        Size::Narrow => key(chart, view, frame, sheet),
    }
    gap(chart, view, frame, sheet);
    silence(chart, frame, sheet);
    for annotation in &chart.annotations {
        note(chart, annotation, frame, sheet);
    }
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
            View::Curve => chart.unit.tick(tick),
            View::Gap if tick > 0.0 => format!("+{}", format::short_number(tick)),
            View::Gap => format::short_number(tick),
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
        let outward = (x + 12.0).min(frame.width - 3.0);
        [(x, Middle), (outward, End), (x, End), (x, Start)].map(|(x, anchor)| label.at(x, label.y, anchor))
    });
    places.collect()
}

fn line_ends(chart: &Chart, view: View, frame: &Frame, sheet: &mut Sheet) {
    let ends = words::ends(chart, view);
    let wanted: Vec<f64> = ends.iter().map(|(_, value, _)| frame.y(*value) + 4.8).collect();
    let heights = spread(&wanted, 22.0, frame.top + 4.0, frame.bottom);
    for ((class, _, text), y) in ends.into_iter().zip(heights) {
        let x = frame.right + 12.0;
        sheet.place(wrapped(&text).into_iter().map(|text| Label::new(x, y, Start, class, text)));
    }
}

/// The text, or as much of it as the margin holds; a range goes first and leaves no trace.
fn wrapped(text: &str) -> Vec<String> {
    let plain = text.split_once(" (").map_or(text, |(plain, _)| plain);
    let words: Vec<&str> = plain.split(' ').collect();
    let cuts = (1..words.len()).rev().map(|count| format!("{}…", words[..count].join(" ")));
    [text.to_owned(), plain.to_owned()].into_iter().chain(cuts).collect()
}

fn key(chart: &Chart, view: View, frame: &Frame, sheet: &mut Sheet) {
    let ends = words::ends(chart, view);
    let end = |class: &str| ends.iter().find(|end| end.0 == class).map(|end| end.2.clone());
    for (class, row) in marks::keyed(chart).into_iter().zip(0..) {
        let (style, text) = match class {
            "actual" => ("today", words::now(chart, view)),
            "expected" => ("expected-end", end("expected-end")),
            "forecast" => ("to-come", end("to-come")),
            "target" => (class, chart.target.as_ref().map(|level| level.label.clone())),
            _ => (class, chart.failure.as_ref().map(|level| level.label.clone())),
        };
        let (x, y) = (frame.left + 36.0, marks::key_row(row, frame));
        let texts = text.iter().flat_map(|text| wrapped(text));
        sheet.place(texts.map(|text| Label::new(x, y, Start, style, text)).collect::<Vec<_>>());
    }
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
