//! The same measurement as its distance to the expected curve.

use super::{Chart, Estimate, Level, Point, at};

/// Every value less the expected value of its day; the levels, which are values, fall away.
pub fn of(chart: &Chart) -> Chart {
    let expected_on = |day| at(&chart.expected, day).map(|e| e.value);
    let actual = |p: &Point| Some(Point { day: p.day, value: p.value - expected_on(p.day)? });
    let less = |e: &Estimate| {
        let base = expected_on(e.day)?;
        let band = e.band.map(|(low, high)| (low - base, high - base));
        Some(Estimate { day: e.day, value: e.value - base, band })
    };
    Chart {
        actual: chart.actual.iter().filter_map(actual).collect(),
        expected: chart.expected.iter().filter_map(less).collect(),
        forecast: chart.forecast.iter().filter_map(less).collect(),
        target: None::<Level>,
        failure: None,
        ..chart.clone()
    }
}
