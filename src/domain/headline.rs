//! Sentences a CSM would say aloud: one function each, the same on every face.

use crate::{
    plan::MeasurementPlan,
    progress::{MetricProgress, Progress},
    status::DataState,
};

/// The headline of a progress: the gap, what shows it, and how fresh the data is.
pub fn of(plan: &MeasurementPlan, progress: &Progress) -> String {
    let day = progress.day;
    let Some(status) = progress.current_status else {
        let first =
            plan.next_open().map_or(String::new(), |c| format!(", the {} is on day {}", c.title(), c.day));
        return format!("No data yet on day {day}{first}.");
    };
    let lead = progress.reasons.iter().find_map(|reason| {
        progress.metrics_progress.iter().find(|metric| Some(&metric.metric) == reason.metric.as_ref())
    });
    let shown = lead.map_or(String::new(), |metric| format!(": {}", metric_line(metric)));
    let sentence = match progress.gap_points {
        Some(gap) if gap.abs() >= 0.5 => {
            let side = if gap < 0.0 { "below" } else { "above" };
            format!(
                "{}, {:.0} points {side} expected on day {day}{shown}",
                capital(status.words()),
                gap.abs()
            )
        }
        _ => format!("{}, as expected on day {day}{shown}", capital(status.words())),
    };
    match progress.data_state {
        DataState::Stale => format!("{sentence}. Last known: some data stopped."),
        _ => format!("{sentence}."),
    }
}

/// `Active seats 40 % against 58 % expected`.
pub fn metric_line(metric: &MetricProgress) -> String {
    let name = &metric.name;
    match (metric.current, metric.expected) {
        (Some(current), Some(expected)) => {
            format!(
                "{name} {} against {} expected",
                amount(current, &metric.unit),
                amount(expected, &metric.unit)
            )
        }
        (Some(current), None) => {
            format!("{name} {}, no baseline to compare with", amount(current, &metric.unit))
        }
        (None, _) => format!("{name} has no data yet"),
    }
}

/// A value with its unit: `40 %`, `1,250 calls`, `4.2 points`.
pub fn amount(value: f64, unit: &str) -> String {
    let digits = usize::from(!(value.abs() >= 100.0 || value.fract().abs() < 0.05 || unit == "%"));
    let rounded = format!("{value:.digits$}");
    let (whole, fraction) = rounded.split_once('.').map_or((rounded.as_str(), ""), |(w, f)| (w, f));
    let sign = if whole.starts_with('-') { "−" } else { "" };
    let figures = grouped(whole.trim_start_matches('-'));
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{figures}{dot}{fraction} {unit}").trim_end().to_owned()
}

fn grouped(digits: &str) -> String {
    let from_right = digits.len() - 1;
    digits.chars().enumerate().fold(String::new(), |mut text, (index, digit)| {
        text.push(digit);
        if from_right > index && (from_right - index).is_multiple_of(3) {
            text.push(',');
        }
        text
    })
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        assert_eq!(amount(40.4, "%"), "40 %");
        assert_eq!(amount(12345.0, "calls"), "12,345 calls");
        assert_eq!(amount(4.25, "points"), "4.2 points");
        assert_eq!(amount(-17.0, "points"), "−17 points");
    }
}
