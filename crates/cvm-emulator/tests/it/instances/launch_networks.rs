//! Launches with bandwidth packages, IPv6 addresses, several network interfaces, dedicated clusters and CHC hosts.

use std::collections::HashSet;

use cvm_emulator::{ChcServer, Cloud};
use serde_json::{Value, json};

use crate::support::*;

fn code(cloud: &Cloud, members: Value) -> String {
    send_err(cloud, "RunInstances", run_request(members))
}

fn vpc(members: Value) -> Value {
    let network = json!({ "VpcId": "vpc-00000001", "SubnetId": "subnet-00000001" });
    json!({ "VirtualPrivateCloud": merge(network, members) })
}

#[test]
fn bandwidth_package_is_accepted_with_its_charge_type() {
    let cloud = cloud();
    let internet = |members: Value| json!({ "InternetAccessible": merge(json!({ "InternetMaxBandwidthOut": 10 }), members) });
    let package = |id: &str| {
        internet(json!({ "InternetChargeType": "BANDWIDTH_PACKAGE", "BandwidthPackageId": id }))
    };
    let id = launch_running(&cloud, package("bwp-h1ro"));
    let shown = describe(&cloud, &id)["InternetAccessible"].clone();
    assert_eq!(shown["InternetChargeType"], "BANDWIDTH_PACKAGE");
    assert_eq!(shown["InternetMaxBandwidthOut"], 10);
    // The package is charged, not the instance.
    let price = send_ok(&cloud, "InquiryPriceRunInstances", run_request(package("bwp-h1ro")));
    assert_eq!(price["Price"]["BandwidthPrice"]["UnitPrice"], 0.0, "{price}");
    launch(&cloud, internet(json!({ "InternetChargeType": "BANDWIDTH_PACKAGE" })));
    let malformed = "InvalidParameterValue.BandwidthPackageIdMalformed";
    assert_eq!(code(&cloud, package("package-1")), malformed);
    assert_eq!(code(&cloud, package("bwp-")), malformed);
    let other = internet(json!({ "BandwidthPackageId": "bwp-h1ro" }));
    let expected = "UnsupportedOperation.BandwidthPackageIdNotSupported";
    assert_eq!(code(&cloud, other), expected);
}

#[test]
fn ipv6_addresses_are_unique_and_shown() {
    let cloud = cloud();
    let members = merge(vpc(json!({ "Ipv6AddressCount": 2 })), json!({ "InstanceCount": 2 }));
    let ids = launch(&cloud, members);
    let addresses: Vec<String> =
        ids.iter().flat_map(|id| strings(&describe(&cloud, id)["IPv6Addresses"])).collect();
    assert_eq!(addresses.iter().collect::<HashSet<_>>().len(), 4, "{addresses:?}");
    assert!(addresses.iter().all(|address| address.parse::<std::net::Ipv6Addr>().is_ok()));
    let filter = json!({ "Filters": [{ "Name": "ipv6-address", "Values": [addresses[3]] }] });
    let found = send_ok(&cloud, "DescribeInstances", filter);
    assert_eq!(found["InstanceSet"][0]["InstanceId"], json!(ids[1]));
    let public = json!({ "InternetAccessible": { "IPv6AddressType": "EIPv6" } });
    let id = launch(&cloud, merge(vpc(json!({ "Ipv6AddressCount": 1 })), public.clone())).remove(0);
    assert_eq!(strings(&describe(&cloud, &id)["PublicIPv6Addresses"]).len(), 1);
    assert_eq!(code(&cloud, merge(vpc(json!({})), public)), "InvalidParameterCombination");
    let many = vpc(json!({ "Ipv6AddressCount": 11 }));
    assert_eq!(code(&cloud, many), "LimitExceeded.IPv6AddressNum");
}

#[test]
fn move_to_another_subnet_replaces_ipv6_addresses() {
    let cloud = cloud();
    let id = launch_running(&cloud, vpc(json!({ "Ipv6AddressCount": 1 })));
    let before = strings(&describe(&cloud, &id)["IPv6Addresses"]);
    let body = |count: u64| {
        let network = json!({ "VpcId": "vpc-00000001", "SubnetId": "subnet-00000002" });
        let network = merge(network, json!({ "Ipv6AddressCount": count }));
        json!({ "InstanceIds": [id], "VirtualPrivateCloud": network })
    };
    send_ok(&cloud, "ModifyInstancesVpcAttribute", body(2));
    advance(&cloud, 20);
    let after = strings(&describe(&cloud, &id)["IPv6Addresses"]);
    assert!(after.len() == 2 && !after.contains(&before[0]), "{before:?} {after:?}");
}

#[test]
fn network_interfaces_have_addresses_until_the_instance_is_gone() {
    let cloud = cloud();
    let interface = |kind: &str, subnet: &str, count: u64| {
        json!({
            "InterfaceType": kind, "VpcId": "vpc-00000001", "SubnetId": subnet,
            "PrivateIpv4AddressCount": count,
        })
    };
    let primary = merge(
        interface("PRIMARY", "subnet-00000001", 2),
        json!({ "SecurityGroupIds": ["sg-00000001"] }),
    );
    let deleted = json!({ "DeleteWithInstance": true });
    let secondary = merge(interface("SECONDARY", "subnet-00000002", 3), deleted);
    let both = json!({ "NetworkInterfaces": [secondary, primary] });
    let id = launch_running(&cloud, both.clone());
    let shown = describe(&cloud, &id);
    let addresses = strings(&shown["PrivateIpAddresses"]);
    assert_eq!(addresses.len(), 2, "only those of the primary interface");
    assert_eq!(shown["VirtualPrivateCloud"]["SubnetId"], "subnet-00000001");
    assert_eq!(shown["SecurityGroupIds"], json!(["sg-00000001"]));
    let choose = |address: &str, subnet: &str| {
        json!({ "VirtualPrivateCloud": {
            "VpcId": "vpc-00000001", "SubnetId": subnet, "PrivateIpAddresses": [address],
        } })
    };
    assert_eq!(code(&cloud, choose(&addresses[1], "subnet-00000001")), "VpcIpIsUsed");
    // The second subnet begins at 172.16.16.2.
    assert_eq!(code(&cloud, choose("172.16.16.2", "subnet-00000002")), "VpcIpIsUsed");
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    advance(&cloud, 60);
    launch(&cloud, choose(&addresses[1], "subnet-00000001"));
    launch(&cloud, choose("172.16.16.2", "subnet-00000002"));
    let network = vpc(json!({}));
    assert_eq!(code(&cloud, merge(both, network)), "InvalidParameterCombination");
    for (interfaces, expected) in [
        (json!([interface("SECONDARY", "subnet-00000001", 1)]), "InvalidParameterValue"),
        (json!([primary, primary]), "InvalidParameterValue"),
        (
            json!([merge(primary.clone(), json!({ "NetworkInterfaceId": "eni-00000001" }))]),
            "InvalidParameterCombination",
        ),
        (json!(vec![primary.clone(); 9]), "LimitExceeded.InstanceEniNumLimit"),
    ] {
        let members = json!({ "NetworkInterfaces": interfaces });
        assert_eq!(code(&cloud, members.clone()), expected, "{members}");
    }
}

#[test]
fn dedicated_cluster_needs_its_charge_type() {
    let cloud = cloud();
    let cluster = |charge: &str| json!({ "DedicatedClusterId": "cluster-12345678", "InstanceChargeType": charge });
    let id = launch_running(&cloud, cluster("CDCPAID"));
    let shown = describe(&cloud, &id);
    assert_eq!(shown["DedicatedClusterId"], "cluster-12345678");
    assert_eq!(shown["InstanceChargeType"], "CDCPAID");
    let filter = json!({ "Name": "dedicated-cluster-id", "Values": ["cluster-12345678"] });
    let found = send_ok(&cloud, "DescribeInstances", json!({ "Filters": [filter] }));
    assert_eq!(found["TotalCount"], 1);
    let expected = "InvalidParameterValue.DedicatedClusterNotSupportedChargeType";
    assert_eq!(code(&cloud, cluster("POSTPAID_BY_HOUR")), expected);
    let alone = json!({ "InstanceChargeType": "CDCPAID" });
    assert_eq!(code(&cloud, alone), "MissingParameter");
}

/// A CHC host that is ready for an instance.
fn prepared_host(cloud: &Cloud, number: u32) -> String {
    let server = ChcServer::new("ap-guangzhou-3", format!("SN-{number}"));
    let id = cloud.add_chc_host(&server).unwrap();
    let network = json!({ "VpcId": "vpc-0000000c", "SubnetId": "subnet-0000000c" });
    let networks = json!({
        "ChcIds": [id], "BmcVirtualPrivateCloud": network, "DeployVirtualPrivateCloud": network,
    });
    send_ok(cloud, "ConfigureChcAssistVpc", networks);
    advance(cloud, 180);
    id
}

fn chc_host(cloud: &Cloud, id: &str) -> Value {
    send_ok(cloud, "DescribeChcHosts", json!({ "ChcIds": [id] }))["ChcHostSet"][0].clone()
}

#[test]
fn instance_on_a_chc_host_occupies_it_until_it_is_gone() {
    let cloud = cloud();
    let host = prepared_host(&cloud, 1);
    assert_eq!(chc_host(&cloud, &host)["InstanceState"], "PREPARED");
    let kind = string(&chc_host(&cloud, &host)["ChcInstanceType"]);
    let on_host = json!({ "ChcIds": [host], "InstanceType": kind });
    let id = launch_running(&cloud, on_host.clone());
    let shown = describe(&cloud, &id);
    assert_eq!((&shown["CPU"], &shown["Memory"]), (&json!(128), &json!(384)));
    assert_eq!(shown["InstanceType"], json!(kind));
    let occupied = chc_host(&cloud, &host);
    assert_eq!(occupied["InstanceState"], "ONLINE");
    assert_eq!(occupied["CvmInstanceId"], json!(id));
    assert_eq!(code(&cloud, on_host.clone()), "UnsupportedOperation");
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    advance(&cloud, 60);
    let free = chc_host(&cloud, &host);
    assert_eq!((&free["InstanceState"], &free["CvmInstanceId"]), (&json!("PREPARED"), &json!("")));
    launch(&cloud, on_host);
}

#[test]
fn launches_on_unfit_chc_hosts_are_rejected() {
    let cloud = cloud();
    let host = prepared_host(&cloud, 1);
    let new = cloud.add_chc_host(&ChcServer::new("ap-guangzhou-3", "SN-2")).unwrap();
    let on =
        |ids: &[&str]| json!({ "ChcIds": ids, "InstanceType": "", "InstanceCount": ids.len() });
    let no_network = "OperationDenied.ChcInstallCloudImageWithoutDeployNetwork";
    assert_eq!(code(&cloud, on(&[&new])), no_network);
    let unknown = "InvalidParameterValue.ChcHostsNotFound";
    assert_eq!(code(&cloud, on(&[&host, "chc-zzzzzzzz"])), unknown);
    for (members, expected) in [
        (json!({ "InstanceCount": 2 }), "InvalidParameterCombination"),
        (json!({ "InstanceType": "S5.MEDIUM4" }), "InvalidParameterCombination"),
        (json!({ "Placement": { "Zone": "ap-guangzhou-4" } }), "InvalidParameterCombination"),
    ] {
        let members = merge(on(&[&host]), members);
        assert_eq!(code(&cloud, members.clone()), expected, "{members}");
    }
    assert_eq!(code(&cloud, on(&[&host, &host])), "InvalidParameterCombination");
}
