//! Prepaid instances: renewal, expiry and changes of the charge type.

use std::sync::mpsc;
use std::time::Duration;

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;

pub const DAY: u64 = 86_400;

/// The first month: tests start at 2023-11-14T22:13:20Z, and November has 30 days.
pub const MONTH: u64 = 30 * DAY;

pub fn prepaid(members: Value) -> Value {
    let term = json!({ "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" });
    merge(json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": term }), members)
}

fn renew(ids: &[&str], months: u64) -> Value {
    json!({ "InstanceIds": ids, "InstanceChargePrepaid": { "Period": months } })
}

fn expires(cloud: &Cloud, id: &str) -> Value {
    describe(cloud, id)["ExpiredTime"].clone()
}

#[test]
fn renewal_extends_the_term() {
    let cloud = cloud();
    let id = launch_running(&cloud, prepaid(json!({})));
    assert_eq!(expires(&cloud, &id), "2023-12-14T22:13:20Z");
    let mut body = renew(&[&id], 2);
    body["InstanceChargePrepaid"]["RenewFlag"] = json!("DISABLE_NOTIFY_AND_MANUAL_RENEW");
    send_ok(&cloud, "RenewInstances", body);
    advance(&cloud, 2);
    let actual = describe(&cloud, &id);
    assert_eq!(actual["ExpiredTime"], "2024-02-14T22:13:20Z");
    assert_eq!(actual["RenewFlag"], "DISABLE_NOTIFY_AND_MANUAL_RENEW");
    assert_eq!(
        (&actual["LatestOperation"], &actual["LatestOperationState"]),
        (&json!("RenewInstances"), &json!("SUCCESS"),)
    );
    advance(&cloud, 2 * MONTH);
    assert_eq!(state(&cloud, &id), "RUNNING", "the old expiry no longer applies");
    advance(&cloud, MONTH + 2 * DAY);
    assert_eq!(state(&cloud, &id), "SHUTDOWN");
}

#[test]
fn renewal_restores_instances_from_the_recycle_bin() {
    let cloud = cloud();
    let (expired, returned) =
        (launch_running(&cloud, prepaid(json!({}))), launch_running(&cloud, prepaid(json!({}))));
    advance(&cloud, MONTH - 10 * DAY);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [returned] }));
    let code = send_err(&cloud, "RenewInstances", renew(&[&returned], 1));
    assert_eq!(code, "OperationDenied.InstanceOperationInProgress");
    advance(&cloud, 10);
    send_ok(&cloud, "RenewInstances", renew(&[&returned], 1));
    assert_eq!(state(&cloud, &returned), "SHUTDOWN");
    advance(&cloud, 5);
    // The term of the other instance ends in the meantime.
    advance(&cloud, 10 * DAY);
    assert_eq!(describe(&cloud, &expired)["RestrictState"], "EXPIRED");
    advance(&cloud, 6 * DAY);
    send_ok(&cloud, "RenewInstances", renew(&[&expired], 1));
    advance(&cloud, 5);
    for id in [&expired, &returned] {
        let actual = describe(&cloud, id);
        assert_eq!(actual["InstanceState"], "STOPPED");
        assert_eq!(actual["RestrictState"], "NORMAL");
        assert_eq!(actual["IsolatedSource"], "NOTISOLATED");
        assert!(actual["ExpiredTime"].as_str().unwrap().starts_with("2024-01-14T22:13:"));
        send_ok(&cloud, "StartInstances", json!({ "InstanceIds": [id] }));
    }
    advance(&cloud, 8 * DAY);
    assert_eq!(state(&cloud, &expired), "RUNNING", "the instance is no longer in the recycle bin");
    advance(&cloud, 10 * DAY);
    assert_eq!(state(&cloud, &expired), "RUNNING");
    advance(&cloud, 8 * DAY);
    assert_eq!(state(&cloud, &expired), "SHUTDOWN", "the new term expires too");
    advance(&cloud, 7 * DAY);
    assert_eq!(state(&cloud, &expired), "gone");
}

#[test]
fn only_prepaid_instances_have_renewals_and_renew_flags() {
    let cloud = cloud();
    let (id, hourly) =
        (launch_running(&cloud, prepaid(json!({}))), launch_running(&cloud, json!({})));
    let pending = launch(&cloud, prepaid(json!({}))).remove(0);
    let term = |months: u64| json!({ "InstanceChargePrepaid": { "Period": months } });
    let flag = json!({ "RenewFlag": "NOTIFY_AND_AUTO_RENEW" });
    let before = describe(&cloud, &id);
    for (action, ids, members, expected) in [
        (
            "RenewInstances",
            vec![&id, &hourly],
            term(1),
            "InvalidParameterValue.InstanceNotSupportedMixPricingModel",
        ),
        ("RenewInstances", vec![&hourly], term(1), "UnsupportedOperation.InstanceChargeType"),
        ("RenewInstances", vec![&id], json!({}), "MissingParameter"),
        ("RenewInstances", vec![&id], term(13), "InvalidPeriod"),
        (
            "RenewInstances",
            vec![&id, &pending],
            term(1),
            "UnsupportedOperation.InstanceStatePending",
        ),
        (
            "ModifyInstancesRenewFlag",
            vec![&id, &hourly],
            flag.clone(),
            "UnsupportedOperation.InstanceChargeType",
        ),
        (
            "ModifyInstancesRenewFlag",
            vec![&id, &pending],
            flag.clone(),
            "UnsupportedOperation.InstanceStatePending",
        ),
    ] {
        let body = merge(json!({ "InstanceIds": ids }), members);
        assert_eq!(send_err(&cloud, action, body.clone()), expected, "{action} {body}");
    }
    let unknown = renew(&[&id, "ins-zzzzzzzz"], 1);
    assert_eq!(send_err(&cloud, "RenewInstances", unknown), "InvalidInstanceId.NotFound");
    assert_eq!(describe(&cloud, &id), before);
    let body = json!({ "InstanceIds": [id], "RenewFlag": "NOTIFY_AND_AUTO_RENEW" });
    send_ok(&cloud, "ModifyInstancesRenewFlag", body);
    advance(&cloud, 2);
    assert_eq!(describe(&cloud, &id)["RenewFlag"], "NOTIFY_AND_AUTO_RENEW");
    advance(&cloud, MONTH);
    assert_eq!(state(&cloud, &id), "RUNNING");
    assert_eq!(expires(&cloud, &id), "2024-01-14T22:13:20Z");
    assert_eq!(state(&cloud, &pending), "SHUTDOWN");
}

fn to_prepaid(ids: &[&str]) -> Value {
    let mut body = renew(ids, 1);
    body["InstanceChargeType"] = json!("PREPAID");
    body
}

#[test]
fn charge_type_changes_to_prepaid_and_back() {
    let cloud = cloud();
    let hourly = json!({ "InternetAccessible": {
        "InternetChargeType": "BANDWIDTH_POSTPAID_BY_HOUR", "InternetMaxBandwidthOut": 5 } });
    let id = launch_running(&cloud, hourly);
    assert_eq!(expires(&cloud, &id), Value::Null);
    send_ok(&cloud, "ModifyInstancesChargeType", to_prepaid(&[&id]));
    assert_eq!(describe(&cloud, &id)["InstanceChargeType"], "POSTPAID_BY_HOUR");
    advance(&cloud, 2);
    let actual = describe(&cloud, &id);
    assert_eq!(actual["InstanceChargeType"], "PREPAID");
    assert_eq!(actual["RenewFlag"], "NOTIFY_AND_MANUAL_RENEW");
    assert_eq!(actual["ExpiredTime"], "2023-12-14T22:13:40Z");
    assert_eq!(actual["InternetAccessible"]["InternetChargeType"], "BANDWIDTH_PREPAID");

    let twin = launch_running(&cloud, prepaid(json!({})));
    send_ok(&cloud, "StopInstances", json!({ "InstanceIds": [twin] }));
    advance(&cloud, 15);
    assert_eq!(describe(&cloud, &twin)["StopChargingMode"], "NOT_APPLICABLE");
    let back = json!({ "InstanceIds": [twin], "InstanceChargeType": "POSTPAID_BY_HOUR" });
    send_ok(&cloud, "ModifyInstancesChargeType", back);
    advance(&cloud, 2);
    let actual = describe(&cloud, &twin);
    assert_eq!(actual["InstanceChargeType"], "POSTPAID_BY_HOUR");
    assert_eq!((&actual["ExpiredTime"], &actual["RenewFlag"]), (&Value::Null, &Value::Null));
    assert_eq!(actual["StopChargingMode"], "KEEP_CHARGING");
    advance(&cloud, MONTH);
    assert_eq!(state(&cloud, &id), "SHUTDOWN", "the new term has ended");
    assert_eq!(state(&cloud, &twin), "STOPPED", "an hourly instance does not expire");
}

#[test]
fn charge_type_changes_are_all_or_nothing() {
    let cloud = cloud();
    let (id, stopped) = (launch_running(&cloud, json!({})), launch_running(&cloud, json!({})));
    let subscribed = launch_running(&cloud, prepaid(json!({})));
    let rest = json!({ "InstanceIds": [stopped], "StoppedMode": "STOP_CHARGING" });
    send_ok(&cloud, "StopInstances", rest);
    let stopping = send_err(&cloud, "ModifyInstancesChargeType", to_prepaid(&[&id, &stopped]));
    assert_eq!(stopping, "UnsupportedOperation.InstanceStateStopping");
    advance(&cloud, 15);
    let mut termless = to_prepaid(&[&id]);
    termless.as_object_mut().unwrap().remove("InstanceChargePrepaid");
    for (body, expected) in [
        (to_prepaid(&[&id, &subscribed]), "UnsupportedOperation.InstanceChargeType"),
        (to_prepaid(&[&id, &stopped]), "InvalidInstance.NotSupported"),
        (to_prepaid(&[&id, "ins-zzzzzzzz"]), "InvalidInstanceId.NotFound"),
        (termless, "MissingParameter"),
        (
            json!({ "InstanceIds": [id], "InstanceChargeType": "POSTPAID_BY_HOUR" }),
            "UnsupportedOperation.InstanceChargeType",
        ),
    ] {
        let code = send_err(&cloud, "ModifyInstancesChargeType", body.clone());
        assert_eq!(code, expected, "{body}");
    }
    assert_eq!(describe(&cloud, &id)["LatestOperation"], "RunInstances");
}

#[test]
fn expiry_interrupts_a_running_operation() {
    let cloud = cloud();
    let network = |subnet: &str, addresses: &[&Value]| {
        json!({ "VirtualPrivateCloud": { "VpcId": "vpc-00000001", "SubnetId": subnet,
            "PrivateIpAddresses": addresses } })
    };
    let id = launch_running(&cloud, prepaid(network("subnet-00000001", &[])));
    advance(&cloud, MONTH - 25);
    let address = json!("172.16.0.99");
    let mut body = network("subnet-00000001", &[&address]);
    body["InstanceIds"] = json!([id]);
    send_ok(&cloud, "ModifyInstancesVpcAttribute", body);
    advance(&cloud, 60);
    let actual = describe(&cloud, &id);
    assert_eq!(
        (&actual["InstanceState"], &actual["LatestOperationState"]),
        (&json!("SHUTDOWN"), &json!("FAILED"),)
    );
    assert_ne!(actual["PrivateIpAddresses"][0], address);
    // The address that was reserved for it is free again.
    launch_running(&cloud, network("subnet-00000001", &[&address]));
}

#[test]
fn automatic_renewals_stop_at_the_end_of_the_calendar() {
    let cloud = cloud();
    let term = json!({ "Period": 1, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" });
    let id = launch_running(&cloud, prepaid(json!({ "InstanceChargePrepaid": term })));
    let host = json!({ "Placement": { "Zone": "ap-guangzhou-3" }, "HostChargePrepaid": term });
    send_ok(&cloud, "AllocateHosts", host);
    let pack = json!({ "Zone": "ap-guangzhou-3", "InstanceType": "SA9.96XLARGE1152",
        "InstanceCount": 1, "Period": 1, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" });
    send_ok(&cloud, "PurchaseResourcePoolPacks", pack);
    cloud.clock().advance(Duration::MAX);
    // Another thread sends the requests, because endless renewals would block it forever.
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let hosts = send_ok(&cloud, "DescribeHosts", json!({}))["TotalCount"].clone();
        let packs = send_ok(&cloud, "DescribeResourcePoolPacks", json!({}));
        let status = packs["DedicatedResourcePackSet"][0]["Status"].clone();
        sender.send((state(&cloud, &id), hosts, status)).unwrap();
    });
    let found = receiver.recv_timeout(Duration::from_secs(60)).expect("the requests end");
    assert_eq!(found, ("gone".to_owned(), json!(0), json!("RETIRED")));
}
