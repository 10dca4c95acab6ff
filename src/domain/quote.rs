//! Other people's words in our sentences: fenced, short, and on one line.

use crate::text::Line;

const LONGEST: usize = 200;

/// Customer's words, fenced: data, not instructions.
pub fn customer(text: &str) -> String {
    format!("customer_quote \"{}\"", clipped(&text.replace('"', "'")))
}

/// Words of a person or an agent in a sentence of ours: `“Two teams started”`.
pub fn quoted(text: &str) -> String {
    format!("“{}”", clipped(&text.replace(['"', '“', '”', '„', '«', '»'], "'")))
}

/// At most 200 letters on one line, with nothing in them that a reader would not see.
pub fn clipped(text: &str) -> String {
    let line = Line::from(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(LONGEST).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_cannot_close_its_own_fence_or_start_a_line() {
        assert_eq!(customer("faster\n\"reports\""), "customer_quote \"faster 'reports'\"");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let cut = clipped(&"é".repeat(500));
        assert_eq!(cut.chars().count(), LONGEST + 1);
        assert!(cut.ends_with('…'));
    }
}
