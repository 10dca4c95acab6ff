//! Where days and values lie on the drawing.

use super::{Chart, Estimate, Size, View, marks};
use crate::web::unit::Unit;

const MOST_COLUMNS: u16 = 60;

/// The plot rectangle and the two scales.
#[derive(Debug)]
pub struct Frame {
    pub size: Size,
    pub width: f64,
    pub height: f64,
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    last_day: u16,
    low: f64,
    high: f64,
    step: f64,
}

impl Frame {
    pub fn of(chart: &Chart, view: View, size: Size) -> Self {
        let (low, high, step) = values(chart, view);
        let (width, height, left, right, top, bottom) = match size {
            Size::Wide => (1000.0, 440.0, 60.0, 784.0, 46.0, 382.0),
            // Room below for a key of the lines.
            Size::Narrow => {
                (400.0, 384.0 + 22.0 * marks::keyed(chart).len() as f64, 54.0, 386.0, 36.0, 318.0)
            }
        };
        Self { size, width, height, left, right, top, bottom, last_day: last_day(chart), low, high, step }
    }

    pub fn x(&self, day: u16) -> f64 {
        self.left + f64::from(day.min(self.last_day)) / f64::from(self.last_day) * (self.right - self.left)
    }

    /// Held inside the plot.
    pub fn y(&self, value: f64) -> f64 {
        let share = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        self.bottom - share * (self.bottom - self.top)
    }

    pub fn shows(&self, day: u16) -> bool {
        day <= self.last_day
    }

    /// Values that get a line and a name.
    pub fn value_ticks(&self) -> Vec<f64> {
        std::iter::successors(Some(self.low), |tick| Some(tick + self.step))
            .take_while(|tick| *tick <= self.high + self.step * 0.01)
            .collect()
    }

    pub fn day_ticks(&self) -> Vec<u16> {
        let most = match self.size {
            Size::Wide => 9,
            Size::Narrow => 6,
        };
        let step = [1, 2, 5, 7, 15, 30, 60, 90, 180, 365, 730];
        let step = step.into_iter().find(|step| self.last_day / step < most).unwrap_or(7_300);
        (0..=self.last_day).step_by(step.into()).collect()
    }

    /// First and last day of each week, for the columns one can point at; years are cut coarser.
    pub fn weeks(&self) -> Vec<(u16, u16)> {
        let step = 7 * self.last_day.div_ceil(7 * MOST_COLUMNS);
        let starts = (0..=self.last_day).step_by(step.into());
        starts.map(|day| (day, self.last_day.min(day.saturating_add(step - 1)))).collect()
    }
}

/// Far enough for the checkpoints, the forecast and today, whatever they are.
fn last_day(chart: &Chart) -> u16 {
    let checkpoints = chart.checkpoints.iter().map(|c| c.day);
    let estimates = chart.expected.iter().chain(&chart.forecast).map(|e| e.day);
    let actual = chart.actual.iter().map(|p| p.day);
    checkpoints.chain(estimates).chain(actual).chain([chart.today, 1]).max().unwrap_or(1)
}

/// Lowest, highest and step: from 0, to 100 for shares; around 0 for differences.
fn values(chart: &Chart, view: View) -> (f64, f64, f64) {
    let estimates = chart.expected.iter().chain(&chart.forecast);
    let edges = |e: &Estimate| e.band.map_or([e.value; 2], |(low, high)| [low, high]);
    let lines = chart.actual.iter().map(|p| p.value).chain(estimates.clone().map(|e| e.value));
    let levels = chart.target.iter().chain(&chart.failure).map(|l| l.value);
    let drawn: Vec<f64> = match (view, &chart.unit) {
        // A band of shares may be computed past 100; only a value may stretch the scale.
        (View::Curve, Unit::Share) => lines.chain(levels).collect(),
        _ => lines.chain(levels).chain(estimates.flat_map(edges)).collect(),
    };
    let high = drawn.iter().copied().fold(0.0, f64::max);
    let low = drawn.iter().copied().fold(0.0, f64::min);
    match (view, &chart.unit) {
        (View::Curve, Unit::Share) if low >= 0.0 && high <= 100.0 => (0.0, 100.0, 25.0),
        (View::Gap, Unit::Share) if low >= -30.0 && high <= 30.0 => (-30.0, 30.0, 10.0),
        (View::Gap, _) => {
            let step = nice((-low).max(high) / 3.0);
            (-3.0 * step, 3.0 * step, step)
        }
        (View::Curve, _) => {
            let step = nice((high - low) / 4.0);
            let down = (low / step).floor() * step;
            (down, (high / step).ceil().max(1.0) * step, step)
        }
    }
}

/// The next of 1, 2, 5, 10 … at or above `step`.
fn nice(step: f64) -> f64 {
    if step <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= step * 0.999);
    factor.unwrap_or(10.0) * power
}
