//! An upsell's measurement plan: drafted from its template, or revised.

mod realism;

use crate::{Context, Effect, Next, Reply, Role, Route, Tool, baselines, repeat::Would, standing::said};
use chrono::{DateTime, Utc};
use domain::{
    Error, Result,
    draft::{AskedMetric, Draft, Waits, is_same},
    error::FieldFault,
    headline::amount,
    id::{UpsellId, UpsellRef},
    matching::{Bought, Match, choose, named},
    measurement::UpsellSuccessMeasurement,
    metric::{Authority, Metric},
    outcome::Outcome,
    plan::MeasurementPlan,
    quote,
    template::Template,
    upsell::Upsell,
};
use realism::{Past, TargetRealism};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

/// Makes an upsell's plan from the best fitting template, or revises it: what you pass is added or replaced, the rest stays, original targets are kept. Show the CSM a `dryRun` first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateMeasurementPlan {
    pub upsell: UpsellRef,
    #[schemars(description = "Id, see list_templates.")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// New metrics, or other targets for the template's (by name).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    pub metrics: Vec<AskedMetric>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub goals: Vec<String>,
    /// Default 30, 60, 90.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 20))]
    pub checkpoint_days: Option<Vec<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats_before: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    pub upsell: UpsellId,
    pub change: Change,
    /// How each target compares with what similar upsells reached by the last checkpoint.
    pub realism: Vec<TargetRealism>,
    pub success_measurement: UpsellSuccessMeasurement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Change {
    Created,
    Revised,
    /// The plan stands as asked for already.
    None,
}

impl Tool for CreateMeasurementPlan {
    const NAME: &'static str = "create_measurement_plan";
    const TITLE: &'static str = "Make or revise a measurement plan";
    const EFFECT: Effect = Effect::Changes;
    const ROLES: &'static [Role] = &[Role::Orchestrator, Role::Csm];
    const ROUTE: Route = Route::post("/api/upsell/{upsell}/success-measurement");
    const DRY_RUN: bool = true;
    const EXAMPLE: &'static str = r#"{"upsell":"Northwind Traders","metrics":[{"name":"Hours saved","type":"roi","target":120,"unit":"hours"}],"goals":["Close the month in three days"],"dryRun":true}"#;
    type Output = Planned;

    fn faults(&self, _now: DateTime<Utc>) -> Vec<FieldFault> {
        self.metrics.iter().enumerate().filter_map(|(index, metric)| metric.faults(index)).collect()
    }

    async fn run(self, cx: &mut Context) -> Result<Reply<Planned>> {
        let mut upsell = cx.tx.upsell(&self.upsell).await?;
        cx.subject = Some(upsell.id);
        let current = standing(cx, &upsell).await?;
        if let Some(current) = current.as_ref().filter(|_| self.asks_for_nothing()) {
            return self.unchanged(cx, upsell, current.clone()).await;
        }
        let has_seats = self.put_seats(&mut upsell)?;
        let plan = plan_for(cx, &upsell, current.as_ref(), &self).await?;
        let change = match &current {
            None => Change::Created,
            Some(current) if is_same(current, &plan) && !has_seats => Change::None,
            Some(_) => Change::Revised,
        };
        if change == Change::None {
            return self.unchanged(cx, upsell, current.unwrap_or(plan)).await;
        }
        self.may_change(cx, &upsell, current.as_ref()).await?;
        if !self.is_repeat(cx, &upsell, Would::Change).await? {
            if has_seats {
                cx.tx.update_upsell(&upsell).await?;
            }
            write(cx, &plan, change).await?;
        }
        reply(cx, upsell, plan, change).await
    }
}

impl CreateMeasurementPlan {
    fn asks_for_nothing(&self) -> bool {
        let bare = Self { upsell: self.upsell.clone(), ..Self::bare() };
        serde_json::to_value(self).ok() == serde_json::to_value(bare).ok()
    }

    const fn bare() -> Self {
        Self {
            upsell: UpsellRef(String::new()),
            template: None,
            metrics: Vec::new(),
            goals: Vec::new(),
            checkpoint_days: None,
            seats: None,
            seats_before: None,
        }
    }

    async fn is_repeat(&self, cx: &mut Context, upsell: &Upsell, would: Would) -> Result<bool> {
        let content = Self { upsell: UpsellRef(upsell.id.to_string()), ..self.clone() };
        cx.is_repeat_of_change(Self::NAME, &upsell.id.to_string(), &content, would).await
    }

    async fn unchanged(
        self,
        cx: &mut Context,
        upsell: Upsell,
        plan: MeasurementPlan,
    ) -> Result<Reply<Planned>> {
        self.is_repeat(cx, &upsell, Would::ChangeNothing).await?;
        reply(cx, upsell, plan, Change::None).await
    }

    async fn may_change(
        &self,
        cx: &mut Context,
        upsell: &Upsell,
        current: Option<&MeasurementPlan>,
    ) -> Result<()> {
        if let Some(ended) = &upsell.ended {
            return Err(Error::conflict(format!(
                "the expansion ended on {} ({}); there is nothing to plan",
                ended.on,
                quote::quoted(&ended.reason)
            )));
        }
        if let Some(plan) = current
            && cx.tx.outcome_of(plan.id).await? != Outcome::Pending
        {
            return Err(Error::conflict(
                "the outcome is documented, so the plan stands as it was judged; get_progress shows it",
            ));
        }
        Ok(())
    }

    /// Fills in seats; whether that changes what was registered.
    fn put_seats(&self, upsell: &mut Upsell) -> Result<bool> {
        let before = (upsell.seats, upsell.seats_before);
        upsell.seats = self.seats.or(upsell.seats);
        upsell.seats_before = self.seats_before.or(upsell.seats_before);
        if upsell.seats == Some(0)
            || upsell.seats.zip(upsell.seats_before).is_some_and(|(now, then)| then > now)
        {
            let received = format!("{:?} after, {:?} before", upsell.seats, upsell.seats_before);
            let wanted = "seats above 0, and seatsBefore at most seats";
            return Err(Error::faults(vec![FieldFault::new("seats", received, wanted)]));
        }
        Ok(before != (upsell.seats, upsell.seats_before))
    }
}

/// The plan that stands, locked until commit.
async fn standing(cx: &mut Context, upsell: &Upsell) -> Result<Option<MeasurementPlan>> {
    match cx.tx.find_plan_of(upsell.id).await? {
        Some(_) => cx.tx.plan_for_update(upsell.id).await.map(Some),
        None => Ok(None),
    }
}

/// The plan an upsell gets: drafted from its template, or the standing one revised as asked. Nothing is stored.
pub async fn plan_for(
    cx: &mut Context,
    upsell: &Upsell,
    current: Option<&MeasurementPlan>,
    asked: &CreateMeasurementPlan,
) -> Result<MeasurementPlan> {
    let host = Arc::clone(&cx.host);
    let by = cx.caller.name.clone();
    let found = found(&host.templates, upsell, current, asked.template.as_deref(), &by)?;
    let baselines = baselines::of(&mut cx.tx, upsell, &found, &cx.host.policy).await?;
    let plain = Draft {
        upsell,
        found: &found,
        baselines: &baselines,
        offers: &BTreeMap::new(),
        asked: &asked.metrics,
        goals: &asked.goals,
        checkpoint_days: asked.checkpoint_days.as_deref(),
        current,
        by: &by,
    };
    let plan = plain.plan(cx.new_id(), cx.now())?;
    // A standing plan keeps the targets it was judged by: what was learned since is for new ones.
    if current.is_some_and(|current| current.template.id == plan.template.id) {
        return Ok(plan);
    }
    let offers = Past::read(cx, &plan).await?.learned(&plan);
    if offers.is_empty() { Ok(plan) } else { Draft { offers: &offers, ..plain }.plan(plan.id, cx.now()) }
}

/// The template asked for, else the standing plan's, else the best fitting one.
fn found<'a>(
    templates: &'a [Template],
    upsell: &Upsell,
    current: Option<&MeasurementPlan>,
    asked: Option<&str>,
    by: &str,
) -> Result<Match<'a>> {
    let bought = Bought::from(upsell);
    if let Some(id) = asked {
        return named(templates, id, bought, by).ok_or_else(|| {
            let ids: Vec<&str> = templates.iter().map(|template| template.id.as_str()).collect();
            let wanted = format!("one of {}; list_templates tells them apart", ids.join(", "));
            Error::faults(vec![FieldFault::new("template", format!("{id:?}"), wanted)])
        });
    }
    let same = current.and_then(|plan| named(templates, &plan.template.id, bought, by));
    same.or_else(|| choose(templates, bought)).ok_or_else(|| Waits::no_template(upsell).into())
}

async fn write(cx: &mut Context, plan: &MeasurementPlan, change: Change) -> Result<()> {
    match change {
        Change::None => Ok(()),
        // There was none a moment ago in this transaction: another caller was faster.
        Change::Created => cx.tx.insert_plan(plan).await.map_err(|error| match error.code {
            domain::Code::Conflict => Error::exists(),
            _ => error,
        }),
        Change::Revised => {
            let now = cx.now();
            cx.tx.save_plan(plan, now).await?;
            cx.tx.usage_changed(&plan.customer, now.with_timezone(&plan.zone).date_naive(), now).await
        }
    }
}

async fn reply(
    cx: &mut Context,
    upsell: Upsell,
    plan: MeasurementPlan,
    change: Change,
) -> Result<Reply<Planned>> {
    let (id, now) = (upsell.id, cx.now());
    let progress = cx.tx.last_evaluation(plan.id, now).await?.map(|evaluation| evaluation.progress);
    let reviews = cx.tx.reviews_of(plan.id).await?;
    let outcome = cx.tx.outcome_of(plan.id).await?;
    let headline = headline(cx, &upsell, &plan, change);
    let realism = Past::read(cx, &plan).await?.realism(&plan);
    let lines = lines(&plan, &realism);
    let url = cx.host.dashboard_url(id);
    let success_measurement = UpsellSuccessMeasurement::of(upsell, plan, progress, reviews, outcome, url);
    let next = Next::call("get_progress", json!({ "upsell": id }), "how it is doing");
    Ok(Reply::new(headline, Planned { upsell: id, change, realism, success_measurement })
        .lines(lines)
        .next(next))
}

fn headline(cx: &Context, upsell: &Upsell, plan: &MeasurementPlan, change: Change) -> String {
    let (name, has) = (&upsell.customer.name, cx.words("has", "would have"));
    let what = match change {
        Change::Created => format!("{has} a plan"),
        Change::Revised => format!("{has} version {} of its plan", plan.version),
        Change::None => {
            format!(
                "has this plan already (version {}, by {}); nothing changed",
                plan.version, plan.drafted_by
            )
        }
    };
    let first = plan.next_open();
    let first = first.map_or(String::new(), |next| {
        let on = next.scheduled_date.with_timezone(&plan.zone).date_naive();
        format!(" The {} is due on {}.", next.title(), said(on))
    });
    format!("{name} {what}: {} metrics by template {}.{first}", plan.metrics.len(), plan.template.id)
}

const LINES: usize = 12;

fn lines(plan: &MeasurementPlan, realism: &[TargetRealism]) -> Vec<String> {
    let room = LINES - 4;
    let metrics = plan.metrics.iter().take(room).zip(realism);
    let metrics = metrics.map(|(metric, realism)| metric_line(metric) + &realism.tail());
    let more = plan.metrics.len().saturating_sub(room);
    let more = (more > 0).then(|| format!("and {more} more metrics"));
    let days: Vec<String> = plan.checkpoints.iter().map(|checkpoint| checkpoint.day.to_string()).collect();
    let looks = format!("Checkpoints on days {}, from {}.", days.join(", "), said(plan.tracking_start));
    let unjudged = realism::unjudged(realism);
    metrics.chain(more).chain(unjudged).chain([plan.template.why.clone(), looks]).collect()
}

fn metric_line(metric: &Metric) -> String {
    let before = metric.baseline.value();
    let from = before.map_or("baseline unknown".to_owned(), |before| amount(before, &metric.unit));
    let why = match metric.target_basis.won.authority {
        Authority::CustomerCommitment => "the customer's commitment",
        Authority::CsmOverride => "set by hand",
        Authority::Learned => "learned",
        Authority::Benchmark => "benchmark",
        Authority::TemplateDefault => "template",
    };
    let critical = if metric.critical { ", critical" } else { "" };
    let manual = if metric.selector().is_none() { ", by hand" } else { "" };
    format!("{}: {from} → {} ({why}{critical}{manual})", metric.name, amount(metric.target, &metric.unit))
}

#[cfg(test)]
mod tests;
