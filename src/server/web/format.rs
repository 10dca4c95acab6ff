//! Words and figures as people read them: "$312k", "−17 pts", "6 Oct 2026", "2 h ago".

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

/// A minus sign is as wide as a plus; a hyphen is not.
pub const MINUS: &str = "−";
/// Shown where there is no value; screen readers get words beside it.
pub const NOTHING: &str = "–";

/// A civil day as `<time>` prints it: absolute first, relative in the title.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(source = r#"<time datetime="{{ iso }}" title="{{ title }}">{{ text }}</time>"#, ext = "html")]
pub struct Day {
    pub text: String,
    pub iso: String,
    pub title: String,
}

impl HtmlSafe for Day {}

impl Day {
    pub fn of(day: NaiveDate, today: NaiveDate) -> Self {
        Self {
            text: date(day),
            iso: day.to_string(),
            title: in_days(day.signed_duration_since(today).num_days()),
        }
    }

    /// The same with its year left out, where the page makes the year plain.
    pub fn short(day: NaiveDate, today: NaiveDate) -> Self {
        Self { text: short_date(day), ..Self::of(day, today) }
    }
}

/// "6 Oct 2026".
pub fn date(day: NaiveDate) -> String {
    format!("{} {}", short_date(day), day.year())
}

/// "6 Oct".
pub fn short_date(day: NaiveDate) -> String {
    day.format("%-d %b").to_string()
}

/// "in 13 days", "today", "3 days ago".
pub fn in_days(days: i64) -> String {
    match days {
        0 => "today".into(),
        1 => "tomorrow".into(),
        -1 => "yesterday".into(),
        2.. => format!("in {days} days"),
        _ => format!("{} days ago", -days),
    }
}

/// "2 h ago": how old something is, in the largest unit that says it.
pub fn ago(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match duration(now.signed_duration_since(then)) {
        text if text == "0 min" => "just now".into(),
        text => format!("{text} ago"),
    }
}

/// "31 h", "12 min", "3 d"; never below zero.
pub fn duration(span: TimeDelta) -> String {
    let minutes = span.num_minutes().max(0);
    match minutes {
        0..60 => format!("{minutes} min"),
        60..2_880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1_440),
    }
}

/// "$312k" from minor units; the currencies without minor units are known.
pub fn money(minor: i64, currency: &str) -> String {
    let per_major = if matches!(currency, "JPY" | "KRW" | "VND" | "CLP") { 1.0 } else { 100.0 };
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown, 52 bits are kept")]
    let major = minor as f64 / per_major;
    money_major(major, currency)
}

/// "$312k" from major units.
pub fn money_major(major: f64, currency: &str) -> String {
    let sign = if major.round() < 0.0 { MINUS } else { "" };
    let symbol = match currency {
        "USD" => "$".into(),
        "EUR" => "€".into(),
        "GBP" => "£".into(),
        "JPY" => "¥".into(),
        other => format!("{other}\u{a0}"),
    };
    format!("{sign}{symbol}{}", compact(major.abs()))
}

/// "950", "31.5k", "312k", "1.2M": three digits say enough.
fn compact(amount: f64) -> String {
    let (scaled, suffix) = match amount {
        a if a >= 999_500_000.0 => (a / 1e9, "B"),
        a if a >= 999_500.0 => (a / 1e6, "M"),
        a if a >= 1_000.0 => (a / 1e3, "k"),
        a => return format!("{a:.0}"),
    };
    let text = if scaled < 99.95 { trimmed(&format!("{scaled:.1}")) } else { format!("{scaled:.0}") };
    format!("{text}{suffix}")
}

/// "40%".
pub fn percent(value: f64) -> String {
    format!("{}%", number(value.round()))
}

/// "−17 pts", "+3 pts", "0 pts".
pub fn points(value: f64) -> String {
    format!("{} pts", signed(value.round()))
}

/// "−17 points", "+1 point".
pub fn points_in_words(value: f64) -> String {
    let text = signed(value.round());
    let unit = if text.trim_start_matches(['+', '−']) == "1" { "point" } else { "points" };
    format!("{text} {unit}")
}

/// "+12", "−3", "0": a difference.
pub fn signed(value: f64) -> String {
    let text = number(value);
    if text == "0" || value < 0.0 { text } else { format!("+{text}") }
}

/// "12,400", "−3", "0.4": whole from ten on, grouped; decimals only where they say something.
pub fn number(value: f64) -> String {
    let amount = value.abs();
    let digits = match amount {
        a if a < 1.0 => trimmed(&format!("{a:.2}")),
        a if a < 10.0 => trimmed(&format!("{a:.1}")),
        a => group(&format!("{a:.0}")),
    };
    let sign = if value < 0.0 && digits != "0" { MINUS } else { "" };
    format!("{sign}{digits}")
}

/// "12", "28.9k", "−1.5k": short enough for a scale.
pub fn short_number(value: f64) -> String {
    if value.abs() < 1_000.0 {
        return number(value);
    }
    format!("{}{}", if value < 0.0 { MINUS } else { "" }, compact(value.abs()))
}

fn trimmed(digits: &str) -> String {
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// "14 measurements", "1 measurement".
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// "12,400".
pub fn grouped(count: u64) -> String {
    group(&count.to_string())
}

fn group(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_three_digits_and_a_symbol() {
        for (minor, currency, text) in [
            (31_200_000, "USD", "$312k"),
            (3_150_000, "EUR", "€31.5k"),
            (95_000, "GBP", "£950"),
            (120_000_000, "USD", "$1.2M"),
            (99_999_999, "USD", "$1M"),
            (-500_000, "USD", "−$5k"),
            (312_000, "JPY", "¥312k"),
            (5_000_000, "CHF", "CHF\u{a0}50k"),
            (0, "USD", "$0"),
        ] {
            assert_eq!(money(minor, currency), text);
        }
    }

    #[test]
    fn a_difference_has_a_true_minus_and_zero_has_no_sign() {
        assert_eq!(points(-17.2), "−17 pts");
        assert_eq!(points(2.6), "+3 pts");
        assert_eq!(points(-0.04), "0 pts");
        assert_eq!(points_in_words(-1.0), "−1 point");
        assert_eq!(signed(-12_400.0), "−12,400");
    }

    #[test]
    fn dates_are_absolute_first_and_relative_in_the_title() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let day = Day::of(NaiveDate::from_ymd_opt(2026, 10, 6).unwrap(), today);
        assert_eq!((day.text.as_str(), day.iso.as_str()), ("6 Oct 2026", "2026-10-06"));
        assert_eq!(day.title, "47 days ago");
        assert_eq!(in_days(13), "in 13 days");
    }

    #[test]
    fn age_is_told_in_the_largest_unit_that_says_it() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(10);
        assert_eq!(ago(now - TimeDelta::minutes(125), now), "2 h ago");
        assert_eq!(ago(now, now), "just now");
        assert_eq!(duration(TimeDelta::hours(31)), "31 h");
        assert_eq!(duration(TimeDelta::hours(-3)), "0 min");
    }

    #[test]
    fn a_number_shows_the_digits_that_say_something() {
        for (value, text) in
            [(0.0, "0"), (0.04, "0.04"), (1.5, "1.5"), (9.99, "10"), (12.4, "12"), (-0.001, "0")]
        {
            assert_eq!(number(value), text);
        }
        assert_eq!(percent(39.6), "40%");
        assert_eq!((short_number(-1_500.0).as_str(), short_number(950.0).as_str()), ("−1.5k", "950"));
    }

    #[test]
    fn counts_agree_with_their_noun() {
        assert_eq!(counted(1, "measurement", "measurements"), "1 measurement");
        assert_eq!(counted(10_432, "measurement", "measurements"), "10,432 measurements");
    }
}
