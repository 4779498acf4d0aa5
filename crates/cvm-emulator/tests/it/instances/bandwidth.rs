//! Public bandwidth of instances: changes, periods and charge types.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use super::subscription::{DAY, MONTH, prepaid};
use crate::support::*;

fn internet(kind: &str, mbps: u64) -> Value {
    json!({ "InternetAccessible": {
        "InternetChargeType": kind, "InternetMaxBandwidthOut": mbps } })
}

fn bandwidth(cloud: &Cloud, id: &str) -> Value {
    describe(cloud, id)["InternetAccessible"]["InternetMaxBandwidthOut"].clone()
}

fn reset_request(ids: &[&str], mbps: i64) -> Value {
    json!({ "InstanceIds": ids, "InternetAccessible": { "InternetMaxBandwidthOut": mbps } })
}

fn window(id: &str, mbps: i64, first: &str, last: &str) -> Value {
    let mut body = reset_request(&[id], mbps);
    body["StartTime"] = json!(first);
    body["EndTime"] = json!(last);
    body
}

const RESET: &str = "ResetInstancesInternetMaxBandwidth";

#[test]
fn hourly_bandwidth_can_be_raised_and_lowered() {
    let cloud = cloud();
    let launched = |kind| launch_running(&cloud, internet(kind, 5));
    let (id, other) = (launched("TRAFFIC_POSTPAID_BY_HOUR"), launched("TRAFFIC_POSTPAID_BY_HOUR"));
    let reserved = launched("BANDWIDTH_POSTPAID_BY_HOUR");
    let twin = launched("BANDWIDTH_POSTPAID_BY_HOUR");
    let bare = launch_running(&cloud, json!({}));
    for mbps in [50, 1] {
        // Empty times count as absent.
        let mut body = reset_request(&[&id, &other], mbps);
        (body["StartTime"], body["EndTime"]) = (json!(""), json!(""));
        send_ok(&cloud, RESET, body);
        assert_eq!((bandwidth(&cloud, &id), bandwidth(&cloud, &other)), (json!(mbps), json!(mbps)));
    }
    for (body, expected) in [
        (reset_request(&[&id], -1), "InvalidParameterValue.Range"),
        (json!({ "InstanceIds": [id], "InternetAccessible": {} }), "MissingParameter"),
        (window(&id, 9, "2023-11-14", "2023-11-20"), "InvalidParameter"),
        (window(&id, 9, "2023-11-20", "2023-11-14"), "InvalidParameterValue"),
        (window(&id, 9, "soon", "2023-11-14"), "InvalidParameterValue"),
        (reset_request(&[&id, &reserved], 9), "InvalidParameterValue"),
        (reset_request(&[&reserved, &twin], 9), "InvalidParameterValue.LimitExceeded"),
        (reset_request(&[&id, &bare], 9), "FailedOperation.NotFoundEIP"),
        (reset_request(&[&id, "ins-zzzzzzzz"], 9), "InvalidInstanceId.NotFound"),
    ] {
        assert_eq!(send_err(&cloud, RESET, body.clone()), expected, "{body}");
    }
    send_ok(&cloud, "RebootInstances", json!({ "InstanceIds": [other] }));
    let code = send_err(&cloud, RESET, reset_request(&[&id, &other], 9));
    assert_eq!(code, "UnsupportedOperation.InstanceStateRebooting");
    assert_eq!(bandwidth(&cloud, &id), 1);
}

#[test]
fn prepaid_bandwidth_is_raised_for_a_period() {
    let cloud = cloud();
    let id = launch_running(&cloud, prepaid(internet("BANDWIDTH_PREPAID", 5)));
    let history = |id: &str| {
        let body = json!({ "InstanceId": id });
        let response = send_ok(&cloud, "DescribeInstanceInternetBandwidthConfigs", body);
        let entries = response["InternetBandwidthConfigSet"].as_array().unwrap().clone();
        let row = |entry: &Value| {
            let internet = &entry["InternetAccessible"];
            assert_eq!(internet["InternetChargeType"], "BANDWIDTH_PREPAID");
            let mbps = internet["InternetMaxBandwidthOut"].as_i64().unwrap();
            let time = |name: &str| entry[name].as_str().unwrap().to_owned();
            (mbps, time("StartTime"), time("EndTime"))
        };
        entries.iter().map(row).collect::<Vec<_>>()
    };
    let row = |mbps, from: &str, to: &str| (mbps, from.to_owned(), to.to_owned());
    let own = row(5, "2023-11-14T22:13:20Z", "2023-12-14T22:13:20Z");
    assert_eq!(history(&id), std::slice::from_ref(&own));
    for (body, expected) in [
        (reset_request(&[&id], 50), "MissingParameter"),
        (window(&id, 5, "2023-11-14", "2023-11-15"), "InvalidParameterValue.Range"),
        (window(&id, 50, "2023-11-13", "2023-11-15"), "InvalidParameterValue"),
        (window(&id, 50, "2023-11-14", "2023-12-15"), "InvalidParameterValue"),
    ] {
        assert_eq!(send_err(&cloud, RESET, body.clone()), expected, "{body}");
    }
    for (mbps, first, last) in [(50, "2023-11-14", "2023-11-15"), (20, "2023-11-20", "2023-11-20")]
    {
        send_ok(&cloud, RESET, window(&id, mbps, first, last));
        advance(&cloud, 2);
    }
    let later = row(20, "2023-11-20T00:00:00Z", "2023-11-21T00:00:00Z");
    let first = row(50, "2023-11-14T22:13:40Z", "2023-11-16T00:00:00Z");
    assert_eq!(history(&id), [later.clone(), first.clone(), own.clone()]);
    // It is 22:13:44; the first period ends at the second midnight.
    for (seconds, expected) in
        [(0, 50), (DAY + 6375, 50), (1, 5), (4 * DAY - 1, 5), (1, 20), (DAY, 5)]
    {
        advance(&cloud, seconds);
        assert_eq!(bandwidth(&cloud, &id), expected, "{seconds}");
    }
    send_ok(&cloud, RESET, window(&id, 30, "2023-12-01", "2023-12-14"));
    let back = json!({ "InstanceIds": [id], "InstanceChargeType": "POSTPAID_BY_HOUR" });
    advance(&cloud, 2);
    send_ok(&cloud, "ModifyInstancesChargeType", back);
    advance(&cloud, MONTH);
    // Periods that have not started are canceled; past periods remain in the history.
    let ended = row(5, "2023-11-14T22:13:20Z", "2023-11-21T00:00:02Z");
    assert_eq!(history(&id), [later, first, ended]);
    assert_eq!(bandwidth(&cloud, &id), 5);
    let bare = launch_running(&cloud, json!({}));
    let body = json!({ "InstanceId": bare });
    let code = send_err(&cloud, "DescribeInstanceInternetBandwidthConfigs", body);
    assert_eq!(code, "FailedOperation.NotFoundEIP");
}

#[test]
fn bandwidth_charge_types_are_listed() {
    let cloud = cloud();
    let response = send_ok(&cloud, "DescribeInternetChargeTypeConfigs", json!({}));
    let modes = response["InternetChargeTypeConfigSet"].as_array().unwrap();
    assert!(modes.iter().all(|mode| mode["Description"].as_str().is_some_and(|it| !it.is_empty())));
    let modes: Vec<_> = modes.iter().map(|mode| mode["InternetChargeType"].clone()).collect();
    assert_eq!(modes.len(), 4);
    for mode in modes.iter().filter(|mode| *mode != "BANDWIDTH_PACKAGE") {
        launch(&cloud, prepaid(internet(mode.as_str().unwrap(), 1)));
    }
}
