//! Which codes are throttling: every code of that family, known or new, and none that only looks similar.

use cvm_models::actions::*;
use cvm_models::protocol::ErrorKind;
use cvm_models::{Client, Entropy, EntropyError, Error, Outcome, error_code};

use crate::cloud::client_of;
use crate::predicates::told;
use crate::scripted_server::{Peer, json};

const FAMILY: &str = "RequestLimitExceeded";
const OK: &str = r#"{"Response":{"TotalCount":0,"InstanceSet":[],"RequestId":"r-ok"}}"#;

fn refusal(code: &str) -> Vec<u8> {
    json(format!(
        r#"{{"Response":{{"Error":{{"Code":"{code}","Message":"no"}},"RequestId":"r-no"}}}}"#
    ))
}

/// No jitter, so that the pause after throttling is minimal.
#[derive(Debug)]
struct Calm;

impl Entropy for Calm {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        bytes.fill(0);
        Ok(())
    }
}

fn client(peer: &Peer) -> Client {
    client_of(&peer.url()).entropy(Calm).build().unwrap()
}

/// Whether an unsafe request is retried after this code.
async fn is_sent_again(code: String) -> (String, Result<usize, Error>) {
    let peer = Peer::saying_in_turn([refusal(&code), json(OK)]).await;
    let terminate =
        TerminateInstances { instance_ids: vec!["ins-1a2b3c4d".into()], ..Default::default() };
    let ended = client(&peer).send_with_report(terminate).await;
    assert_eq!(peer.requests().len(), 1 + usize::from(ended.is_ok()), "{code}");
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
    let alike = ["X", "s", "_", "ByUin", ":Uin", " ", "/a"];
    let beside =
        ["requestlimitexceeded", "LimitExceeded.RequestLimitExceeded", "XRequestLimitExceeded"];
    let codes = known
        .into_iter()
        .map(str::to_owned)
        .chain(new.iter().chain(&alike).map(|suffix| format!("{FAMILY}{suffix}")))
        .chain(beside.map(str::to_owned));
    for code in codes {
        tasks.spawn(is_sent_again(code));
    }
    let (mut throttles, mut others) = (0, 0);
    while let Some(ended) = tasks.join_next().await {
        let (code, ended) = ended.unwrap();
        let is_family = code == FAMILY || code.starts_with(&format!("{FAMILY}."));
        match ended {
            Ok(attempts) => {
                assert!(is_family, "{code} was repeated");
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
        let peer = Peer::saying(refusal(code)).await;
        let client = client(&peer).with_max_attempts(2);
        let error = client.send(RunInstances::default()).await.unwrap_err();
        assert_eq!(told(&error), ["service", "throttled"], "{error}");
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
