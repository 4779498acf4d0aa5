//! What holds for every request: signed is accepted, and one byte of difference is refused.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use cvm_signer::{
    Credential, HexDigest, KeyCache, Method, SignError, tc3, v1,
    verify::{self, VerifyError, VerifyingKey},
};
use proptest::{prelude::*, sample::Index};

const DAY: u64 = 86_400;
/// The last day that four digits of a year can name.
const LAST_DAY: u64 = 2_932_896;

#[derive(Clone, Debug)]
struct Tc3 {
    credential: Credential,
    service: String,
    timestamp: u64,
    method: Method,
    query: String,
    body: Vec<u8>,
    unsigned_payload: bool,
    headers: Vec<(String, String)>,
}

impl Tc3 {
    fn with_request<T>(&self, use_it: impl FnOnce(&tc3::Request<'_>) -> T) -> T {
        let headers: Vec<_> = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let request = match self.method {
            Method::Get => tc3::Request::get(&self.query, &headers),
            Method::Post => tc3::Request::post(&self.body, &headers),
        };
        use_it(&if self.unsigned_payload { request.unsigned_payload() } else { request })
    }

    fn sign(&self) -> String {
        self.with_request(|request| {
            tc3::sign(&self.credential, &self.service, self.timestamp, request).unwrap()
        })
    }

    /// What a server says that knows the credential.
    fn verify(&self, authorization: &str) -> Result<(), VerifyError> {
        let authorization = tc3::Authorization::parse(authorization).expect("readable");
        let key = VerifyingKey::derive(Some(&self.credential), authorization.scope());
        self.with_request(|request| verify::tc3(&key, &authorization, self.timestamp, request))
    }
}

prop_compose! {
    fn credential()(key in "[!-~]([ -~]{0,90}[!-~])?") -> Credential {
        Credential::new("AKIDEXAMPLE", key).unwrap()
    }
}

prop_compose! {
    fn tc3_request()(
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

/// Another character that is no variant of the same one: not its other case, and no blank, which could
/// be trimmed.
fn other_than(byte: u8) -> u8 {
    if byte == b'7' { b'8' } else { b'7' }
}

fn change(text: &str, at: &Index) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = at.index(bytes.len());
    bytes[at] = other_than(bytes[at]);
    String::from_utf8(bytes).expect("ASCII")
}

proptest! {
    #[test]
    fn what_is_signed_is_accepted(case in tc3_request()) {
        prop_assert_eq!(case.verify(&case.sign()), Ok(()));
    }

    #[test]
    fn order_and_case_of_headers_are_free(case in tc3_request()) {
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
    fn a_changed_body_or_query_is_refused(case in tc3_request(), at in any::<Index>()) {
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
    fn a_changed_header_is_refused(case in tc3_request(), which in any::<Index>(), at in any::<Index>()) {
        let signed = case.sign();
        let mut changed = case.clone();
        let (_, value) = &mut changed.headers[which.index(case.headers.len())];
        *value = if value.is_empty() { "7".into() } else { change(value, &at) };
        prop_assert_eq!(changed.verify(&signed), Err(VerifyError::Signature));
    }

    #[test]
    fn a_removed_or_repeated_header_is_refused(case in tc3_request(), which in any::<Index>()) {
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
    fn a_changed_method_time_secret_or_payload_mode_is_refused(
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
    fn a_changed_authorization_is_refused(case in tc3_request(), at in any::<Index>()) {
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
    fn readers_of_headers_never_panic(value in "(TC3-HMAC-SHA256 )?[ -~\u{e9}]{0,120}") {
        let _ = tc3::Authorization::parse(&value);
    }

    #[test]
    fn a_cached_key_signs_as_a_derived_one(
        case in tc3_request(),
        days in prop::collection::vec(0u64..3, 1..12),
        secrets in prop::collection::vec(credential(), 1..4),
    ) {
        let mut cache = KeyCache::with_capacity(3);
        for (turn, day) in days.into_iter().enumerate() {
            let credential = &secrets[turn % secrets.len()];
            let timestamp = day * DAY + turn as u64;
            let scope = tc3::CredentialScope::at(timestamp, &case.service).unwrap();
            let expected = case
                .with_request(|request| tc3::sign(credential, &case.service, timestamp, request));
            let key = cache.key(credential, &scope);
            let signed =
                case.with_request(|request| tc3::sign_with_key(key, credential, timestamp, request));
            prop_assert_eq!(signed, expected);
        }
    }

    #[test]
    fn scope_and_timestamp_change_together_at_midnight(
        case in tc3_request(),
        day in 1..=LAST_DAY,
        before in 1..DAY,
        after in 0..DAY,
    ) {
        let evening = Tc3 { timestamp: day * DAY - before, ..case.clone() };
        let morning = Tc3 { timestamp: day * DAY + after, ..case };
        prop_assert_eq!(evening.verify(&evening.sign()), Ok(()));
        prop_assert_eq!(morning.verify(&morning.sign()), Ok(()));
        prop_assert_eq!(morning.verify(&evening.sign()), Err(VerifyError::ScopeDate));
        prop_assert_eq!(evening.verify(&morning.sign()), Err(VerifyError::ScopeDate));

        let scope = tc3::CredentialScope::at(evening.timestamp, &evening.service).unwrap();
        let stale = tc3::SigningKey::derive(&evening.credential, &scope);
        let signed = morning.with_request(|request| {
            tc3::sign_with_key(&stale, &morning.credential, morning.timestamp, request)
        });
        prop_assert_eq!(signed, Err(SignError::KeyDate));
    }

    #[test]
    fn the_clock_window_is_closed_and_symmetric(now in any::<u64>(), apart in any::<u64>()) {
        let window = verify::CLOCK_WINDOW;
        for timestamp in [now.checked_add(apart), now.checked_sub(apart)].into_iter().flatten() {
            let expected = if apart <= 300 { Ok(()) } else { Err(VerifyError::Clock) };
            prop_assert_eq!(verify::clock(now, timestamp, window), expected);
        }
        for (timestamp, fits) in [(1000, true), (700, true), (1300, true), (699, false), (1301, false)] {
            prop_assert_eq!(verify::clock(1000, timestamp, window).is_ok(), fits);
        }
    }
}

#[test]
fn a_key_of_another_secret_does_not_sign() {
    let headers = [("content-type", "application/json"), ("host", "cvm.example")];
    let request = tc3::Request::post(b"{}", &headers);
    let old = Credential::new("AKIDEXAMPLE", "old").unwrap();
    let new = Credential::new("AKIDEXAMPLE", "new").unwrap();
    let key = tc3::SigningKey::derive(&old, &tc3::CredentialScope::at(0, "cvm").unwrap());
    assert_eq!(tc3::sign_with_key(&key, &new, 0, &request), Err(SignError::KeySecret));
}

/// Signs a text that this crate's signer would not write, as another client might.
fn sign_foreign(credential: &Credential, canonical_request: &str, names: &str) -> String {
    let scope = tc3::CredentialScope::at(DAY, "cvm").unwrap();
    let hash = HexDigest::sha256(canonical_request.as_bytes());
    let signature = tc3::SigningKey::derive(credential, &scope)
        .sign(&tc3::StringToSign::new(DAY, &scope, &hash));
    format!(
        "TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={names}, Signature={signature}"
    )
}

#[test]
fn other_clients_readings_of_headers_are_accepted() {
    let credential = Credential::new("AKIDEXAMPLE", "key").unwrap();
    let received = [
        ("Host", "[::1]:8080"),
        ("Content-Type", "Application/JSON"),
        ("X-TC-Action", "RunInstances"),
        ("Accept", "*/*"),
    ];
    let body_hash = HexDigest::sha256(b"{}");
    for content_type in ["Application/JSON", "application/json", "application/Json"] {
        for host in ["[::1]:8080", "[::1]", "[:"] {
            for action in ["RunInstances", "runinstances"] {
                let names = "content-type;host;x-tc-action";
                let text = format!(
                    "POST\n/\n\ncontent-type:{content_type}\nhost:{host}\nx-tc-action:{action}\n\n\
                     {names}\n{body_hash}"
                );
                let value = sign_foreign(&credential, &text, names);
                let authorization = tc3::Authorization::parse(&value).unwrap();
                let key = VerifyingKey::derive(Some(&credential), authorization.scope());
                let request = tc3::Request::post(b"{}", &received);
                let accepted = verify::tc3(&key, &authorization, DAY, &request).is_ok();
                let legitimate = content_type != "application/Json"
                    && host != "[:"
                    // Nobody lower-cases the content type and leaves the action as it is.
                    && (content_type, action) != ("application/json", "RunInstances");
                assert_eq!(accepted, legitimate, "{text}");
            }
        }
    }
}

#[derive(Clone, Debug)]
struct V1 {
    credential: Credential,
    method: Method,
    host: String,
    path: &'static str,
    params: Vec<(String, String)>,
}

impl V1 {
    fn request(&self) -> v1::Request<'_, String, String> {
        v1::Request { method: self.method, host: &self.host, path: self.path, params: &self.params }
    }

    /// The same request as it is sent.
    fn signed(&self) -> Self {
        let signature = v1::sign(&self.credential, &self.request()).unwrap();
        let mut sent = self.clone();
        sent.params.push((v1::SIGNATURE.into(), signature.to_string()));
        sent
    }

    fn verify(&self) -> Result<(), VerifyError> {
        verify::v1(Some(&self.credential), &self.request())
    }
}

prop_compose! {
    fn v1_request()(
        credential in credential(),
        method in prop_oneof![Just(Method::Get), Just(Method::Post)],
        host in "[a-z0-9.-]{1,40}(:[0-9]{1,5})?",
        path in prop_oneof![Just(v1::API3_PATH), Just(v1::GATEWAY_PATH)],
        algorithm in prop_oneof![Just(None), Just(Some("HmacSHA1")), Just(Some("HmacSHA256"))],
        others in prop::collection::btree_map("[A-Z][a-zA-Z0-9._]{0,12}", "[ -~\u{672a}]{0,40}", 0..12),
    ) -> V1 {
        let mut params = vec![("SecretId".to_owned(), "AKIDEXAMPLE".to_owned())];
        params.extend(algorithm.map(|name| ("SignatureMethod".to_owned(), name.to_owned())));
        for (name, value) in others {
            if !params.iter().any(|(given, _)| given.replace('_', ".") == name.replace('_', ".")) {
                params.push((name, value));
            }
        }
        V1 { credential, method, host, path, params }
    }
}

proptest! {
    #[test]
    fn v1_what_is_signed_is_accepted_in_any_order(case in v1_request()) {
        let mut sent = case.signed();
        prop_assert_eq!(sent.verify(), Ok(()));
        sent.params.reverse();
        prop_assert_eq!(sent.verify(), Ok(()));
        prop_assert_eq!(verify::v1(None, &sent.request()), Err(VerifyError::UnknownSecretId));
    }

    #[test]
    fn v1_one_changed_byte_is_refused(case in v1_request(), which in any::<Index>(), at in any::<Index>()) {
        let sent = case.signed();
        let which = which.index(sent.params.len());
        let mut changed = sent.clone();
        let value = &mut changed.params[which].1;
        // Value by value, so that a character outside ASCII stays whole.
        *value = match value.char_indices().nth(at.index(value.chars().count().max(1))) {
            Some((start, old)) => {
                let new = if old == '7' { "8" } else { "7" };
                format!("{}{new}{}", &value[..start], &value[start + old.len_utf8()..])
            }
            None => "7".into(),
        };
        prop_assert!(changed.verify().is_err(), "value {:?}", changed.params[which]);

        let mut changed = sent.clone();
        changed.params[which].0 = change(&sent.params[which].0, &at);
        prop_assert!(changed.verify().is_err(), "name {:?}", changed.params[which]);

        let mut changed = sent.clone();
        changed.params.remove(which);
        prop_assert!(changed.verify().is_err() || sent.params[which].1.is_empty(), "removed");

        let mut changed = sent.clone();
        changed.params.push(sent.params[which].clone());
        prop_assert!(changed.verify().is_err(), "repeated");

        let mut changed = sent.clone();
        changed.host = change(&sent.host, &at);
        prop_assert_eq!(changed.verify(), Err(VerifyError::Signature));

        let mut changed = sent.clone();
        changed.path = if sent.path == "/" { v1::GATEWAY_PATH } else { v1::API3_PATH };
        prop_assert_eq!(changed.verify(), Err(VerifyError::Signature));

        let mut changed = sent.clone();
        changed.method = if sent.method == Method::Get { Method::Post } else { Method::Get };
        prop_assert_eq!(changed.verify(), Err(VerifyError::Signature));
    }
}

#[test]
fn v1_other_clients_spellings_are_accepted() {
    let credential = Credential::new("AKIDEXAMPLE", "key").unwrap();
    let sent = [
        ("Placement_Zone", "ap_1"),
        ("PlacementA", "x"),
        ("InstanceName", ""),
        ("SecretId", "AKIDEXAMPLE"),
    ];
    // A name with a dot sorts before a longer one, with an underscore after it.
    let spellings = [
        ("InstanceName=&Placement.Zone=ap_1&PlacementA=x&SecretId=AKIDEXAMPLE", true),
        ("InstanceName=&PlacementA=x&Placement_Zone=ap_1&SecretId=AKIDEXAMPLE", true),
        ("Placement.Zone=ap_1&PlacementA=x&SecretId=AKIDEXAMPLE", true),
        ("PlacementA=x&Placement_Zone=ap_1&SecretId=AKIDEXAMPLE", true),
        ("InstanceName=&PlacementA=x&Placement.Zone=ap_1&SecretId=AKIDEXAMPLE", false),
        ("InstanceName=&Placement.Zone=ap.1&PlacementA=x&SecretId=AKIDEXAMPLE", false),
        ("InstanceName&Placement.Zone=ap_1&PlacementA=x&SecretId=AKIDEXAMPLE", false),
    ];
    for host in ["cvm.example:8080", "cvm.example", "cvm.example:"] {
        for (pairs, legitimate) in spellings {
            // One parameter makes any text: what follows its `=` is signed raw.
            let Some((first, rest)) = pairs.split_once('=') else { unreachable!() };
            let signature = hmac_sha1_of(&credential, &format!("GET{host}/?{first}={rest}"));
            let mut params = sent.to_vec();
            params.push(("Signature", &signature));
            let request = v1::Request {
                method: Method::Get,
                host: "cvm.example:8080",
                path: "/",
                params: &params,
            };
            let accepted = verify::v1(Some(&credential), &request).is_ok();
            assert_eq!(accepted, legitimate && host != "cvm.example:", "{host} {pairs}");
        }
    }
}

/// The v1 signature of any text, made without this crate.
fn hmac_sha1_of(credential: &Credential, text: &str) -> String {
    use base64ct::{Base64, Encoding};
    use hmac::{Hmac, KeyInit, Mac};
    let mac = Hmac::<sha1::Sha1>::new_from_slice(credential.secret_key().as_bytes()).unwrap();
    Base64::encode_string(&mac.chain_update(text).finalize().into_bytes())
}

#[test]
fn v1_requests_without_one_readable_signature_are_refused() {
    let credential = Credential::new("AKIDEXAMPLE", "key").unwrap();
    let refused = |params: &[(&str, &str)]| {
        let request = v1::Request { method: Method::Get, host: "h", path: "/", params };
        verify::v1(Some(&credential), &request).unwrap_err()
    };
    let good = "EliP9YW3pW28FpsEdkXt/+WcGeI=";
    assert_eq!(refused(&[("a", "1")]), VerifyError::SignatureParameter);
    assert_eq!(refused(&[("Signature", "")]), VerifyError::SignatureParameter);
    assert_eq!(
        refused(&[("Signature", good), ("Signature", good)]),
        VerifyError::SignatureParameter
    );
    assert_eq!(
        refused(&[("SignatureMethod", "HmacSHA256"), ("Signature", good)]),
        VerifyError::SignatureParameter
    );
    assert_eq!(refused(&[("Signature", good)]), VerifyError::Signature);
    assert_eq!(
        refused(&[("a", "1"), ("a", "1"), ("Signature", good)]),
        VerifyError::RepeatedParameter("a".into())
    );
}

#[test]
fn v1_signs_only_for_the_credential_that_is_named() {
    let credential = Credential::new("AKIDEXAMPLE", "key").unwrap();
    for params in [&[("Action", "RunInstances")][..], &[("SecretId", "AKIDother")]] {
        let request = v1::Request { method: Method::Get, host: "h", path: "/", params };
        assert_eq!(v1::sign(&credential, &request).unwrap_err(), SignError::SecretId);
    }
}
