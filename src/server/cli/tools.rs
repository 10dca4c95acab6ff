//! Lists the tools, or shows one with its schema and an example.

use crate::openapi;
use ::tools::{Effect, Entry, catalogue, entry};
use domain::{Error, Result};
use serde_json::Value;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tool to show.
    name: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    match &args.name {
        None if args.json => say!("{:#}", catalogue().iter().map(openapi::tool).collect::<Value>()),
        None => catalogue().iter().for_each(|entry| say!("{}", line(entry))),
        Some(name) => {
            let entry = found(name)?;
            if args.json {
                say!("{:#}", openapi::tool(entry));
            } else {
                say!("{}", page(entry));
            }
        }
    }
    Ok(())
}

/// The tool of that name, or a sentence with the names there are.
pub fn found(name: &str) -> Result<&'static Entry> {
    entry(name).ok_or_else(|| {
        let names: Vec<&str> = catalogue().iter().map(|entry| entry.name).collect();
        Error::not_found(format!("there is no tool `{name}`; there are {}", names.join(", ")))
    })
}

const fn effect(entry: &Entry) -> &'static str {
    match entry.effect {
        Effect::Reads => "reads",
        Effect::Changes => "changes",
    }
}

fn line(entry: &Entry) -> String {
    format!("{:<24} {:<8} {}", entry.name, effect(entry), entry.title)
}

fn page(entry: &Entry) -> String {
    let roles: Vec<&str> = entry.roles.iter().map(|role| role.as_str()).collect();
    let required: Vec<&str> =
        entry.input["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let arguments = entry.input["properties"].as_object().into_iter().flatten().map(|(name, schema)| {
        let mark = if required.contains(&name.as_str()) { "*" } else { " " };
        let about = schema["description"].as_str().unwrap_or_default();
        format!("{mark} {name:<20} {:<8} {about}", kind(schema))
    });
    let head = format!("{} ({}; {})\n{}\n", entry.name, effect(entry), roles.join(", "), entry.description);
    let example = format!("\nExample: uptake call {} {}", entry.name, as_pairs(&entry.example));
    std::iter::once(head).chain(arguments).chain([example]).collect::<Vec<_>>().join("\n")
}

fn kind(schema: &Value) -> &str {
    schema["type"].as_str().unwrap_or("any")
}

/// The example as it would be typed.
fn as_pairs(example: &Value) -> String {
    let pairs = example.as_object().into_iter().flatten().map(|(name, value)| match value {
        Value::String(text) => format!("{name}='{text}'"),
        other => format!("{name}='{other}'"),
    });
    pairs.collect::<Vec<_>>().join(" ")
}
