//! What the upsells so far teach.

use crate::{
    Context, Effect, Next, Reply, Role, Route, Tool,
    cases::cases,
    lift::{GroupLift, lift},
    self_score::self_score,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Error, Result,
    amount::counted,
    analysis::{
        self, Case, GroupBy, GroupFigure,
        figure::Figure,
        measures::{self, Measures, TwoForms},
        patterns::{self, Pattern, Verdict},
    },
    error::FieldFault,
    outcome::Conclusion,
    policy::Policy,
    self_score::SelfScore,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::outcomes::OutcomeFilter;

const GROUP_LINES: usize = 6;

/// Answers one question over past upsells, with sample and interval; groups under `minSample` are only named.
/// `success_rate` adds coverage, adoption success, churn, value realisation; `risk_signs` how right predictions were;
/// `lift` is against non-expanding accounts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnalyzeOutcomes {
    #[serde(default)]
    pub group_by: GroupBy,
    #[serde(default)]
    pub question: Question,
    pub closed_from: Option<NaiveDate>,
    pub closed_to: Option<NaiveDate>,
    /// Default 8.
    #[schemars(range(min = 1, max = 1000))]
    pub min_sample: Option<u32>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Question {
    #[default]
    SuccessRate,
    TimeToValue,
    RiskSigns,
    OnboardingPatterns,
    Churn,
    Lift,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    pub as_of: DateTime<Utc>,
    pub question: Question,
    pub group_by: GroupBy,
    pub min_sample: usize,
    /// Upsells looked at.
    pub upsells: usize,
    pub outcomes: OutcomeCounts,
    /// The answer over all; absent for questions about patterns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overall: Option<Figure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupFigure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<Pattern>,
    /// With `lift`: each measured metric of a group, groups with an effect first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lifts: Vec<GroupLift>,
    /// With `success_rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measures: Option<Measures>,
    /// With `risk_signs`: how good chances and warnings told so far turned out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_score: Option<SelfScore>,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeCounts {
    pub success: usize,
    pub partial: usize,
    pub at_risk: usize,
    pub failed: usize,
    pub pending: usize,
}

impl Tool for AnalyzeOutcomes {
    const NAME: &'static str = "analyze_outcomes";
    const TITLE: &'static str = "What past upsells teach";
    const EFFECT: Effect = Effect::Reads;
    const ROLES: &'static [Role] = &[Role::Researcher, Role::Csm];
    const ROUTE: Route = Route::get("/api/upsell/outcomes");
    const EXAMPLE: &'static str = r#"{"question":"success_rate","groupBy":"product"}"#;
    type Output = Analysis;

    async fn run(self, cx: &mut Context) -> Result<Reply<Analysis>> {
        let filter = self.filter()?;
        let cases = cases(cx, &filter).await?;
        let needed = self.min_sample.map_or(cx.host.policy.min_sample, |least| least as usize);
        let mut analysis = self.analyse(&cases, cx.now(), needed, &cx.host.policy);
        if self.question == Question::RiskSigns {
            analysis.self_score = Some(self_score(cx, &filter).await?);
        }
        if self.question == Question::Lift {
            let controls = needed.max(cx.host.policy.controls_min);
            analysis.lifts = lift(cx, &filter, &cases, self.group_by, controls).await?;
        }
        let headline = headline(&analysis);
        let lines = lines(&analysis);
        let next = match self.question {
            Question::SuccessRate => {
                Next::call(Self::NAME, json!({ "question": "onboarding_patterns" }), "what goes with success")
            }
            Question::TimeToValue
            | Question::RiskSigns
            | Question::OnboardingPatterns
            | Question::Churn
            | Question::Lift => Next::call(
                "list_measurements",
                json!({ "status": ["behind", "at_risk"] }),
                "whom it concerns now",
            ),
        };
        Ok(Reply::new(headline, analysis).lines(lines).next(next))
    }
}

impl AnalyzeOutcomes {
    fn filter(&self) -> Result<OutcomeFilter> {
        if let (Some(from), Some(to)) = (self.closed_from, self.closed_to)
            && from > to
        {
            let wanted = format!("a day up to closedTo, {to}");
            return Err(Error::faults(vec![FieldFault::new("closedFrom", from.to_string(), wanted)]));
        }
        Ok(OutcomeFilter { closed_from: self.closed_from, closed_to: self.closed_to })
    }

    fn analyse(&self, cases: &[Case], now: DateTime<Utc>, needed: usize, policy: &Policy) -> Analysis {
        let grouped = |figure: fn(&[&Case], usize) -> Figure| {
            let (overall, groups) = analysis::by_group(cases, self.group_by, |cases| figure(cases, needed));
            (Some(overall), groups)
        };
        let (overall, groups) = match self.question {
            Question::SuccessRate => grouped(analysis::success),
            Question::TimeToValue => grouped(analysis::time_to_value),
            Question::Churn => grouped(analysis::churn),
            Question::RiskSigns | Question::OnboardingPatterns | Question::Lift => (None, Vec::new()),
        };
        let patterns = match self.question {
            Question::RiskSigns => patterns::risk_signs(cases, policy),
            Question::OnboardingPatterns => patterns::onboarding(cases, policy),
            Question::SuccessRate | Question::TimeToValue | Question::Churn | Question::Lift => Vec::new(),
        };
        Analysis {
            as_of: now,
            question: self.question,
            group_by: self.group_by,
            min_sample: needed,
            upsells: cases.len(),
            outcomes: OutcomeCounts::of(cases),
            overall,
            groups,
            patterns,
            lifts: Vec::new(),
            measures: (self.question == Question::SuccessRate)
                .then(|| measures::of(cases, now, needed, policy)),
            self_score: None,
        }
    }
}

impl OutcomeCounts {
    fn of(cases: &[Case]) -> Self {
        let mut counts = Self::default();
        for case in cases {
            match case.conclusion {
                Some(Conclusion::Success) => counts.success += 1,
                Some(Conclusion::Partial) => counts.partial += 1,
                Some(Conclusion::AtRisk) => counts.at_risk += 1,
                Some(Conclusion::Failed) => counts.failed += 1,
                None => counts.pending += 1,
            }
        }
        counts
    }
}

fn headline(analysis: &Analysis) -> String {
    let of = |what: &str| {
        let figure = analysis.overall.as_ref().map_or(String::new(), Figure::words);
        format!("{what}: {figure}; {} looked at.", counted(analysis.upsells, "upsell", "upsells"))
    };
    match analysis.question {
        Question::SuccessRate => of("Success of documented outcomes"),
        Question::TimeToValue => of("Time to value"),
        Question::Churn => of("Expansion churn"),
        Question::RiskSigns => strongest(analysis, "falling short"),
        Question::OnboardingPatterns => strongest(analysis, "success"),
        Question::Lift => {
            let told = analysis.lifts.iter().filter(|lift| lift.comparison.is_clear()).count();
            let groups = counted(analysis.lifts.len(), "group and metric", "groups and metrics");
            let looked_at = counted(analysis.upsells, "upsell", "upsells");
            format!(
                "An effect whose interval excludes zero is told for {told} of {groups} with a measured baseline; {looked_at} looked at."
            )
        }
    }
}

fn strongest(analysis: &Analysis, event: &str) -> String {
    let found = analysis.patterns.iter().filter(|pattern| pattern.verdict == Verdict::Associated).count();
    let documented = analysis.upsells - analysis.outcomes.pending;
    match analysis.patterns.first().filter(|_| found > 0) {
        Some(first) => format!(
            "{found} associated with {event}, first {}; {documented} documented outcomes.",
            first.words()
        ),
        None => format!(
            "Nothing stands out as associated with {event} yet: {} candidates over {documented} documented outcomes.",
            analysis.patterns.len()
        ),
    }
}

fn lines(analysis: &Analysis) -> Vec<String> {
    let known = || analysis.groups.iter().filter(|group| group.figure.is_known());
    let mut lines: Vec<String> =
        known().take(GROUP_LINES).map(|told| format!("{}: {}", told.group, told.figure.words())).collect();
    if let more @ 1.. = known().count().saturating_sub(GROUP_LINES) {
        lines.push(format!("… and {more} more groups, in the data."));
    }
    lines.extend(too_few(&analysis.groups));
    let compared = analysis.patterns.iter().filter(|pattern| pattern.is_compared());
    lines.extend(compared.take(GROUP_LINES).map(Pattern::words));
    lines.extend(analysis.lifts.iter().take(2 * GROUP_LINES - 1).map(GroupLift::words));
    lines.extend(analysis.measures.iter().flat_map(told));
    lines.extend(analysis.self_score.iter().flat_map(SelfScore::words));
    lines
}

/// `Too few to say: API (4 of 8), Analytics (2 of 8).`
fn too_few(groups: &[GroupFigure]) -> Option<String> {
    let named = groups.iter().filter_map(|told| match &told.figure {
        Figure::NotEnoughData { of, needed, .. } => Some(format!("{} ({of} of {needed})", told.group)),
        Figure::Share { .. } | Figure::Days { .. } | Figure::YearOne { .. } => None,
    });
    let named: Vec<String> = named.collect();
    let shown = named.iter().take(2 * GROUP_LINES).cloned().collect::<Vec<_>>().join(", ");
    let rest = named.len().saturating_sub(2 * GROUP_LINES);
    let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    (!named.is_empty()).then(|| format!("Too few to say: {shown}{rest}."))
}

/// The strict form, and what it is of the known ones when that differs.
fn both(forms: &TwoForms) -> String {
    let strict = forms.strict.words();
    if forms.strict == forms.known {
        strict
    } else {
        format!("{strict}; of those known {}", forms.known.words())
    }
}

fn told(measures: &Measures) -> Vec<String> {
    let Measures { coverage, adoption_success, expansion_churn, value_realisation } = measures;
    vec![
        format!("Coverage (aim 100 %): {} since close", coverage.since_close.words()),
        format!("Adoption success (aim > 70 %): {}", both(adoption_success)),
        format!("Expansion churn (aim < 10 %): {}", expansion_churn.by_count.words()),
        format!("Value realisation (aim > 80 %): {}", both(value_realisation)),
    ]
}

#[cfg(test)]
mod tests;
