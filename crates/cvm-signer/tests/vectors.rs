//! Compares every stage of published signatures, and of signatures that other programs computed, with ours.
//!
//! The cases are those of `tests/fixtures/signing-vectors.json`. A failure names the case and the first stage that
//! differs. None of the expected values comes from this crate's own output.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::fs;

use cvm_signer::{Credential, HexDigest, KeyCache, Method, tc3, v1, verify};
use serde_json::Value;

/// The algorithms and how many cases each has, so that no case is lost unnoticed.
const CASES: [(&str, usize); 4] =
    [("TC3-HMAC-SHA256", 35), ("HmacSHA1", 17), ("HmacSHA256", 11), ("SKIP", 1)];

#[test]
fn every_stage_matches_the_signing_vectors() {
    let mut failures = Vec::new();
    let mut counts = CASES.map(|(name, _)| (name, 0));
    for case in cases() {
        let method = case.text("signature_method");
        let count = counts.iter_mut().find(|(name, _)| *name == method).expect("known method");
        count.1 += 1;
        let result = match method {
            "TC3-HMAC-SHA256" => compare_tc3(&case),
            "SKIP" => compare_skip(&case),
            _ => compare_v1(&case),
        };
        if let Err(failure) = result {
            failures.push(format!("{}: {failure}", case.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(counts, CASES);
}

fn compare_tc3(case: &Case) -> Result<(), String> {
    let credential = case.credential();
    let timestamp = case.vector["timestamp"].as_u64().unwrap();
    let names = case.expected("signed_headers");
    let all = case.headers();
    let signed: Vec<_> = all
        .iter()
        .filter(|(name, _)| names.split(';').any(|signed| name.eq_ignore_ascii_case(signed)))
        .copied()
        .collect();
    let request = case.tc3_request(&signed);

    let canonical = tc3::CanonicalRequest::new(&request).map_err(|error| error.to_string())?;
    stage("hashed payload", canonical.hashed_payload(), case.expected("hashed_request_payload"))?;
    stage("signed headers", canonical.signed_headers(), names)?;
    stage("canonical request", &canonical, case.expected("canonical_request"))?;
    stage("hashed canonical request", canonical.hash(), case.expected("hashed_canonical_request"))?;
    let scope = tc3::CredentialScope::at(timestamp, case.text("service")).unwrap();
    stage("credential scope", scope, case.expected("credential_scope"))?;
    let string_to_sign = tc3::StringToSign::new(timestamp, &scope, &canonical.hash());
    stage("string to sign", string_to_sign, case.expected("string_to_sign"))?;
    let key = tc3::derive_key(&credential, &scope);
    stage("signing key", HexDigest::encode(&key), case.expected("signing_key_hex"))?;
    let expected = case.expected("authorization");
    let signature = tc3::SigningKey::derive(&credential, &scope).sign(&string_to_sign);
    stage("signature", signature, expected.rsplit_once('=').unwrap().1)?;
    let value =
        tc3::authorization(credential.secret_id(), &scope, canonical.signed_headers(), &signature);
    stage("authorization", value, expected)?;

    let value = tc3::sign(&credential, case.text("service"), timestamp, &request);
    stage("all stages at once", value.unwrap(), expected)?;
    let mut cache = KeyCache::new();
    for attempt in ["with a fresh key", "with a cached key"] {
        let key = cache.key(&credential, &scope);
        let value = tc3::sign_with_key(key, &credential, timestamp, &request).unwrap();
        stage(attempt, value, expected)?;
    }

    let received = case.tc3_request(&all);
    let read = tc3::Authorization::parse(expected).map_err(|error| error.to_string())?;
    let key = verify::VerifyingKey::derive(Some(&credential), read.scope());
    verify::tc3(&key, &read, timestamp, &received)
        .map_err(|error| format!("verifying: {error}"))?;
    let unknown = verify::VerifyingKey::derive(None, read.scope());
    match verify::tc3(&unknown, &read, timestamp, &received) {
        Err(verify::VerifyError::UnknownSecretId) => Ok(()),
        other => Err(format!("verifying for an unknown id: {other:?}")),
    }
}

fn compare_v1(case: &Case) -> Result<(), String> {
    let credential = case.credential();
    let (method, host, path) = (case.method(), case.text("host"), case.text("path"));
    let params: Vec<(String, String)> =
        serde_json::from_value(case.vector["signed_params"].clone()).unwrap();
    let request = v1::Request { method, host, path, params: &params };

    let text = v1::string_to_sign(&request).map_err(|error| error.to_string())?;
    stage("string to sign", text, case.expected("string_to_sign"))?;
    let signature = v1::sign(&credential, &request).map_err(|error| error.to_string())?;
    stage("signature", signature, case.expected("signature"))?;
    let reversed: Vec<_> = params.iter().rev().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let reversed = v1::Request { method, host, path, params: &reversed };
    stage(
        "signature of unsorted parameters",
        v1::sign(&credential, &reversed).unwrap(),
        case.expected("signature"),
    )?;

    let wire = if method == Method::Get { case.text("query") } else { case.text("body") };
    let received = decode_pairs(wire);
    assert!(received.len() > params.len(), "{}: the wire form has the signature", case.name);
    let received = v1::Request { method, host, path, params: &received };
    verify::v1(Some(&credential), &received).map_err(|error| format!("verifying: {error}"))?;
    match verify::v1(None, &received) {
        Err(verify::VerifyError::UnknownSecretId) => Ok(()),
        other => Err(format!("verifying for an unknown id: {other:?}")),
    }
}

fn compare_skip(case: &Case) -> Result<(), String> {
    stage("authorization", tc3::SKIP, case.expected("authorization"))
}

fn stage(name: &str, ours: impl ToString, expected: &str) -> Result<(), String> {
    let ours = ours.to_string();
    if ours == expected {
        Ok(())
    } else {
        Err(format!("{name} differs\n  ours:     {ours:?}\n  expected: {expected:?}"))
    }
}

struct Case {
    name: String,
    vector: Value,
}

fn cases() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/signing-vectors.json");
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let vectors = file["signing"].as_array().unwrap().iter();
    vectors
        .map(|vector| Case {
            name: vector["id"].as_str().unwrap().to_owned(),
            vector: vector.clone(),
        })
        .collect()
}

impl Case {
    fn text(&self, name: &str) -> &str {
        self.vector[name].as_str().unwrap_or_else(|| panic!("{}: no {name}", self.name))
    }

    fn expected(&self, name: &str) -> &str {
        let expected = &self.vector["expected"][name];
        expected.as_str().unwrap_or_else(|| panic!("{}: no expected {name}", self.name))
    }

    fn credential(&self) -> Credential {
        let (id, key) = (self.text("secret_id"), self.text("secret_key"));
        match self.vector["token"].as_str() {
            Some(token) => Credential::temporary(id, key, token).unwrap(),
            None => Credential::new(id, key).unwrap(),
        }
    }

    fn method(&self) -> Method {
        Method::parse(self.text("method")).unwrap()
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        let headers = self.vector["headers"].as_object().unwrap().iter();
        headers.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect()
    }

    fn tc3_request<'a>(&'a self, headers: &'a [(&'a str, &'a str)]) -> tc3::Request<'a> {
        let request = match self.method() {
            Method::Get => tc3::Request::get(self.text("query"), headers),
            Method::Post => tc3::Request::post(self.text("body").as_bytes(), headers),
        };
        if self.vector["unsigned_payload"].as_bool().unwrap() {
            request.unsigned_payload()
        } else {
            request
        }
    }
}

fn decode_pairs(form: &str) -> Vec<(String, String)> {
    let pairs = form.split('&').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}
