//! The words that are not models: conditions, retry classes, filters, error codes, percent-encoding.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use cvm_protocol::{
    ActionInfo, Condition, ErrorCode, FieldInfo, FilterInfo, Kind, ModelInfo, NameIndex, Record,
    RetryClass, RetryClassOverride, ServiceInfo, all_conditions, json, percent,
};

static REQUEST: ModelInfo = ModelInfo {
    name: "Stop",
    members: &[FieldInfo::new("StopType", Kind::Str), FieldInfo::new("DryRun", Kind::Bool)],
    index: NameIndex { multiplier: 0x9e3779b97f4a7c19, shift: 63, slots: &[0, 1] },
};

static SERVICE: ServiceInfo = ServiceInfo {
    name: "cvm",
    version: "2017-03-12",
    endpoint: "",
    endpoint_regional: "",
    endpoint_intl: "",
    endpoint_internal: "",
    old_gateway: None,
    partial_errors: "",
};

static STOP: ActionInfo = ActionInfo::new("Stop", &SERVICE, &REQUEST, &REQUEST)
    .group("instance")
    .retry(RetryClass::Guarded)
    .retry_overrides(&[
        RetryClassOverride {
            when: &[Condition::present("StopType"), Condition::none_of("StopType", &["SOFT"])],
            class: RetryClass::Hazard,
        },
        RetryClassOverride {
            when: &[Condition::one_of("DryRun", &["true"])],
            class: RetryClass::Read,
        },
    ])
    .idempotency_token("StopType")
    .dry_run()
    .asynchronous();

fn request(text: &str) -> Record {
    let mut record = Record::new(&REQUEST);
    let report = json::from_slice(&mut record, text.as_bytes()).unwrap();
    assert!(report.is_clean(), "{report:?}");
    record
}

#[test]
fn members_raise_the_retry_class_and_a_dry_run_lowers_it() {
    for (text, class) in [
        ("{}", RetryClass::Guarded),
        (r#"{"StopType":"SOFT"}"#, RetryClass::Guarded),
        (r#"{"StopType":"HARD"}"#, RetryClass::Hazard),
        (r#"{"StopType":"NEWER"}"#, RetryClass::Hazard),
        (r#"{"StopType":"HARD","DryRun":true}"#, RetryClass::Read),
        (r#"{"StopType":"HARD","DryRun":false}"#, RetryClass::Hazard),
        (r#"{"StopType":""}"#, RetryClass::Hazard),
    ] {
        assert_eq!(STOP.retry_class(&request(text)), class, "{text}");
    }
}

#[test]
fn only_actions_of_the_token_class_get_a_client_token() {
    assert_eq!(STOP.generated_token(), None);
}

#[test]
fn conditions_read_as_parts_of_sentences() {
    for (condition, text, if_clause) in [
        (Condition::present("A"), "`A` is given", "if `A` is given"),
        (Condition::absent("A"), "`A` is not given", "unless `A` is given"),
        (Condition::one_of("A", &["x"]), "`A` is `x`", "if `A` is `x`"),
        (
            Condition::none_of("A", &["x", "y", "z"]),
            "`A` is not `x`, `y` or `z`",
            "if `A` is not `x`, `y` or `z`",
        ),
    ] {
        assert_eq!(condition.to_string(), text);
        assert_eq!(condition.if_clause(), if_clause);
    }
    let (given, not_x) = (Condition::present("A"), Condition::none_of("A", &["x"]));
    assert_eq!(all_conditions(&[given, not_x]), "`A` is given and not `x`");
    assert_eq!(
        all_conditions(&[Condition::present("B"), not_x]),
        "`B` is given and `A` is not `x`"
    );
}

#[test]
fn empty_text_is_given_and_names_nothing() {
    assert!(Condition::present("StopType").holds(&request(r#"{"StopType":""}"#)));
    assert!(Condition::none_of("StopType", &["SOFT"]).holds(&request(r#"{"StopType":""}"#)));
    assert!(!Condition::one_of("StopType", &["SOFT"]).holds(&request(r#"{"StopType":""}"#)));
    assert!(Condition::one_of("StopType", &[""]).holds(&request(r#"{"StopType":""}"#)));
    assert!(Condition::absent("StopType").holds(&request(r#"{"StopType":""}"#)));
    assert!(Condition::none_of("StopType", &["HARD"]).holds(&request("{}")));
}

#[test]
fn tag_filter_accepts_any_key() {
    let tag = FilterInfo::new("tag:tag-key");
    assert!(tag.accepts("tag:owner") && tag.accepts("tag:a:b"));
    assert!(!tag.accepts("tag:") && !tag.accepts("tag-key") && !tag.accepts("zone"));
    assert!(FilterInfo::new("zone").accepts("zone"));
}

#[test]
fn predicates_of_codes_hold_for_new_codes_of_a_family() {
    let code = |text: &str| ErrorCode::from(text.to_owned());
    assert!(code("RequestLimitExceeded.Newer").is_throttled());
    assert!(!code("RequestLimitExceededNot").is_throttled());
    assert!(code("InternalError.TradeUnknownError").is_internal());
    assert!(code("InternalFailure").is_internal() && !code("InternalFailure").is_refusal());
    assert!(code("InvalidParameterValue.Newer").is_refusal());
    assert!(!code("FailedOperation.Newer").is_refusal() && !code("ServerTimeout").is_refusal());
    assert!(code("InternalError.TradeUnknownError").forbids_retry());
    assert!(!code("InternalError").forbids_retry() && !code("ServerTimeout").forbids_retry());
    assert!(code("AuthFailure").is_auth() && code("UnauthorizedOperation.MFAExpired").is_auth());
    assert!(code("ResourcesSoldOut.SpecifiedInstanceType").is_capacity());
    assert!(code("LimitExceeded.SpotQuota").is_quota());
    assert!(code("InvalidInstanceId.NotFound").is_not_found());
    assert!(!code("InvalidInstanceId.Malformed").is_not_found());
    assert!(code("MutexOperation.TaskRunning").is_busy());
    assert!(code("DryRunOperation").is_dry_run_success());
    assert_eq!(code("A.B.C").ancestors().collect::<Vec<_>>(), ["A.B.C", "A.B", "A"]);
}

#[test]
fn percent_encoding_is_strict_and_round_trips() {
    let text = "a b+c*d~e&f=g%h/i?j@k 未命名";
    let encoded = percent::encode(text);
    assert_eq!(encoded, "a%20b%2Bc%2Ad~e%26f%3Dg%25h%2Fi%3Fj%40k%20%E6%9C%AA%E5%91%BD%E5%90%8D");
    assert_eq!(percent::decode(&encoded).as_deref(), Some(text));
    assert_eq!(percent::decode("a+b%20c").as_deref(), Some("a b c"));
    for broken in ["%", "%4", "%zz", "%ff"] {
        assert_eq!(percent::decode(broken), None, "{broken}");
        assert_eq!(percent::decode_pairs(&format!("A={broken}")), Err("A".to_owned()));
    }
    let pairs = percent::decode_pairs("A=1&&B=&C").unwrap();
    assert_eq!(pairs, [("A", "1"), ("B", ""), ("C", "")].map(|(n, v)| (n.into(), v.into())));
}
