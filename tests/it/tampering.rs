//! One changed byte in anything that is signed, in each of the official requests: rejected with the code for
//! that error.
//!
//! Every byte of a query, a body, a signed header, the `Authorization` header and each v1 parameter is changed
//! once, by itself. The headers that TC3 does not sign (region, version, language) are changed too, and pass:
//! that is a gap of the scheme, and the reason why the client signs the action's name.

use cvm_models::protocol::percent;
use cvm_signer::{Date, tc3};

use crate::signing_vectors::{Vector, Wire, is_authenticated, vectors};

/// A changed request, and its expected result.
struct Tampered {
    description: String,
    wire: Wire,
    expected: Expected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Rejected(&'static str),
    Authenticated,
}
use Expected::{Authenticated, Rejected};

const INVALID_AUTHORIZATION: Expected = Rejected("AuthFailure.InvalidAuthorization");
const UNKNOWN_ID: Expected = Rejected("AuthFailure.SecretIdNotFound");
const EXPIRED: Expected = Rejected("AuthFailure.SignatureExpire");
const WRONG_SIGNATURE: Expected = Rejected("AuthFailure.SignatureFailure");
const WRONG_TOKEN: Expected = Rejected("AuthFailure.TokenFailure");

/// Another letter for a letter, another digit for a digit, so that the format stays the same.
fn other(byte: u8) -> u8 {
    match byte {
        b'z' => b'a',
        b'Z' => b'A',
        b'9' => b'0',
        byte if byte.is_ascii_alphanumeric() => byte + 1,
        _ => b'x',
    }
}

fn other_at(text: &str, at: usize) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] = other(bytes[at]);
    String::from_utf8(bytes).ok()
}

/// The text with one byte changed, once for each byte that is not part of a multi-byte character.
fn others(text: &str) -> impl Iterator<Item = (usize, String)> {
    (0..text.len()).filter_map(|at| Some((at, other_at(text, at)?)))
}

/// The result for a changed timestamp: far away it is expired, near it differs from the signed one.
fn by_time(vector: &Vector, text: &str) -> Expected {
    let is_near = |time: u64| time.abs_diff(vector.timestamp) <= 300;
    match text.parse() {
        Ok(time) if is_near(time) => WRONG_SIGNATURE,
        Ok(_) => EXPIRED,
        Err(_) => Rejected("InvalidParameter"),
    }
}

fn tc3(vector: &Vector) -> Vec<Tampered> {
    let original = vector.wire();
    let mut all = Vec::new();
    let mut push = |description: String, expected, change: &dyn Fn(&mut Wire)| {
        let mut wire = original.clone();
        change(&mut wire);
        all.push(Tampered { description, wire, expected });
    };

    // If the body is declared as unsigned, its bytes do not count.
    let of_body = if vector.unsigned_payload { Authenticated } else { WRONG_SIGNATURE };
    for at in 0..original.body.len() {
        push(format!("body byte {at}"), of_body, &|wire| wire.body[at] = other(wire.body[at]));
    }
    if original.method == "POST" {
        push("body with one byte more".into(), of_body, &|wire| wire.body.push(b' '));
    }
    for (at, query) in others(&original.query) {
        push(format!("query byte {at}"), WRONG_SIGNATURE, &|wire| wire.query.clone_from(&query));
    }
    push("an unsigned query or body".into(), WRONG_SIGNATURE, &|wire| {
        if wire.method == "GET" {
            wire.body = b"{}".to_vec()
        } else {
            wire.query = "Limit=1".into()
        }
    });
    push("another method".into(), WRONG_SIGNATURE, &|wire| {
        wire.method = if wire.method == "GET" { "POST".into() } else { "GET".into() };
    });
    let authorization = original.header("Authorization").to_owned();
    let signed = tc3::Authorization::parse(&authorization).unwrap().signed_headers();
    for (name, value) in &original.headers {
        if name == "Authorization" || value.is_empty() {
            continue;
        }
        let lower = name.to_ascii_lowercase();
        let is_signed = signed.split(';').any(|signed| signed == lower);
        for (at, value) in others(value) {
            let expected = match lower.as_str() {
                "x-tc-timestamp" => by_time(vector, &value),
                "x-tc-token" => WRONG_TOKEN,
                // Then the body is hashed, although the literal was signed in place of the hash.
                "x-tc-content-sha256" => WRONG_SIGNATURE,
                _ if is_signed => WRONG_SIGNATURE,
                _ => Authenticated,
            };
            push(format!("{name} byte {at}"), expected, &|wire| {
                wire.set_header(name, value.clone());
            });
        }
    }
    for (at, value) in others(&authorization) {
        let expected = by_part(&authorization, at, &value);
        push(format!("Authorization byte {at}"), expected, &|wire| {
            wire.set_header("Authorization", value.clone());
        });
    }
    all
}

/// What a changed byte of `Authorization` breaks: the format of the header, the secret id, the date or the
/// service of the scope, or the signature itself.
fn by_part(authorization: &str, at: usize, changed: &str) -> Expected {
    let span = |from: &str, to: &str| {
        let start = authorization.find(from).unwrap() + from.len();
        let length = authorization[start..].find(to).unwrap_or(authorization.len() - start);
        start..start + length
    };
    let secret_id = span("Credential=", "/");
    let date = secret_id.end + 1..secret_id.end + 11;
    let service = date.end + 1..date.end + 1 + authorization[date.end + 1..].find('/').unwrap();
    let signature = span("Signature=", ",");
    if secret_id.contains(&at) {
        UNKNOWN_ID
    } else if date.contains(&at) {
        // An invalid date is a format error.
        if Date::parse(&changed[date]).is_some() { WRONG_SIGNATURE } else { INVALID_AUTHORIZATION }
    } else if service.contains(&at) {
        WRONG_SIGNATURE
    } else if signature.contains(&at) {
        let is_hex = matches!(changed.as_bytes()[at], b'0'..=b'9' | b'a'..=b'f');
        if is_hex { WRONG_SIGNATURE } else { INVALID_AUTHORIZATION }
    } else {
        in_signed_headers(authorization, changed)
    }
}

/// A signed header besides the two required ones may get another name, and is then missing. Everything else
/// must keep its format.
fn in_signed_headers(authorization: &str, changed: &str) -> Expected {
    let parsed = |text| tc3::Authorization::parse(text).map(|it| it.signed_headers().to_owned());
    match (parsed(authorization), parsed(changed)) {
        (Ok(before), Ok(after)) => {
            assert_ne!(before, after, "a change outside all parts is accepted: {changed}");
            WRONG_SIGNATURE
        }
        _ => INVALID_AUTHORIZATION,
    }
}

type Pairs = Vec<(String, String)>;

fn v1(vector: &Vector) -> Vec<Tampered> {
    let original = vector.wire();
    let is_get = vector.method == "GET";
    let text = if is_get { original.query.clone() } else { vector.body.clone() };
    let pairs = percent::decode_pairs(&text).unwrap();
    let mut all = Vec::new();
    let mut push = |description: String, expected, changed: &Pairs| {
        let borrowed = changed.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let text = percent::encode_pairs(borrowed);
        let mut wire = original.clone();
        if is_get {
            wire.query = text
        } else {
            wire.body = text.into_bytes()
        }
        all.push(Tampered { description, wire, expected });
    };

    // First check that decoding and encoding alone changes nothing.
    push("nothing".into(), Authenticated, &pairs);
    for (index, (name, value)) in pairs.iter().enumerate() {
        for (at, changed) in others(value) {
            let expected = match name.as_str() {
                "SecretId" => UNKNOWN_ID,
                "Timestamp" => by_time(vector, &changed),
                // A nonce that is not a number is rejected before other checks. Ours stay numbers.
                _ => WRONG_SIGNATURE,
            };
            let mut pairs = pairs.clone();
            pairs[index].1 = changed;
            push(format!("value of {name}, byte {at}"), expected, &pairs);
        }
        for (at, changed) in others(name) {
            let is_taken = pairs.iter().any(|(name, _)| *name == changed);
            let expected = if is_taken { Rejected("InvalidParameter") } else { without(name) };
            let mut pairs = pairs.clone();
            pairs[index].0 = changed;
            push(format!("name of {name}, byte {at}"), expected, &pairs);
        }
        let mut shorter = pairs.clone();
        shorter.remove(index);
        push(format!("without {name}"), without(name), &shorter);
        let mut longer = pairs.clone();
        longer[index].1.push('1');
        let expected = match name.as_str() {
            "SecretId" => UNKNOWN_ID,
            "Timestamp" => EXPIRED,
            _ => WRONG_SIGNATURE,
        };
        push(format!("{name} with one byte more"), expected, &longer);
    }
    let mut more = pairs.clone();
    more.push(("Unsigned".into(), "1".into()));
    push("one parameter more".into(), WRONG_SIGNATURE, &more);
    // The Go SDK sends pairs without a value and signs none of them: they are left out of the request. The
    // others sign all of them. A dot in place of an underscore is the form of others too.
    let is_of_others = pairs.iter().any(|(name, value)| value.is_empty() || name.contains('_'));
    let expected = if is_of_others { WRONG_SIGNATURE } else { Authenticated };
    more.pop();
    more.push(("Unsigned".into(), String::new()));
    push("one parameter more, without a value".into(), expected, &more);
    all.extend(around(vector));
    all
}

/// The error for a request without one of its parameters.
fn without(name: &str) -> Expected {
    match name {
        "Signature" => INVALID_AUTHORIZATION,
        "SecretId" | "Timestamp" | "Nonce" => Rejected("MissingParameter"),
        _ => WRONG_SIGNATURE,
    }
}

/// v1 also signs method, host and path.
fn around(vector: &Vector) -> Vec<Tampered> {
    let original = vector.wire();
    let mut all = Vec::new();
    for (at, host) in others(&vector.host) {
        let mut wire = original.clone();
        wire.set_header("Host", host);
        all.push(Tampered {
            description: format!("host byte {at}"),
            wire,
            expected: WRONG_SIGNATURE,
        });
    }
    let mut wire = original.clone();
    if vector.method == "GET" {
        wire.method = "POST".into();
        wire.body = wire.query.into_bytes();
        wire.query = String::new();
    } else {
        wire.method = "GET".into();
        wire.query = String::from_utf8(wire.body).unwrap();
        wire.body = Vec::new();
    }
    all.push(Tampered { description: "another method".into(), wire, expected: WRONG_SIGNATURE });
    all
}

/// The old gateway has one general code for everything except the clock.
fn on_gateway(vector: &Vector, expected: Expected) -> Expected {
    match expected {
        EXPIRED => EXPIRED,
        Rejected(code) if vector.is_old_gateway() && code.starts_with("AuthFailure.") => {
            Rejected("AuthFailure")
        }
        expected => expected,
    }
}

async fn check(vector: &Vector, tampered: &[Tampered]) {
    let cloud = vector.cloud();
    for Tampered { description, wire, expected } in tampered {
        let response = cloud.send(wire.request()).await;
        let id = &vector.id;
        match on_gateway(vector, *expected) {
            Authenticated => {
                assert!(is_authenticated(&response), "{id}, {description}: {}", response.message());
            }
            Rejected(code) => {
                assert_eq!(
                    response.code(),
                    Some(code),
                    "{id}, {description}: {}",
                    response.message()
                );
            }
        }
    }
}

#[tokio::test]
async fn changed_byte_of_a_tc3_request_is_refused() {
    let mut count = 0;
    for vector in vectors().iter().filter(|vector| vector.is_tc3()) {
        let tampered = tc3(vector);
        count += tampered.len();
        check(vector, &tampered).await;
    }
    assert!(count > 10_000, "only {count} requests were changed");
}

#[tokio::test]
async fn changed_byte_of_a_v1_request_is_refused() {
    let mut count = 0;
    for vector in vectors().iter().filter(|vector| !vector.is_tc3() && !vector.is_unsigned()) {
        let tampered = v1(vector);
        count += tampered.len();
        check(vector, &tampered).await;
    }
    assert!(count > 5_000, "only {count} requests were changed");
}

#[tokio::test]
async fn action_is_bound_only_if_its_header_is_signed() {
    let vectors = vectors();
    let bound = vectors.iter().find(|vector| vector.id == "tc3-post-demo-action-signed").unwrap();
    let mut wire = bound.wire();
    wire.set_header("X-TC-Action", "TerminateInstances".into());
    let response = bound.cloud().send(wire.request()).await;
    assert_eq!(response.code(), Some("AuthFailure.SignatureFailure"));

    // With only the two required headers signed, anyone who has the request can change its action.
    let loose = vectors.iter().find(|vector| vector.id == "tc3-post-empty").unwrap();
    let mut wire = loose.wire();
    wire.set_header("X-TC-Action", "DescribeZones".into());
    let response = loose.cloud().send(wire.request()).await;
    assert!(response.members()["ZoneSet"].is_array(), "{}", response.message());
}

#[tokio::test]
async fn signature_is_invalid_on_the_other_gateway() {
    for vector in vectors().iter().filter(|vector| vector.signed_params.is_some()) {
        let mut wire = vector.wire();
        wire.path = if wire.path == "/" { "/v2/index.php".into() } else { "/".into() };
        let response = vector.cloud().send(wire.request()).await;
        assert!(!is_authenticated(&response), "{}: {:?}", vector.id, response.code());
    }
}
