//! The headers that a signature covers, with lower-case names sorted by bytes.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::{cmp::Ordering, fmt};

/// Maximum number of headers that one signature covers. A request has about a dozen.
pub const MAX_SIGNED_HEADERS: usize = 32;

/// Headers that every signature has to cover, so that a request cannot be replayed to another host or
/// parsed as another content type.
pub(crate) const REQUIRED_HEADERS: [&str; 2] = ["content-type", "host"];

/// The headers that a signature covers, sorted by their lower-case names. Prints as `content-type;host`.
#[derive(Clone)]
pub struct SignedHeaders<'a> {
    headers: &'a [(&'a str, &'a str)],
    /// Indexes into `headers`, in signing order. A copy of the headers would cost more than the sort.
    order: [u8; MAX_SIGNED_HEADERS],
    len: usize,
    /// The indexes of the [`REQUIRED_HEADERS`].
    required: [u8; 2],
    /// Total length of all names and values, or more.
    text_len: usize,
}

impl<'a> SignedHeaders<'a> {
    /// Sorts the headers to sign.
    ///
    /// # Errors
    ///
    /// If `Content-Type` or `Host` is missing, a name is given twice, a name or value contains a character
    /// that is not allowed in a header, or there are more than [`MAX_SIGNED_HEADERS`].
    #[inline]
    pub fn new(headers: &'a [(&'a str, &'a str)]) -> Result<Self, HeaderError> {
        let mut order = [0; MAX_SIGNED_HEADERS];
        let mut text_len = 0;
        for (at, (name, value)) in headers.iter().enumerate() {
            if name.is_empty() || !name.bytes().all(is_token) {
                return Err(HeaderError::Name((*name).into()));
            }
            check_value(name, value)?;
            insert(headers, &mut order, at)?;
            text_len += name.len() + value.len();
        }
        let required = find_required(headers)?;
        Ok(Self { headers, order, len: headers.len(), required, text_len })
    }

    /// Selects the headers that an `Authorization` header names from all headers of its request.
    ///
    /// # Errors
    ///
    /// If a named header is missing, contains a control character, or occurs twice, so that it is unclear
    /// which value was signed.
    pub fn named(names: &str, headers: &'a [(&'a str, &'a str)]) -> Result<Self, HeaderError> {
        let mut signed = Self {
            headers,
            order: [0; MAX_SIGNED_HEADERS],
            len: 0,
            required: find_required(headers)?,
            text_len: names.len(),
        };
        for name in names.split(';') {
            let is_named =
                |(_, (given, _)): &(usize, &(&str, &str))| given.eq_ignore_ascii_case(name);
            let mut found = headers.iter().enumerate().filter(is_named);
            let (at, value) = match (found.next(), found.next()) {
                (Some((at, (_, value))), None) => (at, value),
                (Some(_), Some(_)) => return Err(HeaderError::Repeated(name.into())),
                (None, _) => return Err(HeaderError::Missing(name.into())),
            };
            check_value(name, value)?;
            let free = signed.order.get_mut(signed.len).ok_or(HeaderError::TooMany)?;
            *free = u8::try_from(at).map_err(|_| HeaderError::TooMany)?;
            signed.len += 1;
            signed.text_len += value.len();
        }
        Ok(signed)
    }

    /// Names as given and values without surrounding whitespace, in signing order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.lines().map(|line| (line.name, line.value))
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = HeaderLine<'a>> {
        self.order.iter().take(self.len).filter_map(|at| {
            let (name, value) = self.headers.get(usize::from(*at))?;
            let value = value.trim_ascii();
            Some(HeaderLine { name, value, is_required: self.required.contains(at) })
        })
    }

    /// Maximum length in bytes of the header lines and the names in a canonical request.
    pub(crate) const fn capacity(&self) -> usize {
        2 * self.text_len + 3 * self.len
    }

    /// Appends the names as printed.
    pub(crate) fn push_names(&self, text: &mut Vec<u8>) {
        let before = text.len();
        for at in self.order.iter().take(self.len) {
            if text.len() > before {
                text.push(b';');
            }
            push_lowercase(text, self.headers.get(usize::from(*at)).map_or("", |(name, _)| name));
        }
    }
}

/// One signed header.
pub(crate) struct HeaderLine<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
    pub(crate) is_required: bool,
}

impl fmt::Display for SignedHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Vec::with_capacity(self.capacity());
        self.push_names(&mut names);
        f.write_str(as_text(&names))
    }
}

fn find_required(headers: &[(&str, &str)]) -> Result<[u8; 2], HeaderError> {
    let find = |name: &str| {
        // Most names are in lower case already, and the exact comparison is faster.
        let matches = |given: &str| given == name || given.eq_ignore_ascii_case(name);
        let found = headers.iter().position(|(given, _)| matches(given));
        let at = found.ok_or_else(|| HeaderError::Missing(name.into()))?;
        u8::try_from(at).map_err(|_| HeaderError::TooMany)
    };
    let [content_type, host] = REQUIRED_HEADERS;
    Ok([find(content_type)?, find(host)?])
}

/// Inserts header `at` into the sorted ones before it. It stays last if the caller passes sorted headers.
fn insert(
    headers: &[(&str, &str)],
    order: &mut [u8; MAX_SIGNED_HEADERS],
    at: usize,
) -> Result<(), HeaderError> {
    let name = |at: usize| headers.get(at).map_or("", |(name, _)| *name);
    let mut place = at;
    for (index, other) in order.iter().enumerate().take(at).rev() {
        match compare(name(usize::from(*other)), name(at)) {
            Ordering::Less => break,
            Ordering::Equal => return Err(HeaderError::Repeated(lowercase(name(at)))),
            Ordering::Greater => place = index,
        }
    }
    let moved = order.get_mut(place..=at).ok_or(HeaderError::TooMany)?;
    moved.rotate_right(1);
    if let Some(free) = moved.first_mut() {
        *free = u8::try_from(at).map_err(|_| HeaderError::TooMany)?;
    }
    Ok(())
}

/// Rejects control characters. A line feed would make one value look like two headers.
fn check_value(name: &str, value: &str) -> Result<(), HeaderError> {
    // No early exit, so that the loop vectorizes. Header values are short.
    let is_bad = |byte: u8| byte != b'\t' && byte.is_ascii_control();
    if value.bytes().fold(false, |bad, byte| bad | is_bad(byte)) {
        Err(HeaderError::Value(lowercase(name)))
    } else {
        Ok(())
    }
}

/// Appends text in ASCII lower case.
pub(crate) fn push_lowercase(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().map(|byte| byte.to_ascii_lowercase()));
}

/// Converts bytes that were assembled from whole strings.
pub(crate) fn as_text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or("")
}

fn lowercase(name: &str) -> Box<str> {
    String::from(name).to_ascii_lowercase().into()
}

fn compare(a: &str, b: &str) -> Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    a.bytes().map(lower).cmp(b.bytes().map(lower))
}

/// Whether a byte is allowed in a header name: a `token` of RFC 9110, section 5.6.2.
pub(crate) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// Why headers cannot be signed or verified. Names headers, never their values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderError {
    /// A required or named header is missing.
    Missing(Box<str>),
    /// A header occurs twice.
    Repeated(Box<str>),
    /// A header name contains a character that is not allowed.
    Name(Box<str>),
    /// The value of this header contains a control character.
    Value(Box<str>),
    /// More than [`MAX_SIGNED_HEADERS`].
    TooMany,
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "header {name} is missing: send and sign it"),
            Self::Repeated(name) => write!(f, "header {name} occurs twice: send it once"),
            Self::Name(name) => {
                write!(f, "header name {name:?} is invalid: use letters, digits and hyphens")
            }
            Self::Value(name) => {
                write!(f, "header {name} contains a control character: send plain text")
            }
            Self::TooMany => write!(f, "more than {MAX_SIGNED_HEADERS} signed headers: sign fewer"),
        }
    }
}

impl core::error::Error for HeaderError {}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use super::*;

    #[test]
    fn names_are_sorted_in_lower_case_and_values_trimmed() {
        let headers =
            [("x-tc-action", "A"), ("Host", " h\t"), ("CONTENT-TYPE", "t"), ("X-TC-Aa", "")];
        let signed = SignedHeaders::new(&headers).unwrap();
        assert_eq!(signed.to_string(), "content-type;host;x-tc-aa;x-tc-action");
        let values: Vec<_> = signed.iter().map(|(_, value)| value).collect();
        assert_eq!(values, ["t", "h", "", "A"]);
    }

    #[test]
    fn headers_that_cannot_be_signed_are_rejected() {
        let error_of = |extra: &[(&str, &str)]| {
            let headers: Vec<_> =
                [("content-type", "t"), ("host", "h")].iter().chain(extra).copied().collect();
            SignedHeaders::new(&headers).err().unwrap()
        };
        assert_eq!(error_of(&[("HOST", "h")]), HeaderError::Repeated("host".into()));
        assert_eq!(error_of(&[("x-y", "a\nhost:evil")]), HeaderError::Value("x-y".into()));
        assert_eq!(error_of(&[("x:y", "a")]), HeaderError::Name("x:y".into()));
        assert_eq!(error_of(&[("x;y", "a")]), HeaderError::Name("x;y".into()));
        assert_eq!(error_of(&[("", "a")]), HeaderError::Name("".into()));
        let names: Vec<_> = (0..MAX_SIGNED_HEADERS).map(|n| format!("x-{n}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert_eq!(error_of(&many), HeaderError::TooMany);

        let missing = |headers| SignedHeaders::new(headers).err().unwrap();
        assert_eq!(missing(&[("host", "h")]), HeaderError::Missing("content-type".into()));
        assert_eq!(missing(&[("content-type", "t")]), HeaderError::Missing("host".into()));
    }

    #[test]
    fn exactly_the_named_headers_are_signed() {
        let headers = [("Accept", "*"), ("Host", "h"), ("Content-Type", "t"), ("accept", "x")];
        let signed = SignedHeaders::named("content-type;host", &headers).unwrap();
        assert_eq!(signed.to_string(), "content-type;host");
        let error_of = |names| SignedHeaders::named(names, &headers).err().unwrap();
        assert_eq!(error_of("accept;host"), HeaderError::Repeated("accept".into()));
        assert_eq!(error_of("host;x-tc-action"), HeaderError::Missing("x-tc-action".into()));
    }

    #[test]
    fn header_name_characters_are_those_of_http() {
        let tokens: String = (0..=255u8).filter(|byte| is_token(*byte)).map(char::from).collect();
        assert_eq!(
            tokens,
            "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~"
        );
    }

    #[test]
    fn lower_case_changes_only_capitals() {
        for text in ["", "A", "aB", "DescribeInstances", "ÄÖé Z", "ends WITH X"] {
            let mut out = b"BEFORE".to_vec();
            push_lowercase(&mut out, text);
            assert_eq!(as_text(&out), format!("BEFORE{}", text.to_ascii_lowercase()));
        }
    }
}
