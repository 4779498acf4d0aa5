//! The network service creates, lists, changes and deletes VPCs and subnets.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;

/// A request to the network service in Guangzhou.
pub fn vpc_call(cloud: &Cloud, action: &str, body: &Value) -> Value {
    read(&cloud.handle(&Call::of("vpc", VERSION, action).json(body.to_string())))
}

/// Like [`vpc_call`], for a request that must succeed.
pub fn vpc_ok(cloud: &Cloud, action: &str, body: &Value) -> Value {
    let response = vpc_call(cloud, action, body);
    assert!(response.get("Error").is_none(), "{action}: {response}");
    response
}

/// Like [`vpc_call`], for a request that must fail. Returns the error code.
pub fn vpc_err(cloud: &Cloud, action: &str, body: &Value) -> String {
    error_code(&vpc_call(cloud, action, body)).to_owned()
}

pub fn create_vpc(cloud: &Cloud, range: &str) -> String {
    let body = json!({ "VpcName": "net", "CidrBlock": range });
    string(&vpc_ok(cloud, "CreateVpc", &body)["Vpc"]["VpcId"])
}

fn subnet_body(vpc: &str, range: &str) -> Value {
    json!({
        "VpcId": vpc, "SubnetName": "web", "Zone": "ap-guangzhou-3", "CidrBlock": range,
    })
}

pub fn create_subnet(cloud: &Cloud, vpc: &str, range: &str) -> String {
    let created = vpc_ok(cloud, "CreateSubnet", &subnet_body(vpc, range));
    string(&created["Subnet"]["SubnetId"])
}

/// A subnet as DescribeSubnets shows it.
pub fn shown_subnet(cloud: &Cloud, id: &str) -> Value {
    vpc_ok(cloud, "DescribeSubnets", &json!({ "SubnetIds": [id] }))["SubnetSet"][0].clone()
}

/// The ids of a list, in its order.
fn listed(cloud: &Cloud, action: &str, body: &Value) -> Vec<String> {
    let (set, id) = match action {
        "DescribeVpcs" => ("VpcSet", "VpcId"),
        _ => ("SubnetSet", "SubnetId"),
    };
    let response = vpc_ok(cloud, action, body);
    response[set].as_array().unwrap().iter().map(|item| string(&item[id])).collect()
}

fn filter(name: &str, value: &str) -> Value {
    json!({ "Filters": [{ "Name": name, "Values": [value] }] })
}

#[test]
fn tag_without_a_value_is_refused() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    for (action, body) in [
        ("CreateVpc", json!({ "VpcName": "net", "CidrBlock": "10.0.0.0/16" })),
        ("CreateSubnet", subnet_body(&vpc, "10.0.0.0/24")),
        ("CreateSecurityGroup", json!({ "GroupName": "web", "GroupDescription": "web" })),
        ("AllocateAddresses", json!({})),
    ] {
        for tag in [json!({ "Key": "team" }), json!({ "Key": "team", "Value": "" })] {
            let response = vpc_call(&cloud, action, &merge(body.clone(), json!({ "Tags": [tag] })));
            let code = error_code(&response);
            assert!(
                ["InvalidParameterValue.TagInvalidVal", "InvalidParameterValue.InvalidTag"]
                    .contains(&code),
                "{action}: {response}"
            );
            let message = string(&response["Error"]["Message"]);
            assert!(message.starts_with("`Tags.0.Value` is empty"), "{message}");
        }
        let tags = json!({ "Tags": [{ "Key": "team", "Value": "blue" }] });
        vpc_ok(&cloud, action, &merge(body, tags));
    }
}

#[test]
fn number_in_a_text_is_refused_for_what_is_wrong_with_it() {
    let cloud = cloud();
    for (offset, expected) in [
        ("99999999999999999999", "`99999999999999999999`, but must be at most"),
        ("1e3", "`[0-9]+`"),
        ("-1", "at least 0"),
    ] {
        let response = vpc_call(&cloud, "DescribeVpcs", &json!({ "Offset": offset }));
        let message = string(&response["Error"]["Message"]);
        assert!(message.contains(expected), "{offset}: {message}");
    }
}

#[test]
fn created_vpc_is_listed_with_its_settings() {
    let cloud = cloud();
    let body = json!({
        "VpcName": "blue",
        "CidrBlock": "10.8.0.0/16",
        "DnsServers": ["10.8.0.2"],
        "DomainName": "blue.example",
        "EnableMulticast": "true",
        "Tags": [{ "Key": "city", "Value": "shanghai" }],
    });
    let created = vpc_ok(&cloud, "CreateVpc", &body)["Vpc"].clone();
    let id = string(&created["VpcId"]);
    for (member, expected) in [
        ("VpcName", json!("blue")),
        ("CidrBlock", json!("10.8.0.0/16")),
        ("IsDefault", json!(false)),
        ("EnableMulticast", json!(true)),
        ("CreatedTime", json!("2023-11-14 22:13:20")),
        ("DnsServerSet", json!(["10.8.0.2"])),
        ("DomainName", json!("blue.example")),
        ("EnableDhcp", json!(true)),
        ("Ipv6CidrBlock", json!("")),
        ("Ipv6CidrBlockSet", json!([])),
        ("AssistantCidrSet", json!([])),
        ("EnableRouteVpcPublish", json!(false)),
        ("TagSet", json!([{ "Key": "city", "Value": "shanghai" }])),
    ] {
        assert_eq!(created[member], expected, "{member}");
    }
    assert!(id.starts_with("vpc-") && id.len() == 12, "{id}");
    assert!(string(&created["DhcpOptionsId"]).starts_with("dopt-"));
    let listed = vpc_ok(&cloud, "DescribeVpcs", &json!({ "VpcIds": [id] }));
    assert_eq!((&listed["TotalCount"], &listed["VpcSet"][0]), (&json!(1), &created));
}

#[test]
fn vpc_range_must_be_private_and_of_a_documented_size() {
    let cloud = cloud();
    let code = |range: &str| {
        let body = json!({ "VpcName": "net", "CidrBlock": range });
        let response = vpc_call(&cloud, "CreateVpc", &body);
        response.get("Error").map(|_| error_code(&response).to_owned())
    };
    for range in [
        "10.0.0.0/12",
        "10.0.0.0/28",
        "10.15.0.0/16",
        "172.16.0.0/12",
        "172.31.255.240/28",
        "192.168.0.0/16",
        "192.168.7.0/24",
    ] {
        assert_eq!(code(range), None, "{range}");
    }
    for range in [
        "10.0.0.0/11",
        "10.0.0.0/29",
        "10.16.0.0/16",
        "172.32.0.0/16",
        "192.168.0.0/15",
        "192.169.0.0/24",
        "11.0.0.0/16",
        "0.0.0.0/0",
    ] {
        assert_eq!(code(range).as_deref(), Some("InvalidParameterValue"), "{range}");
    }
    let malformed = Some("InvalidParameterValue.Malformed");
    for range in ["10.0.0.0", "10.0.0.1/16", "10.0.0.0/x", "10.0.0/16", "10.0.0.0/33", "net"] {
        assert_eq!(code(range).as_deref(), malformed, "{range}");
    }
    let without = vpc_err(&cloud, "CreateVpc", &json!({ "VpcName": "net" }));
    assert_eq!(without, "MissingParameter");
}

#[test]
fn created_subnet_is_listed_with_its_addresses() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.8.0.0/16");
    let tags = json!([{ "Key": "city", "Value": "shanghai" }]);
    let body = merge(subnet_body(&vpc, "10.8.4.0/22"), json!({ "Tags": tags }));
    let created = vpc_ok(&cloud, "CreateSubnet", &body)["Subnet"].clone();
    let id = string(&created["SubnetId"]);
    for (member, expected) in [
        ("VpcId", json!(vpc)),
        ("SubnetName", json!("web")),
        ("CidrBlock", json!("10.8.4.0/22")),
        ("IsDefault", json!(false)),
        ("EnableBroadcast", json!(false)),
        ("Zone", json!("ap-guangzhou-3")),
        // As in the sample of CreateSubnet.
        ("TotalIpAddressCount", json!(1024)),
        ("AvailableIpAddressCount", json!(1021)),
        ("Ipv6CidrBlock", json!("")),
        ("NetworkAclId", json!("")),
        ("CdcId", json!("")),
        ("IsCdcSubnet", json!(0)),
        ("TagSet", tags),
    ] {
        assert_eq!(created[member], expected, "{member}");
    }
    assert!(id.starts_with("subnet-") && id.len() == 15, "{id}");
    assert_eq!(shown_subnet(&cloud, &id), created);
    let other = create_subnet(&cloud, &vpc, "10.8.0.0/24");
    let shown = shown_subnet(&cloud, &other);
    assert_eq!(shown["RouteTableId"], created["RouteTableId"], "the default one of the VPC");
}

#[test]
fn subnet_range_must_fit_into_its_vpc() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/12");
    let create = |vpc: &str, range: &str| {
        let response = vpc_call(&cloud, "CreateSubnet", &subnet_body(vpc, range));
        response.get("Error").map(|_| error_code(&response).to_owned())
    };
    let range = Some("InvalidParameterValue.SubnetRange");
    assert_eq!(create(&vpc, "10.0.0.0/15").as_deref(), range, "too large");
    assert_eq!(create(&vpc, "10.0.0.0/29").as_deref(), range, "too small");
    assert_eq!(create(&vpc, "10.16.0.0/16").as_deref(), range, "outside");
    assert_eq!(create(&vpc, "10.0.0.1/24").as_deref(), Some("InvalidParameterValue.Malformed"));
    assert_eq!(create(&vpc, "10.0.0.0/16"), None);
    let overlap = Some("InvalidParameterValue.SubnetOverlap");
    for taken in ["10.0.0.0/16", "10.0.7.0/24"] {
        assert_eq!(create(&vpc, taken).as_deref(), overlap, "{taken}");
    }
    assert_eq!(create(&vpc, "10.1.0.0/28"), None);
    assert_eq!(create(&vpc, "10.1.0.0/24").as_deref(), overlap, "it contains another subnet");
    // Another VPC may use the same ranges, and a subnet may have the range of its VPC.
    let other = create_vpc(&cloud, "10.0.0.0/16");
    assert_eq!(create(&other, "10.0.0.0/16"), None);
    assert_eq!(create("vpc-00000000", "10.0.0.0/16").as_deref(), Some("ResourceNotFound"));
    let elsewhere = json!({ "Zone": "ap-shanghai-2" });
    let body = merge(subnet_body(&vpc, "10.2.0.0/16"), elsewhere);
    assert_eq!(vpc_err(&cloud, "CreateSubnet", &body), "InvalidParameterValue");
}

#[test]
fn names_have_at_most_60_bytes() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let subnet = create_subnet(&cloud, &vpc, "10.0.0.0/24");
    let long = "x".repeat(61);
    let body = json!({ "VpcName": long, "CidrBlock": "10.0.0.0/16" });
    assert_eq!(vpc_err(&cloud, "CreateVpc", &body), "InvalidParameterValue.TooLong");
    let body = json!({ "VpcId": vpc, "VpcName": long });
    assert_eq!(vpc_err(&cloud, "ModifyVpcAttribute", &body), "InvalidParameterValue.TooLong");
    let body = json!({ "SubnetId": subnet, "SubnetName": long });
    assert_eq!(vpc_err(&cloud, "ModifySubnetAttribute", &body), "InvalidParameterValue.TooLong");
    let body = json!({ "SubnetId": subnet, "SubnetName": "x".repeat(60) });
    vpc_ok(&cloud, "ModifySubnetAttribute", &body);
}

#[test]
fn tags_of_networks_have_the_rules_of_all_tags() {
    let cloud = cloud();
    let code = |tags: Value| {
        let body = json!({ "VpcName": "net", "CidrBlock": "10.0.0.0/16", "Tags": tags });
        vpc_err(&cloud, "CreateVpc", &body)
    };
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let twice = code(json!([tag("a", "1"), tag("a", "2")]));
    assert_eq!(twice, "InvalidParameterValue.TagDuplicateKey");
    let reserved = code(json!([tag("qcs:a", "1")]));
    assert_eq!(reserved, "UnsupportedOperation.TagSystemReservedTagKey");
    assert_eq!(code(json!([tag("a*", "1")])), "InvalidParameterValue.TagInvalidKey");
    assert_eq!(code(json!([tag("a", "*")])), "InvalidParameterValue.TagInvalidVal");
    let long = code(json!([tag(&"k".repeat(128), "1")]));
    assert_eq!(long, "InvalidParameterValue.TooLong");
}

#[test]
fn tag_service_has_the_tags_of_networks() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let subnet = create_subnet(&cloud, &vpc, "10.0.0.0/24");
    for (prefix, id) in [("vpc", &vpc), ("subnet", &subnet)] {
        let body = json!({
            "Resource": format!("qcs::vpc:ap-guangzhou:uin/100000000001:{prefix}/{id}"),
            "ReplaceTags": [{ "TagKey": "team", "TagValue": prefix }],
        });
        let call = Call::of("tag", "2018-08-13", "ModifyResourceTags");
        let response = read(&cloud.handle(&call.json(body.to_string())));
        assert!(response.get("Error").is_none(), "{response}");
    }
    let shown = vpc_ok(&cloud, "DescribeVpcs", &filter("tag:team", "vpc"))["VpcSet"][0].clone();
    assert_eq!(shown["TagSet"], json!([{ "Key": "team", "Value": "vpc" }]));
    let shown = shown_subnet(&cloud, &subnet);
    assert_eq!(shown["TagSet"], json!([{ "Key": "team", "Value": "subnet" }]));
}

#[test]
fn settings_change_at_once_and_absent_ones_stay() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let before = vpc_ok(&cloud, "DescribeVpcs", &json!({}))["VpcSet"][0].clone();
    let change = json!({ "VpcId": vpc, "VpcName": "green", "DnsServers": ["10.0.0.2"] });
    vpc_ok(&cloud, "ModifyVpcAttribute", &change);
    let after = vpc_ok(&cloud, "DescribeVpcs", &json!({}))["VpcSet"][0].clone();
    let expected = json!({ "VpcName": "green", "DnsServerSet": ["10.0.0.2"] });
    assert_eq!(after, merge(before, expected));
    let subnet = create_subnet(&cloud, &vpc, "10.0.0.0/24");
    let change = json!({ "SubnetId": subnet, "SubnetName": "db", "EnableBroadcast": "true" });
    vpc_ok(&cloud, "ModifySubnetAttribute", &change);
    let shown = shown_subnet(&cloud, &subnet);
    assert_eq!((&shown["SubnetName"], &shown["EnableBroadcast"]), (&json!("db"), &json!(true)));
    for (body, expected) in [
        (json!({ "DnsServers": ["dns"] }), "InvalidParameterValue.Malformed"),
        (
            json!({ "EnableRouteVpcPublish": true }),
            "UnsupportedOperation.NotSupportedUpdateCcnRoutePublish",
        ),
        (json!({ "EnableCdcPublish": true }), "UnsupportedOperation.CdcPublishNeedCdcId"),
    ] {
        let body = merge(json!({ "VpcId": vpc }), body);
        assert_eq!(vpc_err(&cloud, "ModifyVpcAttribute", &body), expected, "{body}");
    }
    let unknown = json!({ "VpcId": "vpc-00000000", "VpcName": "a" });
    assert_eq!(vpc_err(&cloud, "ModifyVpcAttribute", &unknown), "ResourceNotFound");
    let unknown = json!({ "SubnetId": "subnet-00000000", "SubnetName": "a" });
    assert_eq!(vpc_err(&cloud, "ModifySubnetAttribute", &unknown), "ResourceNotFound");
}

#[test]
fn vpcs_are_filtered() {
    let cloud = cloud();
    let body = json!({
        "VpcName": "blue-net", "CidrBlock": "10.1.0.0/16",
        "Tags": [{ "Key": "city", "Value": "shanghai" }],
    });
    let blue = string(&vpc_ok(&cloud, "CreateVpc", &body)["Vpc"]["VpcId"]);
    let other = create_vpc(&cloud, "192.168.0.0/16");
    let find = |name: &str, value: &str| listed(&cloud, "DescribeVpcs", &filter(name, value));
    assert_eq!(find("vpc-name", "blue"), [blue.clone()], "a part of the name");
    assert_eq!(find("vpc-id", &other), [other.clone()]);
    for range in ["10.1.0.0", "10.1.0.0/16"] {
        assert_eq!(find("cidr-block", range), [blue.clone()], "{range}");
    }
    assert_eq!(find("tag:city", "shanghai"), [blue.clone()]);
    assert_eq!(find("tag-key", "city"), [blue]);
    assert_eq!(find("is-default", "false").len(), 2);
    assert_eq!(find("is-default", "TRUE"), [""; 0]);
    let unknown = vpc_err(&cloud, "DescribeVpcs", &filter("color", "blue"));
    assert_eq!(unknown, "InvalidParameter.FilterInvalidKey");
    let both = merge(filter("vpc-id", &other), json!({ "VpcIds": [other] }));
    assert_eq!(vpc_err(&cloud, "DescribeVpcs", &both), "InvalidParameter.Coexist");
}

#[test]
fn subnets_are_filtered() {
    let cloud = cloud();
    let (vpc, other) = (create_vpc(&cloud, "10.0.0.0/16"), create_vpc(&cloud, "10.0.0.0/16"));
    let web = create_subnet(&cloud, &vpc, "10.0.0.0/24");
    let body = json!({ "Zone": "ap-guangzhou-4", "SubnetName": "db", "CdcId": "cluster-12345678" });
    let body = merge(subnet_body(&other, "10.0.9.0/24"), body);
    let database = string(&vpc_ok(&cloud, "CreateSubnet", &body)["Subnet"]["SubnetId"]);
    let find = |name: &str, value: &str| listed(&cloud, "DescribeSubnets", &filter(name, value));
    for (name, value) in [
        ("subnet-id", web.as_str()),
        ("vpc-id", &vpc),
        ("cidr-block", "10.0.0.0"),
        ("subnet-name", "web"),
        ("zone", "ap-guangzhou-3"),
        ("is-cdc-subnet", "0"),
    ] {
        assert_eq!(find(name, value), [web.clone()], "{name}");
    }
    assert_eq!(find("cdc-id", "cluster-12345678"), [database.clone()]);
    assert_eq!(find("is-default", "false"), [database, web], "the newest first");
    assert_eq!(find("subnet-name", "we"), [""; 0], "only the whole name");
}

#[test]
fn subnets_are_paged_by_offset_and_by_token() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let mut all: Vec<_> =
        (0..5).map(|index| create_subnet(&cloud, &vpc, &format!("10.0.{index}.0/24"))).collect();
    all.reverse();
    let page = |body: &Value| listed(&cloud, "DescribeSubnets", body);
    assert_eq!(page(&json!({})), all);
    assert_eq!(page(&json!({ "Offset": "1", "Limit": "2" })), all[1..3]);
    assert_eq!(vpc_err(&cloud, "DescribeSubnets", &json!({ "Limit": "101" })), RANGE);
    let (mut found, mut body) = (Vec::new(), json!({ "MaxResults": 2 }));
    loop {
        let response = vpc_ok(&cloud, "DescribeSubnets", &body);
        assert_eq!(response["TotalCount"], 5);
        found.extend(page(&body));
        let token = string(&response["NextToken"]);
        if token.is_empty() {
            break;
        }
        body["NextToken"] = json!(token);
    }
    assert_eq!(found, all);
    let malformed = "InvalidParameterValue.Malformed";
    assert_eq!(vpc_err(&cloud, "DescribeSubnets", &json!({ "NextToken": "2" })), malformed);
    advance(&cloud, 86_401);
    assert_eq!(vpc_err(&cloud, "DescribeSubnets", &body), malformed, "the token has expired");
}

const RANGE: &str = "InvalidParameterValue.Range";

#[test]
fn quotas_are_20_vpcs_and_100_subnets() {
    let cloud = cloud();
    let vpcs: Vec<_> = (0..20).map(|_| create_vpc(&cloud, "10.0.0.0/16")).collect();
    let body = json!({ "VpcName": "net", "CidrBlock": "10.0.0.0/16" });
    assert_eq!(vpc_err(&cloud, "CreateVpc", &body), "LimitExceeded");
    for index in 0..100 {
        create_subnet(&cloud, &vpcs[0], &format!("10.0.{index}.0/24"));
    }
    let one_more = subnet_body(&vpcs[0], "10.0.100.0/24");
    assert_eq!(vpc_err(&cloud, "CreateSubnet", &one_more), "LimitExceeded");
    // Each VPC has a quota of its own, and the default VPC is not in the quota.
    create_subnet(&cloud, &vpcs[1], "10.0.0.0/24");
    vpc_ok(&cloud, "CreateDefaultVpc", &json!({ "Force": true }));
    vpc_ok(&cloud, "DeleteVpc", &json!({ "VpcId": vpcs[2] }));
    create_vpc(&cloud, "10.0.0.0/16");
}

#[test]
fn only_an_empty_vpc_is_deleted() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let subnet = create_subnet(&cloud, &vpc, "10.0.0.0/24");
    let (of_vpc, of_subnet) = (json!({ "VpcId": vpc }), json!({ "SubnetId": subnet }));
    assert_eq!(vpc_err(&cloud, "DeleteVpc", &of_vpc), "ResourceInUse");
    vpc_ok(&cloud, "DeleteSubnet", &of_subnet);
    assert_eq!(vpc_err(&cloud, "DeleteSubnet", &of_subnet), "ResourceNotFound");
    vpc_ok(&cloud, "DeleteVpc", &of_vpc);
    assert_eq!(vpc_err(&cloud, "DeleteVpc", &of_vpc), "ResourceNotFound");
    assert_eq!(listed(&cloud, "DescribeVpcs", &json!({})), [""; 0]);
    assert_ne!(create_vpc(&cloud, "10.0.0.0/16"), vpc, "an id is never given twice");
}

#[test]
fn default_vpc_is_created_once() {
    let cloud = cloud();
    let force = |zone: &str| {
        let body = json!({ "Force": true, "Zone": zone });
        vpc_ok(&cloud, "CreateDefaultVpc", &body)["Vpc"].clone()
    };
    let gently = json!({ "Zone": "ap-guangzhou-4" });
    let first = vpc_ok(&cloud, "CreateDefaultVpc", &gently)["Vpc"].clone();
    assert_eq!(
        (&first["VpcName"], &first["SubnetName"], &first["CidrBlock"]),
        (&json!("Default-VPC"), &json!("Default-Subnet"), &json!("172.16.0.0/20"))
    );
    assert_eq!(force("ap-guangzhou-4"), first);
    let second = force("ap-guangzhou-3");
    assert_eq!(
        (&second["VpcId"], &second["CidrBlock"]),
        (&first["VpcId"], &json!("172.16.16.0/20"))
    );
    assert_eq!(force(""), first, "the first default subnet");
    assert_eq!(vpc_ok(&cloud, "CreateDefaultVpc", &json!({}))["Vpc"], first, "without Force");
    let defaults = listed(&cloud, "DescribeVpcs", &filter("is-default", "true"));
    assert_eq!(json!(defaults), json!([first["VpcId"]]));
    let subnets = listed(&cloud, "DescribeSubnets", &filter("is-default", "true"));
    assert_eq!(json!(subnets), json!([second["SubnetId"], first["SubnetId"]]));
    let elsewhere = json!({ "Force": true, "Zone": "ap-shanghai-2" });
    let code = vpc_err(&cloud, "CreateDefaultVpc", &elsewhere);
    assert!(code.starts_with("InvalidParameterValue"), "{code}");
}

#[test]
fn regions_and_accounts_have_their_own_networks() {
    let cloud = cloud();
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let stranger = cvm_signer::Credential::new("AKIDOTHER", "another-secret-key").unwrap();
    cloud.add_account(stranger.clone()).unwrap();
    let call = Call::of("vpc", VERSION, "DescribeVpcs");
    let count = |call: &Call| read(&cloud.handle(&call.json("{}")))["TotalCount"].clone();
    assert_eq!(count(&call), 1);
    assert_eq!(count(&call.clone().region("ap-shanghai")), 0);
    assert_eq!(count(&Call { credential: stranger.clone(), ..call }), 0);
    let delete = Call::of("vpc", VERSION, "DeleteVpc");
    let body = json!({ "VpcId": vpc }).to_string();
    for call in [delete.clone().region("ap-shanghai"), Call { credential: stranger, ..delete }] {
        let response = read(&cloud.handle(&call.json(body.clone())));
        assert_eq!(error_code(&response), "ResourceNotFound");
    }
    assert_eq!(listed(&cloud, "DescribeVpcs", &json!({})), [vpc]);
}

#[test]
fn created_networks_have_no_ipv6() {
    let cloud = cloud();
    for members in [
        json!({ "Ipv6CidrBlock": "fd76:3600:1000:700::/56" }),
        json!({ "StackType": "DualStack" }),
        json!({ "AddressType": "ULA" }),
    ] {
        let body = merge(json!({ "VpcName": "net", "CidrBlock": "10.0.0.0/16" }), members);
        assert_eq!(vpc_err(&cloud, "CreateVpc", &body), "UnsupportedOperation", "{body}");
    }
    let vpc = create_vpc(&cloud, "10.0.0.0/16");
    let body = merge(subnet_body(&vpc, "10.0.0.0/24"), json!({ "StackType": "IPv6Only" }));
    assert_eq!(vpc_err(&cloud, "CreateSubnet", &body), "UnsupportedOperation");
}
