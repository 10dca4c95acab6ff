//! Every page with believable data, in every state. `UPTAKE_PAGES=folder` writes them there, to look at.

mod measurement;
mod portfolio;

use askama::Template;
use chrono::{NaiveDate, TimeDelta};

use super::message::{Message, SignIn};
use super::portfolio::Listing;
use super::{Link, Shell};
use crate::web::chart::View;
use crate::web::chart::samples::{northwind, stale};
use crate::web::format::Day;
use measurement::{card, measurement, no_data, planning};
use portfolio::{first_run, full_portfolio, portfolio, rows};

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

fn day(ago: i64) -> Day {
    Day::of(today() - TimeDelta::days(ago), today())
}

fn shell(title: &str) -> Shell {
    Shell { title: title.into(), search: Some(String::new()), ..Shell::default() }
}

fn link(text: &str, href: &str) -> Link {
    Link { text: text.into(), href: href.into() }
}

/// Every page by name.
fn pages() -> Vec<(&'static str, String)> {
    let message = Message {
        shell: shell("Not found"),
        headline: "There is no such upsell".into(),
        text: "Check the link, or search for the customer.".into(),
        next: Some(link("Portfolio", "/")),
    };
    let sign_in = SignIn {
        shell: Shell { search: None, ..shell("Sign in") },
        action: "/sign-in".into(),
        next: "/".into(),
        error: Some("This key is not known. Keys begin with up_.".into()),
    };
    vec![
        ("portfolio", full_portfolio().render().unwrap()),
        ("nothing", portfolio(Listing::NothingMatches { clear_href: "/".into() }).render().unwrap()),
        ("first-run", first_run().render().unwrap()),
        ("measurement", measurement(card(&northwind(), View::Curve)).render().unwrap()),
        ("gap", measurement(card(&northwind(), View::Gap)).render().unwrap()),
        ("stale", measurement(card(&stale(), View::Curve)).render().unwrap()),
        ("no-data", no_data().render().unwrap()),
        ("planning", planning().render().unwrap()),
        ("message", message.render().unwrap()),
        ("sign-in", sign_in.render().unwrap()),
    ]
}

#[test]
fn no_page_carries_inline_style_or_script() {
    for (name, page) in pages() {
        assert!(!page.contains("style=") && !page.contains("<style") && !page.contains("hx-on"), "{name}");
        assert!(page.matches("<script").count() == page.matches("<script src=\"/assets/").count(), "{name}");
    }
}

#[test]
fn text_from_customers_is_escaped() {
    let evil = "<img src=x onerror=alert(1)>";
    let mut page = full_portfolio();
    page.headline = evil.into();
    page.shell.search = Some(format!("\"{evil}"));
    assert!(!page.render().unwrap().contains("<img"));
    let mut page = measurement(card(&northwind(), View::Curve));
    page.goals[0].quote = evil.into();
    page.head.status.word = evil.into();
    assert!(!page.render().unwrap().contains("<img"));
}

#[test]
fn a_portfolio_of_twenty_five_rows_is_under_thirty_kilobytes() {
    let rows = rows().into_iter().cycle().take(25).collect();
    let page =
        portfolio(Listing::Rows { count: "25 measurements".into(), rows, next_href: None }).render().unwrap();
    assert!(page.len() < 30 * 1024, "{}", page.len());
}

#[test]
fn the_filters_are_gone_on_the_first_run_only() {
    for (name, page) in pages() {
        let has_filters = matches!(name, "portfolio" | "nothing");
        assert_eq!(page.contains("class=\"filters\""), has_filters, "{name}");
    }
}

#[test]
fn pages_can_be_looked_at() {
    let Some(folder) = std::env::var_os("UPTAKE_PAGES").map(std::path::PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).unwrap();
    for (name, page) in pages() {
        std::fs::write(folder.join(name).with_extension("html"), page).unwrap();
    }
}
