//! How much those who use a product do with it: core actions per active user and active week.

use crate::{id::UserId, statistics::quantile::median as middle, usage::UserWeek};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

/// The median over users (`methods.md` 2: a mean is skewed by the few who do most); `None` when nobody was active.
pub(super) fn median(rows: &[&UserWeek], weeks: RangeInclusive<i32>) -> Option<f64> {
    middle(&depths(rows, weeks))
}

/// Events per active week of each user active in `weeks`, by user.
pub(super) fn depths(rows: &[&UserWeek], weeks: RangeInclusive<i32>) -> Vec<f64> {
    let mut users: BTreeMap<&UserId, (i64, BTreeSet<i32>)> = BTreeMap::new();
    for row in rows.iter().filter(|row| weeks.contains(&row.week) && row.events > 0) {
        let (events, active) = users.entry(&row.user).or_default();
        *events += row.events;
        active.insert(row.week);
    }
    users.into_values().map(|(events, active)| events as f64 / active.len() as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(user: &str, feature: &str, week: i32, events: i64) -> UserWeek {
        UserWeek { feature: feature.into(), user: user.into(), week, events }
    }

    #[test]
    fn a_user_counts_the_weeks_they_were_active_in_and_the_middle_user_is_told() {
        let rows = [
            week("ann", "create", 10, 6),
            week("ann", "share", 10, 2),
            week("ann", "create", 12, 4),
            week("bob", "create", 11, 1),
            week("cid", "create", 11, 90),
            week("dan", "create", 13, 7),
        ];
        let rows: Vec<&UserWeek> = rows.iter().collect();
        // Ann 12 in two weeks, Bob 1 in one, Cid 90 in one; Dan's week is not over.
        assert_eq!(depths(&rows, 10..=12), [6.0, 1.0, 90.0]);
        assert_eq!(median(&rows, 10..=12), Some(6.0));
        assert_eq!(median(&rows, 14..=15), None);
    }
}
