//! Snapshots: taken from any cloud disk, used for disks, launches and images, and deleted.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::cbs::*;
use crate::support::*;

fn snapshots(cloud: &Cloud, body: Value) -> Value {
    cbs_ok(cloud, "DescribeSnapshots", body)
}

fn snapshot(cloud: &Cloud, id: &str) -> Value {
    snapshots(cloud, json!({ "SnapshotIds": [id] }))["SnapshotSet"][0].clone()
}

/// Takes a snapshot and advances the clock until it is complete.
fn take(cloud: &Cloud, members: Value) -> String {
    let id = string(&cbs_ok(cloud, "CreateSnapshot", members)["SnapshotId"]);
    advance(cloud, 60);
    assert_eq!(snapshot(cloud, &id)["SnapshotState"], "NORMAL");
    id
}

fn delete(cloud: &Cloud, id: &str) {
    cbs_ok(cloud, "DeleteSnapshots", json!({ "SnapshotIds": [id] }));
    assert_eq!(snapshot(cloud, id), json!(null));
}

#[test]
fn snapshot_is_taken_and_deleted() {
    let cloud = cloud();
    let disk_id =
        create_disk(&cloud, json!({ "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": 7 } }));
    let tags = json!([{ "Key": "team", "Value": "blue" }]);
    let body = json!({ "DiskId": disk_id, "SnapshotName": "nightly", "Tags": tags });
    let id = string(&cbs_ok(&cloud, "CreateSnapshot", body.clone())["SnapshotId"]);
    assert_eq!(cbs_err(&cloud, "CreateSnapshot", body), "InvalidDisk.SnapshotCreating");
    advance(&cloud, 30);
    let new = snapshot(&cloud, &id);
    for (member, expected) in [
        ("SnapshotState", json!("CREATING")),
        ("Percent", json!(50)),
        ("SnapshotName", json!("nightly")),
        ("DiskId", json!(disk_id)),
        ("DiskSize", json!(50)),
        ("DiskUsage", json!("DATA_DISK")),
        ("IsPermanent", json!(true)),
        ("DeadlineTime", json!("")),
        ("Encrypt", json!(false)),
        ("Tags", tags),
        ("Images", json!([])),
        ("SnapshotType", json!("PRIVATE_SNAPSHOT")),
    ] {
        assert_eq!(new[member], expected, "{member}");
    }
    assert_eq!(
        (&new["Placement"]["Zone"], &new["Placement"]["ProjectId"]),
        (&json!("ap-guangzhou-3"), &json!(7))
    );
    let code = cbs_err(&cloud, "DeleteSnapshots", json!({ "SnapshotIds": [id] }));
    assert_eq!(code, "ResourceUnavailable.SnapshotCreating");
    advance(&cloud, 30);
    let done = snapshot(&cloud, &id);
    assert_eq!((&done["SnapshotState"], &done["Percent"]), (&json!("NORMAL"), &json!(100)));
    let shown = disk(&cloud, &disk_id);
    assert_eq!((&shown["SnapshotCount"], &shown["SnapshotSize"]), (&json!(1), &json!(50 * 1024)));
    delete(&cloud, &id);
    assert_eq!(disk(&cloud, &disk_id)["SnapshotCount"], 0);
    let again = cbs_err(&cloud, "DeleteSnapshots", json!({ "SnapshotIds": [id] }));
    assert_eq!(again, "InvalidSnapshotId.NotFound");
}

#[test]
fn snapshots_are_found_by_id_and_filter() {
    let cloud = cloud();
    let instance_id = launch_running(&cloud, json!({}));
    let system = string(&describe(&cloud, &instance_id)["SystemDisk"]["DiskId"]);
    let data = create_disk(&cloud, json!({ "Encrypt": "ENCRYPT" }));
    let older = take(&cloud, json!({ "DiskId": system, "SnapshotName": "root" }));
    let newer = take(&cloud, json!({ "DiskId": data, "SnapshotName": "data" }));
    let open = string(&cbs_ok(&cloud, "CreateSnapshot", json!({ "DiskId": data }))["SnapshotId"]);
    let found = |body: Value| -> Vec<String> {
        let listed = snapshots(&cloud, body);
        let set = listed["SnapshotSet"].as_array().unwrap();
        set.iter().map(|snapshot| string(&snapshot["SnapshotId"])).collect()
    };
    assert_eq!(found(json!({})), [open.as_str(), &newer, &older]);
    assert_eq!(found(json!({ "Order": "ASC", "Limit": 1, "Offset": 1 })), [newer.as_str()]);
    for (name, value, expected) in [
        ("snapshot-id", older.as_str(), vec![&older]),
        ("snapshot-name", "ata", vec![&newer]),
        ("snapshot-state", "CREATING", vec![&open]),
        ("disk-usage", "SYSTEM_DISK", vec![&older]),
        ("disk-id", &data, vec![&open, &newer]),
        ("encrypt", "TRUE", vec![&open, &newer]),
        ("zone", "ap-guangzhou-4", vec![]),
        ("project-id", "0", vec![&open, &newer, &older]),
        ("snapshot-type", "SHARED_SNAPSHOT", vec![]),
    ] {
        let filters = json!({ "Filters": [{ "Name": name, "Values": [value] }] });
        assert_eq!(found(filters).iter().collect::<Vec<_>>(), expected, "{name}={value}");
    }
}

#[test]
fn disk_from_a_snapshot_is_at_least_as_large() {
    let cloud = cloud();
    let disk_id = create_disk(&cloud, json!({ "Encrypt": "ENCRYPT" }));
    let instance_id = launch_running(&cloud, json!({}));
    let system = string(&describe(&cloud, &instance_id)["SystemDisk"]["DiskId"]);
    let data = take(&cloud, json!({ "DiskId": disk_id }));
    let of_system = take(&cloud, json!({ "DiskId": system }));
    let as_data = take(&cloud, json!({ "DiskId": system, "DiskUsage": "DATA_DISK" }));
    let code =
        cbs_err(&cloud, "CreateSnapshot", json!({ "DiskId": disk_id, "DiskUsage": "SYSTEM_DISK" }));
    assert_eq!(code, "InvalidDisk.TypeError");
    let from = |id: &str, size: Value| json!({ "SnapshotId": id, "DiskSize": size });
    for (members, code) in [
        (from(&data, json!(49)), "InvalidParameterValue"),
        (from(&of_system, json!(50)), "InvalidParameterValue"),
    ] {
        assert_eq!(cbs_err(&cloud, "CreateDisks", disk_request(members)), code);
    }
    let copy = disk(&cloud, &create_disk(&cloud, from(&data, json!(null))));
    assert_eq!((&copy["DiskSize"], &copy["Encrypt"]), (&json!(50), &json!(true)));
    let larger = disk(&cloud, &create_disk(&cloud, from(&as_data, json!(60))));
    assert_eq!(larger["DiskSize"], 60);
    // A launch can use it, too.
    let launch = json!({ "DataDisks": [{ "DiskType": "CLOUD_PREMIUM", "DiskSize": 100, "SnapshotId": data }] });
    let id = launch_running(&cloud, launch);
    assert_eq!(describe(&cloud, &id)["DataDisks"][0]["SnapshotId"], data.as_str());
}

#[test]
fn snapshot_of_an_image_is_listed_and_deleted_only_with_it() {
    let cloud = cloud();
    let instance_id = launch_stopped(&cloud, json!({}));
    let image = json!({ "InstanceId": instance_id, "ImageName": "golden" });
    let image_id = string(&send_ok(&cloud, "CreateImage", image)["ImageId"]);
    advance(&cloud, 120);
    let listed = snapshots(&cloud, json!({}))["SnapshotSet"][0].clone();
    let of_image = string(&listed["SnapshotId"]);
    assert_eq!(listed["Images"], json!([{ "ImageName": "golden", "ImageId": image_id }]));
    assert_eq!(listed["DiskId"], describe(&cloud, &instance_id)["SystemDisk"]["DiskId"]);
    let body = json!({ "SnapshotIds": [of_image] });
    let code = cbs_err(&cloud, "DeleteSnapshots", body.clone());
    assert_eq!(code, "UnsupportedOperation.SnapshotHasBindedImage");
    // Without the image, it remains and can be deleted.
    send_ok(&cloud, "DeleteImages", json!({ "ImageIds": [image_id] }));
    assert_eq!(snapshot(&cloud, &of_image)["ImageCount"], 0);
    delete(&cloud, &of_image);

    // An image of a snapshot that the disk service took.
    let system = string(&describe(&cloud, &instance_id)["SystemDisk"]["DiskId"]);
    let own = take(&cloud, json!({ "DiskId": system }));
    let image = json!({ "SnapshotIds": [own], "ImageName": "copy" });
    let image_id = string(&send_ok(&cloud, "CreateImage", image)["ImageId"]);
    let busy = json!({ "SnapshotIds": [own], "DeleteBindImages": true });
    assert_eq!(cbs_err(&cloud, "DeleteSnapshots", busy.clone()), "ResourceBusy");
    advance(&cloud, 120);
    cbs_ok(&cloud, "DeleteSnapshots", busy);
    assert_eq!(snapshot(&cloud, &own), json!(null));
    let images = send_ok(&cloud, "DescribeImages", json!({ "ImageIds": [image_id] }));
    assert_eq!(images["TotalCount"], 0);
}

#[test]
fn snapshot_with_a_deadline_is_deleted_then_or_with_its_disk() {
    let cloud = cloud();
    let disk_id = create_disk(&cloud, json!({}));
    let timed = |deadline: &str| json!({ "DiskId": disk_id, "Deadline": deadline });
    let code = cbs_err(&cloud, "CreateSnapshot", timed("2023-11-15T22:00:00+00:00"));
    assert_eq!(code, "InvalidParameterValue", "less than a day ahead");
    let first = take(&cloud, timed("2023-11-16T00:00:00+00:00"));
    let second = take(&cloud, timed("2024-11-16T00:00:00+00:00"));
    let permanent = take(&cloud, json!({ "DiskId": disk_id }));
    let shown = snapshot(&cloud, &first);
    assert_eq!(
        (&shown["IsPermanent"], &shown["DeadlineTime"]),
        (&json!(false), &json!("2023-11-16 00:00:00"))
    );
    advance(&cloud, 2 * 86_400);
    assert_eq!(snapshot(&cloud, &first), json!(null));
    cbs_ok(&cloud, "TerminateDisks", json!({ "DiskIds": [disk_id], "DeleteSnapshot": 1 }));
    assert_eq!(snapshot(&cloud, &second), json!(null));
    assert_eq!(snapshot(&cloud, &permanent)["DiskId"], disk_id.as_str());
}

#[test]
fn snapshot_needs_a_cloud_disk_without_an_operation() {
    let cloud = cloud();
    let instance_id = launch_running(
        &cloud,
        json!({ "DataDisks": [{ "DiskType": "LOCAL_BASIC", "DiskSize": 50 }] }),
    );
    let local = data_disks(&cloud, &instance_id).remove(0);
    let id = create_disk(&cloud, json!({}));
    cbs_ok(&cloud, "AttachDisks", json!({ "DiskIds": [id], "InstanceId": instance_id }));
    for (members, code) in [
        (json!({ "DiskId": local }), "InvalidParameterValue"),
        (json!({ "DiskId": id }), "InvalidDisk.Busy"),
        (json!({}), "MissingParameter"),
        (json!({ "DiskBackupId": "dbp-00000001" }), "ResourceNotFound.NotFound"),
        (json!({ "DiskId": id, "LocalSnap": true }), "UnsupportedOperation"),
    ] {
        assert_eq!(cbs_err(&cloud, "CreateSnapshot", members.clone()), code, "{members}");
    }
    assert_eq!(snapshots(&cloud, json!({}))["TotalCount"], 0);
    assert_eq!(snapshots(&cloud, json!({ "SnapshotIds": ["snap-00000000"] }))["TotalCount"], 0);
}

#[test]
fn snapshot_changes_its_name_and_deadline() {
    let cloud = cloud();
    let disk_id = create_disk(&cloud, json!({}));
    let id = take(&cloud, json!({ "DiskId": disk_id }));
    let change = |members: Value| merge(json!({ "SnapshotId": id }), members);
    let ok = |members: Value| cbs_ok(&cloud, "ModifySnapshotAttribute", change(members));
    let shown = || {
        let shown = snapshot(&cloud, &id);
        ["SnapshotName", "IsPermanent", "DeadlineTime"].map(|member| shown[member].clone())
    };
    ok(json!({ "SnapshotName": "weekly" }));
    assert_eq!(shown(), [json!("weekly"), json!(true), json!("")]);
    let deadline = "2023-11-20T00:00:00+00:00";
    ok(json!({ "IsPermanent": false, "Deadline": deadline }));
    assert_eq!(shown(), [json!("weekly"), json!(false), json!("2023-11-20 00:00:00")]);
    ok(json!({ "IsPermanent": true }));
    assert_eq!(shown(), [json!("weekly"), json!(true), json!("")]);
    for (members, code) in [
        (json!({}), "MissingParameter"),
        (json!({ "IsPermanent": false }), "MissingParameter"),
        (json!({ "Deadline": "2023-11-15T00:00:00+00:00" }), "InvalidParameterValue"),
        (json!({ "Deadline": "tomorrow" }), "InvalidParameterValue"),
        (json!({ "SnapshotId": "snap-00000000" }), "InvalidSnapshotId.NotFound"),
    ] {
        let body = change(members);
        assert_eq!(cbs_err(&cloud, "ModifySnapshotAttribute", body.clone()), code, "{body}");
    }
    // The new deadline deletes it, and the earlier one does not.
    ok(json!({ "Deadline": deadline }));
    ok(json!({ "Deadline": "2023-11-21T00:00:00+00:00" }));
    advance(&cloud, 6 * 86_400);
    assert_eq!(shown()[2], "2023-11-21 00:00:00");
    advance(&cloud, 86_400);
    assert_eq!(snapshot(&cloud, &id), json!(null));
}

#[test]
fn snapshot_of_an_image_stays_permanent() {
    let cloud = cloud();
    let instance_id = launch_running(&cloud, json!({}));
    let image = json!({ "InstanceId": instance_id, "ImageName": "golden" });
    send_ok(&cloud, "CreateImage", image);
    advance(&cloud, 600);
    let id = string(&snapshots(&cloud, json!({}))["SnapshotSet"][0]["SnapshotId"]);
    let body = json!({ "SnapshotId": id, "Deadline": "2024-11-20T00:00:00+00:00" });
    let code = cbs_err(&cloud, "ModifySnapshotAttribute", body);
    assert_eq!(code, "UnsupportedOperation.SnapshotHasBindedImage");
    cbs_ok(&cloud, "ModifySnapshotAttribute", json!({ "SnapshotId": id, "SnapshotName": "root" }));
    assert_eq!(snapshot(&cloud, &id)["SnapshotName"], "root");
}

#[test]
fn disk_is_reset_to_its_snapshot() {
    let cloud = cloud();
    let disk_id = create_disk(&cloud, json!({}));
    let id = take(&cloud, json!({ "DiskId": disk_id }));
    let body = json!({ "SnapshotId": id, "DiskId": disk_id });
    cbs_ok(&cloud, "ApplySnapshot", body.clone());
    advance(&cloud, 30);
    let shown = disk(&cloud, &disk_id);
    let members = ["DiskState", "Rollbacking", "RollbackPercent"].map(|it| shown[it].clone());
    assert_eq!(members, [json!("ROLLBACKING"), json!(true), json!(50)]);
    assert_eq!(cbs_err(&cloud, "ApplySnapshot", body.clone()), "ResourceInUse.DiskRollbacking");
    let code = cbs_err(&cloud, "CreateSnapshot", json!({ "DiskId": disk_id }));
    assert_eq!(code, "ResourceInUse.DiskRollbacking");
    advance(&cloud, 30);
    let shown = disk(&cloud, &disk_id);
    let members = ["DiskState", "Rollbacking", "RollbackPercent"].map(|it| shown[it].clone());
    assert_eq!(members, [json!("UNATTACHED"), json!(false), json!(100)]);

    let other = create_disk(&cloud, json!({}));
    let of_other = json!({ "SnapshotId": id, "DiskId": other });
    assert_eq!(cbs_err(&cloud, "ApplySnapshot", of_other), "InvalidSnapshot.NotSupported");
    let stop_first = merge(body.clone(), json!({ "AutoStopInstance": true }));
    assert_eq!(cbs_err(&cloud, "ApplySnapshot", stop_first), "UnsupportedOperation");
    let instance_id = launch_running(&cloud, json!({}));
    attach(&cloud, std::slice::from_ref(&disk_id), &instance_id);
    assert_eq!(cbs_err(&cloud, "ApplySnapshot", body.clone()), "InvalidDisk.NotSupported");
    cbs_ok(&cloud, "DetachDisks", json!({ "DiskIds": [disk_id] }));
    advance(&cloud, 5);
    cbs_ok(&cloud, "ResizeDisk", json!({ "DiskId": disk_id, "DiskSize": 60 }));
    advance(&cloud, 10);
    assert_eq!(cbs_err(&cloud, "ApplySnapshot", body), "InvalidParameter.DiskSizeNotMatch");
}

#[test]
fn system_disk_is_reset_while_its_instance_is_stopped() {
    let cloud = cloud();
    let instance_id = launch_running(&cloud, json!({}));
    let disk_id = string(&describe(&cloud, &instance_id)["SystemDisk"]["DiskId"]);
    let id = take(&cloud, json!({ "DiskId": disk_id }));
    let body = json!({ "SnapshotId": id, "DiskId": disk_id });
    assert_eq!(cbs_err(&cloud, "ApplySnapshot", body.clone()), "InvalidInstance.NotSupported");
    send_ok(&cloud, "StopInstances", json!({ "InstanceIds": [instance_id] }));
    advance(&cloud, 60);
    cbs_ok(&cloud, "ApplySnapshot", body);
    assert_eq!(disk_state(&cloud, &disk_id), "ROLLBACKING");
    advance(&cloud, 60);
    assert_eq!(disk_state(&cloud, &disk_id), "ATTACHED");
}
