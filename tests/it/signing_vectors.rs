//! The signatures of the official SDKs, replayed as raw requests at their own time.
//!
//! Client and emulator share the signer. These requests were signed by other programs, so an error that both
//! sides make is found here. `tampering` then changes single bytes of them.

use std::fs;

use bytes::Bytes;
use cvm_emulator::Emulator;
use cvm_models::Credential;
use http::Request;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cloud::{ApiResponse, Cloud, SECRET_ID, SECRET_KEY};

/// One request of `fixtures/signing-vectors.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Vector {
    pub id: String,
    pub gateway: String,
    pub signature_method: String,
    pub method: String,
    pub host: String,
    pub path: String,
    pub service: String,
    pub timestamp: u64,
    /// Null only in the unsigned call.
    pub secret_id: Option<String>,
    pub secret_key: Option<String>,
    pub token: Option<String>,
    pub unsigned_payload: bool,
    pub headers: Map<String, Value>,
    pub query: String,
    pub body: String,
    pub signed_params: Option<Vec<(String, String)>>,
}

/// All signing vectors.
pub fn vectors() -> Vec<Vector> {
    #[derive(Deserialize)]
    struct File {
        signing: Vec<Vector>,
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/signing-vectors.json");
    let file: File = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    file.signing
}

impl Vector {
    pub fn is_tc3(&self) -> bool {
        self.signature_method == "TC3-HMAC-SHA256"
    }

    /// The one call without a signature. It belongs to another service.
    pub fn is_unsigned(&self) -> bool {
        self.signature_method == "SKIP"
    }

    pub fn is_old_gateway(&self) -> bool {
        self.gateway == "v2"
    }

    /// A cloud with only this credential, at this time.
    pub fn cloud(&self) -> Cloud {
        let id = self.secret_id.as_deref().unwrap_or(SECRET_ID);
        let key = self.secret_key.as_deref().unwrap_or(SECRET_KEY);
        let credential = match &self.token {
            Some(token) => Credential::temporary(id, key, token.as_str()),
            None => Credential::new(id, key),
        };
        let now = self.timestamp;
        let builder = Emulator::builder().seed(7).manual().wall_clock(move || now);
        Cloud::of(builder.credential(credential.unwrap()))
    }

    /// The request as it was sent.
    pub fn wire(&self) -> Wire {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        // The vectors of the dialects that sign no header leave it to the HTTP library.
        if !self.headers.contains_key("Host") {
            headers.push(("Host".to_owned(), self.host.clone()));
        }
        Wire {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers,
            body: self.body.clone().into_bytes(),
        }
    }
}

/// A request in parts that can be changed one by one.
#[derive(Clone, Debug)]
pub struct Wire {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Wire {
    pub fn request(&self) -> Request<Bytes> {
        let uri = match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        };
        let request = Request::builder().method(self.method.as_str()).uri(uri);
        let headers = self.headers.iter();
        let request = headers.fold(request, |request, (name, value)| {
            request.header(name.as_str(), value.as_bytes())
        });
        request.body(self.body.clone().into()).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        &found.unwrap().1
    }

    pub fn set_header(&mut self, name: &str, value: String) {
        let found = self.headers.iter_mut().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.unwrap().1 = value;
    }
}

/// Whether the signature was accepted: every later error is about something else.
pub fn is_authenticated(response: &ApiResponse) -> bool {
    !response.code().is_some_and(|code| code.starts_with("AuthFailure"))
}

#[tokio::test]
async fn official_signatures_are_accepted() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 64);
    assert_eq!(vectors.iter().filter(|vector| vector.is_unsigned()).count(), 1);
    let mut outcomes = String::new();
    for vector in vectors.iter().filter(|vector| !vector.is_unsigned()) {
        let response = vector.cloud().send(vector.wire().request()).await;
        let id = &vector.id;
        assert!(is_authenticated(&response), "{id}: {}", response.message());
        if vector.service != "cvm" {
            // Another service. This cloud does not have the account of the role that it names.
            assert_eq!(response.code(), Some("InvalidParameter.AccountNotAvaliable"), "{id}");
        }
        outcomes += &format!("{id}: {}\n", response.code().unwrap_or("done"));
    }
    insta::assert_snapshot!(outcomes);
}

#[tokio::test]
async fn unsigned_request_is_accepted_with_a_known_token_only() {
    let vector = vectors().into_iter().find(Vector::is_unsigned).unwrap();
    assert_eq!(vector.wire().header("Authorization"), "SKIP");
    let response = vector.cloud().send(vector.wire().request()).await;
    assert_eq!(response.code(), Some("InvalidParameter.WebIdentityTokenError"));
    let knowing = Cloud::of(Emulator::builder().seed(7).web_identity_token("eyJEXAMPLE"));
    let response = knowing.send(vector.wire().request()).await;
    assert_eq!(response.code(), None, "{}", response.message());
}

#[tokio::test]
async fn signature_expires_after_five_minutes() {
    for vector in vectors().iter().filter(|vector| !vector.is_unsigned()) {
        for (late, accepted) in [(-301i64, false), (-300, true), (300, true), (301, false)] {
            let now = vector.timestamp.checked_add_signed(late).unwrap();
            let id = &vector.id;
            let later = Vector { timestamp: now, ..vector.clone() };
            let response = later.cloud().send(vector.wire().request()).await;
            assert_eq!(
                is_authenticated(&response),
                accepted,
                "{id} {late} s: {}",
                response.message()
            );
            if !accepted {
                assert_eq!(response.code(), Some("AuthFailure.SignatureExpire"), "{id} {late} s");
            }
        }
    }
}

#[tokio::test]
async fn signature_of_another_key_is_refused() {
    for vector in vectors().iter().filter(|vector| !vector.is_unsigned()) {
        let expected = |code| if vector.is_old_gateway() { "AuthFailure" } else { code };
        let other_key = Vector { secret_key: Some("another-key".to_owned()), ..vector.clone() };
        let response = other_key.cloud().send(vector.wire().request()).await;
        let id = &vector.id;
        assert_eq!(response.code(), Some(expected("AuthFailure.SignatureFailure")), "{id}");
        let other_id = Vector { secret_id: Some("AKIDanother".to_owned()), ..vector.clone() };
        let response = other_id.cloud().send(vector.wire().request()).await;
        assert_eq!(response.code(), Some(expected("AuthFailure.SecretIdNotFound")), "{id}");
        // The message explains the error without showing the key.
        assert!(
            !response.message().contains(vector.secret_key.as_deref().unwrap()),
            "{id}: {}",
            response.message()
        );
    }
}
