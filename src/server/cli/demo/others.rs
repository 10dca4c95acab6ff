//! Accounts that call an API as others do and buy nothing more: what its upsells are compared with.

use super::cast::Story;
use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};
use domain::usage::UsageEvent;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The API they call, and how many they are.
const PRODUCT: &str = "messaging-api";
const DOZEN: u64 = 12;
/// Days after which an upsell has enough weeks to compare.
const COMPARED_FROM_DAYS: i64 = 60;

/// An account known only by its usage.
#[derive(Debug, Clone)]
pub struct Other {
    customer: String,
    /// Calls on a working day.
    calls: f64,
    seed: u64,
}

/// About as large as the latest of its buyers that can be compared by `today`; none when there is none.
pub fn of(stories: &[Story], today: NaiveDate) -> Vec<Other> {
    let can_be_compared =
        |story: &&Story| story.slug == PRODUCT && (today - story.start).num_days() >= COMPARED_FROM_DAYS;
    let latest = stories.iter().rfind(can_be_compared);
    latest.into_iter().flat_map(|story| (0..DOZEN).map(move |index| other(story, index))).collect()
}

fn other(story: &Story, index: u64) -> Other {
    let seed = (story.index << 32) ^ (0x07e5 << 16) ^ index;
    let size = ChaCha8Rng::seed_from_u64(seed).random_range(0.95..1.05);
    Other { customer: format!("{PRODUCT}-user-{index:02}"), calls: story.calls_before() * size, seed }
}

impl Other {
    /// A day's calls, as a nightly job sends them.
    pub fn on(&self, date: NaiveDate) -> UsageEvent {
        let day = u64::from(date.num_days_from_ce().unsigned_abs());
        let luck = ChaCha8Rng::seed_from_u64((self.seed << 16) ^ day).random_range(0.9..1.1);
        let weekend = if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) { 0.45 } else { 1.0 };
        UsageEvent {
            event_id: format!("{}/{date}", self.customer),
            customer: self.customer.as_str().into(),
            feature: format!("{PRODUCT}.call").as_str().into(),
            user: Some("integration".into()),
            at: date.and_time(NaiveTime::from_hms_opt(22, 0, 0).expect("an hour")).and_utc(),
            count: (self.calls * weekend * luck).round(),
        }
    }
}
