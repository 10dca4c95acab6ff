//! One measurement: is this customer adopting what they bought, how sure are we, and why?

use askama::Template;

use super::{Actor, Link, Shell, Status, Tab};
use crate::web::format::Day;

#[derive(Debug, Clone, Template)]
#[template(path = "measurement.html")]
pub struct Measurement {
    pub shell: Shell,
    pub head: Head,
    /// The headline over all metrics, where there are several.
    pub answer: Option<String>,
    /// An outcome that waits for a CSM.
    pub proposed: Option<String>,
    /// One for each metric; shown when there are several.
    pub metrics: Vec<Metric>,
    pub main: Main,
    /// "Why it is behind".
    pub reasons_title: String,
    pub reasons: Vec<Reason>,
    pub criteria: Vec<Criterion>,
    pub adoption: Option<Adoption>,
    pub milestones: Vec<Milestone>,
    pub goals: Vec<Goal>,
    pub timeline: Vec<Event>,
    pub history: Vec<Version>,
}

#[derive(Debug, Clone)]
pub struct Head {
    pub customer: String,
    pub product: String,
    pub status: Status,
    /// "since day 35".
    pub since: Option<String>,
    /// "$128k new ARR".
    pub arr: String,
    pub closed: Day,
    /// Who sold it.
    pub rep: Option<String>,
    pub csm: Option<String>,
    /// "data from 2 h ago", "no data since 14 Nov".
    pub freshness: String,
    pub is_stale: bool,
    /// The one next thing to do, named after what is due; nothing while its page does not exist.
    pub action: Option<Link>,
}

/// A metric to look at, with how it stands.
#[derive(Debug, Clone)]
pub struct Metric {
    pub tab: Tab,
    pub status: Status,
}

/// The card that answers.
#[derive(Debug, Clone)]
pub enum Main {
    Chart(ChartCard),
    /// The plan is being made and the clock runs.
    Planning {
        /// "31 h left of 48 to agree on a plan".
        headline: String,
        text: String,
        /// Hours gone of the 48, for the meter.
        hours_gone: u32,
    },
}

/// A headline, the drawing and its numbers.
#[derive(Debug, Clone)]
pub struct ChartCard {
    /// "17 points behind: 40% of seats active on day 47, similar customers are at 58%".
    pub headline: String,
    /// "Share of 250 purchased seats …. Grey band: middle 60% of 41 similar upsells."
    pub subline: String,
    /// What a stale or empty chart must say: "Status as last known on 14 Nov".
    pub notice: Option<String>,
    /// Curve and gap.
    pub views: Vec<Tab>,
    /// Of [`crate::web::chart::draw`], for either width.
    pub wide_svg: String,
    pub narrow_svg: String,
    pub numbers: Vec<Numbers>,
    pub csv_href: Option<String>,
}

/// A row of "Show the numbers".
#[derive(Debug, Clone)]
pub struct Numbers {
    pub day: u16,
    pub date: Day,
    pub actual: String,
    pub expected: String,
    /// "51–66" or "–".
    pub band: String,
    pub gap: String,
}

/// A cause, by how much of the gap it explains.
#[derive(Debug, Clone)]
pub struct Reason {
    /// "Seats invited: 112 of 250".
    pub text: String,
    /// "Explains 14 of the 17 points behind".
    pub share: String,
    /// Of the whole gap, 0 to 100, for the bar.
    pub percent: u8,
    pub evidence: Option<Link>,
}

#[derive(Debug, Clone)]
pub struct Criterion {
    pub metric: String,
    pub now: String,
    pub target: String,
    pub status: Status,
    /// "automatic, product usage" or "by hand, Ana Ruiz".
    pub source: String,
    /// "inside the band of 41 similar upsells".
    pub rule: String,
    pub evidence: Option<Link>,
}

/// How it is used and what it is worth.
#[derive(Debug, Clone)]
pub struct Adoption {
    /// "Usage to 12 Nov 2026, over 28 days. Surveys over 90 days."
    pub note: String,
    /// First usage, then value and answers.
    pub groups: [Vec<Figure>; 2],
}

/// A figure by its definition.
#[derive(Debug, Clone)]
pub struct Figure {
    pub name: String,
    /// "45 %"; absent when it is not known.
    pub figure: Option<String>,
    /// "of 40 purchased seats", or why it is not known.
    pub basis: String,
}

#[derive(Debug, Clone)]
pub struct Milestone {
    pub name: String,
    /// "Done", "Due", "11 days late".
    pub status: Status,
    pub due: Option<Day>,
    pub done: Option<Day>,
}

/// What the customer wants, in their words.
#[derive(Debug, Clone)]
pub struct Goal {
    pub quote: String,
    pub status: Status,
    pub evidence: Vec<Link>,
}

/// Something that happened, and who did it.
#[derive(Debug, Clone)]
pub struct Event {
    pub day: Day,
    pub text: String,
    pub actor: Option<Actor>,
    pub evidence: Option<Link>,
}

/// An earlier state of the plan; old targets are kept.
#[derive(Debug, Clone)]
pub struct Version {
    pub day: Day,
    /// "Target for seats active: 80% → 75%".
    pub change: String,
    pub reason: Option<String>,
    pub actor: Actor,
}
