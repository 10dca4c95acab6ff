//! Plays the stories day by day under a held clock, through the tools and the reconcilers.

use super::{
    cast::Story,
    others::{self, Other},
    people::{Csm, call},
    usage,
};
use crate::scheduler;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::{Result, id::UpsellId, usage::UsageEvent};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use tools::{Host, Role};

/// Events sent at once; what `ingest_usage` takes.
const BATCH: usize = 1000;

/// Plays everything up to `end`.
pub async fn play(host: &Arc<Host>, stories: &[Story], end: DateTime<Utc>) -> Result<()> {
    let Some(first) = stories.iter().map(|story| story.start).min() else { return Ok(()) };
    let begin = first - TimeDelta::days(usage::KNOWN_BEFORE_DAYS.into());
    let days = (end.date_naive() - begin).num_days() as u64;
    let bar = ProgressBar::new(days).with_style(
        ProgressStyle::with_template("{bar:40} day {pos} of {len}, {eta} left")
            .expect("a template that parses"),
    );
    let mut registered = BTreeMap::new();
    for date in begin.iter_days().take_while(|date| *date <= end.date_naive()) {
        bar.inc(1);
        one_day(host, stories, &mut registered, date, end).await?;
    }
    bar.finish_and_clear();
    host.clock.set(end);
    send_others(host, &others::of(stories, end.date_naive()), begin, end.date_naive()).await?;
    scheduler::tick_until_quiet(host).await.map(drop)
}

/// Each customer's usage arrives in the night after it; in the afternoon sales close; in the evening people look.
async fn one_day(
    host: &Arc<Host>,
    stories: &[Story],
    registered: &mut BTreeMap<u64, UpsellId>,
    date: NaiveDate,
    end: DateTime<Utc>,
) -> Result<()> {
    let hour =
        |hour: u32| date.and_time(NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour")).and_utc().min(end);
    for (at, region, used) in NIGHTS {
        reach(host, hour(at), registered).await?;
        send(
            host,
            stories.iter().filter(|story| story.zone.starts_with(region)),
            date + TimeDelta::days(used),
        )
        .await?;
    }
    for story in stories.iter().filter(|story| story.close == date) {
        let sale = without_nulls(story.sale());
        let answer = call(host, "orchestrator-agent", Role::Orchestrator, "register_upsell", sale).await?;
        if let Some(Ok(id)) = answer.structured["upsell"].as_str().map(str::parse) {
            registered.insert(story.index, id);
        }
    }
    reach(host, hour(20), registered).await?;
    for story in stories {
        if let Some(&upsell) = registered.get(&story.index) {
            Csm { host, story, upsell, date }.works().await?;
        }
    }
    answer_alerts(host, date).await
}

/// Hours (UTC) after midnight in each part of the world, and which day's usage is complete then.
const NIGHTS: [(u32, &str, i64); 3] = [(3, "Europe", -1), (9, "America", -1), (16, "Asia", 0)];

/// Before the first sale nothing can be due.
async fn reach(host: &Arc<Host>, at: DateTime<Utc>, registered: &BTreeMap<u64, UpsellId>) -> Result<()> {
    if registered.is_empty() {
        host.clock.set(at);
        return Ok(());
    }
    scheduler::tick_until(host, at).await.map(drop)
}

async fn send<'a>(host: &Arc<Host>, stories: impl Iterator<Item = &'a Story>, date: NaiveDate) -> Result<()> {
    send_events(host, &stories.flat_map(|story| usage::on(story, date)).collect::<Vec<_>>()).await
}

/// Those that buy nothing, all at once: no plan waits for their usage.
async fn send_others(host: &Arc<Host>, others: &[Other], from: NaiveDate, end: NaiveDate) -> Result<()> {
    let days = || from.iter_days().take_while(|date| *date < end);
    let events = others.iter().flat_map(|other| days().map(|date| other.on(date)));
    send_events(host, &events.collect::<Vec<_>>()).await
}

async fn send_events(host: &Arc<Host>, events: &[UsageEvent]) -> Result<()> {
    for batch in events.chunks(BATCH) {
        call(host, "usage-pipeline", Role::Monitor, "ingest_usage", json!({ "events": batch })).await?;
    }
    Ok(())
}

/// The monitoring agent sees to some of the new alerts each Monday.
async fn answer_alerts(host: &Arc<Host>, date: NaiveDate) -> Result<()> {
    use chrono::Datelike;
    if date.weekday() != chrono::Weekday::Mon {
        return Ok(());
    }
    let open = call(host, "monitor-agent", Role::Monitor, "list_alerts", json!({ "limit": 3 })).await?;
    for alert in open.structured["alerts"].as_array().into_iter().flatten().take(2) {
        let note = "Told the CSM; on the agenda of the next call";
        let arguments = json!({ "alert": alert["id"], "action": "acknowledge", "note": note });
        call(host, "monitor-agent", Role::Monitor, "resolve_alert", arguments).await?;
    }
    Ok(())
}

fn without_nulls(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
    }
    value
}
