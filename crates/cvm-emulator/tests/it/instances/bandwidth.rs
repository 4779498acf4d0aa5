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
    show(cloud, id)["InternetAccessible"]["InternetMaxBandwidthOut"].clone()
}

fn wanted(ids: &[&str], mbps: i64) -> Value {
    json!({ "InstanceIds": ids, "InternetAccessible": { "InternetMaxBandwidthOut": mbps } })
}

fn window(id: &str, mbps: i64, first: &str, last: &str) -> Value {
    let mut body = wanted(&[id], mbps);
    body["StartTime"] = json!(first);
    body["EndTime"] = json!(last);
    body
}

const RESET: &str = "ResetInstancesInternetMaxBandwidth";

#[test]
fn hourly_bandwidth_can_be_raised_and_lowered() {
    let cloud = cloud();
    let launched = |kind| running(&cloud, internet(kind, 5));
    let (id, other) = (launched("TRAFFIC_POSTPAID_BY_HOUR"), launched("TRAFFIC_POSTPAID_BY_HOUR"));
    let reserved = launched("BANDWIDTH_POSTPAID_BY_HOUR");
    let twin = launched("BANDWIDTH_POSTPAID_BY_HOUR");
    let bare = running(&cloud, json!({}));
    for mbps in [50, 1] {
        done(&cloud, RESET, wanted(&[&id, &other], mbps));
        pass(&cloud, 2);
        assert_eq!((bandwidth(&cloud, &id), bandwidth(&cloud, &other)), (json!(mbps), json!(mbps)));
    }
    for (body, expected) in [
        (wanted(&[&id], -1), "InvalidParameterValue.Range"),
        (json!({ "InstanceIds": [id], "InternetAccessible": {} }), "MissingParameter"),
        (window(&id, 9, "2023-11-14", "2023-11-20"), "InvalidParameter"),
        (window(&id, 9, "2023-11-20", "2023-11-14"), "InvalidParameterValue"),
        (window(&id, 9, "soon", "2023-11-14"), "InvalidParameterValue"),
        (wanted(&[&id, &reserved], 9), "InvalidParameterValue"),
        (wanted(&[&reserved, &twin], 9), "InvalidParameterValue.LimitExceeded"),
        (wanted(&[&id, &bare], 9), "FailedOperation.NotFoundEIP"),
        (wanted(&[&id, "ins-zzzzzzzz"], 9), "InvalidInstanceId.NotFound"),
    ] {
        assert_eq!(refused(&cloud, RESET, body.clone()), expected, "{body}");
    }
    done(&cloud, "RebootInstances", json!({ "InstanceIds": [other] }));
    let code = refused(&cloud, RESET, wanted(&[&id, &other], 9));
    assert_eq!(code, "UnsupportedOperation.InstanceStateRebooting");
    assert_eq!(bandwidth(&cloud, &id), 1);
}

#[test]
fn prepaid_bandwidth_is_raised_for_a_period() {
    let cloud = cloud();
    let id = running(&cloud, prepaid(internet("BANDWIDTH_PREPAID", 5)));
    let history = |id: &str| {
        let body = json!({ "InstanceId": id });
        let answer = done(&cloud, "DescribeInstanceInternetBandwidthConfigs", body);
        let entries = answer["InternetBandwidthConfigSet"].as_array().unwrap().clone();
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
        (wanted(&[&id], 50), "MissingParameter"),
        (window(&id, 5, "2023-11-14", "2023-11-15"), "InvalidParameterValue.Range"),
        (window(&id, 50, "2023-11-13", "2023-11-15"), "InvalidParameterValue"),
        (window(&id, 50, "2023-11-14", "2023-12-15"), "InvalidParameterValue"),
    ] {
        assert_eq!(refused(&cloud, RESET, body.clone()), expected, "{body}");
    }
    for (mbps, first, last) in [(50, "2023-11-14", "2023-11-15"), (20, "2023-11-20", "2023-11-20")]
    {
        done(&cloud, RESET, window(&id, mbps, first, last));
        pass(&cloud, 2);
    }
    let later = row(20, "2023-11-20T00:00:00Z", "2023-11-21T00:00:00Z");
    let first = row(50, "2023-11-14T22:13:40Z", "2023-11-16T00:00:00Z");
    assert_eq!(history(&id), [later.clone(), first.clone(), own.clone()]);
    // From 22:13:44 to the midnight after the next, and on.
    for (seconds, expected) in
        [(0, 50), (DAY + 6375, 50), (1, 5), (4 * DAY - 1, 5), (1, 20), (DAY, 5)]
    {
        pass(&cloud, seconds);
        assert_eq!(bandwidth(&cloud, &id), expected, "{seconds}");
    }
    done(&cloud, RESET, window(&id, 30, "2023-12-01", "2023-12-14"));
    let back = json!({ "InstanceIds": [id], "InstanceChargeType": "POSTPAID_BY_HOUR" });
    pass(&cloud, 2);
    done(&cloud, "ModifyInstancesChargeType", back);
    pass(&cloud, MONTH);
    // What had not begun is not paid for any more; what was remains in the history.
    let ended = row(5, "2023-11-14T22:13:20Z", "2023-11-21T00:00:02Z");
    assert_eq!(history(&id), [later, first, ended]);
    assert_eq!(bandwidth(&cloud, &id), 5);
    let bare = running(&cloud, json!({}));
    let body = json!({ "InstanceId": bare });
    let code = refused(&cloud, "DescribeInstanceInternetBandwidthConfigs", body);
    assert_eq!(code, "FailedOperation.NotFoundEIP");
}

#[test]
fn bandwidth_charge_types_are_listed() {
    let cloud = cloud();
    let answer = done(&cloud, "DescribeInternetChargeTypeConfigs", json!({}));
    let modes = answer["InternetChargeTypeConfigSet"].as_array().unwrap();
    assert!(modes.iter().all(|mode| mode["Description"].as_str().is_some_and(|it| !it.is_empty())));
    let modes: Vec<_> = modes.iter().map(|mode| mode["InternetChargeType"].clone()).collect();
    assert_eq!(modes.len(), 4);
    for mode in modes.iter().filter(|mode| *mode != "BANDWIDTH_PACKAGE") {
        launch(&cloud, prepaid(internet(mode.as_str().unwrap(), 1)));
    }
}
