//! Adoption and value in words, one row a figure: the same on every face.

use super::{Adoption, Licences, Reading, ValueTold};
use crate::{
    amount::amount,
    analysis::figure::Figure,
    money::{Currency, Money},
    value::{Payback, Value},
};

/// A figure with its name and what it stands on, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub name: &'static str,
    pub figure: Option<String>,
    pub basis: String,
}

impl Row {
    fn of(name: &'static str, reading: &Reading) -> Self {
        Self { name, figure: reading.figure(), basis: reading.basis() }
    }

    fn known(name: &'static str, figure: String, basis: String) -> Self {
        Self { name, figure: Some(figure), basis }
    }

    fn unknown(name: &'static str, why: &str) -> Self {
        Self { name, figure: None, basis: why.to_owned() }
    }

    /// `Reach 45 % of 40 entitled seats`
    fn words(&self) -> Option<String> {
        let figure = self.figure.as_ref()?;
        Some(format!("{} {figure} {}", self.name, self.basis).trim_end().to_owned())
    }
}

impl Adoption {
    /// How it is used.
    pub fn usage_rows(&self) -> Vec<Row> {
        vec![
            Row::of("Reach", &self.reach),
            Row::of("Breadth", &self.breadth),
            Row::of("Core actions per user and week", &self.depth),
            Row::of("Active days per user and week", &self.frequency),
            Row::of("Daily of 28-day users", &self.stickiness),
            Row::of("Daily of 28-day users, business days", &self.stickiness_business_days),
            Row::of("Weekly of 28-day users", &self.stickiness_weekly),
            licences("Licences in use", &self.licences),
            licences("New licences in use", &self.new_licences),
            first_value(&self.first_value),
        ]
    }

    /// What it is worth, and what its users say of it.
    pub fn value_rows(&self) -> Vec<Row> {
        let mut rows = self.value.rows();
        rows.push(
            self.nps.as_ref().map_or_else(|| nobody("NPS"), |nps| survey("NPS", nps.words(), nps.basis())),
        );
        rows.push(
            self.csat
                .as_ref()
                .map_or_else(|| nobody("CSAT"), |csat| survey("CSAT", csat.words(), csat.basis())),
        );
        rows
    }

    /// Both in a line each, for a text; what is not known is named at the end.
    pub fn lines(&self) -> [String; 2] {
        let usage = self.usage_to.map_or_else(String::new, |day| format!(" to {}", day.format("%-d %b %Y")));
        [
            line(&format!("Adoption{usage}, {} days", self.window_days), &self.usage_rows()),
            line("Value and answers", &self.value_rows()),
        ]
    }
}

fn line(title: &str, rows: &[Row]) -> String {
    let known: Vec<String> = rows.iter().filter_map(Row::words).collect();
    let unknown: Vec<&str> = rows.iter().filter(|row| row.figure.is_none()).map(|row| row.name).collect();
    let known = if known.is_empty() { String::new() } else { format!(" {}.", known.join("; ")) };
    let unknown =
        if unknown.is_empty() { String::new() } else { format!(" Unknown: {}.", unknown.join(", ")) };
    format!("{title}:{known}{unknown}")
}

fn licences(name: &'static str, licences: &Licences) -> Row {
    match (licences.now.figure(), licences.average.figure(), licences.peak.figure()) {
        (Some(now), Some(average), Some(peak)) => {
            Row::known(name, now, format!("(average {average}, peak {peak}) {}", licences.now.basis()))
        }
        _ => Row::unknown(name, &licences.now.basis()),
    }
}

fn first_value(figure: &Figure) -> Row {
    let name = "First value";
    let Figure::Days { of, reached, quarter, median, three_quarters } = figure else {
        return Row::unknown(name, "nobody is known to be eligible");
    };
    let by = |day: &Option<f64>| day.map_or("not reached".to_owned(), |day| format!("day {day:.0}"));
    let quarters = format!("a quarter {}, three quarters {}", by(quarter), by(three_quarters));
    Row::known(
        name,
        format!("median {}", by(median)),
        format!("({quarters}), {reached} of {of} users so far"),
    )
}

fn survey(name: &'static str, figure: Option<String>, basis: String) -> Row {
    Row { name, figure, basis }
}

fn nobody(name: &'static str) -> Row {
    Row::unknown(name, "no survey events came")
}

impl ValueTold {
    fn rows(&self) -> Vec<Row> {
        let mut rows = match &self.so_far {
            Some(value) => of_money(value, self.currency),
            None => vec![Row::unknown(
                "Value",
                "no value line came: send value.measured, value.stated or value.modelled",
            )],
        };
        rows.push(Row::of("Value realised", &self.realisation));
        let goals = &self.goals;
        let due = if goals.due > 0 { "due on" } else { "so far, due on" };
        rows.push(match goals.goals {
            0 => Row::unknown("Goals achieved", "the plan has no goals"),
            all => Row::known(
                "Goals achieved",
                format!("{} of {all}", goals.achieved),
                format!("{due} day {}", goals.due_day),
            ),
        });
        rows
    }
}

fn of_money(value: &Value, currency: Currency) -> Vec<Row> {
    let money =
        |major: f64| Money::rounded(major, currency).map_or_else(|_| amount(major, ""), |m| m.to_string());
    let Value { measured, customer_stated, modelled, cost, .. } = *value;
    let kinds = format!(
        "({} measured, {} stated by the customer, {} modelled)",
        money(measured),
        money(customer_stated),
        money(modelled)
    );
    let passed = if value.net < 0.0 { "(cost has passed value since)" } else { "" };
    let rate = value
        .discount_rate
        .map_or_else(String::new, |rate| format!("by present value at {:.0} % a year", 100.0 * rate));
    vec![
        Row::known("Value", money(measured + customer_stated + modelled), kinds),
        Row::known("Cost", money(cost), "(price so far, services, effort)".to_owned()),
        value.roi.map_or_else(
            || Row::unknown("ROI", "nothing was spent"),
            |roi| Row::known("ROI", amount(100.0 * roi, "%"), rate),
        ),
        match value.payback {
            Payback::Reached { day } => Row::known("Payback", format!("day {day:.0}"), passed.to_owned()),
            Payback::NotReached => Row::known("Payback", "not reached".to_owned(), String::new()),
        },
    ]
}
