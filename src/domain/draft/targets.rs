//! Which target wins, and what follows from it.

use crate::{
    Error, Result,
    baseline::Baseline,
    headline::amount,
    metric::{Authority, Direction, Metric, TargetBasis, TargetOffer, Threshold},
    template::{TemplateMetric, TemplateTarget, TemplateThreshold},
};

/// What the template itself offers: its benchmark, and its default.
pub fn of_template(metric: &TemplateMetric, baseline: &Baseline, seats: Option<u32>) -> Vec<TargetOffer> {
    let benchmark = metric.benchmark.as_ref().map(|benchmark| TargetOffer {
        authority: Authority::Benchmark,
        target: benchmark.value,
        because: format!("{}, {}, n = {}", benchmark.source, benchmark.year, benchmark.sample),
    });
    let (target, because) = default_of(metric, baseline, seats);
    let default = TargetOffer { authority: Authority::TemplateDefault, target, because };
    benchmark.into_iter().chain([default]).collect()
}

fn default_of(metric: &TemplateMetric, baseline: &Baseline, seats: Option<u32>) -> (f64, String) {
    match metric.target {
        TemplateTarget::Value(value) => (value, "the template's default".to_owned()),
        TemplateTarget::TimesBaseline { times_baseline: times, otherwise } => {
            match baseline.value().filter(|baseline| *baseline > 0.0) {
                Some(before) => {
                    let before_text = amount(before, &metric.unit);
                    (
                        times * before,
                        format!("the template's default: {times} × the baseline of {before_text}"),
                    )
                }
                None => (otherwise, "the template's default where no baseline is known".to_owned()),
            }
        }
        TemplateTarget::TimesSeats { times_seats: times, otherwise } => {
            match seats.filter(|seats| *seats > 0) {
                Some(seats) => (
                    (times * f64::from(seats)).ceil(),
                    format!("the template's default: {times} × {seats} seats"),
                ),
                None => (otherwise, "the template's default where no seats are known".to_owned()),
            }
        }
    }
}

/// Decides among offers. What nobody of this customer asked for must lie beyond the baseline to be a target at all; when
/// none does, keeping the baseline is the target. What somebody asked for on the wrong side of it is refused.
pub fn decide(
    name: &str,
    unit: &str,
    direction: Direction,
    baseline: &Baseline,
    offers: Vec<TargetOffer>,
) -> Result<TargetBasis> {
    let is_asked = |offer: &TargetOffer| {
        matches!(offer.authority, Authority::CustomerCommitment | Authority::CsmOverride)
    };
    let Some(before) = baseline.value() else {
        return TargetBasis::decide(offers).ok_or_else(|| no_offer(name));
    };
    let is_beyond = |offer: &TargetOffer| match direction {
        Direction::Rising => offer.target > before,
        Direction::Falling => offer.target < before,
    };
    let is_wrong = |offer: &&TargetOffer| is_asked(offer) && offer.target != before && !is_beyond(offer);
    if let Some(wrong) = offers.iter().find(is_wrong) {
        let side = if direction == Direction::Rising { "above" } else { "below" };
        return Err(Error::invalid(format!(
            "the target {} of “{name}” is not {side} its baseline {}; send a target {side} it",
            amount(wrong.target, unit),
            amount(before, unit)
        )));
    }
    let (open, passed): (Vec<_>, Vec<_>) =
        offers.into_iter().partition(|offer| is_asked(offer) || is_beyond(offer));
    let hold = TargetOffer {
        authority: Authority::TemplateDefault,
        target: before,
        because: "the baseline lies beyond every target on offer: keep it".to_owned(),
    };
    let mut basis = TargetBasis::decide(open)
        .or_else(|| TargetBasis::decide(vec![hold]).filter(|_| !passed.is_empty()))
        .ok_or_else(|| no_offer(name))?;
    basis.lost.extend(passed);
    Ok(basis)
}

/// The metric with the target its template alone would give it: the scale on which plans of one template compare,
/// whatever targets people set or the past taught. A metric no template offers a target for is its own scale.
pub fn on_template_scale(metric: &Metric) -> Metric {
    let basis = &metric.target_basis;
    let is_of_template =
        |offer: &&TargetOffer| matches!(offer.authority, Authority::Benchmark | Authority::TemplateDefault);
    let is_beyond = |offer: &&TargetOffer| match (metric.baseline.value(), metric.direction) {
        (None, _) => true,
        (Some(before), Direction::Rising) => offer.target > before,
        (Some(before), Direction::Falling) => offer.target < before,
    };
    let offers = std::iter::once(&basis.won).chain(&basis.lost);
    let offer = offers.filter(is_of_template).find(is_beyond);
    Metric { target: offer.map_or(metric.target, |offer| offer.target), ..metric.clone() }
}

/// A computed target as a person would write it: three significant digits.
pub fn three_digits(target: f64) -> f64 {
    format!("{target:.2e}").parse().expect("a number was printed")
}

fn no_offer(name: &str) -> Error {
    Error::invalid(format!("nothing offers a target for “{name}”; send one"))
}

/// Thresholds in the metric's unit; none while there is no way to take a percentage of.
pub fn thresholds(of: &[TemplateThreshold], baseline: &Baseline, target: f64) -> Vec<Threshold> {
    let Some(before) = baseline.value() else { return Vec::new() };
    let at = |percent: f64| before + percent / 100.0 * (target - before);
    of.iter().map(|t| Threshold { day: t.day, warn: at(t.warn), fail: at(t.fail) }).collect()
}

/// Puts another offer before the metric and lets the order of authority decide again. Thresholds keep their place on
/// the way; the original target is kept.
pub fn retarget(metric: &mut Metric, offer: TargetOffer) -> Result<()> {
    let standing = metric.target_basis.clone();
    let offers = std::iter::once(offer).chain([standing.won]).chain(standing.lost).collect();
    let basis = decide(&metric.name, &metric.unit, metric.direction, &metric.baseline, offers)?;
    move_target(metric, basis.won.target);
    metric.target_basis = basis;
    Ok(())
}

fn move_target(metric: &mut Metric, target: f64) {
    if let Some(before) = metric.baseline.value().filter(|before| metric.target != *before) {
        let stretch = (target - before) / (metric.target - before);
        for threshold in &mut metric.thresholds {
            threshold.warn = before + stretch * (threshold.warn - before);
            threshold.fail = before + stretch * (threshold.fail - before);
        }
    }
    metric.target = target;
}
