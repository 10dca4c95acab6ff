//! What comes beside usage: who has a seat, what people answer, what the customer was promised and got.

use super::{
    cast::{Kind, Story},
    usage::KNOWN_BEFORE_DAYS,
};
use chrono::{NaiveDate, TimeDelta};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A feature, the person it is about, and an amount.
pub type Said = (String, Option<usize>, f64);

/// Days on which everybody with a seat is asked.
const ASKED_ON: [i32; 2] = [26, 55];
/// Who answers does so within these days.
const ANSWERS_TAKE: usize = 5;
/// One customer in so many counts what it is worth.
const COUNTS_VALUE: u64 = 3;
/// Days between two readings of value.
const VALUE_EVERY: i32 = 14;

/// Everything of one civil day.
pub fn on(story: &Story, date: NaiveDate) -> Vec<Said> {
    let day = story.day(date);
    let mut said = seats(story, day);
    said.extend(survey(story, date, day));
    if story.index.is_multiple_of(COUNTS_VALUE) {
        said.extend(value(story, date, day));
    }
    said
}

/// Seats given out; integrations and people in a training have none.
fn assigned(story: &Story) -> usize {
    let share = match story.kind {
        Kind::Seats | Kind::Tier => 0.92,
        Kind::Module => 0.66,
        Kind::Analytics => 0.6,
        Kind::Api | Kind::Support => 0.0,
    };
    (share * f64::from(story.licences)).round() as usize
}

/// Those of before have theirs, the new ones get them within the first days; one leaves.
fn seats(story: &Story, day: i32) -> Vec<Said> {
    let before = match story.kind {
        Kind::Seats | Kind::Tier => story.before as usize,
        Kind::Module | Kind::Api | Kind::Analytics | Kind::Support => 0,
    };
    let all = assigned(story);
    let given = (0..all).filter(|user| {
        let on = if *user < before { -KNOWN_BEFORE_DAYS } else { (user % 10) as i32 };
        on == day
    });
    let mut said: Vec<Said> = given.map(|user| ("seat.assigned".to_owned(), Some(user), 1.0)).collect();
    if day == 48 && all > 0 {
        said.push(("seat.removed".to_owned(), Some(all - 1), 1.0));
    }
    said
}

/// Asked on two days; of ten, four or five answer, the better the more the product is used.
fn survey(story: &Story, date: NaiveDate, day: i32) -> Vec<Said> {
    let name = if story.kind == Kind::Tier { "nps" } else { "csat" };
    let people = assigned(story).max(story.licences as usize / 2);
    let Some((round, since)) = ASKED_ON
        .iter()
        .map(|asked| day - asked)
        .enumerate()
        .find(|(_, since)| (0..=ANSWERS_TAKE as i32).contains(since))
    else {
        return Vec::new();
    };
    if since == 0 {
        return (0..people).map(|user| (format!("survey.{name}.asked"), Some(user), 1.0)).collect();
    }
    let answers_today = |user: &usize| user % ANSWERS_TAKE + 1 == since as usize;
    let share = story.share(date).min(1.2);
    let answer = |user: usize| {
        let mut luck = ChaCha8Rng::seed_from_u64((story.index << 24) ^ ((round as u64) << 16) ^ user as u64);
        let mood = luck.random_range(-0.5..0.5) + 0.35 * share;
        luck.random_bool(0.45).then(|| (format!("survey.{name}.{}", score(name, mood)), Some(user), 1.0))
    };
    (0..people).filter(answers_today).filter_map(answer).collect()
}

/// On the scale of the survey; a mood of 0 is indifferent.
fn score(name: &str, mood: f64) -> u8 {
    let (least, middle, most) = if name == "nps" { (0.0, 7.0, 10.0) } else { (1.0, 3.6, 5.0) };
    (middle + 0.7 * (most - least) * mood).round().clamp(least, most) as u8
}

/// Two promised lines, each as far along as adoption is; some value nobody promised; what was spent beside the price.
fn value(story: &Story, date: NaiveDate, day: i32) -> Vec<Said> {
    let arr = f64::from(story.arr);
    let (hours, rework) = ((0.24 * arr).round(), (0.1 * arr).round());
    let line = |name: &str, amount: f64| (format!("value.{name}"), None, amount.round());
    if day == 0 {
        return vec![line("committed.hours-saved", hours), line("committed.less-rework", rework)];
    }
    if day == 5 {
        return vec![("cost.services".to_owned(), None, (0.02 * arr).round())];
    }
    if day <= 0 || day % VALUE_EVERY != 0 {
        return Vec::new();
    }
    let before = date - TimeDelta::days(VALUE_EVERY.into());
    let more = (realised(story, date) - realised(story, before)).max(0.0);
    let mut said =
        vec![line("measured.hours-saved", more * hours), line("stated.less-rework", more * rework)];
    if day == 4 * VALUE_EVERY {
        said.push(line("modelled", 0.015 * arr));
    }
    said
}

/// The share of what was promised that came by a day.
fn realised(story: &Story, date: NaiveDate) -> f64 {
    let begun = (f64::from(story.day(date).max(0)) / 30.0).min(1.0);
    0.8 * (0.3 * begun + 0.72 * story.share(date).min(1.15))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_stay_on_their_scales() {
        let ends = |name| [-9.0, -0.5, 0.0, 0.5, 9.0].map(|mood| score(name, mood));
        assert_eq!((ends("csat"), ends("nps")), ([1, 2, 4, 5, 5], [0, 4, 7, 10, 10]));
    }
}
