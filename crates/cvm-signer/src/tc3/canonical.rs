//! The canonical request: the one text into which client and server both turn a request.

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
    reading: HeaderForm<'a>,
}

impl<'a> CanonicalRequest<'a> {
    /// The canonical request of a request that is to be sent.
    ///
    /// # Errors
    ///
    /// When a part of the request would not be covered by the signature, or cannot be sent.
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

    /// The canonical request of a request that was received, over the headers that its
    /// `Authorization` names.
    ///
    /// # Errors
    ///
    /// When a named header is missing or occurs twice.
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
            reading: HeaderForm { case: Case::Usual, host: None },
        }
    }

    /// The headers under the signature.
    pub const fn signed_headers(&self) -> &SignedHeaders<'a> {
        &self.signed_headers
    }

    /// The hash that stands for the body.
    pub const fn hashed_payload(&self) -> &HexDigest {
        &self.hashed_payload
    }

    /// The hash of the text, which enters the string to sign.
    pub fn hash(&self) -> HexDigest {
        self.text().hash()
    }

    /// The same request, its headers read in another way.
    pub(crate) fn read_as(&self, reading: HeaderForm<'a>) -> Self {
        Self { reading, ..self.clone() }
    }

    /// Writes the whole text into one allocation: feeding the hash piece by piece takes twice as long.
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
            self.reading.push_value(&mut text, &line);
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

/// The text of a canonical request, which holds the names of the signed headers as the header has them.
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

/// How header values enter the text; clients differ, so a server has to try more than one way.
#[derive(Clone, Copy)]
pub(crate) struct HeaderForm<'a> {
    pub(crate) case: Case,
    /// Replaces the value of `Host`.
    pub(crate) host: Option<&'a str>,
}

/// The letters of header values. The documents say lower case, the SDKs lower-case only what the
/// documents' example shows in capitals, and some clients sign values as they send them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// `Content-Type` and `Host` as sent, all others in lower case: how this crate signs.
    Usual,
    Lower,
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
            Case::Usual => !line.is_compulsory,
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
        let refused = |request: Request<'_>| CanonicalRequest::new(&request).err().unwrap();
        let get = Request::get("Limit=1", &HEADERS);
        let post = Request::post(b"{}", &HEADERS);
        assert_eq!(refused(Request { query: "Limit=1", ..post }), SignError::QueryWithPost);
        assert_eq!(refused(Request { payload: post.payload, ..get }), SignError::BodyWithGet);
        for query in ["a=1\nhost:evil", "a=1 2", "\0"] {
            assert_eq!(refused(Request { query, ..get }), SignError::Query);
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
