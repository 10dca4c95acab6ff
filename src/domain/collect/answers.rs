//! Survey answers from roll-ups: an answer is an event of `survey.<name>.<score>`, so a day's scores stay apart.

use crate::{
    id::{Feature, UserId},
    statistics::nps::{Nps, NpsCounts, csat, nps},
    usage::{UserDays, civil_day},
};
use chrono::NaiveDate;
use std::{collections::BTreeMap, ops::RangeInclusive};

/// Confidence of the intervals; only the point goes into an observation.
const LEVEL: f64 = 0.95;

/// Everyone's latest answer within the window, as scores, by user: asked twice, a person still counts once.
pub fn latest(
    features: &[Feature],
    users: &[UserDays],
    window: &RangeInclusive<i32>,
) -> BTreeMap<UserId, (NaiveDate, u8)> {
    let mut answers: BTreeMap<UserId, (NaiveDate, u8)> = BTreeMap::new();
    for row in users {
        let (Some(score), Some(day)) = (score_of(features, &row.feature), last_day(row, window)) else {
            continue;
        };
        let answer = (civil_day(day), score);
        let kept = answers.entry(row.user.clone()).or_insert(answer);
        *kept = (*kept).max(answer);
    }
    answers
}

/// The net promoter score in points, −100 to 100; `None` below ten answers, when only counts should be shown.
pub fn net_promoter_score(scores: &[u8]) -> Option<f64> {
    match nps(NpsCounts::of_answers(scores)?, None, LEVEL)? {
        Nps::Score { score, .. } => Some(score),
        Nps::CountsOnly { .. } => None,
    }
}

/// Share of answers in the top two of five, in percent; `None` without answers.
pub fn satisfied(scores: &[u8]) -> Option<f64> {
    Some(100.0 * csat(scores, LEVEL)?.share)
}

/// `9` of `survey.nps.9` for a selector of `survey.nps`.
fn score_of(features: &[Feature], name: &Feature) -> Option<u8> {
    let under = |feature: &Feature| {
        let root = feature.0.strip_suffix(".*").unwrap_or(&feature.0);
        name.0.strip_prefix(root)?.strip_prefix('.')?.parse().ok()
    };
    features.iter().find_map(under)
}

fn last_day(row: &UserDays, window: &RangeInclusive<i32>) -> Option<i32> {
    let days = (0..64).rev().filter(|bit| row.bits >> bit & 1 == 1).map(|bit| row.block * 64 + bit);
    days.into_iter().find(|day| window.contains(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(user: &str, score: u8, day: i32) -> UserDays {
        UserDays {
            feature: Feature(format!("survey.nps.{score}")),
            user: UserId(user.to_owned()),
            block: 0,
            bits: 1 << day,
        }
    }

    #[test]
    fn the_latest_answer_of_each_person_counts() {
        let rows = [answer("a", 3, 1), answer("a", 9, 5), answer("b", 6, 2), answer("c", 10, 40)];
        let scores: Vec<u8> =
            latest(&["survey.nps".into()], &rows, &(0..=30)).values().map(|(_, score)| *score).collect();
        assert_eq!(scores, [9, 6]);
    }

    #[test]
    fn nine_answers_are_no_score() {
        assert_eq!(net_promoter_score(&[9; 9]), None);
        assert_eq!(net_promoter_score(&[10, 10, 10, 10, 10, 8, 8, 8, 0, 0]), Some(30.0));
    }
}
