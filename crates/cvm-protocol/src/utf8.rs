//! Reads the bytes of a file or pipe as UTF-8 text, and says what they are instead.

use std::fmt;

/// Takes bytes as UTF-8 text. The byte order mark that some editors put before it is left out.
///
/// # Errors
///
/// [`NotUtf8`] when the bytes are UTF-16 or no text at all. It never shows the bytes, which could be a secret.
pub fn utf8_text(bytes: &[u8]) -> Result<&str, NotUtf8> {
    // UTF-16 with a mark, or without one: then every other byte of plain English is zero.
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..] = bytes {
        return Err(NotUtf8::Utf16);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        NotUtf8::Line(before.iter().filter(|byte| **byte == b'\n').count() + 1)
    })
}

/// Why bytes are not UTF-8 text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotUtf8 {
    /// They are UTF-16, as some Windows programs write it.
    Utf16,
    /// This line, counted from 1, holds something that is not UTF-8.
    Line(usize),
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf16 => f.write_str("is UTF-16 text; save it as UTF-8"),
            Self::Line(line) => write!(f, "is not UTF-8 text (line {line}); save it as UTF-8"),
        }
    }
}

impl std::error::Error for NotUtf8 {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_mark_is_ignored_and_utf16_is_named() {
        assert_eq!(utf8_text(b""), Ok(""));
        assert_eq!(
            utf8_text("\u{feff}{\"a\":\"\u{feff}\"}".as_bytes()),
            Ok("{\"a\":\"\u{feff}\"}")
        );
        for utf16 in [&b"\xff\xfe{\0"[..], b"\xfe\xff\0{", b"{\0\"\0", b"\0{\0\"", b"\xff\xfe"] {
            assert_eq!(utf8_text(utf16), Err(NotUtf8::Utf16), "{utf16:?}");
        }
        assert_eq!(utf8_text(b"a\nb\n\xff\n"), Err(NotUtf8::Line(3)));
        assert_eq!(utf8_text(b"\xef\xbb"), Err(NotUtf8::Line(1)), "half a mark");
    }
}
