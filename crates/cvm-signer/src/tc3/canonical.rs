//! Builds the canonical request: the text that client and server both derive from a request.

use alloc::vec::Vec;
use core::{fmt, ops::Range};

use super::{
    Authorization, HeaderError, Payload, Request, SignedHeaders,
    signed_headers::{HeaderLine, as_text, push_lowercase},
};
use crate::{HexDigest, Method, SignError};

/// A canonical request. Prints as its text.
#[derive(Clone)]
pub struct CanonicalRequest<'a> {
    method: Method,
    query: &'a str,
    signed_headers: SignedHeaders<'a>,
    hashed_payload: HexDigest,
    form: HeaderForm<'a>,
}

impl<'a> CanonicalRequest<'a> {
    /// Builds the canonical request of a request to send.
    ///
    /// # Errors
    ///
    /// If the signature would not cover a part of the request, or a part cannot be sent.
    #[inline]
    pub fn new(request: &Request<'a>) -> Result<Self, SignError> {
        match (request.method, request.payload) {
            (Method::Post, _) if !request.query.is_empty() => return Err(SignError::QueryWithPost),
            (Method::Get, Payload::Body(body)) if !body.is_empty() => {
                return Err(SignError::BodyWithGet);
            }
            _ => {}
        }
        if request.query.bytes().any(|byte| byte == b' ' || byte.is_ascii_control()) {
            return Err(SignError::Query);
        }
        Ok(Self::build(request, SignedHeaders::new(request.headers)?))
    }

    /// Builds the canonical request of a received request, from the headers that its `Authorization` names.
    ///
    /// # Errors
    ///
    /// If a named header is missing, occurs twice, or contains a control character.
    pub fn received(
        request: &Request<'a>,
        authorization: &Authorization<'_>,
    ) -> Result<Self, HeaderError> {
        let signed_headers = SignedHeaders::named(authorization.signed_headers(), request.headers)?;
        Ok(Self::build(request, signed_headers))
    }

    #[inline]
    fn build(request: &Request<'a>, signed_headers: SignedHeaders<'a>) -> Self {
        Self {
            method: request.method,
            query: if request.method == Method::Get { request.query } else { "" },
            signed_headers,
            hashed_payload: request.hashed_payload(),
            form: HeaderForm { case: Case::Sdk, host: None },
        }
    }

    /// The headers that the signature covers.
    pub const fn signed_headers(&self) -> &SignedHeaders<'a> {
        &self.signed_headers
    }

    /// The hash of the body.
    pub const fn hashed_payload(&self) -> &HexDigest {
        &self.hashed_payload
    }

    /// The hash of the text, which is a part of the string to sign.
    pub fn hash(&self) -> HexDigest {
        self.text().hash()
    }

    /// The same request with another form of its header values.
    pub(crate) fn with_form(&self, form: HeaderForm<'a>) -> Self {
        Self { form, ..self.clone() }
    }

    /// Writes the whole text into one allocation. To hash it piece by piece takes twice as long.
    pub(crate) fn text(&self) -> CanonicalText {
        let mut text = Vec::with_capacity(
            "POST\n/\n\n\n\n".len()
                + self.query.len()
                + self.signed_headers.capacity()
                + self.hashed_payload.as_bytes().len(),
        );
        text.extend_from_slice(match self.method {
            Method::Get => b"GET\n/\n",
            Method::Post => b"POST\n/\n",
        });
        text.extend_from_slice(self.query.as_bytes());
        text.push(b'\n');
        for line in self.signed_headers.lines() {
            push_lowercase(&mut text, line.name);
            text.push(b':');
            self.form.push_value(&mut text, &line);
            text.push(b'\n');
        }
        text.push(b'\n');
        let names_start = text.len();
        self.signed_headers.push_names(&mut text);
        let names = names_start..text.len();
        text.push(b'\n');
        text.extend_from_slice(self.hashed_payload.as_bytes());
        CanonicalText { text, names }
    }
}

/// The text of a canonical request. Keeps where the names of the signed headers are in it, for the
/// `Authorization` header.
pub(crate) struct CanonicalText {
    text: Vec<u8>,
    names: Range<usize>,
}

impl CanonicalText {
    pub(crate) fn hash(&self) -> HexDigest {
        HexDigest::sha256(&self.text)
    }

    pub(crate) fn names(&self) -> &[u8] {
        self.text.get(self.names.clone()).unwrap_or_default()
    }
}

impl fmt::Display for CanonicalRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(as_text(&self.text().text))
    }
}

/// How header values are written into the text. Clients differ, so a server has to try several forms.
#[derive(Clone, Copy)]
pub(crate) struct HeaderForm<'a> {
    pub(crate) case: Case,
    /// Replaces the value of `Host`.
    pub(crate) host: Option<&'a str>,
}

/// Which header values are lowercased. The documentation says all; the SDKs lowercase only the values that
/// its example shows with capitals; some clients sign all values as they send them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// `Content-Type` and `Host` as sent, all others in lower case, as this crate signs.
    Sdk,
    /// All values in lower case.
    Lower,
    /// All values as sent.
    AsSent,
}

impl HeaderForm<'_> {
    fn push_value(&self, text: &mut Vec<u8>, line: &HeaderLine<'_>) {
        let value = match self.host {
            Some(host) if line.name.eq_ignore_ascii_case("host") => host,
            _ => line.value,
        };
        let lower = match self.case {
            Case::Lower => true,
            Case::AsSent => false,
            Case::Sdk => !line.is_required,
        };
        if lower { push_lowercase(text, value) } else { text.extend_from_slice(value.as_bytes()) }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    const HEADERS: [(&str, &str); 3] = [
        ("Host", " CVM.example:8080 "),
        ("X-TC-Action", "RunInstances"),
        ("Content-Type", "multipart/form-data; boundary=AbC"),
    ];

    #[test]
    fn values_of_required_headers_keep_their_case() {
        let request = CanonicalRequest::new(&Request::post(b"{}", &HEADERS)).unwrap();
        let text = "POST\n/\n\ncontent-type:multipart/form-data; boundary=AbC\nhost:CVM.example:8080\n\
                    x-tc-action:runinstances\n\ncontent-type;host;x-tc-action\n\
                    44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(request.to_string(), text);
        assert_eq!(request.hash(), HexDigest::sha256(text.as_bytes()));
    }

    #[test]
    fn unsigned_parts_are_rejected() {
        let error_of = |request: Request<'_>| CanonicalRequest::new(&request).err().unwrap();
        let get = Request::get("Limit=1", &HEADERS);
        let post = Request::post(b"{}", &HEADERS);
        assert_eq!(error_of(Request { query: "Limit=1", ..post }), SignError::QueryWithPost);
        assert_eq!(error_of(Request { payload: post.payload, ..get }), SignError::BodyWithGet);
        for query in ["a=1\nhost:evil", "a=1 2", "\0"] {
            assert_eq!(error_of(Request { query, ..get }), SignError::Query);
        }
    }

    #[test]
    fn hashed_payload_replaces_its_body() {
        let post = Request::post(b"{}", &HEADERS);
        let hash = HexDigest::sha256(b"{}");
        let hashed = Request { payload: Payload::Hashed(&hash), ..post };
        assert_eq!(hashed.hashed_payload(), post.hashed_payload());
        assert_ne!(post.unsigned_payload().hashed_payload(), post.hashed_payload());
    }
}
