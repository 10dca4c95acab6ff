//! Who was given what the upsell entitles to, by a day: the people activation and reach are told of.

use crate::{
    id::{Feature, UserId},
    reserved::{SEAT_ASSIGNED, SEAT_REMOVED, is_aside},
    usage::UserDays,
};
use std::collections::{BTreeMap, BTreeSet};

/// The eligible users provisioned by a day (`methods.md` 2, activation), by the best that is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provisioned<'a> {
    /// Whose seat was assigned, and not removed on that day or later.
    Assigned(BTreeSet<&'a UserId>),
    /// Entitled seats: who sits on them was not sent.
    Seats(u32),
    /// Users seen with any usage of the product, where no number of seats is known either.
    Seen(BTreeSet<&'a UserId>),
}

impl<'a> Provisioned<'a> {
    /// By the civil day `on`. `seen_from`: the first day whose usage counts as being seen, of products that
    /// `features` belong to.
    pub fn of(
        users: &'a [UserDays],
        seats: Option<u32>,
        features: &[Feature],
        seen_from: i32,
        on: i32,
    ) -> Self {
        let assigned = last_days(users, SEAT_ASSIGNED, on);
        if !assigned.is_empty() {
            let removed = last_days(users, SEAT_REMOVED, on);
            let has_seat = |user: &UserId, since: i32| removed.get(user).is_none_or(|until| *until < since);
            let kept = assigned.into_iter().filter(|(user, since)| has_seat(user, *since));
            return Self::Assigned(kept.map(|(user, _)| user).collect());
        }
        match seats.filter(|seats| *seats > 0) {
            Some(seats) => Self::Seats(seats),
            None => Self::Seen(seen(users, features, seen_from, on)),
        }
    }

    pub fn count(&self) -> u64 {
        match self {
            Self::Assigned(users) | Self::Seen(users) => users.len() as u64,
            Self::Seats(seats) => u64::from(*seats),
        }
    }

    /// Of these users, how many are among the provisioned; never more than there are seats.
    pub fn among<'u>(&self, users: impl Iterator<Item = &'u UserId>) -> u64 {
        match self {
            Self::Assigned(assigned) => users.filter(|user| assigned.contains(user)).count() as u64,
            Self::Seats(seats) => (users.count() as u64).min(u64::from(*seats)),
            Self::Seen(seen) => users.filter(|user| seen.contains(user)).count() as u64,
        }
    }

    /// What [`Self::count`] counts.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Assigned(_) => "users with a seat",
            Self::Seats(_) => "entitled seats",
            Self::Seen(_) => "users seen",
        }
    }
}

/// Everybody's last day up to `on` with an event of `name`.
fn last_days<'a>(users: &'a [UserDays], name: &str, on: i32) -> BTreeMap<&'a UserId, i32> {
    let mut last = BTreeMap::new();
    for row in users.iter().filter(|row| row.feature.0 == name) {
        if let Some(day) = row.last_day(&(i32::MIN..=on)) {
            let kept = last.entry(&row.user).or_insert(day);
            *kept = day.max(*kept);
        }
    }
    last
}

fn seen<'a>(users: &'a [UserDays], features: &[Feature], from: i32, on: i32) -> BTreeSet<&'a UserId> {
    let products: BTreeSet<&str> = features.iter().map(product).collect();
    let is_usage = |row: &&UserDays| products.contains(product(&row.feature)) && !is_aside(&row.feature);
    let seen = users.iter().filter(is_usage).filter(|row| row.last_day(&(from..=on)).is_some());
    seen.map(|row| &row.user).collect()
}

/// `data-sync` of `data-sync.run`.
fn product(feature: &Feature) -> &str {
    feature.0.split_once('.').map_or(feature.0.as_str(), |(product, _)| product)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(feature: &str, user: &str, days: &[i32]) -> UserDays {
        let bits = days.iter().fold(0, |bits, day| bits | 1 << day);
        UserDays { feature: feature.into(), user: user.into(), block: 0, bits }
    }

    fn by(users: &[UserDays], seats: Option<u32>, on: i32) -> Provisioned<'_> {
        Provisioned::of(users, seats, &["sync.run".into()], 0, on)
    }

    #[test]
    fn a_seat_counts_from_its_assignment_until_it_is_removed() {
        let rows = [
            used(SEAT_ASSIGNED, "ann", &[1]),
            used(SEAT_ASSIGNED, "bob", &[2, 20]),
            used(SEAT_REMOVED, "bob", &[10]),
            used(SEAT_ASSIGNED, "cid", &[3]),
            used(SEAT_REMOVED, "cid", &[3]),
        ];
        let seats = |on| by(&rows, Some(40), on).count();
        assert_eq!([seats(1), seats(2), seats(9), seats(10), seats(20)], [1, 2, 2, 1, 2]);
        assert_eq!(by(&rows, Some(40), 0), Provisioned::Seats(40), "nothing assigned by then");
        let (ann, bob) = (UserId::from("ann"), UserId::from("bob"));
        assert_eq!(by(&rows, None, 10).among([&ann, &bob].into_iter()), 1);
    }

    #[test]
    fn without_assignments_the_seats_count_and_without_seats_who_was_seen() {
        let rows =
            [used("sync.run", "ann", &[4]), used("sync.map", "bob", &[6]), used("other.run", "cid", &[4])];
        assert_eq!(
            by(&rows, Some(1), 9).among([&"ann".into(), &"bob".into()].into_iter()),
            1,
            "two on one seat"
        );
        assert_eq!((by(&rows, None, 5).count(), by(&rows, None, 6).count()), (1, 2));
    }
}
