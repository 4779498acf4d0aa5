//! Every stage of every published or independently made signature, compared with ours.
//!
//! A case is a folder of `vectors/`; the failure names the case and the first stage that differs. None
//! of the files comes from this crate's own output.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use cvm_signer::{Credential, HexDigest, KeyCache, Method, tc3, v1, verify};
use serde_json::Value;

/// The names of the algorithms and how many cases each has, so that no case is lost unseen.
const CASES: [(&str, usize); 4] =
    [("TC3-HMAC-SHA256", 35), ("HmacSHA1", 17), ("HmacSHA256", 11), ("SKIP", 1)];

#[test]
fn every_stage_of_every_vector_agrees() {
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
    let timestamp = case.context["timestamp"].as_u64().unwrap();
    let names = case.text("signed_headers");
    let all = case.headers();
    let signed: Vec<_> = all
        .iter()
        .filter(|(name, _)| names.split(';').any(|signed| name.eq_ignore_ascii_case(signed)))
        .copied()
        .collect();
    let request = case.tc3_request(&signed);

    let canonical = tc3::CanonicalRequest::new(&request).map_err(|error| error.to_string())?;
    stage("hashed payload", canonical.hashed_payload(), case.text("hashed_request_payload"))?;
    stage("signed headers", canonical.signed_headers(), names)?;
    stage("canonical request", &canonical, &case.file("canonical-request.txt"))?;
    stage("hashed canonical request", canonical.hash(), case.text("hashed_canonical_request"))?;
    let scope = tc3::CredentialScope::at(timestamp, case.text("service")).unwrap();
    stage("credential scope", scope, case.text("credential_scope"))?;
    let string_to_sign = tc3::StringToSign::new(timestamp, &scope, &canonical.hash());
    stage("string to sign", string_to_sign, &case.file("string-to-sign.txt"))?;
    let key = tc3::derive_key(&credential, &scope);
    stage("signing key", HexDigest::encode(&key), case.text("signing_key_hex"))?;
    let expected = case.file("authorization.txt");
    let signature = tc3::SigningKey::derive(&credential, &scope).sign(&string_to_sign);
    stage("signature", signature, expected.rsplit_once('=').unwrap().1)?;
    let value =
        tc3::authorization(credential.secret_id(), &scope, canonical.signed_headers(), &signature);
    stage("authorization", value, &expected)?;

    let value = tc3::sign(&credential, case.text("service"), timestamp, &request);
    stage("all stages at once", value.unwrap(), &expected)?;
    let mut cache = KeyCache::new();
    for attempt in ["with a fresh key", "with a cached key"] {
        let key = cache.key(&credential, &scope);
        let value = tc3::sign_with_key(key, &credential, timestamp, &request).unwrap();
        stage(attempt, value, &expected)?;
    }

    let received = case.tc3_request(&all);
    let read = tc3::Authorization::parse(&expected).map_err(|error| error.to_string())?;
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
    let (method, target) = case.request_line();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let params: Vec<(String, String)> =
        serde_json::from_value(case.context["signed_params"].clone()).unwrap();
    let request = v1::Request { method, host: case.header("host"), path, params: &params };

    let text = v1::string_to_sign(&request).map_err(|error| error.to_string())?;
    stage("string to sign", text, &case.file("string-to-sign.txt"))?;
    let signature = v1::sign(&credential, &request).map_err(|error| error.to_string())?;
    stage("signature", signature, &case.file("authorization.txt"))?;
    let reversed: Vec<_> = params.iter().rev().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let reversed = v1::Request { method, host: request.host, path, params: &reversed };
    stage(
        "signature of unsorted parameters",
        v1::sign(&credential, &reversed).unwrap(),
        &case.file("authorization.txt"),
    )?;

    let wire = if method == Method::Get { query } else { case.body() };
    let received = decode_pairs(wire);
    assert!(received.len() > params.len(), "{}: the wire form has the signature", case.name);
    let received = v1::Request { method, host: request.host, path, params: &received };
    verify::v1(Some(&credential), &received).map_err(|error| format!("verifying: {error}"))?;
    match verify::v1(None, &received) {
        Err(verify::VerifyError::UnknownSecretId) => Ok(()),
        other => Err(format!("verifying for an unknown id: {other:?}")),
    }
}

fn compare_skip(case: &Case) -> Result<(), String> {
    stage("authorization", tc3::SKIP, &case.file("authorization.txt"))
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
    folder: PathBuf,
    context: Value,
    request: String,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let folders = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> = folders.filter(|path| path.is_dir()).map(Case::load).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

impl Case {
    fn load(folder: PathBuf) -> Self {
        let read = |name| fs::read_to_string(folder.join(name)).unwrap();
        Self {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            context: serde_json::from_str(&read("context.json")).unwrap(),
            request: read("request.txt"),
            folder,
        }
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }

    fn text(&self, name: &str) -> &str {
        self.context[name].as_str().unwrap_or_else(|| panic!("{}: no {name}", self.name))
    }

    fn credential(&self) -> Credential {
        let (id, key) = (self.text("secret_id"), self.text("secret_key"));
        match self.context["token"].as_str() {
            Some(token) => Credential::temporary(id, key, token).unwrap(),
            None => Credential::new(id, key).unwrap(),
        }
    }

    fn request_line(&self) -> (Method, &str) {
        let mut words = self.request.lines().next().unwrap().split(' ');
        (Method::parse(words.next().unwrap()).unwrap(), words.next().unwrap())
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        let (head, _) = self.request.split_once("\n\n").unwrap();
        head.lines().skip(1).map(|line| line.split_once(": ").unwrap()).collect()
    }

    fn header(&self, name: &str) -> &str {
        self.headers().into_iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).unwrap().1
    }

    fn body(&self) -> &str {
        self.request.split_once("\n\n").unwrap().1
    }

    fn tc3_request<'a>(&'a self, headers: &'a [(&'a str, &'a str)]) -> tc3::Request<'a> {
        let request = match self.request_line() {
            (Method::Get, target) => {
                tc3::Request::get(target.split_once('?').map_or("", |(_, query)| query), headers)
            }
            (Method::Post, _) => tc3::Request::post(self.body().as_bytes(), headers),
        };
        if self.context["unsigned_payload"].as_bool().unwrap() {
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
