//! Signing vectors: each stage from request to signature, then verification.

use std::collections::BTreeMap;

use cvm_protocol::percent;
use cvm_signer::{Credential, HexDigest, Method, tc3, v1, verify};
use serde::Deserialize;

use super::same;

#[derive(Debug, Deserialize)]
pub struct Vector {
    pub id: String,
    signature_method: String,
    method: String,
    host: String,
    path: String,
    service: String,
    timestamp: u64,
    secret_id: Option<String>,
    secret_key: Option<String>,
    token: Option<String>,
    unsigned_payload: bool,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    query: String,
    body: String,
    #[serde(default)]
    signed_params: Vec<(String, String)>,
    expected: Expected,
}

#[derive(Debug, Deserialize)]
struct Expected {
    hashed_request_payload: Option<String>,
    signed_headers: Option<String>,
    canonical_request: Option<String>,
    hashed_canonical_request: Option<String>,
    credential_scope: Option<String>,
    string_to_sign: Option<String>,
    signing_key_hex: Option<String>,
    signature: Option<String>,
    signature_urlencoded: Option<String>,
    authorization: Option<String>,
    final_form: Option<String>,
    final_form_rfc3986: Option<String>,
}

impl Vector {
    /// Compares every stage of the vector.
    pub fn run(&self) -> Result<(), String> {
        match self.signature_method.as_str() {
            "SKIP" => stage("authorization", &self.expected.authorization, tc3::SKIP),
            "TC3-HMAC-SHA256" => self.tc3(),
            "HmacSHA1" | "HmacSHA256" => self.v1(),
            other => Err(format!("unknown signature method {other}")),
        }
    }

    fn credential(&self) -> Result<Credential, String> {
        let (Some(id), Some(key)) = (&self.secret_id, &self.secret_key) else {
            return Err("the vector has no credential".to_owned());
        };
        let credential = match &self.token {
            Some(token) => Credential::temporary(id.as_str(), key.as_str(), token.as_str()),
            None => Credential::new(id.as_str(), key.as_str()),
        };
        credential.map_err(text)
    }

    fn method(&self) -> Result<Method, String> {
        Method::parse(&self.method).ok_or_else(|| format!("unknown method {}", self.method))
    }

    fn request<'a>(
        &'a self,
        headers: &'a [(&'a str, &'a str)],
    ) -> Result<tc3::Request<'a>, String> {
        let request = match self.method()? {
            Method::Get => tc3::Request::get(&self.query, headers),
            Method::Post => tc3::Request::post(self.body.as_bytes(), headers),
        };
        Ok(if self.unsigned_payload { request.unsigned_payload() } else { request })
    }

    fn tc3(&self) -> Result<(), String> {
        let credential = self.credential()?;
        let all: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let names = self.expected.signed_headers.as_deref().unwrap_or("content-type;host");
        let is_signed = |name: &str| names.split(';').any(|one| one.eq_ignore_ascii_case(name));
        let signed: Vec<(&str, &str)> =
            all.iter().copied().filter(|(name, _)| is_signed(name)).collect();
        let request = self.request(&signed)?;
        let expected = &self.expected;

        let canonical = tc3::CanonicalRequest::new(&request).map_err(text)?;
        let payload = canonical.hashed_payload().to_string();
        stage("hashed payload", &expected.hashed_request_payload, &payload)?;
        let headers = canonical.signed_headers().to_string();
        stage("signed headers", &expected.signed_headers, &headers)?;
        stage("canonical request", &expected.canonical_request, &canonical.to_string())?;
        let hash = canonical.hash();
        stage("hashed canonical request", &expected.hashed_canonical_request, hash.as_str())?;
        let scope = tc3::CredentialScope::at(self.timestamp, &self.service).map_err(text)?;
        stage("credential scope", &expected.credential_scope, scope.as_str())?;
        let string_to_sign = tc3::StringToSign::new(self.timestamp, &scope, &hash);
        stage("string to sign", &expected.string_to_sign, string_to_sign.as_str())?;
        let key = HexDigest::encode(&tc3::derive_key(&credential, &scope));
        stage("signing key", &expected.signing_key_hex, key.as_str())?;
        let signature = tc3::SigningKey::derive(&credential, &scope).sign(&string_to_sign);
        stage("signature", &expected.signature, &signature.to_string())?;
        let value =
            tc3::sign(&credential, &self.service, self.timestamp, &request).map_err(text)?;
        stage("authorization", &expected.authorization, &value)?;

        // The server receives all headers, not only the signed ones.
        let received = self.request(&all)?;
        let read = tc3::Authorization::parse(&value).map_err(text)?;
        let key = verify::VerifyingKey::derive(Some(&credential), read.scope());
        verify::tc3(&key, &read, self.timestamp, &received)
            .map_err(|error| format!("verifying: {error}"))?;
        match verify::tc3(&key, &read, self.timestamp + 1, &received) {
            Err(_) => Ok(()),
            Ok(()) => Err("verification accepts another timestamp".to_owned()),
        }
    }

    fn v1(&self) -> Result<(), String> {
        let credential = self.credential()?;
        let (method, expected) = (self.method()?, &self.expected);
        let (host, path) = (self.host.as_str(), self.path.as_str());
        let request = v1::Request { method, host, path, params: &self.signed_params };
        let string_to_sign = v1::string_to_sign(&request).map_err(text)?;
        stage("string to sign", &expected.string_to_sign, &string_to_sign)?;
        let signature = v1::sign(&credential, &request).map_err(text)?.to_string();
        stage("signature", &expected.signature, &signature)?;
        let encoded = percent::encode(&signature);
        stage("encoded signature", &expected.signature_urlencoded, &encoded)?;

        // The order of pairs and some escapes may differ, so decoded pairs are compared. The old gateway signs names with dots that
        // are sent with underscores.
        let mut ours = self.signed_params.clone();
        ours.push((v1::SIGNATURE.to_owned(), signature));
        let written = percent::encode_pairs(ours.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        same_pairs("our own form", &written, &ours)?;
        for (name, form) in [
            ("final form", &expected.final_form),
            ("final form by RFC 3986", &expected.final_form_rfc3986),
        ] {
            if let Some(form) = form {
                same_pairs(name, form, &ours)?;
            }
        }
        let wire = if method == Method::Get { &self.query } else { &self.body };
        let received = pairs(wire)?;
        let received = v1::Request { method, host, path, params: &received };
        verify::v1(Some(&credential), &received).map_err(|error| format!("verifying: {error}"))?;
        Ok(())
    }
}

fn pairs(form: &str) -> Result<Vec<(String, String)>, String> {
    percent::decode_pairs(form).map_err(|name| format!("`{name}` cannot be decoded"))
}

fn same_pairs(name: &str, form: &str, ours: &[(String, String)]) -> Result<(), String> {
    let sorted = |pairs: &[(String, String)]| {
        let mut pairs: Vec<(String, String)> =
            pairs.iter().map(|(name, value)| (name.replace('_', "."), value.clone())).collect();
        pairs.sort();
        pairs
    };
    same(name, &format!("{:?}", sorted(ours)), &format!("{:?}", sorted(&pairs(form)?)))
}

fn stage(name: &str, expected: &Option<String>, ours: &str) -> Result<(), String> {
    expected.as_deref().map_or(Ok(()), |expected| same(name, ours, expected))
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
