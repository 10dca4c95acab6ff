//! The published catalogue: one committed file per tool, so that a schema changes only where everybody sees it.

use crate::{Entry, catalogue};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::PathBuf};

/// All definitions together, as a client puts them before a model (o200k).
const MOST_TOKENS: usize = 3_000;

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "catalog"].iter().collect()
}

fn published(entry: &Entry) -> String {
    let roles: Vec<&str> = entry.roles.iter().map(|role| role.as_str()).collect();
    let mut definition = json!({
        "name": entry.name,
        "title": entry.title,
        "description": entry.description,
        "effect": entry.effect,
        "roles": roles,
        "route": entry.route,
        "example": entry.example,
        "inputSchema": entry.input,
        "outputSchema": entry.output,
    });
    if !entry.views.is_empty() {
        definition["views"] = json!(entry.views);
    }
    serde_json::to_string_pretty(&definition).unwrap() + "\n"
}

#[expect(clippy::disallowed_methods, reason = "a switch of this test, not a setting of the server")]
fn is_update() -> bool {
    std::env::var("UPDATE_CATALOG").is_ok()
}

#[test]
fn the_committed_catalogue_is_the_generated_one() {
    let mut stale = Vec::new();
    for entry in catalogue() {
        let path = folder().join(format!("{}.json", entry.name));
        if is_update() {
            fs::write(&path, published(entry)).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != published(entry) {
            stale.push(entry.name);
        }
    }
    assert!(
        stale.is_empty(),
        "out of date: {stale:?}; run UPDATE_CATALOG=1 cargo test -p tools catalog and commit"
    );
}

#[test]
fn no_file_is_left_of_a_tool_that_is_gone() {
    let names: BTreeSet<String> = catalogue().iter().map(|entry| format!("{}.json", entry.name)).collect();
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let orphans: Vec<String> = files.filter(|file| !names.contains(file)).collect();
    assert!(orphans.is_empty(), "no tool has these: {orphans:?}");
}

#[test]
fn all_definitions_together_stay_under_their_token_budget() {
    let tokenizer = tiktoken_rs::o200k_base().unwrap();
    let count = |entry: &Entry| {
        let definition =
            json!({ "name": entry.name, "description": entry.description, "inputSchema": entry.input });
        tokenizer.encode_ordinary(&definition.to_string()).len()
    };
    let each: Vec<(&str, usize)> = catalogue().iter().map(|entry| (entry.name, count(entry))).collect();
    let all: usize = each.iter().map(|(_, tokens)| tokens).sum();
    println!("{} definitions, {all} tokens of {MOST_TOKENS}: {each:?}", each.len());
    assert!(all < MOST_TOKENS, "{all} tokens: {each:?}");
}

#[test]
fn every_example_is_a_call_its_schema_takes() {
    for entry in catalogue() {
        let validator = jsonschema::validator_for(&entry.input).unwrap();
        let faults: Vec<String> =
            validator.iter_errors(&entry.example).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{}: {faults:?}", entry.name);
    }
}

#[test]
fn no_input_schema_asks_for_null_or_points_elsewhere() {
    for entry in catalogue() {
        let text = entry.input.to_string();
        assert!(!text.contains("\"null\"") && !text.contains("$ref"), "{}: {text}", entry.name);
    }
}
#[test]
fn every_role_sees_the_tools_it_works_with() {
    let open_to =
        |role| catalogue().iter().filter(move |entry| entry.is_open_to(role)).map(|entry| entry.name);
    let listed: Value = crate::Role::ALL
        .iter()
        .map(|role| (role.as_str().to_owned(), open_to(*role).collect::<Vec<_>>().into()))
        .collect::<serde_json::Map<String, Value>>()
        .into();
    assert_eq!(
        listed["researcher"],
        json!(["analyze_outcomes", "get_progress", "list_measurements", "list_templates", "predict_outcome"])
    );
    assert_eq!(listed["monitor"].as_array().unwrap().len(), 6, "{listed}");
    assert_eq!(listed["orchestrator"].as_array().unwrap().len(), 12, "{listed}");
    assert_eq!(listed["csm"].as_array().unwrap().len(), 14, "{listed}");
}
