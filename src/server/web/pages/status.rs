//! A status as shape, word and colour, so that it is told apart without any one of them.

use askama::Template;
use askama::filters::HtmlSafe;

/// The shape, coloured by its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Behind,
    AtRisk,
    OnTrack,
    Exceeding,
    /// No data, or too old to say.
    Unknown,
    /// The plan is still being made.
    Planning,
    Done,
    Missed,
}

impl Mark {
    pub fn class(self) -> &'static str {
        match self {
            Self::Behind => "behind",
            Self::AtRisk => "at-risk",
            Self::OnTrack => "on-track",
            Self::Exceeding => "exceeding",
            Self::Unknown => "unknown",
            Self::Planning => "planning",
            Self::Done => "done",
            Self::Missed => "missed",
        }
    }

    /// Outline in a square of twelve.
    pub(super) fn shape(self) -> &'static str {
        match self {
            Self::Behind => "M2 2h8v8H2z",
            Self::AtRisk => "M6 1l5.5 10H.5z",
            // The unknown one is drawn broken, by its style.
            Self::OnTrack | Self::Unknown => "M6 1.5a4.5 4.5 0 010 9 4.5 4.5 0 010-9z",
            Self::Exceeding => "M6 .4l1.7 3.6 3.9.5-2.9 2.7.8 3.9L6 9.2l-3.5 1.9.8-3.9L.4 4.5 4.3 4z",
            Self::Planning => "M6 1.5a4.5 4.5 0 010 9 4.5 4.5 0 010-9zM6 3.5V6l2 1.2",
            Self::Done => "M1.5 6.5l3 3 6-7",
            Self::Missed => "M2.5 2.5l7 7m0-7l-7 7",
        }
    }
}

/// A mark and the word beside it: "Behind", "No data since 14 Nov".
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<span class="status {{ mark.class() }}"><svg class="mark" viewBox="0 0 12 12" aria-hidden="true"><path d="{{ mark.shape() }}"/></svg>{{ word }}</span>"#,
    ext = "html"
)]
pub struct Status {
    pub mark: Mark,
    pub word: String,
}

impl HtmlSafe for Status {}

impl Status {
    pub fn new(mark: Mark, word: impl Into<String>) -> Self {
        Self { mark, word: word.into() }
    }
}
