//! Usage events in, as a pipeline or an agent sends them.

mod money;

use crate::{Context, Effect, Next, Reply, Role, Route, Tool};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Error, Result,
    amount::counted,
    error::FieldFault,
    reserved,
    text::Name,
    usage::{OfUnknownCustomers, UsageEvent},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Source clocks may run ahead by this much.
const AHEAD: TimeDelta = TimeDelta::hours(48);
/// Longest event id, customer, feature or user.
const LONGEST: usize = 200;
const LARGEST_COUNT: f64 = 1e15;
/// Ids named in one answer.
const TOLD: usize = 20;

/// Takes usage events, late ones and in any order. An eventId seen before changes nothing. One wrong event refuses the batch.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IngestUsage {
    #[schemars(length(min = 1, max = 1000))]
    pub events: Vec<UsageEvent>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IngestedUsage {
    pub accepted: usize,
    /// Event ids seen before.
    pub duplicates: usize,
    /// Of those, ids seen with other content; what came first stays.
    pub differing: Vec<String>,
    /// Events of customers no upsell is registered for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_unknown_customers: Option<OfUnknownCustomers>,
    pub as_of: DateTime<Utc>,
}

impl Tool for IngestUsage {
    const NAME: &'static str = "ingest_usage";
    const TITLE: &'static str = "Take in usage events";
    const EFFECT: Effect = Effect::Changes;
    const ROLES: &'static [Role] = &[Role::Monitor, Role::Csm];
    const ROUTE: Route = Route::post("/api/usage");
    const EXAMPLE: &'static str = r#"{"events":[{"eventId":"e-1","customer":"northwind","feature":"data-sync.run","user":"kim","at":"2026-03-02T09:15:00Z"}]}"#;
    type Output = IngestedUsage;

    fn faults(&self, now: DateTime<Utc>) -> Vec<FieldFault> {
        self.events.iter().enumerate().flat_map(|(index, event)| faults_of(index, event, now)).collect()
    }

    async fn run(self, cx: &mut Context) -> Result<Reply<IngestedUsage>> {
        let mut faults = self.faults(cx.now());
        faults.extend(money::faults(cx, &self.events).await?);
        refuse(faults, self.events.len())?;
        let ingested = cx.tx.ingest(&self.events, cx.now()).await?;
        let customers = self.events.iter().map(|event| &event.customer).collect();
        let unknown = cx.tx.unknown_customers(&customers).await?;
        let data = IngestedUsage {
            accepted: ingested.accepted,
            duplicates: ingested.duplicates,
            differing: ingested.differing,
            of_unknown_customers: OfUnknownCustomers::among(self.events.iter(), &unknown),
            as_of: cx.now(),
        };
        let accepted = counted(data.accepted, "event", "events");
        let headline = format!("{accepted} accepted, {} seen before.", data.duplicates);
        let next = Next::call("list_measurements", json!({}), "see what the usage says");
        let unknown = data.of_unknown_customers.as_ref().map(OfUnknownCustomers::sentence);
        let lines: Vec<String> = told_apart(&data.differing).into_iter().chain(unknown).collect();
        Ok(Reply::new(headline, data).lines(lines).next(next))
    }
}

/// What to do about events that came again with other content.
fn told_apart(ids: &[String]) -> Option<String> {
    let named =
        ids.iter().take(TOLD).map(|id| Name::from(id.as_str()).to_string()).collect::<Vec<_>>().join(", ");
    (!ids.is_empty()).then(|| {
        format!(
            "{} of them had other content before, which stays: {named}. To correct a count, send the difference under \
             a new eventId",
            ids.len()
        )
    })
}

fn refuse(faults: Vec<FieldFault>, events: usize) -> Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    let count = counted(faults.len(), "fault", "faults");
    let events = counted(events, "event", "events");
    let mut error = Error::faults(faults);
    error.message = format!(
        "{count} in {events}, none was taken. {}. Correct or leave out these events and send the rest again",
        error.message
    );
    Err(error)
}

fn faults_of(index: usize, event: &UsageEvent, now: DateTime<Utc>) -> Vec<FieldFault> {
    let fault = |field: &str, received: String, wanted: &str| {
        FieldFault::new(format!("events[{index}].{field}"), received, wanted)
    };
    let texts = [
        ("eventId", Some(&event.event_id)),
        ("customer", Some(&event.customer.0)),
        ("feature", Some(&event.feature.0)),
        ("user", event.user.as_ref().map(|user| &user.0)),
    ];
    let mut faults: Vec<FieldFault> = texts
        .into_iter()
        .filter_map(|(field, text)| Some((field, text?)))
        .filter(|(_, text)| text.trim().is_empty() || text.len() > LONGEST)
        .map(|(field, text)| {
            let shown: String = text.chars().take(40).collect();
            fault(field, format!("{shown:?}"), "1 to 200 characters, not all blank")
        })
        .collect();
    if event.at > now + AHEAD {
        let wanted = format!("an instant up to 48 hours after now, {}", now.format("%FT%TZ"));
        faults.push(fault("at", event.at.to_rfc3339(), &wanted));
    }
    if event.at < DateTime::UNIX_EPOCH {
        faults.push(fault("at", event.at.to_rfc3339(), "an instant after 1970"));
    }
    if !(0.0..=LARGEST_COUNT).contains(&event.count) {
        faults.push(fault("count", event.count.to_string(), "a number from 0 to 1e15"));
    }
    faults.extend(reserved::fault(event).map(|wrong| fault(&wrong.field, wrong.received, &wrong.wanted)));
    faults
}

#[cfg(test)]
mod tests;
