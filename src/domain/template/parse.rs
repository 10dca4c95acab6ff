//! From a TOML file to a template, or the file, line and reason it is refused for.

use super::{Template, TemplateUsage, faults};
use crate::{
    Error,
    id::Feature,
    metric::Measure,
    text::{self, Lines, Unseen},
};
use serde::Deserialize;
use std::fmt;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Why a template file is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    /// From 1.
    pub line: usize,
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::invalid(format!("the template is refused at {fault}"))
    }
}

/// Reads and checks a template. `file` is only named in the fault.
pub fn parse(file: &str, text: &str) -> Result<Template, Fault> {
    let at = |span: Option<std::ops::Range<usize>>, reason: &str| Fault {
        file: file.to_owned(),
        line: line_of(text, span.map_or(0, |span| span.start)),
        reason: reason.trim_end().replace('\n', "; "),
    };
    let document = DeTable::parse(text).map_err(|error| at(error.span(), error.message()))?;
    if let Some((span, unseen)) = unseen_in_table(document.get_ref()) {
        return Err(at(Some(span), &format!("a text holds {unseen}; leave it out")));
    }
    let template: Template = toml::from_str(text).map_err(|error| at(error.span(), error.message()))?;
    match faults::of(&template).into_iter().next() {
        None => Ok(template),
        Some((path, reason)) => Err(at(Some(place(&document, &path)), &reason)),
    }
}

type Place = std::ops::Range<usize>;

fn unseen_in_table(table: &DeTable<'_>) -> Option<(Place, Unseen)> {
    table.values().find_map(unseen_in)
}

/// The first text in it with a character that nobody would see in a plan.
fn unseen_in(value: &Spanned<DeValue<'_>>) -> Option<(Place, Unseen)> {
    match value.get_ref() {
        DeValue::String(text) => text::taken(text, Lines::One).err().map(|unseen| (value.span(), unseen)),
        DeValue::Array(items) => items.iter().find_map(unseen_in),
        DeValue::Table(table) => unseen_in_table(table),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => None,
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// A step into the document: a key, and the item when it holds a list.
pub type Step = (&'static str, Option<usize>);

/// Where the deepest part of `path` that the file writes stands.
fn place(document: &Spanned<DeTable<'_>>, path: &[Step]) -> std::ops::Range<usize> {
    let mut table = document.get_ref();
    let mut span = document.span();
    for (key, item) in path {
        let Some((name, mut value)) = table.get_key_value(*key) else { break };
        span = name.span();
        if let Some(found) = item.and_then(|item| value.get_ref().as_array()?.get(item)) {
            value = found;
            span = value.span();
        }
        let Some(next) = value.get_ref().as_table() else { break };
        table = next;
    }
    span
}

/// `usage` as a file writes it: one flat table, unknown keys refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UsageFile {
    features: Vec<Feature>,
    how: How,
    window_days: Option<u16>,
    over: Option<Vec<Feature>>,
    min_users: Option<u32>,
    business_days: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum How {
    Count,
    DistinctUsers,
    DistinctUsersPerSeat,
    Sum,
    Mean,
    Latest,
    Ratio,
    IncrementalSeats,
    Activation,
    Breadth,
    Depth,
    ActiveDays,
    Stickiness,
    WeeklyStickiness,
    Reach,
    Nps,
    Csat,
    Roi,
    ValueRealisation,
    FirstValueDays,
}

impl TryFrom<UsageFile> for TemplateUsage {
    type Error = String;
    fn try_from(file: UsageFile) -> Result<Self, String> {
        let UsageFile { features, how, window_days, mut over, mut min_users, mut business_days } = file;
        let measure = match how {
            How::Count => Measure::Count,
            How::DistinctUsers => Measure::DistinctUsers,
            How::DistinctUsersPerSeat => Measure::DistinctUsersPerSeat,
            How::Sum => Measure::Sum,
            How::Mean => Measure::Mean,
            How::Latest => Measure::Latest,
            How::Ratio => Measure::Ratio { over: over.take().ok_or("how = \"ratio\" needs `over`")? },
            How::IncrementalSeats => Measure::IncrementalSeats,
            How::Activation => Measure::Activation,
            How::Breadth => Measure::Breadth { min_users: min_users.take().unwrap_or(1) },
            How::Depth => Measure::Depth,
            How::ActiveDays => Measure::ActiveDays,
            How::Stickiness => {
                Measure::Stickiness { business_days: business_days.take().unwrap_or_default() }
            }
            How::WeeklyStickiness => Measure::WeeklyStickiness,
            How::Reach => Measure::Reach,
            How::Nps => Measure::Nps,
            How::Csat => Measure::Csat,
            How::Roi => Measure::Roi,
            How::ValueRealisation => Measure::ValueRealisation,
            How::FirstValueDays => Measure::FirstValueDays,
        };
        let unused = [
            ("over", over.is_some(), "ratio"),
            ("min_users", min_users.is_some(), "breadth"),
            ("business_days", business_days.is_some(), "stickiness"),
        ];
        match unused.into_iter().find(|(_, is_left, _)| *is_left) {
            Some((key, _, how)) => Err(format!("`{key}` belongs to how = \"{how}\" only")),
            None => Ok(Self { features, measure, window_days }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"id = "widgets"
version = 1
name = "Widgets"
summary = "For widgets."
matches = { words = ["widget"] }
checkpoints = [30, 60, 90]

[[metric]]
key = "makers"
name = "Widget makers"
type = "adoption"
unit = "users"
target = 20
thresholds = [{ day = 30, warn = 20, fail = 10 }, { day = 60, warn = 50, fail = 25 }]
usage = { features = ["{product}.*"], how = "distinct_users", window_days = 28 }

[[milestone]]
key = "first_widget"
name = "First widget made"
due_day = 14
reached_when = { metric = "makers", at_least = 1 }
"#;

    /// The good file with one line changed; what it is refused for must stand on that line.
    fn refusal(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        parse("widgets.toml", &GOOD.replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn a_good_file_is_a_template() {
        let template = parse("widgets.toml", GOOD).unwrap();
        assert_eq!(template.metrics[0].usage.as_ref().unwrap().measure, Measure::DistinctUsers);
        assert_eq!(template.milestones[0].reached_when.as_ref().unwrap().at_least, 1.0);
    }

    #[test]
    fn a_broken_file_is_refused_with_file_line_and_reason() {
        let table = [
            ("version = 1", "version = ", "widgets.toml:2: "),
            ("version = 1", "version = 0", "widgets.toml:2: version starts at 1"),
            ("target = 20", "tarjet = 20", "widgets.toml:13: unknown field `tarjet`"),
            ("name = \"Widget makers\"", "nome = 1", "widgets.toml:10: unknown field `nome`"),
            ("[30, 60, 90]", "[30, 90, 60]", "widgets.toml:6: checkpoints must increase: 60 comes after 90"),
            ("[30, 60, 90]", "[0, 60]", "widgets.toml:6: checkpoints lie between day 1 and day 730"),
            ("[30, 60, 90]", "[]", "widgets.toml:6: at least one checkpoint is needed"),
            ("target = 20", "target = nan", "widgets.toml:13: target must be a finite number"),
            ("target = 20", "target = 20\nweight = 0", "widgets.toml:14: weight must be above 0"),
            ("day = 60, warn", "day = 20, warn", "widgets.toml:14: thresholds must be sorted by day"),
            ("warn = 50, fail = 25", "warn = 20, fail = 25", "widgets.toml:14: fail must not lie above warn"),
            ("metric = \"makers\"", "metric = \"takers\"", "no metric `takers`"),
            ("how = \"distinct_users\"", "how = \"distinct\"", "unknown variant `distinct`"),
            ("window_days = 28", "window = 28", "unknown field `window`"),
            ("window_days = 28", "over = [\"x\"]", "`over` belongs to how = \"ratio\" only"),
            ("words = [\"widget\"]", "words = []", "widgets.toml:5: it matches nothing"),
        ];
        for (from, to, said) in table {
            let refusal = refusal(from, to);
            assert!(refusal.contains(said), "{to}: {refusal}");
            assert!(refusal.starts_with("widgets.toml:"), "{refusal}");
        }
    }

    #[test]
    fn a_key_written_twice_is_refused_at_the_second() {
        let metric = &GOOD[GOOD.find("[[metric]]").unwrap()..GOOD.find("[[milestone]]").unwrap()];
        let fault = parse("widgets.toml", &format!("{GOOD}\n{metric}")).unwrap_err();
        assert!(fault.reason.contains("metric key `makers` is used twice"), "{fault}");
        assert_eq!(fault.line, 24);
    }
}
