//! The drawings as checked-in pictures, and what holds for every drawing.

use super::samples::{empty, northwind, stale};
use super::*;

fn one_value(day: u16, value: f64, unit: Unit) -> Chart {
    Chart { actual: vec![Point { day, value }], forecast: Vec::new(), today: day, unit, ..northwind() }
}

/// Shapes that break drawings: nothing, one point, zeros, too much, too late, no numbers.
fn odd_charts() -> Vec<Chart> {
    let flat = |value| Chart {
        actual: (0..=60).map(|day| Point { day, value }).collect(),
        expected: (0..=90).map(|day| Estimate { day, value, band: Some((value, value)) }).collect(),
        target: Some(Level { value, label: "Target".into() }),
        failure: Some(Level { value, label: "Failed".into() }),
        ..northwind()
    };
    let mut charts = vec![northwind(), stale(), empty(), flat(0.0), flat(100.0), flat(180.0)];
    for unit in [Unit::Share, Unit::Number, Unit::Money("USD".into())] {
        for value in [0.0, 0.03, 7.5, 99.9, 140.0, 1.0e9, -40.0, f64::NAN, f64::INFINITY] {
            charts.extend([0, 47, 89, 90, 400, u16::MAX].map(|day| one_value(day, value, unit.clone())));
        }
    }
    let crowd = |day| Checkpoint { day, label: "Check with a long name".into(), is_done: day < 40 };
    let notes = (0..90).step_by(4).map(|day| Annotation { day, text: "Contact changed".into() }).collect();
    charts.push(Chart {
        checkpoints: (1..14).map(|n| crowd(n * 7)).collect(),
        annotations: notes,
        ..northwind()
    });
    charts.push(Chart {
        expected: Vec::new(),
        target: None,
        failure: None,
        checkpoints: Vec::new(),
        ..northwind()
    });
    charts.push(Chart {
        expected_name: "Customers that bought very much the same thing".into(),
        ..northwind()
    });
    charts
}

fn every_way(mut look: impl FnMut(&Chart, View, Size)) {
    for chart in odd_charts() {
        for (view, size) in [
            (View::Curve, Size::Wide),
            (View::Curve, Size::Narrow),
            (View::Gap, Size::Wide),
            (View::Gap, Size::Narrow),
        ] {
            look(&chart, view, size);
        }
    }
}

#[test]
fn no_label_boxes_overlap() {
    every_way(|chart, view, size| {
        let seen = if view == View::Gap { difference::of(&chart.finite()) } else { chart.finite() };
        let frame = Frame::of(&seen, view, size);
        let mut sheet = Sheet::new(&frame, marks::obstacles(&seen, &frame));
        layout::place(&seen, view, &frame, &mut sheet);
        let boxes = sheet.bounds();
        for (index, one) in boxes.iter().enumerate() {
            assert!(
                one.left >= 0.0 && one.right <= frame.width && one.bottom <= frame.height,
                "{chart:?} {one:?}"
            );
            assert!(boxes[..index].iter().all(|other| !one.touches(other)), "{chart:?} {view:?} {size:?}");
        }
    });
}

#[test]
fn all_coordinates_are_finite_and_on_the_sheet() {
    every_way(|chart, view, size| {
        let drawing = draw(chart, view, size);
        assert!(!drawing.contains("NaN") && !drawing.contains("inf"), "{drawing}");
        for (_, path) in drawing.match_indices(" d=\"").map(|(at, lead)| (at, &drawing[at + lead.len()..])) {
            let path = &path[..path.find('"').unwrap()];
            for number in
                path.split(|c: char| c.is_ascii_alphabetic() || c == ' ').filter(|part| !part.is_empty())
            {
                let number: f64 = number.parse().unwrap_or_else(|_| panic!("{path}"));
                assert!((-30.0..=1000.0).contains(&number), "{path}");
            }
        }
    });
}

#[test]
fn colours_come_from_class_names_only() {
    every_way(|chart, view, size| {
        let drawing = draw(chart, view, size);
        assert!(
            !drawing.contains("style=") && !drawing.contains("stroke=") && !drawing.contains('#')
                || drawing.contains("url(#")
        );
    });
}

#[test]
fn customer_text_cannot_leave_its_element() {
    let evil = "</title><script>alert(1)</script>\"'";
    let note = Annotation { day: 12, text: evil.into() };
    let level = Level { value: 50.0, label: evil.into() };
    let chart = Chart {
        title: evil.into(),
        expected_name: evil.into(),
        annotations: vec![note],
        target: Some(level),
        ..northwind()
    };
    assert!(!draw(&chart, View::Curve, Size::Wide).contains("<script"));
}

#[test]
fn the_story_tells_value_expectation_gap_and_forecast() {
    let drawing = draw(&northwind(), View::Curve, Size::Wide);
    for part in
        ["Today, day 47: 40%", "−17 points against expected", "Forecast 65% (57–72)", "Target 75% at day 90"]
    {
        assert!(drawing.contains(part), "{part} in {drawing}");
    }
}

#[test]
fn every_week_can_be_pointed_at() {
    let drawing = draw(&northwind(), View::Curve, Size::Wide);
    assert_eq!(drawing.matches("<rect class=\"week\"").count(), 13);
    assert!(drawing.contains("<title>Day 47: actual 40%, expected"));
}

/// Set `UPTAKE_DRAW=1` to accept the drawings as they are now.
#[test]
fn the_drawings_are_those_checked_in() {
    for (name, chart, view, size) in [
        ("curve", northwind(), View::Curve, Size::Wide),
        ("curve-narrow", northwind(), View::Curve, Size::Narrow),
        ("gap", northwind(), View::Gap, Size::Wide),
        ("stale", stale(), View::Curve, Size::Wide),
        ("empty", empty(), View::Curve, Size::Wide),
    ] {
        let path = format!("{}/web/chart/snapshots/{name}.svg", env!("CARGO_MANIFEST_DIR"));
        let drawing =
            draw(&chart, view, size).replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1);
        if std::env::var_os("UPTAKE_DRAW").is_some() {
            std::fs::write(&path, &drawing).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), drawing, "{name}.svg differs");
    }
}
