//! Accounts that did not expand, with their usage: those an expanded one may be compared with.

use chrono::{NaiveDate, TimeDelta};
use domain::{
    Result,
    collect::Usage,
    comparison::windows::Windows,
    id::{CustomerId, Feature},
    metric::Selector,
    plan::MeasurementPlan,
    policy::Policy,
    statistics::did::Account,
};
use std::collections::BTreeMap;
use store::{
    Tx,
    controls::{CustomerUsage, Unexpanded, UsageWanted},
};

/// Customers looked through at once.
const CHUNK: usize = 250;

/// Which usage a pool is of.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub features: &'a [Feature],
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl Wanted<'_> {
    /// The same of some customers.
    pub fn of<'s>(&'s self, customers: &'s [CustomerId]) -> UsageWanted<'s> {
        UsageWanted { customers, features: self.features, from: self.from, to: self.to }
    }
}

/// Accounts by id, each with its segment where that is known.
pub struct Pool(BTreeMap<CustomerId, (Option<String>, CustomerUsage)>);

impl Pool {
    /// Users of the features to whom nothing was sold that touches the days, of those with a `span` of usage that
    /// serves. An expansion touches the days from the baseline's gap before its close until it is settled. At most
    /// [`Policy::controls_max`], found among [`Policy::controls_probed`]: which, the ids alone decide, in an order that
    /// has nothing to do with age or name.
    pub async fn read(
        tx: &mut Tx,
        wanted: Wanted<'_>,
        serves: impl Fn(&Unexpanded) -> bool,
        policy: &Policy,
    ) -> Result<Self> {
        let closed_from = wanted.from - TimeDelta::days(policy.expansion_days.into());
        let closed_to = wanted.to + TimeDelta::days(policy.baseline_gap_days.into());
        let mut unexpanded = tx.unexpanded(closed_from, closed_to).await?;
        unexpanded.retain(serves);
        unexpanded.sort_by_key(|one| (place(&one.customer), one.customer.clone()));
        unexpanded.truncate(policy.controls_probed);
        let mut found: Vec<&Unexpanded> = Vec::new();
        for chunk in unexpanded.chunks(CHUNK) {
            let customers: Vec<CustomerId> = chunk.iter().map(|one| one.customer.clone()).collect();
            let users = tx.users_of(wanted.of(&customers)).await?;
            found.extend(chunk.iter().filter(|one| users.contains(&one.customer)));
            if found.len() >= policy.controls_max {
                break;
            }
        }
        found.truncate(policy.controls_max);
        let customers: Vec<CustomerId> = found.iter().map(|one| one.customer.clone()).collect();
        let mut usage = tx.usage_of(wanted.of(&customers)).await?;
        let with_usage = found.into_iter().map(|one| {
            let of_customer = usage.remove(&one.customer).unwrap_or_default();
            (one.customer.clone(), (one.segment.clone(), of_customer))
        });
        Ok(Self(with_usage.collect()))
    }

    /// Those with values in every week, of the same segment where it is known of both. Users are counted in the expanded
    /// account's seats, so that the metric keeps its unit.
    pub fn controls(
        &self,
        windows: &Windows,
        selector: &Selector,
        plan: &MeasurementPlan,
        segment: Option<&str>,
    ) -> Vec<Account> {
        let is_alike =
            |other: Option<&str>| segment.zip(other).is_none_or(|(segment, other)| segment == other);
        let of_segment = self.0.iter().filter(|(_, (other, _))| is_alike(other.as_deref()));
        let account = |(customer, (_, usage)): (&CustomerId, &(Option<String>, CustomerUsage))| {
            windows.control(selector, &customer.0, in_terms_of(plan, usage))
        };
        of_segment.filter_map(account).collect()
    }
}

/// Usage as a plan's metrics count it; what was paid is not known of accounts that did not buy.
pub fn in_terms_of<'a>(plan: &MeasurementPlan, usage: &'a CustomerUsage) -> Usage<'a> {
    Usage {
        days: &usage.days,
        users: &usage.users,
        span: usage.span,
        day_zero: plan.tracking_start,
        seats: plan.seats,
        seats_before: plan.seats_before,
        ..Usage::default()
    }
}

/// A place in an order that spreads ids evenly (FNV-1a, 64 bits).
fn place(customer: &CustomerId) -> u64 {
    customer
        .0
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
