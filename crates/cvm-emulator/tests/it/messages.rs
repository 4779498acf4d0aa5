//! Messages of errors: none contradicts its code, and lists have the form of the service.

use serde_json::json;

use crate::support::*;

/// Parts of codes, and words of which a message with such a code has at least one.
const WORDS: &[(&[&str], &[&str])] = &[
    (
        &["MissingParameter"],
        &["is required", "are required", "missing", "names no", "needs", "asks for"],
    ),
    (&["UnknownParameter"], &["not recognized"]),
    (
        &["NotFound", "NotExist", "VerNotExisted"],
        &[
            "not exist",
            "has no",
            "No ",
            "no ",
            "None",
            "does not offer",
            "does not have",
            "cannot be",
            "names no",
            "not found",
        ],
    ),
    (
        &["Malformed"],
        &[
            "malformed",
            "must look like",
            "must match",
            "must be one line",
            "have the layout",
            "must start with",
            "invalid",
            "not an IP",
            "does not have the form",
        ],
    ),
    (
        &["TooLong", "TooLarge", "LimitExceeded", "Quota"],
        &[
            "at most",
            "more than",
            "longer",
            "larger",
            "maximum",
            "room",
            "only",
            "again",
            "several",
            "too",
        ],
    ),
    (&["InProgress", "TaskRunning"], &["in progress", "is being", "source of"]),
    (
        &["Duplicate", "AlreadyExists"],
        &["twice", "More than one", "same", "has the name", "already", "Another"],
    ),
    (&["InstanceStateNotRunning"], &["is not running"]),
];

/// States in the codes of the family `UnsupportedOperation.InstanceState`.
fn named_state(code: &str) -> Option<String> {
    let name = code.strip_prefix("UnsupportedOperation.InstanceState")?;
    let mut state = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !state.is_empty() {
            state.push('_');
        }
        state.push(letter.to_ascii_uppercase());
    }
    (!matches!(state.as_str(), "NOT_RUNNING" | "NOT_SUPPORTED")).then_some(state)
}

/// Checks that a message does not contradict its code.
pub fn check(code: &str, message: &str) {
    for (parts, words) in WORDS {
        let applies = parts.iter().any(|part| code.contains(part));
        let fits = words.iter().any(|word| message.contains(word));
        assert!(!applies || fits, "{code}: {message}");
    }
    if let Some(state) = named_state(code) {
        assert!(message.contains(&format!(" {state}")), "{code}: {message}");
    }
    // The other direction: only a code for an absent thing, or one without a meaning of its own.
    if message.contains("not exist") {
        let fits = ["NotFound", "NotExist", "InvalidParameterValue", "NotSupport", "IdMalformed"];
        let fits = fits.iter().any(|part| code.contains(part)) || code.split('.').count() == 1;
        assert!(fits, "{code}: {message}");
    }
}

#[test]
fn message_shows_instances_of_a_list_as_the_service_does() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let message = |action: &str, body| string(&send(&cloud, action, body)["Error"]["Message"]);
    let unknown = json!({ "InstanceIds": ["ins-zzzzzzz1", id, "ins-zzzzzzz2"] });
    let expected = "The instances `['ins-zzzzzzz1', 'ins-zzzzzzz2']` do not exist in ap-guangzhou.";
    assert_eq!(message("StopInstances", unknown), expected);
    let start = message("StartInstances", json!({ "InstanceIds": [id] }));
    assert!(start.starts_with(&format!("The instance `['{id}']` is RUNNING")), "{start}");
    let exit = message("ExitRescueMode", json!({ "InstanceId": id }));
    assert!(exit.starts_with(&format!("The instance `{id}` is RUNNING")), "{exit}");
    let bind = json!({ "InstanceIds": [id], "KeyIds": ["skey-zzzzzzz1"], "ForceStop": true });
    let bind = message("AssociateInstancesKeyPairs", bind);
    assert!(bind.starts_with("The key pairs `['skey-zzzzzzz1']` do not exist"), "{bind}");
}

#[test]
fn error_for_a_busy_instance_names_the_running_operation() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let image = json!({ "InstanceId": id, "ImageName": "web" });
    send_ok(&cloud, "CreateImage", image);
    let response = send(&cloud, "StopInstances", json!({ "InstanceIds": [id] }));
    let message = string(&response["Error"]["Message"]);
    assert!(message.contains("the operation CreateImage in progress"), "{message}");
}
