//! A request above the size limit of the service is not sent, and one within the limit is.

use cvm_models::Client;
use cvm_models::actions::RunInstances;
use cvm_models::config::Dialect;
use cvm_models::entropy::SeededEntropy;
use cvm_models::time::FixedClock;

use crate::cloud::{Cloud, NOW, builder, client, client_for, public_client};
use crate::predicates::predicates;
use crate::raw_requests;
use crate::scripted_server::{ScriptedServer, json};

/// The service's limits for a JSON body, a form and a query, in bytes.
const JSON: usize = 10 << 20;
const FORM: usize = 1 << 20;
const QUERY: usize = 32 << 10;

/// A request that is this many bytes longer than the smallest.
fn longer(by: usize) -> RunInstances {
    let token = Some("a-token-of-my-own".into());
    RunInstances {
        instance_name: Some("x".repeat(1 + by)),
        client_token: token,
        ..Default::default()
    }
}

/// The length that counts in this dialect.
async fn length(client: &Client, request: RunInstances) -> Option<usize> {
    match client.prepare(request).await {
        Ok(prepared) if prepared.method() == "GET" => {
            Some(prepared.url().split_once('?').unwrap().1.len())
        }
        Ok(prepared) => Some(prepared.body().len()),
        Err(error) => {
            assert_eq!(predicates(&error), ["usage", "not sent"], "{error}");
            assert!(error.to_string().contains("bytes"), "{error}");
            None
        }
    }
}

#[tokio::test]
async fn largest_request_is_sent_and_one_byte_more_is_refused() {
    let server = ScriptedServer::responding(json("{}")).await;
    for (dialect, in_url, limit) in [
        (Dialect::Tc3, false, JSON),
        (Dialect::Tc3Get, false, QUERY),
        (Dialect::V1Sha1, false, FORM),
        (Dialect::OldGateway, true, QUERY),
    ] {
        let builder = client_for(&server.url()).dialect(dialect).parameters_in_url(in_url);
        let client = builder.max_attempts(1).build().unwrap();
        let spare = limit - length(&client, longer(0)).await.unwrap();
        // The last bytes of a v1 request depend on its signature, whose characters take one byte or three.
        let slack = if dialect.to_string().starts_with("tc3") { 1 } else { 24 };
        let mut lengths = Vec::new();
        for by in (spare - slack..=spare + slack).step_by(if slack == 1 { 1 } else { 8 }) {
            let length = length(&client, longer(by)).await;
            assert!(length.is_none_or(|length| length <= limit), "{dialect} {by}: {length:?}");
            lengths.push(length);
        }
        assert!(lengths.first().unwrap().is_some(), "{dialect}: {lengths:?}");
        assert_eq!(lengths.last().unwrap(), &None, "{dialect}");
        if slack == 1 {
            assert_eq!(lengths, [Some(limit - 1), Some(limit), None], "{dialect}");
        }
        let error = client.send(longer(spare + slack)).await.unwrap_err();
        assert_eq!(predicates(&error), ["usage", "not sent"], "{dialect}: {error}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn form_and_query_limits_are_exact() {
    for (dialect, in_url, limit) in [
        (Dialect::V1Sha1, false, FORM),
        (Dialect::V1Sha256, false, FORM),
        (Dialect::OldGateway, false, FORM),
        (Dialect::V1Sha1, true, QUERY),
        (Dialect::V1Sha256, true, QUERY),
        (Dialect::OldGateway, true, QUERY),
    ] {
        // With fixed clock and random values, a name determines the signature and so the length.
        let prepare = async |by: usize, letter: char| {
            let builder = public_client().dialect(dialect).parameters_in_url(in_url);
            let fixed = builder.clock(FixedClock::at(NOW)).entropy(SeededEntropy::new(7));
            let client = fixed.build().unwrap();
            let mut request = longer(by);
            request.instance_name.as_mut().unwrap().push(letter);
            match client.prepare(request).await {
                Ok(prepared) if in_url => Ok(prepared.url().split_once('?').unwrap().1.len()),
                Ok(prepared) => Ok(prepared.body().len()),
                Err(error) => {
                    assert_eq!(predicates(&error), ["usage", "not sent"], "{error}");
                    let text = error.to_string();
                    let words: Vec<&str> = text.split(' ').collect();
                    let at = words.iter().position(|word| *word == "bytes;").unwrap();
                    Err(words[at - 1].parse::<usize>().unwrap())
                }
            }
        };
        // Characters of a signature take one byte or three, so lengths skip values.
        let base = prepare(0, 'x').await.unwrap();
        let wanted = [Ok(limit - 1), Ok(limit), Err(limit + 1)];
        let mut results = Vec::new();
        for (letter, by) in ('a'..='z').flat_map(|letter| (0..10).map(move |by| (letter, by))) {
            let prepared = prepare(limit - base - 6 + by, letter).await;
            match prepared {
                Ok(length) => assert!(length <= limit, "{dialect}: {length} is sent"),
                Err(length) => assert!(length > limit, "{dialect}: {length} is refused"),
            }
            results.push(prepared);
            if wanted.iter().all(|wanted| results.contains(wanted)) {
                break;
            }
        }
        for wanted in wanted {
            assert!(results.contains(&wanted), "{dialect}: {wanted:?} is not among {results:?}");
        }
    }
}

#[tokio::test]
async fn largest_request_reaches_the_service() {
    let emulator = builder().start().await.unwrap();
    for (dialect, limit) in
        [(Dialect::Tc3, JSON), (Dialect::V1Sha256, FORM), (Dialect::Tc3Get, QUERY)]
    {
        let client = client(&emulator, dialect);
        let spare = limit - length(&client, longer(0)).await.unwrap() - 24;
        // The service read the whole request: it reports a missing parameter.
        let mut request = longer(spare);
        request.image_id = None;
        let error = client.send(request).await.unwrap_err();
        assert_eq!(error.code().unwrap().as_str(), "MissingParameter", "{dialect}: {error}");
    }
}

#[tokio::test]
async fn emulator_has_the_same_size_limits() {
    let cloud = Cloud::new();
    let response = cloud.send(raw_requests::raw_json("RunInstances", " ".repeat(JSON + 1))).await;
    assert_eq!(response.code(), Some("RequestSizeLimitExceeded"));
    let response = cloud.send(raw_requests::query("RunInstances", &"x".repeat(QUERY + 1))).await;
    assert_eq!(response.code(), Some("RequestSizeLimitExceeded"));
    let variant = raw_requests::Gateway::Api3.variants().last().unwrap();
    let response = cloud.send(variant.complete(&"x".repeat(FORM))).await;
    assert_eq!(response.code(), Some("RequestSizeLimitExceeded"));
}
