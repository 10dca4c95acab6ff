//! How what the domain knows is said on a page: a status, an age, a checkpoint's distance.

use super::pages::{Mark, Status as Told};
use domain::{
    money::Money,
    outcome::Conclusion,
    status::{DataState, Status},
};

use super::format;

pub const fn mark(status: Status) -> Mark {
    match status {
        Status::Behind => Mark::Behind,
        Status::AtRisk => Mark::AtRisk,
        Status::OnTrack => Mark::OnTrack,
        Status::Exceeding => Mark::Exceeding,
    }
}

/// A status with the data behind it: what stopped is told as last known, what never came as unknown.
pub fn status(status: Option<Status>, data: Option<DataState>) -> Told {
    match (status, data) {
        (None, _) => Told::new(Mark::Unknown, "No data yet"),
        (Some(status), Some(DataState::Stale)) => {
            Told::new(Mark::Unknown, format!("Last known: {}", status.words()))
        }
        (Some(status), _) => Told::new(mark(status), capital(status.words())),
    }
}

/// How it ended.
pub fn ended(conclusion: Conclusion) -> Told {
    match conclusion {
        Conclusion::Success => Told::new(Mark::Done, "Ended a success"),
        Conclusion::Partial => Told::new(Mark::AtRisk, "Ended a partial success"),
        Conclusion::AtRisk => Told::new(Mark::AtRisk, "Ended at risk"),
        Conclusion::Failed => Told::new(Mark::Missed, "Ended, failed"),
    }
}

/// Hours of the 48 promised: "31 h left for the plan", "Plan 5 h late".
pub fn plan_clock(hours_left: i64) -> String {
    if hours_left >= 0 {
        format!("Plan due in {hours_left} h")
    } else {
        format!("Plan {} h late", -hours_left)
    }
}

/// "in 13 d", "today", "5 d late".
pub fn due(days: i64) -> String {
    match days {
        0 => "today".to_owned(),
        1.. => format!("in {days} d"),
        late => format!("{} d late", -late),
    }
}

/// "$128k".
pub fn money(money: Money) -> String {
    format::money_major(money.major(), money.currency.as_str())
}

pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
