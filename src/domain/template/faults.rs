//! What can be wrong with a template that reads well, and where it stands in the file.

use super::{Template, TemplateBaseline, TemplateMetric, TemplateMilestone, TemplateTarget, parse::Step};
use crate::{metric::Measure, pace::Curve};

type Found = Vec<(Vec<Step>, String)>;

/// The last day a checkpoint may lie on: two years.
pub const LAST_DAY: u16 = 730;

/// Every fault, in the order of the file's parts.
pub fn of(template: &Template) -> Found {
    let mut found = Found::new();
    found.extend(of_head(template));
    found.extend(of_checkpoints(&template.checkpoints).map(|why| (vec![("checkpoints", None)], why)));
    for (index, metric) in template.metrics.iter().enumerate() {
        let twice = template.metrics[..index].iter().any(|earlier| earlier.key == metric.key);
        let twice = twice.then(|| ("key", format!("metric key `{}` is used twice", metric.key)));
        let faults = twice.into_iter().chain(of_metric(metric));
        found.extend(faults.map(|(key, why)| (vec![("metric", Some(index)), (key, None)], why)));
    }
    for (index, milestone) in template.milestones.iter().enumerate() {
        let twice = template.milestones[..index].iter().any(|earlier| earlier.key == milestone.key);
        let twice = twice.then(|| ("key", format!("milestone key `{}` is used twice", milestone.key)));
        let faults = twice.into_iter().chain(of_milestone(milestone, template));
        found.extend(faults.map(|(key, why)| (vec![("milestone", Some(index)), (key, None)], why)));
    }
    found
}

fn of_head(template: &Template) -> Found {
    let matches = &template.matches;
    let matches_nothing = [&matches.products, &matches.words, &matches.industries, &matches.segments]
        .iter()
        .all(|list| list.is_empty());
    let is_word = !template.id.is_empty()
        && template.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-');
    let checks = [
        ("id", is_word, "id is one word of a-z, 0-9, _ and -"),
        ("version", template.version > 0, "version starts at 1"),
        ("name", !template.name.trim().is_empty(), "name is empty"),
        ("metric", !template.metrics.is_empty(), "at least one [[metric]] is needed"),
        (
            "matches",
            matches.general || !matches_nothing,
            "it matches nothing: name products, words, industries or segments, or say general = true",
        ),
    ];
    let failed = checks.into_iter().filter(|(_, holds, _)| !holds);
    failed.map(|(key, _, why)| (vec![(key, None)], why.to_owned())).collect()
}

/// Why these cannot be the days of a plan's checkpoints.
pub fn of_checkpoints(days: &[u16]) -> Option<String> {
    if days.is_empty() {
        return Some("at least one checkpoint is needed".to_owned());
    }
    if days.iter().any(|day| !(1..=LAST_DAY).contains(day)) {
        return Some(format!("checkpoints lie between day 1 and day {LAST_DAY}"));
    }
    let unsorted = days.windows(2).find(|pair| pair[0] >= pair[1]);
    unsorted.map(|pair| format!("checkpoints must increase: {} comes after {}", pair[1], pair[0]))
}

fn of_metric(metric: &TemplateMetric) -> Vec<(&'static str, String)> {
    let mut faults: Vec<(&'static str, String)> = Vec::new();
    let mut check = |key, holds: bool, why: &str| {
        if !holds {
            faults.push((key, why.to_owned()));
        }
    };
    check("key", is_key(&metric.key.0), "a key is one word of a-z, 0-9 and _");
    check("name", !metric.name.trim().is_empty(), "name is empty");
    check("weight", metric.weight > 0.0 && metric.weight.is_finite(), "weight must be above 0");
    check("target", target_is_finite(metric.target), "target must be a finite number");
    if let TemplateBaseline::Stated(value) = metric.baseline {
        check("baseline", value.is_finite(), "the stated baseline must be a finite number");
    }
    let is_measured = metric.baseline == TemplateBaseline::Measured;
    let has_window = metric.usage.as_ref().is_some_and(|usage| usage.window_days.is_some());
    check("baseline", !is_measured || has_window, "a measured baseline needs usage with window_days");
    let multiplies = matches!(metric.target, TemplateTarget::TimesBaseline { .. });
    check("target", !multiplies || is_measured, "times_baseline needs baseline = \"measured\"");
    check(
        "curve",
        curve_holds(metric.curve),
        "the curve's numbers must be finite, and steepness, a, c above 0",
    );
    let usage_holds = metric.usage.as_ref().is_none_or(|usage| {
        !usage.features.is_empty()
            && usage.window_days != Some(0)
            && !matches!(&usage.measure, Measure::Ratio { over } if over.is_empty())
    });
    check("usage", usage_holds, "usage needs at least one feature, and a window of at least one day");
    if let Some(benchmark) = &metric.benchmark {
        check("benchmark", benchmark.value.is_finite(), "the benchmark must be a finite number");
        check("benchmark", !benchmark.source.trim().is_empty(), "a benchmark names its source");
        check("benchmark", (1990..=2100).contains(&benchmark.year), "the benchmark's year is not one");
        check("benchmark", benchmark.sample > 0, "a benchmark says how many cases it stands on");
    }
    let days = metric.thresholds.windows(2).all(|pair| pair[0].day < pair[1].day);
    check("thresholds", days, "thresholds must be sorted by day, each day once");
    let values = metric.thresholds.iter().all(|t| t.warn.is_finite() && t.fail.is_finite());
    check("thresholds", values, "warn and fail must be finite numbers");
    let order = metric.thresholds.iter().all(|t| t.fail <= t.warn);
    check("thresholds", order, "fail must not lie above warn: both are percent of the way to the target");
    faults
}

fn of_milestone(milestone: &TemplateMilestone, template: &Template) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    if !is_key(&milestone.key) {
        faults.push(("key", "a key is one word of a-z, 0-9 and _".to_owned()));
    }
    if !(milestone.weight > 0.0 && milestone.weight.is_finite()) {
        faults.push(("weight", "weight must be above 0".to_owned()));
    }
    if let Some(reach) = &milestone.reached_when {
        if !template.metrics.iter().any(|metric| metric.key == reach.metric) {
            faults.push(("reached_when", format!("this template has no metric `{}`", reach.metric)));
        }
        if !reach.at_least.is_finite() {
            faults.push(("reached_when", "at_least must be a finite number".to_owned()));
        }
    }
    faults
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

const fn target_is_finite(target: TemplateTarget) -> bool {
    match target {
        TemplateTarget::Value(value) => value.is_finite(),
        TemplateTarget::TimesBaseline { times_baseline: times, otherwise }
        | TemplateTarget::TimesSeats { times_seats: times, otherwise } => {
            times.is_finite() && otherwise.is_finite()
        }
    }
}

fn curve_holds(curve: Curve) -> bool {
    match curve {
        Curve::Linear | Curve::Step { .. } => true,
        Curve::Logistic { middle, steepness } => {
            middle.is_none_or(f64::is_finite) && steepness.is_none_or(|k| k.is_finite() && k > 0.0)
        }
        Curve::Gompertz { a, c } => a.is_finite() && a > 0.0 && c.is_finite() && c > 0.0,
    }
}
