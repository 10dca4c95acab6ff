//! What values are collected from, read from the roll-ups of one customer.

use chrono::NaiveDate;
use domain::{
    Result,
    collect::Usage,
    id::CustomerId,
    metric::{Measure, Selector},
    usage::{FeatureDay, UserDays, UserWeek, epoch_day, week_of},
};
use store::Tx;

/// Rows of the days asked for, with what is older and counts all the same: who has a seat, what was committed.
pub struct Gathered {
    days: Vec<FeatureDay>,
    users: Vec<UserDays>,
    weeks: Vec<UserWeek>,
    span: Option<(NaiveDate, NaiveDate)>,
}

impl Gathered {
    /// All that the selectors look at when values of `from..=to` look back to no earlier than `from`.
    pub async fn read<'a>(
        tx: &mut Tx,
        customer: &CustomerId,
        selectors: impl IntoIterator<Item = &'a Selector>,
        (from, to): (NaiveDate, NaiveDate),
    ) -> Result<Self> {
        let measures: Vec<&Measure> = selectors.into_iter().map(|selector| &selector.measure).collect();
        let mut days = Vec::new();
        if measures.contains(&&Measure::ValueRealisation) {
            days.extend(tx.commitments_before(customer, from).await?);
        }
        days.extend(tx.feature_days(customer, from, to).await?);
        let mut users = Vec::new();
        if measures.iter().any(|measure| measure.counts_seats()) {
            users.extend(tx.seats_before(customer, from).await?);
        }
        users.extend(tx.user_days(customer, from, to).await?);
        let weeks = if measures.contains(&&Measure::Depth) {
            tx.user_weeks(customer, week_of(epoch_day(from))..=week_of(epoch_day(to))).await?
        } else {
            Vec::new()
        };
        Ok(Self { days, users, weeks, span: tx.usage_span(customer).await? })
    }

    pub fn usage(&self) -> Usage<'_> {
        let Self { days, users, weeks, span } = self;
        Usage { days, users, weeks, span: *span, ..Usage::default() }
    }
}
