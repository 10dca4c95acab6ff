//! A Salesforce opportunity report: closed expansions become upsells, through `register_upsell`.

use super::{
    Job,
    rows::{Fields, Rows},
};
use crate::auth::local;
use chrono::NaiveDate;
use domain::{Result, error::Code};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const TOOL: &str = "register_upsell";

#[derive(Default)]
struct Counts {
    registered: usize,
    there_before: usize,
    skipped: BTreeMap<String, usize>,
}

/// What a row of the report is.
enum Opportunity {
    Upsell(Value),
    /// Not ours, and why.
    Other(String),
}

pub async fn import(job: &mut Job<'_>, rows: Rows<'_>) -> Result<String> {
    let tool = ::tools::entry(TOOL).expect("the catalogue registers upsells");
    let mut counts = Counts::default();
    for row in rows {
        job.bar.set_position(row.end);
        let mut arguments = match row.fields.as_ref().map_err(Clone::clone).and_then(opportunity) {
            Ok(Opportunity::Upsell(arguments)) => arguments,
            Ok(Opportunity::Other(why)) => {
                *counts.skipped.entry(why).or_default() += 1;
                continue;
            }
            Err(reason) => {
                job.rejects.add(&row, &reason)?;
                continue;
            }
        };
        if job.dry_run && tool.dry_run {
            arguments["dryRun"] = true.into();
        } else if job.dry_run {
            counts.registered += 1;
            continue;
        }
        match tool.call(job.host, &local(), arguments).await {
            Ok(answer) if answer.structured["replayed"] == true => counts.there_before += 1,
            Ok(_) => counts.registered += 1,
            Err(error) if error.code.is_retryable() || error.code == Code::Internal => return Err(error),
            Err(error) => job.rejects.add(&row, &error.message)?,
        }
    }
    Ok(summary(&counts))
}

fn summary(counts: &Counts) -> String {
    let skipped: usize = counts.skipped.values().sum();
    let why: Vec<String> = counts.skipped.iter().map(|(why, count)| format!("{count} {why}")).collect();
    let parts = [
        Some(format!("{} upsells registered", counts.registered)),
        (counts.there_before > 0).then(|| format!("{} there before", counts.there_before)),
        (skipped > 0).then(|| format!("{skipped} skipped ({})", why.join(", "))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Words of an opportunity's type that make it an expansion.
const EXPANSION: [&str; 9] = [
    "upgrade",
    "upsell",
    "up-sell",
    "expansion",
    "cross-sell",
    "cross sell",
    "add-on",
    "amendment",
    "existing business",
];

fn opportunity(fields: &Fields) -> Result<Opportunity, String> {
    let Some(id) = fields.get(&["opportunityid"]) else {
        return Ok(Opportunity::Other("without an opportunity, such as a report's footer".to_owned()));
    };
    let stage = fields.need(&["stage", "stagename"], "Stage")?;
    if !stage.eq_ignore_ascii_case("closed won") {
        return Ok(Opportunity::Other(format!("in stage {stage}")));
    }
    let kind = fields.need(&["type", "opportunitytype"], "Type")?;
    if !EXPANSION.iter().any(|word| kind.to_lowercase().contains(word)) {
        return Ok(Opportunity::Other(format!("of type {kind}")));
    }
    arguments(id, fields).map(Opportunity::Upsell)
}

fn arguments(id: &str, fields: &Fields) -> Result<Value, String> {
    let (amount, currency) = money(fields.need(&["amount", "arr", "arrincrease"], "Amount")?)?;
    let products = fields.need(&["products", "product", "productname"], "Product")?;
    let mut arguments = json!({
        "source": "salesforce",
        "opportunityId": id,
        "customer": fields.need(&["accountname"], "Account Name")?,
        "customerId": fields.need(&["accountid"], "Account ID")?,
        "timeZone": fields.get(&["timezone", "zone"]),
        "industry": fields.get(&["industry"]),
        "segment": fields.get(&["segment"]),
        "products": listed(products),
        "arrIncrease": amount,
        "currency": fields.get(&["currency", "amountcurrency"]).or(currency.as_deref()),
        "closeDate": day(fields.need(&["closedate"], "Close Date")?, "Close Date")?,
        "salesRep": fields.get(&["owner", "opportunityowner"]),
        "owner": fields.get(&["csm", "customersuccessmanager"]),
        "goals": listed(fields.get(&["goals"]).unwrap_or_default()),
        "seats": whole(fields, &["seats"], "Seats")?,
        "seatsBefore": whole(fields, &["previousseats", "seatsbefore"], "Previous Seats")?,
    });
    if let Some(start) = fields.get(&["entitlementstart", "startdate"]) {
        arguments["entitlementStart"] = json!(day(start, "Entitlement Start")?);
    }
    Ok(without_nulls(arguments))
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, field)| !field.is_null());
            Value::Object(kept.map(|(name, field)| (name, without_nulls(field))).collect::<Map<_, _>>())
        }
        other => other,
    }
}

fn listed(text: &str) -> Vec<&str> {
    text.split(';').map(str::trim).filter(|item| !item.is_empty()).collect()
}

/// `48000`, `48,000.00`, `USD 48,000.00`, `$48,000`: an amount, and its currency where it is written with it.
fn money(text: &str) -> Result<(f64, Option<String>), String> {
    let wrong = || format!("Amount is `{text}`, not a number such as 48000.00");
    let is_figure = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-');
    let start = text.find(is_figure).ok_or_else(wrong)?;
    let end = text.rfind(is_figure).map_or(start, |last| last + 1);
    let around = [text[..start].trim(), text[end..].trim()].concat();
    let currency = match around.as_str() {
        "" => None,
        "$" => Some("USD".to_owned()),
        "€" => Some("EUR".to_owned()),
        "£" => Some("GBP".to_owned()),
        code if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            Some(code.to_owned())
        }
        _ => return Err(wrong()),
    };
    let amount = grouped(&text[start..end]).and_then(|figures| figures.parse().ok()).ok_or_else(wrong)?;
    Ok((amount, currency))
}

/// A number without the commas between its thousands; `None` where a comma stands elsewhere.
fn grouped(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.trim_start_matches('-').split(',');
    let is_first = groups.next().is_some_and(|first| !whole.contains(',') || (1..=3).contains(&first.len()));
    let is_number = is_first && groups.all(|group| group.len() == 3) && !fraction.contains(',');
    is_number.then(|| text.replace(',', ""))
}

/// `2026-05-01`, or as Salesforce reports write it: `5/1/2026` (month first), `1.5.2026` (day first).
fn day(text: &str, column: &str) -> Result<NaiveDate, String> {
    let read = |format| NaiveDate::parse_from_str(text, format);
    let date = read("%Y-%m-%d").or_else(|_| read("%m/%d/%Y")).or_else(|_| read("%d.%m.%Y"));
    date.map_err(|_| format!("{column} is `{text}`, not a date such as 2026-05-01 or 5/1/2026"))
}

fn whole(fields: &Fields, names: &[&str], column: &str) -> Result<Option<u32>, String> {
    fields.get(names).map(|text| count(text, column)).transpose()
}

/// `250`, `1,250` or `250.0`.
fn count(text: &str, column: &str) -> Result<u32, String> {
    let number = grouped(text).and_then(|figures| figures.parse::<f64>().ok());
    match number.filter(|number| number.fract() == 0.0 && *number >= 0.0) {
        Some(number) if number <= f64::from(u32::MAX) => Ok(number as u32),
        Some(_) => Err(format!("{column} is `{text}`, more than the {} that can be kept", u32::MAX)),
        None => Err(format!("{column} is `{text}`, not a whole number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_dates_are_read_as_reports_write_them() {
        assert_eq!(money("48,000.50").unwrap(), (48000.5, None));
        assert_eq!(money("EUR 48,000").unwrap(), (48000.0, Some("EUR".to_owned())));
        assert_eq!(money("$9,600.00").unwrap(), (9600.0, Some("USD".to_owned())));
        for wrong in
            ["free", "48.000,00", "48,00", "1,2345", "(48000)", "48 000", "4-8", "USD 48 EUR", "1.2.3"]
        {
            assert!(money(wrong).unwrap_err().contains("not a number such as"), "{wrong}");
        }
        let may: NaiveDate = "2026-05-01".parse().unwrap();
        for text in ["2026-05-01", "5/1/2026", "05/01/2026", "01.05.2026"] {
            assert_eq!(day(text, "Close Date").unwrap(), may, "{text}");
        }
        assert_eq!((count("1,250", "Seats"), count("250.0", "Seats")), (Ok(1250), Ok(250)));
        for (text, why) in
            [("5000000000", "more than the 4294967295"), ("1e300", "more than"), ("2.5", "not a whole")]
        {
            assert!(count(text, "Seats").unwrap_err().contains(why), "{text}");
        }
        assert!(day("1/31/26 or so", "Close Date").unwrap_err().contains("Close Date"));
    }
}
