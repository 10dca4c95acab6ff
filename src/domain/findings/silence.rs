//! Whose usage stopped, or never came: told once for the whole feed, of single metrics only while others arrive.

use super::{Facts, Findings, said};
use crate::{
    alert::{AlertRule, Finding, Severity},
    plan::MeasurementPlan,
    progress::{MetricProgress, Progress},
    status::DataState,
};
use chrono::NaiveDate;

/// The automatic metrics of a plan, by what arrives of them.
#[derive(Default)]
struct Feed<'a> {
    fresh: Vec<&'a MetricProgress>,
    stale: Vec<&'a MetricProgress>,
    silent: Vec<&'a MetricProgress>,
}

/// What the feed as a whole does.
enum Flow {
    /// Nothing ever came.
    Dry,
    /// Nothing came since that day.
    Stopped(NaiveDate),
    Alive,
}

impl<'a> Feed<'a> {
    fn of(plan: &MeasurementPlan, progress: &'a Progress) -> Self {
        let mut feed = Self::default();
        let is_automatic =
            |metric: &&MetricProgress| plan.metric(&metric.metric).is_ok_and(|m| m.selector().is_some());
        for metric in progress.metrics_progress.iter().filter(is_automatic) {
            match metric.data_state {
                DataState::Fresh | DataState::Partial => feed.fresh.push(metric),
                DataState::Stale => feed.stale.push(metric),
                DataState::None => feed.silent.push(metric),
            }
        }
        feed
    }

    /// A metric that is patient with silence proves nothing: the feed is alive when one was heard of later than all
    /// that are stale.
    fn flow(&self) -> Flow {
        let heard = |metrics: &[&MetricProgress]| metrics.iter().filter_map(|metric| metric.current_on).max();
        match (heard(&self.stale), heard(&self.fresh)) {
            (None, None) => Flow::Dry,
            (Some(last), fresh) if fresh.is_none_or(|fresh| fresh <= last) => Flow::Stopped(last),
            (Some(_) | None, _) => Flow::Alive,
        }
    }

    fn all(&self) -> impl Iterator<Item = &'a MetricProgress> {
        self.stale.iter().chain(&self.fresh).chain(&self.silent).copied()
    }
}

pub(super) fn found(facts: &Facts<'_>, plan: &MeasurementPlan, progress: &Progress) -> Findings {
    let feed = Feed::of(plan, progress);
    let first_review = plan.checkpoints.first().map(|checkpoint| i32::from(checkpoint.day));
    let silent =
        if first_review.is_some_and(|first| plan.day(facts.now) >= first) { &feed.silent[..] } else { &[] };
    let told = Told { facts, plan };
    let (whole, rules): (_, &[AlertRule]) = match feed.flow() {
        Flow::Dry => (told.nothing_came(silent), &[AlertRule::TrackingSilent]),
        Flow::Stopped(last) => {
            (Some(told.all_stopped(last, &feed)), &[AlertRule::DataStale, AlertRule::TrackingSilent])
        }
        Flow::Alive => {
            let stopped = feed.stale.iter().filter_map(|metric| told.stopped(metric));
            return Findings::of(stopped.chain(silent.iter().map(|metric| told.never_came(metric))));
        }
    };
    // What was told of a single metric stays as it is until the feed shows whether that goes on.
    let waiting = rules
        .iter()
        .flat_map(|rule| feed.all().map(|metric| Findings::unknown(*rule, Some(metric.metric.clone()))));
    std::iter::once(Findings::of(whole)).chain(waiting).collect()
}

/// The sentences. None says what may change while the alert stands.
struct Told<'a> {
    facts: &'a Facts<'a>,
    plan: &'a MeasurementPlan,
}

impl Told<'_> {
    fn nothing_came(&self, silent: &[&MetricProgress]) -> Option<Finding> {
        let (names, start) = (names(silent.iter().copied()), said(self.plan.tracking_start));
        let all = names.join(", ");
        let what = format!(
            "no data at all since day 0, {start}, for {all}: either nothing is used or nothing is sent"
        );
        let next_step = format!(
            "Ask whoever sends usage of customer {} whether it is sent, its features are named as in the plan and \
             seats are known: get_progress(upsell={}, detail=detailed) shows the plan's metrics",
            self.plan.customer.name(),
            self.plan.upsell
        );
        (!names.is_empty())
            .then(|| Finding { names, ..self.finding(AlertRule::TrackingSilent, &what, next_step) })
    }

    fn never_came(&self, metric: &MetricProgress) -> Finding {
        let (name, start) = (&metric.name, said(self.plan.tracking_start));
        let what = format!("no data at all since day 0, {start}, for {name}, although other usage came");
        let next_step = format!(
            "Ask the customer whether it is used and compare its features with what is sent: \
             get_progress(upsell={}, detail=detailed)",
            self.plan.upsell
        );
        of_metric(metric, self.finding(AlertRule::TrackingSilent, &what, next_step))
    }

    fn all_stopped(&self, last: NaiveDate, feed: &Feed<'_>) -> Finding {
        let heard_of = names(feed.stale.iter().chain(&feed.fresh).copied()).join(", ");
        let last = said(last);
        let what = format!("no usage data since {last} for {heard_of}; the status is the last one known");
        let next_step = format!(
            "Ask the pipeline's owner why usage of customer {} stopped arriving; once it is back, \
             get_progress(upsell={}) tells how they do",
            self.plan.customer.name(),
            self.plan.upsell
        );
        let names = names(feed.stale.iter().copied());
        Finding { names, ..self.finding(AlertRule::DataStale, &what, next_step) }
    }

    /// `None` for a metric without any value, which is no stale one.
    fn stopped(&self, metric: &MetricProgress) -> Option<Finding> {
        let (name, last) = (&metric.name, said(metric.current_on?));
        let what = format!(
            "no data since {last} for {name}, although other usage came later; its status is the last one known"
        );
        let next_step = format!(
            "Ask the customer whether it is still used and the pipeline's owner whether it is still sent: \
             get_progress(upsell={}, detail=detailed)",
            self.plan.upsell
        );
        Some(of_metric(metric, self.finding(AlertRule::DataStale, &what, next_step)))
    }

    fn finding(&self, rule: AlertRule, what: &str, next_step: String) -> Finding {
        let message = format!("{}: {what}", self.facts.upsell.customer.name);
        Finding { metric: None, rule, severity: Severity::Warning, message, names: Vec::new(), next_step }
    }
}

fn of_metric(metric: &MetricProgress, finding: Finding) -> Finding {
    Finding { metric: Some(metric.metric.clone()), names: vec![metric.name.to_string()], ..finding }
}

fn names<'a>(metrics: impl IntoIterator<Item = &'a MetricProgress>) -> Vec<String> {
    metrics.into_iter().map(|metric| metric.name.to_string()).collect()
}
