//! One customer in three states, for tests and for looking at.

use super::{Annotation, Chart, Checkpoint, Estimate, Level, Point};
use crate::web::unit::Unit;

fn similar(day: u16) -> Estimate {
    let grown = |day: u16| 1.0 / (1.0 + (-(f64::from(day) - 36.5) / 11.5).exp());
    let value = 81.0 * (grown(day) - grown(0)) / (grown(90) - grown(0));
    let room = 1.5 + 11.0 * (f64::from(day) / 90.0 * 2.6).sin().abs();
    Estimate { day, value, band: Some(((value - room).max(0.0), (value + room).min(100.0))) }
}

/// The customer of the picture: 40% on day 47, 17 points behind.
pub fn northwind() -> Chart {
    let steps = [0.0, 1.5, 1.5, 4.0, 5.0, 8.0, 11.0, 12.0, 16.5, 17.0, 22.0, 24.5, 27.0, 32.5, 36.0, 40.2];
    let actual = (0..=47).map(|day| Point { day, value: steps[usize::from(day) / 3] }).collect();
    let forecast = (47..=90).map(|day| {
        let share = f64::from(day - 47) / 43.0;
        let value = 40.2 + 26.0 * (1.0 - (1.0 - share).powi(2)) * 0.96;
        Estimate { day, value, band: Some((value - 8.0 * share, value + 7.0 * share)) }
    });
    let checkpoint = |day, label: &str, is_done| Checkpoint { day, label: label.into(), is_done };
    Chart {
        id: "seats".into(),
        title: "Seats active, Northwind Traders".into(),
        unit: Unit::Share,
        actual,
        expected: (0..=90).map(similar).collect(),
        expected_name: "Similar customers".into(),
        forecast: forecast.collect(),
        target: Some(Level { value: 75.0, label: "Target 75% at day 90".into() }),
        failure: Some(Level { value: 45.0, label: "Below 45% at day 90: failed".into() }),
        checkpoints: vec![
            checkpoint(30, "30-day check", true),
            checkpoint(60, "60-day review", false),
            checkpoint(90, "90-day assessment", false),
        ],
        annotations: vec![Annotation { day: 12, text: "Admin training".into() }],
        today: 47,
        is_stale: false,
    }
}

pub fn stale() -> Chart {
    let mut chart = northwind();
    chart.actual.truncate(36);
    Chart { is_stale: true, forecast: Vec::new(), ..chart }
}

pub fn empty() -> Chart {
    let chart = northwind();
    let checkpoints = chart.checkpoints.iter().map(|c| Checkpoint { is_done: false, ..c.clone() }).collect();
    let (actual, forecast, annotations) = (Vec::new(), Vec::new(), Vec::new());
    Chart { actual, forecast, annotations, checkpoints, today: 3, ..chart }
}
