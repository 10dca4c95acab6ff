//! What a name that names nothing may have meant: up to five that begin or read alike.

use crate::{
    Tx,
    text::{Text, stored},
    upsells::{Row, candidate, folded, upsell},
};
use domain::{Error, Result, alert::Alert, error::FieldFault, id::AlertId, quote, upsell::Upsell};
use sqlx::query_as;
use std::collections::{BTreeMap, BTreeSet};

const MOST: usize = 5;
/// Rows compared for each beginning: an index finds them, however many upsells there are.
const COMPARED: i64 = 200;
/// Jaro–Winkler similarity, 0..=1, from which two names read alike.
const ALIKE: f64 = 0.75;
/// Letters of an alert's message beside its id.
const SHOWN: usize = 60;

macro_rules! near {
    ($name:literal, $from:literal) => {
        concat!(
            "select ",
            $name,
            ", u.id from ",
            $from,
            " where ",
            $name,
            " >= $1 and ",
            $name,
            " < $2 order by ",
            $name,
            ", u.id limit $3"
        )
    };
}
const BY_CUSTOMER: &str = near!("c.name_folded", "customer c join upsell u on u.customer_id = c.id");
const BY_CUSTOMER_ID: &str = near!("u.customer_id", "upsell u");
const BY_OPPORTUNITY: &str = near!("u.opportunity_id", "upsell u");
const BY_ID: &str = near!("u.id", "upsell u");
const BY_PLAN: &str = near!("p.id", "plan p join upsell u on u.id = p.upsell_id");
const ONE: &str = "select u.body, c.name, c.zone, c.industry, c.segment \
     from upsell u join customer c on c.id = u.customer_id where u.id = $1";
const NEWEST: &str = "select u.id from upsell u order by u.close_date desc, u.id desc limit $1";
const NEAR_ALERTS: &str = "select u.body from alert u where u.id >= $1 and u.id < $2 order by u.id limit $3";
const OPEN_ALERTS: &str =
    "select body from alert where state = 'open' order by raised_at desc, id desc limit $1";

impl Tx {
    /// The error for a name of no upsell, with those it may have meant, else the newest.
    pub(crate) async fn no_such_upsell(&mut self, given: &str) -> Result<Error> {
        let shown: String = given.chars().take(80).collect();
        let mut ids = self.alike(given).await?;
        let how = if ids.is_empty() { "The newest are" } else { "It may be" };
        if ids.is_empty() {
            let newest: Vec<(String,)> =
                on!(self, db => query_as(NEWEST).bind(MOST as i64).fetch_all(db).await)?;
            ids = newest.into_iter().map(|(id,)| id).collect();
        }
        let mut listed = Vec::new();
        for id in ids {
            let row: Option<Row> =
                on!(self, db => query_as(ONE).bind(Text::of(&id)).fetch_optional(db).await)?;
            listed.extend(row.map(upsell).transpose()?.map(|upsell| named(&upsell)));
        }
        let known = if listed.is_empty() { String::new() } else { format!(". {how} {}", listed.join(", ")) };
        let message = format!(
            "no upsell goes by `{shown}`; send an upsell id, a measurement id, an opportunity id or a customer's whole \
             name{known}. list_measurements(customer=…, outcome=any) finds them by a part of the name"
        );
        Ok(Error::not_found(message).of_fields(fault("upsell", given, &listed)))
    }

    /// Ids of upsells with a name like it, the nearest first, at most five.
    async fn alike(&mut self, given: &str) -> Result<Vec<String>> {
        let lower = folded(given);
        let names = match lower.get(..2) {
            Some("u_") => vec![(BY_ID, lower.as_str())],
            Some("m_") => vec![(BY_PLAN, lower.as_str())],
            _ => vec![(BY_CUSTOMER, lower.as_str()), (BY_CUSTOMER_ID, given), (BY_OPPORTUNITY, given)],
        };
        let mut found: BTreeMap<String, f64> = BTreeMap::new();
        for (sql, name) in names {
            for (first, after) in beginnings(name) {
                let rows: Vec<(String, String)> = on!(self, db => query_as(sql)
                    .bind(Text::of(&first)).bind(Text::of(&after)).bind(COMPARED).fetch_all(db).await)?;
                for (known, id) in rows {
                    let alike = similarity(name, &known);
                    let best = found.entry(id).or_default();
                    *best = best.max(alike);
                }
            }
        }
        let mut found: Vec<(String, f64)> = found.into_iter().filter(|(_, alike)| *alike >= ALIKE).collect();
        found.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        Ok(found.into_iter().take(MOST).map(|(id, _)| id).collect())
    }

    /// The error for an id of no alert, with those it may have meant, else the newest open ones.
    pub(crate) async fn no_such_alert(&mut self, id: AlertId) -> Result<Error> {
        let given = id.to_string();
        let mut rows: Vec<(String,)> = Vec::new();
        let mut how = "It may be";
        for (first, after) in beginnings(&given).into_iter().filter(|(first, _)| first.len() > 1) {
            if rows.is_empty() {
                rows = on!(self, db => query_as(NEAR_ALERTS)
                    .bind(Text::of(&first)).bind(Text::of(&after)).bind(MOST as i64).fetch_all(db).await)?;
            }
        }
        if rows.is_empty() {
            how = "The newest open are";
            rows = on!(self, db => query_as(OPEN_ALERTS).bind(MOST as i64).fetch_all(db).await)?;
        }
        let alerts: Vec<Alert> = rows.iter().map(|(json,)| stored(json)).collect::<Result<_>>()?;
        let listed: Vec<String> = alerts.iter().map(named_alert).collect();
        let known = if listed.is_empty() { String::new() } else { format!(". {how} {}", listed.join(", ")) };
        let message = format!("there is no alert {id}{known}. list_alerts names those there are");
        Ok(Error::not_found(message).of_fields(fault("alert", &given, &listed)))
    }
}

fn fault(field: &str, given: &str, listed: &[String]) -> Vec<FieldFault> {
    let wanted = format!("one of {}", listed.join(", "));
    let fault = (!listed.is_empty()).then(|| FieldFault::new(field, format!("{given:?}"), wanted));
    fault.into_iter().collect()
}

/// Ranges of names that begin as this one does, long beginnings first: a slip may be anywhere but in the first letter.
fn beginnings(name: &str) -> Vec<(String, String)> {
    let letters: Vec<char> = name.chars().take(40).collect();
    let count = letters.len();
    let lengths: BTreeSet<usize> =
        [count, count / 2, 4, 1].into_iter().filter(|length| (1..=count).contains(length)).collect();
    let range = |length: usize| {
        let first: String = letters[..length].iter().collect();
        let after = format!("{first}{}", char::MAX);
        (first, after)
    };
    lengths.into_iter().rev().map(range).collect()
}

/// Names that begin alike are alike however much longer one is.
fn similarity(given: &str, known: &str) -> f64 {
    let is_beginning = given.chars().count() >= 3 && known.starts_with(given);
    if is_beginning { 1.0 } else { strsim::jaro_winkler(given, known) }
}

fn named(upsell: &Upsell) -> String {
    format!("{} of {}", candidate(upsell), upsell.customer.name)
}

fn named_alert(alert: &Alert) -> String {
    let letters: String = alert.message.chars().take(SHOWN).collect();
    format!("{} ({})", alert.id, quote::clipped(&letters))
}
