//! Feature names that are no product usage but tell of seats, surveys and value beside it.

use crate::{error::FieldFault, id::Feature, usage::UsageEvent};

/// A user got a seat, or lost it.
pub const SEAT_ASSIGNED: &str = "seat.assigned";
pub const SEAT_REMOVED: &str = "seat.removed";
/// What surveys ask, each with its largest score: an answer is an event of `survey.nps.9`, being asked one of
/// `survey.nps.asked`.
const SCALES: [(&str, u8, u8); 2] = [("survey.nps", 0, 10), ("survey.csat", 1, 5)];
pub const NPS: &str = SCALES[0].0;
pub const CSAT: &str = SCALES[1].0;
const ASKED: &str = "asked";
/// Value lines, their amount in `count`, in the upsell's currency; a name may follow, such as `value.stated.hours`.
pub const MEASURED: &str = "value.measured";
pub const STATED: &str = "value.stated";
pub const MODELLED: &str = "value.modelled";
/// What the customer was promised, by named line.
pub const COMMITTED: &str = "value.committed";
/// Services and internal effort, beside the price.
pub const COST: &str = "cost";
/// Value that came about.
pub const REALISED: [&str; 3] = [MEASURED, STATED, MODELLED];

/// `asked` of `survey.nps.asked` for `survey.nps`; nothing of `survey.nps` itself.
pub fn below<'a>(feature: &'a Feature, root: &str) -> Option<&'a str> {
    feature.0.strip_prefix(root)?.strip_prefix('.')
}

/// The name of a value line: `hours` of `value.stated.hours` for `value.stated`, no text of `value.stated`.
pub fn line<'a>(feature: &'a Feature, kind: &str) -> Option<&'a str> {
    if feature.0 == kind { Some("") } else { below(feature, kind) }
}

/// Whether a person was asked, by the survey `root`.
pub fn is_asked(feature: &Feature, root: &str) -> bool {
    below(feature, root) == Some(ASKED)
}

/// Whether events of this name are no usage of a product.
pub fn is_aside(feature: &Feature) -> bool {
    let is_survey = SCALES.iter().any(|(root, ..)| line(feature, root).is_some());
    is_seat(feature) || is_survey || is_money(feature)
}

/// Whether `count` is an amount in the upsell's currency.
pub fn is_money(feature: &Feature) -> bool {
    ["value", COST].iter().any(|root| line(feature, root).is_some())
}

fn is_seat(feature: &Feature) -> bool {
    [SEAT_ASSIGNED, SEAT_REMOVED].contains(&feature.0.as_str())
}

/// What is wrong with an event whose name is reserved, so that it would count nowhere.
pub fn fault(event: &UsageEvent) -> Option<FieldFault> {
    let feature = &event.feature;
    let wrong_name = |wanted: String| FieldFault::new("feature", shown(&feature.0), wanted);
    if let Some((root, least, most)) = SCALES.into_iter().find(|(root, ..)| line(feature, root).is_some()) {
        let is_scored = below(feature, root).is_some_and(|score| is_score(score, least, most));
        if !is_scored && !is_asked(feature, root) {
            return Some(wrong_name(format!(
                "{root}.<{least} to {most}> for an answer, or {root}.{ASKED} for a person asked"
            )));
        }
        return without_user(event);
    }
    if is_seat(feature) {
        return without_user(event);
    }
    (line(feature, "value").is_some() && !is_value_line(feature)).then(|| {
        let kinds = REALISED.join(", ");
        wrong_name(format!("{kinds} (a .<line> may follow) or {COMMITTED}.<line>, such as {COMMITTED}.hours"))
    })
}

/// A score as it is written on the scale, without signs and zeros ahead.
fn is_score(text: &str, least: u8, most: u8) -> bool {
    text.parse::<u8>().is_ok_and(|score| (least..=most).contains(&score) && score.to_string() == text)
}

/// A commitment without a name can be realised by nothing.
fn is_value_line(feature: &Feature) -> bool {
    let is_named = |name: &str| name.split('.').all(|part| !part.trim().is_empty());
    let is_line = |kind: &str| below(feature, kind).is_some_and(is_named);
    REALISED.iter().any(|kind| feature.0 == *kind || is_line(kind)) || is_line(COMMITTED)
}

fn without_user(event: &UsageEvent) -> Option<FieldFault> {
    let wanted = format!("the user it is about: {} is counted by person", event.feature.0);
    event.user.is_none().then(|| FieldFault::new("user", "nothing", wanted))
}

fn shown(text: &str) -> String {
    format!("{:?}", text.chars().take(40).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn event(feature: &str, user: Option<&str>) -> UsageEvent {
        UsageEvent {
            event_id: "e".to_owned(),
            customer: "northwind".into(),
            feature: feature.into(),
            user: user.map(Into::into),
            at: DateTime::UNIX_EPOCH,
            count: 1.0,
        }
    }

    #[test]
    fn names_that_would_count_nowhere_are_told_what_to_be() {
        let wrong = |feature: &str| fault(&event(feature, Some("kim"))).map(|fault| fault.wanted);
        for feature in ["survey.nps.11", "survey.nps.", "survey.nps", "survey.nps.09", "survey.nps.+9"] {
            assert!(
                wrong(feature).is_some_and(|wanted| wanted.contains("survey.nps.<0 to 10>")),
                "{feature}"
            );
        }
        for feature in ["survey.csat.0", "survey.csat.6", "survey.csat.good"] {
            assert!(
                wrong(feature).is_some_and(|wanted| wanted.contains("survey.csat.<1 to 5>")),
                "{feature}"
            );
        }
        for feature in
            ["value.committed", "value.committed.", "value.commited.hours", "value", "value.stated. "]
        {
            assert!(
                wrong(feature).is_some_and(|wanted| wanted.contains("value.committed.hours")),
                "{feature}"
            );
        }
    }

    #[test]
    fn good_names_and_any_product_usage_pass() {
        let good = ["survey.nps.0", "survey.nps.10", "survey.nps.asked", "survey.csat.5", "seat.assigned"];
        let named = ["value.measured", "value.stated.hours", "value.committed.hours.night", "cost.services"];
        for feature in good.iter().chain(&named) {
            assert_eq!(fault(&event(feature, Some("kim"))), None, "{feature}");
            assert!(is_aside(&(*feature).into()), "{feature}");
        }
        for feature in ["survey.create", "seat.map", "valuebook.open", "costing.run", "data-sync.run"] {
            assert_eq!(fault(&event(feature, None)), None, "{feature}");
            assert!(!is_aside(&feature.into()), "{feature}");
        }
    }

    #[test]
    fn what_is_counted_by_person_needs_one() {
        for feature in ["survey.csat.4", "survey.nps.asked", "seat.removed"] {
            assert_eq!(
                fault(&event(feature, None)).map(|fault| fault.field).as_deref(),
                Some("user"),
                "{feature}"
            );
        }
        assert_eq!(fault(&event("value.measured", None)), None);
    }
}
