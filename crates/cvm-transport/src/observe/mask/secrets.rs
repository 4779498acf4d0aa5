//! Finds the secrets of one attempt in a response: complete, in part, in any encoding.
//!
//! A service error often quotes the request, so an allow list of members would hide the part of the message that says
//! what to fix. Error bodies of gateways and proxies quote requests in mixed encodings, which is why each character is
//! compared in every encoding ([`echo`]).

use std::borrow::Cow;

use base64ct::{Base64, Encoding};
use cvm_protocol::{Model, Value};
use zeroize::Zeroizing;

use super::{MASK, echo};

/// Shorter texts would match everywhere, and no secret is that short.
const SHORTEST: usize = 6;

/// The length of a prefix that is enough to recognize a secret.
const MAX_HEAD: usize = 12;

/// In data, where much may be similar (keys have a common first line), a longer prefix is required.
const MAX_HEAD_IN_DATA: usize = 40;

/// A text may be cut in the middle of a secret. A prefix of the secret at its end is masked from this length on.
const SHORTEST_CUT: usize = 3;

/// The text before a signature, in headers and in forms.
const SIGNATURE: &str = "Signature=";

/// All secrets of one attempt.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    /// Texts that are certainly secret.
    certain: Forms,
    /// Texts that may be secret, or as well an id or a usual word. They are masked only as whole words: a part of another
    /// word is no repetition, and an id with a masked part could be taken for another id.
    possible: Forms,
}

/// The forms of secrets that are searched.
#[derive(Clone, Default)]
struct Forms {
    /// In plain text.
    texts: Vec<Zeroizing<String>>,
    /// In encodings that change every character.
    encoded: Vec<Zeroizing<String>>,
}

impl Forms {
    fn add(&mut self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        self.encoded.push(Zeroizing::new(hex.to_uppercase()));
        self.encoded.push(Zeroizing::new(hex));
        self.encoded.extend((0..3).filter_map(|offset| inside_base64(secret, offset)));
        self.texts.push(Zeroizing::new(secret.to_owned()));
    }

    fn find(
        &self,
        text: &str,
        is_cut: bool,
        whole_words: bool,
        max: usize,
        found: &mut Vec<(usize, usize)>,
    ) {
        for secret in &self.texts {
            let min_length = significant_length(secret, max);
            find_text(secret, text, is_cut, whole_words, min_length, found);
        }
        for secret in &self.encoded {
            find_encoded(secret, text, is_cut, significant_length(secret, max), found);
        }
    }
}

impl Secrets {
    /// The secret members of a request.
    pub(crate) fn of(request: &dyn Model) -> Self {
        let mut secrets = Self::default();
        secrets.collect(Value::Object(request));
        secrets
    }

    /// Adds a secret.
    pub(crate) fn add(&mut self, secret: &str) {
        self.certain.add(secret);
    }

    /// Adds each text in a value about which nothing is known.
    pub(crate) fn add_texts_of(&mut self, value: &serde_json::Value) {
        match value {
            serde_json::Value::String(text) => self.possible.add(text),
            serde_json::Value::Array(items) => {
                items.iter().for_each(|item| self.add_texts_of(item));
            }
            serde_json::Value::Object(members) => {
                members.values().for_each(|member| self.add_texts_of(member));
            }
            _ => {}
        }
    }

    fn collect(&mut self, value: Value<'_>) {
        match value {
            Value::Object(model) => {
                for (index, field) in model.table().members.iter().enumerate() {
                    match (field.secret, model.member(index)) {
                        (true, Value::Str(text) | Value::Secret(text)) => self.add(text),
                        (_, value) => self.collect(value),
                    }
                }
            }
            Value::List(list) => (0..list.len()).for_each(|index| self.collect(list.at(index))),
            Value::Secret(text) => self.add(text),
            _ => {}
        }
    }

    /// Masks every secret in a text, and every long prefix of one: a quotation of the request is often cut off.
    pub(crate) fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        mask_ranges(text, self.find(text, false, MAX_HEAD))
    }

    /// Like [`scrub`](Self::scrub), but leaves the texts that only may be secret.
    pub(crate) fn scrub_certain<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut found = Vec::new();
        self.certain.find(text, false, false, MAX_HEAD, &mut found);
        mask_ranges(text, found)
    }

    /// Like [`scrub`](Self::scrub), for data, in which nothing but secrets may be masked.
    pub(crate) fn scrub_whole<'t>(&self, text: &'t str) -> Cow<'t, str> {
        mask_ranges(text, self.find(text, false, MAX_HEAD_IN_DATA))
    }

    /// Whether data contains a secret.
    pub(crate) fn is_repeated_in(&self, text: &str) -> bool {
        !self.find(text, false, MAX_HEAD_IN_DATA).is_empty()
    }

    /// Like [`scrub`](Self::scrub), for a text that may be cut off: at the cut, no prefix of a secret remains, however
    /// short. Signatures, which are valid for a few minutes, are masked as well.
    pub(crate) fn scrub_cut<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut found = self.find(text, true, MAX_HEAD);
        find_signatures(text, &mut found);
        mask_ranges(text, found)
    }

    fn find(&self, text: &str, is_cut: bool, max: usize) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        self.certain.find(text, is_cut, false, max, &mut found);
        self.possible.find(text, is_cut, true, max, &mut found);
        found
    }

    /// Masks the secrets in every text of a value.
    pub(super) fn scrub_texts(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => {
                if let Cow::Owned(scrubbed) = self.scrub(text) {
                    *text = scrubbed;
                }
            }
            serde_json::Value::Array(items) => {
                items.iter_mut().for_each(|item| self.scrub_texts(item));
            }
            serde_json::Value::Object(members) => {
                members.values_mut().for_each(|member| self.scrub_texts(member));
            }
            _ => {}
        }
    }
}

/// Masks these ranges of a text. Of several ranges with the same start, the longest counts.
fn mask_ranges(text: &str, mut places: Vec<(usize, usize)>) -> Cow<'_, str> {
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    places.sort_unstable();
    let mut clean = String::with_capacity(text.len());
    let mut shown = 0;
    for (begin, end) in places {
        if begin >= shown {
            clean.push_str(text.get(shown..begin).unwrap_or_default());
            clean.push_str(MASK);
        }
        shown = shown.max(end);
    }
    clean.push_str(text.get(shown..).unwrap_or_default());
    Cow::Owned(clean)
}

/// The length of a prefix that cannot be a coincidence.
fn significant_length(secret: &str, max: usize) -> usize {
    (secret.len() * 7).div_ceil(8).clamp(SHORTEST, max)
}

/// Finds a secret in a text in any encoding, or a prefix of it that cannot be a coincidence. In a text that may be cut
/// off, also any prefix at the cut. With `whole_words`, nothing that is a part of a longer word.
fn find_text(
    secret: &str,
    text: &str,
    is_cut: bool,
    whole_words: bool,
    min_length: usize,
    found: &mut Vec<(usize, usize)>,
) {
    let Some(first) = secret.chars().next() else { return };
    let mut next = 0;
    for (at, character) in text.char_indices() {
        if at < next || !echo::may_begin(first, character) {
            continue;
        }
        if whole_words && continues_word(text, at) {
            continue;
        }
        let agreement = echo::compare(secret, text.get(at..).unwrap_or_default());
        let cut = agreement.cut.filter(|cut| is_cut && cut.of_secret >= SHORTEST_CUT);
        let ends_word = |same: &echo::Extent| {
            !whole_words || !is_continued(secret, same.of_secret, text, at + same.of_text)
        };
        let same = Some(agreement.same).filter(|same| same.of_secret >= min_length);
        let same = same.filter(ends_word);
        if let Some(extent) = same.or(cut) {
            next = at + extent.of_text;
            found.push((at, next));
        }
    }
}

/// Whether the character at a place continues a word. An escape before it, such as `%22` or `\n`, is not a part of the word.
fn continues_word(text: &str, at: usize) -> bool {
    let (before, rest) = text.split_at_checked(at).unwrap_or_default();
    rest.starts_with(is_word_character)
        && before.ends_with(is_word_character)
        && !ends_with_escape(before)
}

/// Whether a text continues the word that a prefix of a secret ends with. Texts without spaces, as in Chinese, end a word.
fn is_continued(secret: &str, of_secret: usize, text: &str, end: usize) -> bool {
    let same = secret.get(..of_secret).unwrap_or_default();
    let rest = text.get(end..).unwrap_or_default();
    same.ends_with(is_word_character) && rest.starts_with(is_word_character)
}

const fn is_word_character(character: char) -> bool {
    character.is_ascii_alphanumeric()
}

/// Whether a text ends with an escaped character: `%22`, `%2522`, `\n` or `\u0022`.
fn ends_with_escape(text: &str) -> bool {
    let without_hex = |count: usize| {
        let (before, digits) = text.split_at_checked(text.len().checked_sub(count)?)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(before)
    };
    let is_percent =
        || without_hex(2).is_some_and(|text| text.trim_end_matches("25").ends_with('%'));
    let is_unicode = || without_hex(4).is_some_and(|text| text.ends_with("\\u"));
    let is_short = ["\\n", "\\r", "\\t", "\\b", "\\f"].iter().any(|escape| text.ends_with(escape));
    is_short || is_percent() || is_unicode()
}

/// Finds an encoded secret in a text, which has no other forms.
fn find_encoded(
    secret: &str,
    text: &str,
    is_cut: bool,
    min_length: usize,
    found: &mut Vec<(usize, usize)>,
) {
    let head = secret.get(..min_length).unwrap_or(secret);
    let mut from = 0;
    while let Some(rest) = text.get(from..)
        && let Some(at) = rest.find(head)
    {
        let same = rest.bytes().skip(at).zip(secret.bytes());
        let length = same.take_while(|(a, b)| a == b).count();
        found.push((from + at, from + at + length));
        from += at + length.max(1);
    }
    let cut = if is_cut { cut_end(secret, text) } else { None };
    found.extend(cut.map(|begin| (begin, text.len())));
}

/// The start of a prefix of an encoded secret at the end of a text. Longer prefixes are found anyway.
fn cut_end(secret: &str, text: &str) -> Option<usize> {
    let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
    (SHORTEST_CUT * 2..=MAX_HEAD.min(secret.len())).rev().find_map(|length| {
        let head = secret.get(..length)?;
        text.ends_with(head).then(|| text.len() - length)
    })
}

fn find_signatures(text: &str, found: &mut Vec<(usize, usize)>) {
    for (at, announced) in text.match_indices(SIGNATURE) {
        let begin = at + announced.len();
        let rest = text.get(begin..).unwrap_or_default();
        let is_part = |c: char| c.is_ascii_alphanumeric() || "%+/=_-".contains(c);
        let length = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        if length > 0 {
            found.push((begin, begin + length));
        }
    }
}

/// The base64 form of a secret inside a larger encoded text. It depends on the offset of the secret, and its ends mix
/// with the surrounding bytes, so only the middle is returned.
fn inside_base64(secret: &str, offset: usize) -> Option<Zeroizing<String>> {
    const WORTH: usize = 8;
    let bytes = Zeroizing::new([&vec![0; offset], secret.as_bytes()].concat());
    let encoded = Zeroizing::new(Base64::encode_string(&bytes));
    let middle = encoded.get(4..encoded.len().checked_sub(4)?)?;
    (middle.len() >= WORTH).then(|| Zeroizing::new(middle.to_owned()))
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "a test fails by panicking")]
mod tests {
    use cvm_protocol::percent;

    use super::*;

    /// Contains every character that some encoding changes, and none twice in a row.
    const CANARY: &str = "Qcloud@Canary\">1&23++'é";

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(CANARY);
        secrets
    }

    fn html(text: &str) -> String {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        text.replace('"', "&quot;").replace('\'', "&#39;")
    }

    fn quote(text: &str) -> String {
        let quoted = serde_json::Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    }

    /// The forms in which a server may send a text back.
    fn encodings() -> Vec<String> {
        let (quoted, encoded) = (quote(CANARY), percent::encode(CANARY));
        let mut encodings = vec![
            CANARY.to_owned(),
            html(CANARY),
            html(&html(CANARY)),
            quote(&quoted),
            html(&quoted),
            html(&quote(&quoted)),
            quote(&html(CANARY)),
            percent::encode(&encoded),
            encoded.replace("%C3%A9", "%c3%a9").replace("%2B", "%2b"),
            encoded,
            quoted,
        ];
        encodings.extend(encodings.clone().iter().map(|text| text.replace('é', "\\u00e9")));
        encodings.sort();
        encodings.dedup();
        encodings
    }

    #[test]
    fn every_encoding_is_found_anywhere() {
        let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
        let encodings: Vec<_> = encodings().into_iter().chain([hex.to_uppercase(), hex]).collect();
        assert!(encodings.len() >= 15, "{}", encodings.len());
        for encoding in encodings {
            for (before, behind) in [("", ""), ("<p>", "</p>"), ("\"", "\""), ("é ", " and so on")]
            {
                let text = format!("{before}{encoding}{behind}{encoding}");
                let shown = format!("{before}***{behind}***");
                // Two adjacent masks count as one.
                let scrubbed = secrets().scrub(&text).replace("******", "***");
                assert_eq!(scrubbed, shown.replace("******", "***"), "{text}");
            }
        }
    }

    #[test]
    fn cut_secret_leaves_no_prefix() {
        for encoding in encodings() {
            // At every position, also in the middle of an escape.
            for end in (0..encoding.len()).filter(|end| encoding.is_char_boundary(*end)) {
                let begun = echo::compare(CANARY, &encoding[..end]);
                if begun.same.of_secret < SHORTEST_CUT {
                    continue;
                }
                for rest in ["", "</pre></html>", "… (120 bytes more)", "... and so on"] {
                    let text = format!("you sent: {}{rest}", &encoding[..end]);
                    let scrubbed = secrets().scrub_cut(&text).into_owned();
                    assert!(scrubbed.starts_with("you sent: ***"), "{text}: {scrubbed}");
                    assert!(!scrubbed.contains("Qclo"), "{text}: {scrubbed}");
                }
            }
        }
        // In the middle of a text, a short prefix may be anything, but a long one may not.
        let text = format!("near `{}` at 7", &CANARY[..12]);
        assert_eq!(secrets().scrub(&text), "near `***` at 7");
        assert_eq!(secrets().scrub("near `Qcloud` at 7"), "near `Qcloud` at 7");
    }

    #[test]
    fn cut_inside_a_character_leaves_no_prefix() {
        let bytes = format!("sent {CANARY}");
        for end in 8..bytes.len() {
            let text = String::from_utf8_lossy(&bytes.as_bytes()[..end]).into_owned();
            let scrubbed = secrets().scrub_cut(&text).into_owned();
            assert!(!scrubbed.contains("Qcl"), "{text}: {scrubbed}");
        }
    }

    #[test]
    fn secrets_are_masked_at_any_base64_offset() {
        for offset in 0..9 {
            let text = Base64::encode_string(format!("{}{CANARY}", "x".repeat(offset)).as_bytes());
            let scrubbed = secrets().scrub(&text).into_owned();
            assert!(scrubbed.len() < text.len() - 16, "{text}: {scrubbed}");
        }
    }

    #[test]
    fn signatures_are_masked_in_excerpts() {
        let hex = "ab".repeat(32);
        for (text, shown) in [
            (format!("SignedHeaders=host, Signature={hex}\r\nx"), "Signature=***\r\nx"),
            ("a=b&Signature=aB%2Fc%3D&Nonce=1".to_owned(), "a=b&Signature=***&Nonce=1"),
        ] {
            let scrubbed = Secrets::default().scrub_cut(&text).into_owned();
            assert!(scrubbed.ends_with(shown), "{scrubbed}");
        }
        let harmless = "Signature= and SignatureMethod=HmacSHA1";
        assert_eq!(Secrets::default().scrub_cut(harmless), harmless);
    }

    #[test]
    fn possible_secret_is_masked_only_as_a_whole_word() {
        let mut secrets = Secrets::default();
        secrets.add_texts_of(&serde_json::json!({ "Ids": ["ins-12345678"], "Type": "Instance" }));
        for text in [
            "ins-12345679 is not there",
            "ins-123456789",
            "xins-12345678",
            "InvalidInstanceId: no Instances, MyInstance",
        ] {
            assert_eq!(secrets.scrub(text), text);
            assert_eq!(secrets.scrub_cut(text), text);
        }
        for (text, shown) in [
            ("ins-12345678 is not there", "*** is not there"),
            ("an Instance.", "an ***."),
            ("实例ins-12345678不存在", "实例***不存在"),
            ("%22ins-12345678%22 %2522ins-12345678", "%22***%22 %2522***"),
            (
                r#"\nins-12345678\n \"ins-12345678\" \u0022ins-12345678\u0022"#,
                r#"\n***\n \"***\" \u0022***\u0022"#,
            ),
            ("`ins-1234567` was cut", "`***` was cut"),
            ("?id=ins-12345678&x=1", "?id=***&x=1"),
        ] {
            assert_eq!(secrets.scrub(text), shown);
            assert_eq!(secrets.scrub_cut(text), shown);
        }
        assert_eq!(secrets.scrub_cut("cut at ins-12"), "cut at ***");
        assert_eq!(secrets.scrub_cut("cut at begins"), "cut at begins");
        assert_eq!(secrets.scrub_certain("ins-12345678"), "ins-12345678");
        // A text that is certainly secret is masked everywhere.
        secrets.add("Canary123");
        assert_eq!(secrets.scrub_certain("xCanary123x"), "x***x");
    }

    #[test]
    fn short_or_similar_texts_are_not_masked() {
        let mut secrets = Secrets::default();
        secrets.add("short");
        secrets.add("Password1!");
        let text = "short texts and LoginSettings.Password";
        assert_eq!(secrets.scrub(text), "short texts and LoginSettings.Password");
        assert_eq!(secrets.scrub_cut("The member `Password1`"), "The member `***`");
    }
}
