//! Calls a tool: on the database here, or on a server.

use super::{clock, open_host, remote, tick::moment, tools::found};
use crate::{
    auth::local,
    config::{self, Config},
    face::Face,
    scheduler,
};
use ::tools::{Answer, Effect, Entry, Ids, arguments};
use chrono::{DateTime, Utc};
use domain::{Error, Result};
use serde_json::{Map, Value};
use std::{fs, io, path::PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tool; `uptake tools` lists them.
    tool: String,
    /// `key=value`, `a.b=value`, `@file.json`, or `-` for JSON on standard input.
    #[arg(value_name = "ARGUMENT")]
    arguments: Vec<String>,
    /// Call a running server instead of opening the database.
    #[arg(long, env = "UPTAKE_URL", value_name = "URL")]
    url: Option<String>,
    /// File with the key for --url, instead of `UPTAKE_KEY`.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Call at this instant (2026-05-01T00:00:00Z, or a date), to rehearse; on the database here only.
    #[arg(long, value_name = "INSTANT", value_parser = moment, conflicts_with = "url")]
    at: Option<DateTime<Utc>>,
    /// The whole answer as JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(args: Args, config: &Config) -> Result<()> {
    let entry = found(&args.tool)?;
    let arguments = gathered(entry, &args.arguments)?;
    if let Some(url) = &args.url {
        let key = config::key(args.key_file.as_deref())?;
        say!("{}", remote::call(url, key.as_deref(), entry, arguments, args.json).await?);
        return Ok(());
    }
    let host = open_host(config, clock(args.at), Ids::Random).await?;
    let answer = Face::Cli.call(&host, &local(), entry, arguments).await;
    let has_changed = answer.as_ref().is_ok_and(|answer| answer.structured["dryRun"] != true);
    if has_changed && entry.effect == Effect::Changes {
        // What was written is assessed at once: here no scheduler runs beside us.
        scheduler::tick_until_quiet(&host).await?;
    }
    host.store.close().await;
    let answer = answer?;
    if answer.structured["replayed"] == true {
        eprintln!("This was asked before: here is the first answer again, nothing was done twice.");
    }
    show(&answer, args.json);
    Ok(())
}

fn show(answer: &Answer, json: bool) {
    if json {
        say!("{:#}", answer.structured);
    } else {
        say!("{}", answer.text());
    }
}

/// The arguments as typed: whole objects from files and standard input, then single ones over them.
fn gathered(entry: &Entry, words: &[String]) -> Result<Value> {
    let mut fields = Map::new();
    let mut pairs = Vec::new();
    for word in words {
        if word == "-" || word.starts_with('@') {
            fields.extend(object(word)?);
            continue;
        }
        let pair = word.split_once('=').ok_or_else(|| {
            Error::invalid(format!(
                "`{word}` is not key=value; `uptake tools {}` shows the arguments",
                entry.name
            ))
        })?;
        pairs.push(pair);
    }
    if let Value::Object(single) = arguments::from_text(&entry.input, pairs) {
        fields.extend(single);
    }
    Ok(fields.into())
}

fn object(word: &str) -> Result<Map<String, Value>> {
    let text = word.strip_prefix('@').map_or_else(|| io::read_to_string(io::stdin()), fs::read_to_string);
    let text = text.map_err(|error| Error::invalid(format!("{word} could not be read ({error})")))?;
    serde_json::from_str(&text)
        .map_err(|error| Error::invalid(format!("{word} is not a JSON object ({error})")))
}
