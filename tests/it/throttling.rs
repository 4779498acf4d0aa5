//! Which codes are throttling: every code of that family, known or new, and none that only looks similar.

use cvm_models::actions::*;
use cvm_models::entropy::{Entropy, EntropyError};
use cvm_models::protocol::ErrorKind;
use cvm_models::retry::Outcome;
use cvm_models::{Client, Error, error_code};

use crate::cloud::client_for;
use crate::predicates::predicates;
use crate::scripted_server::{ScriptedServer, json};

const FAMILY: &str = "RequestLimitExceeded";
const OK: &str = r#"{"Response":{"TotalCount":0,"InstanceSet":[],"RequestId":"r-ok"}}"#;

fn error_response(code: &str) -> Vec<u8> {
    json(format!(
        r#"{{"Response":{{"Error":{{"Code":"{code}","Message":"no"}},"RequestId":"r-no"}}}}"#
    ))
}

/// No jitter, so that the pause after throttling is minimal.
#[derive(Debug)]
struct NoJitter;

impl Entropy for NoJitter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        bytes.fill(0);
        Ok(())
    }
}

fn client(server: &ScriptedServer) -> Client {
    client_for(&server.url()).entropy(NoJitter).build().unwrap()
}

/// Whether an unsafe request is retried after this code.
async fn is_retried(code: String) -> (String, Result<usize, Error>) {
    let server = ScriptedServer::responding_in_turn([error_response(&code), json(OK)]).await;
    let terminate =
        TerminateInstances { instance_ids: vec!["ins-1a2b3c4d".into()], ..Default::default() };
    let ended = client(&server).send_with_report(terminate).await;
    assert_eq!(server.requests().len(), 1 + usize::from(ended.is_ok()), "{code}");
    let ended = ended.map(|(_, report)| {
        assert_eq!(report.attempts[0].outcome, Outcome::Throttled, "{code}");
        report.attempts.len()
    });
    (code, ended)
}

#[tokio::test]
async fn only_codes_of_the_throttling_family_are_throttling() {
    let mut tasks = tokio::task::JoinSet::new();
    let known: Vec<&str> = error_code::ERRORS.iter().map(|info| info.code).collect();
    let family = known.iter().filter(|code| code.starts_with(FAMILY));
    assert!(family.count() >= 4);
    let new = ["", ".", ".x", ".SomethingNew", ".A.B.C", ".UinLimitExceeded.New", ".limit_1-2"];
    let similar = ["X", "s", "_", "ByUin", ":Uin", " ", "/a"];
    let unrelated =
        ["requestlimitexceeded", "LimitExceeded.RequestLimitExceeded", "XRequestLimitExceeded"];
    let codes = known
        .into_iter()
        .map(str::to_owned)
        .chain(new.iter().chain(&similar).map(|suffix| format!("{FAMILY}{suffix}")))
        .chain(unrelated.map(str::to_owned));
    for code in codes {
        tasks.spawn(is_retried(code));
    }
    let (mut throttles, mut others) = (0, 0);
    while let Some(ended) = tasks.join_next().await {
        let (code, ended) = ended.unwrap();
        let is_family = code == FAMILY || code.starts_with(&format!("{FAMILY}."));
        match ended {
            Ok(attempts) => {
                assert!(is_family, "{code} was retried");
                assert_eq!(attempts, 2, "{code}");
                throttles += 1;
            }
            Err(error) => {
                assert!(!is_family, "{code}: {error}");
                assert!(!error.is_throttled(), "{code}: {error}");
                others += 1;
            }
        }
    }
    assert!(throttles >= 4 + new.len() && others > 300, "{throttles} {others}");
}

#[test]
fn error_table_and_client_agree_on_throttling_codes() {
    for info in error_code::ERRORS {
        let code = cvm_models::ErrorCode::from(info.code);
        assert_eq!(code.is_throttled(), info.kind == ErrorKind::Throttle, "{}", info.code);
    }
}

#[tokio::test]
async fn lasting_throttling_is_reported_as_throttling() {
    for code in [FAMILY, "RequestLimitExceeded.SomethingNew"] {
        let server = ScriptedServer::responding(error_response(code)).await;
        let client = client(&server).with_max_attempts(2);
        let error = client.send(RunInstances::default()).await.unwrap_err();
        assert_eq!(predicates(&error), ["service", "throttled"], "{error}");
        assert_eq!(error.attempts().len(), 2);
        assert_eq!(error.code().unwrap().as_str(), code);
    }
}

/// Any action may return an internal error, and the client retries where that is safe. It does not retry a code
/// that the specification calls not retryable.
#[test]
fn internal_error_is_retried_only_if_the_specification_says_so() {
    let mut internal = 0;
    for info in error_code::ERRORS {
        let code = cvm_models::ErrorCode::from(info.code);
        if code.is_internal() {
            internal += 1;
            assert_eq!(code.forbids_retry(), !info.retryable, "{}", info.code);
        } else if code.forbids_retry() {
            assert!(!info.retryable, "{}", info.code);
        }
    }
    assert!(internal >= 4, "{internal}");
}
