//! The one error: a code the caller acts on and a message that says what to do.

use crate::text::{self, Lines};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller should do about an error. Each face has its own number for it (see `architecture.md`, Errors).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Change the request.
    Invalid,
    /// Present a key.
    Unauthenticated,
    /// Ask someone with another role.
    Forbidden,
    /// Check the id.
    NotFound,
    /// Read what stands, then decide.
    Conflict,
    /// Wait `retryAfterS`.
    TooMany,
    /// Retry later.
    Unavailable,
    /// Report it.
    Internal,
}

impl Code {
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::TooMany | Self::Unavailable)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::TooMany => "too_many",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

/// One wrong argument: where, what came, what is wanted instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldFault {
    /// Path of the argument, such as `setTargets[0].target`.
    pub field: String,
    /// What was received, shortened.
    pub received: String,
    /// What to send instead.
    pub wanted: String,
}

impl FieldFault {
    pub fn new(field: impl Into<String>, received: impl Into<String>, wanted: impl Into<String>) -> Self {
        Self { field: field.into(), received: received.into(), wanted: wanted.into() }
    }

    /// What a caller sent comes back in part only, however long it was, and nothing of it unseen.
    fn shortened(mut self) -> Self {
        for (text, longest) in [(&mut self.field, 120), (&mut self.received, 120), (&mut self.wanted, 1_000)]
        {
            if let Some((cut, _)) = text.char_indices().nth(longest) {
                text.truncate(cut);
                text.push('…');
            }
            if let Cow::Owned(escaped) = text::escaped(text, Lines::One) {
                *text = escaped;
            }
        }
        self
    }
}

/// Faults a sentence tells one by one.
const MOST_TOLD: usize = 20;

/// A failure a caller can act on. `source` is logged once where the call ends and never leaves.
#[derive(Debug)]
pub struct Error {
    pub code: Code,
    pub message: String,
    pub faults: Vec<FieldFault>,
    pub retry_after_s: Option<u32>,
    /// Somebody else settled the same thing at the same moment: running it again will find their answer.
    pub raced: bool,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            faults: Vec::new(),
            retry_after_s: None,
            raced: false,
            source: None,
        }
    }
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::Invalid, message)
    }
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, message)
    }
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Code::Conflict, message)
    }
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Code::Forbidden, message)
    }
    /// Something outside is away for now; the caller may send the same again.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self { retry_after_s: Some(1), ..Self::new(Code::Unavailable, message) }
    }
    /// Lost a race inside the database; see [`Error::raced`].
    pub fn raced() -> Self {
        Self {
            raced: true,
            ..Self::unavailable("the same thing was written at the same moment; send it again")
        }
    }
    /// The same thing is written already. Mostly a race, and running it again finds what the other wrote; where that
    /// does not help, sending it again never will.
    pub fn exists() -> Self {
        Self {
            raced: true,
            ..Self::conflict(
                "what this would write is recorded already, by another request; nothing was changed. See what stands \
                 with list_measurements or get_progress, then send only what differs",
            )
        }
    }
    /// Our own fault. The cause is logged, the caller sees none of it.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal, "something failed on our side; it is in the log, please report it")
            .because(source)
    }
    /// Every fault of a request at once; the sentence tells the first of very many, and how many more there are.
    pub fn faults(faults: Vec<FieldFault>) -> Self {
        let faults: Vec<FieldFault> = faults.into_iter().map(FieldFault::shortened).collect();
        let more = faults.len().saturating_sub(MOST_TOLD);
        let more = (more > 0).then(|| format!("and {more} more"));
        let listed: Vec<String> =
            faults.iter().take(MOST_TOLD).map(FieldFault::to_string).chain(more).collect();
        Self { faults, ..Self::invalid(listed.join("; ")) }
    }
    /// Names the fields that the message is about.
    #[must_use]
    pub fn of_fields(self, faults: Vec<FieldFault>) -> Self {
        Self { faults: faults.into_iter().map(FieldFault::shortened).collect(), ..self }
    }
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl Error {
    /// The sentence as it leaves: on one line, whoever's words are in it.
    pub fn sentence(&self) -> Cow<'_, str> {
        text::escaped(&self.message, Lines::One)
    }
}

impl fmt::Display for FieldFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: received {}, send {}", self.field, self.received, self.wanted)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn very_many_or_very_long_faults_make_a_short_message_that_counts_them() {
        let long = "é".repeat(100_000);
        let faults = (0..50).map(|_| FieldFault::new(&long, &long, "less")).collect();
        let error = Error::faults(faults);
        assert_eq!(error.faults.len(), 50);
        assert!(error.message.ends_with("; and 30 more"), "{}", error.message);
        assert!(error.message.len() < 12_000, "{} bytes", error.message.len());
    }
}
