//! What uses security groups, which of them exist in strict networks, and the replacement of all rules of a group.

use serde_json::{Value, json};

use crate::instances::attributes::for_instances;
use crate::support::*;
use crate::vpc_security_groups::{add, code, create, ok, ports, rules, tcp};

#[test]
fn strict_network_accepts_only_groups_that_exist() {
    let strict = builder().strict_network(true).credential(credential()).build().unwrap();
    let id = create(&strict, "web");
    let groups = |id: &str| json!({ "SecurityGroupIds": [id] });
    let instance = launch_running(&strict, groups(&id));
    let unknown = groups("sg-00000000");
    let expected = "InvalidSecurityGroupId.NotFound";
    assert_eq!(send_err(&strict, "RunInstances", run_request(unknown.clone())), expected);
    let body = for_instances(&[&instance], unknown);
    assert_eq!(send_err(&strict, "AssociateSecurityGroups", body), expected);
    let body = for_instances(&[&instance], json!({ "SecurityGroups": ["sg-00000000"] }));
    assert_eq!(send_err(&strict, "ModifyInstancesAttribute", body), expected);
    assert_eq!(describe(&strict, &instance)["SecurityGroupIds"], json!([id]));
    let template = json!({
        "LaunchTemplateName": "web", "Placement": { "Zone": "ap-guangzhou-3" },
        "ImageId": "img-pmqg1cw7", "SecurityGroupIds": ["sg-00000000"],
    });
    assert!(send_err(&strict, "CreateLaunchTemplate", template).contains("NotFound"));
    let default = launch_running(&strict, json!({}));
    let default = describe(&strict, &default)["SecurityGroupIds"][0].clone();
    let body = for_instances(&[&instance], json!({ "SecurityGroupIds": [default] }));
    send_ok(&strict, "AssociateSecurityGroups", body);
}

#[test]
fn strict_network_accepts_only_groups_that_exist_for_chc_hosts() {
    let strict = builder().strict_network(true).credential(credential()).build().unwrap();
    let id = create(&strict, "web");
    let vpc = string(&ok(&strict, "CreateDefaultVpc", &json!({}))["Vpc"]["VpcId"]);
    let subnet = ok(&strict, "DescribeSubnets", &json!({}))["SubnetSet"][0]["SubnetId"].clone();
    let zone = string(&ok(&strict, "DescribeSubnets", &json!({}))["SubnetSet"][0]["Zone"]);
    let host = strict.add_chc_host(&cvm_emulator::ChcServer::new(&zone, "SN-1")).unwrap();
    let network = json!({ "VpcId": vpc, "SubnetId": subnet });
    let assist = |bmc: &str, deploy: &str| {
        json!({
            "ChcIds": [host], "BmcVirtualPrivateCloud": network, "BmcSecurityGroupIds": [bmc],
            "DeployVirtualPrivateCloud": network, "DeploySecurityGroupIds": [deploy],
        })
    };
    for body in [assist("sg-00000000", &id), assist(&id, "sg-00000000")] {
        let message = send(&strict, "ConfigureChcAssistVpc", body.clone());
        let message = string(&message["Error"]["Message"]);
        assert!(
            message.contains("security group `sg-00000000` does not exist"),
            "{body}: {message}"
        );
    }
    send_ok(&strict, "ConfigureChcAssistVpc", assist(&id, &id));
    advance(&strict, 300);
    let change = |group: &str| json!({ "ChcIds": [host], "BmcSecurityGroupIds": [group] });
    assert!(send(&strict, "ModifyChcAttribute", change("sg-00000000")).get("Error").is_some());
    send_ok(&strict, "ModifyChcAttribute", change(&id));
}

#[test]
fn rules_are_replaced_as_a_whole() {
    let cloud = cloud();
    let id = create(&cloud, "web");
    add(&cloud, &id, &json!([tcp("22"), tcp("80")]));
    let replace = |set: Value| json!({ "SecurityGroupId": id, "SecurityGroupPolicySet": set });
    // As Terraform does: the version after the change, and both directions.
    let version = string(&rules(&cloud, &id)["Version"]).parse::<u64>().unwrap() + 1;
    let set = json!({ "Version": version.to_string(), "Ingress": [tcp("443"), tcp("22")], "Egress": [tcp("ALL")] });
    ok(&cloud, "ModifySecurityGroupPolicies", &replace(set));
    assert_eq!(ports(&cloud, &id), ["443", "22"]);
    assert_eq!(rules(&cloud, &id)["Version"], version.to_string());
    ok(&cloud, "ModifySecurityGroupPolicies", &replace(json!({ "Ingress": [tcp("8080")] })));
    assert_eq!(ports(&cloud, &id), ["8080"]);
    assert_eq!(rules(&cloud, &id)["Egress"], json!([]));
    for (set, expected) in [
        (json!({}), "InvalidParameterValue.Empty"),
        (json!({ "Ingress": [tcp("22"), tcp("22")] }), "UnsupportedOperation.DuplicatePolicy"),
    ] {
        let found = code(&cloud, "ModifySecurityGroupPolicies", &replace(set.clone()));
        assert_eq!(found, expected, "{set}");
    }
    assert_eq!(ports(&cloud, &id), ["8080"], "a refused change changes nothing");
    ok(
        &cloud,
        "ModifySecurityGroupPolicies",
        &replace(json!({ "Version": "0", "Ingress": [tcp("1")] })),
    );
    assert_eq!(rules(&cloud, &id)["Ingress"], json!([]));
}

#[test]
fn users_of_a_group_are_counted_as_long_as_they_prevent_its_deletion() {
    let cloud = cloud();
    let (id, other) = (create(&cloud, "web"), create(&cloud, "db"));
    let count = |id: &str| {
        let body = json!({ "SecurityGroupIds": [id] });
        let response = ok(&cloud, "DescribeSecurityGroupAssociationStatistics", &body);
        let set = response["SecurityGroupAssociationStatisticsSet"].clone();
        assert_eq!(set[0]["SecurityGroupId"], id, "{response}");
        ["CVM", "SG", "TotalCount"].map(|member| set[0][member].as_u64().unwrap())
    };
    assert_eq!(count(&id), [0, 0, 0]);
    let instance = launch_running(&cloud, json!({ "SecurityGroupIds": [id, other] }));
    let from_web =
        json!({ "Protocol": "TCP", "Port": "22", "SecurityGroupId": id, "Action": "ACCEPT" });
    add(&cloud, &other, &json!([from_web]));
    assert_eq!((count(&id), count(&other)), ([1, 1, 1], [1, 0, 1]));
    let delete = json!({ "SecurityGroupId": id });
    assert_eq!(code(&cloud, "DeleteSecurityGroup", &delete), "ResourceInUse");
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [instance] }));
    advance(&cloud, 8 * 86_400);
    assert_eq!(count(&id), [0, 1, 0]);
    ok(&cloud, "DeleteSecurityGroup", &json!({ "SecurityGroupId": other }));
    assert_eq!(count(&id), [0, 0, 0]);
    ok(&cloud, "DeleteSecurityGroup", &delete);
    let body = json!({ "SecurityGroupIds": [id] });
    let found = code(&cloud, "DescribeSecurityGroupAssociationStatistics", &body);
    assert!(found.contains("NotFound"), "{found}");
}
