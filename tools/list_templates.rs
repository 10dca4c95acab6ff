//! What can be measured: the success templates, and which of them would be taken.

use crate::{Context, Effect, Next, Reply, Role, Route, Tool};
use domain::{
    Result,
    id::Product,
    matching::{Bought, Match, ranked},
    metric::MetricType,
    template::{Benchmark, Template, TemplateMetric, TemplateTarget},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Lists success templates; with products, which fit, best first, and why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListTemplates {
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub products: Vec<Product>,
    pub industry: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Templates {
    /// Those that fit first, best first.
    pub templates: Vec<TemplateSummary>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateSummary {
    pub id: String,
    pub version: u32,
    pub name: String,
    pub summary: String,
    /// Why it fits what was asked; absent when it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fits: Option<String>,
    pub checkpoint_days: Vec<u16>,
    pub metrics: Vec<MetricSummary>,
    pub milestones: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricSummary {
    pub key: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: MetricType,
    pub unit: String,
    /// The default, before benchmarks and baselines: a number, or what it is a multiple of.
    pub target: String,
    pub critical: bool,
    pub is_automatic: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark: Option<Benchmark>,
}

impl Tool for ListTemplates {
    const NAME: &'static str = "list_templates";
    const TITLE: &'static str = "Success templates";
    const EFFECT: Effect = Effect::Reads;
    const ROLES: &'static [Role] = &[Role::Orchestrator, Role::Researcher, Role::Csm];
    const ROUTE: Route = Route::get("/api/templates");
    const EXAMPLE: &'static str = r#"{"products":["Analytics add-on"]}"#;
    type Output = Templates;

    async fn run(self, cx: &mut Context) -> Result<Reply<Templates>> {
        let templates = &cx.host.templates;
        let bought = Bought { products: &self.products, industry: self.industry.as_deref(), segment: None };
        let is_asked = !self.products.is_empty() || self.industry.is_some();
        let fitting = if is_asked { ranked(templates, bought) } else { Vec::new() };
        let others =
            templates.iter().filter(|template| !fitting.iter().any(|found| found.template.id == template.id));
        let summaries: Vec<TemplateSummary> = fitting
            .iter()
            .map(|found| summary(found.template, Some(found)))
            .chain(others.map(|template| summary(template, None)))
            .collect();
        let lines: Vec<String> =
            summaries.iter().take(12).map(|one| format!("{}: {}", one.id, one.summary)).collect();
        let headline = match (is_asked, fitting.first()) {
            (true, Some(best)) => format!("{} would be taken. {}", best.template.id, best.why),
            (true, None) => format!("None of {} templates fits.", summaries.len()),
            (false, _) => format!("{} templates.", summaries.len()),
        };
        let next =
            Next::call("list_measurements", json!({ "needsPlan": true }), "upsells that wait for a plan");
        Ok(Reply::new(headline, Templates { templates: summaries }).lines(lines).next(next))
    }
}

fn summary(template: &Template, found: Option<&Match<'_>>) -> TemplateSummary {
    TemplateSummary {
        id: template.id.clone(),
        version: template.version,
        name: template.name.clone(),
        summary: template.summary.clone(),
        fits: found.map(|found| found.why.clone()),
        checkpoint_days: template.checkpoints.clone(),
        metrics: template.metrics.iter().map(metric).collect(),
        milestones: template.milestones.iter().map(|milestone| milestone.name.clone()).collect(),
    }
}

fn metric(metric: &TemplateMetric) -> MetricSummary {
    MetricSummary {
        key: metric.key.0.clone(),
        name: metric.name.clone(),
        kind: metric.kind,
        unit: metric.unit.clone(),
        target: target(metric.target),
        critical: metric.critical,
        is_automatic: metric.usage.is_some(),
        benchmark: metric.benchmark.clone(),
    }
}

fn target(target: TemplateTarget) -> String {
    match target {
        TemplateTarget::Value(value) => value.to_string(),
        TemplateTarget::TimesBaseline { times_baseline, otherwise } => {
            format!("{times_baseline} × baseline, else {otherwise}")
        }
        TemplateTarget::TimesSeats { times_seats, otherwise } => {
            format!("{times_seats} × seats, else {otherwise}")
        }
    }
}

#[cfg(test)]
mod tests;
