//! Who bought what, how it stands, and how fresh what we know is.

use super::Facts;
use crate::web::{
    Visitor,
    format::{self, Day},
    pages::{
        Mark, Status as Told,
        measurement::{Head, Main, Measurement},
    },
    series::Subject,
    words,
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{outcome::Outcome, proposed_outcome::ProposedOutcome, status::DataState, text::Name};

const PLAN_HOURS: i64 = 48;

pub fn product(subject: &Subject) -> String {
    let products: Vec<&str> =
        subject.upsell.details.products.iter().map(|product| product.0.as_str()).collect();
    products.join(" and ")
}

pub fn head(facts: &Facts<'_>) -> Head {
    let progress = facts.progress;
    let status = match &facts.measurement.outcome {
        Outcome::Documented(done) => words::ended(done.conclusion),
        Outcome::Pending => words::status(progress.current_status, Some(progress.data_state)),
    };
    let since = match &facts.measurement.outcome {
        Outcome::Documented(done) => {
            Some(format!("on {}", format::date(facts.planned.civil(done.documented_at))))
        }
        Outcome::Pending => {
            progress.status_since.map(|since| format!("since day {}", facts.planned.plan.day_of(since)))
        }
    };
    Head {
        status,
        since,
        freshness: freshness(facts),
        is_stale: matches!(progress.data_state, DataState::Stale | DataState::None),
        ..of_upsell(facts.subject, facts.today)
    }
}

fn of_upsell(subject: &Subject, today: chrono::NaiveDate) -> Head {
    let details = &subject.upsell.details;
    Head {
        customer: subject.upsell.customer.name.to_string(),
        product: product(subject),
        status: Told::new(Mark::Planning, "Plan being made"),
        since: None,
        arr: format!("{} new ARR", words::money(details.arr.0)),
        closed: Day::of(details.close_date, today),
        rep: details.sales_rep.clone(),
        csm: subject.upsell.owner.clone(),
        freshness: "nothing measured yet".to_owned(),
        is_stale: false,
        action: None,
    }
}

fn freshness(facts: &Facts<'_>) -> String {
    let newest = facts.progress.metrics_progress.iter().filter_map(|metric| metric.current_on).max();
    match (facts.progress.data_state, newest) {
        (DataState::None, _) | (_, None) => "no data yet".to_owned(),
        (DataState::Stale, Some(_)) => {
            let stopped = facts.progress.metrics_progress.iter().filter(|m| m.data_state == DataState::Stale);
            let since = stopped.filter_map(|metric| metric.current_on).min();
            since.map_or_else(
                || "data stopped".to_owned(),
                |since| format!("some data stopped on {}", format::date(since)),
            )
        }
        (DataState::Fresh, Some(day)) => format!("data to {}", format::date(day)),
        (DataState::Partial, Some(day)) => {
            format!(
                "data to {}, for {:.0}% of the plan’s weight",
                format::date(day),
                100.0 * facts.progress.coverage
            )
        }
    }
}

/// The page while there is no plan: the clock runs.
/// "On 22 May agent proposed to document the outcome as failed; nothing is documented until a CSM confirms."
pub fn proposed(facts: &Facts<'_>, proposed: &ProposedOutcome) -> String {
    format!(
        "On {} {} proposed to document the outcome as {}; nothing is documented until a CSM confirms.",
        format::date(facts.planned.civil(proposed.proposed_at)),
        Name::from(proposed.proposed_by.as_str()),
        proposed.content.outcome.words()
    )
}

pub fn planning(visitor: &Visitor, subject: &Subject, now: DateTime<Utc>) -> Measurement {
    let zone = subject.upsell.customer.zone;
    let left = subject.upsell.detected_at + TimeDelta::hours(PLAN_HOURS) - now;
    let hours_left = left.num_hours();
    let headline = if hours_left >= 0 {
        format!("{hours_left} h left of {PLAN_HOURS} to have a plan")
    } else {
        format!("The plan is {} h past the {PLAN_HOURS} promised", -hours_left)
    };
    let text = match &subject.plan_waits_for {
        Some(why) => format!("Why there is none yet: {why}"),
        None => "It is drafted by itself from the template that fits; look again in a minute.".to_owned(),
    };
    let product = product(subject);
    Measurement {
        shell: visitor.shell(&format!("{}, {product}", subject.upsell.customer.name), None, false),
        head: of_upsell(subject, now.with_timezone(&zone).date_naive()),
        answer: None,
        proposed: None,
        metrics: Vec::new(),
        main: Main::Planning {
            headline,
            text,
            hours_gone: u32::try_from(PLAN_HOURS - hours_left).unwrap_or(0),
        },
        reasons_title: String::new(),
        reasons: Vec::new(),
        criteria: Vec::new(),
        adoption: None,
        milestones: Vec::new(),
        goals: Vec::new(),
        timeline: Vec::new(),
        history: Vec::new(),
    }
}
