//! Recognizes a secret that another party sends back: quoted, escaped, percent-encoded, or cut off.

/// How far a text matches a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Agreement {
    /// The part that matches.
    pub(super) same: Extent,
    /// The part that matches up to the last place where the text ends or omits something.
    pub(super) cut: Option<Extent>,
}

/// The length of a match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    /// In bytes of the secret.
    pub(super) of_secret: usize,
    /// In bytes of the text.
    pub(super) of_text: usize,
}

/// Compares the beginning of a text with a secret, character by character. Each character may be encoded differently:
/// a page that quotes a document that quotes the request mixes encodings.
pub(super) fn compare(secret: &str, text: &str) -> Agreement {
    // `&amp;` can be an escaped ampersand, or the literal text of the secret.
    let [one, other] = [true, false].map(|is_literal| compare_as(is_literal, secret, text));
    if one.same.of_secret > other.same.of_secret { one } else { other }
}

fn compare_as(is_literal: bool, secret: &str, text: &str) -> Agreement {
    let mut same = Extent::default();
    let mut cut = None;
    let rest = |same: Extent| text.get(same.of_text..).unwrap_or_default();
    let left_out = |same: Extent| {
        let begun = left_out(rest(same))?;
        Some(Extent { of_text: same.of_text + begun, ..same })
    };
    for character in secret.chars() {
        cut = left_out(same).or(cut);
        let Some(length) = consume(is_literal, character, rest(same)) else { break };
        same.of_secret += character.len_utf8();
        same.of_text += length;
    }
    Agreement { same, cut: left_out(same).or(cut) }
}

/// Whether a text that starts with `with` may start with this character in some encoding. A fast check with false
/// positives.
pub(super) fn may_begin(character: char, with: char) -> bool {
    character == with || matches!(with, '\\' | '%' | '&' | '+')
}

/// The length of a character at the beginning of a text, in any encoding.
fn consume(is_literal: bool, character: char, text: &str) -> Option<usize> {
    if character == '\\' {
        // Each layer of quoting doubles it. The next character consumes the remaining ones.
        return text.starts_with('\\').then_some(1);
    }
    let bare = text.trim_start_matches('\\');
    let slashes = text.len() - bare.len();
    let literal = || bare.starts_with(character).then(|| character.len_utf8());
    let quoted = || if slashes > 0 { json_escape(character, bare) } else { None };
    let escaped =
        || quoted().or_else(|| entity(character, bare)).or_else(|| percent(character, bare));
    let length = if is_literal { literal().or_else(escaped) } else { escaped().or_else(literal) }?;
    Some(slashes + length)
}

/// `n` or `u00e9`, after a backslash.
fn json_escape(character: char, text: &str) -> Option<usize> {
    let short = match character {
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        _ => '\0',
    };
    if text.starts_with(short) {
        return Some(1);
    }
    let mut units = [0; 2];
    let mut length = 0;
    for unit in character.encode_utf16(&mut units) {
        let rest = text.get(length..)?.trim_start_matches('\\');
        length = text.len() - rest.len();
        let digits = rest.strip_prefix('u')?.get(..4)?;
        if u16::from_str_radix(digits, 16).ok()? != *unit {
            return None;
        }
        length += 5;
    }
    Some(length)
}

/// `&quot;`, `&#34;` or `&#x22;`. An ampersand may itself have been escaped: `&amp;quot;`.
fn entity(character: char, text: &str) -> Option<usize> {
    let inner = text.strip_prefix('&')?;
    let layers = inner.trim_start_matches("amp;");
    if character == '&' && layers.len() < inner.len() {
        return Some(text.len() - layers.len());
    }
    let inner = layers;
    let (name, rest) = inner.split_once(';')?;
    let named = match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    };
    (named == Some(character)).then(|| text.len() - rest.len())
}

/// `%C3%A9`, in upper or lower case; encoded twice, `%25C3%25A9`.
fn percent(character: char, text: &str) -> Option<usize> {
    if character == ' ' && text.starts_with('+') {
        return Some(1);
    }
    let mut bytes = [0; 4];
    let mut rest = text;
    for byte in character.encode_utf8(&mut bytes).bytes() {
        rest = rest.strip_prefix('%')?;
        let layers = rest.trim_start_matches("25");
        if byte == b'%' && layers.len() < rest.len() {
            rest = layers;
            continue;
        }
        rest = layers;
        let (digits, behind) = rest.split_at_checked(2)?;
        if u8::from_str_radix(digits, 16).ok()? != byte {
            return None;
        }
        rest = behind;
    }
    Some(text.len() - rest.len())
}

/// Whether a text ends here, or continues with a mark of omission. Returns the length of an incomplete escape.
fn left_out(text: &str) -> Option<usize> {
    const MARKS: [&str; 4] = ["<", "…", "...", "\u{fffd}"];
    const MAX_ESCAPE: usize = 12;
    let is_escape = |byte: &u8| byte.is_ascii_alphanumeric() || b"\\%&#".contains(byte);
    let begun = if text.starts_with(['\\', '%', '&']) {
        text.bytes().take_while(is_escape).take(MAX_ESCAPE).count()
    } else {
        0
    };
    let rest = text.get(begun..)?;
    (rest.is_empty() || MARKS.iter().any(|mark| rest.starts_with(mark))).then_some(begun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn character_is_recognized_in_every_encoding() {
        for (character, forms) in [
            ('a', &["a", "%61", "&#97;", "&#x61;", r"\u0061", r"\\u0061", "%2561", r"\a"][..]),
            ('"', &["\"", "\\\"", r#"\\\""#, "&quot;", r"\&quot;", "&#34;", "%22", "&amp;quot;"]),
            ('&', &["&", "&amp;", "%26", r"\u0026", "&#38;", "&amp;amp;"]),
            ('%', &["%", "%25", "%2525", "&#37;"]),
            ('\\', &["\\"]),
            ('é', &["é", "%C3%A9", "%c3%a9", r"\u00e9", r"\u00E9", "&#233;"]),
            ('🦀', &["🦀", r"\ud83e\udd80", r"\\ud83e\\udd80", "%F0%9F%A6%80", "&#x1F980;"]),
            (' ', &[" ", "+", "%20"]),
            ('\n', &["\n", r"\n", r"\\n", "%0A"]),
        ] {
            for form in forms {
                let text = format!("{form}~");
                let known = [true, false].map(|literal| consume(literal, character, &text));
                assert!(known.contains(&Some(form.len())), "{character:?} as {form}: {known:?}");
            }
            for other in ["", "z", "&", "&z;", "&#;", "%", "%z", r"\u12", "&#x110000;", "%F"] {
                let is_itself = other.starts_with(character);
                let known = consume(false, character, other).is_some();
                assert_eq!(known, is_itself, "{character:?} {other}");
            }
        }
    }

    #[test]
    fn encodings_may_be_mixed() {
        let text = r#"%61\&quot;b&amp;c\\d"#;
        let agreement = compare("a\"b&c\\d", &format!("{text} and more"));
        assert_eq!(agreement.same, Extent { of_secret: 7, of_text: text.len() });
        let text = "a&amp;b%41";
        assert_eq!(compare(text, text).same.of_text, text.len(), "literal text");
    }

    #[test]
    fn cuts_and_marks_of_omission_are_recognized() {
        let cut = |text: &str| compare("abc\"<d", text).cut.map(|cut| cut.of_secret);
        for rest in ["", "<", "… more", "...", "\u{fffd}", "\\", "%", "%2", "&qu", r"\u00", "%2…"]
        {
            assert_eq!(cut(&format!("abc{rest}")), Some(3), "{rest}");
        }
        assert_eq!(cut("abc\"</pre>"), Some(4), "a character of the secret may be such a mark");
        for rest in ["x", " ", "`", "&x y", "% of it"] {
            assert_eq!(cut(&format!("abc{rest}")), None, "{rest}");
        }
    }
}
