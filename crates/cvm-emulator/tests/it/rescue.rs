//! Rescue mode.

use serde_json::json;

use crate::instances::reinstall::{PASSWORD, WINDOWS, all_refused, on, passes_through, stopped};
use crate::support::*;

#[test]
fn leaving_rescue_mode_restores_the_previous_state() {
    let cloud = cloud();
    let enter = |id: &str, stop: &str| {
        let body = json!({ "Password": PASSWORD, "StopType": stop, "Username": "root" });
        done(&cloud, "EnterRescueMode", on(id, body));
    };
    let (up, down) = (running(&cloud, json!({})), stopped(&cloud, json!({})));
    enter(&up, "SOFT");
    enter(&down, "SOFT");
    passes_through(&cloud, &down, &[(0, "ENTER_RESCUE_MODE"), (20, "RESCUE_MODE")]);
    passes_through(&cloud, &up, &[(9, "ENTER_RESCUE_MODE"), (1, "RESCUE_MODE")]);
    for (id, end) in [(&up, "RUNNING"), (&down, "STOPPED")] {
        for action in ["StartInstances", "StopInstances"] {
            let code = refused(&cloud, action, json!({ "InstanceIds": [id] }));
            assert_eq!(code, "UnsupportedOperation.InstanceStateRescueMode", "{action}");
        }
        done(&cloud, "ExitRescueMode", on(id, json!({})));
        passes_through(&cloud, id, &[(0, "EXIT_RESCUE_MODE"), (20, end)]);
    }
    enter(&up, "HARD");
    passes_through(&cloud, &up, &[(20, "RESCUE_MODE")]);
    assert!(!done(&cloud, "DescribeInstances", json!({})).to_string().contains(PASSWORD));
}

#[test]
fn rescue_mode_rejects_weak_passwords_and_unknown_instances() {
    let cloud = cloud();
    let linux = running(&cloud, json!({}));
    let windows = running(&cloud, json!({ "ImageId": WINDOWS }));
    let body = |password: &str| json!({ "Password": password });
    let table = [(body("abcdefgh"), "InvalidPassword")];
    all_refused(&cloud, "EnterRescueMode", &linux, &table);
    all_refused(&cloud, "EnterRescueMode", &windows, &[(body("abcdefg1"), "InvalidPassword")]);
    for action in ["EnterRescueMode", "ExitRescueMode"] {
        for (id, expected) in [
            ("ins-12", "InvalidInstanceId.Malformed"),
            ("ins-zzzzzzzz", "InvalidInstanceId.NotFound"),
        ] {
            let members = if action == "EnterRescueMode" { body(PASSWORD) } else { json!({}) };
            assert_eq!(refused(&cloud, action, on(id, members)), expected, "{action}");
        }
    }
}
