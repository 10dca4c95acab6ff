//! How much more expanded accounts changed than those that did not expand, by group.

use crate::{
    Context,
    comparison::{
        measured,
        pool::{Pool, Wanted, in_terms_of},
        windows,
    },
};
use chrono::NaiveDate;
use domain::{
    Result,
    analysis::{Case, GroupBy},
    comparison::{Comparison, compare, windows::Windows},
    id::{CustomerId, Feature, MetricKey, UpsellId},
    metric::{Metric, Selector},
    plan::MeasurementPlan,
    statistics::did::Stack,
    text::Name,
    upsell::Upsell,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use store::outcomes::OutcomeFilter;

/// Upsells read at once.
const PAGE: u32 = 100;

/// A metric of a group's upsells, compared.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct GroupLift {
    pub group: Name,
    pub template: String,
    pub metric: MetricKey,
    pub name: Name,
    pub unit: String,
    pub comparison: Comparison,
}

impl GroupLift {
    /// `Messaging API, Calls in 28 days: 1,200 calls more than …`
    pub fn words(&self) -> String {
        format!("{}, {}: {}", self.group, self.name, self.comparison.words(&self.unit))
    }
}

/// One upsell's metric, to be compared.
struct Candidate<'a> {
    upsell: &'a Upsell,
    plan: &'a MeasurementPlan,
    metric: &'a Metric,
    selector: &'a Selector,
    windows: Windows,
    days: (NaiveDate, NaiveDate),
}

/// Over the latest closed of the upsells within a filter, groups with an effect first. `needed` controls.
pub async fn lift(
    cx: &mut Context,
    filter: &OutcomeFilter,
    cases: &[Case],
    by: GroupBy,
    needed: usize,
) -> Result<Vec<GroupLift>> {
    let rows = latest_measured(cx, filter).await?;
    let mut of_features: BTreeMap<Vec<Feature>, Vec<Candidate<'_>>> = BTreeMap::new();
    for candidate in candidates(cx, &rows) {
        of_features.entry(candidate.selector.reads()).or_default().push(candidate);
    }
    let groups: BTreeMap<UpsellId, Vec<String>> =
        cases.iter().map(|case| (case.upsell, case.groups(by))).collect();
    let mut stacks: BTreeMap<(String, String, MetricKey), (&Metric, Vec<Stack>)> = BTreeMap::new();
    for (features, candidates) in &of_features {
        for (candidate, stack) in stacked(cx, features, candidates).await? {
            for group in groups.get(&candidate.upsell.id).into_iter().flatten() {
                let key = (group.clone(), candidate.plan.template.id.clone(), candidate.metric.key.clone());
                stacks.entry(key).or_insert((candidate.metric, Vec::new())).1.push(stack.clone());
            }
        }
    }
    let policy = &cx.host.policy;
    let told = stacks.into_iter().map(|((group, template, key), (metric, stacks))| GroupLift {
        group: group.into(),
        template,
        metric: key,
        name: metric.name.clone(),
        unit: metric.unit.clone(),
        comparison: compare(&stacks, needed, policy),
    });
    let (identified, others): (Vec<_>, Vec<_>) = told.partition(|told| told.comparison.is_identified());
    Ok(identified.into_iter().chain(others).collect())
}

/// The latest closed upsells that have measured metrics, the latest first; no more are read than are compared.
async fn latest_measured(cx: &mut Context, filter: &OutcomeFilter) -> Result<Vec<(Upsell, MeasurementPlan)>> {
    let most = cx.host.policy.lift_upsells_max;
    let mut found: Vec<(Upsell, MeasurementPlan)> = Vec::new();
    let mut last: Option<Upsell> = None;
    while found.len() < most {
        let page = cx.tx.latest_planned(filter, last.as_ref(), PAGE).await?;
        let Some((upsell, _)) = page.last() else { break };
        last = Some(upsell.clone());
        found.extend(page.into_iter().filter(|(_, plan)| measured(plan).next().is_some()));
    }
    found.truncate(most);
    Ok(found)
}

fn candidates<'a>(cx: &Context, rows: &'a [(Upsell, MeasurementPlan)]) -> Vec<Candidate<'a>> {
    let (now, policy) = (cx.now(), &cx.host.policy);
    let of_plan = |(upsell, plan): (&'a Upsell, &'a MeasurementPlan)| {
        let today = now.with_timezone(&plan.zone).date_naive();
        measured(plan).filter_map(move |metric| {
            let selector = metric.selector()?;
            let windows = windows(upsell, plan, selector, today, policy);
            let days = windows.days(selector).filter(|_| !windows.after.is_empty())?;
            Some(Candidate { upsell, plan, metric, selector, windows, days })
        })
    };
    rows.iter().map(|(upsell, plan)| (upsell, plan)).flat_map(of_plan).collect()
}

/// Each with its controls; those of which no week since day 0 is known are left out.
async fn stacked<'c, 'a>(
    cx: &mut Context,
    features: &[Feature],
    candidates: &'c [Candidate<'a>],
) -> Result<Vec<(&'c Candidate<'a>, Stack)>> {
    let (from, to) =
        (candidates.iter().map(|one| one.days.0).min(), candidates.iter().map(|one| one.days.1).max());
    let Some((from, to)) = from.zip(to) else { return Ok(Vec::new()) };
    let wanted = Wanted { features, from, to };
    let mut customers: Vec<CustomerId> = candidates.iter().map(|one| one.plan.customer.clone()).collect();
    customers.sort_unstable();
    customers.dedup();
    let own = cx.tx.usage_of(wanted.of(&customers)).await?;
    let overlaps = |one: &store::controls::Unexpanded| one.span.0 <= to && from <= one.span.1;
    let pool = Pool::read(&mut cx.tx, wanted, overlaps, &cx.host.policy).await?;
    let stack = |one: &'c Candidate<'a>| {
        let usage = in_terms_of(one.plan, own.get(&one.plan.customer)?);
        let (known, expanded) = one.windows.expanded(one.selector, &one.plan.customer.0, usage);
        if known.before.is_empty() || known.after.is_empty() {
            return None;
        }
        let segment = one.upsell.customer.segment.as_deref();
        let controls = pool.controls(&known, one.selector, one.plan, segment);
        Some((one, Stack { expanded, controls }))
    };
    Ok(candidates.iter().filter_map(stack).collect())
}
