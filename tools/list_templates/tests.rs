use crate::trial::Trial;
use serde_json::json;

#[tokio::test]
async fn what_fits_comes_first_and_says_why() {
    let trial = Trial::at("2026-03-02T12:00:00Z").await;
    let answer = trial.call("list_templates", json!({ "products": ["Analytics add-on"] })).await;
    let templates = answer["templates"].as_array().unwrap();
    let ids: Vec<&str> = templates.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids[..3], ["analytics_add_on", "module_add_on", "general"]);
    assert!(answer["headline"].as_str().unwrap().starts_with("analytics_add_on would be taken."));
    assert!(templates[0]["fits"].as_str().unwrap().contains("Analytics"));
    assert_eq!(templates[3].get("fits"), None);
}

#[tokio::test]
async fn all_are_listed_with_sourced_benchmarks() {
    let trial = Trial::at("2026-03-02T12:00:00Z").await;
    let answer = trial.call("list_templates", json!({})).await;
    let templates = answer["templates"].as_array().unwrap();
    assert_eq!(templates.len(), 7);
    let benchmarks = templates.iter().flat_map(|one| one["metrics"].as_array().unwrap());
    let benchmarks: Vec<_> = benchmarks.filter_map(|metric| metric.get("benchmark")).collect();
    assert!(benchmarks.iter().all(|one| one["sample"].as_u64().unwrap() > 0 && one["source"].is_string()));
}
