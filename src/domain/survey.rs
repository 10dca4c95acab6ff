//! What people answered in a survey, and how many of those asked did.

use crate::{
    amount::amount,
    analysis::figure::LEVEL,
    id::{Feature, UserId},
    policy::Policy,
    reserved,
    statistics::nps::{Nps, NpsCounts, Share, csat, nps, response_rate},
    usage::UserDays,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

/// Who was asked within a window, and what they answered. Asked or answering twice, a person counts once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// Everyone's latest answer, as day and score.
    latest: BTreeMap<UserId, (i32, u8)>,
    asked: BTreeSet<UserId>,
}

impl Answers {
    /// Of the surveys `roots`, such as `survey.nps`, by days since 1970.
    pub fn of(roots: &[Feature], users: &[UserDays], window: &RangeInclusive<i32>) -> Self {
        let roots = || roots.iter().map(|root| root.0.strip_suffix(".*").unwrap_or(&root.0));
        let mut answers = Self { latest: BTreeMap::new(), asked: BTreeSet::new() };
        for row in users {
            let Some(day) = row.last_day(window) else { continue };
            if roots().any(|root| reserved::is_asked(&row.feature, root)) {
                answers.asked.insert(row.user.clone());
            }
            let score = |root| reserved::below(&row.feature, root)?.parse().ok();
            if let Some(score) = roots().find_map(score) {
                let kept = answers.latest.entry(row.user.clone()).or_insert((day, score));
                *kept = (day, score).max(*kept);
            }
        }
        answers
    }

    pub fn scores(&self) -> Vec<u8> {
        self.latest.values().map(|(_, score)| *score).collect()
    }

    fn response(&self) -> Response {
        let asked = self.asked.len() as u64;
        let answered = self.asked.iter().filter(|user| self.latest.contains_key(*user)).count() as u64;
        Response {
            answered: self.latest.len() as u64,
            asked: (asked > 0).then_some(asked),
            response_percent: response_rate(answered, asked).map(|rate| 100.0 * rate),
        }
    }

    /// People asked, with those who answered though no event says they were asked; `None` while nobody is known to
    /// have been asked, or the answers are only a small part of them.
    fn population(&self, policy: &Policy) -> Option<u64> {
        let all = self.asked.len() + self.latest.keys().filter(|user| !self.asked.contains(*user)).count();
        let is_large = self.latest.len() as f64 >= policy.large_sample_share * all as f64;
        (!self.asked.is_empty() && is_large).then_some(all as u64)
    }
}

/// How many answered of how many asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Response {
    pub answered: u64,
    /// People asked; absent while no event says that anybody was: the response rate is then unknown.
    pub asked: Option<u64>,
    /// Of those asked, how many answered, in percent.
    pub response_percent: Option<f64>,
}

/// The net promoter score of a window, with how many answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NpsSurvey {
    #[serde(flatten)]
    pub response: Response,
    /// Points from −100 to 100, the standard error as a share; the interval is the 95 % one, narrowed by
    /// `sqrt((N − n)/(N − 1))` when the answers are a large part of those asked.
    pub score: Option<Nps>,
}

/// Customer satisfaction in a window, with how many answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CsatSurvey {
    #[serde(flatten)]
    pub response: Response,
    /// Answers in the top two of five, as a share with its 95 % Wilson interval.
    pub satisfied: Option<Share>,
}

impl NpsSurvey {
    /// `None` while nobody was asked and nobody answered.
    pub fn of(users: &[UserDays], window: &RangeInclusive<i32>, policy: &Policy) -> Option<Self> {
        let answers = Answers::of(&[reserved::NPS.into()], users, window);
        let counts = NpsCounts::of_answers(&answers.scores())?;
        let score = nps(counts, answers.population(policy), LEVEL).filter(|_| counts.answered() > 0);
        told(answers.response()).map(|response| Self { response, score })
    }
}

impl CsatSurvey {
    /// `None` while nobody was asked and nobody answered.
    pub fn of(users: &[UserDays], window: &RangeInclusive<i32>) -> Option<Self> {
        let answers = Answers::of(&[reserved::CSAT.into()], users, window);
        let satisfied = csat(&answers.scores(), LEVEL);
        told(answers.response()).map(|response| Self { response, satisfied })
    }
}

fn told(response: Response) -> Option<Response> {
    (response.answered > 0 || response.asked.is_some()).then_some(response)
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

impl Response {
    /// `30 % of 40 asked answered`, `12 answered, response rate unknown`
    pub fn words(&self) -> String {
        match (self.asked, self.response_percent) {
            (Some(asked), Some(percent)) => format!("{percent:.0} % of {asked} asked answered"),
            _ => format!("{} answered, response rate unknown", self.answered),
        }
    }
}

impl NpsSurvey {
    /// `30`; `None` while there are too few answers for a score.
    pub fn words(&self) -> Option<String> {
        match &self.score {
            Some(Nps::Score { score, .. }) => Some(amount(*score, "")),
            Some(Nps::CountsOnly { .. }) | None => None,
        }
    }

    /// `(15 to 45; 50 promoters, 30 passives, 20 detractors), 25 % of 400 asked answered`
    pub fn basis(&self) -> String {
        let told = |c: &NpsCounts| {
            format!("{} promoters, {} passives, {} detractors", c.promoters, c.passives, c.detractors)
        };
        let response = self.response.words();
        match &self.score {
            None => response,
            Some(Nps::CountsOnly { counts }) => {
                format!("too few answers for a score: {}; {response}", told(counts))
            }
            Some(Nps::Score { counts, interval, .. }) => {
                let (low, high) = (amount(interval.low, ""), amount(interval.high, ""));
                format!("({low} to {high}; {}), {response}", told(counts))
            }
        }
    }
}

impl CsatSurvey {
    /// `80 %`
    pub fn words(&self) -> Option<String> {
        self.satisfied.map(|share| amount(100.0 * share.share, "%"))
    }

    /// `(49 to 94; 8 of 10 answers), 25 % of 40 asked answered`
    pub fn basis(&self) -> String {
        let share = self.satisfied.map(|share| {
            let (low, high) = (100.0 * share.interval.low, 100.0 * share.interval.high);
            format!("({low:.0} to {high:.0}; {} of {} answers), ", share.count, share.of)
        });
        format!("{}{}", share.unwrap_or_default(), self.response.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    fn said(what: &str, user: usize, day: i32) -> UserDays {
        let (feature, user) = (Feature(format!("survey.{what}")), UserId(format!("user-{user}")));
        UserDays { feature, user, block: 0, bits: 1 << day }
    }

    /// Fifty promoters, thirty passives and twenty detractors, and how many people asked.
    fn hundred(asked: usize) -> Vec<UserDays> {
        let score = |n: usize| {
            if n < 50 {
                10
            } else if n < 80 {
                7
            } else {
                3
            }
        };
        let answers = (0..100).map(|n| said(&format!("nps.{}", score(n)), n, 9));
        answers.chain((0..asked).map(|n| said("nps.asked", n, 4))).collect()
    }

    fn nps_of(rows: &[UserDays]) -> NpsSurvey {
        NpsSurvey::of(rows, &(0..=30), &Policy::default()).unwrap()
    }

    fn error_of(told: &NpsSurvey) -> f64 {
        match told.score {
            Some(Nps::Score { standard_error, .. }) => standard_error,
            _ => panic!("a hundred answers have a score: {told:?}"),
        }
    }

    #[test]
    fn the_reference_score_is_told_with_its_interval_and_no_response_rate_while_nobody_says_who_was_asked() {
        let told = nps_of(&hundred(0));
        let Some(Nps::Score { score, standard_error, interval, .. }) = told.score else { panic!("{told:?}") };
        assert_close(score, 30.0, 1e-12);
        assert_close(standard_error, 0.078_102_496_8, 1e-9);
        assert_close(interval.low, 14.692, 1e-4);
        assert_close(interval.high, 45.308, 1e-4);
        assert_eq!((told.response.asked, told.response.response_percent), (None, None));
        assert!(told.response.words().ends_with("response rate unknown"), "{}", told.response.words());
    }

    #[test]
    fn a_large_part_of_those_asked_narrows_the_interval_and_a_small_one_does_not() {
        let told = nps_of(&hundred(400));
        assert_eq!((told.response.asked, told.response.response_percent), (Some(400), Some(25.0)));
        assert_close(error_of(&told), 0.078_102_496_8 * (300.0_f64 / 399.0).sqrt(), 1e-9);
        assert_close(error_of(&nps_of(&hundred(2_001))), 0.078_102_496_8, 1e-9);
        assert_close(error_of(&nps_of(&hundred(100))), 0.0, 1e-12);
    }

    #[test]
    fn who_answered_without_having_been_asked_lifts_no_response_rate() {
        let rows =
            [said("csat.5", 1, 3), said("csat.2", 2, 3), said("csat.asked", 1, 1), said("csat.asked", 3, 1)];
        let told = CsatSurvey::of(&rows, &(0..=30)).unwrap();
        assert_eq!((told.response.answered, told.response.asked), (2, Some(2)));
        assert_eq!(told.response.response_percent, Some(50.0));
        assert_eq!(nps_of(&hundred(99)).response.response_percent, Some(100.0));
    }

    #[test]
    fn satisfaction_has_its_wilson_interval_and_few_promoters_only_their_counts() {
        let rows: Vec<UserDays> =
            (0..10).map(|n| said(if n < 8 { "csat.4" } else { "csat.1" }, n, 2)).collect();
        let share = CsatSurvey::of(&rows, &(0..=30)).unwrap().satisfied.unwrap();
        assert_close(share.interval.low, 0.490_162_47, 1e-8);
        assert_close(share.interval.high, 0.943_317_85, 1e-8);
        let nine: Vec<UserDays> = (0..9).map(|n| said("nps.9", n, 2)).collect();
        assert!(matches!(nps_of(&nine).score, Some(Nps::CountsOnly { counts }) if counts.promoters == 9));
        assert_eq!(CsatSurvey::of(&nine, &(0..=30)), None);
    }

    #[test]
    fn the_latest_answer_of_each_person_counts() {
        let rows = [said("nps.3", 1, 1), said("nps.9", 1, 5), said("nps.6", 2, 2), said("nps.10", 3, 40)];
        assert_eq!(Answers::of(&["survey.nps".into()], &rows, &(0..=30)).scores(), [9, 6]);
        assert_eq!(net_promoter_score(&[9; 9]), None);
        assert_eq!(net_promoter_score(&[10, 10, 10, 10, 10, 8, 8, 8, 0, 0]), Some(30.0));
    }
}
