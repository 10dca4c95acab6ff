//! Upsells as an analysis sees them: columns of the portfolio, worked out when an upsell changes rather than when it is
//! asked about.

use crate::Context;
use chrono::{DateTime, NaiveTime, Utc};
use domain::{
    Result,
    analysis::{Case, Goals, MilestoneSeen, first_value_day},
    checkpoint::instant,
    id::UpsellId,
    milestone::MilestoneState,
    observation::Observation,
    plan::{Goal, MeasurementPlan},
    progress::{Evaluation, Progress},
    upsell::Upsell,
};
use store::{
    Tx,
    cases::{CaseFacts, CaseRow},
    outcomes::OutcomeFilter,
};

/// The cases within a filter, oldest close first.
pub async fn cases(cx: &mut Context, filter: &OutcomeFilter) -> Result<Vec<Case>> {
    let now = cx.now();
    let rows = cx.tx.case_rows(filter).await?;
    let mut cases = Vec::with_capacity(rows.len());
    for mut row in rows {
        let facts = match row.facts.take().filter(|facts| facts.at <= now) {
            Some(kept) => kept,
            None => facts(&mut cx.tx, row.upsell, now).await?,
        };
        cases.push(case(row, facts, now));
    }
    Ok(cases)
}

fn case(row: CaseRow, facts: CaseFacts, now: DateTime<Utc>) -> Case {
    let end_of_close = row.close_date.succ_opt().unwrap_or(row.close_date);
    let until = facts.ended_on.unwrap_or_else(|| now.with_timezone(&row.zone).date_naive());
    let observed_days = (until - facts.day_zero).num_days() as i32;
    let reached_last_day = row.horizon.is_some_and(|horizon| observed_days >= i32::from(horizon));
    Case {
        upsell: row.upsell,
        products: row.products.into_iter().map(|product| product.0).collect(),
        industry: row.industry,
        segment: row.segment,
        template: facts.template,
        owner: row.owner,
        source: row.source,
        arr: row.arr,
        closed_at: instant(end_of_close.and_time(NaiveTime::MIN), row.zone),
        detected_at: row.detected_at,
        planned_at: facts.planned_at,
        observed_days,
        is_ended: facts.ended_on.is_some(),
        reached_last_day,
        final_status: row.final_status,
        conclusion: row.conclusion,
        goals: if reached_last_day { facts.goals } else { Goals::default() },
        milestones: facts.milestones,
        lagged_at_first_check: facts
            .first_check_lagged
            .filter(|_| facts.first_check_at.is_some_and(|first| first <= now)),
        first_value_day: facts.first_value_day,
    }
}

/// Works out and keeps what analyses ask of an upsell.
pub async fn keep_facts(tx: &mut Tx, upsell: UpsellId, now: DateTime<Utc>) -> Result<()> {
    tx.lock_facts(upsell).await?;
    let facts = facts(tx, upsell, now).await?;
    tx.keep_facts(upsell, &facts).await
}

async fn facts(tx: &mut Tx, upsell: UpsellId, now: DateTime<Utc>) -> Result<CaseFacts> {
    let upsell = tx.upsell_by_id(upsell).await?;
    let Some(plan) = tx.find_plan_of(upsell.id).await? else { return Ok(without_plan(&upsell, now)) };
    let observations = tx.observations_of(plan.id, now).await?;
    let last = tx.last_evaluation(plan.id, now).await?;
    Known { upsell: &upsell, plan: &plan, observations: &observations, last: last.as_ref(), now }
        .facts(tx)
        .await
}

fn without_plan(upsell: &Upsell, now: DateTime<Utc>) -> CaseFacts {
    CaseFacts {
        at: now,
        template: None,
        planned_at: None,
        day_zero: upsell.day_zero(),
        ended_on: upsell.ended_on(),
        first_value_day: None,
        goals: Goals::default(),
        first_check_at: None,
        first_check_lagged: None,
        milestones: Vec::new(),
    }
}

/// What facts are worked out from, as known at `now`.
pub struct Known<'a> {
    pub upsell: &'a Upsell,
    pub plan: &'a MeasurementPlan,
    pub observations: &'a [Observation],
    pub last: Option<&'a Evaluation>,
    pub now: DateTime<Utc>,
}

impl Known<'_> {
    pub async fn keep(&self, tx: &mut Tx) -> Result<()> {
        let facts = self.facts(tx).await?;
        tx.keep_facts(self.upsell.id, &facts).await
    }

    async fn facts(&self, tx: &mut Tx) -> Result<CaseFacts> {
        let first_check_at = self.plan.checkpoints.first().map(|first| first.scheduled_date);
        Ok(CaseFacts {
            template: Some(self.plan.template.id.clone()),
            planned_at: Some(self.plan.created_at),
            first_value_day: first_value_day(self.plan, self.observations, self.now),
            goals: self.goals(tx).await?,
            first_check_at,
            first_check_lagged: self.lagged_by(tx, first_check_at).await?,
            milestones: milestones(self.plan),
            ..without_plan(self.upsell, self.now)
        })
    }

    async fn lagged_by(&self, tx: &mut Tx, check: Option<DateTime<Utc>>) -> Result<Option<bool>> {
        let Some(check) = check else { return Ok(None) };
        let status = match self.last {
            Some(last) if last.at <= check => last.progress.current_status,
            _ => {
                let then = tx.last_evaluation(self.plan.id, check).await?;
                then.and_then(|evaluation| evaluation.progress.current_status)
            }
        };
        Ok(status.map(|status| !status.is_well()))
    }

    /// Goals as they stand, and those of the first version that were dropped.
    async fn goals(&self, tx: &mut Tx) -> Result<Goals> {
        let plan = self.plan;
        let first = if plan.version > 1 { tx.plan_versions(plan.id).await?.into_iter().next() } else { None };
        let first_goals = first.map_or_else(Vec::new, |first| first.goals);
        let is_dropped = |goal: &&Goal| !plan.goals.iter().any(|stands| stands.text == goal.text);
        let mut goals =
            Goals { dropped: first_goals.iter().filter(is_dropped).count() as u64, ..Goals::default() };
        let progress = self.last.map(|evaluation| &evaluation.progress);
        for goal in &plan.goals {
            match goal.achieved.or_else(|| attained(goal, progress)) {
                Some(true) => goals.achieved += 1,
                Some(false) => goals.missed += 1,
                None => goals.unknown += 1,
            }
        }
        Ok(goals)
    }
}

fn milestones(plan: &MeasurementPlan) -> Vec<MilestoneSeen> {
    let counted = plan.milestones.iter().filter(|milestone| milestone.state != MilestoneState::Skipped);
    let seen = counted.map(|milestone| MilestoneSeen {
        name: milestone.name.to_string(),
        due_day: milestone.due_day,
        done_day: match milestone.state {
            MilestoneState::Done { on } => Some(plan.day_of(on)),
            MilestoneState::Open | MilestoneState::Skipped => None,
        },
    });
    seen.collect()
}

/// A goal shown by a metric is achieved when that metric is attained.
fn attained(goal: &Goal, progress: Option<&Progress>) -> Option<bool> {
    let key = goal.metric.as_ref()?;
    let metric = progress?.metrics_progress.iter().find(|metric| &metric.metric == key)?;
    metric.attainment.map(|attainment| attainment >= 1.0)
}
