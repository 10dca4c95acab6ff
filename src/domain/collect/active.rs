//! On which days one user was active, read from 64-day bitmaps.

use super::takes;
use crate::{id::Feature, usage::UserDays};
use std::{collections::BTreeMap, ops::RangeInclusive};

/// One user's activity in the selected features.
#[derive(Debug, Default)]
pub(super) struct Activity<'a> {
    rows: Vec<&'a UserDays>,
    /// Days with any of the features, by block.
    any: BTreeMap<i32, u64>,
}

impl<'a> Activity<'a> {
    pub(super) fn add(&mut self, row: &'a UserDays) {
        *self.any.entry(row.block).or_default() |= row.bits;
        self.rows.push(row);
    }

    pub(super) fn is_within(&self, window: &RangeInclusive<i32>) -> bool {
        self.any.iter().any(|(block, bits)| bits & mask(*block, window) != 0)
    }

    pub(super) fn used(&self, feature: &Feature, window: &RangeInclusive<i32>) -> bool {
        let in_window = |row: &&&UserDays| row.bits & mask(row.block, window) != 0;
        self.rows.iter().filter(in_window).any(|row| takes(feature, &row.feature))
    }

    /// Active days since 1970, ascending.
    pub(super) fn days(&self, window: &RangeInclusive<i32>) -> impl Iterator<Item = i32> {
        self.any.iter().flat_map(|(block, bits)| {
            let bits = bits & mask(*block, window);
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| 64 * block + bit)
        })
    }
}

/// The bits of a block that lie within the window.
fn mask(block: i32, window: &RangeInclusive<i32>) -> u64 {
    let (from, to) = (window.start() - 64 * block, window.end() - 64 * block);
    if to < 0 || from > 63 {
        return 0;
    }
    let below = |bit: i32| 1_u64.checked_shl(bit as u32).map_or(u64::MAX, |one| one - 1);
    below(to.min(63) + 1) & !below(from.max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_keeps_the_windows_days_and_no_others() {
        assert_eq!(mask(0, &(0..=63)), u64::MAX);
        assert_eq!(mask(0, &(2..=3)), 0b1100);
        assert_eq!(mask(1, &(60..=65)), 0b11);
        assert_eq!(mask(-1, &(-1..=0)), 1 << 63);
        assert_eq!(mask(2, &(0..=127)), 0);
    }
}
