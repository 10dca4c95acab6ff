//! What goes with success or with its absence: associations, never causes, published only when they stand out.

use super::{Case, figure::LEVEL};
use crate::{
    outcome::Conclusion,
    policy::Policy,
    statistics::{
        contingency::{Ratio, Table},
        fdr,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One candidate: with it, how often the upsell succeeded (or did not), and without it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Pattern {
    /// Such as `Admin training by day 14`.
    pub what: String,
    /// Cases with it and with the event, with it and without the event, and the same for the others.
    pub table: Table,
    /// How many times as often, with its 95 % interval; absent when a group has no event.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ratio: Option<Ratio>,
    /// Share of findings like this that would be luck, over all candidates tested.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub q: Option<f64>,
    pub verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Verdict {
    /// Stands out: at least 20 in each group, q of at most 0.10, and still above 1 when shrunk.
    Associated,
    MayBeLuck,
    /// Fewer than 20 in one of the groups.
    TooFew,
}

/// Milestones reached by their due day, against success.
pub fn onboarding(cases: &[Case], policy: &Policy) -> Vec<Pattern> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for (case, conclusion) in documented(cases) {
        for milestone in &case.milestones {
            let Some(in_time) = in_time(case, milestone) else { continue };
            let what = format!("{} by day {}", milestone.name, milestone.due_day);
            count(tables.entry(what).or_insert(NOBODY), in_time, conclusion == Conclusion::Success);
        }
    }
    judged(tables, policy)
}

/// Milestones missed by their due day, and lagging at the first checkpoint, against anything but success.
pub fn risk_signs(cases: &[Case], policy: &Policy) -> Vec<Pattern> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for (case, conclusion) in documented(cases) {
        let fell_short = conclusion != Conclusion::Success;
        for milestone in &case.milestones {
            let Some(in_time) = in_time(case, milestone) else { continue };
            let what = format!("{} not done by day {}", milestone.name, milestone.due_day);
            count(tables.entry(what).or_insert(NOBODY), !in_time, fell_short);
        }
        if let Some(lagged) = case.lagged_at_first_check {
            let what = "At risk or behind at the first checkpoint".to_owned();
            count(tables.entry(what).or_insert(NOBODY), lagged, fell_short);
        }
    }
    judged(tables, policy)
}

const NOBODY: Table = Table { exposed_with: 0, exposed_without: 0, others_with: 0, others_without: 0 };

fn documented(cases: &[Case]) -> impl Iterator<Item = (&Case, Conclusion)> {
    cases.iter().filter_map(|case| case.conclusion.map(|conclusion| (case, conclusion)))
}

/// Landmark rule: who was gone by the due day counts on neither side, or every late step would look good.
fn in_time(case: &Case, milestone: &super::MilestoneSeen) -> Option<bool> {
    let due = i32::from(milestone.due_day);
    (case.observed_days >= due).then(|| milestone.done_day.is_some_and(|done| done <= due))
}

fn count(table: &mut Table, is_exposed: bool, has_event: bool) {
    match (is_exposed, has_event) {
        (true, true) => table.exposed_with += 1,
        (true, false) => table.exposed_without += 1,
        (false, true) => table.others_with += 1,
        (false, false) => table.others_without += 1,
    }
}

/// Tests those with enough cases, together; the strongest first.
fn judged(tables: BTreeMap<String, Table>, policy: &Policy) -> Vec<Pattern> {
    let is_enough = |table: &Table| table.exposed().min(table.others()) >= policy.pattern_group_min;
    let (tested, small): (Vec<_>, Vec<_>) = tables.into_iter().partition(|(_, table)| is_enough(table));
    let p_values: Vec<f64> = tested.iter().map(|(_, table)| table.fisher_p()).collect();
    let adjusted = fdr::adjusted(&p_values).unwrap_or_else(|| vec![1.0; p_values.len()]);
    let tested = tested.into_iter().zip(adjusted).map(|((what, table), q)| {
        let shrunk =
            table.shrunk_odds_ratio(policy.pattern_prior_deviation, LEVEL).map_or(1.0, |shrunk| shrunk.ratio);
        let verdict =
            if q <= policy.pattern_q_max && shrunk > 1.0 { Verdict::Associated } else { Verdict::MayBeLuck };
        Pattern { what, table, ratio: table.risk_ratio(LEVEL), q: Some(q), verdict }
    });
    let small = small.into_iter().map(|(what, table)| Pattern {
        what,
        table,
        ratio: table.risk_ratio(LEVEL),
        q: None,
        verdict: Verdict::TooFew,
    });
    let mut patterns: Vec<Pattern> = tested.chain(small).collect();
    patterns.sort_by(|a, b| a.verdict.cmp(&b.verdict).then(b.strength().total_cmp(&a.strength())));
    patterns
}

impl Pattern {
    fn strength(&self) -> f64 {
        self.ratio.map_or(0.0, |ratio| ratio.ratio)
    }

    /// Whether there are cases with it and cases without.
    pub fn is_compared(&self) -> bool {
        self.table.exposed() > 0 && self.table.others() > 0
    }

    /// `Admin training by day 14: associated, 1.6 times as often (1.1 to 2.3); 34 of 40 with it, 13 of 25 without`
    pub fn words(&self) -> String {
        let Table { exposed_with, others_with, .. } = self.table;
        let verdict = match self.verdict {
            Verdict::Associated => "associated with it",
            Verdict::MayBeLuck => "may be luck",
            Verdict::TooFew => "too few to say",
        };
        let ratio = self.ratio.map_or(String::new(), |Ratio { ratio, interval }| {
            format!(", {ratio:.1} times as often ({:.1} to {:.1})", interval.low, interval.high)
        });
        format!(
            "{}: {verdict}{ratio}; {exposed_with} of {} with it, {others_with} of {} without",
            self.what,
            self.table.exposed(),
            self.table.others()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{MilestoneSeen, example::case};

    /// `success` of `of` cases that did the training by day 14 (or did not).
    fn trained(done_day: Option<i32>, success: usize, of: usize) -> impl Iterator<Item = Case> {
        (0..of).map(move |index| Case {
            conclusion: Some(if index < success { Conclusion::Success } else { Conclusion::Failed }),
            milestones: vec![MilestoneSeen { name: "Training".to_owned(), due_day: 14, done_day }],
            ..case()
        })
    }

    #[test]
    fn a_strong_pattern_of_enough_cases_is_published_with_its_interval() {
        let cases: Vec<Case> = trained(Some(10), 27, 30).chain(trained(Some(20), 9, 30)).collect();
        let patterns = onboarding(&cases, &Policy::default());
        assert_eq!((patterns.len(), patterns[0].verdict), (1, Verdict::Associated));
        assert_eq!(
            patterns[0].table,
            Table { exposed_with: 27, exposed_without: 3, others_with: 9, others_without: 21 }
        );
        let ratio = patterns[0].ratio.unwrap();
        assert!((ratio.ratio - 3.0).abs() < 1e-9 && ratio.interval.low > 1.0, "{ratio:?}");
        assert!(
            patterns[0].words().starts_with("Training by day 14: associated with it, 3.0 times as often")
        );
    }

    #[test]
    fn no_difference_may_be_luck_and_few_cases_are_too_few() {
        let even: Vec<Case> = trained(Some(10), 15, 30).chain(trained(None, 15, 30)).collect();
        assert_eq!(onboarding(&even, &Policy::default())[0].verdict, Verdict::MayBeLuck);
        let few: Vec<Case> = trained(Some(10), 19, 19).chain(trained(None, 0, 30)).collect();
        assert_eq!(
            (onboarding(&few, &Policy::default())[0].verdict, onboarding(&few, &Policy::default())[0].q),
            (Verdict::TooFew, None)
        );
    }

    #[test]
    fn who_was_gone_before_the_due_day_counts_on_neither_side() {
        let gone = trained(None, 0, 30).map(|case| Case { observed_days: 10, ..case });
        let cases: Vec<Case> = trained(Some(10), 20, 30).chain(gone).collect();
        assert_eq!(onboarding(&cases, &Policy::default())[0].table.others(), 0);
    }

    #[test]
    fn a_risk_sign_is_counted_against_falling_short() {
        let cases: Vec<Case> = trained(None, 3, 30).chain(trained(Some(1), 27, 30)).collect();
        let signs = risk_signs(&cases, &Policy::default());
        assert_eq!(
            (signs[0].what.as_str(), signs[0].verdict),
            ("Training not done by day 14", Verdict::Associated)
        );
        assert_eq!((signs[0].table.exposed_with, signs[0].table.others_with), (27, 3));
    }
}
