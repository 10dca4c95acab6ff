//! Invisible characters that shape the letters beside them: joiners and variation selectors, where writing needs them.

use icu_properties::{
    CodePointMapData, CodePointMapDataBorrowed, CodePointSetData, CodePointSetDataBorrowed,
    props::{CanonicalCombiningClass, Emoji, ExtendedPictographic, Ideographic, Script},
};

const EMOJI: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<Emoji>();
const PICTURE: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<ExtendedPictographic>();
const IDEOGRAPH: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<Ideographic>();
const SCRIPT: CodePointMapDataBorrowed<'static, Script> = CodePointMapData::<Script>::new();
const COMBINING: CodePointMapDataBorrowed<'static, CanonicalCombiningClass> =
    CodePointMapData::<CanonicalCombiningClass>::new();

/// Whether the invisible `letter` changes the shape of what stands beside it, as it does in Persian, Indic scripts and
/// emoji. Anywhere else, and twice in a row, it would only hide.
pub fn shapes(before: Option<char>, letter: char, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    match letter {
        '\u{200c}' | '\u{200d}' => joins(before, letter, after),
        '\u{fe0e}' | '\u{fe0f}' => EMOJI.contains(before),
        '\u{fe00}'..='\u{fe02}' | '\u{e0100}'..='\u{e01ef}' => IDEOGRAPH.contains(before),
        '\u{180b}'..='\u{180d}' | '\u{180f}' => SCRIPT.get(before) == Script::Mongolian,
        _ => false,
    }
}

fn joins(before: char, joiner: char, after: Option<char>) -> bool {
    let is_of_picture =
        |letter: char| PICTURE.contains(letter) || matches!(letter, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
    let is_between = |is_one: fn(char) -> bool| is_one(before) && after.is_some_and(is_one);
    COMBINING.get(before) == CanonicalCombiningClass::Virama
        || is_between(is_shaped)
        || (joiner == '\u{200d}' && is_of_picture(before) && after.is_some_and(|next| PICTURE.contains(next)))
}

/// Letters of a script whose letters take another shape when they are joined.
fn is_shaped(letter: char) -> bool {
    letter.is_alphabetic()
        && ![
            Script::Common,
            Script::Inherited,
            Script::Latin,
            Script::Greek,
            Script::Cyrillic,
            Script::Armenian,
            Script::Hebrew,
            Script::Georgian,
            Script::Han,
            Script::Hiragana,
            Script::Katakana,
            Script::Hangul,
            Script::Bopomofo,
        ]
        .contains(&SCRIPT.get(letter))
}
