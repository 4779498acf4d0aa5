//! Benchmarks signing, and its floor: the hashing that every signature of this kind needs.
#![expect(clippy::expect_used, reason = "a benchmark without its setup has nothing to measure")]

use cvm_signer::{Credential, KeyCache, Method, tc3, v1};
use divan::{AllocProfiler, Bencher, black_box};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const TIMESTAMP: u64 = 1_551_113_065;
const HEADERS: [(&str, &str); 2] =
    [("content-type", "application/json"), ("host", "cvm.tencentcloudapi.com")];
/// Body sizes in bytes: a small Describe request, and a typical launch.
const BODIES: [usize; 2] = [20, 638];

fn main() {
    divan::main();
}

fn credential() -> Credential {
    Credential::new("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
        .expect("the example credential is valid")
}

/// Computes two hashes and one HMAC with a prepared key, over texts of the same length as in a request.
#[divan::bench(args = BODIES)]
fn floor(bencher: Bencher<'_, '_>, bytes: usize) {
    let body = vec![b'a'; bytes];
    let request = tc3::Request::post(&body, &HEADERS);
    let canonical =
        tc3::CanonicalRequest::new(&request).expect("the headers are valid").to_string();
    let scope = tc3::CredentialScope::at(TIMESTAMP, "cvm").expect("the timestamp is valid");
    let hash = cvm_signer::HexDigest::sha256(canonical.as_bytes());
    let string_to_sign = tc3::StringToSign::new(TIMESTAMP, &scope, &hash).as_str().to_owned();
    let key = Hmac::<Sha256>::new_from_slice(&[7; 32]).expect("any length is a key");
    bencher.bench(|| {
        let body = Sha256::digest(black_box(&body));
        let canonical = Sha256::digest(black_box(&canonical));
        let mut mac = key.clone();
        mac.update(black_box(string_to_sign.as_bytes()));
        (body, canonical, mac.finalize().into_bytes())
    });
}

#[divan::bench(args = BODIES)]
fn tc3_cached_key(bencher: Bencher<'_, '_>, bytes: usize) {
    let (credential, body) = (credential(), vec![b'a'; bytes]);
    let mut cache = KeyCache::new();
    bencher.bench_local(|| {
        let request = tc3::Request::post(black_box(&body), &HEADERS);
        let key = cache.key_at(&credential, TIMESTAMP, "cvm")?;
        tc3::sign_with_key(key, &credential, TIMESTAMP, &request)
    });
}

#[divan::bench(args = BODIES)]
fn tc3_cold_key(bencher: Bencher<'_, '_>, bytes: usize) {
    let (credential, body) = (credential(), vec![b'a'; bytes]);
    bencher.bench(|| {
        let request = tc3::Request::post(black_box(&body), &HEADERS);
        tc3::sign(&credential, "cvm", TIMESTAMP, &request)
    });
}

#[divan::bench(args = ["HmacSHA1", "HmacSHA256"])]
fn v1_query(bencher: Bencher<'_, '_>, method: &str) {
    let credential = credential();
    let params = [
        ("Action", "DescribeInstances"),
        ("Version", "2017-03-12"),
        ("Region", "ap-guangzhou"),
        ("Timestamp", "1551113065"),
        ("Nonce", "11886"),
        ("SecretId", "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"),
        ("SignatureMethod", method),
        ("InstanceIds.0", "ins-09dx96dg"),
        ("Limit", "20"),
        ("Offset", "0"),
    ];
    bencher.bench(|| {
        let params = black_box(&params);
        let host = "cvm.tencentcloudapi.com";
        let request = v1::Request { method: Method::Post, host, path: v1::API3_PATH, params };
        v1::sign(&credential, &request)
    });
}
