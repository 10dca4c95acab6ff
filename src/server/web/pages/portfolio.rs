//! The portfolio: which upsells need me now?

use askama::Template;

use super::{Mark, Shell, Status};
use crate::web::format::Day;

#[derive(Debug, Clone, Template)]
#[template(path = "portfolio.html")]
pub struct Portfolio {
    pub shell: Shell,
    /// "3 of 14 upsells are behind, holding $312k of new ARR".
    pub headline: String,
    /// The four measures of success; empty on the first run.
    pub measures: Vec<Measure>,
    pub filter: Filter,
    pub listing: Listing,
}

impl Portfolio {
    /// Where nothing was ever registered there is nothing to choose from.
    fn has_filters(&self) -> bool {
        !matches!(self.listing, Listing::FirstRun { .. })
    }
}

/// One measure of success, and what it stands on.
#[derive(Debug, Clone)]
pub struct Measure {
    /// "Upsells with a plan".
    pub name: String,
    /// "96%", or "–" when there is too little to say.
    pub value: String,
    /// "target 100%".
    pub target: String,
    /// "of 58 finished this year".
    pub basis: String,
    /// The rows behind it, where there is such a list.
    pub href: Option<String>,
}

/// What the rows were chosen by. Names are those of the query string.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Checkboxes: `status=behind`, `plan=missing`.
    pub chips: Vec<Chip>,
    /// Lists: `csm`, `product`, `due`, `sort`.
    pub menus: Vec<Menu>,
    /// The same rows as CSV.
    pub csv_href: String,
}

#[derive(Debug, Clone)]
pub struct Chip {
    /// "status" or "plan".
    pub name: &'static str,
    pub value: String,
    pub mark: Mark,
    pub word: String,
    pub count: String,
    pub is_checked: bool,
}

#[derive(Debug, Clone)]
pub struct Menu {
    pub name: &'static str,
    pub label: &'static str,
    pub choices: Vec<Choice>,
}

#[derive(Debug, Clone)]
pub struct Choice {
    /// Empty for "everyone".
    pub value: String,
    pub text: String,
    pub is_selected: bool,
}

#[derive(Debug, Clone)]
pub enum Listing {
    Rows {
        /// "14 measurements".
        count: String,
        rows: Vec<Row>,
        /// The next page, by cursor.
        next_href: Option<String>,
    },
    /// The filters leave nothing; the link is without them.
    NothingMatches { clear_href: String },
    /// Nothing was ever registered.
    FirstRun { ways: Vec<Way> },
}

/// A way to begin, with the command to copy.
#[derive(Debug, Clone)]
pub struct Way {
    pub title: String,
    pub text: String,
    pub command: String,
}

/// One upsell under measurement.
#[derive(Debug, Clone)]
pub struct Row {
    pub href: String,
    pub customer: String,
    pub product: String,
    pub status: Status,
    /// Of [`crate::web::gap::draw`].
    pub gap_svg: String,
    /// "−17 pts" or "–".
    pub gap: String,
    /// Below the band: printed in red and bold.
    pub is_below: bool,
    /// "56%" or "–".
    pub forecast: String,
    /// "$128k".
    pub arr: String,
    /// "Day 60, in 13 d" or "–"; the day stands in the title.
    pub checkpoint: String,
    pub checkpoint_day: Option<Day>,
    pub csm: String,
    /// "data from 3 d ago", when that is late.
    pub stale: Option<String>,
}
