//! Northwind, as it goes and in its other states.

use super::{day, link, shell};
use crate::web::chart::samples::empty;
use crate::web::chart::{self, Chart, Size, View};
use crate::web::format;
use crate::web::pages::measurement::{
    Adoption, ChartCard, Criterion, Event, Figure, Goal, Head, Main, Measurement, Metric, Milestone, Numbers,
    Reason, Version,
};
use crate::web::pages::{Actor, Link, Mark, Status, Tab};

pub fn card(chart: &Chart, view: View) -> Main {
    let tab = |text: &str, is_current| Tab {
        text: text.into(),
        href: format!("?view={}", text.to_lowercase()),
        is_current,
    };
    let numbers = chart.actual.iter().step_by(7).map(|p| Numbers {
        day: p.day,
        date: day(47 - i64::from(p.day)),
        actual: format::percent(p.value),
        expected: "58%".into(),
        band: "51–66".into(),
        gap: "−17 pts".into(),
    });
    Main::Chart(ChartCard {
        headline: "17 points behind: 40% of seats active on day 47, similar customers are at 58%".into(),
        subline: "Share of 250 purchased seats that used Forecasting at least once. Grey band: middle 60% of 41 similar upsells.".into(),
        notice: chart.is_stale.then(|| "No data since 11 Nov. The status is the last known one.".into()),
        views: vec![tab("Curve", view == View::Curve), tab("Gap", view == View::Gap)],
        wide_svg: chart::draw(chart, view, Size::Wide),
        narrow_svg: chart::draw(chart, view, Size::Narrow),
        numbers: numbers.collect(),
        csv_href: Some("/m/u_7f3k.csv".into()),
    })
}

fn head() -> Head {
    Head {
        customer: "Northwind Traders".into(),
        product: "Forecasting".into(),
        status: Status::new(Mark::Behind, "Behind"),
        since: Some("since day 35".into()),
        arr: "$128k new ARR".into(),
        closed: day(47),
        rep: Some("Priya Shah".into()),
        csm: Some("Ana Ruiz".into()),
        freshness: "data from 2 h ago".into(),
        is_stale: false,
        action: None,
    }
}

fn person(name: &str) -> Actor {
    Actor { name: name.into(), is_agent: false }
}

fn agent() -> Actor {
    Actor { name: "orchestrator".into(), is_agent: true }
}

fn evidence(text: &str) -> Link {
    link(text, "/api/upsell/u_7f3k/progress")
}

fn metric(text: &str, mark: Mark, word: &str, is_current: bool) -> Metric {
    Metric {
        tab: Tab { text: text.into(), href: "?metric=seats".into(), is_current },
        status: Status::new(mark, word),
    }
}

fn reason(text: &str, share: &str, percent: u8) -> Reason {
    Reason { text: text.into(), share: share.into(), percent, evidence: Some(evidence("112 observations")) }
}

fn criterion([metric, now, target, source]: [&str; 4], status: Status) -> Criterion {
    let (metric, now, target, source) = (metric.into(), now.into(), target.into(), source.into());
    let rule = "inside the band of 41 similar upsells".into();
    Criterion { metric, now, target, status, source, rule, evidence: Some(evidence("observations")) }
}

fn figure(name: &str, figure: Option<&str>, basis: &str) -> Figure {
    Figure { name: name.into(), figure: figure.map(Into::into), basis: basis.into() }
}

fn milestone(name: &str, status: Status, due: i64, done: Option<i64>) -> Milestone {
    Milestone { name: name.into(), status, due: Some(day(due)), done: done.map(day) }
}

fn event(ago: i64, text: &str, actor: Option<Actor>) -> Event {
    Event { day: day(ago), text: text.into(), actor, evidence: None }
}

fn history() -> Vec<Version> {
    let reason = Some("30 seats are for a later region".into());
    vec![
        Version {
            day: day(40),
            change: "Target for seats active 80% → 75%".into(),
            reason,
            actor: person("Ana Ruiz"),
        },
        Version {
            day: day(46),
            change: "Plan drafted from template Forecasting 3".into(),
            reason: None,
            actor: agent(),
        },
    ]
}

pub fn measurement(main: Main) -> Measurement {
    Measurement {
        shell: shell("Northwind Traders, Forecasting"),
        head: head(),
        proposed: None,
        answer: None,
        metrics: vec![
            metric("Seats active", Mark::Behind, "Behind", true),
            metric("Forecasts a week", Mark::OnTrack, "On track", false),
        ],
        main,
        reasons_title: "Why it is behind".into(),
        reasons: vec![
            reason("Seats invited: 112 of 250", "Explains 14 of the 17 points behind", 82),
            reason("Invited but never signed in: 9", "Explains 2 of the 17 points behind", 12),
        ],
        criteria: vec![
            criterion(
                ["Seats active", "40%", "75%", "automatic, product usage"],
                Status::new(Mark::Behind, "Behind"),
            ),
            criterion(
                ["Forecasts a week", "31", "40", "automatic, product usage"],
                Status::new(Mark::OnTrack, "On track"),
            ),
            criterion(
                ["Planning time saved", "–", "6 h", "by hand, Ana Ruiz"],
                Status::new(Mark::Unknown, "No data yet"),
            ),
        ],
        adoption: Some(Adoption {
            note: "Usage to 23 Nov 2026, over 28 days. Surveys over 90 days.".into(),
            groups: [
                vec![
                    figure("Reach", Some("45 %"), "of 250 purchased seats"),
                    figure("Breadth", None, "no metric of this plan lists the entitled features"),
                ],
                vec![figure("NPS", Some("30"), "(15 to 45; 50 promoters, 30 passives, 20 detractors)")],
            ],
        }),
        milestones: vec![
            milestone("Admin training held", Status::new(Mark::Done, "Done"), 30, Some(35)),
            milestone("All regions invited", Status::new(Mark::Missed, "11 days late"), 11, None),
            milestone("First board forecast", Status::new(Mark::Planning, "Open"), -20, None),
        ],
        goals: vec![Goal {
            quote: "We want the regional leads to stop mailing spreadsheets around by Christmas.".into(),
            status: Status::new(Mark::AtRisk, "Partly"),
            evidence: vec![link("call of 3 Nov", "/api/evidence/e_1")],
        }],
        timeline: vec![
            event(12, "Fell below the band of similar customers", Some(agent())),
            event(17, "30-day check recorded: on track", Some(person("Ana Ruiz"))),
            event(35, "Admin training", None),
        ],
        history: history(),
    }
}

/// The first days, when there is a plan and nothing else.
pub fn no_data() -> Measurement {
    let mut main = card(&empty(), View::Curve);
    if let Main::Chart(card) = &mut main {
        card.headline = "First usage expected by 9 Oct; nothing arrived yet".into();
        card.numbers = Vec::new();
    }
    let criteria = vec![criterion(["Seats active", "–", "75%", "automatic, product usage"], no_data_yet())];
    Measurement { criteria, ..fresh(main) }
}

pub fn planning() -> Measurement {
    fresh(Main::Planning {
        headline: "31 h left of 48 to agree on a plan".into(),
        text: "The orchestrator is drafting it from template Forecasting 3.".into(),
        hours_gone: 17,
    })
}

fn no_data_yet() -> Status {
    Status::new(Mark::Unknown, "No data yet")
}

fn fresh(main: Main) -> Measurement {
    let freshness = "nothing arrived yet".into();
    Measurement {
        head: Head { status: no_data_yet(), since: None, freshness, closed: day(1), ..head() },
        metrics: Vec::new(),
        reasons: Vec::new(),
        criteria: Vec::new(),
        adoption: None,
        milestones: Vec::new(),
        timeline: vec![event(1, "Opportunity closed", None)],
        history: Vec::new(),
        ..measurement(main)
    }
}
