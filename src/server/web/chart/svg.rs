//! Writing SVG: numbers, text, paths and the element around it all.

use std::fmt::Write;

use super::frame::Frame;
use super::{Chart, Size, View};

/// One decimal is a tenth of a pixel.
pub fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let short = text.strip_suffix(".0").unwrap_or(&text);
    if short == "-0" { "0".into() } else { short.into() }
}

pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// "M0 0L10 5 20 7".
pub fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut text = String::new();
    for (index, (x, y)) in points.into_iter().enumerate() {
        let lead = match index {
            0 => "M",
            1 => "L",
            _ => " ",
        };
        let _ = write!(text, "{lead}{} {}", number(x), number(y));
    }
    text
}

pub fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> String {
    format!(r#"<path class="{class}" d="{}"/>"#, path([from, to]))
}

pub fn dot(class: &str, (x, y): (f64, f64), radius: f64) -> String {
    format!(r#"<circle class="{class}" cx="{}" cy="{}" r="{}"/>"#, number(x), number(y), number(radius))
}

/// The whole drawing, with its name and its story for those who do not see it.
pub fn document(frame: &Frame, chart: &Chart, view: View, marks: &[String], words: &[String]) -> String {
    let size = match frame.size {
        Size::Wide => "wide",
        Size::Narrow => "narrow",
    };
    let id = format!("{}-{size}", escaped(&chart.id));
    format!(
        "<svg class=\"chart {size}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n\
         <title id=\"{id}-title\">{title}</title>\n\
         <desc id=\"{id}-desc\">{story}</desc>\n\
         {marks}\n{words}\n</svg>\n",
        width = number(frame.width),
        height = number(frame.height),
        title = escaped(&chart.title),
        story = escaped(&super::words::story(chart, view)),
        marks = marks.join("\n"),
        words = words.join("\n"),
    )
}
