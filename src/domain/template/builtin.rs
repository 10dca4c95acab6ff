//! The templates shipped in the binary.

use super::{Fault, Template, parse};

const FILES: [(&str, &str); 7] = [
    ("analytics_add_on.toml", include_str!("../templates/analytics_add_on.toml")),
    ("api_volume.toml", include_str!("../templates/api_volume.toml")),
    ("general.toml", include_str!("../templates/general.toml")),
    ("module_add_on.toml", include_str!("../templates/module_add_on.toml")),
    ("seat_expansion.toml", include_str!("../templates/seat_expansion.toml")),
    ("services_support.toml", include_str!("../templates/services_support.toml")),
    ("tier_upgrade.toml", include_str!("../templates/tier_upgrade.toml")),
];

/// The built-in templates, by id.
pub fn built_in() -> Vec<Template> {
    let all: Result<Vec<Template>, Fault> = FILES.iter().map(|(name, text)| parse(name, text)).collect();
    all.expect("a test parses every built-in template")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        metric::MetricType,
        template::{TemplateBaseline, TemplateTarget},
    };

    #[test]
    fn every_built_in_template_measures_all_four_types_with_sourced_benchmarks() {
        for (name, text) in FILES {
            let template = parse(name, text).unwrap_or_else(|fault| panic!("{fault}"));
            for kind in [MetricType::Usage, MetricType::Adoption, MetricType::Roi, MetricType::Satisfaction] {
                assert!(template.metrics.iter().any(|metric| metric.kind == kind), "{name} lacks {kind:?}");
            }
            assert!((4..=6).contains(&template.metrics.len()), "{name}");
            assert!((1..=2).contains(&template.metrics.iter().filter(|m| m.critical).count()), "{name}");
            assert!(template.metrics.iter().any(|metric| metric.benchmark.is_some()), "{name}");
            assert!(template.metrics.iter().any(|metric| !metric.thresholds.is_empty()), "{name}");
            assert!(!template.milestones.is_empty(), "{name}");
        }
    }

    #[test]
    fn automatic_metrics_carry_most_of_the_weight_so_that_a_plan_is_judged_before_anyone_answers_a_survey() {
        for template in built_in() {
            let weight = |automatic: bool| -> f64 {
                let of_kind = template.metrics.iter().filter(|metric| metric.usage.is_some() == automatic);
                of_kind.filter(|metric| !metric.optional).map(|metric| metric.weight).sum()
            };
            assert!(weight(true) >= weight(false), "{}", template.id);
        }
    }

    #[test]
    fn exactly_one_is_general_and_ids_differ() {
        let templates = built_in();
        assert_eq!(templates.iter().filter(|template| template.matches.general).count(), 1);
        assert!(templates.windows(2).all(|pair| pair[0].id < pair[1].id));
    }

    /// What the built-in benchmarks stand on, until an operator puts their own in a template folder: 120 simulated
    /// upsells, each reaching 0.3 to 1.3 of the way to the template's default (the mean of three even draws); the
    /// benchmark is what the upper quarter reached.
    #[test]
    fn the_starter_benchmarks_are_what_the_simulated_portfolio_gives() {
        let mut state = 2026_u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut reached: Vec<f64> = (0..120).map(|_| 0.3 + (draw() + draw() + draw()) / 3.0).collect();
        reached.sort_by(f64::total_cmp);
        let upper_quarter = reached[90];
        for metric in built_in().iter().flat_map(|template| &template.metrics) {
            let Some(benchmark) = &metric.benchmark else { continue };
            let TemplateTarget::Value(default) = metric.target else { panic!("{}", metric.key) };
            let before = if let TemplateBaseline::Stated(value) = metric.baseline { value } else { 0.0 };
            let share = (benchmark.value - before) / (default - before);
            assert!((share - upper_quarter).abs() < 0.02, "{}: {share} is not {upper_quarter}", metric.key);
            assert_eq!(benchmark.sample, 120);
        }
    }
}
