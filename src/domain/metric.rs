//! What is measured: target, direction, weight, and which usage feeds it.

use crate::{
    amount::finite,
    baseline::Baseline,
    id::{Feature, MetricKey},
    pace::Curve,
    text::Name,
};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The specification's four kinds of metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline, description = "")]
pub enum MetricType {
    Usage,
    Adoption,
    Roi,
    Satisfaction,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Direction {
    #[default]
    Rising,
    Falling,
}

/// How often the metric is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Frequency {
    #[default]
    Daily,
    Weekly,
    /// Only when a checkpoint opens, and when a reading arrives.
    AtCheckpoint,
}

/// One metric of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metric {
    pub key: MetricKey,
    pub name: Name,
    #[serde(rename = "type")]
    pub kind: MetricType,
    /// Value aimed at by the last checkpoint, in `unit`.
    pub target: f64,
    /// `%`, `users`, `calls`, `points`, a currency.
    pub unit: String,
    #[serde(flatten)]
    #[schemars(with = "CollectionWire")]
    pub collection: Collection,
    #[serde(default)]
    pub direction: Direction,
    /// Share in the plan's roll-up, above 0.
    pub weight: f64,
    /// A critical metric decides the plan's status.
    pub critical: bool,
    pub baseline: Baseline,
    pub curve: Curve,
    /// Sorted by day; see [`Threshold`].
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub thresholds: Vec<Threshold>,
    #[serde(default)]
    pub frequency: Frequency,
    /// Who set the target, and what else was on offer.
    pub target_basis: TargetBasis,
    /// The target of the plan's first version; kept when the target is changed.
    pub original_target: f64,
}

impl Metric {
    /// Attainment `(x − b)/(T − b)`, uncapped; the formula serves falling metrics too (`methods.md` 7).
    /// `None` when there is no baseline, or a way too short for the number. When `T = b` it is 1 once the direction test holds, else 0.
    pub fn attainment(&self, value: f64) -> Option<f64> {
        let baseline = self.baseline.value()?;
        let way = self.target - baseline;
        if way == 0.0 {
            let holds = match self.direction {
                Direction::Rising => value >= self.target,
                Direction::Falling => value <= self.target,
            };
            return Some(f64::from(u8::from(holds)));
        }
        finite((value - baseline) / way)
    }

    /// The same of a day's value, freed of its weekday; `None` on a weekday that tells too little as well.
    pub fn attainment_on(&self, value: f64, on: NaiveDate) -> Option<f64> {
        self.attainment(self.usual(value, on)?)
    }

    /// A day's value as it would be on a usual day, so that a quiet Sunday is compared with Sundays.
    pub fn usual(&self, value: f64, on: NaiveDate) -> Option<f64> {
        finite(value / self.weekday_factor(on)?)
    }

    /// What a usual day's value is times on `on`: 1 unless the baseline was measured by weekday.
    pub fn weekday_factor(&self, on: NaiveDate) -> Option<f64> {
        match &self.baseline {
            Baseline::Measured { weekdays: Some(weekdays), .. } => weekdays.on(on),
            Baseline::Measured { .. }
            | Baseline::NewProduct
            | Baseline::Stated { .. }
            | Baseline::Absent { .. } => Some(1.0),
        }
    }

    /// The value at an attainment: the inverse of [`Self::attainment`].
    pub fn value_at(&self, attainment: f64) -> Option<f64> {
        let baseline = self.baseline.value()?;
        finite(baseline + attainment * (self.target - baseline))
    }

    pub fn selector(&self) -> Option<&Selector> {
        match &self.collection {
            Collection::Automatic(selector) => Some(selector),
            Collection::Manual => None,
        }
    }
}

/// Where the values come from. Automatic ones know their selector; a manual metric cannot have one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "CollectionWire", try_from = "CollectionWire")]
pub enum Collection {
    Automatic(Selector),
    Manual,
}

/// The specification's `measurement`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline, description = "")]
pub enum Measurement {
    Automatic,
    Manual,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CollectionWire {
    measurement: Measurement,
    /// Which usage events feed an automatic metric.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    selector: Option<Selector>,
}

impl From<Collection> for CollectionWire {
    fn from(collection: Collection) -> Self {
        match collection {
            Collection::Automatic(selector) => {
                Self { measurement: Measurement::Automatic, selector: Some(selector) }
            }
            Collection::Manual => Self { measurement: Measurement::Manual, selector: None },
        }
    }
}

impl TryFrom<CollectionWire> for Collection {
    type Error = crate::Error;
    fn try_from(wire: CollectionWire) -> crate::Result<Self> {
        match (wire.measurement, wire.selector) {
            (Measurement::Automatic, Some(selector)) => Ok(Self::Automatic(selector)),
            (Measurement::Manual, None) => Ok(Self::Manual),
            (Measurement::Automatic, None) => Err(crate::Error::invalid(
                "an automatic metric needs a selector that says which usage events feed it",
            )),
            (Measurement::Manual, Some(_)) => Err(crate::Error::invalid(
                "a manual metric has no selector; leave it out or say measurement = automatic",
            )),
        }
    }
}

/// Which usage events feed a metric, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Selector {
    /// Features whose events count.
    pub features: Vec<Feature>,
    #[serde(flatten)]
    pub measure: Measure,
    /// Days looked back from the day judged, that day included; since day 0 when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub window_days: Option<u16>,
}

/// How selected events become a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "how", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[schemars(inline)]
pub enum Measure {
    /// Number of events.
    Count,
    /// Different users with at least one event.
    DistinctUsers,
    /// Different users ÷ entitled seats, in percent.
    DistinctUsersPerSeat,
    /// Sum of the events' `count`.
    Sum,
    /// Mean of the events' `count`.
    Mean,
    /// `count` of the day's last event on the latest day with any.
    Latest,
    /// Sum of `features` ÷ sum of `over`, in percent.
    Ratio { over: Vec<Feature> },
    /// Active assigned users beyond `seatsBefore` ÷ seats added, in percent (incremental licence utilisation).
    IncrementalSeats,
    /// Eligible users with an event of every feature listed ÷ eligible users, in percent (activation). Eligible are users
    /// with `seat.assigned` and no later `seat.removed`; where no such event came the entitled seats, without those the
    /// users seen in the product.
    Activation,
    /// Eligible users active in the window ÷ eligible users, in percent (reach); eligible as for activation.
    Reach,
    /// Features used by at least `minUsers` users ÷ features listed, in percent (breadth).
    Breadth { min_users: u32 },
    /// Median over active users of events per active week (depth), in whole weeks, Monday to Sunday, that end in the
    /// window.
    Depth,
    /// Mean active days per active user per week (frequency).
    ActiveDays,
    /// Mean over the window of daily active ÷ users active in the window, in percent (stickiness).
    Stickiness {
        /// Count Monday to Friday only.
        #[serde(default)]
        business_days: bool,
    },
    /// Mean over the window's weeks of weekly active ÷ users active in them, in percent (stickiness of a weekly product).
    WeeklyStickiness,
    /// Net promoter score of answers sent as events of `survey.nps.<0-10>`, in points; unknown below ten answers.
    Nps,
    /// Share of the top two of five among answers sent as events of `survey.csat.<1-5>`, in percent.
    Csat,
    /// Return on investment since day 0, in percent: value and cost lines against the upsell's price; beyond a year by
    /// present value. Unknown until a value line came.
    Roi,
    /// Value realised ÷ committed, in percent: by line named in events of `value.committed.<line>`, none above what was
    /// committed; realised are `value.measured.<line>`, `value.stated.<line>` and `value.modelled.<line>`.
    ValueRealisation,
    /// Median days from day 0 to a user's first event of `features`; users without one are censored (Kaplan–Meier).
    FirstValueDays,
}

impl Measure {
    /// Told from what is sent beside usage, so whether or not a usage feed is alive.
    pub const fn is_beside_usage(&self) -> bool {
        matches!(self, Self::Nps | Self::Csat | Self::Roi | Self::ValueRealisation)
    }

    /// Counts who was given a seat, however long ago.
    pub const fn counts_seats(&self) -> bool {
        matches!(self, Self::Activation | Self::Reach | Self::FirstValueDays)
    }
}

/// From this day on: below `warn` looks weak, below `fail` is failed. In the metric's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Threshold {
    pub day: u16,
    pub warn: f64,
    pub fail: f64,
}

/// Order of authority (`methods.md` 6); a lower variant wins over a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Authority {
    CustomerCommitment,
    CsmOverride,
    Learned,
    Benchmark,
    TemplateDefault,
}

/// One target on offer, with where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct TargetOffer {
    pub authority: Authority,
    pub target: f64,
    /// A benchmark's source and year, an override's reason, the past upsells learned from.
    pub because: String,
}

/// The offer that won and those that lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetBasis {
    pub won: TargetOffer,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub lost: Vec<TargetOffer>,
}

impl Selector {
    /// Whether a value covers less than a week, so that it goes up and down with the weekday.
    pub fn is_daily(&self) -> bool {
        self.window_days.is_some_and(|days| days < 7)
    }

    /// All features a value is made from, those divided by too; answers of a survey lie below its feature.
    pub fn reads(&self) -> Vec<Feature> {
        match &self.measure {
            Measure::Ratio { over } => self.features.iter().chain(over).cloned().collect(),
            Measure::Nps | Measure::Csat => {
                let root = |feature: &Feature| feature.0.trim_end_matches(".*").to_owned();
                self.features.iter().map(|feature| Feature(root(feature) + ".*")).collect()
            }
            _ => self.features.clone(),
        }
    }
}

impl TargetBasis {
    /// The offer of highest authority wins; among equals the first. `None` without offers.
    pub fn decide(mut offers: Vec<TargetOffer>) -> Option<Self> {
        offers.sort_by_key(|offer| offer.authority);
        let mut offers = offers.into_iter();
        let won = offers.next()?;
        Some(Self { won, lost: offers.collect() })
    }
}
