//! What a customer does with what they bought, on one day.

use super::{
    beside,
    cast::{Kind, Story},
};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use domain::{checkpoint::instant, usage::UsageEvent};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Usage is sent from this many days before day 0: the baseline is measured on it.
pub const KNOWN_BEFORE_DAYS: i32 = 84;
/// And until this many days after: analysis looks no further.
const KNOWN_AFTER_DAYS: i32 = 125;

/// The events of a civil day of the customer.
pub fn on(story: &Story, date: NaiveDate) -> Vec<UsageEvent> {
    let day = story.day(date);
    if !(-KNOWN_BEFORE_DAYS..=KNOWN_AFTER_DAYS).contains(&day) || !story.path.is_sent(day) {
        return Vec::new();
    }
    let rng =
        ChaCha8Rng::seed_from_u64((story.index << 32) ^ u64::from(date.num_days_from_ce().unsigned_abs()));
    let mut log = Log { story, date, day, share: story.share(date), rng, events: Vec::new() };
    match story.kind {
        Kind::Seats => log.seats(),
        Kind::Module => log.module(),
        Kind::Tier => log.tier(),
        Kind::Api => log.api(),
        Kind::Analytics => log.analytics(),
        Kind::Support => log.support(),
    }
    for (feature, user, count) in beside::on(story, date) {
        log.event(&feature, user, count);
    }
    log.events
}

struct Log<'a> {
    story: &'a Story,
    date: NaiveDate,
    day: i32,
    share: f64,
    rng: ChaCha8Rng,
    events: Vec<UsageEvent>,
}

impl Log<'_> {
    fn seats(&mut self) {
        let (seats, before) = (f64::from(self.story.licences), f64::from(self.story.before));
        let used_before = 0.8 * before;
        let wanted = (0.82 * seats).max(before + 0.78 * (seats - before));
        let users = used_before + self.share * (wanted - used_before);
        let days_a_week = 1.3 + 1.9 * self.share.min(1.2);
        for user in self.active(users.min(seats), days_a_week) {
            self.log("session", Some(user), 1.0);
        }
    }

    fn module(&mut self) {
        if self.day < 0 {
            return;
        }
        let users = self.share * 0.53 * f64::from(self.story.licences);
        for user in self.active(users, 2.6 + 0.6 * self.share.min(1.2)) {
            let is_skilled = user * 100 / (self.story.licences as usize).max(1) < 40;
            let actions = ["create", "share", "export"];
            for action in actions.into_iter().take(if is_skilled { 3 } else { 1 + self.day as usize % 3 }) {
                self.log(action, Some(user), 1.0);
            }
            if is_skilled && self.rng.random_bool(0.2) || self.day < 9 {
                self.log("setup", Some(user), 1.0);
            }
        }
    }

    fn tier(&mut self) {
        let before = 0.7 * f64::from(self.story.before);
        let users = before * (1.0 + 0.3 * self.share);
        for user in self.active(users, 1.0 + self.share.min(1.2)) {
            self.log("core", Some(user), 1.0);
        }
        let features = ["sso", "automation", "audit-log", "sandbox"];
        let in_use = (4.0 * self.share * 0.84).floor() as usize;
        for feature in features.into_iter().take(in_use.max(usize::from(self.share > 0.04))) {
            if self.rng.random_bool(0.4) {
                self.log(feature, Some(0), 1.0);
            }
        }
    }

    fn api(&mut self) {
        let before = self.story.calls_before();
        let weekend = if self.is_workday() { 1.0 } else { 0.45 };
        let luck = self.rng.random_range(0.9..1.1);
        let calls = (before * (1.0 + 0.55 * self.share) * weekend * luck).round();
        let integrations = (1.0 + 3.3 * self.share).floor().max(1.0) as usize;
        for integration in 0..integrations {
            self.log("call", Some(integration), (calls / integrations as f64).round());
        }
        let failed = 5.0 - 4.2 * self.story.path.early_share(self.day).min(1.0);
        self.log("error", Some(0), (calls * failed / 100.0).round());
    }

    fn analytics(&mut self) {
        if self.day < 0 {
            return;
        }
        for user in self.active(self.share * 0.45 * f64::from(self.story.licences), 2.0) {
            self.log("view", Some(user), 1.0);
        }
        let built = |share: f64| (12.6 * share).floor();
        let yesterday = self.story.share(self.date - TimeDelta::days(1));
        for _ in 0..(built(self.share) - built(yesterday)).clamp(0.0, 3.0) as usize {
            self.log("build", Some(0), 1.0);
        }
        if self.is_workday() {
            let alone = (20.0 * 0.64 * self.share.min(1.3)).round();
            self.log("explore", Some(1), alone);
            self.log("request", Some(2), (20.0 - alone).max(0.0));
        }
    }

    fn support(&mut self) {
        let hours = 24.0 - 20.4 * self.story.path.early_share(self.day).min(1.0);
        if self.is_workday() && self.day >= 0 {
            let luck = self.rng.random_range(0.85..1.15);
            self.log("first-response", None, (hours * luck * 10.0).round() / 10.0);
        }
        let held = |share: f64| (12.4 * share).floor();
        let yesterday = self.story.share(self.date - TimeDelta::days(1));
        if self.day < 0 || held(self.share) <= held(yesterday) {
            return;
        }
        let taught = (0.27 * f64::from(self.story.licences) * self.share).round() as usize;
        self.log("session", Some(taught), 1.0);
        for user in taught.saturating_sub(3)..taught {
            self.log("training", Some(user), 1.0);
        }
    }

    fn is_workday(&self) -> bool {
        !matches!(self.date.weekday(), Weekday::Sat | Weekday::Sun)
    }

    /// Those of the first `users` who are active today, each on so many days a week.
    fn active(&mut self, users: f64, days_a_week: f64) -> Vec<usize> {
        let chance = if self.is_workday() { days_a_week * 0.9 / 5.0 } else { days_a_week * 0.1 / 2.0 };
        let users = users.round().max(0.0) as usize;
        (0..users).filter(|_| self.rng.random_bool(chance.clamp(0.0, 1.0))).collect()
    }

    fn log(&mut self, action: &str, user: Option<usize>, count: f64) {
        self.event(&format!("{}.{action}", self.story.slug), user, count);
    }

    fn event(&mut self, feature: &str, user: Option<usize>, count: f64) {
        let who = user.map(|user| format!("user-{user:03}"));
        let event_id = format!("{}/{}/{feature}/{}", self.story.customer, self.date, self.events.len());
        let at = self.moment();
        self.events.push(UsageEvent {
            event_id,
            customer: self.story.customer.as_str().into(),
            feature: feature.into(),
            user: who.as_deref().map(Into::into),
            at,
            count,
        });
    }

    /// Between nine and five of the customer's day.
    fn moment(&mut self) -> DateTime<Utc> {
        let zone = self.story.zone.parse().expect("the cast lives in real zones");
        instant(self.date.and_time(NaiveTime::MIN), zone)
            + TimeDelta::minutes(self.rng.random_range(9 * 60..17 * 60))
    }
}
