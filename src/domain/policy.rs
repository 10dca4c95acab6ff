//! Every policy value of the engine in one versioned place (`methods.md`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Policy values by section of `methods.md`; a stored evaluation names the version it was made under.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    pub version: String,
    /// Whole weeks a baseline looks at, days between the last of them and the close (buyers sign at a peak of usage),
    /// and usable weeks from which its quality is good (section 3).
    pub baseline_weeks: u8,
    pub baseline_gap_days: u16,
    pub baseline_good_weeks: u8,
    /// Confidence of a trend before the close, and of an effect against controls (section 3).
    pub effect_level: f64,
    /// Share of the usual day below which a weekday tells too little to be judged by (section 3; ours: a third of a
    /// weekday's count is mostly luck).
    pub weekday_factor_min: f64,
    /// Furthest a control may be from the account compared, in standard deviations of its mean and its slope before
    /// (section 3), and as a share of the account's level: closer than that is alike however uniform the others are.
    pub caliper: f64,
    pub caliper_floor: f64,
    /// Fewest controls compared with, and the |t| of a pre-trend beyond which nothing is identifiable (section 3).
    pub controls_min: usize,
    pub pre_trend_max: f64,
    /// Bounds of the work: most controls read for one comparison, most customers looked through to find them, and most
    /// upsells compared in one answer, the latest closed first.
    pub controls_max: usize,
    pub controls_probed: usize,
    pub lift_upsells_max: usize,
    /// Days after its close during which an expansion may still change usage: the account is no control then.
    pub expansion_days: u16,
    /// Ratio ρ at and above which a metric exceeds, is on track, is at risk (section 5).
    pub exceeding_ratio: f64,
    pub on_track_ratio: f64,
    pub at_risk_ratio: f64,
    /// Quantiles of the expected band (section 5): above the upper one exceeds, below the lower one is behind.
    pub lower_quantile: f64,
    pub upper_quantile: f64,
    /// P(hit) from which a metric may exceed, and below which it is at risk.
    pub exceeding_probability: f64,
    pub on_track_probability: f64,
    /// By how much a boundary must be crossed to leave a state, and on how many scheduled evaluations in a row.
    pub hysteresis: f64,
    pub readings_to_confirm: u32,
    /// Days a critical milestone may be overdue before it skips the wait.
    pub overdue_milestone_days: i32,
    /// Share of weight with data below which the last known status is kept.
    pub min_coverage: f64,
    /// Cohort sizes (section 4): from `cohort_full` analogs alone are used, from `cohort_min` the shrunk blend.
    pub cohort_full: usize,
    pub cohort_min: usize,
    /// Most past upsells compared with, the latest known first.
    pub cohort_max: usize,
    /// Own values needed for an own trend, and the days between the steps a trend is read from.
    pub own_points_min: usize,
    pub step_days: u16,
    /// Share of the way expected below which it is too early to judge.
    pub too_early_share: f64,
    /// Prior weight of the blend and of learned targets: w = n/(n + this).
    pub shrink_prior: f64,
    pub damping: f64,
    /// Least standard deviation of an own trend one step ahead, as a share of the way from baseline to target: few
    /// own residuals tell too little. 0.15 gives, grown over the steps ahead, the error measured on the simulated
    /// portfolio (root mean square 0.93 of the way at nine weekly steps and 0.30 at four; another seed 0.84 and 0.33).
    pub own_spread_min: f64,
    /// Share of the time from which an own trend's chance counts whole; before it, its log-odds count by the square of how
    /// much of that is over. On the simulated portfolio the chance of day 30 tells next to nothing (AUC 0.5 to 0.56), that of day 60 much (0.9).
    pub own_trusted_share: f64,
    /// Own residuals below which no spread, and so no chance, is told of an own trend.
    pub own_residuals_min: usize,
    /// Days between the forecasts that are kept to be judged later.
    pub promise_every_days: u16,
    /// Finished forecasts of one rung and age a correction of chances is learned from: of either ending at least so many
    /// (ten events a variable, section 8), in all the latest so many.
    pub recalibrate_events_min: usize,
    pub recalibrate_max: usize,
    /// Most kept forecasts looked at for that, the latest known first.
    pub promises_max: usize,
    /// Share of past upsells taken as nearest, and its bounds.
    pub neighbour_share: f64,
    pub neighbours_min: usize,
    pub neighbours_max: usize,
    /// Nominal coverage of the band.
    pub band_coverage: f64,
    /// Held-back series below which a band is called uncalibrated.
    pub calibrated_from: usize,
    /// Days without data after which an automatic metric is stale, by frequency: daily, weekly.
    pub stale_after_daily_days: i32,
    pub stale_after_weekly_days: i32,
    /// Weighted attainment from which an outcome is a success, a partial one (section 7).
    pub success_attainment: f64,
    pub partial_attainment: f64,
    /// Days a success must have held.
    pub held_days: i32,
    /// P(hit within the extension) from which a miss is at risk rather than failed, and the extension's length.
    pub rescue_probability: f64,
    pub extension_days: u16,
    /// Realism check: share of comparable past cases below which a target is ambitious, above which it is easy.
    pub ambitious_below: f64,
    pub easy_above: f64,
    /// Alerts a CSM gets in a week before the rest goes into one digest, and how many of those it names.
    pub alerts_per_week: usize,
    pub digest_names: usize,
    /// Hours after its detection from which an upsell without a plan is alerted, and from which the promise of a plan
    /// within 48 hours is broken.
    pub plan_warning_hours: i64,
    pub plan_promise_hours: i64,
    /// Fewest cases of which a rate is told.
    pub min_sample: usize,
    /// Days looked back for adoption figures, and for answers of surveys (section 2).
    pub adoption_window_days: u16,
    pub survey_window_days: u16,
    /// Share of those asked from which answers are a large part of them, and their score is surer (section 2, NPS).
    pub large_sample_share: f64,
    /// Yearly rate of present values beyond the first year (section 2, ROI).
    pub discount_rate: f64,
    /// Patterns (section 8): cases needed in each group, largest q published, and the deviation of the prior of log-odds.
    pub pattern_group_min: u64,
    pub pattern_q_max: f64,
    pub pattern_prior_deviation: f64,
    /// Days after a checkpoint before its open review counts as overdue.
    pub review_grace_days: i32,
    /// Days after the last checkpoint during which an undocumented plan is still assessed.
    pub aftermath_days: i32,
    /// Hour of the customer's day at which a plan is assessed: what pipelines send at night has arrived, and
    /// checkpoints open an hour later.
    pub assessment_hour: i64,
    pub health: HealthPolicy,
}

/// Policy values of the health factors (section 7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HealthPolicy {
    /// Scores at the warning line, at the target, and from `full_attainment` on; 0 at the baseline.
    pub warning_score: f64,
    pub target_score: f64,
    pub full_score: f64,
    pub full_attainment: f64,
    /// The warning line, as attainment, where the plan has none, and the bounds it is held within.
    pub warning_line: f64,
    pub warning_line_min: f64,
    pub warning_line_max: f64,
    /// Days a factor holds after the day of its evidence, and before that end from which newer evidence is told even
    /// if the score stays: who was told must not think it expired.
    pub valid_days: i64,
    pub renew_days: i64,
    /// Confidence on fresh data, on data that stopped, and what a forecast on a whole cohort (`cohort_full`) adds.
    pub fresh_confidence: f64,
    pub stale_confidence: f64,
    pub backed_confidence: f64,
    /// The factor of a documented outcome, or of a hard end before one: its score by conclusion, its share of the
    /// weight, and the days it holds. A person's word, or the contract's, is certain.
    pub success_score: f64,
    pub partial_score: f64,
    pub at_risk_score: f64,
    pub failed_score: f64,
    pub outcome_weight: f64,
    pub outcome_days: i64,
    pub outcome_confidence: f64,
    /// Most days a person's own score stands.
    pub override_days_max: i64,
    /// Points by which a factor's score moves before it is told again.
    pub told_points: f64,
}

impl Default for HealthPolicy {
    fn default() -> Self {
        Self {
            warning_score: 50.0,
            target_score: 80.0,
            full_score: 100.0,
            full_attainment: 1.25,
            warning_line: 0.5,
            warning_line_min: 0.05,
            warning_line_max: 0.95,
            valid_days: 30,
            renew_days: 7,
            fresh_confidence: 0.8,
            stale_confidence: 0.4,
            backed_confidence: 0.2,
            success_score: 100.0,
            partial_score: 60.0,
            at_risk_score: 30.0,
            failed_score: 0.0,
            outcome_weight: 0.5,
            outcome_days: 90,
            outcome_confidence: 1.0,
            override_days_max: 180,
            told_points: 1.0,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: "2026-11.3".to_owned(),
            baseline_weeks: 8,
            baseline_gap_days: 14,
            baseline_good_weeks: 4,
            effect_level: 0.95,
            weekday_factor_min: 0.33,
            caliper: 0.2,
            caliper_floor: 0.1,
            controls_min: 8,
            pre_trend_max: 2.0,
            controls_max: 100,
            controls_probed: 2_000,
            lift_upsells_max: 200,
            expansion_days: 180,
            exceeding_ratio: 1.15,
            on_track_ratio: 0.90,
            at_risk_ratio: 0.75,
            lower_quantile: 0.25,
            upper_quantile: 0.80,
            exceeding_probability: 0.9,
            on_track_probability: 0.5,
            hysteresis: 0.05,
            readings_to_confirm: 2,
            overdue_milestone_days: 14,
            min_coverage: 0.5,
            cohort_full: 8,
            cohort_min: 3,
            cohort_max: 64,
            own_points_min: 4,
            step_days: 7,
            too_early_share: 0.05,
            shrink_prior: 8.0,
            damping: 0.9,
            own_spread_min: 0.15,
            own_trusted_share: 2.0 / 3.0,
            own_residuals_min: 3,
            promise_every_days: 10,
            recalibrate_events_min: 10,
            recalibrate_max: 300,
            promises_max: 8_000,
            neighbour_share: 0.4,
            neighbours_min: 3,
            neighbours_max: 20,
            band_coverage: 0.8,
            calibrated_from: 10,
            stale_after_daily_days: 4,
            stale_after_weekly_days: 11,
            success_attainment: 0.9,
            partial_attainment: 0.5,
            held_days: 14,
            rescue_probability: 0.25,
            extension_days: 30,
            ambitious_below: 0.2,
            easy_above: 0.9,
            alerts_per_week: 12,
            digest_names: 10,
            plan_warning_hours: 24,
            plan_promise_hours: 48,
            min_sample: 8,
            pattern_group_min: 20,
            pattern_q_max: 0.10,
            pattern_prior_deviation: 0.5,
            adoption_window_days: 28,
            survey_window_days: 90,
            large_sample_share: 0.05,
            discount_rate: 0.10,
            review_grace_days: 7,
            aftermath_days: 30,
            assessment_hour: 8,
            health: HealthPolicy::default(),
        }
    }
}
