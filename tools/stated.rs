//! What people state must say something: blank words, days gone by and metrics nobody measures, refused alike everywhere.

use chrono::NaiveDate;
use domain::{
    error::FieldFault,
    metric::Metric,
    money::{Currency, too_fine},
    outcome::Gap,
    plan::MeasurementPlan,
    quote,
    review::Action,
};

/// The text says nothing, or an owner left blank is none.
pub fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// A fault if the text is there and says nothing.
pub fn blank(field: impl Into<String>, text: Option<&str>, wanted: &str) -> Option<FieldFault> {
    text.filter(|text| is_blank(text)).map(|_| FieldFault::new(field, "blank text", wanted))
}

/// Faults of what somebody will do: it is told, and neither its owner is blank nor its day gone by.
pub fn actions(field: &str, actions: &[Action], today: NaiveDate) -> Vec<FieldFault> {
    let faults = actions.iter().enumerate().flat_map(|(index, action)| {
        let at = |part: &str| format!("{field}[{index}].{part}");
        let wanted = format!("a day from {today}, today for the customer");
        let gone = action.due.filter(|due| *due < today);
        [
            blank(at("text"), Some(&action.text), "what will be done"),
            blank(at("owner"), action.owner.as_deref(), "who does it"),
            gone.map(|due| FieldFault::new(at("due"), due.to_string(), wanted)),
        ]
    });
    faults.flatten().collect()
}

/// Faults of what is lacking: each names a metric or a goal of the plan, and says something of it.
pub fn gaps(gaps: &[Gap], plan: &MeasurementPlan) -> Vec<FieldFault> {
    let faults = gaps.iter().enumerate().flat_map(|(index, gap)| {
        let at = |part: &str| format!("gaps[{index}].{part}");
        let is_known = metric_named(plan, &gap.metric).is_some() || plan.goal(&gap.metric).is_some();
        let unknown = (!is_known)
            .then(|| FieldFault::new(at("metric"), format!("{:?}", gap.metric), known_subjects(plan)));
        [
            unknown,
            blank(at("gap"), Some(&gap.gap), "what is lacking, in a sentence"),
            blank(at("owner"), gap.owner.as_deref(), "who sees to it, or leave it out"),
        ]
    });
    faults.flatten().collect()
}

/// Faults of a list of sentences.
pub fn sentences(field: &str, texts: &[String], wanted: &str) -> Vec<FieldFault> {
    let texts = texts.iter().enumerate();
    texts.filter_map(|(index, text)| blank(format!("{field}[{index}]"), Some(text), wanted)).collect()
}

/// A fault if the unit is a currency and the amount finer than its smallest unit.
pub fn money(field: impl Into<String>, amount: f64, unit: &str) -> Option<FieldFault> {
    let wanted = too_fine(amount, Currency::current(unit)?)?;
    Some(FieldFault::new(field, amount.to_string(), wanted))
}

/// The metric of that key or name, ignoring case.
pub fn metric_named<'a>(plan: &'a MeasurementPlan, name: &str) -> Option<&'a Metric> {
    let wanted = name.trim().to_lowercase();
    plan.metrics.iter().find(|metric| metric.key.0 == wanted || metric.name.to_lowercase() == wanted)
}

pub fn known_metrics(plan: &MeasurementPlan) -> String {
    let keys: Vec<&str> = plan.metrics.iter().map(|metric| metric.key.0.as_str()).collect();
    format!("one of {}", keys.join(", "))
}

/// The goals of the plan with the numbers they can be named by: `1 "Faster"`.
pub fn known_goals(plan: &MeasurementPlan) -> Vec<String> {
    plan.goals
        .iter()
        .enumerate()
        .map(|(index, goal)| format!("{} \"{}\"", index + 1, quote::clipped(&goal.text)))
        .collect()
}

fn known_subjects(plan: &MeasurementPlan) -> String {
    let goals = known_goals(plan);
    let or = if goals.is_empty() { String::new() } else { format!(", or a goal: {}", goals.join(", ")) };
    format!("{}{or}", known_metrics(plan))
}
