//! Other people's text: what is taken, and how it is shown, so that it hides nothing and never speaks in our place.

mod joined;
mod line;
mod name;

pub use line::Line;
pub use name::Name;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointSetData, CodePointSetDataBorrowed,
    props::{BidiControl, DefaultIgnorableCodePoint, NoncharacterCodePoint},
};
use std::{borrow::Cow, fmt};

const IGNORABLE: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<DefaultIgnorableCodePoint>();
const BIDI: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<BidiControl>();
const NO_CHARACTER: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<NoncharacterCodePoint>();
/// Stands where something was that cannot be shown.
const REPLACEMENT: char = '\u{fffd}';

/// How many lines a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// A line break becomes a space.
    One,
    /// Line breaks stay, all as `\n`.
    Many,
}

/// A character that readers do not see, or that changes how they see others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unseen(pub char);

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(letter) = *self;
        let what = match letter {
            '\0' => "the character NUL",
            _ if letter.is_control() => "the control character",
            _ if BIDI.contains(letter) => "the character that turns the direction of text",
            '\u{e0000}'..='\u{e007f}' => "the invisible tag character",
            _ if NO_CHARACTER.contains(letter) => "the code that is no character,",
            _ => "the invisible character",
        };
        write!(f, "{what} (U+{:04X})", u32::from(letter))
    }
}

/// The text as it is kept: trimmed, composed (NFC), every space a plain one. An error names what a reader would not see.
/// A text of blanks alone stays as it is: whoever wanted a word says so.
pub fn taken(text: &str, lines: Lines) -> Result<Cow<'_, str>, Unseen> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(Cow::Borrowed(if is_plain(text) { text } else { trimmed }));
    }
    if is_plain(trimmed) {
        return Ok(Cow::Borrowed(trimmed));
    }
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(trimmed);
    match letters(&composed, lines).find_map(Result::err) {
        Some(unseen) => Err(unseen),
        None => Ok(Cow::Owned(letters(&composed, lines).filter_map(Result::ok).collect())),
    }
}

/// Text as it may be shown, whatever a row holds: what nobody would see becomes one `�`.
pub fn shown(text: &str, lines: Lines) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for letter in letters(text, lines) {
        match letter {
            Ok(letter) => shown.push(letter),
            Err(_) if shown.ends_with(REPLACEMENT) => {}
            Err(_) => shown.push(REPLACEMENT),
        }
    }
    if shown == text { Cow::Borrowed(text) } else { Cow::Owned(shown) }
}

/// Text with an escape in the place of what nobody would see, for errors and terminals.
pub fn escaped(text: &str, lines: Lines) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for letter in letters(text, lines) {
        match letter {
            Ok(letter) => escaped.push(letter),
            Err(Unseen(letter)) => escaped.extend(letter.escape_unicode()),
        }
    }
    Cow::Owned(escaped)
}

/// Printable ASCII on one line: most text, and nothing to look at twice.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Letter by letter as it may be shown; an error where a letter may not.
fn letters(text: &str, lines: Lines) -> impl Iterator<Item = Result<char, Unseen>> + '_ {
    // The letter before, if it is shown: nothing joins onto what is left out.
    let mut before = None;
    text.char_indices().filter_map(move |(at, letter)| {
        let previous = before.replace(letter);
        let after = || text[at + letter.len_utf8()..].chars().next();
        match letter {
            // The break is at its `\r`.
            '\n' if previous == Some('\r') => None,
            _ if is_break(letter) && lines == Lines::Many => Some(Ok('\n')),
            _ if letter.is_whitespace() => Some(Ok(' ')),
            _ if is_unseen(letter) && !joined::shapes(previous, letter, after()) => {
                before = None;
                Some(Err(Unseen(letter)))
            }
            _ => Some(Ok(letter)),
        }
    })
}

const fn is_break(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Controls, what fonts leave out, what turns the direction of text, and the marks of interlinear notes.
fn is_unseen(letter: char) -> bool {
    let beyond_latin = letter >= '\u{ad}';
    letter.is_control()
        || (beyond_latin
            && (IGNORABLE.contains(letter)
                || BIDI.contains(letter)
                || NO_CHARACTER.contains(letter)
                || matches!(letter, '\u{fff9}'..='\u{fffb}')))
}

#[cfg(test)]
mod tests;
