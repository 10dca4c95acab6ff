//! One measured figure, its floor, its goal.

use serde::Serialize;
use std::time::Duration;

/// A figure beside what the bare work reached in the same run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    pub work: String,
    pub value: f64,
    pub unit: &'static str,
    pub floor: f64,
    /// What the floor is.
    pub against: String,
    /// Value ÷ floor.
    pub ratio: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_met: Option<bool>,
    /// What else was seen.
    pub notes: String,
}

/// What was aimed at.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// Share of the floor.
    Ratio(f64),
    AtLeast(f64),
    AtMost(f64),
}

impl Figure {
    pub fn new(work: impl Into<String>, value: f64, unit: &'static str, against: &str, floor: f64) -> Self {
        Self {
            work: work.into(),
            value,
            unit,
            floor,
            against: against.to_owned(),
            ratio: value / floor,
            goal: None,
            is_met: None,
            notes: String::new(),
        }
    }

    #[must_use]
    pub fn goal(mut self, goal: Goal) -> Self {
        let (words, is_met) = match goal {
            Goal::Ratio(share) => (format!("ratio >= {share}"), self.ratio >= share),
            Goal::AtLeast(least) => (format!(">= {}", short(least)), self.value >= least),
            Goal::AtMost(most) => (format!("<= {}", short(most)), self.value <= most),
        };
        (self.goal, self.is_met) = (Some(words), Some(is_met));
        self
    }

    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes = note.into();
        self
    }
}

/// A table of all of them, each with its notes on the line below.
pub fn print(figures: &[Figure]) {
    let width = figures.iter().map(|figure| figure.work.chars().count()).max().unwrap_or(0);
    say!("{:<width$}  {:>16}  {:>12}  {:>7}  {:<15} met", "", "measured", "floor", "ratio", "goal");
    for figure in figures {
        let met = match figure.is_met {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "-",
        };
        say!(
            "{:<width$}  {:>10} {:<5}  {:>12}  {:>7.2}  {:<15} {met}",
            figure.work,
            short(figure.value),
            figure.unit,
            short(figure.floor),
            figure.ratio,
            figure.goal.as_deref().unwrap_or("-"),
        );
        say!("    floor: {}", figure.against);
        if !figure.notes.is_empty() {
            say!("    {}", figure.notes);
        }
    }
}

/// Three digits that count.
pub fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 10_000.0 => format!("{:.1} k", value / 1000.0),
        large if large >= 100.0 => format!("{value:.0}"),
        small if small >= 1.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

/// How long calls took, sorted.
#[derive(Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Milliseconds within which this share of the calls was done.
    pub fn ms(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let at = ((self.0.len() as f64 * share).ceil() as usize).saturating_sub(1).min(last);
        self.0.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }

    pub fn words(&self) -> String {
        format!("p50 {} ms, p99 {} ms of {} calls", short(self.ms(0.5)), short(self.ms(0.99)), self.len())
    }
}

pub fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// The middle one; of an even number the upper of both.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_held_against_the_ratio_or_the_value() {
        let figure = || Figure::new("work", 40.0, "/s", "bare", 100.0);
        assert_eq!(figure().goal(Goal::Ratio(0.5)).is_met, Some(false));
        assert_eq!(figure().goal(Goal::Ratio(0.4)).is_met, Some(true));
        assert_eq!(figure().goal(Goal::AtLeast(41.0)).is_met, Some(false));
        assert_eq!(figure().goal(Goal::AtMost(41.0)).is_met, Some(true));
    }

    #[test]
    fn the_99th_percentile_of_a_hundred_is_the_99th() {
        let times = Times::of((1..=100).rev().map(Duration::from_millis).collect());
        assert_eq!((times.ms(0.5), times.ms(0.99)), (50.0, 99.0));
        assert_eq!(Times::of(vec![Duration::from_millis(7)]).ms(0.99), 7.0);
    }
}
