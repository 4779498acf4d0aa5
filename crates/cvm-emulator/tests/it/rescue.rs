//! Rescue mode.

use serde_json::json;

use crate::instances::reinstall::{
    PASSWORD, WINDOWS, assert_all_fail, assert_states, for_instance,
};
use crate::support::*;

#[test]
fn leaving_rescue_mode_restores_the_previous_state() {
    let cloud = cloud();
    let enter = |id: &str, stop: &str| {
        let body = json!({ "Password": PASSWORD, "StopType": stop, "Username": "root" });
        send_ok(&cloud, "EnterRescueMode", for_instance(id, body));
    };
    let (running_id, stopped_id) =
        (launch_running(&cloud, json!({})), launch_stopped(&cloud, json!({})));
    enter(&running_id, "SOFT");
    enter(&stopped_id, "SOFT");
    assert_states(&cloud, &stopped_id, &[(0, "ENTER_RESCUE_MODE"), (20, "RESCUE_MODE")]);
    assert_states(&cloud, &running_id, &[(9, "ENTER_RESCUE_MODE"), (1, "RESCUE_MODE")]);
    for (id, end) in [(&running_id, "RUNNING"), (&stopped_id, "STOPPED")] {
        for action in ["StartInstances", "StopInstances"] {
            let code = send_err(&cloud, action, json!({ "InstanceIds": [id] }));
            assert_eq!(code, "UnsupportedOperation.InstanceStateRescueMode", "{action}");
        }
        send_ok(&cloud, "ExitRescueMode", for_instance(id, json!({})));
        assert_states(&cloud, id, &[(0, "EXIT_RESCUE_MODE"), (20, end)]);
    }
    enter(&running_id, "HARD");
    assert_states(&cloud, &running_id, &[(20, "RESCUE_MODE")]);
    assert!(!send_ok(&cloud, "DescribeInstances", json!({})).to_string().contains(PASSWORD));
}

#[test]
fn rescue_mode_rejects_weak_passwords_and_unknown_instances() {
    let cloud = cloud();
    let linux = launch_running(&cloud, json!({}));
    let windows = launch_running(&cloud, json!({ "ImageId": WINDOWS }));
    let body = |password: &str| json!({ "Password": password });
    let table = [(body("abcdefgh"), "InvalidPassword")];
    assert_all_fail(&cloud, "EnterRescueMode", &linux, &table);
    assert_all_fail(&cloud, "EnterRescueMode", &windows, &[(body("abcdefg1"), "InvalidPassword")]);
    for action in ["EnterRescueMode", "ExitRescueMode"] {
        for (id, expected) in [
            ("ins-12", "InvalidInstanceId.Malformed"),
            ("ins-zzzzzzzz", "InvalidInstanceId.NotFound"),
        ] {
            let members = if action == "EnterRescueMode" { body(PASSWORD) } else { json!({}) };
            assert_eq!(send_err(&cloud, action, for_instance(id, members)), expected, "{action}");
        }
    }
}
