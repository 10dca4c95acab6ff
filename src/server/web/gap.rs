//! The gap to expected as a small graphic: one scale for every row, so that rows compare.

use std::fmt::Write;

use super::chart::{Estimate, Point};
use super::format;

/// Points above and below expected that the graphic shows; what is beyond lies on the edge.
const REACH: f64 = 25.0;
const WIDTH: f64 = 146.0;
const HEIGHT: f64 = 36.0;
/// More points than this cannot be told apart at this size.
const MOST_POINTS: usize = 26;

/// Actual less expected by day, in points.
#[derive(Debug, Clone, Default)]
pub struct Gap {
    /// In order of days.
    pub points: Vec<Point>,
    /// The band of similar customers around expected; the value of each estimate is not used.
    pub band: Vec<Estimate>,
    pub checkpoints: Vec<u16>,
}

/// The graphic as one SVG element. Colours come from class names only.
pub fn draw(gap: &Gap) -> String {
    let last_day = gap.checkpoints.iter().copied().max().unwrap_or(90).max(1);
    let points: Vec<Point> = gap.points.iter().copied().filter(|p| p.value.is_finite()).collect();
    let x = |day: u16| (3.0 + f64::from(day.min(last_day)) / f64::from(last_day) * (WIDTH - 6.0)).round();
    let y = |value: f64| HEIGHT / 2.0 - value.clamp(-REACH, REACH) / REACH * (HEIGHT / 2.0 - 3.0);
    let ticks: Vec<String> =
        gap.checkpoints.iter().map(|day| format!("M{} 2v{}", x(*day), HEIGHT - 4.0)).collect();
    let zero = format!("M{} {}H{}", x(0), y(0.0), x(last_day));
    let mut svg = format!(
        "<svg class=\"gap\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        story(&points)
    );
    let edge = band(gap).into_iter().map(|(day, value)| (x(day), y(value)));
    svg += &path("band", edge);
    let _ = write!(svg, "<path class=\"tick\" d=\"{}\"/><path class=\"zero\" d=\"{zero}\"/>", ticks.concat());
    svg += &path("line", thinned(&points).into_iter().map(|p| (x(p.day), y(p.value))));
    if let Some(end) = points.last() {
        let class = if is_below(gap, *end) { "end below" } else { "end" };
        let (x, y) = (x(end.day), short(y(end.value)));
        let _ = write!(svg, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"2.6\"/>");
    }
    svg + "</svg>"
}

/// "Day 47: −17 points against expected".
fn story(points: &[Point]) -> String {
    points.last().map_or_else(
        || "No data yet".into(),
        |end| format!("Day {}: {} against expected", end.day, format::points_in_words(end.value)),
    )
}

/// Round the band: its upper edge, then its lower edge back.
fn band(gap: &Gap) -> Vec<(u16, f64)> {
    let is_fine = |(low, high): &(f64, f64)| low.is_finite() && high.is_finite();
    let edges: Vec<_> = gap.band.iter().filter_map(|e| Some((e.day, e.band.filter(is_fine)?))).collect();
    let step = edges.len().div_ceil(10).max(1);
    let kept = edges.iter().enumerate().filter(|(index, _)| index % step == 0 || index + 1 == edges.len());
    let kept: Vec<_> = kept.map(|(_, edge)| *edge).collect();
    let upper = kept.iter().map(|(day, (_, high))| (*day, *high));
    upper.chain(kept.iter().rev().map(|(day, (low, _))| (*day, *low))).collect()
}

/// By steps from point to point, which is half as long as by coordinates; nothing for a single point.
fn path(class: &str, points: impl Iterator<Item = (f64, f64)>) -> String {
    let tenths = |(x, y): (f64, f64)| (x, (y * 10.0).round() / 10.0);
    let points: Vec<(f64, f64)> = points.map(tenths).collect();
    let Some((start, _)) = points.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return String::new();
    };
    let mut text = format!("<path class=\"{class}\" d=\"M{} {}l", short(start.0), short(start.1));
    for (index, pair) in points.windows(2).enumerate() {
        for (part, step) in [pair[1].0 - pair[0].0, pair[1].1 - pair[0].1].into_iter().enumerate() {
            let step = short(step);
            let is_first = index + part == 0;
            text += if is_first || step.starts_with('-') { "" } else { " " };
            text += &step;
        }
    }
    text + "\"/>"
}

fn is_below(gap: &Gap, end: Point) -> bool {
    let day = gap.band.iter().rfind(|e| e.day <= end.day);
    day.and_then(|e| e.band).is_some_and(|(low, _)| end.value < low)
}

/// Every n-th point, and always the last.
fn thinned(points: &[Point]) -> Vec<Point> {
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    let mut kept: Vec<Point> = points.iter().rev().step_by(step).copied().collect();
    kept.reverse();
    kept
}

/// "12", ".4", "-3.5".
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    match text.split_once('.') {
        Some(("0", rest)) => format!(".{rest}"),
        Some(("-0", rest)) => format!("-.{rest}"),
        _ if text == "-0" => "0".into(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sinking(to: f64) -> Gap {
        let points = (0..=47).map(|day| Point { day, value: to * f64::from(day) / 47.0 }).collect();
        let band =
            (0..=90).step_by(10).map(|day| Estimate { day, value: 0.0, band: Some((-8.0, 8.0)) }).collect();
        Gap { points, band, checkpoints: vec![30, 60, 90] }
    }

    #[test]
    fn the_graphic_says_what_it_shows() {
        assert!(draw(&sinking(-17.0)).contains(r#"aria-label="Day 47: −17 points against expected""#));
        assert!(draw(&Gap::default()).contains(r#"aria-label="No data yet""#));
    }

    #[test]
    fn the_end_is_red_only_below_the_band() {
        assert!(draw(&sinking(-17.0)).contains("end below"));
        assert!(!draw(&sinking(-7.0)).contains("end below"));
        assert!(!draw(&Gap { band: Vec::new(), ..sinking(-17.0) }).contains("end below"));
    }

    #[test]
    fn what_is_beyond_the_scale_lies_on_its_edge() {
        assert!(draw(&sinking(-400.0)).contains(r#"cy="33""#));
        assert!(draw(&sinking(400.0)).contains(r#"cy="3""#));
        let odd = Gap {
            points: vec![Point { day: 400, value: f64::NAN }, Point { day: 400, value: 1.0 }],
            ..sinking(0.0)
        };
        assert!(!draw(&odd).contains("NaN"));
    }

    #[test]
    fn twenty_five_rows_leave_room_on_a_thirty_kilobyte_page() {
        assert!(draw(&sinking(-17.0)).len() < 800, "{}", draw(&sinking(-17.0)).len());
    }
}
