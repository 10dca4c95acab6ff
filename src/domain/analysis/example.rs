//! A case, for tests: planned in time, a hundred days old, nothing concluded.

use super::{Case, Goals};
use crate::{
    id::UpsellId,
    money::{Currency, Money},
};
use chrono::TimeDelta;

pub fn case() -> Case {
    let closed_at = "2026-03-02T05:00:00Z".parse().expect("an instant");
    Case {
        upsell: UpsellId::from_bits(1),
        products: vec!["Data Sync".to_owned()],
        industry: None,
        segment: None,
        template: None,
        owner: None,
        source: "manual".to_owned(),
        arr: Money { minor: 10_000, currency: Currency::USD },
        closed_at,
        detected_at: closed_at,
        planned_at: Some(closed_at + TimeDelta::hours(1)),
        observed_days: 100,
        is_ended: false,
        reached_last_day: false,
        final_status: None,
        conclusion: None,
        goals: Goals::default(),
        milestones: Vec::new(),
        lagged_at_first_check: None,
        first_value_day: None,
    }
}
