//! Success templates: what to measure for a product, where targets come from, and which milestones to expect.

use crate::{
    id::{Feature, MetricKey},
    metric::{Direction, Frequency, Measure, MetricType, Threshold},
    milestone::ReachedWhen,
    pace::Curve,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A success template, as a TOML file writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Template {
    pub id: String,
    pub version: u32,
    pub name: String,
    /// One sentence: for which upsells.
    pub summary: String,
    #[serde(default)]
    pub matches: Matches,
    #[serde(default = "thirty_sixty_ninety")]
    pub checkpoints: Vec<u16>,
    #[serde(rename = "metric")]
    pub metrics: Vec<TemplateMetric>,
    #[serde(rename = "milestone", default)]
    pub milestones: Vec<TemplateMilestone>,
}

fn thirty_sixty_ninety() -> Vec<u16> {
    vec![30, 60, 90]
}

/// Which upsells a template is for. Words match whole words of the product's name, ignoring case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Matches {
    /// Exact product names.
    pub products: Vec<String>,
    /// Words in a product's name.
    pub words: Vec<String>,
    pub industries: Vec<String>,
    pub segments: Vec<String>,
    /// Taken when nothing else fits.
    pub general: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateMetric {
    pub key: MetricKey,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: MetricType,
    pub unit: String,
    pub target: TemplateTarget,
    #[serde(default)]
    pub direction: Direction,
    #[serde(default = "one")]
    pub weight: f64,
    #[serde(default)]
    pub critical: bool,
    /// Absent for a manual metric.
    #[serde(default)]
    pub usage: Option<TemplateUsage>,
    #[serde(default)]
    pub baseline: TemplateBaseline,
    #[serde(default)]
    pub curve: Curve,
    #[serde(default)]
    pub frequency: Frequency,
    #[serde(default)]
    pub thresholds: Vec<Threshold>,
    #[serde(default)]
    pub benchmark: Option<Benchmark>,
}

const fn one() -> f64 {
    1.0
}

/// `{product}` in a feature stands for the product's name as a slug (`Data Sync` → `data-sync`); a trailing `.*` takes
/// the feature and all below it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateUsage {
    pub features: Vec<Feature>,
    #[serde(flatten)]
    pub measure: Measure,
    #[serde(default)]
    pub window_days: Option<u16>,
}

/// A number in the metric's unit, or a multiple of the measured baseline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TemplateTarget {
    Value(f64),
    TimesBaseline {
        times_baseline: f64,
        /// Target when there is no baseline to multiply.
        otherwise: f64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplateBaseline {
    /// Nothing before the upsell: 0 by definition.
    #[default]
    NewProduct,
    /// Measured over the eight whole weeks that end 14 days before the close.
    Measured,
    /// A value every plan of this template starts from.
    Stated(f64),
}

/// A benchmark with its passport.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    pub value: f64,
    pub source: String,
    pub year: u16,
    /// Cases the figure stands on.
    pub sample: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateMilestone {
    pub key: String,
    pub name: String,
    pub due_day: u16,
    #[serde(default = "one")]
    pub weight: f64,
    #[serde(default)]
    pub critical: bool,
    #[serde(default)]
    pub reached_when: Option<ReachedWhen>,
}
