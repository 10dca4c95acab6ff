//! Usage events, a thousand at a time, through `ingest_usage`.

use super::{
    Job,
    rows::{Fields, Row, Rows},
};
use crate::auth::local;
use chrono::{DateTime, NaiveDateTime, Utc};
use domain::{
    Error, Result,
    error::FieldFault,
    id::CustomerId,
    usage::{OfUnknownCustomers, UsageEvent},
};
use serde_json::json;
use std::collections::BTreeMap;

const BATCH: usize = 1000;
const TOOL: &str = "ingest_usage";

/// What became of a file's events.
#[derive(Default)]
struct Counts {
    accepted: u64,
    seen_before: u64,
    already: bool,
    by_customer: BTreeMap<CustomerId, usize>,
}

/// Each batch is durable before its position is kept: cut off in between, its events are sent again and seen as
/// repeats.
pub async fn import(job: &mut Job<'_>, rows: Rows<'_>) -> Result<String> {
    let from = position(job).await?;
    job.rejects.append |= from > 0;
    let mut counts = Counts { already: from >= job.source.len, ..Counts::default() };
    let mut batch: Vec<(Row, UsageEvent)> = Vec::with_capacity(BATCH);
    for row in rows.skip_while(|row| row.end <= from) {
        let end = row.end;
        match row.fields.as_ref().map_err(Clone::clone).and_then(event) {
            Ok(event) => batch.push((row, event)),
            Err(reason) => job.rejects.add(&row, &reason)?,
        }
        if batch.len() == BATCH {
            send(job, &mut batch, &mut counts).await?;
            keep_position(job, end).await?;
        }
    }
    send(job, &mut batch, &mut counts).await?;
    keep_position(job, job.source.len).await?;
    let unknown = of_unknown_customers(job, &counts).await?;
    let unknown =
        unknown.map_or(String::new(), |unknown| format!(". {}", unknown.sentence().trim_end_matches('.')));
    Ok(format!("{}{unknown}", summary(&counts)))
}

/// Asked at the end, so that each customer of the file is named once.
async fn of_unknown_customers(job: &Job<'_>, counts: &Counts) -> Result<Option<OfUnknownCustomers>> {
    let mut tx = job.host.store.read().await?;
    let unknown = tx.unknown_customers(&counts.by_customer.keys().collect()).await?;
    tx.rollback().await?;
    let events = unknown.iter().filter_map(|customer| counts.by_customer.get(customer)).sum();
    Ok(OfUnknownCustomers::of(events, &unknown))
}

fn summary(counts: &Counts) -> String {
    match counts {
        Counts { already: true, .. } => "imported before; nothing added".to_owned(),
        Counts { accepted, seen_before: 0, .. } => format!("{accepted} events added"),
        Counts { accepted, seen_before, .. } => {
            format!("{accepted} events added, {seen_before} there before")
        }
    }
}

/// Sends a batch; events the tool finds fault with are rejected one by one and the rest is sent again.
async fn send(job: &mut Job<'_>, batch: &mut Vec<(Row, UsageEvent)>, counts: &mut Counts) -> Result<()> {
    let tool = ::tools::entry(TOOL).expect("the catalogue takes usage");
    while !batch.is_empty() {
        let events: Vec<&UsageEvent> = batch.iter().map(|(_, event)| event).collect();
        if job.dry_run && !tool.dry_run {
            counts.accepted += events.len() as u64;
            break;
        }
        let mut arguments = json!({ "events": events });
        if job.dry_run {
            arguments["dryRun"] = true.into();
        }
        match tool.call(job.host, &local(), arguments).await {
            Ok(answer) => {
                counts.accepted += answer.structured["accepted"].as_u64().unwrap_or_default();
                counts.seen_before += answer.structured["duplicates"].as_u64().unwrap_or_default();
                break;
            }
            Err(error) => reject_faulty(job, batch, error)?,
        }
    }
    for (_, event) in &*batch {
        *counts.by_customer.entry(event.customer.clone()).or_default() += 1;
    }
    job.bar.inc(batch.len() as u64);
    batch.clear();
    Ok(())
}

/// Takes the events an error names (`events[17].at`) out of the batch; an error that names none is given on.
fn reject_faulty(job: &mut Job<'_>, batch: &mut Vec<(Row, UsageEvent)>, error: Error) -> Result<()> {
    let mut faulty: Vec<(usize, String)> = error
        .faults
        .iter()
        .filter_map(|fault| {
            let (index, field) = fault.field.strip_prefix("events[")?.split_once(']')?;
            let of_row = FieldFault { field: field.trim_start_matches('.').to_owned(), ..fault.clone() };
            Some((index.parse().ok()?, of_row.to_string()))
        })
        .filter(|(index, _)| *index < batch.len())
        .collect();
    if faulty.is_empty() {
        return Err(error);
    }
    faulty.sort();
    faulty.dedup_by_key(|(index, _)| *index);
    for (index, reason) in faulty.into_iter().rev() {
        let (row, _) = batch.remove(index);
        job.rejects.add(&row, &reason)?;
    }
    Ok(())
}

async fn position(job: &Job<'_>) -> Result<u64> {
    let mut tx = job.host.store.read().await?;
    let position = tx.import_position(&job.source.digest).await?;
    tx.rollback().await?;
    Ok(position)
}

async fn keep_position(job: &Job<'_>, position: u64) -> Result<()> {
    job.bar.set_position(position);
    if job.dry_run {
        return Ok(());
    }
    let mut tx = job.host.store.write("import").await?;
    tx.save_import_position(&job.source.digest, position, job.host.clock.now()).await?;
    tx.commit().await
}

fn event(fields: &Fields) -> Result<UsageEvent, String> {
    let count = fields.get(&["count", "amount", "quantity"]).unwrap_or("1");
    Ok(UsageEvent {
        event_id: fields.need(&["eventid", "id"], "eventId")?.to_owned(),
        customer: fields.need(&["customer", "customerid", "accountid"], "customer")?.into(),
        feature: fields.need(&["feature"], "feature")?.into(),
        user: fields.get(&["user", "userid"]).map(Into::into),
        at: at(fields.need(&["at", "timestamp", "time"], "at")?)?,
        count: count.parse().map_err(|_| format!("count is `{count}`, not a number"))?,
    })
}

fn at(text: &str) -> Result<DateTime<Utc>, String> {
    let instant = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    let civil = || NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").map(|at| at.and_utc());
    instant
        .or_else(|_| civil())
        .map_err(|_| format!("at is `{text}`, not an instant such as 2026-05-04T09:30:00Z"))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{bar, rejects::Rejects, source::Source},
        *,
    };
    use ::tools::{Clock, Host, Ids, cohorts::CohortCache};
    use domain::policy::Policy;
    use std::{fmt::Write, sync::Arc};
    use store::Store;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn customers_nobody_registered_are_named_once_for_the_whole_file() {
        let host = Arc::new(Host {
            store: Store::open("sqlite::memory:").await.unwrap(),
            clock: Clock::held("2026-03-02T12:00:00Z".parse().unwrap()),
            ids: Ids::Random,
            templates: domain::template::built_in(),
            policy: Policy::default(),
            cohorts: CohortCache::default(),
            keys: tools::key_cache::KeyCache::default(),
            base_url: "http://127.0.0.1:8080".to_owned(),
            changed: Notify::new(),
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("usage.csv");
        let mut rows = "eventId,customer,feature,user,at\n".to_owned();
        for event in 0..1_500 {
            writeln!(rows, "e-{event},c{},data-sync.run,kim,2026-03-01T08:00:00Z", event % 7).unwrap();
        }
        std::fs::write(&path, rows).unwrap();
        let source = Source::open(&path).unwrap();
        let rejects = Rejects::beside(&source, None, false);
        let mut job = Job { host: &host, source: &source, rejects, bar: bar(source.len), dry_run: false };
        let told = import(&mut job, Rows::of(&source).unwrap()).await.unwrap();
        let wanted = "1500 events added. 1500 events are of customers without an upsell here: c0, c1, c2, c3, c4 and 2 more.";
        assert!(told.starts_with(wanted), "{told}");
    }
}
