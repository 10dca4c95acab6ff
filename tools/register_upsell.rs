//! A closed upsell, captured from the CRM, an amendment or by hand.

mod checks;

use crate::{
    Context, Effect, Next, Reply, Role, Route, Tool,
    settled::{differences, listed},
    standing::said,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    Code, Error, Result,
    draft::Waits,
    error::FieldFault,
    id::{CustomerId, OpportunityId, Product, UpsellId},
    matching::{Bought, choose},
    plan::TemplateChoice,
    upsell::{Upsell, UpsellSource},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The specification's promise: a plan within 48 hours.
const PLAN_WITHIN: TimeDelta = TimeDelta::hours(48);

/// Records a closed upsell; its plan is then drafted by itself. Once per source and opportunity (without one: customer, products and close date).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterUpsell {
    pub source: UpsellSource,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opportunity_id: Option<OpportunityId>,
    /// Name, or id if known already.
    #[schemars(length(min = 1, max = 200))]
    pub customer: String,
    /// As usage events name the customer; default: customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    #[schemars(length(min = 1, max = 20))]
    pub products: Vec<Product>,
    /// New ARR in major units.
    pub arr_increase: f64,
    /// Default USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    pub close_date: NaiveDate,
    /// First day of use, if not the close date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entitlement_start: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sales_rep: Option<String>,
    /// CSM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// In the customer's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub goals: Vec<String>,
    /// IANA, such as Europe/Paris.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// Entitled after the upsell, and before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats_before: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    pub upsell: UpsellId,
    pub sale: Upsell,
    /// The template its plan will be drafted from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateChoice>,
    /// What keeps the plan from being drafted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_waits_for: Option<String>,
    pub plan_due_by: DateTime<Utc>,
    pub dashboard_url: String,
}

impl Tool for RegisterUpsell {
    const NAME: &'static str = "register_upsell";
    const TITLE: &'static str = "Register an upsell";
    const EFFECT: Effect = Effect::Changes;
    const ROLES: &'static [Role] = &[Role::Orchestrator, Role::Csm];
    const ROUTE: Route = Route::post("/api/upsells");
    const EXAMPLE: &'static str = r#"{"source":"salesforce","opportunityId":"006Ab00000XyZ12","customer":"Northwind Traders","customerId":"northwind","products":["Data Sync"],"arrIncrease":128000,"closeDate":"2026-02-20","timeZone":"America/New_York","seats":250,"seatsBefore":150}"#;
    type Output = Registered;

    fn faults(&self, now: DateTime<Utc>) -> Vec<FieldFault> {
        self.single_faults(now)
    }

    async fn run(self, cx: &mut Context) -> Result<Reply<Registered>> {
        let upsell = self.checked(cx).await?;
        let key = self.natural_key(&upsell);
        match cx.is_repeat(Self::NAME, key, &self).await {
            Ok(true) => return Ok(reply(cx, upsell)),
            Ok(false) => {}
            Err(error) if error.code == Code::Conflict => {
                let standing = self.standing(cx, &upsell).await?;
                return Err(self.settled(&upsell, standing, error.faults));
            }
            Err(error) => return Err(error),
        }
        if let Some(known) = self.standing(cx, &upsell).await? {
            let faults = differences(&particulars(&known)?, &particulars(&upsell)?);
            return Err(self.settled(&upsell, Some(known), faults));
        }
        cx.subject = Some(upsell.id);
        cx.tx.insert_upsell(&upsell).await?;
        Ok(reply(cx, upsell))
    }
}

impl RegisterUpsell {
    fn natural_key(&self, upsell: &Upsell) -> String {
        let source = self.source.as_str();
        if let Some(opportunity) = &self.opportunity_id {
            return key_of(&[source, &opportunity.0], &[]);
        }
        let mut products: Vec<&str> = self.products.iter().map(|product| product.0.as_str()).collect();
        products.sort_unstable();
        key_of(&[source, &upsell.customer.id.0, &self.close_date.to_string()], &products)
    }

    async fn standing(&self, cx: &mut Context, upsell: &Upsell) -> Result<Option<Upsell>> {
        match &self.opportunity_id {
            Some(opportunity) => cx.tx.upsell_of_opportunity(upsell.source, opportunity).await,
            None => Ok(None),
        }
    }

    /// The same sale was told with other particulars before: which, and what to do instead of telling it again.
    fn settled(&self, upsell: &Upsell, standing: Option<Upsell>, differences: Vec<FieldFault>) -> Error {
        let (sale, id) = match (&self.opportunity_id, standing) {
            (Some(opportunity), Some(known)) => (format!("opportunity {opportunity}"), known.id.to_string()),
            _ => (format!("this sale to {}", upsell.customer.name), upsell.customer.name.to_string()),
        };
        let message = format!(
            "{sale} is registered already as {id}, with other particulars{}; nothing was changed. Seats, goals, metrics \
             and targets are set with create_measurement_plan(upsell=\"{id}\")",
            listed(&differences)
        );
        Error::conflict(message).of_fields(differences)
    }
}

/// `source:opportunity`, or `source:customer:product+product:day`. Parts in which a separator stands are written as JSON,
/// so that no sale has another's key.
fn key_of(parts: &[&str], products: &[&str]) -> String {
    if parts.iter().chain(products).any(|part| part.contains([':', '+', '['])) {
        return json!([parts, products]).to_string();
    }
    match parts {
        [source, customer, day] => format!("{source}:{customer}:{}:{day}", products.join("+")),
        _ => parts.join(":"),
    }
}

/// What a sale is told with, beside what we give it ourselves.
fn particulars(upsell: &Upsell) -> Result<Value> {
    let mut all = serde_json::to_value(upsell).map_err(Error::internal)?;
    if let Some(fields) = all.as_object_mut() {
        fields.retain(|name, _| !["id", "detectedAt", "ended"].contains(&name.as_str()));
    }
    Ok(all)
}

fn reply(cx: &Context, upsell: Upsell) -> Reply<Registered> {
    let found = choose(&cx.host.templates, Bought::from(&upsell));
    let waits = match &found {
        Some(found) => Waits::of(&upsell, found.template),
        None => Some(Waits::no_template(&upsell)),
    };
    let details = &upsell.details;
    let names: Vec<String> = details.products.iter().map(|product| product.name().to_string()).collect();
    let headline = format!(
        "Registered {}: {}, {} new ARR, closed {}.",
        upsell.customer.name,
        names.join(" + "),
        details.arr.0,
        said(details.close_date)
    );
    let plan = match (&waits, &found) {
        (Some(waits), _) => format!("Its plan waits: it {waits}."),
        (None, Some(found)) => format!("Template {}. {}", found.template.id, found.why),
        (None, None) => String::new(),
    };
    let next = if waits.is_some() {
        let arguments = json!({ "products": details.products });
        Next::call("list_templates", arguments, "see which templates need less of it")
    } else {
        let arguments = json!({ "upsell": upsell.id, "dryRun": true });
        Next::call("create_measurement_plan", arguments, "see the plan it will get")
    };
    let data = Registered {
        upsell: upsell.id,
        template: found.map(|found| found.choice()),
        plan_waits_for: waits.map(|waits| waits.to_string()),
        plan_due_by: upsell.detected_at + PLAN_WITHIN,
        dashboard_url: cx.host.dashboard_url(upsell.id),
        sale: upsell,
    };
    let days = format!("Id {}; days are counted in {}.", data.upsell, data.sale.customer.zone);
    Reply::new(headline, data).line(plan).line(days).next(next)
}

#[cfg(test)]
mod tests;
