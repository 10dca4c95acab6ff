//! Numbers with what they count, as people write them: `1 day`, `12,345 calls`, `−32 %`, `less than 1 % likely`.

/// A number that is one. The domain lets no other out: JSON cannot say it, and a sentence should not.
pub fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// A value with its unit: `40 %`, `1,250 calls`, `4.2 points`, `1 user`.
pub fn amount(value: f64, unit: &str) -> String {
    told(value, unit, usual_digits(value, unit))
}

/// Two values of one unit, told apart wherever they differ: `1.4 %` and `1.0 %` rather than `1 %` twice.
pub fn amounts(one: f64, other: f64, unit: &str) -> (String, String) {
    let usual = usual_digits(one, unit).max(usual_digits(other, unit));
    let plain = (amount(one, unit), amount(other, unit));
    if plain.0 != plain.1 || one == other {
        return plain;
    }
    let finer = (usual + 1..=MOST_DIGITS)
        .map(|digits| (told(one, unit, digits), told(other, unit, digits)))
        .find(|(one, other)| one != other);
    finer.unwrap_or(plain)
}

/// `1 case`, `2 cases`, `10,432 cases`.
pub fn counted(count: impl TryInto<u64>, one: &str, many: &str) -> String {
    let count: u64 = count.try_into().unwrap_or(0);
    format!("{} {}", grouped(&count.to_string()), if count == 1 { one } else { many })
}

/// `1 day`, `12 days`.
pub fn days(count: impl TryInto<u64>) -> String {
    counted(count, "day", "days")
}

/// A chance of 0..=1 as it may be said: nothing is ever certain or out of the question.
pub fn chance(probability: f64) -> String {
    match 100.0 * probability {
        percent if percent.is_nan() => UNKNOWN.to_owned(),
        percent if percent < 1.0 => "less than 1 %".to_owned(),
        percent if percent > 99.0 => "more than 99 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}

/// Digits after the point beyond which values are the same to people.
const MOST_DIGITS: usize = 3;

fn usual_digits(value: f64, unit: &str) -> usize {
    usize::from(!(value.abs() >= 100.0 || value.fract().abs() < 0.05 || unit == "%"))
}

/// What is said of a number that is none.
const UNKNOWN: &str = "unknown";

fn told(value: f64, unit: &str, digits: usize) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let rounded = format!("{value:.digits$}");
    let is_nothing = rounded.chars().all(|figure| matches!(figure, '-' | '0' | '.'));
    let sign = if rounded.starts_with('-') && !is_nothing { "−" } else { "" };
    let rounded = rounded.trim_start_matches('-');
    let (whole, fraction) = rounded.split_once('.').map_or((rounded, ""), |(w, f)| (w, f));
    let figures = grouped(whole);
    let dot = if fraction.is_empty() { "" } else { "." };
    let unit = if rounded == "1" { singular(unit) } else { unit.to_owned() };
    format!("{sign}{figures}{dot}{fraction} {unit}").trim_end().to_owned()
}

/// Words that end like a plural and are none.
const NO_PLURAL: [&str; 3] = ["series", "news", "plus"];

/// `user` of `users`, `query` of `queries`; a word that does not look like an English plural stays.
fn singular(units: &str) -> String {
    let (unit, more) =
        units.split_once(' ').map_or((units, String::new()), |(unit, of)| (unit, format!(" {of}")));
    let is_word = unit.len() > 3 && unit.bytes().all(|letter| letter.is_ascii_lowercase());
    let is_plural = unit.ends_with('s') && !["ss", "us", "is"].iter().any(|end| unit.ends_with(end));
    if !is_word || !is_plural || NO_PLURAL.contains(&unit) {
        return units.to_owned();
    }
    if let Some(stem) = unit.strip_suffix("ies") {
        return format!("{stem}y{more}");
    }
    let has_es = ["sses", "shes", "ches", "xes", "uses"].iter().any(|end| unit.ends_with(end));
    let ending = if has_es { 2 } else { 1 };
    format!("{}{more}", &unit[..unit.len() - ending])
}

fn grouped(digits: &str) -> String {
    let from_right = digits.len() - 1;
    digits.chars().enumerate().fold(String::new(), |mut text, (index, digit)| {
        text.push(digit);
        if from_right > index && (from_right - index).is_multiple_of(3) {
            text.push(',');
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        assert_eq!(amount(40.4, "%"), "40 %");
        assert_eq!(amount(12345.0, "calls"), "12,345 calls");
        assert_eq!(amount(4.25, "points"), "4.2 points");
        assert_eq!(amount(-17.0, "points"), "−17 points");
        assert_eq!(amount(-0.2, "%"), "0 %");
    }

    #[test]
    fn one_of_something_is_not_many() {
        let one =
            ["days", "users", "queries", "branches", "status", "ms", "%", "NPS", "series", "hours saved"];
        let told = one.map(|unit| amount(1.0, unit));
        let wanted = [
            "1 day",
            "1 user",
            "1 query",
            "1 branch",
            "1 status",
            "1 ms",
            "1 %",
            "1 NPS",
            "1 series",
            "1 hour saved",
        ];
        assert_eq!(told, wanted);
        assert_eq!((amount(0.8, "days"), amount(1.04, "days")), ("0.8 days".to_owned(), "1 day".to_owned()));
        assert_eq!(
            (days(1), days(12), counted(1_200_u64, "row", "rows")),
            ("1 day".into(), "12 days".into(), "1,200 rows".into())
        );
    }

    #[test]
    fn values_that_differ_are_told_apart() {
        let told = |one, other| amounts(one, other, "%");
        assert_eq!(told(1.4, 1.0), ("1.4 %".to_owned(), "1.0 %".to_owned()));
        assert_eq!(told(40.4, 58.0), ("40 %".to_owned(), "58 %".to_owned()));
        assert_eq!(told(1.0, 1.0), ("1 %".to_owned(), "1 %".to_owned()));
    }

    #[test]
    fn what_is_no_number_is_unknown() {
        let told = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(|value| amount(value, "%"));
        assert_eq!(told, ["unknown", "unknown", "unknown"]);
        assert_eq!(chance(f64::NAN), "unknown");
    }

    #[test]
    fn nothing_is_certain() {
        let told = [0.0, 0.004, 0.5, 0.994, 1.0].map(chance);
        assert_eq!(told, ["less than 1 %", "less than 1 %", "50 %", "more than 99 %", "more than 99 %"]);
    }
}
