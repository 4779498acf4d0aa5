//! CHC hosts, servers that a customer owns: networks, network mode, attributes and lists.

use cvm_emulator::{ChcServer, Cloud};
use serde_json::{Value, json};

use crate::support::*;

fn add_host(cloud: &Cloud, number: u32) -> String {
    let server = ChcServer::new("ap-guangzhou-3", format!("SN-{number}"));
    cloud.add_chc_host(&server).unwrap()
}

fn host(cloud: &Cloud, id: &str) -> Value {
    send_ok(cloud, "DescribeChcHosts", json!({ "ChcIds": [id] }))["ChcHostSet"][0].clone()
}

fn host_state(cloud: &Cloud, id: &str) -> String {
    host(cloud, id)["InstanceState"].as_str().unwrap().to_owned()
}

fn network(subnet: &str, addresses: &[&str]) -> Value {
    json!({ "VpcId": "vpc-00000001", "SubnetId": subnet, "PrivateIpAddresses": addresses })
}

/// A request body for hosts, with further members.
fn for_hosts(ids: &[&str], members: Value) -> Value {
    merge(json!({ "ChcIds": ids }), members)
}

fn assist(ids: &[&str], subnet: &str) -> Value {
    for_hosts(ids, json!({ "BmcVirtualPrivateCloud": network(subnet, &[]) }))
}

fn deploy(ids: &[&str], subnet: &str) -> Value {
    for_hosts(ids, json!({ "DeployVirtualPrivateCloud": network(subnet, &[]) }))
}

/// Adds a host with a management network.
fn ready(cloud: &Cloud, number: u32) -> String {
    let id = add_host(cloud, number);
    send_ok(cloud, "ConfigureChcAssistVpc", assist(&[&id], "subnet-00000001"));
    advance(cloud, 60);
    assert_eq!(host_state(cloud, &id), "READY");
    id
}

/// Adds a host with both networks.
fn prepared(cloud: &Cloud, number: u32) -> String {
    let id = ready(cloud, number);
    send_ok(cloud, "ConfigureChcDeployVpc", deploy(&[&id], "subnet-00000002"));
    advance(cloud, 180);
    assert_eq!(host_state(cloud, &id), "PREPARED");
    id
}

#[test]
fn operator_adds_a_host() {
    let cloud = cloud();
    let mut server = ChcServer::new("ap-guangzhou-3", "SN-1");
    (server.vcpus, server.memory_gb) = (64, 256);
    let id = cloud.add_chc_host(&server).unwrap();
    assert_eq!(cloud.add_chc_host(&ChcServer::new("ap-nowhere-1", "SN-2")), None);
    let actual = host(&cloud, &id);
    for (pointer, expected) in [
        ("/InstanceState", json!("INIT")),
        ("/SerialNumber", json!("SN-1")),
        ("/HardwareDescription", json!("64C 256GB 10T Disk")),
        ("/Placement/Zone", json!("ap-guangzhou-3")),
        ("/BmcVirtualPrivateCloud/VpcId", json!("")),
        ("/BmcIp", json!("")),
        ("/CvmInstanceId", json!("")),
        ("/CreatedTime", json!("2023-11-14T22:13:20Z")),
        ("/TenantType", json!("HOSTING")),
        ("/DeployExtraConfig/MiniOsType", json!("public")),
    ] {
        assert_eq!(actual.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert_ne!(actual["BmcMAC"], actual["DeployMAC"]);
    let elsewhere = Call::new("DescribeChcHosts").region("ap-shanghai").json("{}");
    assert_eq!(read(&cloud.handle(&elsewhere))["TotalCount"], 0);
}

#[test]
fn configuring_both_networks_prepares_a_host() {
    let cloud = cloud();
    let (one, other) = (add_host(&cloud, 1), add_host(&cloud, 2));
    let addresses = ["172.20.0.9", "172.20.0.8"];
    let config = json!({
        "MiniOsType": "own", "BootType": "arm_uefi", "NextServerAddress": "172.20.0.1",
    });
    let body = json!({
        "BmcVirtualPrivateCloud": network("subnet-00000001", &addresses),
        "BmcSecurityGroupIds": ["sg-00000001"],
        "DeployVirtualPrivateCloud": network("subnet-00000002", &[]),
        "DeploySecurityGroupIds": ["sg-00000002"],
        "ChcDeployExtraConfig": config,
    });
    send_ok(&cloud, "ConfigureChcAssistVpc", for_hosts(&[&other, &one], body));
    let during = host(&cloud, &one);
    assert_eq!(during["InstanceState"], "OPERATING");
    assert_eq!(during["LatestOperation"], "ConfigureChcAssistVpc");
    assert_eq!(during["BmcIp"], "");
    assert!(during["LatestOperationState"].is_null());
    advance(&cloud, 59);
    assert_eq!(host_state(&cloud, &one), "OPERATING");
    advance(&cloud, 1);
    let after = host(&cloud, &one);
    for (pointer, expected) in [
        ("/InstanceState", json!("READY")),
        ("/LatestOperationState", json!("SUCCESS")),
        ("/BmcVirtualPrivateCloud/SubnetId", json!("subnet-00000001")),
        ("/BmcIp", json!("172.20.0.8")),
        ("/BmcSecurityGroupIds", json!(["sg-00000001"])),
        ("/DeployVirtualPrivateCloud/SubnetId", json!("subnet-00000002")),
        ("/DeploySecurityGroupIds", json!(["sg-00000002"])),
        ("/DeployExtraConfig/BootType", json!("arm_uefi")),
        ("/DeployExtraConfig/BootFile", json!("pxelinux.0")),
    ] {
        assert_eq!(after.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert_eq!(host(&cloud, &other)["BmcIp"], "172.20.0.9");
    assert_ne!(after["DeployIp"], host(&cloud, &other)["DeployIp"]);
    advance(&cloud, 119);
    assert_eq!(host_state(&cloud, &one), "READY");
    advance(&cloud, 1);
    let last = host(&cloud, &one);
    assert_eq!(
        (&last["InstanceState"], &last["LatestOperation"]),
        (&json!("PREPARED"), &json!("ChcPrepare"))
    );
}

#[test]
fn network_setup_is_all_or_nothing() {
    let cloud = cloud();
    let (one, other) = (add_host(&cloud, 1), ready(&cloud, 2));
    let far = cloud.add_chc_host(&ChcServer::new("ap-guangzhou-4", "SN-3")).unwrap();
    let (one, other, far) = (one.as_str(), other.as_str(), far.as_str());
    let bmc = |addresses: &[&str]| network("subnet-00000009", addresses);
    let taken = host(&cloud, other)["BmcIp"].as_str().unwrap().to_owned();
    let used = network("subnet-00000001", &[&taken]);
    let with = |bmc: Value| for_hosts(&[one], json!({ "BmcVirtualPrivateCloud": bmc }));
    let mixed = json!({ "VpcId": "DEFAULT", "SubnetId": "subnet-00000009" });
    let mut twice = with(bmc(&["172.20.0.9"]));
    twice["DeployVirtualPrivateCloud"] = bmc(&["172.20.0.9"]);
    let mut mismatched = with(bmc(&[]));
    mismatched["DeployVirtualPrivateCloud"] =
        json!({ "VpcId": "vpc-2", "SubnetId": "subnet-00000009" });
    let mut without_network = with(bmc(&[]));
    without_network["DeploySecurityGroupIds"] = json!(["sg-00000001"]);
    for (body, expected) in [
        (
            assist(&[one, "chc-zzzzzzzz"], "subnet-00000009"),
            "InvalidParameterValue.ChcHostsNotFound",
        ),
        (assist(&[one, other], "subnet-00000009"), "InvalidHost.NotSupported"),
        (assist(&[one, far], "subnet-00000009"), "InvalidParameterValue"),
        (with(mixed), "InvalidParameterValue"),
        (with(bmc(&["172.20.0.9", "172.20.0.8"])), "InvalidParameterValue.AmountNotEqual"),
        (with(bmc(&["172.20.0"])), "InvalidParameterValue.IPAddressMalformed"),
        (with(used), "VpcIpIsUsed"),
        (twice, "VpcIpIsUsed"),
        (mismatched, "InvalidParameterValue"),
        (without_network, "InvalidParameter"),
    ] {
        assert_eq!(send_err(&cloud, "ConfigureChcAssistVpc", body.clone()), expected, "{body}");
    }
    assert_eq!(host_state(&cloud, one), "INIT");
    let second =
        |ids: &[&str]| send_err(&cloud, "ConfigureChcDeployVpc", deploy(ids, "subnet-00000002"));
    assert_eq!(second(&[other, one]), "InvalidHost.NotSupported");
    send_ok(&cloud, "ConfigureChcDeployVpc", deploy(&[other], "subnet-00000002"));
    assert_eq!(second(&[other]), "InvalidHost.NotSupported");
    advance(&cloud, 60);
    assert_eq!(second(&[other]), "InvalidParameterValue.DeployVpcAlreadyExists");
    assert_eq!(second(&["chc-zzzzzzzz"]), "InvalidParameterValue.ChcHostsNotFound");
}

#[test]
fn requested_address_is_not_assigned_to_another_network() {
    let cloud = cloud();
    let first = ready(&cloud, 1);
    let assigned = host(&cloud, &first)["BmcIp"].as_str().unwrap().to_owned();
    // The request names the next address of the subnet for the other network.
    let next = assigned.replace(".2", ".3");
    assert_ne!(next, assigned);
    let id = add_host(&cloud, 2);
    let body = json!({
        "BmcVirtualPrivateCloud": network("subnet-00000001", &[]),
        "DeployVirtualPrivateCloud": network("subnet-00000001", &[&next]),
    });
    send_ok(&cloud, "ConfigureChcAssistVpc", for_hosts(&[&id], body));
    advance(&cloud, 60);
    let actual = host(&cloud, &id);
    assert_eq!(actual["DeployIp"], json!(next));
    assert_ne!(actual["BmcIp"], json!(next));
}

#[test]
fn removing_networks_frees_their_addresses() {
    let cloud = cloud();
    let id = prepared(&cloud, 1);
    let before = host(&cloud, &id);
    send_ok(&cloud, "RemoveChcDeployVpc", for_hosts(&[&id], json!({})));
    assert_eq!(
        send_err(&cloud, "RemoveChcAssistVpc", for_hosts(&[&id], json!({}))),
        "InvalidHost.NotSupported"
    );
    advance(&cloud, 30);
    let bare = host(&cloud, &id);
    assert_eq!((&bare["InstanceState"], &bare["DeployIp"]), (&json!("READY"), &json!("")));
    assert_eq!(bare["DeployVirtualPrivateCloud"]["SubnetId"], "");
    assert_eq!(bare["BmcIp"], before["BmcIp"]);
    assert_eq!(
        send_err(&cloud, "RemoveChcDeployVpc", for_hosts(&[&id], json!({}))),
        "InvalidHost.NotSupported"
    );
    // A host without a deploy network does not become `PREPARED`.
    advance(&cloud, 120);
    assert_eq!(host_state(&cloud, &id), "READY");
    send_ok(&cloud, "RemoveChcAssistVpc", for_hosts(&[&id], json!({})));
    advance(&cloud, 30);
    let init = host(&cloud, &id);
    assert_eq!((&init["InstanceState"], &init["BmcIp"]), (&json!("INIT"), &json!("")));
    assert_eq!(init["LatestOperationState"], "SUCCESS");
    assert_eq!(
        send_err(&cloud, "RemoveChcAssistVpc", for_hosts(&[&id], json!({}))),
        "InvalidHost.NotSupported"
    );
    let again = network("subnet-00000001", &[before["BmcIp"].as_str().unwrap()]);
    let again = for_hosts(&[&id], json!({ "BmcVirtualPrivateCloud": again }));
    send_ok(&cloud, "ConfigureChcAssistVpc", again);
    for action in ["RemoveChcAssistVpc", "RemoveChcDeployVpc"] {
        let code = send_err(&cloud, action, for_hosts(&["chc-zzzzzzzz"], json!({})));
        assert_eq!(code, "InvalidParameterValue.ChcHostsNotFound", "{action}");
    }
}

/// Adds a host and brings it into a state.
type AddHost = fn(&Cloud) -> String;

#[test]
fn denied_actions_are_exactly_those_that_fail() {
    let requests = |id: &str| {
        [
            ("ConfigureChcAssistVpc", assist(&[id], "subnet-00000001")),
            ("ConfigureChcDeployVpc", deploy(&[id], "subnet-00000002")),
            ("ModifyChcAttribute", for_hosts(&[id], json!({ "InstanceName": "a" }))),
            ("ModifyChcNetworkMode", for_hosts(&[id], json!({ "NetworkMode": "DEPLOY" }))),
            ("RemoveChcAssistVpc", for_hosts(&[id], json!({}))),
            ("RemoveChcDeployVpc", for_hosts(&[id], json!({}))),
        ]
    };
    let states: [(AddHost, &str); 4] = [
        (|cloud| add_host(cloud, 1), "INIT"),
        (|cloud| ready(cloud, 1), "READY"),
        (|cloud| prepared(cloud, 1), "PREPARED"),
        (
            |cloud| {
                let id = ready(cloud, 1);
                send_ok(cloud, "RemoveChcAssistVpc", for_hosts(&[&id], json!({})));
                id
            },
            "OPERATING",
        ),
    ];
    for (add, state) in states {
        for index in 0..6 {
            let cloud = cloud();
            let id = add(&cloud);
            let response =
                send_ok(&cloud, "DescribeChcDeniedActions", for_hosts(&[&id], json!({})));
            let entry = &response["ChcHostDeniedActionSet"][0];
            assert_eq!((&entry["ChcId"], &entry["State"]), (&json!(id), &json!(state)));
            let denied = entry["DenyActions"].as_array().unwrap();
            let (action, body) = requests(&id)[index].clone();
            let is_rejected = send(&cloud, action, body).get("Error").is_some();
            assert_eq!(denied.contains(&json!(action)), is_rejected, "{action} when {state}");
        }
    }
    let unknown = for_hosts(&["chc-zzzzzzzz"], json!({}));
    let code = send_err(&cloud(), "DescribeChcDeniedActions", unknown);
    assert_eq!(code, "InvalidParameterValue.ChcHostsNotFound");
}

#[test]
fn network_mode_changes_only_on_prepared_hosts() {
    let cloud = cloud();
    let id = prepared(&cloud, 1);
    let mode = |id: &str, mode: &str| for_hosts(&[id], json!({ "NetworkMode": mode }));
    let state = "OperationDenied.ChcHostStateNotSupported";
    assert_eq!(send_err(&cloud, "ModifyChcNetworkMode", mode(&id, "BUSINESS")), state);
    send_ok(&cloud, "ModifyChcNetworkMode", mode(&id, "DEPLOY"));
    assert_eq!(send_err(&cloud, "ModifyChcNetworkMode", mode(&id, "DEPLOY")), state);
    advance(&cloud, 30);
    let after = host(&cloud, &id);
    for (member, expected) in [
        ("NetworkMode", "DEPLOY"),
        ("InstanceState", "PREPARED"),
        ("LatestOperation", "SwitchChcDeployNetwork"),
        ("LatestOperationState", "SUCCESS"),
    ] {
        assert_eq!(after[member], expected, "{member}");
    }
    let other = ready(&cloud, 2);
    let mut own = deploy(&[&other], "subnet-00000002");
    own["ChcDeployExtraConfig"] = json!({ "MiniOsType": "own", "BootType": "x86_legacy" });
    send_ok(&cloud, "ConfigureChcDeployVpc", own);
    advance(&cloud, 180);
    let code = send_err(
        &cloud,
        "ModifyChcNetworkMode",
        for_hosts(&[&id, &other], json!({ "NetworkMode": "DEPLOY" })),
    );
    assert_eq!(code, "OperationDenied.ChcDeployConfigInvalid");
    assert_eq!(host_state(&cloud, &id), "PREPARED");
}

#[test]
fn attribute_changes_survive_a_running_operation() {
    let cloud = cloud();
    let (one, other) = (ready(&cloud, 1), add_host(&cloud, 2));
    send_ok(&cloud, "ConfigureChcDeployVpc", deploy(&[&one], "subnet-00000002"));
    advance(&cloud, 60);
    let change = json!({
        "InstanceName": "db", "DeviceType": "CHC_HS2", "BmcSecurityGroupIds": ["sg-00000007"],
        "BmcUser": "root", "Password": "Abcdefg1!",
    });
    send_ok(&cloud, "ModifyChcAttribute", for_hosts(&[&one], change));
    for seconds in [0, 120] {
        advance(&cloud, seconds);
        let actual = host(&cloud, &one);
        assert_eq!(
            (&actual["InstanceName"], &actual["DeviceType"]),
            (&json!("db"), &json!("CHC_HS2"))
        );
        assert_eq!(actual["BmcSecurityGroupIds"], json!(["sg-00000007"]));
        assert!(!actual.to_string().contains("Abcdefg1!"));
    }
    assert_eq!(host_state(&cloud, &one), "PREPARED");
    for (members, expected) in [
        (
            json!({ "BmcSecurityGroupIds": ["sg-00000008"] }),
            "InvalidParameterValue.ChcNetworkEmpty",
        ),
        (json!({ "Password": "short" }), "InvalidPassword"),
        (json!({ "Password": "has a space" }), "InvalidPassword"),
        (json!({ "BmcUser": "a b" }), "InvalidParameterValue.IncorrectFormat"),
        (json!({ "ChcIds": ["chc-zzzzzzzz"] }), "InvalidParameterValue.ChcHostsNotFound"),
    ] {
        let body = for_hosts(&[&one, &other], members.clone());
        assert_eq!(send_err(&cloud, "ModifyChcAttribute", body), expected, "{members}");
    }
    assert_eq!(host(&cloud, &one)["BmcSecurityGroupIds"], json!(["sg-00000007"]));
}

#[test]
fn hosts_are_listed_newest_first_and_filtered() {
    let cloud = cloud();
    let (one, other) = (ready(&cloud, 1), add_host(&cloud, 2));
    let ids = |body: Value| {
        let response = send_ok(&cloud, "DescribeChcHosts", body);
        let hosts = response["ChcHostSet"].as_array().unwrap().clone();
        let ids: Vec<_> =
            hosts.iter().map(|one| one["ChcId"].as_str().unwrap().to_owned()).collect();
        (ids, response["TotalCount"].as_i64().unwrap())
    };
    let filter =
        |name: &str, value: &str| json!({ "Filters": [{ "Name": name, "Values": [value] }] });
    let (both, first, second) =
        (vec![other.clone(), one.clone()], vec![one.clone()], vec![other.clone()]);
    assert_eq!(ids(json!({})), (both.clone(), 2));
    assert_eq!(ids(json!({ "Offset": 1, "Limit": 1 })), (first.clone(), 2));
    for (name, value, expected) in [
        ("zone", "ap-guangzhou-3", &both),
        ("instance-name", "SN-2", &second),
        ("instance-state", "READY", &first),
        ("device-type", "CHC_HS1", &both),
        ("vpc-id", "vpc-00000001", &first),
        ("subnet-id", "subnet-00000001", &first),
        ("subnet-id", "subnet-00000002", &vec![]),
        ("sn", "SN-1", &first),
    ] {
        assert_eq!(&ids(filter(name, value)).0, expected, "{name} {value}");
    }
    for (body, expected) in [
        (filter("zone", "ap-beijing-3"), "InvalidZone.MismatchRegion"),
        (filter("vpc-id", "x"), "InvalidParameterValue.VpcIdMalformed"),
        (filter("subnet-id", "x"), "InvalidParameterValue.SubnetIdMalformed"),
        (filter("color", "red"), "InvalidFilter"),
        (json!({ "ChcIds": [one, "chc-zzzzzzzz"] }), "InvalidParameterValue.ChcHostsNotFound"),
    ] {
        assert_eq!(send_err(&cloud, "DescribeChcHosts", body.clone()), expected, "{body}");
    }
}
