//! What a visitor of the portfolio asks for: all of it is in the address, so that any view is a link.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Error, Result, status::Status};
use store::portfolio::{Order, PortfolioFilter};

/// Rows of a page: what fits thirty kilobytes.
const ROWS: u32 = 25;
const MOST_DAYS: u16 = 366;

/// The query string, read. Empty parameters are absent ones.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    /// Part of a customer's or product's name.
    pub text: Option<String>,
    pub statuses: Vec<Status>,
    pub csm: Option<String>,
    pub product: Option<String>,
    /// Next checkpoint within so many days, or overdue.
    pub due: Option<u16>,
    pub order: Order,
    pub needs_plan: bool,
    pub cursor: Option<String>,
}

impl Wanted {
    pub fn read(pairs: &[(String, String)]) -> Result<Self> {
        let mut wanted = Self::default();
        for (name, value) in pairs.iter().filter(|(_, value)| !value.trim().is_empty()) {
            wanted.take(name, value)?;
        }
        Ok(wanted)
    }

    /// What is not ours to know, such as a mark of the mail program that carried the link, is let pass.
    fn take(&mut self, name: &str, value: &str) -> Result<()> {
        let text = || Some(value.to_owned());
        match name {
            "q" => self.text = text(),
            "csm" => self.csm = text(),
            "product" => self.product = text(),
            "cursor" => self.cursor = text(),
            "status" => self.statuses.push(
                Status::parse(value)
                    .ok_or_else(|| unknown(name, value, "behind, at_risk, on_track or exceeding"))?,
            ),
            "due" => {
                let days = value.parse().ok().filter(|days| *days <= MOST_DAYS);
                self.due = Some(days.ok_or_else(|| unknown(name, value, "a number of days up to 366"))?);
            }
            "sort" => self.order = order(value)?,
            "plan" if value == "missing" => self.needs_plan = true,
            "plan" => return Err(unknown(name, value, "missing")),
            _ => {}
        }
        Ok(())
    }

    pub fn filter(&self, now: DateTime<Utc>) -> PortfolioFilter {
        PortfolioFilter {
            text: self.text.clone(),
            statuses: self.statuses.clone(),
            product: self.product.clone(),
            owner: self.csm.clone(),
            outcome: None,
            due_by: self.due.map(|days| now + TimeDelta::days(days.into())),
            needs_plan: self.needs_plan,
            active_only: true,
            order: self.order,
            limit: ROWS,
            cursor: self.cursor.clone(),
        }
    }

    /// Whether rows are chosen at all, beyond their order.
    pub fn is_narrow(&self) -> bool {
        let all = Self { order: self.order, cursor: self.cursor.clone(), ..Self::default() };
        *self != all
    }

    /// An address of the same rows: `/?status=behind&sort=arr`.
    pub fn href(&self, path: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.statuses.iter().map(|status| ("status", status.as_str())));
        let due = self.due.map(|days| days.to_string());
        let plan = self.needs_plan.then(|| "missing".to_owned());
        let order = (self.order != Order::default()).then(|| order_word(self.order).to_owned());
        let optional = [
            ("plan", &plan),
            ("q", &self.text),
            ("csm", &self.csm),
            ("product", &self.product),
            ("due", &due),
            ("sort", &order),
            ("cursor", &self.cursor),
        ];
        query.extend_pairs(optional.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))));
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The page that begins after a cursor.
    pub fn page_from(&self, cursor: String) -> String {
        Self { cursor: Some(cursor), ..self.clone() }.href("/")
    }

    pub fn csv_href(&self) -> String {
        Self { cursor: None, ..self.clone() }.href("/portfolio.csv")
    }
}

fn order(word: &str) -> Result<Order> {
    let all = [Order::Gap, Order::Arr, Order::NextCheckpoint];
    let found = all.into_iter().find(|order| order_word(*order) == word);
    found.ok_or_else(|| unknown("sort", word, "gap, arr or checkpoint"))
}

pub const fn order_word(order: Order) -> &'static str {
    match order {
        Order::Gap => "gap",
        Order::Arr => "arr",
        Order::NextCheckpoint => "checkpoint",
    }
}

fn unknown(name: &str, value: &str, wanted: &str) -> Error {
    let shown: String = value.chars().take(40).collect();
    Error::invalid(format!("the address says {name}={shown}; it can say {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Wanted> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Wanted::read(&pairs)
    }

    #[test]
    fn an_address_reads_as_it_was_written() {
        let query =
            "status=behind&status=at_risk&plan=missing&q=North+%26+Co&csm=Ana&due=7&sort=arr&cursor=x.1";
        let wanted = read(query).unwrap();
        assert_eq!(read(wanted.href("/").strip_prefix("/?").unwrap()).unwrap(), wanted);
        assert_eq!(wanted.statuses, [Status::Behind, Status::AtRisk]);
        assert!(!wanted.csv_href().contains("cursor"));
    }

    #[test]
    fn what_is_empty_is_absent_and_what_is_foreign_is_let_pass() {
        let wanted = read("csm=&q=+&due=&utm_source=mail").unwrap();
        assert_eq!(wanted, Wanted::default());
        assert!(!wanted.is_narrow() && wanted.href("/") == "/");
        assert!(!read("sort=arr").unwrap().is_narrow());
        assert!(read("due=0").unwrap().is_narrow());
    }

    #[test]
    fn a_word_that_is_none_is_refused_with_those_there_are() {
        assert!(read("status=bad").unwrap_err().message.contains("behind, at_risk"));
        assert!(read("due=999").is_err() && read("sort=name").is_err() && read("plan=late").is_err());
    }
}
