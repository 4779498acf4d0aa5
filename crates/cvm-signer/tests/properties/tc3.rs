//! TC3: the signature covers every signed part, and verification checks every covered part.

use cvm_signer::{
    Credential, Method, SignError, tc3,
    verify::{self, VerifyError, VerifyingKey},
};
use proptest::{prelude::*, sample::Index};

use crate::{DAY, LAST_DAY, change, credential};

#[derive(Clone, Debug)]
pub struct Tc3 {
    pub credential: Credential,
    pub service: String,
    pub timestamp: u64,
    pub method: Method,
    pub query: String,
    pub body: Vec<u8>,
    pub unsigned_payload: bool,
    pub headers: Vec<(String, String)>,
}

impl Tc3 {
    pub fn with_request<T>(&self, f: impl FnOnce(&tc3::Request<'_>) -> T) -> T {
        let headers: Vec<_> = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let request = match self.method {
            Method::Get => tc3::Request::get(&self.query, &headers),
            Method::Post => tc3::Request::post(&self.body, &headers),
        };
        f(&if self.unsigned_payload { request.unsigned_payload() } else { request })
    }

    pub fn sign(&self) -> String {
        self.with_request(|request| {
            tc3::sign(&self.credential, &self.service, self.timestamp, request).unwrap()
        })
    }

    /// Verifies like a server that knows the credential.
    pub fn verify(&self, authorization: &str) -> Result<(), VerifyError> {
        let authorization = tc3::Authorization::parse(authorization).expect("readable");
        let key = VerifyingKey::derive(Some(&self.credential), authorization.scope());
        self.with_request(|request| verify::tc3(&key, &authorization, self.timestamp, request))
    }
}

prop_compose! {
    pub fn tc3_request()(
        credential in credential(),
        service in "[a-z][a-z0-9-]{0,40}",
        timestamp in 0..(LAST_DAY + 1) * DAY,
        method in prop_oneof![Just(Method::Get), Just(Method::Post)],
        query in "[!-~]{1,200}",
        body in prop::collection::vec(any::<u8>(), 1..700),
        unsigned_payload in prop::bool::weighted(0.1),
        content_type in "[a-zA-Z/;= -]{0,30}[a-z]",
        host in "[a-zA-Z0-9.-]{1,40}(:[0-9]{1,5})?",
        others in prop::collection::btree_map("[Xx]-[a-zA-Z0-9-]{1,12}", "[ -~]{0,40}", 0..6),
        at in any::<Index>(),
    ) -> Tc3 {
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, value) in others {
            if !headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(&name)) {
                headers.push((name, value));
            }
        }
        headers.insert(at.index(headers.len() + 1), ("Content-Type".into(), content_type));
        headers.insert(at.index(headers.len() + 1), ("Host".into(), host));
        Tc3 { credential, service, timestamp, method, query, body, unsigned_payload, headers }
    }
}

proptest! {
    #[test]
    fn signed_requests_verify(case in tc3_request()) {
        prop_assert_eq!(case.verify(&case.sign()), Ok(()));
    }

    #[test]
    fn order_and_case_of_headers_do_not_matter(case in tc3_request()) {
        let signed = case.sign();
        let mut moved = case.clone();
        moved.headers.reverse();
        moved.headers.iter_mut().for_each(|(name, _)| *name = name.to_uppercase());
        prop_assert_eq!(moved.sign(), signed.clone());
        moved.headers.push(("X-Added-On-The-Way".into(), "1".into()));
        moved.headers.iter_mut().for_each(|(_, value)| *value = format!(" \t{value} "));
        prop_assert_eq!(moved.verify(&signed), Ok(()));
    }

    #[test]
    fn changed_body_or_query_is_rejected(case in tc3_request(), at in any::<Index>()) {
        let signed = case.sign();
        let mut changed = case.clone();
        match case.method {
            Method::Get => changed.query = change(&case.query, &at),
            Method::Post => {
                let at = at.index(case.body.len());
                changed.body[at] ^= 1 << (at % 8);
            }
        }
        let expected = match (case.method, case.unsigned_payload) {
            (Method::Post, true) => Ok(()),
            _ => Err(VerifyError::Signature),
        };
        prop_assert_eq!(changed.verify(&signed), expected);
    }

    #[test]
    fn unsigned_query_or_body_is_rejected(case in tc3_request()) {
        let signed = case.sign();
        let authorization = tc3::Authorization::parse(&signed).expect("readable");
        let key = VerifyingKey::derive(Some(&case.credential), authorization.scope());
        let result = case.with_request(|request| {
            let added = match case.method {
                Method::Post => tc3::Request { query: &case.query, ..*request },
                Method::Get => tc3::Request { payload: tc3::Payload::Body(&case.body), ..*request },
            };
            verify::tc3(&key, &authorization, case.timestamp, &added)
        });
        let expected = match case.method {
            Method::Post => VerifyError::UnsignedQuery,
            Method::Get => VerifyError::UnsignedBody,
        };
        prop_assert_eq!(result, Err(expected.clone()));
        prop_assert_eq!(verify::covered(case.method, &case.query, &case.body), Err(expected));
    }

    #[test]
    fn changed_header_is_rejected(case in tc3_request(), which in any::<Index>(), at in any::<Index>()) {
        let signed = case.sign();
        let mut changed = case.clone();
        let (_, value) = &mut changed.headers[which.index(case.headers.len())];
        *value = if value.is_empty() { "7".into() } else { change(value, &at) };
        prop_assert_eq!(changed.verify(&signed), Err(VerifyError::Signature));
    }

    #[test]
    fn removed_or_repeated_header_is_rejected(case in tc3_request(), which in any::<Index>()) {
        let signed = case.sign();
        let which = which.index(case.headers.len());
        let mut repeated = case.clone();
        repeated.headers.push(case.headers[which].clone());
        let name = case.headers[which].0.to_ascii_lowercase();
        let error = tc3::HeaderError::Repeated(name.clone().into());
        prop_assert_eq!(repeated.verify(&signed), Err(VerifyError::Header(error)));
        let mut removed = case.clone();
        removed.headers.remove(which);
        let error = tc3::HeaderError::Missing(name.into());
        prop_assert_eq!(removed.verify(&signed), Err(VerifyError::Header(error)));
    }

    #[test]
    fn changed_method_time_secret_or_payload_mode_is_rejected(
        case in tc3_request(),
        other in credential(),
    ) {
        let signed = case.sign();
        let mut changed = case.clone();
        changed.method = if case.method == Method::Get { Method::Post } else { Method::Get };
        prop_assert_eq!(changed.verify(&signed), Err(VerifyError::Signature));

        let mut changed = case.clone();
        // One second on or back, within the same day.
        changed.timestamp = if case.timestamp % DAY == 0 { case.timestamp + 1 } else { case.timestamp - 1 };
        prop_assert_eq!(changed.verify(&signed), Err(VerifyError::Signature));

        let mut changed = case.clone();
        changed.unsigned_payload = !case.unsigned_payload;
        prop_assert_eq!(changed.verify(&signed), Err(VerifyError::Signature));

        prop_assume!(other.secret_key() != case.credential.secret_key());
        let changed = Tc3 { credential: other, ..case };
        prop_assert_eq!(changed.verify(&signed), Err(VerifyError::Signature));
    }

    #[test]
    fn changed_authorization_is_rejected(case in tc3_request(), at in any::<Index>()) {
        let signed = case.sign();
        // Every byte matters but those of the id, which names the secret and is not signed.
        let end_of_id = signed.find('/').unwrap();
        let (fixed, signed_part) = signed.split_at(end_of_id);
        let text = format!("{fixed}{}", change(signed_part, &at));
        if let Ok(authorization) = tc3::Authorization::parse(&text) {
            let key = VerifyingKey::derive(Some(&case.credential), authorization.scope());
            let result =
                case.with_request(|request| verify::tc3(&key, &authorization, case.timestamp, request));
            prop_assert!(result.is_err(), "{}", text);
        }
    }

    #[test]
    fn header_parsers_never_panic(value in "(TC3-HMAC-SHA256 )?[ -~\u{e9}]{0,120}") {
        let _ = tc3::Authorization::parse(&value);
    }
}

#[test]
fn key_of_another_secret_does_not_sign() {
    let headers = [("content-type", "application/json"), ("host", "cvm.example")];
    let request = tc3::Request::post(b"{}", &headers);
    let old = Credential::new("AKIDEXAMPLE", "old").unwrap();
    let new = Credential::new("AKIDEXAMPLE", "new").unwrap();
    let key = tc3::SigningKey::derive(&old, &tc3::CredentialScope::at(0, "cvm").unwrap());
    assert_eq!(tc3::sign_with_key(&key, &new, 0, &request), Err(SignError::KeySecret));
}
