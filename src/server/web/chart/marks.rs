//! Everything on the drawing that is not text, from back to front.

use super::frame::Frame;
use super::svg::{dot, escaped, line, number, path};
use super::{Chart, Checkpoint, Estimate, Size, View, at, words};

pub fn draw(chart: &Chart, view: View, frame: &Frame) -> Vec<String> {
    let mut marks = grid(view, frame);
    marks.extend(band("band", &chart.expected, frame));
    marks.extend(band("cone", &chart.forecast, frame));
    marks.extend(silence(chart, frame));
    marks.extend(chart.checkpoints.iter().map(|c| upright(c, frame)));
    marks.extend(chart.target.iter().map(|l| level("target", l.value, frame)));
    marks.extend(chart.failure.iter().map(|l| level("failure", l.value, frame)));
    marks.extend(curve("expected", &chart.expected, frame));
    marks.extend(curve("forecast", &chart.forecast, frame));
    marks.extend(actual(chart, frame));
    marks.extend(chart.checkpoints.iter().filter_map(|c| stop(c, chart, frame)));
    marks.extend(bracket(chart, frame));
    if frame.size == Size::Narrow {
        marks.extend(key(chart, view, frame));
    }
    marks.extend(columns(chart, view, frame));
    marks
}

/// Points along the lines, for text to keep off.
pub fn obstacles(chart: &Chart, frame: &Frame) -> Vec<(f64, f64)> {
    let actual = chart.actual.iter().map(|p| (frame.x(p.day), frame.y(p.value)));
    let estimates = chart.expected.iter().chain(&chart.forecast).map(|e| (frame.x(e.day), frame.y(e.value)));
    let corners: Vec<(f64, f64)> = actual.chain(estimates).collect();
    let between = |pair: &[(f64, f64)]| {
        let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
        let step = move |share: f64| (x + (to_x - x) * share, y + (to_y - y) * share);
        // A jump back to the left is the next line beginning.
        (to_x >= x).then(|| [0.0, 0.25, 0.5, 0.75].map(step))
    };
    let around = |x: f64, y: f64| {
        [-5.0, 0.0, 5.0].map(|by| [(x - 5.0, y + by), (x, y + by), (x + 5.0, y + by)]).into_iter().flatten()
    };
    let end = chart.last().map(|p| around(frame.x(p.day), frame.y(p.value)));
    let gap = chart
        .last()
        .and_then(|p| Some((frame.x(p.day), frame.y(p.value), frame.y(at(&chart.expected, p.day)?.value))));
    let gap = gap
        .into_iter()
        .flat_map(|(x, from, to)| (0..=20).map(move |n| (x, from + (to - from) * f64::from(n) / 20.0)));
    let stops = chart.checkpoints.iter().filter_map(|c| Some((c.day, at(&chart.expected, c.day)?.value)));
    let stops = stops.flat_map(|(day, value)| around(frame.x(day), frame.y(value)));
    corners
        .windows(2)
        .filter_map(between)
        .flatten()
        .chain(end.into_iter().flatten())
        .chain(gap)
        .chain(stops)
        .collect()
}

/// Where the key's rows stand below a narrow drawing.
pub fn key_row(row: u8, frame: &Frame) -> f64 {
    f64::from(row).mul_add(22.0, frame.bottom + 74.0)
}

/// The lines a key explains, by their class.
pub fn keyed(chart: &Chart) -> Vec<&'static str> {
    let lines = [
        ("actual", !chart.actual.is_empty()),
        ("expected", !chart.expected.is_empty()),
        ("forecast", !chart.forecast.is_empty()),
        ("target", chart.target.is_some()),
        ("failure", chart.failure.is_some()),
    ];
    lines.into_iter().filter(|(_, is_drawn)| *is_drawn).map(|(class, _)| class).collect()
}

fn grid(view: View, frame: &Frame) -> Vec<String> {
    let class = |tick: f64| match view {
        View::Gap if tick.abs() < f64::EPSILON => "grid zero",
        View::Gap | View::Curve => "grid",
    };
    let rule = |tick: f64| line(class(tick), (frame.left, frame.y(tick)), (frame.right, frame.y(tick)));
    frame.value_ticks().into_iter().map(rule).collect()
}

fn band(class: &str, estimates: &[Estimate], frame: &Frame) -> Option<String> {
    let edges: Vec<_> =
        estimates.iter().filter_map(|e| e.band.map(|(low, high)| (e.day, low, high))).collect();
    let upper = edges.iter().map(|(day, _, high)| (frame.x(*day), frame.y(*high)));
    let lower = edges.iter().rev().map(|(day, low, _)| (frame.x(*day), frame.y(*low)));
    (edges.len() > 1).then(|| format!("<path class=\"{class}\" d=\"{}Z\"/>", path(upper.chain(lower))))
}

fn curve(class: &str, estimates: &[Estimate], frame: &Frame) -> Option<String> {
    let points = estimates.iter().map(|e| (frame.x(e.day), frame.y(e.value)));
    (estimates.len() > 1).then(|| format!("<path class=\"{class}\" d=\"{}\"/>", path(points)))
}

fn level(class: &str, value: f64, frame: &Frame) -> String {
    line(class, (frame.left, frame.y(value)), (frame.right, frame.y(value)))
}

fn upright(checkpoint: &Checkpoint, frame: &Frame) -> String {
    let x = frame.x(checkpoint.day);
    line("checkpoint", (x, frame.top), (x, frame.bottom))
}

/// Days without data, up to today.
fn silence(chart: &Chart, frame: &Frame) -> Vec<String> {
    let Some(last) = chart.last().filter(|last| chart.is_stale && last.day < chart.today) else {
        return Vec::new();
    };
    let (from, to) = (frame.x(last.day), frame.x(chart.today));
    let id = format!("{}-{:?}-hatch", escaped(&chart.id), frame.size).to_lowercase();
    vec![
        format!(
            "<pattern id=\"{id}\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
             <path class=\"hatch\" d=\"M0 0V7\"/></pattern>"
        ),
        format!(
            "<rect class=\"silence\" fill=\"url(#{id})\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            number(from),
            number(frame.top),
            number(to - from),
            number(frame.bottom - frame.top),
        ),
        line("hatch-end", (to, frame.top), (to, frame.bottom)),
    ]
}

fn actual(chart: &Chart, frame: &Frame) -> Vec<String> {
    let points: Vec<_> = chart.actual.iter().map(|p| (frame.x(p.day), frame.y(p.value))).collect();
    let Some(end) = points.last().copied() else { return Vec::new() };
    let curve = (points.len() > 1).then(|| format!("<path class=\"actual\" d=\"{}\"/>", path(points)));
    let dots = chart.checkpoints.iter().filter(|c| c.is_done);
    let dots = dots.filter_map(|c| chart.actual.iter().find(|p| p.day == c.day));
    let dots: Vec<_> = dots.map(|p| dot("actual-dot", (frame.x(p.day), frame.y(p.value)), 3.5)).collect();
    curve.into_iter().chain(dots).chain([dot("actual-dot", end, 5.0)]).collect()
}

/// Where it should stand on a checkpoint still due.
fn stop(checkpoint: &Checkpoint, chart: &Chart, frame: &Frame) -> Option<String> {
    let expected = at(&chart.expected, checkpoint.day).filter(|_| !checkpoint.is_done)?;
    Some(dot("stop", (frame.x(checkpoint.day), frame.y(expected.value)), 5.0))
}

/// From the actual to the expected value on the last day, when that is long enough to see.
fn bracket(chart: &Chart, frame: &Frame) -> Option<String> {
    let last = chart.last()?;
    let expected = at(&chart.expected, last.day)?;
    let (x, from, to) = (frame.x(last.day), frame.y(last.value), frame.y(expected.value));
    let start = from + (to - from).signum() * 7.0;
    let stem = path([(x, start), (x, to)]);
    let head = path([(x - 4.0, to), (x + 4.0, to)]);
    ((to - from).abs() >= 16.0).then(|| format!("<path class=\"bracket\" d=\"{stem}{head}\"/>"))
}

fn key(chart: &Chart, view: View, frame: &Frame) -> Vec<String> {
    let rows = keyed(chart).into_iter().zip(0..);
    rows.map(|(class, row)| {
        let y = key_row(row, frame) - 4.6;
        let class = if view == View::Gap && class == "expected" { "grid zero" } else { class };
        line(class, (frame.left, y), (frame.left + 26.0, y))
    })
    .collect()
}

/// One transparent column a week, whose title tells the week's last day.
fn columns(chart: &Chart, view: View, frame: &Frame) -> Vec<String> {
    let weeks = frame.weeks().into_iter();
    weeks
        .map(|(from, to)| {
            let (x, end) = (frame.x(from), frame.x(to.saturating_add(1)));
            format!(
                "<rect class=\"week\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
                number(x),
                number(frame.top),
                number((end - x).max(1.0)),
                number(frame.bottom - frame.top),
                escaped(&words::week(chart, view, from, to)),
            )
        })
        .collect()
}
