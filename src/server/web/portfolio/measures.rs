//! The four measures of success as the strip above the rows: value, target, and the count they stand on.

use crate::web::{format, pages::portfolio::Measure};
use domain::analysis::{
    figure::Figure,
    measures::{Coverage, Measures},
};

pub fn strip(measures: &Measures) -> Vec<Measure> {
    let Measures { coverage, adoption_success, value_realisation, expansion_churn } = measures;
    vec![
        Measure {
            href: Some("/?plan=missing".to_owned()),
            ..measure(
                "Upsells with a plan",
                &coverage.since_close,
                "target 100%",
                basis_of_coverage(coverage),
            )
        },
        measure(
            "On track at the last checkpoint",
            &adoption_success.strict,
            "target over 70%",
            basis(&adoption_success.strict, "that reached it"),
        ),
        measure(
            "Goals achieved",
            &value_realisation.strict,
            "target over 80%",
            basis(&value_realisation.strict, "goals due"),
        ),
        measure(
            "First-year churn on expansion",
            &expansion_churn.by_count,
            "target under 10%",
            basis(&expansion_churn.by_count, "expansions"),
        ),
    ]
}

fn measure(name: &str, figure: &Figure, target: &str, basis: String) -> Measure {
    Measure { name: name.to_owned(), value: value(figure), target: target.to_owned(), basis, href: None }
}

fn value(figure: &Figure) -> String {
    match figure {
        Figure::Share { count, of, percent, .. } => match percent.round() {
            // All means all: the last of a thousand is not rounded away.
            whole if whole >= 100.0 && count < of => "99%".to_owned(),
            _ => format::percent(*percent),
        },
        Figure::YearOne { percent, .. } => format::percent(*percent),
        Figure::Days { .. } | Figure::NotEnoughData { .. } => format::NOTHING.to_owned(),
    }
}

fn basis_of_coverage(coverage: &Coverage) -> String {
    match &coverage.since_close {
        Figure::Share { count, of, .. } if count < of => {
            format!("{} of {of} without, 48 h after the close", of - count)
        }
        figure => basis(figure, "closed over 48 h ago"),
    }
}

/// "143 of 176 goals due"; below the sample limit what is missing is said.
fn basis(figure: &Figure, of_what: &str) -> String {
    match figure {
        Figure::Share { count, of, .. } => format!("{count} of {of} {of_what}"),
        Figure::YearOne { ended, of, low, high, .. } => {
            format!("{ended} of {of} {of_what} ended; {:.0} to {:.0}%", low.round(), high.round())
        }
        Figure::Days { of, .. } => format!("of {of} {of_what}"),
        Figure::NotEnoughData { of, needed, .. } => format!("too few to say: {of} of {needed} {of_what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_says_what_it_stands_on_and_too_few_say_so() {
        let share = Figure::share(143, 176, 8);
        assert_eq!(
            (value(&share).as_str(), basis(&share, "goals due").as_str()),
            ("81%", "143 of 176 goals due")
        );
        let few = Figure::share(2, 3, 8);
        assert_eq!(value(&few), format::NOTHING);
        assert_eq!(basis(&few, "goals due"), "too few to say: 3 of 8 goals due");
    }

    #[test]
    fn nearly_all_is_not_all() {
        assert_eq!(value(&Figure::share(999, 1000, 1)), "99%");
        assert_eq!(value(&Figure::share(1000, 1000, 1)), "100%");
    }
}
