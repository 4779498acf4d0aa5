//! Ids in responses have the prefix and the form of the published samples, whatever action shows them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::filters::world;
use crate::support::*;

/// The form of the ids of one kind.
enum Form {
    /// The prefix and eight lower-case letters or digits: `ins-xlsyru2j`.
    Prefix(&'static str),
    /// `disk-d7gaw2qu`, or the same with `ldisk-` for a local disk.
    Disk,
    /// `913d357c-ac08-449d-b283-5999f4fb7965`.
    Uuid,
    /// 32 hexadecimal digits in capitals: `3A7F5B75F1B7E292920E7118FD652EFD`.
    Opaque,
    /// Decimal digits as text.
    Digits,
    /// A number.
    Number,
    /// The account or the vendor.
    Owner,
}

/// The form of the ids in a member; `None` if it has no ids.
fn form(member: &str) -> Option<Form> {
    use Form::*;
    let kind = member.trim_end_matches("Set").trim_end_matches('s').trim_start_matches("Latest");
    Some(match kind {
        "ActionTimerId" | "Uuid" | "RequestId" | "OperationRequestId" => Uuid,
        "AppId" | "ProjectId" | "TaskTypeId" => Number,
        "ChcId" => Prefix("chc-"),
        "CreatedBy" | "ImageCreator" => Owner,
        "DedicatedClusterId" => Prefix("cluster-"),
        "DedicatedResourcePackId" => Prefix("rpp-"),
        "DisasterRecoverGroupId" => Prefix("ps-"),
        "DiskId" => Disk,
        "HostId" => Prefix("host-"),
        "HostIp" | "RackId" | "SwitchId" => Opaque,
        "HpcClusterId" => Prefix("hpc-"),
        "ImageId" => Prefix("img-"),
        "InstanceId" | "AssociatedInstanceId" => Prefix("ins-"),
        "KeyId" => Prefix("skey-"),
        "LaunchTemplateId" => Prefix("lt-"),
        "SecurityGroupId" | "BmcSecurityGroupId" | "DeploySecurityGroupId" => Prefix("sg-"),
        "SnapshotId" => Prefix("snap-"),
        "SubnetId" => Prefix("subnet-"),
        "TaskId" => Prefix("rep-"),
        "VpcId" => Prefix("vpc-"),
        "ZoneId" => Digits,
        kind if kind.ends_with("Id") || kind.ends_with("Uuid") => {
            panic!("`{member}` is a new kind of id: state its form")
        }
        _ => return None,
    })
}

fn has_form(value: &Value, form: &Form) -> bool {
    let is_text = |test: &dyn Fn(&str) -> bool| value.as_str().is_some_and(test);
    let is_digit = |byte: u8| byte.is_ascii_digit();
    match form {
        Form::Prefix(prefix) => is_text(&|text| {
            let rest = text.strip_prefix(prefix).unwrap_or_default();
            rest.len() == 8 && rest.bytes().all(|byte| byte.is_ascii_lowercase() || is_digit(byte))
        }),
        Form::Disk => {
            ["disk-", "ldisk-"].into_iter().any(|prefix| has_form(value, &Form::Prefix(prefix)))
        }
        Form::Uuid => is_text(&|text| {
            let is_hex = |byte: u8| is_digit(byte) || (b'a'..=b'f').contains(&byte);
            let parts: Vec<_> = text.split('-').collect();
            parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
                && parts.concat().bytes().all(is_hex)
        }),
        Form::Opaque => is_text(&|text| {
            let is_hex = |byte: u8| is_digit(byte) || (b'A'..=b'F').contains(&byte);
            text.len() == 32 && text.bytes().all(is_hex)
        }),
        Form::Digits => is_text(&|text| !text.is_empty() && text.bytes().all(is_digit)),
        Form::Number => value.is_u64(),
        Form::Owner => {
            is_text(&|text| text == "tencent" || !text.is_empty() && text.bytes().all(is_digit))
        }
    }
}

/// Checks every id in a response. Empty texts and null name nothing.
fn check(action: &str, member: &str, value: &Value, seen: &mut BTreeMap<String, usize>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| check(action, name, value, seen));
        }
        Value::Array(items) => items.iter().for_each(|item| check(action, member, item, seen)),
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        value => {
            let Some(form) = form(member) else { return };
            assert!(has_form(value, &form), "{action}: `{member}` is {value}");
            *seen.entry(member.to_owned()).or_default() += 1;
        }
    }
}

#[test]
fn ids_have_the_form_of_the_samples() {
    let world = world();
    let cloud = &world.cloud;
    let running = launch_running(
        cloud,
        json!({ "VirtualPrivateCloud": {
        "VpcId": "DEFAULT", "SubnetId": "DEFAULT" } }),
    );
    let timer =
        json!({ "TimerAction": "TerminateInstances", "ActionTime": "2030-01-31T08:00:00Z" });
    let timer = json!({ "InstanceIds": [running], "ActionTimer": timer });
    send_ok(cloud, "ImportInstancesActionTimer", timer);
    cloud.schedule_repair(&cvm_emulator::Repair::new("ap-guangzhou", running.as_str())).unwrap();
    let template = &send_ok(cloud, "DescribeLaunchTemplates", json!({}))["LaunchTemplateSet"][0];
    let template = json!({ "LaunchTemplateId": template["LaunchTemplateId"] });
    let mut seen = BTreeMap::new();
    for (action, body) in [
        ("DescribeAccountQuota", json!({})),
        ("DescribeChcHosts", json!({})),
        ("DescribeDisasterRecoverGroups", json!({})),
        ("DescribeHosts", json!({})),
        ("DescribeHpcClusters", json!({})),
        ("DescribeImages", json!({})),
        ("DescribeInstances", json!({})),
        ("DescribeInstancesActionTimer", json!({})),
        ("DescribeKeyPairs", json!({})),
        ("DescribeLaunchTemplates", json!({})),
        ("DescribeLaunchTemplateVersions", template),
        ("DescribeResourcePoolPacks", json!({})),
        ("DescribeTaskInfo", json!({ "Limit": 20, "Offset": 0 })),
        ("DescribeZones", json!({})),
    ] {
        check(action, "", &send_ok(cloud, action, body), &mut seen);
    }
    for member in [
        "ActionTimerId",
        "ChcId",
        "DedicatedResourcePackId",
        "DisasterRecoverGroupId",
        "DiskId",
        "HostId",
        "HostIp",
        "HpcClusterId",
        "ImageId",
        "InstanceId",
        "KeyId",
        "LatestOperationRequestId",
        "LaunchTemplateId",
        "RackId",
        "SecurityGroupIds",
        "SnapshotId",
        "SubnetId",
        "SwitchId",
        "TaskId",
        "Uuid",
        "VpcId",
        "ZoneId",
    ] {
        assert!(seen.contains_key(member), "no response shows `{member}`: {seen:?}");
    }
}

#[test]
fn hardware_addresses_are_in_capitals() {
    let cloud = cloud();
    cloud.add_chc_host(&cvm_emulator::ChcServer::new("ap-guangzhou-3", "SN-1")).unwrap();
    let host = &send_ok(&cloud, "DescribeChcHosts", json!({}))["ChcHostSet"][0];
    for member in ["BmcMAC", "DeployMAC"] {
        let address = string(&host[member]);
        assert_eq!(address.split(':').count(), 6, "{address}");
        assert_eq!(address, address.to_uppercase());
    }
}
