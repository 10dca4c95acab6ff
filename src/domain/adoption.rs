//! How an upsell is adopted and what it is worth, by every definition of `methods.md` 2 that its data allows.

mod licences;
mod reading;
mod rows;

pub use licences::Licences;
pub use reading::Reading;
pub use rows::Row;

use crate::{
    analysis::figure::Figure,
    collect::{Collector, Usage},
    id::{Feature, Product},
    metric::{Measure, Metric, Selector},
    money::Currency,
    plan::MeasurementPlan,
    policy::Policy,
    progress::Progress,
    realisation::{GoalsDue, ValueLine, realisation},
    schedule::last_day,
    survey::{CsatSurvey, NpsSurvey},
    template::slug,
    upsell::Upsell,
    usage::epoch_day,
    value::{Terms, Value, value},
};
use chrono::{NaiveDate, TimeDelta};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Adoption and value of one upsell on a day. What is not known says why; it is never zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Adoption {
    /// Civil day value and answers are told to: today, or the last day the plan is measured on.
    pub told_to: NaiveDate,
    /// Of these the newest with usage, which the usage figures are of.
    pub usage_to: Option<NaiveDate>,
    /// Days the usage figures look back.
    pub window_days: u16,
    /// Entitled features in use ÷ entitled features, as the plan's metric of breadth lists them.
    pub breadth: Reading,
    /// Core actions per active user and active week, the median over users, in whole weeks.
    pub depth: Reading,
    /// Active days per active user and week.
    pub frequency: Reading,
    /// Active eligible users ÷ eligible users.
    pub reach: Reading,
    /// Daily ÷ 28-day active users, all days.
    pub stickiness: Reading,
    /// The same over Monday to Friday.
    pub stickiness_business_days: Reading,
    /// Weekly ÷ 28-day active users, for what is used once a week.
    pub stickiness_weekly: Reading,
    pub licences: Licences,
    /// Of the seats the upsell added.
    pub new_licences: Licences,
    /// Days from day 0 to eligible users' first value (Kaplan–Meier): who has none yet is censored.
    pub first_value: Figure,
    /// Since day 0, at most the latest `surveyWindowDays`; absent while nobody was asked or answered.
    pub nps: Option<NpsSurvey>,
    pub csat: Option<CsatSurvey>,
    pub survey_window_days: u16,
    pub value: ValueTold,
}

/// What came of it in money and goals, up to the day asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct ValueTold {
    pub currency: Currency,
    /// Absent until a value line came.
    pub so_far: Option<Value>,
    /// Value realised ÷ committed, by line.
    pub realisation: Reading,
    pub lines: Vec<ValueLine>,
    pub goals: GoalsDue,
}

/// What adoption is told from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub upsell: &'a Upsell,
    pub plan: &'a MeasurementPlan,
    pub progress: &'a Progress,
    pub usage: Usage<'a>,
    pub policy: &'a Policy,
    /// The customer's civil day.
    pub today: NaiveDate,
}

impl Facts<'_> {
    /// What comes later is not this upsell's any more, as no metric of it counts it.
    fn told_to(&self) -> NaiveDate {
        self.today.min(self.plan.date_of(last_day(self.plan, self.policy)))
    }
}

/// The first civil day whose usage [`Adoption::of`] looks at.
pub fn looks_back_to(plan: &MeasurementPlan, policy: &Policy) -> NaiveDate {
    // Six days more: a week that ends within the window counts whole.
    plan.tracking_start - TimeDelta::days(i64::from(policy.adoption_window_days) + 6)
}

impl Adoption {
    pub fn of(facts: &Facts<'_>) -> Self {
        let told = Told::of(facts);
        let window_days = facts.policy.adoption_window_days;
        let licences = |told_of: fn(&[Feature], Usage<'_>, u16, NaiveDate) -> Licences| match told.on {
            Some(on) => told_of(&told.features, facts.usage, window_days, on),
            None => Licences::unknown(NO_USAGE),
        };
        Self {
            told_to: facts.told_to(),
            usage_to: told.on,
            window_days,
            breadth: told.breadth(),
            depth: told.of_active("actions", told.core_actions(), Measure::Depth),
            frequency: told.of_active("days", told.features.clone(), Measure::ActiveDays),
            reach: told.reach(),
            stickiness: told.stickiness(Measure::Stickiness { business_days: false }),
            stickiness_business_days: told.stickiness(Measure::Stickiness { business_days: true }),
            stickiness_weekly: told.stickiness(Measure::WeeklyStickiness),
            licences: licences(Licences::of_all),
            new_licences: licences(Licences::of_new),
            first_value: told.first_value(),
            nps: NpsSurvey::of(facts.usage.users, &survey_window(facts), facts.policy),
            csat: CsatSurvey::of(facts.usage.users, &survey_window(facts)),
            survey_window_days: facts.policy.survey_window_days,
            value: value_told(facts),
        }
    }
}

const NO_USAGE: &str = "no usage since day 0";

/// The figures told from usage, all of one day.
struct Told<'a> {
    facts: &'a Facts<'a>,
    /// Of what was bought.
    features: Vec<Feature>,
    on: Option<NaiveDate>,
}

impl<'a> Told<'a> {
    fn of(facts: &'a Facts<'a>) -> Self {
        let under = |product: &Product| Feature(format!("{}.*", slug(product)));
        let newest = facts.usage.span.map(|(_, last)| last.min(facts.told_to()));
        Self {
            facts,
            features: facts.upsell.details.products.iter().map(under).collect(),
            on: newest.filter(|on| *on >= facts.usage.day_zero),
        }
    }

    fn selector(&self, features: Vec<Feature>, measure: Measure) -> Selector {
        Selector { features, measure, window_days: Some(self.facts.policy.adoption_window_days) }
    }

    /// The plan's metric of a measure, with what it counts.
    fn metric(&self, is_wanted: impl Fn(&Measure) -> bool) -> Option<&'a Selector> {
        let selectors = self.facts.plan.metrics.iter().filter_map(Metric::selector);
        selectors.into_iter().find(|selector| is_wanted(&selector.measure))
    }

    fn core_actions(&self) -> Vec<Feature> {
        let depth = self.metric(|measure| *measure == Measure::Depth);
        depth.map_or_else(|| self.features.clone(), |selector| selector.features.clone())
    }

    /// A figure per active user.
    fn of_active(&self, unit: &str, features: Vec<Feature>, measure: Measure) -> Reading {
        let Some(on) = self.on else { return Reading::unknown(NO_USAGE) };
        let selector = self.selector(features, measure);
        let collector = Collector::of(&selector, self.facts.usage);
        match collector.value(on).zip(collector.people(on)) {
            Some((value, people)) => Reading::known(value, unit, people, "active users"),
            None if collector.people(on) == Some(0) => Reading::unknown(format!(
                "nobody was active in the {} days up to {on}",
                self.facts.policy.adoption_window_days
            )),
            None => Reading::unknown("there is no whole week of usage yet"),
        }
    }

    fn stickiness(&self, measure: Measure) -> Reading {
        self.of_active("%", self.features.clone(), measure)
    }

    fn breadth(&self) -> Reading {
        let Some(on) = self.on else { return Reading::unknown(NO_USAGE) };
        let Some(listed) = self.metric(|measure| matches!(measure, Measure::Breadth { .. })) else {
            return Reading::unknown("no metric of this plan lists the entitled features");
        };
        let selector = self.selector(listed.features.clone(), listed.measure.clone());
        let value = Collector::of(&selector, self.facts.usage).value(on);
        value.map_or_else(
            || Reading::unknown(NO_USAGE),
            |value| Reading::known(value, "%", listed.features.len() as u64, "entitled features"),
        )
    }

    fn reach(&self) -> Reading {
        let Some(on) = self.on else { return Reading::unknown(NO_USAGE) };
        let selector = self.selector(self.features.clone(), Measure::Reach);
        let collector = Collector::of(&selector, self.facts.usage);
        let eligible = collector.provisioned(on);
        collector.value(on).map_or_else(
            || Reading::unknown("nobody is known to be eligible: send seat.assigned, or the seats"),
            |value| Reading::known(value, "%", eligible.count(), eligible.words()),
        )
    }

    /// By the plan's metric of it, else by any usage of the product.
    fn first_value(&self) -> Figure {
        let named = self.metric(|measure| *measure == Measure::FirstValueDays);
        let features = named.map_or_else(|| self.features.clone(), |selector| selector.features.clone());
        let selector = Selector { features, measure: Measure::FirstValueDays, window_days: None };
        let on = self.on.unwrap_or(self.facts.told_to());
        Figure::days(&Collector::of(&selector, self.facts.usage).lives_to_first_value(on), 1)
    }
}

/// Since day 0, at most the policy's days.
fn survey_window(facts: &Facts<'_>) -> std::ops::RangeInclusive<i32> {
    let to = epoch_day(facts.told_to());
    let from = to - i32::from(facts.policy.survey_window_days) + 1;
    from.max(epoch_day(facts.usage.day_zero))..=to
}

fn value_told(facts: &Facts<'_>) -> ValueTold {
    let Usage { days, day_zero, .. } = facts.usage;
    let arr = facts.upsell.details.arr.0;
    let terms = Terms { arr: arr.major(), day_zero, discount_rate: facts.policy.discount_rate };
    let realised = realisation(days, day_zero, facts.told_to());
    let n = realised.lines.len() as u64;
    ValueTold {
        currency: arr.currency,
        so_far: value(days, &terms, facts.told_to()),
        realisation: realised.percent().map_or_else(
            || Reading::unknown(realised.why_unknown()),
            |percent| Reading::known(percent, "%", n, "committed lines"),
        ),
        lines: realised.lines,
        goals: GoalsDue::of(facts.plan, facts.progress),
    }
}

#[cfg(test)]
mod tests;
