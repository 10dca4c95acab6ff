use super::*;
use domain::{comparison::trend::AgainstTrend, statistics::Interval, statistics::did::Effect};

fn told(unit: &str, against_controls: Option<Comparison>, gap: Option<f64>) -> MetricComparison {
    let against_trend =
        gap.map(|gap| AgainstTrend { per_week: 1.0, low: 0.5, high: 1.5, projected: 40.0, gap });
    MetricComparison {
        metric: "seats".into(),
        name: "Seats in use".into(),
        unit: unit.to_owned(),
        gap_to_level: None,
        against_trend,
        against_controls,
    }
}

fn identified(effect: f64) -> Comparison {
    let effect = Effect { effect, standard_error: 1.0, interval: Interval::around(effect, 2.0) };
    Comparison::Identified { effect, pre_trend: effect, expanded: 1, controls: 9 }
}

#[test]
fn one_line_tells_the_effect_and_the_trend_and_shares_differ_in_points() {
    assert_eq!(
        line(&[told("%", Some(Comparison::TooEarly), None), told("%", Some(identified(-12.0)), Some(-3.0))])
            .unwrap(),
        "Compared, Seats in use: 12 points less than 9 like accounts that did not expand (−14 to −10); 3 points \
         below its trend before the sale."
    );
    assert_eq!(
        line(&[told("calls", None, Some(3.0))]).unwrap(),
        "Compared, Seats in use: 3 calls above its trend before the sale."
    );
    assert_eq!(line(&[told("calls", None, None)]), None);
    assert_eq!(line(&[]), None);
}
