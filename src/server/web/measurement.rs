//! The measurement page filled: progress from the tool, series from the store, both of the same plan.

mod card;
mod head;
mod sections;
mod timeline;

use super::{
    Visitor,
    chart::View,
    download::{self, Cell},
    pages::measurement::{Main, Measurement},
    series::{self, Planned, Subject},
};
use axum::response::Response;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use domain::{
    Error, Result,
    id::{MetricKey, UpsellRef},
    measurement::UpsellSuccessMeasurement,
    observation::Quality,
    progress::{MetricProgress, Progress},
    proposed_outcome::ProposedOutcome,
};
use serde::Deserialize;
use serde_json::json;
use tools::adoption::AdoptionTold;

/// The query string: which metric, and how it is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    metric: Option<MetricKey>,
    view: View,
}

impl Wanted {
    pub fn read(pairs: &[(String, String)]) -> Result<Self> {
        let of = |name: &str| {
            pairs
                .iter()
                .find(|(given, value)| given == name && !value.is_empty())
                .map(|(_, value)| value.as_str())
        };
        let view = match of("view") {
            None | Some("curve") => View::Curve,
            Some("gap") => View::Gap,
            Some(_) => return Err(Error::invalid("the address can say view=curve or view=gap")),
        };
        Ok(Self { metric: of("metric").map(MetricKey::from), view })
    }
}

/// What `get_progress` tells.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    progress: Progress,
    proposed_outcome: Option<ProposedOutcome>,
    detail: Details,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    success_measurement: UpsellSuccessMeasurement,
    adoption: AdoptionTold,
}

/// All that a page of a planned upsell is made from.
struct Facts<'a> {
    subject: &'a Subject,
    planned: &'a Planned,
    progress: &'a Progress,
    measurement: &'a UpsellSuccessMeasurement,
    now: DateTime<Utc>,
    today: NaiveDate,
}

impl Facts<'_> {
    /// The metric asked for, else the one that explains most of the gap, else the first critical one.
    fn shown(&self, wanted: &Wanted) -> Result<&MetricProgress> {
        if let Some(key) = &wanted.metric {
            self.planned.plan.metric(key)?;
        }
        let leading = || self.progress.reasons.iter().find_map(|reason| reason.metric.clone());
        let critical = || {
            self.planned.plan.metrics.iter().find(|metric| metric.critical).map(|metric| metric.key.clone())
        };
        let key = wanted.metric.clone().or_else(leading).or_else(critical);
        let found = self.progress.metrics_progress.iter().find(|metric| Some(&metric.metric) == key.as_ref());
        found.or_else(|| self.progress.metrics_progress.first()).ok_or_else(|| {
            Error::not_found("this plan measures nothing yet; create_measurement_plan adds metrics")
        })
    }
}

pub async fn page(visitor: &Visitor, upsell: String, wanted: &Wanted) -> Result<Measurement> {
    let subject = subject(visitor, upsell).await?;
    let now = visitor.host.clock.now();
    let Some(planned) = &subject.planned else { return Ok(head::planning(visitor, &subject, now)) };
    let id = subject.upsell.id;
    let told: Told = visitor.ask("get_progress", json!({ "upsell": id, "detail": "detailed" })).await?;
    let facts = Facts {
        subject: &subject,
        planned,
        progress: &told.progress,
        measurement: &told.detail.success_measurement,
        now,
        today: planned.civil(now),
    };
    let shown = facts.shown(wanted)?;
    let alerts = timeline::alerts(visitor, id).await?;
    let (reasons_title, reasons) = sections::reasons(&facts);
    Ok(Measurement {
        shell: visitor.shell(
            &format!("{}, {}", subject.upsell.customer.name, head::product(&subject)),
            None,
            false,
        ),
        head: head::head(&facts),
        answer: (facts.progress.metrics_progress.len() > 1).then(|| facts.progress.headline.clone()),
        proposed: told.proposed_outcome.as_ref().map(|proposed| head::proposed(&facts, proposed)),
        metrics: sections::metrics(&facts, wanted, shown),
        main: Main::Chart(card::card(&facts, shown, wanted.view, &visitor.host.policy)?),
        reasons_title,
        reasons,
        criteria: sections::criteria(&facts),
        adoption: sections::adoption(&told.detail.adoption),
        milestones: sections::milestones(&facts),
        goals: sections::goals(&facts),
        timeline: timeline::events(&facts, &alerts),
        history: timeline::history(&facts),
    })
}

/// Every observation of a metric, or of all: both clocks, source and id, so that each figure can be traced.
pub async fn csv(visitor: &Visitor, upsell: String, wanted: &Wanted) -> Result<Response> {
    let subject = subject(visitor, upsell).await?;
    let planned =
        subject.planned.ok_or_else(|| Error::not_found("this upsell has no plan yet, so no values"))?;
    if let Some(key) = &wanted.metric {
        planned.plan.metric(key)?;
    }
    let is_wanted = |key: &MetricKey| wanted.metric.as_ref().is_none_or(|wanted| wanted == key);
    let plan = &planned.plan;
    let rows = planned.observations.iter().filter(|seen| is_wanted(&seen.metric)).map(|seen| {
        vec![
            Cell::text_of(seen.metric.0.clone()),
            Cell::of(plan.day_of(seen.valid_on)),
            Cell::of(seen.valid_on),
            Cell::of(seen.value),
            Cell::text_of(plan.metric(&seen.metric).map_or("", |metric| &metric.unit)),
            Cell::of(seen.recorded_at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            Cell::text_of(seen.source.clone()),
            Cell::of(quality(seen.quality)),
            Cell::of(seen.id),
        ]
    });
    let columns =
        ["metric", "day", "date", "value", "unit", "recordedAt", "source", "quality", "observation"];
    download::csv(&format!("{}.csv", subject.upsell.id), &columns, rows)
}

const fn quality(quality: Quality) -> &'static str {
    match quality {
        Quality::Final => "final",
        Quality::Partial => "partial",
        Quality::Stated => "manual",
    }
}

async fn subject(visitor: &Visitor, upsell: String) -> Result<Subject> {
    if !visitor.may("get_progress") {
        return Err(Error::forbidden("this key may not look at progress; ask someone whose key may"));
    }
    series::subject(&visitor.host, &UpsellRef(upsell)).await
}
