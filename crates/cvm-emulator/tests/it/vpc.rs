//! The network service lists the private addresses of the instances.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;

fn used(cloud: &Cloud, body: &Value) -> Value {
    let call = Call::of("vpc", VERSION, "DescribeUsedIpAddress");
    read(&cloud.handle(&call.json(body.to_string())))
}

fn addresses(listed: &Value) -> Vec<String> {
    let states = listed["IpAddressStates"].as_array().unwrap_or_else(|| panic!("{listed}"));
    states.iter().map(|state| string(&state["IpAddress"])).collect()
}

fn launch_in(cloud: &Cloud, subnet: &str) -> String {
    let network = json!({ "VpcId": "vpc-00000001", "SubnetId": subnet });
    launch_running(cloud, json!({ "VirtualPrivateCloud": network }))
}

fn private_address(cloud: &Cloud, id: &str) -> String {
    string(&describe(cloud, id)["PrivateIpAddresses"][0])
}

#[test]
fn used_addresses_are_those_of_the_instances() {
    let cloud = cloud();
    let first = launch_in(&cloud, "subnet-00000001");
    let second = launch_in(&cloud, "subnet-00000002");
    launch_running(&cloud, json!({}));
    let (one, two) = (private_address(&cloud, &first), private_address(&cloud, &second));
    let vpc = "vpc-00000001";
    let listed = used(&cloud, &json!({ "VpcId": vpc }));
    assert_eq!(
        (addresses(&listed), &listed["TotalCount"]),
        (vec![two.clone(), one.clone()], &json!(2))
    );
    let of_subnet = used(&cloud, &json!({ "VpcId": vpc, "SubnetId": "subnet-00000001" }));
    assert_eq!(
        of_subnet["IpAddressStates"],
        json!([{
            "VpcId": vpc,
            "SubnetId": "subnet-00000001",
            "IpAddress": one,
            "ResourceType": "ENI",
            "ResourceId": first.replace("ins-", "eni-"),
        }])
    );
    let by_address = used(&cloud, &json!({ "VpcId": vpc, "IpAddresses": [two, "172.31.0.9"] }));
    assert_eq!(addresses(&by_address), std::slice::from_ref(&two));
    let filters = json!([{ "Name": "resource-id", "Values": [second.replace("ins-", "eni-")] }]);
    let by_filter = used(&cloud, &json!({ "VpcId": vpc, "Filters": filters }));
    assert_eq!(addresses(&by_filter), [two]);
    assert_eq!(addresses(&used(&cloud, &json!({ "VpcId": "vpc-00000002" }))), [""; 0]);
}

/// What Terraform waits for after it has terminated an instance.
#[test]
fn address_is_free_after_the_termination() {
    let cloud = cloud();
    let id = launch_in(&cloud, "subnet-00000001");
    let body = json!({
        "VpcId": "vpc-00000001",
        "SubnetId": "subnet-00000001",
        "IpAddresses": [private_address(&cloud, &id)],
    });
    assert_eq!(used(&cloud, &body)["TotalCount"], 1);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    advance(&cloud, 60);
    let listed = used(&cloud, &body);
    assert_eq!((&listed["TotalCount"], &listed["IpAddressStates"]), (&json!(0), &json!([])));
}

#[test]
fn network_must_be_named_well() {
    let cloud = cloud();
    assert_eq!(error_code(&used(&cloud, &json!({}))), "MissingParameter");
    let code = "InvalidParameterValue.Malformed";
    assert_eq!(error_code(&used(&cloud, &json!({ "VpcId": "subnet-1" }))), code);
}
