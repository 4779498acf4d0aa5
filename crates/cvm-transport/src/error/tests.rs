//! `Display` and the predicates of the error.

use super::*;

fn service(code: &'static str) -> Error {
    Error::from_service(ServiceError::new(code, "no", "r-1")).with_action("StopInstances")
}

#[test]
fn display_has_action_code_and_request_id() {
    assert_eq!(
        service("InvalidInstanceId.NotFound").to_string(),
        "StopInstances failed: InvalidInstanceId.NotFound: no (request id r-1)"
    );
}

#[test]
fn unknown_outcome_comes_first_and_shows_the_token() {
    let unknown = OutcomeUnknown {
        client_token: Some("t-1".into()),
        fingerprint: "f".into(),
        recovery: String::new(),
        attempts: Vec::new(),
        forbids_retry: false,
    };
    let error = Error::new(ErrorKind::Response, "connection was reset")
        .with_action("RunInstances")
        .with_client_token(Some("t-1".into()))
        .with_unknown(unknown);
    assert_eq!(
        error.to_string(),
        "RunInstances may or may not have taken effect: connection was reset (client token t-1)"
    );
    assert!(!error.is_not_sent());
    assert_eq!(error.outcome_unknown().unwrap().client_token(), Some("t-1"));
}

proptest::proptest! {
    #[test]
    fn display_is_one_line_for_any_service_text(
        code in HOSTILE, message in HOSTILE, request_id in HOSTILE, host in HOSTILE,
    ) {
        let attempt = Attempt {
            outcome: crate::retry::Outcome::Ambiguous,
            began: Duration::ZERO,
            took: Duration::ZERO,
            status: None,
            code: None,
            request_id: Some(request_id.clone()),
        };
        let service = ServiceError::new(code, message.clone(), request_id);
        let errors = [
            Error::from_service(service.clone()).with_note(&host),
            Error::new(ErrorKind::Wait, message).with_attempts(vec![attempt]),
            Error::usage(host.clone()).with_client_token(Some(host)),
        ];
        let shown = errors.iter().map(ToString::to_string).chain([service.to_string()]);
        for text in shown {
            let breaks = |c: char| c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c);
            proptest::prop_assert!(!text.contains(breaks), "{text:?}");
        }
    }
}

/// Text with line breaks, control characters and bidirectional formatting characters.
const HOSTILE: &str = "([a-z:]|[\\x00-\\x1f\\x7f-\\u{9f}\\u{2028}-\\u{202e}\\n\\r]|\\PC){0,12}";

#[test]
fn error_without_code_and_message_says_so() {
    let error = |code: &'static str, message: &str| {
        let service = ServiceError::new(code, message, "");
        Error::from_service(service).with_action("Launch").to_string()
    };
    assert_eq!(error("", "no"), "Launch failed: error without a code: no");
    assert_eq!(error("", ""), "Launch failed: error without a code");
    assert_eq!(error("Busy", ""), "Launch failed: Busy");
    assert_eq!(error("Busy", "a\nb\u{1b}[2J"), "Launch failed: Busy: a\\nb\\u{1b}[2J");
}

#[test]
fn predicates_follow_the_code() {
    assert!(service("RequestLimitExceeded.UinLimitExceeded").is_throttled());
    assert!(service("AuthFailure.SignatureFailure").is_auth());
    assert!(service("InvalidInstanceId.NotFound").is_not_found());
    assert!(service("ResourceInsufficient.CloudDiskSoldOut").is_capacity());
    assert!(service("LimitExceeded").is_quota());
    assert!(service("MutexOperation.TaskRunning").is_busy());
    assert!(!service("InvalidParameter").is_not_sent());
    assert!(Error::usage("x").is_not_sent());
}

#[test]
fn error_is_send_and_sync() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}
