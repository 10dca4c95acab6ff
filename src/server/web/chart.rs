//! The measurement chart: what was reached, what was expected and where it is heading, by day since close.

mod difference;
mod frame;
mod label;
mod layout;
mod marks;
#[cfg(test)]
pub mod samples;
mod svg;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;

use super::unit::Unit;
use frame::Frame;
use label::Sheet;

/// Everything one chart shows. Values of a share run from 0 to 100.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Unique on its page; prefixes the ids inside the drawing.
    pub id: String,
    /// What is drawn, for those who do not see it: "Seats active, Northwind Traders".
    pub title: String,
    pub unit: Unit,
    /// In order of days.
    pub actual: Vec<Point>,
    /// Where it should be, from close to the last checkpoint.
    pub expected: Vec<Estimate>,
    /// Whose curve that is: "Similar customers" or "Plan".
    pub expected_name: String,
    /// Where it is heading, from today on.
    pub forecast: Vec<Estimate>,
    pub target: Option<Level>,
    pub failure: Option<Level>,
    pub checkpoints: Vec<Checkpoint>,
    pub annotations: Vec<Annotation>,
    pub today: u16,
    /// The data ends before today: the line ends and the days since are hatched.
    pub is_stale: bool,
}

/// A value that was observed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub day: u16,
    pub value: f64,
}

/// A value that is believed, with its band when enough is known to draw one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub day: u16,
    pub value: f64,
    pub band: Option<(f64, f64)>,
}

/// A horizontal line: "Target 75% at day 90".
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    pub value: f64,
    pub label: String,
}

/// A day on which to look: "30-day check".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub day: u16,
    pub label: String,
    pub is_done: bool,
}

/// Something that happened: "Admin training".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    pub day: u16,
    pub text: String,
}

/// The values themselves, or their distance to the expected ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    Curve,
    Gap,
}

/// Where the drawing will stand: text keeps its size, so the two are laid out apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Wide,
    Narrow,
}

/// The chart as one SVG element. Colours come from class names only.
pub fn draw(chart: &Chart, view: View, size: Size) -> String {
    let seen = match view {
        View::Curve => Cow::Owned(chart.finite()),
        View::Gap => Cow::Owned(difference::of(&chart.finite())),
    };
    let frame = Frame::of(&seen, view, size);
    let mut sheet = Sheet::new(&frame, marks::obstacles(&seen, &frame));
    layout::place(&seen, view, &frame, &mut sheet);
    svg::document(&frame, &seen, view, &marks::draw(&seen, view, &frame), &sheet.draw())
}

impl Chart {
    /// Without what cannot be drawn: values that are no numbers or beyond all sense.
    fn finite(&self) -> Self {
        let is_fine = |value: f64| value.is_finite() && value.abs() < 1e12;
        let estimates = |of: &[Estimate]| -> Vec<Estimate> {
            let fine = of.iter().filter(|e| is_fine(e.value));
            fine.map(|e| Estimate {
                band: e.band.filter(|(low, high)| is_fine(*low) && is_fine(*high)),
                ..*e
            })
            .collect()
        };
        Self {
            actual: self.actual.iter().copied().filter(|p| is_fine(p.value)).collect(),
            expected: estimates(&self.expected),
            forecast: estimates(&self.forecast),
            target: self.target.clone().filter(|l| is_fine(l.value)),
            failure: self.failure.clone().filter(|l| is_fine(l.value)),
            ..self.clone()
        }
    }

    /// The last thing known.
    fn last(&self) -> Option<Point> {
        self.actual.last().copied()
    }

    /// The distance to the expected value at the last observation.
    fn gap(&self) -> Option<f64> {
        let last = self.last()?;
        Some(last.value - at(&self.expected, last.day)?.value)
    }
}

/// The estimate of a day, between its neighbours; the ends are held.
pub fn at(estimates: &[Estimate], day: u16) -> Option<Estimate> {
    let after = estimates.iter().position(|e| e.day >= day);
    let (left, right) = match after {
        None => return estimates.last().map(|e| Estimate { day, ..*e }),
        Some(0) => return estimates.first().map(|e| Estimate { day, ..*e }),
        Some(index) => (estimates[index - 1], estimates[index]),
    };
    let share = f64::from(day - left.day) / f64::from((right.day - left.day).max(1));
    let between = |from: f64, to: f64| from + (to - from) * share;
    let band = left.band.zip(right.band).map(|(l, r)| (between(l.0, r.0), between(l.1, r.1)));
    Some(Estimate { day, value: between(left.value, right.value), band })
}
