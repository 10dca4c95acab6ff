//! A portfolio of fourteen, one with nothing in it.

use super::{day, shell};
use crate::web::chart::{Estimate, Point};
use crate::web::format;
use crate::web::gap::{self, Gap};
use crate::web::pages::portfolio::{Chip, Choice, Filter, Listing, Measure, Menu, Portfolio, Row, Way};
use crate::web::pages::{Mark, Shell, Status};

fn row((customer, product, mark, now, at): (&str, &str, Mark, f64, u16)) -> Row {
    let wobble = |day: u16| f64::from((day * 7) % 5) - 2.0;
    let points = (0..=at)
        .map(|day| Point { day, value: now * f64::from(day) / f64::from(at.max(1)) + wobble(day) * 0.4 });
    let band = (0..=90).step_by(10).map(|day| {
        let room = 9.0 * (f64::from(day) / 90.0 * 2.6).sin() + 1.5;
        Estimate { day, value: 0.0, band: Some((-room, room)) }
    });
    let points = if mark == Mark::Unknown { Vec::new() } else { points.collect() };
    let next = [30, 60, 90].into_iter().find(|day| *day > at).unwrap_or(90);
    let word = match mark {
        Mark::Behind => "Behind",
        Mark::AtRisk => "At risk",
        Mark::Exceeding => "Exceeding",
        Mark::Unknown => "No data since 14 Nov",
        _ => "On track",
    };
    Row {
        href: "/m/u_7f3k".into(),
        customer: customer.into(),
        product: product.into(),
        status: Status::new(mark, word),
        gap: if points.is_empty() { format::NOTHING.into() } else { format::points(now) },
        gap_svg: gap::draw(&Gap { points, band: band.collect(), checkpoints: vec![30, 60, 90] }),
        is_below: mark == Mark::Behind,
        forecast: if mark == Mark::Unknown { format::NOTHING.into() } else { format::percent(76.0 + now) },
        arr: format::money((40 + i64::from(at)) * 100_000, "USD"),
        checkpoint: format!("Day {next}, in {} d", next - at),
        checkpoint_day: Some(day(-i64::from(next - at))),
        csm: ["Ana Ruiz", "Tom Bell", "Mei Lin"][usize::from(at % 3)].into(),
        stale: (customer == "Litware").then(|| "data from 3 d ago".into()),
    }
}

pub fn rows() -> Vec<Row> {
    let rows = [
        ("Contoso Retail", "Data Sync", Mark::Behind, -19.0, 62),
        ("Northwind Traders", "Forecasting", Mark::Behind, -17.0, 47),
        ("Litware", "Audit Trail", Mark::Behind, -15.0, 71),
        ("Fabrikam Labs", "Forecasting", Mark::AtRisk, -6.0, 33),
        ("Lucerne Press", "Audit Trail", Mark::OnTrack, -5.0, 66),
        ("Adatum", "Data Sync", Mark::OnTrack, -4.0, 20),
        ("Proseware", "Forecasting", Mark::OnTrack, -1.0, 12),
        ("Tailspin Toys", "Forecasting", Mark::OnTrack, -1.0, 55),
        ("Wingtip & Sons", "Data Sync", Mark::OnTrack, 0.2, 41),
        ("Woodgrove Bank", "Audit Trail", Mark::OnTrack, 2.0, 83),
        ("Coho Vineyard", "Forecasting", Mark::OnTrack, 3.0, 27),
        ("Trey Research", "Data Sync", Mark::OnTrack, 4.0, 9),
        ("Graphic Design Institute", "Audit Trail", Mark::Exceeding, 14.0, 58),
        ("Humongous Insurance", "Forecasting", Mark::Unknown, 0.0, 15),
    ];
    rows.map(row).into()
}

fn filter() -> Filter {
    let chip = |value: &str, mark, word: &str, count: &str| Chip {
        name: "status",
        value: value.into(),
        mark,
        word: word.into(),
        count: count.into(),
        is_checked: value == "behind",
    };
    let menu = |name, label, texts: &[&str]| Menu {
        name,
        label,
        choices: texts
            .iter()
            .enumerate()
            .map(|(index, text)| Choice {
                value: if index == 0 { String::new() } else { text.to_lowercase() },
                text: (*text).into(),
                is_selected: index == 0,
            })
            .collect(),
    };
    Filter {
        chips: vec![
            chip("behind", Mark::Behind, "Behind", "3"),
            chip("at_risk", Mark::AtRisk, "At risk", "1"),
            chip("on_track", Mark::OnTrack, "On track", "8"),
            chip("exceeding", Mark::Exceeding, "Exceeding", "1"),
            chip("none", Mark::Unknown, "No data", "1"),
        ],
        menus: vec![
            menu("csm", "CSM", &["Everyone", "Ana Ruiz", "Tom Bell"]),
            menu("product", "Product", &["All", "Forecasting", "Data Sync"]),
            menu("due", "Due", &["Any time", "In 7 days", "In 30 days"]),
            menu("sort", "Sort", &["Furthest behind", "New ARR", "Next checkpoint"]),
        ],
        csv_href: "/portfolio.csv".into(),
    }
}

pub fn portfolio(listing: Listing) -> Portfolio {
    let measure = |name: &str, value: &str, target: &str, basis: &str, href: &str| Measure {
        name: name.into(),
        value: value.into(),
        target: target.into(),
        basis: basis.into(),
        href: (!href.is_empty()).then(|| href.into()),
    };
    Portfolio {
        shell: Shell { is_portfolio: true, ..shell("Portfolio") },
        headline: "3 of 14 upsells are behind, holding $312k of new ARR".into(),
        measures: vec![
            measure(
                "Upsells with a plan",
                "96%",
                "target 100%",
                "1 waiting, 31 h left of 48 h",
                "/?plan=missing",
            ),
            measure("On track at day 90", "74%", "target over 70%", "of 58 finished this year", ""),
            measure("Goals achieved", "81%", "target over 80%", "143 of 176 goals", ""),
            measure("First-year churn on expansion", "6%", "target under 10%", "2 of 34 customers", ""),
        ],
        filter: filter(),
        listing,
    }
}

pub fn full_portfolio() -> Portfolio {
    let next_href = Some("/?cursor=abc".into());
    portfolio(Listing::Rows { count: "14 measurements".into(), rows: rows(), next_href })
}

pub fn first_run() -> Portfolio {
    let way = |title: &str, text: &str, command: &str| Way {
        title: title.into(),
        text: text.into(),
        command: command.into(),
    };
    let ways = vec![
        way(
            "Look around",
            "Sixty days of believable customers, in a database of its own.",
            "uptake demo --serve",
        ),
        way("Connect Salesforce", "Closed expansions arrive by themselves.", "uptake connect salesforce"),
        way(
            "Register one by hand",
            "An upsell you closed, with what the customer wants from it.",
            "uptake call register_upsell customer=\"Northwind Traders\" arrIncrease.minor=12800000",
        ),
    ];
    let listing = Listing::FirstRun { ways };
    Portfolio { headline: "Nothing is measured yet".into(), measures: Vec::new(), ..portfolio(listing) }
}
