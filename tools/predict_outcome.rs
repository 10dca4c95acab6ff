//! Where an upsell is heading, and where it would head if something changed.

use crate::{Context, Effect, Next, Reply, Role, Route, Tool, standing::Standing, stated};
use chrono::{DateTime, Utc};
use domain::{
    Error, Result,
    amount::{chance, counted},
    error::FieldFault,
    forecast::Forecast,
    headline::amount,
    id::{MetricKey, UpsellId, UpsellRef},
    metric::Metric,
    outcome::Conclusion,
    policy::Policy,
    prediction::{Outlook, Prediction, outlooks, predict},
    supposition,
    text::Name,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Forecasts each metric and the outcome at the last checkpoint; `changes` asks what if a metric had another value by a
/// day. Says what it rests on, and unknown where it cannot tell.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PredictOutcome {
    pub upsell: UpsellRef,
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub changes: Vec<Change>,
}

#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Change {
    /// Key of a metric of the plan.
    pub metric: MetricKey,
    pub value: f64,
    /// Days since day 0; default today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_day: Option<u16>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Predicted {
    pub upsell: UpsellId,
    pub customer: Name,
    pub as_of: DateTime<Utc>,
    pub prediction: Prediction,
    pub metrics: Vec<Outlook>,
    /// With `changes`: the same if they came true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supposed: Option<Supposed>,
    pub dashboard_url: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Supposed {
    pub changes: Vec<Change>,
    pub prediction: Prediction,
    pub metrics: Vec<Outlook>,
}

impl Tool for PredictOutcome {
    const NAME: &'static str = "predict_outcome";
    const TITLE: &'static str = "Where an upsell is heading";
    const EFFECT: Effect = Effect::Reads;
    const ROLES: &'static [Role] = &[Role::Orchestrator, Role::Researcher, Role::Csm];
    const ROUTE: Route = Route::post("/api/upsell/{upsell}/prediction");
    const EXAMPLE: &'static str =
        r#"{"upsell":"Northwind Traders","changes":[{"metric":"seats_active","value":80,"byDay":60}]}"#;
    type Output = Predicted;

    async fn run(self, cx: &mut Context) -> Result<Reply<Predicted>> {
        let now = cx.now();
        let standing = Standing::read(cx, &self.upsell, now).await?;
        if let Some(ended) = standing.ended() {
            return Ok(nothing_left(cx, &standing, &ended));
        }
        let policy = &cx.host.policy;
        self.check(&standing, policy)?;
        let metrics = outlooks(&standing.progress);
        let prediction = predict(&standing.plan, &metrics, policy);
        let supposed = (!self.changes.is_empty()).then(|| {
            let metrics = standing.supposing(policy, &self.levels(&standing));
            let prediction = predict(&standing.plan, &metrics, policy);
            Supposed { changes: self.changes.clone(), prediction, metrics }
        });
        let customer = standing.upsell.customer.name.clone();
        let mut lines: Vec<String> = metrics.iter().take(8).map(line).collect();
        if let Some(supposed) = &supposed {
            lines.push(format!("With the changes: {}", told(&supposed.prediction)));
            lines.extend(supposed.metrics.iter().filter(|outlook| self.touches(outlook)).take(2).map(line));
        }
        let headline = format!("{customer}: {}", told(&prediction));
        let upsell = standing.upsell.id;
        let data = Predicted {
            upsell,
            customer,
            as_of: now,
            prediction,
            metrics,
            supposed,
            dashboard_url: cx.host.dashboard_url(upsell),
        };
        let next =
            Next::call("get_progress", json!({ "upsell": upsell, "detail": "detailed" }), "what it rests on");
        Ok(Reply::new(headline, data).lines(lines).next(next))
    }
}

impl PredictOutcome {
    fn check(&self, standing: &Standing, policy: &Policy) -> Result<()> {
        let (today, horizon) = (standing.progress.day, standing.plan.horizon());
        let end = if today <= i32::from(horizon) { horizon } else { horizon + policy.extension_days };
        let mut faults = Vec::new();
        for (index, change) in self.changes.iter().enumerate() {
            match standing.plan.metric(&change.metric).map(Metric::range) {
                Err(_) => faults.push(FieldFault::new(
                    format!("changes[{index}].metric"),
                    change.metric.0.clone(),
                    stated::known_metrics(&standing.plan),
                )),
                Ok(range) if !range.contains(change.value) => faults.push(FieldFault::new(
                    format!("changes[{index}].value"),
                    change.value.to_string(),
                    range.to_string(),
                )),
                Ok(_) => {}
            }
            if self.changes[..index].iter().any(|earlier| earlier.metric == change.metric) {
                let wanted = "one supposed value for each metric";
                faults.push(FieldFault::new(
                    format!("changes[{index}].metric"),
                    change.metric.0.clone(),
                    wanted,
                ));
            }
            let past = change.by_day.filter(|day| i32::from(*day) < today || *day > end);
            if let Some(day) = past {
                let field = format!("changes[{index}].byDay");
                let wanted = if today <= i32::from(end) {
                    format!("a day from {today} to {end}")
                } else {
                    format!("nothing: it is day {today}, and forecasts end on day {end}")
                };
                faults.push(FieldFault::new(field, day.to_string(), wanted));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::faults(faults)) }
    }

    fn levels(&self, standing: &Standing) -> Vec<supposition::Supposed> {
        let today = u16::try_from(standing.progress.day).unwrap_or(0);
        let level = |change: &Change| supposition::Supposed {
            metric: change.metric.clone(),
            value: change.value,
            day: change.by_day.unwrap_or(today),
        };
        self.changes.iter().map(level).collect()
    }

    fn touches(&self, outlook: &Outlook) -> bool {
        self.changes.iter().any(|change| change.metric == outlook.metric)
    }
}

/// `heading for a partial success on day 90, attainment 71 %; chance not known yet`
fn told(prediction: &Prediction) -> String {
    match prediction {
        Prediction::Unknown { why } => format!("the outcome cannot be told yet: {why}."),
        Prediction::Known { at_day, attainment, heading, chance_at_most, n, .. } => {
            let heading = match heading {
                Conclusion::Success => "heading for success",
                Conclusion::Partial => "heading for a partial success",
                Conclusion::AtRisk => "heading for a miss",
                Conclusion::Failed => "heading for failure",
            };
            let chance = chance_at_most.map_or_else(|| "how likely is not known yet".to_owned(), at_most);
            let rests = if *n > 0 {
                counted(*n, "similar upsell", "similar upsells")
            } else {
                "no similar past upsell for at least one metric".to_owned()
            };
            format!(
                "{heading} on day {at_day}, with {:.0} % of the way done; {chance}. Rests on {rests}.",
                100.0 * attainment
            )
        }
    }
}

/// The least likely metric bounds how likely success is; it does not promise it.
fn at_most(least: f64) -> String {
    match least {
        least if least < 0.01 => format!("success {} likely", chance(least)),
        least if least > 0.99 => "no metric makes success unlikely".to_owned(),
        least => format!("success at most {} likely", chance(least)),
    }
}

/// Of what has ended there is no outlook.
fn nothing_left(cx: &Context, standing: &Standing, ended: &str) -> Reply<Predicted> {
    let (upsell, customer) = (standing.upsell.id, standing.upsell.customer.name.clone());
    let headline = format!("{customer}: {ended}; there is nothing left to predict.");
    let data = Predicted {
        upsell,
        customer,
        as_of: cx.now(),
        prediction: Prediction::Unknown { why: format!("the outcome is {ended}, {}", then(standing)) },
        metrics: Vec::new(),
        supposed: None,
        dashboard_url: cx.host.dashboard_url(upsell),
    };
    let arguments = json!({ "upsell": upsell, "detail": "detailed" });
    Reply::new(headline, data).lines(vec![standing.progress.headline.clone()]).next(Next::call(
        "get_progress",
        arguments,
        "how it ended, and on what evidence",
    ))
}

/// `on track when last assessed, on day 90`
fn then(standing: &Standing) -> String {
    let progress = &standing.progress;
    match progress.current_status {
        Some(status) => format!("{} when last assessed, on day {}", status.words(), progress.day),
        None => "never assessed with data".to_owned(),
    }
}

fn line(outlook: &Outlook) -> String {
    let name = &outlook.name;
    let target = amount(outlook.target, &outlook.unit);
    match &outlook.forecast {
        Forecast::Unknown { why } => format!("{name}: unknown, {why} (target {target})."),
        Forecast::Known { at_day, point, band, probability, method, .. } => {
            let point = amount(*point, &outlook.unit);
            let band = band.map_or(String::new(), |band| {
                format!(" ({} to {})", amount(band.low, ""), amount(band.high, &outlook.unit))
            });
            let chance = probability.map_or(String::new(), |p| format!(", {} likely", chance(p)));
            format!("{name}: {point}{band} on day {at_day} against {target}{chance}; {method}.")
        }
    }
}

#[cfg(test)]
mod tests;
