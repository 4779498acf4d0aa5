//! Instances in created networks, in the default network, and in networks that were never created.

use std::collections::HashSet;

use cvm_emulator::{ChcServer, Cloud};
use serde_json::{Value, json};

use crate::support::*;
use crate::vpc_networks::*;

fn network(vpc: &str, subnet: &str) -> Value {
    json!({ "VpcId": vpc, "SubnetId": subnet })
}

fn in_network(vpc: &str, subnet: &str) -> Value {
    json!({ "VirtualPrivateCloud": network(vpc, subnet) })
}

fn launch_code(cloud: &Cloud, members: Value) -> String {
    send_err(cloud, "RunInstances", run_request(members))
}

fn addresses(cloud: &Cloud, ids: &[String]) -> Vec<String> {
    ids.iter().flat_map(|id| strings(&describe(cloud, id)["PrivateIpAddresses"])).collect()
}

fn available(cloud: &Cloud, subnet: &str) -> Value {
    shown_subnet(cloud, subnet)["AvailableIpAddressCount"].clone()
}

#[test]
fn addresses_come_from_the_range_of_the_subnet() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "192.168.0.0/16");
    let subnet = create_subnet(&cloud, &vpc, "192.168.7.16/28");
    let count = json!({ "InstanceCount": 13 });
    let ids = launch(&cloud, merge(in_network(&vpc, &subnet), count));
    let found: HashSet<String> = addresses(&cloud, &ids).into_iter().collect();
    let expected: HashSet<String> = (18..31).map(|host| format!("192.168.7.{host}")).collect();
    assert_eq!(found, expected, "all but the first two and the last");
    assert_eq!(available(&cloud, &subnet), 0);
    let full = "FailedOperation.NoAvailableIpAddressCountInSubnet";
    assert_eq!(launch_code(&cloud, in_network(&vpc, &subnet)), full);
    advance(&cloud, 20);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [ids[4]] }));
    advance(&cloud, 60);
    assert_eq!(available(&cloud, &subnet), 1);
    launch(&cloud, in_network(&vpc, &subnet));
}

#[test]
fn subnet_in_use_is_not_deleted() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let subnet = create_subnet(&cloud, &vpc, "10.0.0.0/24");
    let id = launch_running(&cloud, in_network(&vpc, &subnet));
    let body = json!({ "SubnetId": subnet });
    assert_eq!(vpc_err(&cloud, "DeleteSubnet", &body), "ResourceInUse");
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    assert_eq!(vpc_err(&cloud, "DeleteSubnet", &body), "ResourceInUse", "it still terminates");
    advance(&cloud, 60);
    vpc_ok(&cloud, "DeleteSubnet", &body);
    let gone = "InvalidParameterValue.SubnetNotExist";
    assert_eq!(launch_code(&cloud, in_network(&vpc, &subnet)), gone);
    vpc_ok(&cloud, "DeleteVpc", &json!({ "VpcId": vpc }));
    let gone = "InvalidParameterValue.VpcIdNotExist";
    assert_eq!(launch_code(&cloud, in_network(&vpc, &subnet)), gone);
}

#[test]
fn vpc_zone_and_chosen_addresses_must_be_those_of_the_subnet() {
    let cloud = cloud();
    let (vpc, other) = (create_vpc(&cloud, "10.0.0.0/16"), create_vpc(&cloud, "10.0.0.0/16"));
    let subnet = create_subnet(&cloud, &vpc, "10.0.1.0/24");
    let mismatch = "InvalidParameterValue.VpcIdSubnetIdNotMatch";
    assert_eq!(launch_code(&cloud, in_network(&other, &subnet)), mismatch);
    let unknown = "InvalidParameterValue.SubnetNotExist";
    assert_eq!(launch_code(&cloud, in_network(&vpc, "subnet-00000001")), unknown);
    let zone = json!({ "Placement": { "Zone": "ap-guangzhou-4" } });
    let zone = launch_code(&cloud, merge(in_network(&vpc, &subnet), zone));
    assert_eq!(zone, "InvalidParameterValue.SubnetIdZoneIdNotMatch");
    let choose = |address: &str| {
        let chosen = json!({ "PrivateIpAddresses": [address] });
        json!({ "VirtualPrivateCloud": merge(network(&vpc, &subnet), chosen) })
    };
    for outside in ["10.0.0.255", "10.0.2.0", "172.16.0.9"] {
        assert_eq!(launch_code(&cloud, choose(outside)), "VpcAddrNotInSubNet", "{outside}");
    }
    for reserved in ["10.0.1.0", "10.0.1.1", "10.0.1.255"] {
        assert_eq!(launch_code(&cloud, choose(reserved)), "VpcIpIsUsed", "{reserved}");
    }
    let ids = launch(&cloud, choose("10.0.1.99"));
    assert_eq!(addresses(&cloud, &ids), ["10.0.1.99"]);
    assert_eq!(launch_code(&cloud, choose("10.0.1.99")), "VpcIpIsUsed");
    let ipv6 = json!({ "Ipv6AddressCount": 1 });
    let ipv6 = json!({ "VirtualPrivateCloud": merge(network(&vpc, &subnet), ipv6) });
    let code = launch_code(&cloud, ipv6);
    assert_eq!(code, "InvalidParameterValue.VpcNotSupportIpv6Address");
}

#[test]
fn network_interfaces_are_in_created_subnets() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let [front, back] =
        ["10.0.1.0/24", "10.0.2.0/28"].map(|range| create_subnet(&cloud, &vpc, range));
    let interface = |kind: &str, subnet: &str, count: u64| {
        let members = json!({
            "InterfaceType": kind, "PrivateIpv4AddressCount": count, "DeleteWithInstance": kind == "SECONDARY",
        });
        merge(network(&vpc, subnet), members)
    };
    let with = |subnet: &str, count: u64| {
        let list = [interface("PRIMARY", &front, 2), interface("SECONDARY", subnet, count)];
        json!({ "NetworkInterfaces": list })
    };
    let unknown = "InvalidParameterValue.InvalidVpcIdSubnetIdNotFound";
    assert_eq!(launch_code(&cloud, with("subnet-00000001", 1)), unknown);
    let full = "FailedOperation.NoAvailableIpAddressCountInSubnet";
    assert_eq!(launch_code(&cloud, with(&back, 14)), full);
    let id = launch_running(&cloud, with(&back, 3));
    assert_eq!(available(&cloud, &front), 251);
    assert_eq!(available(&cloud, &back), 10);
    let used = vpc_ok(&cloud, "DescribeUsedIpAddress", &json!({ "VpcId": vpc }));
    assert_eq!(used["TotalCount"], 5, "as many as the subnets lack: {used}");
    let of_back = json!({ "VpcId": vpc, "SubnetId": back });
    assert_eq!(vpc_ok(&cloud, "DescribeUsedIpAddress", &of_back)["TotalCount"], 3);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    advance(&cloud, 60);
    assert_eq!(available(&cloud, &back), 13);
    assert_eq!(vpc_ok(&cloud, "DescribeUsedIpAddress", &json!({ "VpcId": vpc }))["TotalCount"], 0);
}

#[test]
fn instance_moves_between_created_subnets() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let [old, new] = ["10.0.1.0/24", "10.0.2.0/24"].map(|range| create_subnet(&cloud, &vpc, range));
    let id = launch_running(&cloud, in_network(&vpc, &old));
    let body = |subnet: &str| merge(json!({ "InstanceIds": [id] }), in_network(&vpc, subnet));
    let unknown = send_err(&cloud, "ModifyInstancesVpcAttribute", body("subnet-00000001"));
    assert!(unknown.starts_with("InvalidParameterValue"), "{unknown}");
    send_ok(&cloud, "ModifyInstancesVpcAttribute", body(&new));
    // Both addresses are in use during the move.
    let used = vpc_ok(&cloud, "DescribeUsedIpAddress", &json!({ "VpcId": vpc }));
    assert_eq!(used["TotalCount"], 2, "{used}");
    assert_eq!((available(&cloud, &old), available(&cloud, &new)), (json!(252), json!(252)));
    advance(&cloud, 60);
    assert_eq!((available(&cloud, &old), available(&cloud, &new)), (json!(253), json!(252)));
    assert_eq!(addresses(&cloud, &[id]), ["10.0.2.2"]);
    vpc_ok(&cloud, "DeleteSubnet", &json!({ "SubnetId": old }));
}

#[test]
fn default_network_is_created_by_its_first_use() {
    let cloud = cloud();
    let default = || in_network("DEFAULT", "DEFAULT");
    let count = |action: &str| vpc_ok(&cloud, action, &json!({}))["TotalCount"].clone();
    send_ok(&cloud, "InquiryPriceRunInstances", run_request(default()));
    send_ok(&cloud, "RunInstances", run_request(merge(default(), json!({ "DryRun": true }))));
    assert_eq!(count("DescribeVpcs"), 0, "neither a price nor a dry run creates it");
    let id = launch_running(&cloud, default());
    let shown = describe(&cloud, &id)["VirtualPrivateCloud"].clone();
    let subnet = shown_subnet(&cloud, &string(&shown["SubnetId"]));
    assert_eq!((&subnet["VpcId"], &subnet["IsDefault"]), (&shown["VpcId"], &json!(true)));
    assert_eq!(
        (&subnet["CidrBlock"], &subnet["Zone"]),
        (&json!("172.16.0.0/20"), &json!("ap-guangzhou-3"))
    );
    assert_eq!(subnet["AvailableIpAddressCount"], 4092);
    let again = launch(&cloud, default());
    assert_eq!(describe(&cloud, &again[0])["VirtualPrivateCloud"]["SubnetId"], shown["SubnetId"]);
    let forced = json!({ "Force": true, "Zone": "ap-guangzhou-3" });
    let forced = vpc_ok(&cloud, "CreateDefaultVpc", &forced);
    assert_eq!(forced["Vpc"]["SubnetId"], shown["SubnetId"]);
    assert_eq!((count("DescribeVpcs"), count("DescribeSubnets")), (json!(1), json!(1)));
}

#[test]
fn launch_without_a_network_uses_the_default_network_of_its_zone() {
    let cloud = cloud();
    let zone = |zone: &str| json!({ "Placement": { "Zone": zone } });
    let count = |action: &str| vpc_ok(&cloud, action, &json!({}))["TotalCount"].clone();
    send_ok(&cloud, "InquiryPriceRunInstances", run_request(json!({})));
    send_ok(&cloud, "RunInstances", run_request(json!({ "DryRun": true })));
    let template = json!({ "LaunchTemplateName": "plain" });
    let template = send_ok(&cloud, "CreateLaunchTemplate", run_request(template));
    let template = json!({ "LaunchTemplateId": template["LaunchTemplateId"] });
    assert_eq!(count("DescribeVpcs"), 0, "only a launch creates it");
    let first = launch_running(&cloud, json!({ "LaunchTemplate": template }));
    let second = launch_running(&cloud, zone("ap-guangzhou-4"));
    let of = |id: &str| describe(&cloud, id)["VirtualPrivateCloud"].clone();
    assert_eq!(of(&first)["VpcId"], of(&second)["VpcId"]);
    let vpcs = vpc_ok(&cloud, "DescribeVpcs", &json!({ "VpcIds": [of(&first)["VpcId"]] }));
    assert_eq!(vpcs["VpcSet"][0]["IsDefault"], true);
    for (id, zone) in [(&first, "ap-guangzhou-3"), (&second, "ap-guangzhou-4")] {
        let subnet = shown_subnet(&cloud, &string(&of(id)["SubnetId"]));
        assert_eq!((&subnet["IsDefault"], &subnet["Zone"]), (&json!(true), &json!(zone)));
        assert_eq!(subnet["AvailableIpAddressCount"], 4092, "the address of the instance is used");
    }
    assert_eq!(addresses(&cloud, &[first.clone(), second]), ["172.16.0.2", "172.16.16.2"]);
    // What Terraform waits for after it has terminated an instance.
    let body = json!({
        "VpcId": of(&first)["VpcId"],
        "SubnetId": of(&first)["SubnetId"],
        "IpAddresses": ["172.16.0.2"],
    });
    assert_eq!(vpc_ok(&cloud, "DescribeUsedIpAddress", &body)["TotalCount"], 1);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [first] }));
    advance(&cloud, 60);
    assert_eq!(vpc_ok(&cloud, "DescribeUsedIpAddress", &body)["TotalCount"], 0);
    // A default subnet that was deleted is created again.
    vpc_ok(&cloud, "DeleteSubnet", &json!({ "SubnetId": body["SubnetId"] }));
    let again = launch(&cloud, json!({}));
    assert_eq!(of(&again[0])["SubnetId"], body["SubnetId"]);
}

#[test]
fn full_default_vpc_has_no_room_for_another_default_subnet() {
    let cloud = cloud();
    let force = json!({ "Force": true, "Zone": "ap-guangzhou-4" });
    let vpc = string(&vpc_ok(&cloud, "CreateDefaultVpc", &force)["Vpc"]["VpcId"]);
    for range in ["172.16.128.0/17", "172.16.64.0/18", "172.16.32.0/19", "172.16.16.0/20"] {
        create_subnet(&cloud, &vpc, range);
    }
    let full = "FailedOperation.NoAvailableIpAddressCountInSubnet";
    assert_eq!(launch_code(&cloud, in_network("DEFAULT", "DEFAULT")), full);
    assert_eq!(launch_code(&cloud, json!({})), full);
    let force = json!({ "Force": true, "Zone": "ap-guangzhou-3" });
    assert_eq!(vpc_err(&cloud, "CreateDefaultVpc", &force), "ResourceInsufficient.CidrBlock");
}

#[test]
fn chc_hosts_are_in_created_subnets() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let subnet = create_subnet(&cloud, &vpc, "10.0.0.0/24");
    let host = cloud.add_chc_host(&ChcServer::new("ap-guangzhou-3", "SN-1")).unwrap();
    let networks = |network: Value| {
        json!({
            "ChcIds": [host], "BmcVirtualPrivateCloud": network, "DeployVirtualPrivateCloud": network,
        })
    };
    let unknown = networks(network(&vpc, "subnet-00000001"));
    let code = send_err(&cloud, "ConfigureChcAssistVpc", unknown);
    assert!(code.starts_with("InvalidParameterValue"), "{code}");
    send_ok(&cloud, "ConfigureChcAssistVpc", networks(network(&vpc, &subnet)));
    advance(&cloud, 180);
    let shown = send_ok(&cloud, "DescribeChcHosts", json!({ "ChcIds": [host] }));
    let shown = &shown["ChcHostSet"][0];
    let mut found = [string(&shown["BmcIp"]), string(&shown["DeployIp"])];
    found.sort();
    assert_eq!(found, ["10.0.0.2", "10.0.0.3"]);
    assert_eq!(available(&cloud, &subnet), 251);
    let body = json!({ "SubnetId": subnet });
    assert_eq!(vpc_err(&cloud, "DeleteSubnet", &body), "ResourceInUse");
    send_ok(&cloud, "RemoveChcAssistVpc", json!({ "ChcIds": [host] }));
    vpc_ok(&cloud, "DeleteSubnet", &body);
}

#[test]
fn subnet_must_have_room_for_both_networks_of_chc_hosts() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let subnet = create_subnet(&cloud, &vpc, "10.0.0.0/28");
    let hosts: Vec<_> = (0..7)
        .map(|number| cloud.add_chc_host(&ChcServer::new("ap-guangzhou-3", format!("SN-{number}"))))
        .collect();
    let configure = |hosts: &[Option<String>]| {
        let network = network(&vpc, &subnet);
        let body = json!({
            "ChcIds": hosts, "BmcVirtualPrivateCloud": network, "DeployVirtualPrivateCloud": network,
        });
        send(&cloud, "ConfigureChcAssistVpc", body)
    };
    assert_eq!(error_code(&configure(&hosts)), "LimitExceeded.VpcSubnetNum", "13 of 14 addresses");
    let response = configure(&hosts[1..]);
    assert!(response.get("Error").is_none(), "{response}");
    assert_eq!(available(&cloud, &subnet), 1);
}

#[test]
fn launch_in_a_dedicated_cluster_needs_a_subnet_of_it() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let other = create_subnet(&cloud, &vpc, "10.0.0.0/24");
    let body = json!({
        "VpcId": vpc, "SubnetName": "cdc", "Zone": "ap-guangzhou-3", "CidrBlock": "10.0.1.0/24",
        "CdcId": "cluster-12345678",
    });
    let subnet = string(&vpc_ok(&cloud, "CreateSubnet", &body)["Subnet"]["SubnetId"]);
    let members = |cluster: &str, subnet: &str| {
        let cluster = json!({ "DedicatedClusterId": cluster, "InstanceChargeType": "CDCPAID" });
        merge(in_network(&vpc, subnet), cluster)
    };
    let code = "InvalidParameterValue.NotCdcSubnet";
    assert_eq!(launch_code(&cloud, members("cluster-12345678", &other)), code);
    assert_eq!(launch_code(&cloud, members("cluster-87654321", &subnet)), code);
    launch(&cloud, members("cluster-12345678", &subnet));
    // A network that was never created belongs to every cluster.
    let never = in_network("vpc-00000001", "subnet-00000001");
    launch(&cloud, merge(members("cluster-12345678", &subnet), never));
}

#[test]
fn network_that_was_never_created_is_not_listed() {
    let cloud = cloud();
    launch(&cloud, in_network("vpc-00000001", "subnet-00000001"));
    assert_eq!(vpc_ok(&cloud, "DescribeVpcs", &json!({}))["TotalCount"], 0);
    assert_eq!(vpc_ok(&cloud, "DescribeSubnets", &json!({}))["TotalCount"], 0);
    let used = vpc_ok(&cloud, "DescribeUsedIpAddress", &json!({ "VpcId": "vpc-00000001" }));
    assert_eq!(used["TotalCount"], 1);
}

#[test]
fn network_of_another_region_does_not_exist() {
    let cloud = cloud();
    let body = json!({ "VpcName": "net", "CidrBlock": "10.0.0.0/16" });
    let call = Call::of("vpc", VERSION, "CreateVpc").region("ap-shanghai");
    let vpc = string(&read(&cloud.handle(&call.json(body.to_string())))["Vpc"]["VpcId"]);
    let code = launch_code(&cloud, in_network(&vpc, "subnet-00000001"));
    assert_eq!(code, "InvalidParameterValue.VpcIdNotExist");
    // A network that was never created is in the region of its first use.
    launch(&cloud, in_network("vpc-00000001", "subnet-00000001"));
    let launch_there = |vpc: &str, subnet: &str| {
        let zone = json!({ "Placement": { "Zone": "ap-shanghai-2" } });
        let body = run_request(merge(in_network(vpc, subnet), zone));
        send_in(&cloud, "ap-shanghai", "RunInstances", &body)
    };
    for (vpc, subnet, expected) in [
        ("vpc-00000001", "subnet-00000001", "InvalidParameterValue.VpcIdNotExist"),
        ("vpc-00000001", "subnet-00000002", "InvalidParameterValue.VpcIdNotExist"),
        ("vpc-00000002", "subnet-00000001", "InvalidParameterValue.SubnetNotExist"),
    ] {
        assert_eq!(error_code(&launch_there(vpc, subnet)), expected, "{vpc} {subnet}");
    }
    assert!(launch_there("vpc-00000002", "subnet-00000002").get("Error").is_none());
}

#[test]
fn chosen_addresses_are_private() {
    let cloud = cloud();
    let choose = |vpc: &str, subnet: &str, address: &str| {
        let chosen = json!({ "PrivateIpAddresses": [address] });
        json!({ "VirtualPrivateCloud": merge(network(vpc, subnet), chosen) })
    };
    let id = launch_running(&cloud, json!({}));
    let host = cloud.add_chc_host(&ChcServer::new("ap-guangzhou-3", "SN-1")).unwrap();
    for address in ["0.0.0.0", "255.255.255.255", "127.0.0.1", "224.0.0.1", "1.2.3.4"] {
        let never = choose("vpc-00000001", "subnet-00000001", address);
        let expected = "InvalidParameterValue.InvalidIpFormat";
        assert_eq!(launch_code(&cloud, never.clone()), expected, "{address}");
        assert_eq!(launch_code(&cloud, choose("DEFAULT", "DEFAULT", address)), expected);
        let body = merge(json!({ "InstanceIds": [id] }), never.clone());
        let code = send_err(&cloud, "ModifyInstancesVpcAttribute", body);
        assert!(code.starts_with("InvalidParameterValue"), "{address}: {code}");
        let bmc =
            json!({ "ChcIds": [host], "BmcVirtualPrivateCloud": never["VirtualPrivateCloud"] });
        let code = send_err(&cloud, "ConfigureChcAssistVpc", bmc);
        assert!(code.starts_with("InvalidParameterValue"), "{address}: {code}");
    }
    for address in ["10.0.0.4", "172.31.255.9", "192.168.0.4"] {
        launch(&cloud, choose("vpc-00000001", "subnet-00000001", address));
    }
}

#[test]
fn strict_networks_must_be_created() {
    let cloud = builder().credential(credential()).strict_network(true).build().unwrap();
    let never = in_network("vpc-00000001", "subnet-00000001");
    let no_vpc = "InvalidParameterValue.VpcIdNotExist";
    assert_eq!(launch_code(&cloud, never.clone()), no_vpc);
    let price = send_err(&cloud, "InquiryPriceRunInstances", run_request(never));
    assert_eq!(price, "InvalidParameterValue", "it documents no code for the network");
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let no_subnet = "InvalidParameterValue.SubnetNotExist";
    assert_eq!(launch_code(&cloud, in_network(&vpc, "subnet-00000001")), no_subnet);
    let subnet = create_subnet(&cloud, &vpc, "10.0.0.0/24");
    assert_eq!(launch_code(&cloud, in_network("vpc-00000001", &subnet)), no_vpc);
    let interface = json!({ "InterfaceType": "PRIMARY", "PrivateIpv4AddressCount": 1 });
    let interface = merge(network("vpc-00000001", "subnet-00000001"), interface);
    let code = launch_code(&cloud, json!({ "NetworkInterfaces": [interface] }));
    assert_eq!(code, "InvalidParameterValue.InvalidVpcIdSubnetIdNotFound");
    let group = merge(in_network(&vpc, &subnet), json!({ "SecurityGroupIds": ["sg-00000001"] }));
    assert_eq!(launch_code(&cloud, group), "InvalidSecurityGroupId.NotFound");
    // The default network and the default security group need nothing.
    launch(&cloud, json!({}));
    launch(&cloud, in_network("DEFAULT", "DEFAULT"));
    let id = launch_running(&cloud, in_network(&vpc, &subnet));
    let groups = describe(&cloud, &id)["SecurityGroupIds"].clone();
    launch(&cloud, merge(in_network(&vpc, &subnet), json!({ "SecurityGroupIds": groups })));
    let elsewhere = in_network("vpc-00000001", "subnet-00000001");
    let body = merge(json!({ "InstanceIds": [id] }), elsewhere);
    let code = send_err(&cloud, "ModifyInstancesVpcAttribute", body);
    assert!(code.starts_with("InvalidParameterValue"), "{code}");
}

#[test]
fn premium_addresses_exist_only_in_some_regions() {
    let cloud = cloud();
    let access = |kind: &str, value: &str| {
        let network = network("vpc-00000001", "subnet-00000001");
        let network = merge(network, json!({ "Ipv6AddressCount": 1 }));
        let access = json!({ "InternetMaxBandwidthOut": 5, kind: value });
        json!({ "VirtualPrivateCloud": network, "InternetAccessible": access })
    };
    for (kind, value) in
        [("IPv4AddressType", "HighQualityEIP"), ("IPv6AddressType", "HighQualityEIPv6")]
    {
        let response = send(&cloud, "RunInstances", run_request(access(kind, value)));
        let message = string(&response["Error"]["Message"]);
        assert!(message.contains(value) && message.contains("ap-hongkong"), "{response}");
        let there = json!({ "Placement": { "Zone": "ap-hongkong-2" } });
        let body = run_request(merge(access(kind, value), there));
        let response = send_in(&cloud, "ap-hongkong", "RunInstances", &body);
        assert!(response.get("Error").is_none(), "{response}");
    }
}
