//! Shortens texts of any length for messages.

use std::borrow::Cow;

/// The maximum size of a name in a message, in bytes.
pub(crate) const MAX_NAME: usize = 256;

/// Shortens a text to this many bytes, and says so.
#[must_use]
pub fn cut(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max {
        return Cow::Borrowed(text);
    }
    let kept = (0..=max).rev().find_map(|end| text.get(..end)).unwrap_or_default();
    Cow::Owned(format!("{kept}… (cut, {} bytes in all)", text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_texts_are_cut_and_never_inside_a_character() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "abc… (cut, 4 bytes in all)");
        assert_eq!(cut("aé", 2), "a… (cut, 3 bytes in all)");
        assert_eq!(cut("é", 0), "… (cut, 2 bytes in all)");
    }
}
