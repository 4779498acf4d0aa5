//! Security groups of the network service, their rules, and the instances that have them; and the helpers for tests of security
//! groups.

use cvm_emulator::Cloud;
use cvm_signer::Credential;
use serde_json::{Value, json};

use crate::instances::attributes::for_instances;
use crate::support::*;

/// Sends a request to the network service.
fn vpc(cloud: &Cloud, action: &str, body: &Value) -> Value {
    read(&cloud.handle(&Call::of("vpc", VERSION, action).json(body.to_string())))
}

pub fn ok(cloud: &Cloud, action: &str, body: &Value) -> Value {
    let response = vpc(cloud, action, body);
    assert!(response.get("Error").is_none(), "{action}: {response}");
    response
}

pub fn code(cloud: &Cloud, action: &str, body: &Value) -> String {
    error_code(&vpc(cloud, action, body)).to_owned()
}

/// Creates a group; returns its id.
pub fn create(cloud: &Cloud, name: &str) -> String {
    let body = json!({ "GroupName": name, "GroupDescription": "" });
    let response = ok(cloud, "CreateSecurityGroup", &body);
    string(&response["SecurityGroup"]["SecurityGroupId"])
}

fn groups(cloud: &Cloud, body: &Value) -> Vec<Value> {
    let response = ok(cloud, "DescribeSecurityGroups", body);
    let groups = response["SecurityGroupSet"].as_array().unwrap().clone();
    assert!(response["TotalCount"].as_u64().unwrap() >= groups.len() as u64);
    groups
}

fn names(cloud: &Cloud, body: &Value) -> Vec<String> {
    groups(cloud, body).iter().map(|group| string(&group["SecurityGroupName"])).collect()
}

fn filtered(name: &str, value: &str) -> Value {
    json!({ "Filters": [{ "Name": name, "Values": [value] }] })
}

/// A change of the inbound rules of a group.
pub fn inbound(id: &str, rules: &Value) -> Value {
    json!({ "SecurityGroupId": id, "SecurityGroupPolicySet": { "Ingress": rules } })
}

/// A rule for a port and all addresses.
pub fn tcp(port: &str) -> Value {
    json!({ "Protocol": "TCP", "Port": port, "CidrBlock": "0.0.0.0/0", "Action": "ACCEPT" })
}

pub fn add(cloud: &Cloud, id: &str, rules: &Value) {
    ok(cloud, "CreateSecurityGroupPolicies", &inbound(id, rules));
}

pub fn rules(cloud: &Cloud, id: &str) -> Value {
    let body = json!({ "SecurityGroupId": id });
    ok(cloud, "DescribeSecurityGroupPolicies", &body)["SecurityGroupPolicySet"].clone()
}

/// The ports of the inbound rules, in their order.
pub fn ports(cloud: &Cloud, id: &str) -> Vec<String> {
    let rules = rules(cloud, id)["Ingress"].clone();
    rules.as_array().unwrap().iter().map(|rule| string(&rule["Port"])).collect()
}

#[test]
fn group_is_created_listed_changed_and_deleted() {
    let cloud = cloud();
    let tag = json!({ "Key": "city", "Value": "shanghai" });
    let body = json!({
        "GroupName": "web", "GroupDescription": "servers", "ProjectId": "7", "Tags": [tag],
    });
    let created = ok(&cloud, "CreateSecurityGroup", &body)["SecurityGroup"].clone();
    let id = string(&created["SecurityGroupId"]);
    let expected = json!({
        "SecurityGroupId": id,
        "SecurityGroupName": "web",
        "SecurityGroupDesc": "servers",
        "ProjectId": "7",
        "IsDefault": false,
        "CreatedTime": "2023-11-14 22:13:20",
        "UpdateTime": "2023-11-14 22:13:20",
        "TagSet": [tag],
    });
    assert_eq!(created, expected);
    let by_id = json!({ "SecurityGroupIds": [id] });
    let listed = merge(expected, json!({ "UpdateTime": "" }));
    assert_eq!(groups(&cloud, &by_id), [listed.clone()]);
    advance(&cloud, 10);
    let change = json!({ "SecurityGroupId": id, "GroupName": "db", "GroupDescription": "" });
    ok(&cloud, "ModifySecurityGroupAttribute", &change);
    let changed = json!({
        "SecurityGroupName": "db", "SecurityGroupDesc": "", "UpdateTime": "2023-11-14 22:13:30",
    });
    assert_eq!(groups(&cloud, &by_id), [merge(listed, changed)]);
    ok(&cloud, "DeleteSecurityGroup", &json!({ "SecurityGroupId": id }));
    assert_eq!(code(&cloud, "DescribeSecurityGroups", &by_id), "ResourceNotFound");
    assert_eq!(groups(&cloud, &json!({})), [json!(null); 0]);
    let again = code(&cloud, "DeleteSecurityGroup", &json!({ "SecurityGroupId": id }));
    assert_eq!(again, "InvalidSecurityGroupID.NotFound");
    assert_eq!(code(&cloud, "ModifySecurityGroupAttribute", &change), "ResourceNotFound");
}

#[test]
fn groups_are_filtered_sorted_and_paged() {
    let cloud = cloud();
    let ids: Vec<_> = ["a", "b", "c"]
        .iter()
        .map(|name| {
            advance(&cloud, 1);
            create(&cloud, name)
        })
        .collect();
    let in_project = json!({
        "GroupName": "d", "GroupDescription": "", "ProjectId": "3",
        "Tags": [{ "Key": "team", "Value": "blue" }],
    });
    ok(&cloud, "CreateSecurityGroup", &in_project);
    assert_eq!(names(&cloud, &json!({})), ["d", "c", "b", "a"]);
    assert_eq!(names(&cloud, &filtered("security-group-id", &ids[1])), ["b"]);
    assert_eq!(names(&cloud, &filtered("security-group-name", "c")), ["c"]);
    assert_eq!(names(&cloud, &filtered("project-id", "3")), ["d"]);
    assert_eq!(names(&cloud, &filtered("tag-key", "team")), ["d"]);
    assert_eq!(names(&cloud, &filtered("tag:team", "blue")), ["d"]);
    assert_eq!(names(&cloud, &filtered("tag:team", "red")), [""; 0]);
    let page = json!({ "Offset": "1", "Limit": "2" });
    assert_eq!(names(&cloud, &page), ["c", "b"]);
    let oldest = json!({ "OrderField": "CreatedTime", "Limit": "1" });
    assert_eq!(names(&cloud, &oldest), ["a"]);
    advance(&cloud, 1);
    let change = json!({ "SecurityGroupId": ids[0], "GroupName": "z" });
    ok(&cloud, "ModifySecurityGroupAttribute", &change);
    let latest = json!({ "OrderField": "UpdateTime", "OrderDirection": "DESC", "Limit": "1" });
    assert_eq!(names(&cloud, &latest), ["z"]);
    for (body, expected) in [
        (json!({ "Limit": "101" }), "InvalidParameterValue.Range"),
        (json!({ "Offset": "x" }), "InvalidParameterValue.Malformed"),
        (json!({ "SecurityGroupIds": ["group"] }), "InvalidParameterValue.Malformed"),
        (filtered("color", "red"), "InvalidParameter.FilterInvalidKey"),
        (
            merge(filtered("project-id", "0"), json!({ "SecurityGroupIds": [ids[0]] })),
            "InvalidParameter.Coexist",
        ),
    ] {
        assert_eq!(code(&cloud, "DescribeSecurityGroups", &body), expected, "{body}");
    }
}

#[test]
fn wrong_requests_create_no_group() {
    let cloud = cloud();
    let with = |members: Value| {
        let body = merge(json!({ "GroupName": "web", "GroupDescription": "x" }), members);
        code(&cloud, "CreateSecurityGroup", &body)
    };
    let tags = |key: &str| json!({ "Tags": [{ "Key": key, "Value": "x" }] });
    let twice = json!({ "Tags": [{ "Key": "a", "Value": "x" }, { "Key": "a", "Value": "y" }] });
    assert_eq!(with(json!({ "GroupName": "" })), "MissingParameter");
    assert_eq!(with(json!({ "GroupName": "n".repeat(61) })), "InvalidParameterValue.TooLong");
    assert_eq!(with(json!({ "ProjectId": "-1" })), "InvalidParameterValue.Malformed");
    assert_eq!(with(json!({ "ProjectId": "web" })), "InvalidParameterValue.Malformed");
    assert_eq!(with(tags("qcs:a")), "UnsupportedOperation.TagSystemReservedTagKey");
    assert_eq!(with(tags("a*")), "InvalidParameterValue.TagInvalidKey");
    assert_eq!(with(tags(&"k".repeat(128))), "InvalidParameterValue.TooLong");
    assert_eq!(with(twice), "InvalidParameterValue.TagDuplicateKey");
    assert_eq!(groups(&cloud, &json!({})), [json!(null); 0]);
}

#[test]
fn number_of_groups_of_a_project_is_limited() {
    let cloud = cloud();
    for number in 0..50 {
        create(&cloud, &format!("group-{number}"));
    }
    let body = json!({ "GroupName": "one more", "GroupDescription": "" });
    assert_eq!(code(&cloud, "CreateSecurityGroup", &body), "LimitExceeded");
    ok(&cloud, "CreateSecurityGroup", &merge(body, json!({ "ProjectId": "1" })));
}

#[test]
fn default_group_of_a_launch_is_listed_and_cannot_be_deleted() {
    let cloud = cloud();
    let first = launch_running(&cloud, json!({}));
    let other = launch_running(&cloud, json!({}));
    let placement = json!({ "Zone": "ap-guangzhou-3", "ProjectId": 7 });
    let in_project = launch_running(&cloud, json!({ "Placement": placement }));
    let group = |id: &str| describe(&cloud, id)["SecurityGroupIds"].clone();
    assert_eq!(group(&first), group(&other), "a project has one default group");
    let listed = groups(&cloud, &json!({}));
    let expected = [(&group(&in_project)[0], "7"), (&group(&first)[0], "0")]
        .map(|(id, project)| (id.clone(), json!(project), json!(true), json!("default")));
    let found: Vec<_> = listed
        .iter()
        .map(|group| {
            let [id, project, is_default, name] =
                ["SecurityGroupId", "ProjectId", "IsDefault", "SecurityGroupName"]
                    .map(|member| group[member].clone());
            (id, project, is_default, name)
        })
        .collect();
    assert_eq!(found, expected);
    let body = json!({ "SecurityGroupId": group(&first)[0] });
    assert_eq!(code(&cloud, "DeleteSecurityGroup", &body), "UnsupportedOperation");
}

#[test]
fn group_in_use_cannot_be_deleted() {
    let cloud = cloud();
    let (id, peer) = (create(&cloud, "web"), create(&cloud, "db"));
    let delete = |id: &str| json!({ "SecurityGroupId": id });
    let instance = launch_running(&cloud, json!({ "SecurityGroupIds": [id] }));
    assert_eq!(code(&cloud, "DeleteSecurityGroup", &delete(&id)), "ResourceInUse");
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [instance] }));
    advance(&cloud, 60);
    // Its own rule does not keep a group, and that of another group does.
    let from = |id: &str| json!([{ "SecurityGroupId": id, "Action": "accept" }]);
    add(&cloud, &id, &from(&id));
    add(&cloud, &peer, &from(&id));
    assert_eq!(code(&cloud, "DeleteSecurityGroup", &delete(&id)), "ResourceInUse");
    ok(&cloud, "DeleteSecurityGroupPolicies", &inbound(&peer, &from(&id)));
    ok(&cloud, "DeleteSecurityGroup", &delete(&id));
}

#[test]
fn rules_have_one_form_and_their_positions() {
    let cloud = cloud();
    let (id, peer) = (create(&cloud, "web"), create(&cloud, "db"));
    add(
        &cloud,
        &id,
        &json!([
            { "Protocol": "tcp", "Port": "80,443", "CidrBlock": "0.0.0.0/8", "Action": "accept" },
            { "Protocol": "icmp", "Port": "all", "CidrBlock": "10.0.0.0/8", "Action": "Drop",
              "PolicyDescription": "no pings" },
            { "SecurityGroupId": peer, "Action": "ACCEPT" },
            { "ServiceTemplate": { "ServiceId": "ppm-f5n1f8da" },
              "AddressTemplate": { "AddressGroupId": "ipmg-2uw6ujo6" }, "Action": "ACCEPT" },
            { "Protocol": "ICMPv6", "Ipv6CidrBlock": "MY_PUBLIC_IP", "Action": "ACCEPT" },
        ]),
    );
    let rule = |index: u64, members: Value| {
        let common = json!({
            "PolicyIndex": index, "CidrBlock": "", "Ipv6CidrBlock": "", "SecurityGroupId": "",
            "Action": "ACCEPT", "PolicyDescription": "", "ModifyTime": "2023-11-14 22:13:20",
        });
        merge(common, members)
    };
    let found = rules(&cloud, &id);
    let expected = json!({
        "Version": "1",
        "Egress": [],
        "Ingress": [
            rule(0, json!({ "Protocol": "TCP", "Port": "80,443", "CidrBlock": "0.0.0.0/0" })),
            rule(1, json!({
                "Protocol": "ICMP", "Port": "ALL", "CidrBlock": "10.0.0.0/8", "Action": "DROP",
                "PolicyDescription": "no pings",
            })),
            rule(2, json!({ "Protocol": "ALL", "Port": "ALL", "SecurityGroupId": peer })),
            rule(3, json!({
                "ServiceTemplate": { "ServiceId": "ppm-f5n1f8da", "ServiceGroupId": "" },
                "AddressTemplate": { "AddressId": "", "AddressGroupId": "ipmg-2uw6ujo6" },
            })),
            rule(4, json!({
                "Protocol": "ICMPV6", "Port": "ALL", "Ipv6CidrBlock": "2001:db8:ffff::1",
                "PolicyDescription": "Replaced-From-MY_PUBLIC_IP",
            })),
        ],
        "PolicyStatistics": {
            "IngressIPv4TotalCount": 3, "IngressIPv6TotalCount": 1,
            "EgressIPv4TotalCount": 0, "EgressIPv6TotalCount": 0,
        },
    });
    assert_eq!(found, expected);
}

#[test]
fn rules_are_inserted_appended_and_removed_by_position() {
    let cloud = cloud();
    let id = create(&cloud, "web");
    let at = |position: i64, port: &str| merge(tcp(port), json!({ "PolicyIndex": position }));
    add(&cloud, &id, &json!([tcp("1"), tcp("2")]));
    add(&cloud, &id, &json!([tcp("3")]));
    add(&cloud, &id, &json!([at(0, "4"), at(0, "5")]));
    add(&cloud, &id, &json!([at(1, "6")]));
    assert_eq!(ports(&cloud, &id), ["4", "6", "5", "1", "2", "3"]);
    assert_eq!(rules(&cloud, &id)["Version"], "4");
    let create = |rules: Value| code(&cloud, "CreateSecurityGroupPolicies", &inbound(&id, &rules));
    assert_eq!(create(json!([at(7, "9")])), "InvalidParameterValue.Range");
    assert_eq!(create(json!([at(0, "9"), tcp("8")])), "InvalidParameterValue");
    // Samples have the position as text.
    let removed = inbound(&id, &json!([{ "PolicyIndex": "1" }, { "PolicyIndex": "0" }]));
    ok(&cloud, "DeleteSecurityGroupPolicies", &removed);
    assert_eq!(ports(&cloud, &id), ["5", "1", "2", "3"]);
    let delete = |rules: Value| code(&cloud, "DeleteSecurityGroupPolicies", &inbound(&id, &rules));
    assert_eq!(delete(json!([{ "PolicyIndex": 4 }])), "InvalidParameterValue.Range");
    assert_eq!(delete(json!([{ "PolicyIndex": 0 }, tcp("1")])), "InvalidParameter.Coexist");
    assert_eq!(ports(&cloud, &id), ["5", "1", "2", "3"]);
}

#[test]
fn rules_are_removed_by_what_they_do() {
    let cloud = cloud();
    let id = create(&cloud, "web");
    let described = merge(tcp("22"), json!({ "PolicyDescription": "ssh" }));
    add(&cloud, &id, &json!([tcp("80"), described]));
    let in_lower_case =
        json!({ "Protocol": "tcp", "Port": "22", "CidrBlock": "0.0.0.0/0", "Action": "accept" });
    let removed = inbound(&id, &json!([in_lower_case, tcp("8080")]));
    assert_eq!(code(&cloud, "DeleteSecurityGroupPolicies", &removed), "ResourceNotFound");
    assert_eq!(ports(&cloud, &id), ["80", "22"], "all are removed or none");
    ok(&cloud, "DeleteSecurityGroupPolicies", &inbound(&id, &json!([in_lower_case])));
    assert_eq!(ports(&cloud, &id), ["80"]);
}

#[test]
fn change_needs_the_latest_version_if_it_names_one() {
    let cloud = cloud();
    let id = create(&cloud, "web");
    assert_eq!(rules(&cloud, &id)["Version"], "0");
    let change = |version: &str, port: &str| {
        let set = json!({ "Version": version, "Ingress": [tcp(port)] });
        json!({ "SecurityGroupId": id, "SecurityGroupPolicySet": set })
    };
    ok(&cloud, "CreateSecurityGroupPolicies", &change("0", "1"));
    for action in ["CreateSecurityGroupPolicies", "DeleteSecurityGroupPolicies"] {
        let found = code(&cloud, action, &change("0", "1"));
        assert_eq!(found, "UnsupportedOperation.VersionMismatch", "{action}");
    }
    ok(&cloud, "DeleteSecurityGroupPolicies", &change("1", "1"));
    assert_eq!(rules(&cloud, &id)["Version"], "2");
}

#[test]
fn wrong_rules_are_refused() {
    let cloud = cloud();
    let (id, peer) = (create(&cloud, "web"), create(&cloud, "db"));
    let elsewhere = json!({ "GroupName": "x", "GroupDescription": "", "ProjectId": "5" });
    let elsewhere = ok(&cloud, "CreateSecurityGroup", &elsewhere)["SecurityGroup"].clone();
    add(&cloud, &id, &json!([tcp("443")]));
    let malformed = "InvalidParameterValue.Malformed";
    let coexist = "InvalidParameter.Coexist";
    for (members, expected) in [
        (json!({ "Action": "" }), "InvalidParameterValue.Empty"),
        (json!({ "Action": "REJECT" }), "InvalidParameterValue"),
        (json!({ "Protocol": "SCTP" }), "InvalidParameterValue"),
        (json!({ "Protocol": "ALL" }), "InvalidParameterValue"),
        (json!({ "Protocol": null }), "InvalidParameterValue"),
        (json!({ "Port": "http" }), malformed),
        (json!({ "Port": "0" }), "InvalidParameterValue.Range"),
        (json!({ "Port": "90-80" }), "InvalidParameterValue.Range"),
        (json!({ "CidrBlock": "10.0.0.0/33" }), malformed),
        (json!({ "CidrBlock": "fd00::/8" }), malformed),
        (json!({ "CidrBlock": "" }), "InvalidParameterValue.Empty"),
        (json!({ "CidrBlock": "", "Ipv6CidrBlock": "10.0.0.1" }), malformed),
        (json!({ "Ipv6CidrBlock": "::/0" }), coexist),
        (json!({ "SecurityGroupId": peer }), coexist),
        (json!({ "AddressTemplate": { "AddressId": "ipm-00000001" } }), coexist),
        (json!({ "ServiceTemplate": { "ServiceId": "ppm-00000001" } }), coexist),
        (
            json!({ "CidrBlock": "", "Ipv6CidrBlock": "::/0", "Protocol": "ICMP", "Port": "ALL" }),
            coexist,
        ),
        (json!({ "CidrBlock": "", "SecurityGroupId": "sg-00000000" }), "ResourceNotFound"),
        (
            json!({ "CidrBlock": "", "SecurityGroupId": elsewhere["SecurityGroupId"] }),
            "InvalidParameterValue",
        ),
        (
            json!({ "CidrBlock": "", "AddressTemplate": {
                "AddressId": "ipm-00000001", "AddressGroupId": "ipmg-00000001",
            } }),
            coexist,
        ),
        (json!({ "Port": "443" }), "UnsupportedOperation.DuplicatePolicy"),
    ] {
        let body = inbound(&id, &json!([merge(tcp("80"), members.clone())]));
        assert_eq!(code(&cloud, "CreateSecurityGroupPolicies", &body), expected, "{members}");
    }
    let both = json!({ "Ingress": [tcp("80")], "Egress": [tcp("80")] });
    for (set, expected) in [(both, coexist), (json!({}), "InvalidParameterValue.Empty")] {
        let body = json!({ "SecurityGroupId": id, "SecurityGroupPolicySet": set });
        for action in ["CreateSecurityGroupPolicies", "DeleteSecurityGroupPolicies"] {
            assert_eq!(code(&cloud, action, &body), expected, "{action}");
        }
    }
    let twice = inbound(&id, &json!([tcp("80"), tcp("80")]));
    let found = code(&cloud, "CreateSecurityGroupPolicies", &twice);
    assert_eq!(found, "UnsupportedOperation.DuplicatePolicy");
    assert_eq!(ports(&cloud, &id), ["443"], "a request with an error changes nothing");
}

#[test]
fn number_of_rules_is_limited() {
    let cloud = cloud();
    let id = create(&cloud, "web");
    let many: Vec<_> = (1..=100).map(|port| tcp(&port.to_string())).collect();
    add(&cloud, &id, &json!(many));
    let body = inbound(&id, &json!([tcp("101")]));
    let found = code(&cloud, "CreateSecurityGroupPolicies", &body);
    assert_eq!(found, "LimitExceeded.SecurityGroupPolicySet");
    let outbound =
        json!({ "SecurityGroupId": id, "SecurityGroupPolicySet": { "Egress": [tcp("101")] } });
    ok(&cloud, "CreateSecurityGroupPolicies", &outbound);
}

#[test]
fn rules_are_filtered() {
    let cloud = cloud();
    let (id, peer) = (create(&cloud, "web"), create(&cloud, "db"));
    add(
        &cloud,
        &id,
        &json!([
            merge(tcp("8080"), json!({ "CidrBlock": "10.1.0.0/16", "PolicyDescription": "a proxy" })),
            { "Protocol": "UDP", "Port": "53", "SecurityGroupId": peer, "Action": "DROP" },
            { "ServiceTemplate": { "ServiceGroupId": "ppmg-00000001" },
              "AddressTemplate": { "AddressId": "ipm-00000001" }, "Action": "ACCEPT" },
        ]),
    );
    let set = json!({ "Egress": [{ "Ipv6CidrBlock": "fd00::/8", "Action": "ACCEPT" }] });
    let body = json!({ "SecurityGroupId": id, "SecurityGroupPolicySet": set });
    ok(&cloud, "CreateSecurityGroupPolicies", &body);
    let found = |name: &str, value: &str| {
        let body = merge(filtered(name, value), json!({ "SecurityGroupId": id }));
        let set = ok(&cloud, "DescribeSecurityGroupPolicies", &body);
        ["Ingress", "Egress"].map(|direction| {
            let rules = set["SecurityGroupPolicySet"][direction].as_array().unwrap();
            rules.iter().map(|rule| rule["PolicyIndex"].as_u64().unwrap()).collect::<Vec<_>>()
        })
    };
    for (name, value, inbound, outbound) in [
        ("security-group-id", peer.as_str(), &[1][..], &[][..]),
        ("ip", "10.1", &[0], &[]),
        ("ip", "fd00", &[], &[0]),
        ("address-module", "ipm-00000001", &[2], &[]),
        ("service-module", "ppmg-00000001", &[2], &[]),
        ("protocol-type", "UDP", &[1], &[]),
        ("protocol-type", "ALL", &[], &[0]),
        ("port", "80", &[0], &[]),
        ("port", "ALL", &[0, 1, 2], &[0]),
        ("poly", "DROP", &[1], &[]),
        ("poly", "ALL", &[0, 1, 2], &[0]),
        ("direction", "OUTBOUND", &[], &[0]),
        ("direction", "INBOUND", &[0, 1, 2], &[]),
        ("direction", "ALL", &[0, 1, 2], &[0]),
        ("description", "proxy", &[0], &[]),
    ] {
        assert_eq!(found(name, value), [inbound.to_vec(), outbound.to_vec()], "{name} {value}");
    }
    let unknown = json!({ "SecurityGroupId": "sg-00000000" });
    assert_eq!(code(&cloud, "DescribeSecurityGroupPolicies", &unknown), "ResourceNotFound");
}

#[test]
fn groups_belong_to_one_account_and_one_region() {
    let cloud = cloud();
    let id = create(&cloud, "web");
    let other = Credential::new("AKIDOTHER", "another-secret-key").unwrap();
    cloud.add_account(other.clone()).unwrap();
    let call = Call::of("vpc", VERSION, "DescribeSecurityGroups");
    for call in [Call { credential: other, ..call.clone() }, call.region("ap-shanghai")] {
        let listed = read(&cloud.handle(&call.json("{}")));
        assert_eq!((&listed["TotalCount"], &listed["SecurityGroupSet"]), (&json!(0), &json!([])));
    }
    assert_eq!(names(&cloud, &json!({ "SecurityGroupIds": [id] })), ["web"]);
}

/// Terraform reads and changes the tags of a group in the tag service.
#[test]
fn tag_service_has_the_tags_of_groups() {
    let cloud = cloud();
    let id = create(&cloud, "web");
    let call = |action: &str, body: Value| {
        read(&cloud.handle(&Call::of("tag", "2018-08-13", action).json(body.to_string())))
    };
    let name = format!("qcs::cvm:ap-guangzhou:uin/:sg/{id}");
    let change = json!({ "Resource": name,
        "ReplaceTags": [{ "TagKey": "team", "TagValue": "red" }] });
    assert!(call("ModifyResourceTags", change).get("Error").is_none());
    assert_eq!(names(&cloud, &filtered("tag:team", "red")), ["web"]);
    let listed = call(
        "DescribeResourceTagsByResourceIds",
        json!({ "ServiceType": "cvm", "ResourcePrefix": "sg", "ResourceRegion": "ap-guangzhou",
            "ResourceIds": [id] }),
    );
    assert_eq!(listed["Tags"][0]["TagValue"], "red", "{listed}");
}

/// Terraform attaches a group and reads the instance once.
#[test]
fn attached_group_shows_at_once() {
    let cloud = cloud();
    let id = create(&cloud, "web");
    let instance = launch_running(&cloud, json!({ "SecurityGroupIds": [create(&cloud, "db")] }));
    let change = for_instances(&[&instance], json!({ "SecurityGroupIds": [id] }));
    send_ok(&cloud, "AssociateSecurityGroups", change);
    assert_eq!(describe(&cloud, &instance)["SecurityGroupIds"][1], id.as_str());
    let mut by_group = filtered("security-group-id", &id);
    by_group["Limit"] = json!(1);
    let listed = send_ok(&cloud, "DescribeInstances", by_group);
    assert_eq!(listed["InstanceSet"][0]["InstanceId"], instance.as_str());
}

/// Packer creates a group with a rule for everything in each direction, and deletes it in the end.
#[test]
fn temporary_group_of_packer_is_created_and_deleted() {
    let cloud = cloud();
    let body = json!({ "GroupName": "packer", "GroupDescription": "" });
    let group = ok(&cloud, "CreateSecurityGroup", &body)["SecurityGroup"].clone();
    let id = string(&group["SecurityGroupId"]);
    for direction in ["Ingress", "Egress"] {
        let rule = json!({ "CidrBlock": "0.0.0.0/0", "Action": "ACCEPT" });
        let set = json!({ direction: [rule] });
        let body = json!({ "SecurityGroupId": id, "SecurityGroupPolicySet": set });
        ok(&cloud, "CreateSecurityGroupPolicies", &body);
        let found = rules(&cloud, &id)[direction][0].clone();
        assert_eq!((&found["Protocol"], &found["Port"]), (&json!("ALL"), &json!("ALL")));
    }
    let instance = launch_running(&cloud, json!({ "SecurityGroupIds": [id] }));
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [instance] }));
    advance(&cloud, 60);
    ok(&cloud, "DeleteSecurityGroup", &json!({ "SecurityGroupId": id }));
}

/// Terraform sends empty objects for what its configuration leaves out, and leaves out `ALL` when it removes a rule.
#[test]
fn rule_of_terraform_is_created_and_removed() {
    let cloud = cloud();
    let id = create(&cloud, "web");
    add(
        &cloud,
        &id,
        &json!([{
            "PolicyIndex": 0, "Protocol": "ALL", "Port": "ALL", "CidrBlock": "10.0.0.0/16",
            "Action": "ACCEPT", "PolicyDescription": "all", "AddressTemplate": {}, "ServiceTemplate": {},
        }]),
    );
    let removed = json!([{
        "CidrBlock": "10.0.0.0/16", "Action": "ACCEPT", "PolicyDescription": "all",
    }]);
    ok(&cloud, "DeleteSecurityGroupPolicies", &inbound(&id, &removed));
    assert_eq!(ports(&cloud, &id), [""; 0]);
}
