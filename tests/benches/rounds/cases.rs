//! The benchmark cases by name: ours, and what each is compared with.

use std::hint::black_box;

use cvm_models::actions::DescribeInstancesResponse;
use cvm_protocol::{envelope, json, query_form, validate};
use cvm_signer::{Credential, KeyCache, tc3};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::support::{answers, callers, derived, launch};

type Operation = Box<dyn FnMut()>;

/// The operation of a case; `None` for an unknown name.
pub fn operation(case: &str, address: &str) -> Option<Operation> {
    let (group, who) = case.split_once('/').unwrap_or((case, ""));
    let (group, size) = group.rsplit_once('-').unwrap_or((group, ""));
    match (group, size.parse().ok(), who) {
        ("none", ..) => Some(Box::new(|| {})),
        ("sign", Some(bytes), _) => sign(who, bytes),
        ("decode", Some(instances), _) => decode(who, instances),
        ("encode", None, _) => encode(who),
        ("call", None, _) => call(who, size == "large", address),
        ("at-once", Some(calls), _) => at_once(who, calls, address),
        _ => None,
    }
}

fn repeat<T>(mut operation: impl FnMut() -> T + 'static) -> Option<Operation> {
    Some(Box::new(move || {
        black_box(operation());
    }))
}

const TIMESTAMP: u64 = 1_551_113_065;
const HEADERS: [(&str, &str); 2] =
    [("content-type", "application/json"), ("host", "cvm.tencentcloudapi.com")];

fn sign(who: &str, bytes: usize) -> Option<Operation> {
    let body = vec![b'a'; bytes];
    let credential =
        Credential::new("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
            .expect("the example credential is well formed");
    match who {
        "ours" => {
            let mut cache = KeyCache::new();
            repeat(move || {
                let request = tc3::Request::post(black_box(&body), &HEADERS);
                let key = cache.key_at(&credential, TIMESTAMP, "cvm")?;
                tc3::sign_with_key(key, &credential, TIMESTAMP, &request)
            })
        }
        "cold" => repeat(move || {
            let request = tc3::Request::post(black_box(&body), &HEADERS);
            tc3::sign(&credential, "cvm", TIMESTAMP, &request)
        }),
        "floor" => {
            // Only the hashing: two hashes, and one HMAC with a prepared key.
            let request = tc3::Request::post(&body, &HEADERS);
            let canonical = tc3::CanonicalRequest::new(&request).expect("the headers are good");
            let canonical = canonical.to_string();
            let scope = tc3::CredentialScope::at(TIMESTAMP, "cvm").expect("the time is good");
            let hash = cvm_signer::HexDigest::sha256(canonical.as_bytes());
            let text = tc3::StringToSign::new(TIMESTAMP, &scope, &hash).as_str().to_owned();
            let key = Hmac::<Sha256>::new_from_slice(&[7; 32]).expect("any length is a key");
            repeat(move || {
                let body = Sha256::digest(black_box(&body));
                let canonical = Sha256::digest(black_box(&canonical));
                let mut mac = key.clone();
                mac.update(black_box(text.as_bytes()));
                (body, canonical, mac.finalize().into_bytes())
            })
        }
        _ => None,
    }
}

fn decode(who: &str, instances: usize) -> Option<Operation> {
    let body = answers::answer(instances);
    match who {
        "ours" => repeat(move || {
            let mut response = DescribeInstancesResponse::default();
            let envelope = envelope::decode(&mut response, black_box(&body));
            (response, envelope)
        }),
        "derive" => repeat(move || serde_json::from_slice::<derived::Envelope>(black_box(&body))),
        "value" => repeat(move || serde_json::from_slice::<serde_json::Value>(black_box(&body))),
        _ => None,
    }
}

fn encode(who: &str) -> Option<Operation> {
    let request = launch::request();
    let text = launch::text();
    match who {
        "ours" => repeat(move || json::to_vec(black_box(&request))),
        "derive" => {
            let request: derived::RunInstances =
                serde_json::from_str(&text).expect("the launch fits the struct");
            repeat(move || serde_json::to_vec(black_box(&request)))
        }
        "flat" => repeat(move || query_form::encode(black_box(&request))),
        "validate" => repeat(move || validate(black_box(&request))),
        _ => None,
    }
}

fn call(who: &str, decoded: bool, address: &str) -> Option<Operation> {
    let runtime = callers::runtime();
    let address = address.to_owned();
    match who {
        "ours" => {
            let client = callers::ours(&address);
            repeat(move || runtime.block_on(callers::send(&client)))
        }
        "reqwest" => {
            let client = callers::reqwest();
            repeat(move || {
                let body = runtime.block_on(callers::post(&client, &address));
                decoded.then(|| serde_json::from_slice::<derived::Envelope>(&body))
            })
        }
        "hyper" => {
            let mut sender = runtime.block_on(callers::hyper(&address));
            repeat(move || {
                let body = runtime.block_on(callers::request(&mut sender, &address));
                decoded.then(|| serde_json::from_slice::<derived::Envelope>(&body))
            })
        }
        _ => None,
    }
}

/// This many calls at once. The time is that of all of them.
fn at_once(who: &str, calls: usize, address: &str) -> Option<Operation> {
    let runtime = callers::runtime();
    let address = address.to_owned();
    match who {
        "ours" => {
            let client = callers::ours(&address);
            repeat(move || {
                runtime.block_on(async {
                    let mut running = tokio::task::JoinSet::new();
                    for _ in 0..calls {
                        let client = client.clone();
                        running.spawn(async move { callers::send(&client).await });
                    }
                    running.join_all().await
                })
            })
        }
        "reqwest" => {
            let client = callers::reqwest();
            repeat(move || {
                runtime.block_on(async {
                    let mut running = tokio::task::JoinSet::new();
                    for _ in 0..calls {
                        let (client, address) = (client.clone(), address.clone());
                        running.spawn(async move { callers::post(&client, &address).await });
                    }
                    running.join_all().await
                })
            })
        }
        _ => None,
    }
}
