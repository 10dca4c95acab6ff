//! A name somebody else gave, in quotes wherever it could be read as a sentence or a call of ours.

use super::Line;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, ops::Deref};

/// Longer ones are no names; in quotes it shows where they end.
const LONGEST: usize = 80;

/// The name of a customer, a metric, a milestone. As it was given in data (`as_str`, JSON); in a sentence (`Display`)
/// `Acme (Europe)` stays so, and `Next: f(x)` becomes `“Next: f(x)”`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, description = "")]
pub struct Name(Line);

impl Name {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0.into()
    }
}

impl Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain_name(self) {
            return f.write_str(self);
        }
        let inner = self.replace(['"', '“', '”', '„', '«', '»'], "'");
        write!(f, "“{inner}”")
    }
}

/// No sign that speaks to a reader or a program: no colon, equals, arrow, bracket of code, end of a sentence before
/// another, and no bracket that opens a call.
fn is_plain_name(name: &str) -> bool {
    let speaks = |letter: char| {
        matches!(
            letter,
            ':' | '：' | ';' | '=' | '"' | '“' | '”' | '„' | '«' | '»' | '`' | '{' | '}' | '[' | ']'
        ) || matches!(letter, '<' | '>' | '|' | '\\' | '→' | '⇒' | '•' | '\u{fffd}')
    };
    let ends_a_sentence = [". ", "! ", "? "].iter().any(|end| name.contains(end));
    let opens_a_call = name.char_indices().any(|(at, letter)| {
        letter == '(' && name[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
    });
    !name.contains(speaks) && !ends_a_sentence && !opens_a_call && name.chars().count() <= LONGEST
}
