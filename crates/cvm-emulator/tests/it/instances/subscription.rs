//! Subscriptions: how they begin, go on and end, and what bandwidth is paid for with them.

use std::sync::mpsc;
use std::time::Duration;

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;

pub const DAY: u64 = 86_400;

/// Tests begin at 2023-11-14T22:13:20Z; an instance of them runs 20 s later.
pub const MONTH: u64 = 30 * DAY;

pub fn prepaid(members: Value) -> Value {
    let term = json!({ "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" });
    let mut body = json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": term });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

fn renew(ids: &[&str], months: u64) -> Value {
    json!({ "InstanceIds": ids, "InstanceChargePrepaid": { "Period": months } })
}

fn expires(cloud: &Cloud, id: &str) -> Value {
    show(cloud, id)["ExpiredTime"].clone()
}

#[test]
fn renewal_extends_the_term() {
    let cloud = cloud();
    let id = running(&cloud, prepaid(json!({})));
    assert_eq!(expires(&cloud, &id), "2023-12-14T22:13:20Z");
    let mut body = renew(&[&id], 2);
    body["InstanceChargePrepaid"]["RenewFlag"] = json!("DISABLE_NOTIFY_AND_MANUAL_RENEW");
    done(&cloud, "RenewInstances", body);
    pass(&cloud, 2);
    let shown = show(&cloud, &id);
    assert_eq!(shown["ExpiredTime"], "2024-02-14T22:13:20Z");
    assert_eq!(shown["RenewFlag"], "DISABLE_NOTIFY_AND_MANUAL_RENEW");
    assert_eq!(
        (&shown["LatestOperation"], &shown["LatestOperationState"]),
        (&json!("RenewInstances"), &json!("SUCCESS"),)
    );
    pass(&cloud, 2 * MONTH);
    assert_eq!(state(&cloud, &id), "RUNNING", "the old end of the term means nothing any more");
    pass(&cloud, MONTH + 2 * DAY);
    assert_eq!(state(&cloud, &id), "SHUTDOWN");
}

#[test]
fn renewal_restores_instances_from_the_recycle_bin() {
    let cloud = cloud();
    let (expired, returned) =
        (running(&cloud, prepaid(json!({}))), running(&cloud, prepaid(json!({}))));
    pass(&cloud, MONTH - 10 * DAY);
    done(&cloud, "TerminateInstances", json!({ "InstanceIds": [returned] }));
    let code = refused(&cloud, "RenewInstances", renew(&[&returned], 1));
    assert_eq!(code, "OperationDenied.InstanceOperationInProgress");
    pass(&cloud, 10);
    done(&cloud, "RenewInstances", renew(&[&returned], 1));
    assert_eq!(state(&cloud, &returned), "SHUTDOWN");
    pass(&cloud, 5);
    // The other term ends meanwhile.
    pass(&cloud, 10 * DAY);
    assert_eq!(show(&cloud, &expired)["RestrictState"], "EXPIRED");
    pass(&cloud, 6 * DAY);
    done(&cloud, "RenewInstances", renew(&[&expired], 1));
    pass(&cloud, 5);
    for id in [&expired, &returned] {
        let shown = show(&cloud, id);
        assert_eq!(shown["InstanceState"], "STOPPED");
        assert_eq!(shown["RestrictState"], "NORMAL");
        assert_eq!(shown["IsolatedSource"], "NOTISOLATED");
        assert!(shown["ExpiredTime"].as_str().unwrap().starts_with("2024-01-14T22:13:"));
        done(&cloud, "StartInstances", json!({ "InstanceIds": [id] }));
    }
    pass(&cloud, 8 * DAY);
    assert_eq!(state(&cloud, &expired), "RUNNING", "the bin has forgotten it");
    pass(&cloud, 10 * DAY);
    assert_eq!(state(&cloud, &expired), "RUNNING");
    pass(&cloud, 8 * DAY);
    assert_eq!(state(&cloud, &expired), "SHUTDOWN", "the new term ends as the old one did");
    pass(&cloud, 7 * DAY);
    assert_eq!(state(&cloud, &expired), "gone");
}

#[test]
fn only_prepaid_instances_have_renewals_and_renew_flags() {
    let cloud = cloud();
    let (id, hourly) = (running(&cloud, prepaid(json!({}))), running(&cloud, json!({})));
    let pending = launch(&cloud, prepaid(json!({}))).remove(0);
    let term = |months: u64| json!({ "InstanceChargePrepaid": { "Period": months } });
    let flag = json!({ "RenewFlag": "NOTIFY_AND_AUTO_RENEW" });
    let before = show(&cloud, &id);
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
        let mut body = json!({ "InstanceIds": ids });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        assert_eq!(refused(&cloud, action, body.clone()), expected, "{action} {body}");
    }
    let unknown = renew(&[&id, "ins-zzzzzzzz"], 1);
    assert_eq!(refused(&cloud, "RenewInstances", unknown), "InvalidInstanceId.NotFound");
    assert_eq!(show(&cloud, &id), before);
    let body = json!({ "InstanceIds": [id], "RenewFlag": "NOTIFY_AND_AUTO_RENEW" });
    done(&cloud, "ModifyInstancesRenewFlag", body);
    pass(&cloud, 2);
    assert_eq!(show(&cloud, &id)["RenewFlag"], "NOTIFY_AND_AUTO_RENEW");
    pass(&cloud, MONTH);
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
    let id = running(&cloud, hourly);
    assert_eq!(expires(&cloud, &id), Value::Null);
    done(&cloud, "ModifyInstancesChargeType", to_prepaid(&[&id]));
    assert_eq!(show(&cloud, &id)["InstanceChargeType"], "POSTPAID_BY_HOUR");
    pass(&cloud, 2);
    let shown = show(&cloud, &id);
    assert_eq!(shown["InstanceChargeType"], "PREPAID");
    assert_eq!(shown["RenewFlag"], "NOTIFY_AND_MANUAL_RENEW");
    assert_eq!(shown["ExpiredTime"], "2023-12-14T22:13:40Z");
    assert_eq!(shown["InternetAccessible"]["InternetChargeType"], "BANDWIDTH_PREPAID");

    let twin = running(&cloud, prepaid(json!({})));
    done(&cloud, "StopInstances", json!({ "InstanceIds": [twin] }));
    pass(&cloud, 15);
    assert_eq!(show(&cloud, &twin)["StopChargingMode"], "NOT_APPLICABLE");
    let back = json!({ "InstanceIds": [twin], "InstanceChargeType": "POSTPAID_BY_HOUR" });
    done(&cloud, "ModifyInstancesChargeType", back);
    pass(&cloud, 2);
    let shown = show(&cloud, &twin);
    assert_eq!(shown["InstanceChargeType"], "POSTPAID_BY_HOUR");
    assert_eq!((&shown["ExpiredTime"], &shown["RenewFlag"]), (&Value::Null, &Value::Null));
    assert_eq!(shown["StopChargingMode"], "KEEP_CHARGING");
    pass(&cloud, MONTH);
    assert_eq!(state(&cloud, &id), "SHUTDOWN", "the new term has ended");
    assert_eq!(state(&cloud, &twin), "STOPPED", "nothing ends any more");
}

#[test]
fn charge_type_changes_are_all_or_nothing() {
    let cloud = cloud();
    let (id, stopped) = (running(&cloud, json!({})), running(&cloud, json!({})));
    let subscribed = running(&cloud, prepaid(json!({})));
    let rest = json!({ "InstanceIds": [stopped], "StoppedMode": "STOP_CHARGING" });
    done(&cloud, "StopInstances", rest);
    let stopping = refused(&cloud, "ModifyInstancesChargeType", to_prepaid(&[&id, &stopped]));
    assert_eq!(stopping, "UnsupportedOperation.InstanceStateStopping");
    pass(&cloud, 15);
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
        let code = refused(&cloud, "ModifyInstancesChargeType", body.clone());
        assert_eq!(code, expected, "{body}");
    }
    assert_eq!(show(&cloud, &id)["LatestOperation"], "RunInstances");
}

#[test]
fn expiry_interrupts_a_running_operation() {
    let cloud = cloud();
    let network = |subnet: &str, addresses: &[&Value]| {
        json!({ "VirtualPrivateCloud": { "VpcId": "vpc-00000001", "SubnetId": subnet,
            "PrivateIpAddresses": addresses } })
    };
    let id = running(&cloud, prepaid(network("subnet-00000001", &[])));
    pass(&cloud, MONTH - 25);
    let address = json!("172.16.0.99");
    let mut body = network("subnet-00000001", &[&address]);
    body["InstanceIds"] = json!([id]);
    done(&cloud, "ModifyInstancesVpcAttribute", body);
    pass(&cloud, 60);
    let shown = show(&cloud, &id);
    assert_eq!(
        (&shown["InstanceState"], &shown["LatestOperationState"]),
        (&json!("SHUTDOWN"), &json!("FAILED"),)
    );
    assert_ne!(shown["PrivateIpAddresses"][0], address);
    // The address that was kept for it is free again.
    running(&cloud, network("subnet-00000001", &[&address]));
}

#[test]
fn automatic_renewals_stop_at_the_end_of_the_calendar() {
    let cloud = cloud();
    let term = json!({ "Period": 1, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" });
    let id = running(&cloud, prepaid(json!({ "InstanceChargePrepaid": term })));
    let host = json!({ "Placement": { "Zone": "ap-guangzhou-3" }, "HostChargePrepaid": term });
    done(&cloud, "AllocateHosts", host);
    let pack = json!({ "Zone": "ap-guangzhou-3", "InstanceType": "SA9.96XLARGE1152",
        "InstanceCount": 1, "Period": 1, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" });
    done(&cloud, "PurchaseResourcePoolPacks", pack);
    cloud.clock().advance(Duration::MAX);
    // Another thread looks, since a term that is renewed for ever would keep it busy for ever.
    let (found, look) = mpsc::channel();
    std::thread::spawn(move || {
        let hosts = done(&cloud, "DescribeHosts", json!({}))["TotalCount"].clone();
        let packs = done(&cloud, "DescribeResourcePoolPacks", json!({}));
        let status = packs["DedicatedResourcePackSet"][0]["Status"].clone();
        found.send((state(&cloud, &id), hosts, status)).unwrap();
    });
    let found = look.recv_timeout(Duration::from_secs(60)).expect("an answer");
    assert_eq!(found, ("gone".to_owned(), json!(0), json!("RETIRED")));
}
