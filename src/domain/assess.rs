//! From observations to progress: the one place where a status is decided.

use crate::{
    amount::{amount, chance, counted},
    forecast::{Band, Forecast, Level, View},
    guard::{self, Reading, Standing, Wait},
    id::ObservationId,
    metric::{Direction, Frequency, Metric},
    milestone::{self, Milestone},
    observation::{Observation, known},
    pace,
    plan::MeasurementPlan,
    policy::Policy,
    progress::{Evaluation, Flip, MetricProgress, Progress, Reason},
    status::{DataState, Status},
};
use chrono::{DateTime, NaiveDate, Utc};

use crate::cohort::Cohort;
pub use crate::cohort::Cohorts;

/// Version of the formulas. It rises with every change by which the same inputs and policy give other bytes: what an
/// earlier version made is then told apart from what no longer recomputes.
pub const METHOD: u32 = 2;

/// The rule while there is next to nothing to judge by.
pub(crate) const TOO_EARLY: &str = "too early: hardly anything is expected yet";

/// All that an assessment may look at.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    pub plan: &'a MeasurementPlan,
    /// Any observations of the plan; those recorded after `now` are not looked at.
    pub observations: &'a [Observation],
    pub previous: Option<&'a Evaluation>,
    pub cohorts: &'a Cohorts,
    pub policy: &'a Policy,
    /// Civil day the expansion was cancelled or cut: a hard event, which skips the wait (`methods.md` 5).
    pub ended_on: Option<NaiveDate>,
    pub now: DateTime<Utc>,
    pub occasion: Occasion,
}

/// Whether the assessment counts as a reading toward a change of status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// By the scheduler, and stored.
    Scheduled,
    /// Because somebody looks; leaves no trace.
    Look,
}

/// Assesses a plan as known at `now`. Deterministic: the same inputs give the same bytes.
pub fn assess(inputs: &Inputs<'_>) -> Progress {
    let Inputs { plan, now, policy, .. } = *inputs;
    let metrics: Vec<MetricProgress> =
        plan.metrics.iter().map(|metric| assess_metric(inputs, metric)).collect();
    let coverage = coverage(&metrics);
    let last = inputs.previous.and_then(|evaluation| evaluation.progress.current_status);
    let milestones = milestone::as_known(&plan.milestones, inputs.observations, now);
    let judged =
        roll_up(&metrics).map(|status| at_least(status, leading_risk(inputs, &milestones, &metrics)));
    let is_last_known = coverage < policy.min_coverage && last.is_some();
    let status = if is_last_known { last } else { judged };
    let reasons = reasons(&metrics);
    let gap_points = (!reasons.is_empty()).then(|| reasons.iter().map(|reason| reason.points).sum());
    let mut progress = Progress {
        current_status: status,
        status_since: status_since(inputs, status),
        data_state: data_state(&metrics),
        coverage,
        day: plan.day(now),
        gap_points,
        attainment: weighted_attainment(&metrics),
        milestones_done: milestone::completion(&milestones),
        ended_on: inputs.ended_on,
        metrics_progress: metrics,
        reasons,
        changed: Vec::new(),
        is_last_known,
        headline: String::new(),
        policy: policy.version.clone(),
        last_updated: now,
    };
    progress.changed = inputs.previous.map_or_else(Vec::new, |before| changes(&before.progress, &progress));
    progress.headline = crate::headline::of(plan, &milestones, &progress);
    progress
}

/// The observations an assessment at `now` judged, in metric order.
pub fn inputs_of(progress: &Progress) -> Vec<ObservationId> {
    progress.metrics_progress.iter().filter_map(|metric| metric.observation).collect()
}

fn at_least(status: Status, floor: Option<Status>) -> Status {
    floor.map_or(status, |floor| status.max(floor))
}

/// A named leading risk: the expansion ended, or a critical milestone is overdue for longer than the policy bears, as far
/// as data tells.
fn leading_risk(inputs: &Inputs<'_>, milestones: &[Milestone], metrics: &[MetricProgress]) -> Option<Status> {
    let day = inputs.plan.day(inputs.now);
    let critical = milestones.iter().filter(|milestone| milestone.critical);
    let longest = critical.filter_map(|one| one.known_overdue_days(day, inputs.plan, metrics)).max();
    let is_late = longest.is_some_and(|longest| longest > inputs.policy.overdue_milestone_days);
    (inputs.ended_on.is_some() || is_late).then_some(Status::AtRisk)
}

/// A metric where it stands: the day judged, the level there, and what similar upsells say of that day.
struct Stand<'a> {
    last: &'a Observation,
    day: i32,
    /// The value, freed of its weekday, as all the following are.
    value: f64,
    level: f64,
    band: Option<(crate::statistics::Interval, f64)>,
    /// Share of the way expected by then, and the value it comes to.
    share: f64,
    expected: f64,
    forecast: Forecast,
}

fn assess_metric(inputs: &Inputs<'_>, metric: &Metric) -> MetricProgress {
    let Inputs { plan, now, .. } = *inputs;
    let all = known(inputs.observations, &metric.key, now);
    let of_day = |on| metric.weekday_factor(on);
    let values = judged(metric, &all);
    let stand = stand(inputs, metric, &values);
    let last = values.last().copied();
    let factor = last.and_then(|observation| of_day(observation.valid_on)).unwrap_or(1.0);
    let Judged { rule, flip, reads, settled } = match &stand {
        None if last.is_some() => Judged::not("no baseline to compare with"),
        None => Judged::not("no value to judge yet"),
        Some(stand) => judge(inputs, metric, stand),
    };
    let expected_now = || pace::expected(metric, f64::from(plan.day(now)), f64::from(plan.horizon()));
    MetricProgress {
        metric: metric.key.clone(),
        name: metric.name.clone(),
        kind: metric.kind,
        unit: metric.unit.clone(),
        critical: metric.critical,
        weight: metric.weight,
        baseline: metric.baseline.value(),
        target: metric.target,
        current: last.map(|observation| observation.value),
        current_on: last.map(|observation| observation.valid_on),
        observation: last.map(|observation| observation.id),
        manual: last.is_some_and(|observation| observation.is_typed_over(metric)),
        expected: stand.as_ref().map(|stand| stand.expected * factor).or_else(expected_now),
        expected_band: stand
            .as_ref()
            .and_then(|stand| stand.band)
            .and_then(|(band, _)| band_of(metric, band))
            .map(|band| Band { low: band.low * factor, high: band.high * factor }),
        weekday_factor: Some(factor).filter(|factor| *factor != 1.0),
        attainment: stand.as_ref().map(|stand| stand.level),
        gap_points: stand.as_ref().map(|stand| gap_points(metric, stand.value, stand.expected)),
        status: settled.map(|(status, _)| status),
        reads: reads.filter(|reads| settled.is_some_and(|(status, _)| status != *reads)),
        rule,
        flip: flip.map(|flip| Flip { at: flip.at * factor, ..flip }),
        candidate: settled.and_then(|(_, candidate)| candidate),
        data_state: metric_data_state(inputs, metric, all.last().copied()),
        forecast: stand.map_or_else(
            || Forecast::Unknown { why: "no value yet to forecast from".to_owned() },
            |s| s.forecast,
        ),
    }
    .finite()
}

/// The values of weekdays that tell enough.
pub(crate) fn judged<'a>(metric: &Metric, values: &[&'a Observation]) -> Vec<&'a Observation> {
    values.iter().copied().filter(|value| metric.weekday_factor(value.valid_on).is_some()).collect()
}

/// `None` without a value or without a baseline.
fn stand<'a>(inputs: &Inputs<'_>, metric: &Metric, values: &[&'a Observation]) -> Option<Stand<'a>> {
    let Inputs { plan, policy, .. } = *inputs;
    let last = *values.last()?;
    let (day, value) = (plan.day_of(last.valid_on), metric.usual(last.value, last.valid_on)?);
    let level = metric.attainment(value)?;
    let cohort = inputs.cohorts.get(&metric.key);
    let forecast = Trend::of(plan, metric, values).view(inputs, metric).forecast();
    let band = cohort.and_then(|cohort| cohort.band(day, policy));
    let by_curve = metric.curve.share(f64::from(day), f64::from(plan.horizon()));
    let share = band.map_or(by_curve, |(_, middle)| middle);
    let expected = metric.value_at(share)?;
    Some(Stand { last, day, value, level, band, share, expected, forecast })
}

/// A metric's own way, from which its slope is read, and where it is when a person typed that over what is measured:
/// such a reading is a level, no trend.
pub(crate) struct Trend {
    own: Vec<f64>,
    observed: Vec<usize>,
    here: Option<Level>,
}

impl Trend {
    pub fn of(plan: &MeasurementPlan, metric: &Metric, values: &[&Observation]) -> Self {
        let measured: Vec<&Observation> =
            values.iter().copied().filter(|value| !value.is_typed_over(metric)).collect();
        let trend = if measured.is_empty() { values } else { &measured };
        let typed = values.last().filter(|last| !measured.is_empty() && last.is_typed_over(metric));
        let day = |value: &Observation| usize::try_from(plan.day_of(value.valid_on)).ok();
        let here = typed.and_then(|value| {
            Some(Level { day: day(value)?, level: metric.attainment_on(value.value, value.valid_on)? })
        });
        let observed = trend.iter().filter_map(|value| day(value)).collect();
        Self { own: daily(plan, metric, trend), observed, here }
    }

    pub fn view<'a>(&'a self, inputs: &Inputs<'a>, metric: &'a Metric) -> View<'a> {
        View {
            metric,
            own: &self.own,
            observed: &self.observed,
            here: self.here,
            seats: inputs.plan.seats,
            horizon: inputs.plan.horizon(),
            cohort: inputs.cohorts.get(&metric.key),
            chances: &inputs.cohorts.chances,
            policy: inputs.policy,
        }
    }
}

/// Attainment by day from day 0 to the last value, carried forward; before the first value it is the baseline's 0.
pub(crate) fn daily(plan: &MeasurementPlan, metric: &Metric, values: &[&Observation]) -> Vec<f64> {
    let mut days: Vec<f64> = Vec::new();
    for observation in values {
        let on = observation.valid_on;
        let (day, level) = (plan.day_of(on), metric.attainment_on(observation.value, on));
        if let (Ok(day), Some(level)) = (usize::try_from(day), level) {
            let before = days.last().copied().unwrap_or(0.0);
            days.resize(day.max(days.len()), before);
            days.push(level);
        }
    }
    days
}

fn band_of(metric: &Metric, band: crate::statistics::Interval) -> Option<Band> {
    let (a, b) = (metric.value_at(band.low)?, metric.value_at(band.high)?);
    Some(Band { low: a.min(b), high: a.max(b) })
}

type Settled = (Status, Option<crate::progress::Candidate>);

/// A verdict on a metric.
struct Judged {
    /// The rule that applies, in words.
    rule: String,
    /// What would flip it.
    flip: Option<Flip>,
    /// What the value alone says.
    reads: Option<Status>,
    /// The status it settles on.
    settled: Option<Settled>,
}

impl Judged {
    fn not(why: &str) -> Self {
        Self { rule: why.to_owned(), flip: None, reads: None, settled: None }
    }
}

fn judge(inputs: &Inputs<'_>, metric: &Metric, stand: &Stand<'_>) -> Judged {
    let policy = inputs.policy;
    let by_cohort = stand.band.zip(stand.forecast.probability());
    // A ratio to next to nothing says nothing, and where nothing is expected, nothing can fall short of it.
    if stand.share <= 0.0 || (stand.share < policy.too_early_share && by_cohort.is_none()) {
        let rule = TOO_EARLY.to_owned();
        return Judged { rule, flip: None, reads: None, settled: Some((Status::OnTrack, None)) };
    }
    let (rule, reading, flip) = match by_cohort {
        Some(((band, middle), probability)) => {
            let standing =
                Standing { level: stand.level, lower: band.low, middle, upper: band.high, probability };
            let n = inputs.cohorts.get(&metric.key).map_or(0, Cohort::len);
            by_band(metric, stand, standing, n, policy)
        }
        None => by_ratio(metric, stand, policy),
    };
    let settled = guard::settle(before(inputs, metric), reading, wait(inputs, metric, stand));
    let flip = flip.filter(|flip| flip.to != settled.0);
    Judged { rule, flip, reads: Some(reading.plain), settled: Some(settled) }
}

fn by_ratio(metric: &Metric, stand: &Stand<'_>, policy: &Policy) -> (String, Reading, Option<Flip>) {
    // 1 where the target is the baseline: to hold it is all that is expected.
    let share = metric.attainment(stand.expected).filter(|share| *share > 0.0).unwrap_or(stand.share);
    let ratio = stand.level / share;
    let reading = guard::by_ratio(ratio, policy);
    let rule = format!(
        "{} of the way expected by day {}, by the plan's curve",
        amount(100.0 * ratio, "%"),
        stand.day
    );
    let at = |ratio: f64, to: Status| metric.value_at(ratio * share).map(|at| Flip { to, at });
    let flip = if reading.plain.is_well() {
        at(policy.on_track_ratio, Status::AtRisk)
    } else {
        at(policy.on_track_ratio, Status::OnTrack)
    };
    (rule, reading, flip)
}

/// Against the band of `n` similar upsells on this day; the forecast may rest on others, or on none.
fn by_band(
    metric: &Metric,
    stand: &Stand<'_>,
    standing: Standing,
    n: usize,
    policy: &Policy,
) -> (String, Reading, Option<Flip>) {
    let reading = guard::by_cohort(standing, policy);
    let chance = chance(standing.probability);
    let side = if standing.level < standing.lower {
        "below the band of"
    } else if standing.level >= standing.upper {
        "at the top of"
    } else {
        "inside the band of"
    };
    let rule = format!(
        "{side} {} on day {}, with a chance of {chance} of reaching the target",
        counted(n, "similar upsell", "similar upsells"),
        stand.day
    );
    let value = |level: f64, to: Status| metric.value_at(level).map(|at| Flip { to, at });
    let flip = match reading.plain {
        Status::Behind => value(standing.lower, Status::AtRisk),
        Status::AtRisk => enough_to_arrive(metric, stand).and_then(|level| value(level, Status::OnTrack)),
        Status::OnTrack | Status::Exceeding => value(standing.lower, Status::Behind),
    };
    (rule, reading, flip)
}

/// The level from which what similar upsells did next would just reach the target.
fn enough_to_arrive(metric: &Metric, stand: &Stand<'_>) -> Option<f64> {
    let end = metric.attainment(stand.forecast.point()?)?;
    Some(stand.level + (1.0 - end))
}

fn before(inputs: &Inputs<'_>, metric: &Metric) -> Option<Settled> {
    let progress = &inputs.previous?.progress;
    let before = progress.metrics_progress.iter().find(|before| before.metric == metric.key)?;
    before.status.map(|status| (status, before.candidate))
}

fn wait(inputs: &Inputs<'_>, metric: &Metric, stand: &Stand<'_>) -> Wait {
    let (days_between, readings) = match (metric.selector(), metric.frequency) {
        // Nothing that comes after the end will confirm what is read now.
        _ if inputs.ended_on.is_some() => (1, 1),
        // A person's reading is deliberate: it does not flicker.
        (None, _) | (_, Frequency::AtCheckpoint) => (1, 1),
        (_, Frequency::Daily) => (1, inputs.policy.readings_to_confirm),
        (_, Frequency::Weekly) => (7, inputs.policy.readings_to_confirm),
    };
    Wait {
        read_on: stand.last.valid_on,
        days_between,
        readings,
        counts: inputs.occasion == Occasion::Scheduled,
    }
}

/// Percentage points for a `%` metric, else points of the way from baseline to target. Negative is behind.
pub fn gap_points(metric: &Metric, value: f64, expected: f64) -> f64 {
    let gap = match metric.direction {
        Direction::Rising => value - expected,
        Direction::Falling => expected - value,
    };
    let way = (metric.target - metric.baseline.value().unwrap_or(0.0)).abs();
    if metric.unit == "%" || way == 0.0 { gap } else { 100.0 * gap / way }
}

/// What is different from the evaluation before, in sentences; moves below a point are not told.
fn changes(before: &Progress, after: &Progress) -> Vec<String> {
    let mut changes = Vec::new();
    if let (Some(old), Some(new)) = (before.current_status, after.current_status)
        && old != new
    {
        changes.push(format!("went from {} to {}", old.words(), new.words()));
    }
    if before.data_state != after.data_state {
        changes.push(format!("data was {}, is {}", before.data_state.as_str(), after.data_state.as_str()));
    }
    for metric in &after.metrics_progress {
        let old = before
            .metrics_progress
            .iter()
            .find(|old| old.metric == metric.metric)
            .and_then(|old| old.gap_points);
        if let (Some(old), Some(new)) = (old, metric.gap_points)
            && (new - old).abs() >= 1.0
        {
            let way = if new > old { "gained" } else { "lost" };
            let points = counted((new - old).abs().round() as u64, "point", "points");
            changes.push(format!("{} {way} {points} on its pace", metric.name));
        }
    }
    changes
}

fn metric_data_state(inputs: &Inputs<'_>, metric: &Metric, last: Option<&Observation>) -> DataState {
    let Inputs { plan, now, policy, .. } = *inputs;
    let Some(last) = last else { return DataState::None };
    let patience = match (metric.selector(), metric.frequency) {
        (None, _) | (_, Frequency::AtCheckpoint) => return DataState::Fresh,
        (_, Frequency::Daily) => policy.stale_after_daily_days,
        (_, Frequency::Weekly) => policy.stale_after_weekly_days,
    };
    let silent = plan.day(now) - plan.day_of(last.valid_on);
    if silent >= patience { DataState::Stale } else { DataState::Fresh }
}

fn with_data(metrics: &[MetricProgress]) -> impl Iterator<Item = &MetricProgress> {
    metrics.iter().filter(|metric| metric.status.is_some())
}

fn coverage(metrics: &[MetricProgress]) -> f64 {
    let all: f64 = metrics.iter().map(|metric| metric.weight).sum();
    // The sum of nothing is −0.
    let known: f64 = 0.0 + with_data(metrics).map(|metric| metric.weight).sum::<f64>();
    if all > 0.0 { known / all } else { 0.0 }
}

/// The worst critical metric, else the weighted severity rounded; never better than two levels above the worst.
pub(crate) fn roll_up(metrics: &[MetricProgress]) -> Option<Status> {
    let worst = with_data(metrics).filter_map(|metric| metric.status).max()?;
    Some(uncapped(metrics)?.max(Status::of_severity(worst.severity().saturating_sub(2))))
}

/// The same, however far behind the worst is.
pub(crate) fn uncapped(metrics: &[MetricProgress]) -> Option<Status> {
    let critical =
        with_data(metrics).filter(|metric| metric.critical).filter_map(|metric| metric.status).max();
    let weight: f64 = with_data(metrics).map(|metric| metric.weight).sum();
    let severity = |metric: &MetricProgress| metric.status.map_or(0.0, |status| f64::from(status.severity()));
    let mean = with_data(metrics).map(|metric| metric.weight * severity(metric)).sum::<f64>() / weight;
    (weight > 0.0).then(|| critical.unwrap_or(Status::of_severity(mean.round() as u8)))
}

fn data_state(metrics: &[MetricProgress]) -> DataState {
    let any = |state| metrics.iter().any(|metric| metric.data_state == state);
    match (any(DataState::Stale), any(DataState::None), any(DataState::Fresh)) {
        (true, _, _) => DataState::Stale,
        (false, true, true) => DataState::Partial,
        (false, false, true) => DataState::Fresh,
        (false, _, false) => DataState::None,
    }
}

fn weighted_attainment(metrics: &[MetricProgress]) -> Option<f64> {
    let known =
        || metrics.iter().filter_map(|metric| metric.attainment.map(|a| (metric.weight, a.clamp(0.0, 1.0))));
    let weight: f64 = known().map(|(weight, _)| weight).sum();
    (weight > 0.0).then(|| known().map(|(weight, attainment)| weight * attainment).sum::<f64>() / weight)
}

/// Each metric's share of the weighted gap, largest shortfall first.
fn reasons(metrics: &[MetricProgress]) -> Vec<Reason> {
    let known = || metrics.iter().filter_map(|metric| metric.gap_points.map(|gap| (metric, gap)));
    let weight: f64 = known().map(|(metric, _)| metric.weight).sum();
    let mut reasons: Vec<Reason> = known()
        .map(|(metric, gap)| Reason {
            text: crate::headline::metric_line(metric),
            metric: Some(metric.metric.clone()),
            points: metric.weight * gap / weight,
            evidence_ids: metric.observation.into_iter().collect(),
        })
        .collect();
    reasons.sort_by(|a, b| a.points.total_cmp(&b.points));
    reasons
}

fn status_since(inputs: &Inputs<'_>, status: Option<Status>) -> Option<NaiveDate> {
    let before = inputs.previous.map(|evaluation| &evaluation.progress);
    match before {
        Some(progress) if progress.current_status == status => progress.status_since,
        _ => status.map(|_| inputs.now.with_timezone(&inputs.plan.zone).date_naive()),
    }
}

#[cfg(test)]
mod tests;
