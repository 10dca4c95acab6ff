//! Usage events, a thousand at a time, through `ingest_usage`.

use super::{
    Job,
    rows::{Fields, Row, Rows},
};
use crate::auth::local;
use chrono::{DateTime, NaiveDateTime, Utc};
use domain::{Error, Result, error::FieldFault, usage::UsageEvent};
use serde_json::json;

const BATCH: usize = 1000;
const TOOL: &str = "ingest_usage";

/// What became of a file's events.
#[derive(Default)]
struct Counts {
    accepted: u64,
    seen_before: u64,
    already: bool,
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
    Ok(summary(&counts))
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
