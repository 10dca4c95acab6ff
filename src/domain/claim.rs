//! What is claimed of an upsell's end, recomputed from the observations it cites.

use crate::{
    error::FieldFault, headline::amount, metric::Metric, observation::Observation, outcome::Conclusion,
    plan::MeasurementPlan,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A metric's value at the end, resting on the observations cited beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline, description = "")]
pub struct Claim {
    pub metric: String,
    pub value: f64,
}

/// What a conclusion cites, and everything known beside it.
#[derive(Debug, Clone, Copy)]
pub struct Cited<'a> {
    pub plan: &'a MeasurementPlan,
    pub known: &'a [Observation],
    pub cited: &'a [Observation],
}

impl Cited<'_> {
    /// Every way in which the cited observations do not bear the conclusion or the claims out.
    pub fn faults(&self, conclusion: Conclusion, claims: &[Claim]) -> Vec<FieldFault> {
        let mut faults: Vec<FieldFault> = self.cited.iter().filter_map(|one| self.restated(one)).collect();
        faults.extend(claims.iter().enumerate().filter_map(|(index, claim)| self.differs(index, claim)));
        if conclusion == Conclusion::Success && !self.cited.is_empty() {
            faults.extend(self.shows_no_success());
        }
        faults
    }

    /// A value that a later one of the same day and source took the place of.
    fn restated(&self, cited: &Observation) -> Option<FieldFault> {
        let same = |other: &&Observation| {
            (&other.metric, other.valid_on, &other.source) == (&cited.metric, cited.valid_on, &cited.source)
        };
        let standing = self.known.iter().filter(same).max_by_key(|other| (other.recorded_at, other.id))?;
        (standing.id != cited.id && standing.value != cited.value).then(|| {
            let unit = self.plan.metric(&cited.metric).map_or("", |metric| metric.unit.as_str());
            let wanted = format!(
                "{} instead: {} of {} was restated to {}",
                standing.id,
                cited.metric,
                cited.valid_on,
                amount(standing.value, unit)
            );
            FieldFault::new("evidenceIds", format!("{} ({})", cited.id, amount(cited.value, unit)), wanted)
        })
    }

    /// A claim recomputes when it reads as the newest cited value of its metric does.
    fn differs(&self, index: usize, claim: &Claim) -> Option<FieldFault> {
        let field = |name: &str| format!("claims[{index}].{name}");
        let wanted = claim.metric.trim().to_lowercase();
        let named = |metric: &&Metric| metric.key.0 == wanted || metric.name.to_lowercase() == wanted;
        let Some(metric) = self.plan.metrics.iter().find(named) else {
            let keys: Vec<&str> = self.plan.metrics.iter().map(|metric| metric.key.0.as_str()).collect();
            let wanted = format!("one of {}", keys.join(", "));
            return Some(FieldFault::new(field("metric"), format!("{:?}", claim.metric), wanted));
        };
        let claimed = amount(claim.value, &metric.unit);
        let Some(newest) = newest(self.evidence(), metric) else {
            let wanted = match self.newest_known(metric) {
                Some(newest) => {
                    format!("evidenceIds with an observation of {}; the newest is {newest}", metric.key)
                }
                None => format!("no claim on {}: nothing is observed of it", metric.key),
            };
            return Some(FieldFault::new(field("value"), format!("{claimed}, citing nothing of it"), wanted));
        };
        let recomputed = amount(newest.value, &metric.unit);
        (recomputed != claimed).then(|| {
            let wanted = format!(
                "{recomputed}, what {} of {} recomputes to; or cite the observation that shows {claimed}",
                newest.id, newest.valid_on
            );
            FieldFault::new(field("value"), claimed, wanted)
        })
    }

    /// What is cited, without what was typed by hand over what is measured: that is no evidence by itself.
    fn evidence(&self) -> impl Iterator<Item = &Observation> {
        self.cited.iter().filter(|cited| !self.is_typed_over(cited))
    }

    fn is_typed_over(&self, observation: &Observation) -> bool {
        self.plan.metric(&observation.metric).is_ok_and(|metric| observation.is_typed_over(metric))
    }

    /// A success claims that targets are attained: what is cited must show one that is, and no critical one that is not.
    fn shows_no_success(&self) -> Vec<FieldFault> {
        let metrics = || self.plan.metrics.iter();
        let shown: Vec<(&Metric, &Observation)> =
            metrics().filter_map(|metric| Some((metric, newest(self.evidence(), metric)?))).collect();
        let typed: Vec<(&Metric, &Observation)> = metrics()
            .filter_map(|metric| Some((metric, newest(self.cited.iter(), metric)?)))
            .filter(|(metric, newest)| newest.is_typed_over(metric))
            .collect();
        let is_attained = |(metric, observation): &(&Metric, &Observation)| {
            let attained = metric.attainment_on(observation.value, observation.valid_on);
            attained.is_none_or(|attained| attained >= 1.0)
        };
        let short = shown.iter().chain(&typed).filter(|pair| pair.0.critical && !is_attained(pair));
        let mut faults: Vec<FieldFault> = short.map(|(metric, seen)| falls_short(metric, seen)).collect();
        if faults.is_empty() && !shown.iter().any(is_attained) {
            let fault = shown.first().map(|(metric, seen)| falls_short(metric, seen));
            faults
                .extend(fault.or_else(|| typed.first().map(|(metric, seen)| self.only_typed(metric, seen))));
        }
        faults
    }

    fn only_typed(&self, metric: &Metric, typed: &Observation) -> FieldFault {
        let received = format!(
            "a success, citing only values typed by hand, such as {} {} ({} on {})",
            metric.name,
            amount(typed.value, &metric.unit),
            typed.id,
            typed.valid_on
        );
        let newest = self.newest_known(metric);
        let newest = newest
            .map_or("nothing is measured of it yet".to_owned(), |newest| format!("the newest is {newest}"));
        let wanted = format!(
            "a measured value: usage measures {}, and what is typed over it is no evidence by itself; {newest}",
            metric.name
        );
        FieldFault::new("evidenceIds", received, wanted)
    }

    /// `o_… (50 users on 2026-03-20)`, of what may be evidence.
    fn newest_known(&self, metric: &Metric) -> Option<String> {
        let known = self.known.iter().filter(|known| !known.is_typed_over(metric));
        newest(known, metric).map(|newest| {
            format!("{} ({} on {})", newest.id, amount(newest.value, &metric.unit), newest.valid_on)
        })
    }
}

fn falls_short(metric: &Metric, seen: &Observation) -> FieldFault {
    let received = format!(
        "a success, citing {} {} ({} on {})",
        metric.name,
        amount(seen.value, &metric.unit),
        seen.id,
        seen.valid_on
    );
    let wanted = format!(
        "an observation at its target of {}, or outcome=\"partial\" with this as a gap",
        amount(metric.target, &metric.unit)
    );
    FieldFault::new("evidenceIds", received, wanted)
}

fn newest<'a>(among: impl Iterator<Item = &'a Observation>, metric: &Metric) -> Option<&'a Observation> {
    let of_it = among.filter(|observation| observation.metric == metric.key);
    of_it.max_by_key(|observation| (observation.valid_on, observation.recorded_at, observation.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        example::{observation, plan},
        metric::Collection,
        observation::Quality,
    };

    /// What is said against a conclusion that cites the last `cited` of these values of days 80, 81, …
    fn said(values: &[f64], cited: usize, conclusion: Conclusion, claims: &[f64]) -> Vec<String> {
        let plan = plan();
        let known: Vec<Observation> =
            (80..).zip(values).map(|(day, value)| observation(&plan, day, *value)).collect();
        let metric = plan.metrics[0].key.0.clone();
        let claims: Vec<Claim> =
            claims.iter().map(|value| Claim { metric: metric.clone(), value: *value }).collect();
        let cited = Cited { plan: &plan, known: &known, cited: &known[values.len() - cited..] };
        cited.faults(conclusion, &claims).iter().map(|fault| format!("{fault:?}")).collect()
    }

    #[test]
    fn a_claim_is_the_newest_value_it_cites_as_people_write_it() {
        assert_eq!(said(&[50.0, 61.0], 2, Conclusion::Partial, &[61.0]), [""; 0]);
        assert_eq!(said(&[61.004], 1, Conclusion::Partial, &[61.0]), [""; 0]);
        let wrong = said(&[50.0, 61.0], 2, Conclusion::Partial, &[85.0]);
        assert!(wrong.len() == 1 && wrong[0].contains("85") && wrong[0].contains("61"), "{wrong:?}");
    }

    #[test]
    fn a_claim_that_cites_nothing_is_told_what_to_cite() {
        let wrong = said(&[50.0], 0, Conclusion::Partial, &[50.0]);
        assert!(wrong.len() == 1 && wrong[0].contains("the newest is o_"), "{wrong:?}");
    }

    #[test]
    fn a_success_whose_citation_misses_the_target_is_none() {
        let target = plan().metrics[0].target;
        assert_eq!(said(&[target], 1, Conclusion::Success, &[]), [""; 0]);
        assert_eq!(said(&[target - 5.0], 1, Conclusion::Success, &[]).len(), 1);
        assert_eq!(said(&[target - 5.0], 1, Conclusion::Partial, &[]), [""; 0], "a partial one may cite it");
        assert_eq!(said(&[target - 5.0, target], 2, Conclusion::Success, &[]), [""; 0], "the newest counts");
    }

    #[test]
    fn what_was_restated_is_not_cited() {
        let plan = plan();
        let old = observation(&plan, 80, 90.0);
        let mut new = observation(&plan, 80, 40.0);
        (new.id, new.recorded_at) =
            (crate::id::ObservationId::from_bits(9_999), old.recorded_at + chrono::TimeDelta::days(1));
        let known = [old.clone(), new.clone()];
        let citing = |one: Observation| {
            Cited { plan: &plan, known: &known, cited: &[one] }.faults(Conclusion::Partial, &[]).len()
        };
        assert_eq!((citing(old), citing(new)), (1, 0));
    }

    #[test]
    fn values_typed_over_what_is_measured_are_no_evidence_by_themselves() {
        let mut plan = plan();
        let measured = observation(&plan, 80, 90.0);
        let typed = Observation { quality: Quality::Stated, ..observation(&plan, 81, 95.0) };
        let known = [measured.clone(), typed.clone()];
        let claim = [Claim { metric: typed.metric.0.clone(), value: 95.0 }];
        let citing = |plan: &MeasurementPlan, cited: &[Observation], claims: &[Claim]| {
            let cited = Cited { plan, known: &known, cited };
            cited
                .faults(Conclusion::Success, claims)
                .iter()
                .map(|fault| format!("{fault:?}"))
                .collect::<Vec<_>>()
        };
        let alone = citing(&plan, std::slice::from_ref(&typed), &[]);
        assert!(alone.len() == 1 && alone[0].contains(&measured.id.to_string()), "{alone:?}");
        assert_eq!(citing(&plan, std::slice::from_ref(&typed), &claim).len(), 2, "nor for a claim");
        assert_eq!(citing(&plan, &known, &[]), [""; 0], "beside a measured one it may stand");
        plan.metrics[0].collection = Collection::Manual;
        assert_eq!(citing(&plan, std::slice::from_ref(&typed), &claim), [""; 0], "read by hand only");
    }
}
