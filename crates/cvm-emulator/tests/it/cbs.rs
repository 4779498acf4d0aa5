//! The disk service lists the disks of the instances; and the helpers for its other tests.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;

/// Sends a request to the disk service.
pub fn cbs(cloud: &Cloud, action: &str, body: Value) -> Value {
    read(&cloud.handle(&Call::of("cbs", VERSION, action).json(body.to_string())))
}

/// Like [`cbs`], for a request that must succeed.
pub fn cbs_ok(cloud: &Cloud, action: &str, body: Value) -> Value {
    let response = cbs(cloud, action, body.clone());
    assert!(response.get("Error").is_none(), "{action} {body}: {response}");
    response
}

/// Like [`cbs`], for a request that must fail. Returns the error code.
pub fn cbs_err(cloud: &Cloud, action: &str, body: Value) -> String {
    error_code(&cbs(cloud, action, body)).to_owned()
}

pub fn disks(cloud: &Cloud, body: Value) -> Value {
    cbs(cloud, "DescribeDisks", body)
}

/// A disk as `DescribeDisks` shows it, or null if it is not listed.
pub fn disk(cloud: &Cloud, id: &str) -> Value {
    disks(cloud, json!({ "DiskIds": [id] }))["DiskSet"][0].clone()
}

/// The state of a disk, or `gone` if it is not listed.
pub fn disk_state(cloud: &Cloud, id: &str) -> String {
    disk(cloud, id)["DiskState"].as_str().unwrap_or("gone").to_owned()
}

/// The body of a creation: an hourly disk of 50 GiB, overridden and extended by `members`.
pub fn disk_request(members: Value) -> Value {
    let body = json!({
        "Placement": { "Zone": "ap-guangzhou-3" },
        "DiskChargeType": "POSTPAID_BY_HOUR",
        "DiskType": "CLOUD_PREMIUM",
        "DiskSize": 50,
    });
    merge(body, members)
}

/// What makes a new disk prepaid for a month.
pub fn prepaid(flag: &str) -> Value {
    json!({
        "DiskChargeType": "PREPAID",
        "DiskChargePrepaid": { "Period": 1, "RenewFlag": flag },
    })
}

/// Creates disks and advances the clock until they are listed.
pub fn create_disks(cloud: &Cloud, members: Value) -> Vec<String> {
    let response = cbs_ok(cloud, "CreateDisks", disk_request(members));
    advance(cloud, 5);
    strings(&response["DiskIdSet"])
}

/// Like [`create_disks`], for one disk.
pub fn create_disk(cloud: &Cloud, members: Value) -> String {
    let id = create_disks(cloud, members).remove(0);
    assert_eq!(disk_state(cloud, &id), "UNATTACHED");
    id
}

/// Attaches disks to an instance and advances the clock until they are.
pub fn attach(cloud: &Cloud, disk_ids: &[String], instance_id: &str) {
    cbs_ok(cloud, "AttachDisks", json!({ "DiskIds": disk_ids, "InstanceId": instance_id }));
    advance(cloud, 5);
    for id in disk_ids {
        assert_eq!(disk_state(cloud, id), "ATTACHED");
    }
}

/// The ids of the data disks of an instance, as CVM shows them.
pub fn data_disks(cloud: &Cloud, instance_id: &str) -> Vec<String> {
    let disks = describe(cloud, instance_id)["DataDisks"].clone();
    disks.as_array().into_iter().flatten().map(|disk| string(&disk["DiskId"])).collect()
}

pub fn ids(listed: &Value) -> Vec<String> {
    let disks = listed["DiskSet"].as_array().unwrap_or_else(|| panic!("{listed}"));
    disks.iter().map(|disk| string(&disk["DiskId"])).collect()
}

/// An instance with two data disks.
fn launch_with_disks(cloud: &Cloud) -> String {
    let data = |size: u64, name: &str| json!({ "DiskType": "CLOUD_PREMIUM", "DiskSize": size, "DiskName": name });
    launch_running(cloud, json!({ "DataDisks": [data(50, "logs"), data(100, "data")] }))
}

#[test]
fn disks_of_an_instance_have_its_ids_and_sizes() {
    let cloud = cloud();
    let other = launch_running(&cloud, json!({}));
    let id = launch_with_disks(&cloud);
    let instance = describe(&cloud, &id);
    let filter = json!({ "Filters": [{ "Name": "instance-id", "Values": [id] }] });
    let listed = disks(&cloud, filter);
    assert_eq!(listed["TotalCount"], 3, "{listed}");
    let mut expected = vec![string(&instance["SystemDisk"]["DiskId"])];
    let data = instance["DataDisks"].as_array().unwrap();
    expected.extend(data.iter().map(|disk| string(&disk["DiskId"])));
    assert_eq!(ids(&listed), expected);
    let [system, logs, _] = listed["DiskSet"].as_array().unwrap().as_slice() else { panic!() };
    for (disk, usage, size) in [(system, "SYSTEM_DISK", 50), (logs, "DATA_DISK", 50)] {
        assert_eq!(disk["DiskUsage"], usage);
        assert_eq!(disk["DiskSize"], size);
        assert_eq!(disk["InstanceId"], id.as_str());
        assert_eq!(disk["Placement"]["Zone"], instance["Placement"]["Zone"]);
        assert_eq!((&disk["DiskState"], &disk["Attached"]), (&json!("ATTACHED"), &json!(true)));
        assert_eq!(disk["DiskChargeType"], "POSTPAID_BY_HOUR");
    }
    assert_eq!(logs["DiskName"], "logs");
    assert_eq!(disks(&cloud, json!({}))["TotalCount"], 4, "with the disk of {other}");
}

/// Terraform looks for every id that begins with `disk-` in the disk service, and for no other.
#[test]
fn listed_disks_are_those_whose_id_begins_with_disk() {
    let cloud = cloud();
    let mut cloud_disks = Vec::new();
    for system in [
        "LOCAL_BASIC",
        "LOCAL_SSD",
        "CLOUD_BASIC",
        "CLOUD_PREMIUM",
        "CLOUD_SSD",
        "CLOUD_BSSD",
        "CLOUD_HSSD",
    ] {
        for data in
            [json!({}), json!({ "DiskType": "LOCAL_SSD" }), json!({ "DiskType": "CLOUD_SSD" })]
        {
            let data = merge(data, json!({ "DiskSize": 200 }));
            let members = json!({ "SystemDisk": { "DiskType": system }, "DataDisks": [data] });
            let shown = describe(&cloud, &launch_running(&cloud, members));
            for disk in [&shown["SystemDisk"], &shown["DataDisks"][0]] {
                let (id, kind) = (string(&disk["DiskId"]), string(&disk["DiskType"]));
                let prefix = if kind.starts_with("LOCAL") { "ldisk-" } else { "disk-" };
                assert!(id.starts_with(prefix), "{kind}: {id}");
                if prefix == "disk-" {
                    cloud_disks.push(id);
                }
            }
        }
    }
    let mut listed = ids(&disks(&cloud, json!({ "Limit": 100 })));
    listed.sort();
    cloud_disks.sort();
    assert_eq!(listed, cloud_disks);
}

#[test]
fn cloud_disks_of_a_launch_have_its_tags() {
    let cloud = cloud();
    let tagged = json!({
        "TagSpecification": [{ "ResourceType": "instance", "Tags": [{ "Key": "team", "Value": "blue" }] }],
        "SystemDisk": { "DiskType": "CLOUD_SSD" },
        "DataDisks": [
            { "DiskType": "LOCAL_BASIC", "DiskSize": 50 }, { "DiskType": "CLOUD_SSD", "DiskSize": 50 },
        ],
    });
    let template = merge(run_request(tagged.clone()), json!({ "LaunchTemplateName": "blue" }));
    let template = send_ok(&cloud, "CreateLaunchTemplate", template)["LaunchTemplateId"].clone();
    let launch_from = json!({ "LaunchTemplate": { "LaunchTemplateId": template } });
    let from_template = launch_running(&cloud, launch_from);
    let direct = launch_running(&cloud, tagged);
    let blue = json!([{ "Key": "team", "Value": "blue" }]);
    for (id, expected) in [(&direct, &blue), (&from_template, &json!([]))] {
        assert_eq!(describe(&cloud, id)["Tags"], blue, "the instance has them in any case");
        let filter = json!({ "Filters": [{ "Name": "instance-id", "Values": [id] }] });
        let listed = disks(&cloud, filter);
        let listed = listed["DiskSet"].as_array().unwrap();
        assert_eq!(listed.len(), 2, "the cloud disks");
        assert!(listed.iter().all(|disk| disk["Tags"] == *expected), "{listed:?}");
    }
    let filter = json!({ "Filters": [{ "Name": "tag:team", "Values": ["blue"] }] });
    assert_eq!(disks(&cloud, filter)["TotalCount"], 2);
}

#[test]
fn disk_is_gone_with_its_instance() {
    let cloud = cloud();
    let id = launch_with_disks(&cloud);
    let all = ids(&disks(&cloud, json!({})));
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    advance(&cloud, 60);
    let listed = disks(&cloud, json!({ "DiskIds": all }));
    assert_eq!((&listed["TotalCount"], &listed["DiskSet"]), (&json!(0), &json!([])));
}

#[test]
fn disks_are_found_by_id_and_filter_and_listed_in_pages() {
    let cloud = cloud();
    launch_with_disks(&cloud);
    launch_with_disks(&cloud);
    let all = ids(&disks(&cloud, json!({})));
    assert_eq!(all.len(), 6);
    assert_eq!(ids(&disks(&cloud, json!({ "DiskIds": [all[4]] }))), all[4..5]);
    let page = disks(&cloud, json!({ "Offset": 2, "Limit": 3 }));
    assert_eq!((ids(&page), &page["TotalCount"]), (all[2..5].to_vec(), &json!(6)));
    let mut oldest_first = all.clone();
    oldest_first.reverse();
    assert_eq!(ids(&disks(&cloud, json!({ "Order": "ASC" }))), oldest_first);
    let count = |name: &str, value: &str| {
        let filters = json!({ "Filters": [{ "Name": name, "Values": [value] }] });
        disks(&cloud, filters)["TotalCount"].clone()
    };
    for (name, value, expected) in [
        ("disk-usage", "SYSTEM_DISK", 2),
        ("disk-usage", "DATA_DISK", 4),
        ("disk-name", "log", 2),
        ("disk-type", "CLOUD_PREMIUM", 6),
        ("disk-state", "ATTACHED", 6),
        ("disk-state", "UNATTACHED", 0),
        ("portable", "TRUE", 4),
        ("portable", "FALSE", 2),
        ("tag-key", "team", 0),
        ("dedicated-cluster-id", "cluster-00000001", 0),
        ("zone", "ap-guangzhou-3", 6),
        ("zone", "ap-guangzhou-4", 0),
        ("project-id", "0", 6),
        ("disk-charge-type", "PREPAID", 0),
    ] {
        assert_eq!(count(name, value), expected, "{name}={value}");
    }
    let filters = json!({ "Filters": [{ "Name": "cluster-group-id", "Values": ["group"] }] });
    assert_eq!(error_code(&disks(&cloud, filters)), "UnsupportedOperation");
}

#[test]
fn prepaid_disk_has_the_term_of_its_instance() {
    let cloud = cloud();
    let id = launch_running(
        &cloud,
        json!({
            "InstanceChargeType": "PREPAID",
            "InstanceChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" },
        }),
    );
    let disk = disks(&cloud, json!({}))["DiskSet"][0].clone();
    assert_eq!(disk["DiskChargeType"], "PREPAID");
    assert_eq!(disk["RenewFlag"], "NOTIFY_AND_AUTO_RENEW");
    let expires = string(&describe(&cloud, &id)["ExpiredTime"]);
    assert_eq!(disk["DeadlineTime"], expires.replace('T', " ").trim_end_matches('Z'));
    assert_eq!(disk["DifferDaysOfDeadline"], 29, "29 days and some hours");
}

#[test]
fn wrong_requests_return_the_codes_of_the_disk_service() {
    let cloud = cloud();
    for (body, code) in [
        (
            json!({ "DiskIds": ["disk-1"], "Filters": [{ "Name": "zone", "Values": ["a"] }] }),
            "InvalidParameter",
        ),
        (json!({ "Filters": [{ "Name": "color", "Values": ["red"] }] }), "InvalidFilter"),
        (
            json!({ "Filters": [{ "Name": "disk-usage", "Values": ["FLOPPY"] }] }),
            "InvalidParameterValue",
        ),
        (json!({ "DiskIds": ["ins-12345678"] }), "InvalidParameterValue"),
        (json!({ "Limit": 101 }), "InvalidParameterValue"),
        (json!({ "Order": "up" }), "InvalidParameterValue"),
    ] {
        assert_eq!(error_code(&disks(&cloud, body.clone())), code, "{body}");
    }
}
