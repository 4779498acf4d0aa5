//! Changes of what elastic disks cost: the charge type, the renewal, and what is bought in addition.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::cbs::*;
use crate::support::*;

fn charge_type(cloud: &Cloud, id: &str) -> Value {
    disk(cloud, id)["DiskChargeType"].clone()
}

fn monthly(ids: &[&str]) -> Value {
    json!({ "DiskIds": ids, "DiskChargePrepaid": { "Period": 1 } })
}

fn hourly(ids: &[&str]) -> Value {
    json!({ "DiskIds": ids, "DiskChargePostpaid": true })
}

#[test]
fn charge_type_changes_to_monthly_and_back() {
    let cloud = cloud();
    let free = create_disk(&cloud, json!({}));
    let with_instance = launch_running(
        &cloud,
        json!({ "DataDisks": [{ "DiskType": "CLOUD_PREMIUM", "DiskSize": 50 }] }),
    );
    let attached = data_disks(&cloud, &with_instance).remove(0);
    for id in [&free, &attached] {
        cbs_ok(&cloud, "ModifyDisksChargeType", monthly(&[id]));
        let shown = disk(&cloud, id);
        assert_eq!(shown["DiskChargeType"], "PREPAID");
        assert!(string(&shown["DeadlineTime"]).starts_with("2023-12-14"), "{shown}");
        assert_eq!(shown["RenewFlag"], "NOTIFY_AND_MANUAL_RENEW");
        assert_eq!(
            cbs_err(&cloud, "ModifyDisksChargeType", monthly(&[id])),
            "InvalidParameterValue"
        );
        cbs_ok(&cloud, "ModifyDisksChargeType", hourly(&[id]));
        let shown = disk(&cloud, id);
        assert_eq!(
            (&shown["DiskChargeType"], &shown["DeadlineTime"]),
            (&json!("POSTPAID_BY_HOUR"), &json!(""))
        );
    }
    // The end of the term that both no longer have takes nothing away.
    advance(&cloud, 60 * 86_400);
    assert_eq!(disk_state(&cloud, &free), "UNATTACHED");
    assert_eq!(disk_state(&cloud, &attached), "ATTACHED");
}

#[test]
fn new_term_of_an_attached_disk_ends_without_the_instance() {
    let cloud = cloud();
    let instance_id = launch_running(
        &cloud,
        json!({ "DataDisks": [{ "DiskType": "CLOUD_PREMIUM", "DiskSize": 50 }] }),
    );
    let id = data_disks(&cloud, &instance_id).remove(0);
    cbs_ok(&cloud, "ModifyDisksChargeType", monthly(&[&id]));
    advance(&cloud, 32 * 86_400);
    assert_eq!(disk_state(&cloud, &id), "TORECYCLE");
    assert_eq!(data_disks(&cloud, &instance_id), [""; 0]);
    assert_eq!(describe(&cloud, &instance_id)["InstanceState"], "RUNNING");
}

#[test]
fn charge_type_changes_for_all_disks_or_none() {
    let cloud = cloud();
    let instance_id = launch_running(&cloud, json!({}));
    let system = string(&describe(&cloud, &instance_id)["SystemDisk"]["DiskId"]);
    let (first, second) = (create_disk(&cloud, json!({})), create_disk(&cloud, json!({})));
    cbs_ok(&cloud, "ModifyDisksChargeType", monthly(&[&second]));
    for (body, code) in [
        (monthly(&[&first, &system]), "InvalidDisk.NotPortable"),
        (monthly(&[&first, &second]), "InvalidParameterValue"),
        (monthly(&[&first, "disk-00000000"]), "InvalidDiskId.NotFound"),
        (json!({ "DiskIds": [first] }), "MissingParameter"),
        (json!({ "DiskIds": [first], "DiskChargePostpaid": false }), "MissingParameter"),
    ] {
        assert_eq!(cbs_err(&cloud, "ModifyDisksChargeType", body.clone()), code, "{body}");
    }
    assert_eq!(charge_type(&cloud, &first), "POSTPAID_BY_HOUR");
    let both = merge(monthly(&[&first]), json!({ "DiskChargePostpaid": true }));
    assert!(cbs_err(&cloud, "ModifyDisksChargeType", both).starts_with("InvalidParameter"));
    cbs_ok(&cloud, "ResizeDisk", json!({ "DiskId": first, "DiskSize": 60 }));
    assert_eq!(cbs_err(&cloud, "ModifyDisksChargeType", monthly(&[&first])), "InvalidDisk.Busy");
}

#[test]
fn renewal_of_prepaid_disks_can_be_changed() {
    let cloud = cloud();
    let kept = create_disk(&cloud, prepaid("NOTIFY_AND_MANUAL_RENEW"));
    let lost = create_disk(&cloud, prepaid("NOTIFY_AND_AUTO_RENEW"));
    let hourly = create_disk(&cloud, json!({}));
    let set = |id: &str, flag: &str| json!({ "DiskIds": [id], "RenewFlag": flag });
    cbs_ok(&cloud, "ModifyDisksRenewFlag", set(&kept, "NOTIFY_AND_AUTO_RENEW"));
    cbs_ok(&cloud, "ModifyDisksRenewFlag", set(&lost, "DISABLE_NOTIFY_AND_MANUAL_RENEW"));
    assert_eq!(disk(&cloud, &kept)["RenewFlag"], "NOTIFY_AND_AUTO_RENEW");
    let refused = set(&hourly, "NOTIFY_AND_AUTO_RENEW");
    assert_eq!(cbs_err(&cloud, "ModifyDisksRenewFlag", refused), "InvalidParameterValue");
    let yearly = merge(set(&kept, "NOTIFY_AND_AUTO_RENEW"), json!({ "AutoRenewPeriod": 12 }));
    assert_eq!(cbs_err(&cloud, "ModifyDisksRenewFlag", yearly), "UnsupportedOperation");
    advance(&cloud, 32 * 86_400);
    assert_eq!(disk_state(&cloud, &kept), "UNATTACHED");
    assert_eq!(disk_state(&cloud, &lost), "TORECYCLE");
}

#[test]
fn renewal_of_a_disk_of_a_prepaid_instance_becomes_its_own() {
    let cloud = cloud();
    let instance_id = launch_running(
        &cloud,
        json!({
            "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 1 },
            "DataDisks": [{ "DiskType": "CLOUD_PREMIUM", "DiskSize": 50 }],
        }),
    );
    let id = data_disks(&cloud, &instance_id).remove(0);
    let body = json!({ "DiskIds": [id], "RenewFlag": "NOTIFY_AND_AUTO_RENEW" });
    cbs_ok(&cloud, "ModifyDisksRenewFlag", body);
    assert_eq!(describe(&cloud, &instance_id)["RenewFlag"], "NOTIFY_AND_MANUAL_RENEW");
    advance(&cloud, 60 * 86_400);
    assert_eq!(disk_state(&cloud, &id), "UNATTACHED");
    assert_eq!(charge_type(&cloud, &id), "PREPAID");
}

#[test]
fn extra_throughput_and_backup_points_can_be_changed() {
    let cloud = cloud();
    let fast = create_disk(&cloud, json!({ "DiskType": "CLOUD_HSSD", "DiskSize": 500 }));
    let slow = create_disk(&cloud, json!({}));
    let throughput = |id: &str, mibps: u64| json!({ "DiskId": id, "ThroughputPerformance": mibps });
    for mibps in [100, 50, 0] {
        cbs_ok(&cloud, "ModifyDiskExtraPerformance", throughput(&fast, mibps));
        assert_eq!(disk(&cloud, &fast)["ThroughputPerformance"], mibps);
    }
    for (body, code) in [
        (throughput(&fast, 651), "InvalidParameter"),
        (throughput(&fast, u64::MAX), "InvalidParameter"),
        (throughput(&slow, 1), "InvalidParameter"),
        (throughput("disk-00000000", 1), "InvalidDiskId.NotFound"),
    ] {
        assert_eq!(cbs_err(&cloud, "ModifyDiskExtraPerformance", body.clone()), code, "{body}");
    }
    let quota = |id: &str, points: u64| json!({ "DiskId": id, "DiskBackupQuota": points });
    cbs_ok(&cloud, "ModifyDiskBackupQuota", quota(&slow, 5));
    assert_eq!(disk(&cloud, &slow)["DiskBackupQuota"], 5);
    let instance_id = launch_running(&cloud, json!({}));
    let system = string(&describe(&cloud, &instance_id)["SystemDisk"]["DiskId"]);
    let code = cbs_err(&cloud, "ModifyDiskBackupQuota", quota(&system, 5));
    assert_eq!(code, "ResourceUnavailable.NotSupported");
}
