//! Text on the drawing, placed so that no two pieces touch.

use super::frame::Frame;
use super::svg::{dot, escaped, number};

const PADDING: f64 = 2.0;
/// Room for the mark in front of a checkpoint's name.
const LEAD: f64 = 18.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A mark in front of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    Done,
    Due,
}

/// A piece of text at its baseline.
#[derive(Debug, Clone)]
pub struct Label {
    pub x: f64,
    pub y: f64,
    pub anchor: Anchor,
    pub class: &'static str,
    pub text: String,
    pub lead: Option<Lead>,
}

#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Bounds {
    pub fn touches(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn holds(&self, (x, y): (f64, f64)) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }

    fn is_within(&self, outer: &Self) -> bool {
        outer.left <= self.left
            && self.right <= outer.right
            && outer.top <= self.top
            && self.bottom <= outer.bottom
    }
}

impl Label {
    pub fn new(x: f64, y: f64, anchor: Anchor, class: &'static str, text: impl Into<String>) -> Self {
        Self { x, y, anchor, class, text: text.into(), lead: None }
    }

    pub fn at(&self, x: f64, y: f64, anchor: Anchor) -> Self {
        Self { x, y, anchor, ..self.clone() }
    }

    pub fn bounds(&self) -> Bounds {
        let is_bold = matches!(self.class, "today" | "gap" | "check" | "to-come");
        let width = width_of(&self.text) * if is_bold { 1.03 } else { 1.0 };
        let lead = if self.lead.is_some() { LEAD } else { 0.0 };
        let left = match self.anchor {
            Anchor::Start => self.x,
            Anchor::Middle => self.x - f64::midpoint(width, lead),
            Anchor::End => self.x - width - lead,
        };
        Bounds {
            left: left - PADDING,
            top: self.y - 12.5 - PADDING,
            right: left + lead + width + PADDING,
            bottom: self.y + 3.5 + PADDING,
        }
    }

    fn draw(&self) -> String {
        let left = self.bounds().left + PADDING;
        // After a mark the text starts; centred, it would drift away from it.
        let (x, anchor) = match (self.lead, self.anchor) {
            (Some(_), _) => (left + LEAD, ""),
            (None, Anchor::Start) => (self.x, ""),
            (None, Anchor::Middle) => (self.x, " text-anchor=\"middle\""),
            (None, Anchor::End) => (self.x, " text-anchor=\"end\""),
        };
        let (class, x, y) = (self.class, number(x), number(self.y));
        let text =
            format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{anchor}>{}</text>", escaped(&self.text));
        let middle = self.y - 4.6;
        match self.lead {
            None => text,
            Some(Lead::Due) => dot("due", (left + 6.0, middle), 4.5) + &text,
            Some(Lead::Done) => {
                let (from, low) = (number(left + 1.5), number(middle + 0.5));
                format!("<path class=\"done\" d=\"M{from} {low}l3.2 3.4 6 -7.4\"/>{text}")
            }
        }
    }
}

/// All text placed so far and the lines it should keep off.
#[derive(Debug)]
pub struct Sheet {
    area: Bounds,
    lines: Vec<(f64, f64)>,
    placed: Vec<Label>,
    ties: Vec<String>,
}

impl Sheet {
    pub fn new(frame: &Frame, lines: Vec<(f64, f64)>) -> Self {
        let area = Bounds { left: 0.0, top: 0.0, right: frame.width, bottom: frame.height };
        Self { area, lines, placed: Vec::new(), ties: Vec::new() }
    }

    /// Takes the first place that is free and covers least of the lines; without one the text is left out.
    pub fn place(&mut self, places: impl IntoIterator<Item = Label>) -> Option<Bounds> {
        let free = places.into_iter().filter(|label| self.is_free(&label.bounds()));
        let best = free.min_by_key(|label| self.covered(&label.bounds()))?;
        let bounds = best.bounds();
        self.placed.push(best);
        Some(bounds)
    }

    /// Adds what ties a label to its place.
    pub fn tie(&mut self, mark: String) {
        self.ties.push(mark);
    }

    pub fn draw(&self) -> Vec<String> {
        self.ties.iter().cloned().chain(self.placed.iter().map(Label::draw)).collect()
    }

    #[cfg(test)]
    pub fn bounds(&self) -> Vec<Bounds> {
        self.placed.iter().map(Label::bounds).collect()
    }

    fn is_free(&self, bounds: &Bounds) -> bool {
        bounds.is_within(&self.area) && !self.placed.iter().any(|other| other.bounds().touches(bounds))
    }

    fn covered(&self, bounds: &Bounds) -> usize {
        self.lines.iter().filter(|point| bounds.holds(**point)).count()
    }
}

/// Baselines as near to the wanted ones as a distance of `gap` between `top` and `bottom` lets them be.
pub fn spread(wanted: &[f64], gap: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut placed: Vec<f64> = order.iter().map(|index| wanted[*index].clamp(top, bottom)).collect();
    for index in 1..placed.len() {
        placed[index] = placed[index].max(placed[index - 1] + gap);
    }
    let mut floor = bottom;
    for y in placed.iter_mut().rev() {
        *y = y.min(floor);
        floor = *y - gap;
    }
    let mut result = vec![0.0; wanted.len()];
    for (rank, index) in order.into_iter().enumerate() {
        result[index] = placed[rank];
    }
    result
}

/// What the text takes at 14 pixels in Inter, a little more rather than less.
fn width_of(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            ' ' | 'I' | 'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '!' => 4.4,
            'f' | 'r' | 't' | '(' | ')' | '/' | '[' | ']' | '|' => 5.7,
            's' | '*' | '?' | '"' | '-' | '–' => 7.6,
            'M' | 'W' | 'm' | 'w' | '%' | '@' | '…' => 13.6,
            'a'..='z' => 8.9,
            'A'..='Z' => 10.8,
            _ if c.is_ascii() || c == '−' => 9.4,
            _ if c < '\u{2e80}' => 10.8,
            _ => 15.0,
        })
        .sum()
}
