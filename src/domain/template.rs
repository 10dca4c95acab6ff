//! Success templates: what to measure for a product, where targets come from, and which milestones to expect.

mod builtin;
mod faults;
mod parse;

pub use builtin::built_in;
pub use faults::of_checkpoints as checkpoint_faults;
pub use parse::{Fault, parse};

use crate::{
    id::{Feature, MetricKey, Product},
    metric::{Direction, Frequency, Measure, MetricType, Selector},
    pace::Curve,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A success template, as a TOML file writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Stable; a file in the folder with the id of a built-in one takes its place.
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Matches {
    /// Exact product names.
    pub products: Vec<String>,
    /// Words in a product's name.
    pub words: Vec<String>,
    pub industries: Vec<String>,
    pub segments: Vec<String>,
    /// Among templates that fit equally well the highest is taken; 0 unless said.
    pub priority: i8,
    /// Taken when nothing else fits.
    pub general: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Left out of a plan, and said there, when the upsell lacks what it needs (seats). Otherwise the plan waits.
    #[serde(default)]
    pub optional: bool,
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
    pub thresholds: Vec<TemplateThreshold>,
    #[serde(default)]
    pub benchmark: Option<Benchmark>,
}

const fn one() -> f64 {
    1.0
}

/// From this day on, in percent of the way from baseline to target, so that it holds whatever target wins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateThreshold {
    pub day: u16,
    /// Below it the metric looks weak.
    pub warn: f64,
    /// Below it the metric is failed.
    pub fail: f64,
}

/// What stands for the product's name, as a slug, in a template's features.
pub const PRODUCT: &str = "{product}";

/// Which usage feeds a metric. [`PRODUCT`] in a feature stands for the product; a trailing `.*` takes the feature and
/// all below it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "parse::UsageFile")]
pub struct TemplateUsage {
    pub features: Vec<Feature>,
    #[serde(flatten)]
    pub measure: Measure,
    pub window_days: Option<u16>,
}

impl TemplateUsage {
    /// The selector, with each of `products` in place of `{product}`.
    pub fn selector(&self, products: &[Product]) -> Selector {
        let measure = match &self.measure {
            Measure::Ratio { over } => Measure::Ratio { over: filled(over, products) },
            measure => measure.clone(),
        };
        Selector { features: filled(&self.features, products), measure, window_days: self.window_days }
    }
}

fn filled(features: &[Feature], products: &[Product]) -> Vec<Feature> {
    let mut filled: Vec<Feature> = Vec::new();
    for (feature, product) in features.iter().flat_map(|f| products.iter().map(move |p| (f, p))) {
        let feature = Feature(feature.0.replace(PRODUCT, &slug(product)));
        if !filled.contains(&feature) {
            filled.push(feature);
        }
    }
    filled
}

/// A number in the metric's unit, or a multiple of something known of the upsell, with a number for when it is not.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a target is a number, { times_baseline, otherwise } or { times_seats, otherwise }"
)]
pub enum TemplateTarget {
    Value(f64),
    TimesBaseline { times_baseline: f64, otherwise: f64 },
    TimesSeats { times_seats: f64, otherwise: f64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    pub reached_when: Option<TemplateReach>,
}

/// Reached by itself once a metric of the template gets there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateReach {
    pub metric: MetricKey,
    pub at_least: f64,
}

/// A product's name as usage features spell it: `Data Sync (EU)` → `data-sync-eu`.
pub fn slug(product: &Product) -> String {
    let letters = product.0.to_lowercase();
    let words = letters.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}
