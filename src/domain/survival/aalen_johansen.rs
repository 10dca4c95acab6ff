//! Competing ends: the chance of each cause by each time when the first one ends the observation.

use super::Lifetime;
use crate::statistics::moments::finite;

/// How long one account was observed and what ended it, if anything did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompetingLifetime<Cause> {
    pub time: f64,
    pub cause: Option<Cause>,
}

/// The cumulative chance of one cause: 0 at time 0, a step up at each of its events.
#[derive(Debug, Clone, PartialEq)]
pub struct Incidence {
    pub steps: Vec<IncidenceStep>,
    last_time: f64,
    is_complete: bool,
}

/// The chance of the cause by `time`, ended accounts of other causes staying in the base.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IncidenceStep {
    pub time: f64,
    pub incidence: f64,
}

impl Incidence {
    /// Aalen & Johansen 1978: at each time, survival of every cause just before × events of this cause ÷ at risk.
    /// `None` when empty, or when a time is negative or not finite.
    pub fn of<Cause: PartialEq>(lifetimes: &[CompetingLifetime<Cause>], cause: &Cause) -> Option<Self> {
        let is_valid = |life: &CompetingLifetime<Cause>| finite(life.time).is_some_and(|time| time >= 0.0);
        if lifetimes.is_empty() || !lifetimes.iter().all(is_valid) {
            return None;
        }
        let mut ordered: Vec<&CompetingLifetime<Cause>> = lifetimes.iter().collect();
        ordered.sort_by(|a, b| a.time.total_cmp(&b.time));
        let (mut survival, mut incidence, mut at_risk) = (1.0, 0.0, ordered.len());
        let mut steps = Vec::new();
        for same_time in ordered.chunk_by(|a, b| a.time == b.time) {
            let events = same_time.iter().filter(|life| life.cause.is_some()).count();
            let of_cause = same_time.iter().filter(|life| life.cause.as_ref() == Some(cause)).count();
            if of_cause > 0 {
                incidence += survival * of_cause as f64 / at_risk as f64;
                steps.push(IncidenceStep { time: same_time[0].time, incidence });
            }
            survival *= 1.0 - events as f64 / at_risk as f64;
            at_risk -= same_time.len();
        }
        Some(Self { steps, last_time: ordered[ordered.len() - 1].time, is_complete: survival <= 0.0 })
    }

    /// The chance of the cause by `time`, from 0 to 1. `None` when `time` is NaN or beyond all observation while
    /// some were still going.
    pub fn at(&self, time: f64) -> Option<f64> {
        let reached = self.steps.iter().rev().find(|step| step.time <= time);
        (time <= self.last_time || (self.is_complete && !time.is_nan()))
            .then(|| reached.map_or(0.0, |step| step.incidence))
    }
}

/// The same observations with every cause counted as the event.
pub fn any_cause<Cause>(lifetimes: &[CompetingLifetime<Cause>]) -> Vec<Lifetime> {
    lifetimes.iter().map(|life| Lifetime { time: life.time, is_event: life.cause.is_some() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;
    use crate::survival::kaplan_meier::SurvivalCurve;

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum End {
        AccountLost,
        ExpansionCancelled,
    }

    fn observed() -> Vec<CompetingLifetime<End>> {
        let (lost, cancelled) = (Some(End::AccountLost), Some(End::ExpansionCancelled));
        let ends = [lost, cancelled, None, lost, cancelled, None, lost, lost, cancelled, None];
        let times = [1.0, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
        times.into_iter().zip(ends).map(|(time, cause)| CompetingLifetime { time, cause }).collect()
    }

    /// Reference: lifelines `AalenJohansenFitter`.
    #[test]
    fn both_causes_agree_with_lifelines() {
        let lost = Incidence::of(&observed(), &End::AccountLost).unwrap();
        for (time, expected) in [(0.5, 0.0), (1.0, 0.1), (3.0, 0.214_285_71), (6.0, 0.357_142_86), (9.0, 0.5)]
        {
            assert_close(lost.at(time).unwrap(), expected, 1e-8);
        }
        let cancelled = Incidence::of(&observed(), &End::ExpansionCancelled).unwrap();
        for (time, expected) in [(2.0, 0.1), (4.0, 0.214_285_71), (8.0, 0.357_142_86)] {
            assert_close(cancelled.at(time).unwrap(), expected, 1e-8);
        }
        assert_eq!(lost.at(9.5), None);
    }

    #[test]
    fn the_causes_and_survival_add_up_to_everyone() {
        let survival = SurvivalCurve::of(&any_cause(&observed())).unwrap();
        for time in [1.0, 4.0, 6.5, 9.0] {
            let causes = [End::AccountLost, End::ExpansionCancelled]
                .map(|cause| Incidence::of(&observed(), &cause).unwrap().at(time).unwrap());
            assert_close(causes[0] + causes[1] + survival.survival_at(time).unwrap(), 1.0, 1e-12);
        }
        assert_eq!(Incidence::of::<End>(&[], &End::AccountLost), None);
    }
}
