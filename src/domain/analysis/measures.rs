//! The specification's four success measures, exact, in their strict and their known form (`methods.md` 9).

use super::{
    Case, Goals, churn,
    figure::{Figure, LEVEL, YEAR_DAYS},
};
use crate::{
    money::{Currency, Money},
    policy::Policy,
    status::Status,
    survival::weighted::{WeightedLifetime, weighted_survival, weighted_survival_interval},
};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const RESAMPLES: usize = 1000;
/// Fixed, so that the same cases give the same interval.
const SEED: u64 = 365;

/// The four success measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Measures {
    pub coverage: Coverage,
    /// Plans on track or exceeding at their last day ÷ plans that reached it. Aimed at: above 70 %.
    pub adoption_success: TwoForms,
    pub expansion_churn: ExpansionChurn,
    /// Goals achieved ÷ goals due. Aimed at: above 80 %.
    pub value_realisation: TwoForms,
}

/// Upsells with a plan ÷ upsells whose 48 hours are over; cancelled ones leave the base. Aimed at: 100 %.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    pub since_close: Figure,
    pub since_detection: Figure,
    /// Planned within 48 hours of detection, of the same base.
    pub in_time: Figure,
}

/// Strict counts the unknown as not reached; known leaves it out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TwoForms {
    pub strict: Figure,
    pub known: Figure,
}

/// Expansions ended within a year. Aimed at: below 10 %.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpansionChurn {
    pub by_count: Figure,
    /// The same, each expansion weighing its new ARR; currencies do not mix.
    pub by_arr: Vec<ArrChurn>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ArrChurn {
    pub currency: Currency,
    pub figure: Figure,
}

/// The four measures over all cases; shares that are predictions are told from `needed` cases on.
pub fn of(cases: &[Case], now: DateTime<Utc>, needed: usize, policy: &Policy) -> Measures {
    Measures {
        coverage: coverage(cases, now, policy),
        adoption_success: adoption_success(cases, needed),
        expansion_churn: expansion_churn(cases, needed),
        value_realisation: value_realisation(cases, needed),
    }
}

/// A census of what was promised, so told from the first case on.
fn coverage(cases: &[Case], now: DateTime<Utc>, policy: &Policy) -> Coverage {
    let promise = TimeDelta::hours(policy.plan_promise_hours);
    let due = |since: fn(&Case) -> DateTime<Utc>| -> Vec<&Case> {
        cases.iter().filter(|case| !case.is_ended && since(case) + promise <= now).collect()
    };
    let planned = |base: &[&Case]| base.iter().filter(|case| case.planned_at.is_some()).count() as u64;
    let (closed, detected) = (due(|case| case.closed_at), due(|case| case.detected_at));
    let in_time = detected
        .iter()
        .filter(|case| case.planned_at.is_some_and(|planned| planned <= case.detected_at + promise))
        .count() as u64;
    Coverage {
        since_close: Figure::share(planned(&closed), closed.len() as u64, 1),
        since_detection: Figure::share(planned(&detected), detected.len() as u64, 1),
        in_time: Figure::share(in_time, detected.len() as u64, 1),
    }
}

fn adoption_success(cases: &[Case], needed: usize) -> TwoForms {
    let reached: Vec<&Case> = cases.iter().filter(|case| case.reached_last_day).collect();
    let known: Vec<Status> = reached.iter().filter_map(|case| case.final_status).collect();
    let well = known.iter().filter(|status| status.is_well()).count() as u64;
    TwoForms {
        strict: Figure::share(well, reached.len() as u64, needed),
        known: Figure::share(well, known.len() as u64, needed),
    }
}

fn value_realisation(cases: &[Case], needed: usize) -> TwoForms {
    let due = cases.iter().filter(|case| case.reached_last_day).map(|case| case.goals);
    let sum = due.fold(Goals::default(), |sum, goals| Goals {
        achieved: sum.achieved + goals.achieved,
        missed: sum.missed + goals.missed,
        unknown: sum.unknown + goals.unknown,
        dropped: sum.dropped + goals.dropped,
    });
    let known = sum.achieved + sum.missed;
    TwoForms {
        strict: Figure::share(sum.achieved, known + sum.unknown + sum.dropped, needed),
        known: Figure::share(sum.achieved, known, needed),
    }
}

fn expansion_churn(cases: &[Case], needed: usize) -> ExpansionChurn {
    let all: Vec<&Case> = cases.iter().collect();
    let mut currencies: BTreeMap<Currency, Vec<&Case>> = BTreeMap::new();
    for case in &all {
        currencies.entry(case.arr.currency).or_default().push(case);
    }
    let by_arr = currencies
        .into_iter()
        .map(|(currency, cases)| ArrChurn { currency, figure: arr_churn(&cases, needed) });
    ExpansionChurn { by_count: churn(&all, needed), by_arr: by_arr.collect() }
}

fn arr_churn(cases: &[&Case], needed: usize) -> Figure {
    let counted = churn(cases, needed);
    let Figure::YearOne { ended, of, .. } = counted else { return counted };
    let weigh = |case: &&Case| {
        let Money { minor, .. } = case.arr;
        WeightedLifetime { lifetime: case.lifetime(), weight: minor.max(0) as f64 }
    };
    let weighted: Vec<WeightedLifetime> = cases.iter().map(weigh).collect();
    let survival = weighted_survival(&weighted, YEAR_DAYS);
    let interval = weighted_survival_interval(&weighted, YEAR_DAYS, LEVEL, RESAMPLES, SEED);
    survival.zip(interval).map_or_else(
        || Figure::too_few(of, needed as u64, "upsells with revenue followed for a year"),
        |(survival, interval)| Figure::YearOne {
            ended,
            of,
            percent: 100.0 * (1.0 - survival),
            low: 100.0 * (1.0 - interval.high),
            high: 100.0 * (1.0 - interval.low),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::example::case;

    fn now() -> DateTime<Utc> {
        case().closed_at + TimeDelta::days(100)
    }

    #[test]
    fn coverage_waits_48_hours_counts_from_both_clocks_and_leaves_cancelled_deals_out() {
        let fresh = Case { detected_at: now() - TimeDelta::hours(47), planned_at: None, ..case() };
        let late = Case { planned_at: Some(case().detected_at + TimeDelta::hours(49)), ..case() };
        let cancelled = Case { planned_at: None, is_ended: true, ..case() };
        let coverage = of(&[case(), fresh, late, cancelled], now(), 8, &Policy::default()).coverage;
        let counts = |figure: &Figure| match figure {
            Figure::Share { count, of, .. } => (*count, *of),
            other => panic!("{other:?}"),
        };
        assert_eq!(counts(&coverage.since_close), (2, 3));
        assert_eq!(counts(&coverage.since_detection), (2, 2));
        assert_eq!(counts(&coverage.in_time), (1, 2));
    }

    #[test]
    fn the_strict_form_counts_the_unknown_as_not_reached() {
        let well = |status| Case { reached_last_day: true, final_status: status, ..case() };
        let cases: Vec<Case> = std::iter::repeat_n(well(Some(Status::OnTrack)), 9)
            .chain(std::iter::repeat_n(well(None), 3))
            .chain([well(Some(Status::Behind)), Case { reached_last_day: false, ..case() }])
            .collect();
        let TwoForms { strict, known } = of(&cases, now(), 8, &Policy::default()).adoption_success;
        assert!(matches!(strict, Figure::Share { count: 9, of: 13, .. }), "{strict:?}");
        assert!(matches!(known, Figure::Share { count: 9, of: 10, .. }), "{known:?}");
    }

    #[test]
    fn a_goal_dropped_on_the_way_stays_due_in_the_strict_form() {
        let goals = Goals { achieved: 4, missed: 1, unknown: 1, dropped: 2 };
        let cases = vec![Case { reached_last_day: true, goals, ..case() }; 2];
        let TwoForms { strict, known } = of(&cases, now(), 8, &Policy::default()).value_realisation;
        assert!(matches!(strict, Figure::Share { count: 8, of: 16, .. }), "{strict:?}");
        assert!(matches!(known, Figure::Share { count: 8, of: 10, .. }), "{known:?}");
    }

    #[test]
    fn churn_by_revenue_weighs_the_large_ones_and_keeps_currencies_apart() {
        let lasted = |days, is_ended, minor| Case {
            observed_days: days,
            is_ended,
            arr: Money { minor, currency: Currency::USD },
            ..case()
        };
        let cases: Vec<Case> = std::iter::repeat_n(lasted(400, false, 10_000), 18)
            .chain(std::iter::repeat_n(lasted(100, true, 100_000), 2))
            .collect();
        let churn = of(&cases, now(), 8, &Policy::default()).expansion_churn;
        let Figure::YearOne { percent, .. } = churn.by_count else { panic!("{churn:?}") };
        assert!((percent - 10.0).abs() < 1e-9, "{percent}");
        let [ArrChurn { figure: Figure::YearOne { percent, .. }, .. }] = &churn.by_arr[..] else {
            panic!("{churn:?}")
        };
        assert!((percent - 100.0 * 2000.0 / 3800.0).abs() < 1e-9, "{percent}");
    }
}
