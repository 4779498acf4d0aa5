//! Disks and instances: what CVM and the disk service do to the same disk, and what becomes of disks when their instance
//! goes.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::cbs::*;
use crate::support::*;

fn data_disk(members: Value) -> Value {
    json!({ "DataDisks": [merge(json!({ "DiskType": "CLOUD_PREMIUM", "DiskSize": 50 }), members)] })
}

fn prepaid_launch(members: Value) -> Value {
    let prepaid = json!({
        "InstanceChargeType": "PREPAID",
        "InstanceChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" },
    });
    merge(prepaid, members)
}

fn terminate(cloud: &Cloud, id: &str) {
    send_ok(cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    advance(cloud, 10);
}

#[test]
fn disks_remain_without_their_instance_unless_they_go_with_it() {
    let cloud = cloud();
    let launch = json!({ "DataDisks": [
        { "DiskType": "CLOUD_PREMIUM", "DiskSize": 50 },
        { "DiskType": "CLOUD_SSD", "DiskSize": 60, "DeleteWithInstance": false },
    ] });
    let id = launch_running(&cloud, launch);
    let of_launch = data_disks(&cloud, &id);
    let created = create_disks(&cloud, json!({ "DiskCount": 2 }));
    attach(&cloud, &created[..1], &id);
    let gone = json!({ "DiskIds": created[1..], "InstanceId": id, "DeleteWithInstance": true });
    cbs_ok(&cloud, "AttachDisks", gone);
    advance(&cloud, 5);
    assert_eq!(disk(&cloud, &created[1])["DeleteWithInstance"], true);
    assert_eq!(data_disks(&cloud, &id).len(), 4);
    let before = disk(&cloud, &of_launch[1]);
    terminate(&cloud, &id);
    let mut remaining = ids(&disks(&cloud, json!({})));
    remaining.sort();
    let mut expected = vec![of_launch[1].clone(), created[0].clone()];
    expected.sort();
    assert_eq!(remaining, expected);
    let after = disk(&cloud, &of_launch[1]);
    assert_eq!((&after["DiskState"], &after["InstanceId"]), (&json!("UNATTACHED"), &json!("")));
    assert_eq!(after["LastAttachInsId"], id.as_str());
    for member in ["CreateTime", "DiskSize", "DiskType", "DiskChargeType", "Placement"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    let next = launch_running(&cloud, json!({}));
    attach(&cloud, &expected, &next);
    assert_eq!(data_disks(&cloud, &next).len(), 2);
}

#[test]
fn disk_of_an_instance_that_goes_meanwhile_is_in_no_operation() {
    let cloud = cloud();
    let id = launch_running(&cloud, data_disk(json!({ "DeleteWithInstance": false })));
    let kept = data_disks(&cloud, &id).remove(0);
    let attaching = create_disk(&cloud, json!({}));
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    let target = json!({ "DiskIds": [attaching], "InstanceId": id });
    assert_eq!(cbs_err(&cloud, "AttachDisks", target), "InvalidInstance.NotSupported");
    let resize = json!({ "DiskId": kept, "DiskSize": 60 });
    assert_eq!(cbs_err(&cloud, "ResizeDisk", resize), "InvalidDisk.Busy");
    advance(&cloud, 10);
    assert_eq!(disk_state(&cloud, &kept), "UNATTACHED");

    let id = launch_running(&cloud, json!({}));
    advance(&cloud, 1);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    advance(&cloud, 10);
    assert_eq!(disk_state(&cloud, &attaching), "UNATTACHED");

    // The termination ends before the attachment does.
    let id = launch_running(&cloud, json!({}));
    advance(&cloud, 1);
    cbs_ok(&cloud, "AttachDisks", json!({ "DiskIds": [attaching], "InstanceId": id }));
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    advance(&cloud, 60);
    assert_eq!(disk_state(&cloud, &attaching), "UNATTACHED", "it was attached, and remained");
}

#[test]
fn cvm_and_the_disk_service_enlarge_the_same_disk() {
    let cloud = cloud();
    let id = launch_running(&cloud, data_disk(json!({})));
    let disk_id = data_disks(&cloud, &id).remove(0);
    let by_cvm = |size: u64| {
        json!({ "InstanceId": id, "ResizeOnline": true,
        "DataDisks": [{ "DiskId": disk_id, "DiskSize": size }] })
    };
    let by_cbs = |size: u64| json!({ "DiskId": disk_id, "DiskSize": size });
    send_ok(&cloud, "ResizeInstanceDisks", by_cvm(60));
    assert_eq!(cbs_err(&cloud, "ResizeDisk", by_cbs(70)), "InvalidDisk.Busy");
    advance(&cloud, 10);
    assert_eq!(disk(&cloud, &disk_id)["DiskSize"], 60);
    cbs_ok(&cloud, "ResizeDisk", by_cbs(70));
    let busy = send_err(&cloud, "ResizeInstanceDisks", by_cvm(80));
    assert_eq!(busy, "OperationDenied.InstanceOperationInProgress");
    advance(&cloud, 10);
    assert_eq!(describe(&cloud, &id)["DataDisks"][0]["DiskSize"], 70);
}

#[test]
fn renewal_and_charge_type_concern_the_disks_only_if_the_request_says_so() {
    let cloud = cloud();
    let launch = data_disk(json!({}));
    let id = launch_running(&cloud, launch);
    let disk_id = data_disks(&cloud, &id).remove(0);
    let change = |is_with: bool| {
        json!({ "InstanceIds": [id], "InstanceChargeType": "PREPAID",
        "InstanceChargePrepaid": { "Period": 1 }, "ModifyPortableDataDisk": is_with })
    };
    send_ok(&cloud, "ModifyInstancesChargeType", change(false));
    advance(&cloud, 5);
    assert_eq!(describe(&cloud, &id)["InstanceChargeType"], "PREPAID");
    assert_eq!(disk(&cloud, &disk_id)["DiskChargeType"], "POSTPAID_BY_HOUR");

    let id = launch_running(&cloud, prepaid_launch(data_disk(json!({}))));
    let disk_id = data_disks(&cloud, &id).remove(0);
    let own = create_disk(&cloud, prepaid("NOTIFY_AND_MANUAL_RENEW"));
    attach(&cloud, &[own.clone()], &id);
    let deadlines = || [&disk_id, &own].map(|id| string(&disk(&cloud, id)["DeadlineTime"]));
    let first = deadlines();
    let renew = |is_with: Value| {
        json!({ "InstanceIds": [id], "RenewPortableDataDisk": is_with,
        "InstanceChargePrepaid": { "Period": 1 } })
    };
    send_ok(&cloud, "RenewInstances", renew(json!(null)));
    advance(&cloud, 5);
    let second = deadlines();
    assert!(second[0] > first[0] && second[1] > first[1], "{first:?} {second:?}");
    send_ok(&cloud, "RenewInstances", renew(json!(false)));
    advance(&cloud, 5);
    assert_eq!(deadlines(), second);
    let warned = disk(&cloud, &disk_id);
    assert_eq!(warned["DeadlineError"], true, "the disk expires before its instance");
}

#[test]
fn both_services_agree_which_disks_go_with_their_instance() {
    let cloud = cloud();
    let launch = |charge: Value| {
        let disks = json!({ "DataDisks": [
            { "DiskType": "CLOUD_PREMIUM", "DiskSize": 50, "DeleteWithInstance": true },
            { "DiskType": "CLOUD_PREMIUM", "DiskSize": 50, "DeleteWithInstance": false },
            { "DiskType": "CLOUD_SSD", "DiskSize": 60 },
        ] });
        launch_running(&cloud, merge(disks, charge))
    };
    let (hourly, prepaid) = (launch(json!({})), launch(prepaid_launch(json!({}))));
    let (with, without) = (launch(json!({})), launch(json!({})));
    let own = create_disks(&cloud, json!({ "DiskCount": 2 }));
    let target = json!({ "DiskIds": own[..1], "InstanceId": hourly, "DeleteWithInstance": true });
    cbs_ok(&cloud, "AttachDisks", target);
    attach(&cloud, &own[1..], &with);
    for (id, is_with) in [(&with, true), (&without, false)] {
        let change = json!({ "InstanceIds": [id], "InstanceChargeType": "PREPAID",
            "InstanceChargePrepaid": { "Period": 1 }, "ModifyPortableDataDisk": is_with });
        send_ok(&cloud, "ModifyInstancesChargeType", change);
    }
    advance(&cloud, 10);
    let shown = |id: &str| -> Vec<bool> {
        let instance = describe(&cloud, id);
        let system = disk(&cloud, instance["SystemDisk"]["DiskId"].as_str().unwrap());
        assert_eq!(system["DeleteWithInstance"], true, "{id}");
        let disks = instance["DataDisks"].as_array().unwrap().iter();
        let both = disks.map(|of_cvm| {
            let of_cbs = disk(&cloud, of_cvm["DiskId"].as_str().unwrap());
            assert_eq!(of_cvm["DeleteWithInstance"], of_cbs["DeleteWithInstance"], "{of_cbs}");
            of_cvm["DeleteWithInstance"].as_bool().unwrap()
        });
        both.collect()
    };
    assert_eq!(shown(&hourly), [true, false, true, true]);
    assert_eq!(shown(&prepaid), [false; 3], "a prepaid disk remains until its term ends");
    assert_eq!(shown(&with), [false; 4], "the disks became prepaid with their instance");
    assert_eq!(shown(&without), [true, false, true], "the disks are hourly as before");
}

#[test]
fn launches_and_the_disk_service_sell_the_same_performance() {
    let cloud = cloud();
    for (kind, gib, member, value, is_sold) in [
        ("CLOUD_HSSD", 470, "ThroughputPerformance", json!(650), true),
        ("CLOUD_HSSD", 470, "ThroughputPerformance", json!(651), false),
        ("CLOUD_HSSD", 460, "ThroughputPerformance", json!(1), false),
        ("CLOUD_HSSD", 20, "ThroughputPerformance", json!(0), true),
        ("CLOUD_PREMIUM", 500, "ThroughputPerformance", json!(1), false),
        ("CLOUD_HSSD", 460, "BurstPerformance", json!(true), true),
        ("CLOUD_HSSD", 450, "BurstPerformance", json!(true), false),
        ("CLOUD_HSSD", 450, "BurstPerformance", json!(false), true),
        ("CLOUD_PREMIUM", 500, "BurstPerformance", json!(true), false),
    ] {
        let members = json!({ "DiskType": kind, "DiskSize": gib, (member): value });
        let alone = cbs(&cloud, "CreateDisks", disk_request(members.clone()));
        let launch = run_request(json!({ "DataDisks": [members], "DryRun": true }));
        let launched = send(&cloud, "RunInstances", launch);
        for response in [&alone, &launched] {
            let is_ok = response["Error"].is_null();
            assert_eq!(is_ok, is_sold, "{kind} of {gib} GiB, {member} {value}: {response}");
        }
    }
}

#[test]
fn attached_disk_is_not_terminated_and_the_error_says_what_to_do() {
    let cloud = cloud();
    let id = launch_running(&cloud, prepaid_launch(data_disk(json!({}))));
    let disk_id = data_disks(&cloud, &id).remove(0);
    let message = || {
        let response = cbs(&cloud, "TerminateDisks", json!({ "DiskIds": [disk_id] }));
        assert_eq!(error_code(&response), "ResourceUnavailable.NotSupported");
        string(&response["Error"]["Message"])
    };
    assert!(message().ends_with("which is RUNNING; detach it first."), "{}", message());
    send_ok(
        &cloud,
        "TerminateInstances",
        json!({ "InstanceIds": [id], "ReleasePrepaidDataDisks": true }),
    );
    advance(&cloud, 10);
    assert!(message().contains("both are in the recycle bin: renew the instance"), "{}", message());
}

/// What Terraform does with the data disks of an hourly instance: it enlarges and renames them.
#[test]
fn terraform_changes_the_data_disks_of_an_instance() {
    let cloud = cloud();
    let id = launch_running(&cloud, data_disk(json!({ "DiskName": "old" })));
    let disk_id = data_disks(&cloud, &id).remove(0);
    cbs_ok(&cloud, "ResizeDisk", json!({ "DiskId": disk_id, "DiskSize": 100 }));
    cbs_ok(&cloud, "ModifyDiskAttributes", json!({ "DiskIds": [disk_id], "DiskName": "new" }));
    advance(&cloud, 10);
    let shown = describe(&cloud, &id)["DataDisks"][0].clone();
    assert_eq!((&shown["DiskSize"], &shown["DiskName"]), (&json!(100), &json!("new")));
}

/// What Terraform does with the data disks of a prepaid instance that it deletes by force.
#[test]
fn terraform_returns_the_data_disks_of_a_prepaid_instance() {
    let cloud = cloud();
    let id = launch_running(&cloud, prepaid_launch(data_disk(json!({}))));
    let disk_id = data_disks(&cloud, &id).remove(0);
    assert_eq!(describe(&cloud, &id)["DataDisks"][0]["DeleteWithInstance"], false);
    terminate(&cloud, &id);
    assert_eq!(
        (state(&cloud, &id), disk_state(&cloud, &disk_id)),
        ("SHUTDOWN".into(), "ATTACHED".into())
    );
    cbs_ok(&cloud, "DetachDisks", json!({ "DiskIds": [disk_id], "InstanceId": id }));
    advance(&cloud, 5);
    assert_eq!(disk_state(&cloud, &disk_id), "UNATTACHED");
    cbs_ok(&cloud, "TerminateDisks", json!({ "DiskIds": [disk_id] }));
    assert_eq!(disk_state(&cloud, &disk_id), "TORECYCLE");
    terminate(&cloud, &id);
    assert_eq!(state(&cloud, &id), "gone");
    cbs_ok(&cloud, "TerminateDisks", json!({ "DiskIds": [disk_id] }));
    assert_eq!(disk_state(&cloud, &disk_id), "gone");
}

#[test]
fn prepaid_disks_are_kept_or_released_with_their_instance() {
    let cloud = cloud();
    let launched = || launch_running(&cloud, prepaid_launch(data_disk(json!({}))));
    let (kept, released, recovered) = (launched(), launched(), launched());
    let [kept_disk, released_disk, recovered_disk] =
        [&kept, &released, &recovered].map(|id| data_disks(&cloud, id).remove(0));
    terminate(&cloud, &kept);
    terminate(&cloud, &kept);
    let after = disk(&cloud, &kept_disk);
    assert_eq!(
        (&after["DiskState"], &after["DiskChargeType"]),
        (&json!("UNATTACHED"), &json!("PREPAID"))
    );

    for id in [&released, &recovered] {
        let body = json!({ "InstanceIds": [id], "ReleasePrepaidDataDisks": true });
        send_ok(&cloud, "TerminateInstances", body);
    }
    advance(&cloud, 10);
    assert_eq!(disk_state(&cloud, &released_disk), "TORECYCLE");
    let renew = json!({ "InstanceIds": [recovered], "InstanceChargePrepaid": { "Period": 1 } });
    send_ok(&cloud, "RenewInstances", renew);
    advance(&cloud, 10);
    assert_eq!(disk_state(&cloud, &recovered_disk), "ATTACHED");
    terminate(&cloud, &released);
    assert_eq!(disk_state(&cloud, &released_disk), "gone");
    terminate(&cloud, &recovered);
    terminate(&cloud, &recovered);
    assert_eq!(disk_state(&cloud, &recovered_disk), "UNATTACHED");
}

#[test]
fn prepaid_disk_goes_with_an_instance_whose_term_has_ended() {
    let cloud = cloud();
    let id = launch_running(&cloud, prepaid_launch(data_disk(json!({}))));
    let disk_id = data_disks(&cloud, &id).remove(0);
    advance(&cloud, 31 * 86_400);
    assert_eq!(
        (state(&cloud, &id), disk_state(&cloud, &disk_id)),
        ("SHUTDOWN".into(), "ATTACHED".into())
    );
    advance(&cloud, 8 * 86_400);
    assert_eq!((state(&cloud, &id), disk_state(&cloud, &disk_id)), ("gone".into(), "gone".into()));
}
