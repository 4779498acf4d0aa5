//! Elastic disks: their life, their limits, and the time that operations take.

use cvm_emulator::{Cloud, TimeMode};
use serde_json::{Value, json};

use crate::cbs::*;
use crate::support::*;

/// The size of a data disk as CVM shows it.
fn size_at_instance(cloud: &Cloud, instance_id: &str) -> Value {
    describe(cloud, instance_id)["DataDisks"][0]["DiskSize"].clone()
}

/// The states of a disk, each this many seconds after the one before.
fn assert_disk_states(cloud: &Cloud, id: &str, states: &[(u64, &str)]) {
    for (seconds, expected) in states {
        advance(cloud, *seconds);
        assert_eq!(disk_state(cloud, id), *expected);
    }
}

fn whole_life(cloud: &Cloud) {
    let instance_id = launch_running(cloud, json!({}));
    let name = json!({ "DiskName": "data", "DiskSize": 20 });
    let created = cbs_ok(cloud, "CreateDisks", disk_request(name));
    let id = string(&created["DiskIdSet"][0]);
    assert_disk_states(cloud, &id, &[(0, "gone"), (4, "gone"), (1, "UNATTACHED")]);
    let new = disk(cloud, &id);
    for (member, expected) in [
        ("DiskName", json!("data")),
        ("Portable", json!(true)),
        ("Attached", json!(false)),
        ("InstanceId", json!("")),
        ("DiskUsage", json!("DATA_DISK")),
        ("DeleteWithInstance", json!(false)),
        ("DiskChargeType", json!("POSTPAID_BY_HOUR")),
        ("LastAttachInsId", json!(null)),
    ] {
        assert_eq!(new[member], expected, "{member}");
    }

    let target = json!({ "DiskIds": [id], "InstanceId": instance_id });
    cbs_ok(cloud, "AttachDisks", target.clone());
    let attaching = disk(cloud, &id);
    assert_eq!(attaching["InstanceId"], instance_id.as_str());
    assert_eq!(attaching["Attached"], false);
    assert_eq!(data_disks(cloud, &instance_id), [""; 0]);
    assert_eq!(cbs_err(cloud, "DetachDisks", json!({ "DiskIds": [id] })), "ResourceBusy");
    assert_disk_states(cloud, &id, &[(0, "ATTACHING"), (4, "ATTACHING"), (1, "ATTACHED")]);
    assert_eq!(disk(cloud, &id)["Attached"], true);
    assert_eq!(data_disks(cloud, &instance_id), [id.as_str()]);
    let filter = json!({ "Filters": [{ "Name": "instance-id", "Values": [instance_id] }] });
    assert_eq!(disks(cloud, filter)["TotalCount"], 2, "with the system disk");
    assert_eq!(cbs_err(cloud, "AttachDisks", target), "ResourceUnavailable.Attached");

    cbs_ok(cloud, "ResizeDisk", json!({ "DiskId": id, "DiskSize": 30 }));
    assert_disk_states(cloud, &id, &[(0, "EXPANDING"), (9, "EXPANDING")]);
    assert_eq!(disk(cloud, &id)["DiskSize"], 20);
    assert_disk_states(cloud, &id, &[(1, "ATTACHED")]);
    assert_eq!(
        (&disk(cloud, &id)["DiskSize"], size_at_instance(cloud, &instance_id)),
        (&json!(30), json!(30))
    );

    cbs_ok(cloud, "DetachDisks", json!({ "DiskIds": [id], "InstanceId": instance_id }));
    assert_eq!(data_disks(cloud, &instance_id), [id.as_str()], "until it is detached");
    assert_disk_states(cloud, &id, &[(0, "DETACHING"), (4, "DETACHING"), (1, "UNATTACHED")]);
    assert_eq!(data_disks(cloud, &instance_id), [""; 0]);
    let detached = disk(cloud, &id);
    assert_eq!(detached["InstanceId"], "");
    assert_eq!(detached["LastAttachInsId"], instance_id.as_str());
    assert_eq!((&detached["DiskSize"], &detached["DiskName"]), (&json!(30), &json!("data")));

    cbs_ok(cloud, "TerminateDisks", json!({ "DiskIds": [id] }));
    assert_eq!(disk_state(cloud, &id), "gone");
    assert_eq!(
        cbs_err(cloud, "AttachDisks", json!({ "DiskIds": [id], "InstanceId": instance_id })),
        "InvalidDiskId.NotFound"
    );
}

#[test]
fn elastic_disk_goes_through_its_life() {
    whole_life(&cloud());
}

/// At real time, the clock also moves by itself, but a test is much faster than any operation.
#[test]
fn elastic_disk_goes_through_its_life_at_real_time() {
    let builder = builder().time_mode(TimeMode::Real);
    whole_life(&builder.credential(credential()).build().unwrap());
}

#[test]
fn instant_operations_are_done_at_the_next_request() {
    let cloud = builder().instant().credential(credential()).build().unwrap();
    let instance_id = launch(&cloud, json!({})).remove(0);
    assert_eq!(state(&cloud, &instance_id), "RUNNING");
    let created = cbs_ok(&cloud, "CreateDisks", disk_request(json!({ "DiskCount": 2 })));
    let ids = strings(&created["DiskIdSet"]);
    assert_eq!(disk_state(&cloud, &ids[0]), "UNATTACHED");
    let target = json!({ "DiskIds": ids, "InstanceId": instance_id });
    cbs_ok(&cloud, "AttachDisks", target.clone());
    assert_eq!(data_disks(&cloud, &instance_id).len(), 2);
    cbs_ok(&cloud, "ResizeDisk", json!({ "DiskId": ids[0], "DiskSize": 60 }));
    assert_eq!(disk(&cloud, &ids[0])["DiskSize"], 60);
    cbs_ok(&cloud, "DetachDisks", target);
    assert_eq!(disk_state(&cloud, &ids[1]), "UNATTACHED");
    cbs_ok(&cloud, "TerminateDisks", json!({ "DiskIds": ids }));
    assert_eq!(disks(&cloud, json!({}))["TotalCount"], 1, "the system disk");
}

#[test]
fn attachment_needs_an_elastic_disk_and_an_instance_that_fit() {
    let cloud = cloud();
    let instance_id = launch_running(&cloud, json!({}));
    let system = string(&describe(&cloud, &instance_id)["SystemDisk"]["DiskId"]);
    let free = create_disk(&cloud, json!({}));
    let other_zone = create_disk(&cloud, json!({ "Placement": { "Zone": "ap-guangzhou-4" } }));
    let in_cluster = json!({
        "Placement": { "Zone": "ap-guangzhou-3", "DedicatedClusterId": "cluster-00000001" },
        "DiskChargeType": "CDCPAID",
    });
    let in_cluster = create_disk(&cloud, in_cluster);
    let placement = &disk(&cloud, &in_cluster)["Placement"];
    assert_eq!(placement["DedicatedClusterId"], "cluster-00000001");
    let recycled = create_disk(&cloud, prepaid("NOTIFY_AND_MANUAL_RENEW"));
    cbs_ok(&cloud, "TerminateDisks", json!({ "DiskIds": [recycled] }));
    let stopped = launch_stopped(&cloud, json!({}));
    let starting = launch(&cloud, json!({})).remove(0);
    for (disk_id, instance_id, code) in [
        (&system, &stopped, "InvalidDisk.NotPortable"),
        (&other_zone, &stopped, "ResourceUnavailable.ZoneNotMatch"),
        (&in_cluster, &stopped, "ResourceUnavailable.ZoneNotMatch"),
        (&recycled, &stopped, "InvalidDisk.NotSupported"),
        (&free, &starting, "InvalidInstance.NotSupported"),
        (&"disk-00000000".to_owned(), &stopped, "InvalidDiskId.NotFound"),
        (&free, &"ins-00000000".to_owned(), "InvalidInstanceId.NotFound"),
    ] {
        // The disk that could be attached is not, either.
        let body = json!({ "DiskIds": [free, disk_id], "InstanceId": instance_id });
        assert_eq!(cbs_err(&cloud, "AttachDisks", body), code, "{disk_id} to {instance_id}");
        assert_eq!(disk_state(&cloud, &free), "UNATTACHED");
    }
    attach(&cloud, &[free.clone()], &stopped);
    let wrong = json!({ "DiskIds": [free], "InstanceId": instance_id });
    assert_eq!(cbs_err(&cloud, "DetachDisks", wrong), "InvalidParameterValue");
    assert_eq!(
        cbs_err(&cloud, "DetachDisks", json!({ "DiskIds": [other_zone] })),
        "InvalidDisk.NotSupported"
    );
    assert_eq!(
        cbs_err(&cloud, "DetachDisks", json!({ "DiskIds": [system] })),
        "InvalidDisk.NotPortable"
    );
    let attached = cbs_err(&cloud, "TerminateDisks", json!({ "DiskIds": [free] }));
    assert_eq!(attached, "ResourceUnavailable.NotSupported");
}

#[test]
fn instance_has_at_most_20_cloud_data_disks() {
    let cloud = cloud();
    let local = json!({ "DataDisks": [
        { "DiskType": "LOCAL_BASIC", "DiskSize": 100 },
        { "DiskType": "CLOUD_PREMIUM", "DiskSize": 10 },
    ] });
    let instance_id = launch_running(&cloud, local);
    let ids = create_disks(&cloud, json!({ "DiskCount": 20 }));
    attach(&cloud, &ids[..9], &instance_id);
    // Disks that are being attached count.
    cbs_ok(&cloud, "AttachDisks", json!({ "DiskIds": ids[9..18], "InstanceId": instance_id }));
    let two = json!({ "DiskIds": ids[18..], "InstanceId": instance_id });
    assert_eq!(cbs_err(&cloud, "AttachDisks", two), "LimitExceeded.InstanceAttachedDisk");
    cbs_ok(&cloud, "AttachDisks", json!({ "DiskIds": [ids[18]], "InstanceId": instance_id }));
    advance(&cloud, 5);
    assert_eq!(data_disks(&cloud, &instance_id).len(), 21);
}

#[test]
fn client_token_identifies_one_creation() {
    let cloud = cloud();
    let body = disk_request(json!({ "ClientToken": "token", "DiskCount": 3 }));
    let first = cbs_ok(&cloud, "CreateDisks", body.clone());
    assert_eq!(cbs_ok(&cloud, "CreateDisks", body)["DiskIdSet"], first["DiskIdSet"]);
    let other = disk_request(json!({ "ClientToken": "token", "DiskCount": 2 }));
    assert_eq!(cbs_err(&cloud, "CreateDisks", other), "InvalidParameter.InvalidClientToken");
    advance(&cloud, 5);
    assert_eq!(disks(&cloud, json!({}))["TotalCount"], 3);
    // A token of a launch is another token.
    launch(&cloud, json!({ "ClientToken": "token" }));
}

#[test]
fn number_of_disks_is_limited() {
    let cloud = cloud();
    let count = |count: u64| disk_request(json!({ "DiskCount": count }));
    assert_eq!(cbs_err(&cloud, "CreateDisks", count(0)), "InvalidParameterValue");
    let limit = "InvalidParameterValue.LimitExceeded";
    assert_eq!(cbs_err(&cloud, "CreateDisks", count(51)), limit);
    for _ in 0..10 {
        cbs_ok(&cloud, "CreateDisks", count(50));
    }
    assert_eq!(cbs_err(&cloud, "CreateDisks", count(1)), limit);
    advance(&cloud, 5);
    let first = string(&disks(&cloud, json!({}))["DiskSet"][0]["DiskId"]);
    cbs_ok(&cloud, "TerminateDisks", json!({ "DiskIds": [first] }));
    cbs_ok(&cloud, "CreateDisks", count(1));
}

#[test]
fn creation_rejects_disks_that_are_not_sold() {
    let cloud = cloud();
    let not_sold = "InvalidParameter.DiskConfigNotSupported";
    let tag = |key: &str| json!({ "Tags": [{ "Key": key, "Value": "a" }] });
    let placed =
        |member: &str, id: &str| json!({ "Placement": { "Zone": "ap-guangzhou-3", (member): id } });
    let cluster = placed("DedicatedClusterId", "cluster-00000001");
    let placed_project =
        |id: u64| json!({ "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": id } });
    for (members, code) in [
        (json!({ "DiskSize": 9 }), not_sold),
        (json!({ "DiskSize": 32_001 }), not_sold),
        (json!({ "DiskType": "CLOUD_SSD", "DiskSize": 19 }), not_sold),
        (json!({ "DiskType": "CLOUD_TSSD", "DiskSize": 500 }), not_sold),
        (json!({ "DiskType": "CLOUD_BASIC" }), "InvalidParameterValue"),
        (json!({ "DiskSize": 500, "ThroughputPerformance": 1 }), not_sold),
        (
            json!({ "DiskType": "CLOUD_HSSD", "DiskSize": 460, "ThroughputPerformance": 1 }),
            not_sold,
        ),
        (
            json!({ "DiskType": "CLOUD_HSSD", "DiskSize": 470, "ThroughputPerformance": 651 }),
            not_sold,
        ),
        (json!({ "DiskType": "CLOUD_HSSD", "DiskSize": 459, "BurstPerformance": true }), not_sold),
        (json!({ "DiskSize": null }), "MissingParameter"),
        (json!({ "DiskChargeType": "PREPAID" }), "MissingParameter"),
        (json!({ "DiskChargeType": "CDCPAID" }), "MissingParameter"),
        (cluster, "InvalidParameterValue"),
        (json!({ "Placement": { "Zone": "ap-beijing-3" } }), "InvalidParameterValue"),
        (json!({ "SnapshotId": "snap-00000000" }), "InvalidSnapshotId.NotFound"),
        (json!({ "DiskName": "n".repeat(61) }), "InvalidParameterValue"),
        (tag("qcs:a"), "InvalidParameterValue"),
        (placed_project(u64::MAX), "InvalidParameterValue"),
        (json!({ "Shareable": true }), "UnsupportedOperation"),
        (placed("CdcId", "cdc-00000001"), "UnsupportedOperation"),
        (placed("CageId", "cage-00000001"), "UnsupportedOperation"),
        (
            json!({ "AutoMountConfiguration": { "InstanceId": ["ins-00000000"] } }),
            "UnsupportedOperation",
        ),
    ] {
        let code_of = cbs_err(&cloud, "CreateDisks", disk_request(members.clone()));
        assert_eq!(code_of, code, "{members}");
    }
    advance(&cloud, 5);
    assert_eq!(disks(&cloud, json!({}))["TotalCount"], 0);
    let fast = json!({ "DiskType": "CLOUD_HSSD", "DiskSize": 470, "ThroughputPerformance": 650,
        "BurstPerformance": true, "Encrypt": "ENCRYPT", "EncryptType": "ENCRYPT_V2" });
    let fast = disk(&cloud, &create_disk(&cloud, fast));
    assert_eq!(fast["ThroughputPerformance"], 650);
    assert_eq!((&fast["BurstPerformance"], &fast["Encrypt"]), (&json!(true), &json!(true)));
    assert_eq!((&fast["EncryptType"], &fast["DiskName"]), (&json!("ENCRYPT_V2"), &json!("未命名")));
}

#[test]
fn disk_only_grows_and_only_within_limits() {
    let cloud = cloud();
    let id = create_disk(&cloud, json!({}));
    let instance_id = launch_running(&cloud, json!({}));
    let system = string(&describe(&cloud, &instance_id)["SystemDisk"]["DiskId"]);
    for (id, size, code) in [
        (&id, 50, "InvalidParameterValue"),
        (&id, 40, "InvalidParameterValue"),
        (&id, 32_001, "InvalidParameter.DiskConfigNotSupported"),
        (&system, 60, "InvalidDisk.NotSupported"),
    ] {
        let body = json!({ "DiskId": id, "DiskSize": size });
        assert_eq!(cbs_err(&cloud, "ResizeDisk", body), code, "{id} {size}");
    }
    let resize = |size: u64| json!({ "DiskId": id, "DiskSize": size });
    cbs_ok(&cloud, "ResizeDisk", resize(51));
    assert_eq!(cbs_err(&cloud, "ResizeDisk", resize(52)), "InvalidDisk.Busy");
    assert_disk_states(&cloud, &id, &[(0, "EXPANDING"), (10, "UNATTACHED")]);
    cbs_ok(&cloud, "CreateSnapshot", json!({ "DiskId": id }));
    assert_eq!(cbs_err(&cloud, "ResizeDisk", resize(52)), "ResourceUnavailable.SnapshotCreating");
    advance(&cloud, 60);
    cbs_ok(&cloud, "ResizeDisk", resize(52));
}

#[test]
fn attributes_change_at_once_and_the_medium_takes_time() {
    let cloud = cloud();
    let (first, second) = (create_disk(&cloud, json!({})), create_disk(&cloud, json!({})));
    let prepaid = create_disk(&cloud, prepaid("NOTIFY_AND_MANUAL_RENEW"));
    let instance_id = launch_running(&cloud, json!({}));
    let system = string(&describe(&cloud, &instance_id)["SystemDisk"]["DiskId"]);
    let change = |ids: &[&String], members: Value| merge(json!({ "DiskIds": ids }), members);
    for (ids, members, code) in [
        (vec![&first], json!({}), "MissingParameter"),
        (vec![&first], json!({ "Portable": false }), "InvalidParameterValue"),
        (vec![&first, &system], json!({ "ProjectId": 7 }), "InvalidDisk.NotSupported"),
        (vec![&first, &system], json!({ "Portable": true }), "InvalidDisk.NotSupported"),
        (vec![&first, &prepaid], json!({ "DeleteWithInstance": true }), "InvalidDisk.NotSupported"),
        (
            vec![&first],
            json!({ "BurstPerformanceOperation": "CREATE" }),
            "InvalidParameter.DiskConfigNotSupported",
        ),
        (vec![&first, &second], json!({ "DiskType": "CLOUD_SSD" }), "InvalidParameterValue"),
        (vec![&first], json!({ "DiskType": "CLOUD_PREMIUM" }), "InvalidParameterValue"),
        (vec![&system], json!({ "DiskType": "CLOUD_SSD" }), "InvalidDisk.NotSupported"),
    ] {
        let body = change(&ids, members);
        assert_eq!(cbs_err(&cloud, "ModifyDiskAttributes", body.clone()), code, "{body}");
    }
    assert_eq!(disk(&cloud, &first)["Placement"]["ProjectId"], 0, "nothing has changed");
    let all = json!({ "DiskName": "new", "Portable": true, "ProjectId": 7,
        "DeleteWithInstance": true });
    cbs_ok(&cloud, "ModifyDiskAttributes", change(&[&first, &second], all));
    cbs_ok(&cloud, "ModifyDiskAttributes", change(&[&system], json!({ "DiskName": "root" })));
    assert_eq!(describe(&cloud, &instance_id)["SystemDisk"]["DiskName"], "root");
    for id in [&first, &second] {
        let disk = disk(&cloud, id);
        assert_eq!((&disk["DiskName"], &disk["DeleteWithInstance"]), (&json!("new"), &json!(true)));
        assert_eq!(disk["Placement"]["ProjectId"], 7);
    }
    cbs_ok(&cloud, "ModifyDiskAttributes", change(&[&first], json!({ "DiskType": "CLOUD_SSD" })));
    advance(&cloud, 30);
    let moving = disk(&cloud, &first);
    assert_eq!((&moving["Migrating"], &moving["MigratePercent"]), (&json!(true), &json!(50)));
    assert_eq!(
        (&moving["DiskType"], &moving["DiskState"]),
        (&json!("CLOUD_PREMIUM"), &json!("UNATTACHED"))
    );
    let target = json!({ "DiskIds": [first], "InstanceId": instance_id });
    assert_eq!(cbs_err(&cloud, "AttachDisks", target), "ResourceInUse.DiskMigrating");
    advance(&cloud, 30);
    let moved = disk(&cloud, &first);
    assert_eq!((&moved["Migrating"], &moved["DiskType"]), (&json!(false), &json!("CLOUD_SSD")));
}

#[test]
fn prepaid_disk_goes_to_the_recycle_bin_first() {
    let cloud = cloud();
    let [first, second] = [(); 2].map(|()| create_disk(&cloud, prepaid("NOTIFY_AND_MANUAL_RENEW")));
    let new = disk(&cloud, &first);
    assert_eq!((&new["IsReturnable"], &new["ReturnFailCode"]), (&json!(true), &json!(0)));
    assert_eq!(new["DifferDaysOfDeadline"], 29);
    let both = json!({ "DiskIds": [first, second] });
    cbs_ok(&cloud, "TerminateDisks", both);
    let recycled = disk(&cloud, &first);
    assert_eq!(recycled["DiskState"], "TORECYCLE");
    assert_eq!(
        (&recycled["IsReturnable"], &recycled["ReturnFailCode"]),
        (&json!(false), &json!(1))
    );
    let code = cbs_err(&cloud, "ResizeDisk", json!({ "DiskId": first, "DiskSize": 60 }));
    assert_eq!(code, "InvalidDisk.NotSupported");
    cbs_ok(&cloud, "TerminateDisks", json!({ "DiskIds": [first] }));
    assert_eq!(disk_state(&cloud, &first), "gone");
    advance(&cloud, 7 * 86_400 - 1);
    assert_eq!(disk_state(&cloud, &second), "TORECYCLE");
    advance(&cloud, 1);
    assert_eq!(disk_state(&cloud, &second), "gone");
}

#[test]
fn prepaid_disk_is_renewed_or_expires_at_the_end_of_its_term() {
    let cloud = cloud();
    let renewed = create_disk(&cloud, prepaid("NOTIFY_AND_AUTO_RENEW"));
    let expiring = create_disk(&cloud, prepaid("NOTIFY_AND_MANUAL_RENEW"));
    let instance_id = launch_running(&cloud, json!({}));
    attach(&cloud, &[renewed.clone(), expiring.clone()], &instance_id);
    advance(&cloud, 32 * 86_400);
    assert_eq!(
        (disk_state(&cloud, &renewed), disk_state(&cloud, &expiring)),
        ("ATTACHED".into(), "TORECYCLE".into())
    );
    assert_eq!(data_disks(&cloud, &instance_id), [renewed.as_str()]);
    let expired = disk(&cloud, &expiring);
    assert_eq!(expired["ReturnFailCode"], 2);
    assert!(!string(&expired["ErrorPrompt"]).is_empty());
    assert_eq!(
        cbs_err(&cloud, "ResizeDisk", json!({ "DiskId": expiring, "DiskSize": 60 })),
        "InvalidDisk.Expire"
    );
    advance(&cloud, 7 * 86_400);
    assert_eq!(disk_state(&cloud, &expiring), "gone");
}

#[test]
fn disks_belong_to_one_account_and_one_region() {
    let other = cvm_signer::Credential::new("AKIDOTHER", "another-key").unwrap();
    let cloud = builder().credential(credential()).account(other.clone()).build().unwrap();
    let id = create_disk(&cloud, json!({}));
    let body = json!({ "DiskIds": [id] });
    let call = |region: &str, other: Option<&cvm_signer::Credential>, action: &str| {
        let mut call = Call::of("cbs", VERSION, action).region(region);
        if let Some(other) = other {
            call.credential = other.clone();
        }
        read(&cloud.handle(&call.json(body.to_string())))
    };
    for (region, other) in [("ap-beijing", None), ("ap-guangzhou", Some(&other))] {
        assert_eq!(call(region, other, "DescribeDisks")["TotalCount"], 0, "{region}");
        let code = error_code(&call(region, other, "TerminateDisks")).to_owned();
        assert_eq!(code, "InvalidParameterValue", "{region}: the action documents no other code");
    }
    assert_eq!(call("ap-guangzhou", None, "DescribeDisks")["TotalCount"], 1);
}

#[test]
fn tags_of_disks_are_those_of_the_tag_service() {
    let cloud = cloud();
    let blue = create_disk(&cloud, json!({ "Tags": [{ "Key": "team", "Value": "blue" }] }));
    let instance_id = launch_running(
        &cloud,
        json!({ "DataDisks": [{ "DiskType": "CLOUD_PREMIUM", "DiskSize": 10 }] }),
    );
    let data = data_disks(&cloud, &instance_id).remove(0);
    // Terraform tags the disks of an instance like the instance.
    for id in [&data, &blue] {
        let change = json!({
            "Resource": format!("qcs::cvm:ap-guangzhou:uin/100000000001:volume/{id}"),
            "ReplaceTags": [{ "TagKey": "env", "TagValue": "test" }],
        });
        let call = Call::of("tag", "2018-08-13", "ModifyResourceTags");
        let response = read(&cloud.handle(&call.json(change.to_string())));
        assert!(response.get("Error").is_none(), "{response}");
    }
    assert_eq!(disk(&cloud, &data)["Tags"], json!([{ "Key": "env", "Value": "test" }]));
    let found = |name: &str, value: &str| {
        let filter = json!({ "Filters": [{ "Name": name, "Values": [value] }] });
        ids(&disks(&cloud, filter))
    };
    assert_eq!(found("tag:team", "blue"), [blue.as_str()]);
    assert_eq!(found("tag-value", "test").len(), 2);
    assert_eq!(found("tag-key", "color"), [""; 0]);
    // The tags go with the disk.
    cbs_ok(&cloud, "DetachDisks", json!({ "DiskIds": [data] }));
    advance(&cloud, 5);
    assert_eq!(found("tag:env", "test").len(), 2);
}
