//! Elastic IPs, their tasks, and the instances that they are bound to; and the helpers for tests of elastic IPs.

use cvm_emulator::Cloud;
use cvm_signer::Credential;
use serde_json::{Value, json};

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

/// Allocates addresses and waits for them; returns their ids.
pub fn allocate(cloud: &Cloud, members: &Value) -> Vec<String> {
    let response = ok(cloud, "AllocateAddresses", members);
    advance(cloud, 2);
    strings(&response["AddressSet"])
}

fn allocate_one(cloud: &Cloud) -> String {
    allocate(cloud, &json!({})).remove(0)
}

fn list(cloud: &Cloud, body: &Value) -> Vec<Value> {
    ok(cloud, "DescribeAddresses", body)["AddressSet"].as_array().unwrap().clone()
}

pub fn address(cloud: &Cloud, id: &str) -> Value {
    let mut found = list(cloud, &json!({ "AddressIds": [id] }));
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn status(cloud: &Cloud, id: &str) -> String {
    string(&address(cloud, id)["AddressStatus"])
}

fn bind(id: &str, instance: &str) -> Value {
    json!({ "AddressId": id, "InstanceId": instance })
}

/// Binds an address and waits for it.
fn bound(cloud: &Cloud, instance: &str) -> String {
    let id = allocate_one(cloud);
    ok(cloud, "AssociateAddress", &bind(&id, instance));
    advance(cloud, 2);
    assert_eq!(status(cloud, &id), "BIND");
    id
}

fn public_addresses(cloud: &Cloud, instance: &str) -> Vec<String> {
    // Without addresses it is null, as in the samples.
    match &describe(cloud, instance)["PublicIpAddresses"] {
        Value::Null => Vec::new(),
        addresses => strings(addresses),
    }
}

fn task_result(cloud: &Cloud, response: &Value) -> String {
    let body = json!({ "TaskId": response["TaskId"] });
    string(&ok(cloud, "DescribeTaskResult", &body)["Result"])
}

const ONLINE: &str = "TRAFFIC_POSTPAID_BY_HOUR";

/// An instance with an ordinary public address.
fn launch_public(cloud: &Cloud) -> String {
    let access = json!({ "InternetMaxBandwidthOut": 5, "InternetChargeType": ONLINE });
    launch_running(cloud, json!({ "InternetAccessible": access, "InstanceName": "gateway" }))
}

/// What Terraform does for an address and its binding: it polls the task, the address and the package.
#[test]
fn address_is_allocated_bound_unbound_and_released() {
    let cloud = cloud();
    let instance = launch_running(&cloud, json!({}));
    let tag = json!({ "Key": "team", "Value": "blue" });
    let body = json!({ "AddressName": "front", "InternetMaxBandwidthOut": 20, "Tags": [tag] });
    let allocated = ok(&cloud, "AllocateAddresses", &body);
    let id = string(&allocated["AddressSet"][0]);
    assert_eq!((task_result(&cloud, &allocated), status(&cloud, &id)), both("RUNNING", "CREATING"));
    advance(&cloud, 2);
    assert_eq!((task_result(&cloud, &allocated), status(&cloud, &id)), both("SUCCESS", "UNBIND"));
    let ip = string(&address(&cloud, &id)["AddressIp"]);
    let unbound = json!({
        "AddressId": id,
        "AddressName": "front",
        "AddressStatus": "UNBIND",
        "AddressIp": ip,
        "InstanceId": "",
        "CreatedTime": "2023-11-14T22:13:40Z",
        "NetworkInterfaceId": null,
        "PrivateAddressIp": null,
        "IsArrears": false,
        "IsBlocked": false,
        "IsEipDirectConnection": false,
        "AddressType": "EIP",
        "CascadeRelease": false,
        "EipAlgType": { "Ftp": true, "Sip": true },
        "InternetServiceProvider": "BGP",
        "LocalBgp": false,
        "Bandwidth": 20,
        "InternetChargeType": ONLINE,
        "TagSet": [tag],
        "DeadlineDate": null,
        "InstanceType": null,
        "Egress": "center_egress1",
        "BandwidthPackageId": null,
    });
    assert_eq!(address(&cloud, &id), unbound);
    let of_address = json!({ "Filters": [{ "Name": "resource.resource-id", "Values": [id] }] });
    assert_eq!(ok(&cloud, "DescribeBandwidthPackages", &of_address)["TotalCount"], 0);

    let task = ok(&cloud, "AssociateAddress", &bind(&id, &instance));
    assert_eq!((task_result(&cloud, &task), status(&cloud, &id)), both("RUNNING", "BINDING"));
    assert_eq!(public_addresses(&cloud, &instance), [""; 0]);
    advance(&cloud, 2);
    let private = describe(&cloud, &instance)["PrivateIpAddresses"][0].clone();
    let target = json!({
        "AddressStatus": "BIND",
        "InstanceId": instance,
        "InstanceType": "CVM",
        "NetworkInterfaceId": instance.replace("ins-", "eni-"),
        "PrivateAddressIp": private,
    });
    assert_eq!(address(&cloud, &id), merge(unbound.clone(), target));
    assert_eq!(public_addresses(&cloud, &instance), [ip.as_str()]);
    let shown = describe(&cloud, &instance)["InternetAccessible"].clone();
    assert_eq!(shown["PublicIpAssigned"], false, "it has no ordinary address");
    let filters = json!({ "Filters": [{ "Name": "public-ip-address", "Values": [ip] }] });
    assert_eq!(send_ok(&cloud, "DescribeInstances", filters)["TotalCount"], 1);

    let task = ok(&cloud, "DisassociateAddress", &json!({ "AddressId": id }));
    assert_eq!((task_result(&cloud, &task), status(&cloud, &id)), both("RUNNING", "UNBINDING"));
    advance(&cloud, 2);
    assert_eq!(address(&cloud, &id), unbound);
    assert_eq!(public_addresses(&cloud, &instance), [""; 0]);

    let task = ok(&cloud, "ReleaseAddresses", &json!({ "AddressIds": [id] }));
    assert_eq!((task_result(&cloud, &task), status(&cloud, &id)), both("RUNNING", "OFFLINING"));
    advance(&cloud, 2);
    assert_eq!(task_result(&cloud, &task), "SUCCESS");
    let gone = json!({ "AddressIds": [id] });
    assert_eq!(list(&cloud, &gone), [json!(null); 0]);
    let of_clusters =
        merge(gone, json!({ "Filters": [{ "Name": "business-type", "Values": ["CDC"] }] }));
    assert_eq!(list(&cloud, &of_clusters), [json!(null); 0]);
}

fn both(one: &str, other: &str) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

#[test]
fn tasks_end_at_once_in_an_instant_cloud() {
    let cloud = builder().instant().credential(credential()).build().unwrap();
    let instance = launch(&cloud, json!({})).remove(0);
    let response = ok(&cloud, "AllocateAddresses", &json!({}));
    let id = string(&response["AddressSet"][0]);
    assert_eq!(status(&cloud, &id), "UNBIND");
    ok(&cloud, "AssociateAddress", &bind(&id, &instance));
    assert_eq!(public_addresses(&cloud, &instance).len(), 1);
    ok(&cloud, "DisassociateAddress", &json!({ "AddressId": id }));
    ok(&cloud, "ReleaseAddresses", &json!({ "AddressIds": [id] }));
    assert_eq!(list(&cloud, &json!({})), [json!(null); 0]);
}

#[test]
fn termination_unbinds_an_address() {
    let cloud = cloud();
    let instance = launch_running(&cloud, json!({}));
    let id = bound(&cloud, &instance);
    send_ok(&cloud, "StopInstances", json!({ "InstanceIds": [instance] }));
    advance(&cloud, 60);
    assert_eq!((status(&cloud, &id), state(&cloud, &instance)), both("BIND", "STOPPED"));
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [instance] }));
    advance(&cloud, 60);
    let unbound = address(&cloud, &id);
    assert_eq!((&unbound["AddressStatus"], &unbound["InstanceId"]), (&json!("UNBIND"), &json!("")));
    let next = launch_running(&cloud, json!({}));
    ok(&cloud, "AssociateAddress", &bind(&id, &next));
}

#[test]
fn binding_to_an_instance_that_is_removed_fails() {
    let cloud = cloud();
    let instance = launch_running(&cloud, json!({}));
    let id = allocate_one(&cloud);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [instance] }));
    let late = code(&cloud, "AssociateAddress", &bind(&id, &instance));
    assert_eq!(late, "UnsupportedOperation.InstanceStateNotSupported");
    let instance = launch_running(&cloud, json!({}));
    let task = ok(&cloud, "AssociateAddress", &bind(&id, &instance));
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [instance] }));
    advance(&cloud, 60);
    assert_eq!(status(&cloud, &id), "UNBIND");
    assert!(["SUCCESS", "FAILED"].contains(&task_result(&cloud, &task).as_str()));
}

#[test]
fn instance_has_an_ordinary_or_an_elastic_address() {
    let cloud = cloud();
    let public = launch_public(&cloud);
    let id = allocate_one(&cloud);
    let refused = code(&cloud, "AssociateAddress", &bind(&id, &public));
    assert_eq!(refused, "InvalidParameterValue.InstanceHasWanIP");
    let private = launch_running(&cloud, json!({}));
    let first = bound(&cloud, &private);
    let refused = code(&cloud, "AssociateAddress", &bind(&id, &private));
    assert_eq!(refused, "InvalidInstanceId.AlreadyBindEip");
    let body = json!({ "AddressId": first, "ReallocateNormalPublicIp": true });
    ok(&cloud, "DisassociateAddress", &body);
    advance(&cloud, 2);
    let shown = describe(&cloud, &private);
    let ordinary = shown["PublicIpAddresses"][0].clone();
    assert_eq!(shown["InternetAccessible"]["PublicIpAssigned"], true);
    assert_ne!(ordinary, address(&cloud, &first)["AddressIp"]);
    assert_eq!(status(&cloud, &first), "UNBIND");
}

#[test]
fn address_is_bound_to_an_address_of_a_network_interface() {
    let cloud = cloud();
    let network = json!({ "VpcId": "vpc-00000001", "SubnetId": "subnet-00000001" });
    let instance = launch_running(&cloud, json!({ "VirtualPrivateCloud": network }));
    let private = describe(&cloud, &instance)["PrivateIpAddresses"][0].clone();
    let interface = instance.replace("ins-", "eni-");
    let id = allocate_one(&cloud);
    let to = |address: &Value| json!({ "AddressId": id, "NetworkInterfaceId": interface, "PrivateIpAddress": address });
    let wrong = code(&cloud, "AssociateAddress", &to(&json!("172.31.0.9")));
    assert_eq!(wrong, "InvalidNetworkInterfaceId.NotFound");
    ok(&cloud, "AssociateAddress", &to(&private));
    advance(&cloud, 2);
    assert_eq!(public_addresses(&cloud, &instance).len(), 1);
    let found = address(&cloud, &id);
    assert_eq!((&found["InstanceId"], &found["PrivateAddressIp"]), (&json!(instance), &private));
}

#[test]
fn state_of_the_address_must_allow_the_action() {
    let cloud = cloud();
    let instance = launch_running(&cloud, json!({}));
    let response = ok(&cloud, "AllocateAddresses", &json!({}));
    let id = string(&response["AddressSet"][0]);
    let unbind = json!({ "AddressId": id });
    let release = json!({ "AddressIds": [id] });
    let codes = || {
        [
            code(&cloud, "AssociateAddress", &bind(&id, &instance)),
            code(&cloud, "DisassociateAddress", &unbind),
            code(&cloud, "ReleaseAddresses", &release),
        ]
    };
    let busy = "OperationDenied.MutexTaskRunning";
    assert_eq!(codes(), [busy; 3]);
    advance(&cloud, 2);
    let found = code(&cloud, "DisassociateAddress", &unbind);
    assert_eq!(found, "InvalidAddressIdStatus.NotPermit");
    ok(&cloud, "AssociateAddress", &bind(&id, &instance));
    assert_eq!(codes(), [busy; 3]);
    advance(&cloud, 2);
    let found = code(&cloud, "AssociateAddress", &bind(&id, &instance));
    assert_eq!(found, "UnsupportedOperation.AddressStatusNotPermit");
    assert_eq!(code(&cloud, "ReleaseAddresses", &release), "InvalidAddressState");
}

#[test]
fn wrong_targets_and_ids_are_refused() {
    let cloud = cloud();
    let id = allocate_one(&cloud);
    let to = |members: Value| {
        let body = merge(json!({ "AddressId": id }), members);
        code(&cloud, "AssociateAddress", &body)
    };
    assert_eq!(to(json!({})), "InvalidParameterValue.MissingAssociateEntity");
    let both = json!({ "InstanceId": "ins-00000001", "NetworkInterfaceId": "eni-00000001",
        "PrivateIpAddress": "10.0.0.1" });
    assert_eq!(to(both), "InvalidParameterConflict");
    assert_eq!(to(json!({ "NetworkInterfaceId": "eni-00000001" })), "MissingParameter");
    assert_eq!(to(json!({ "InstanceId": "x" })), "InvalidParameterValue.InstanceIdMalformed");
    assert_eq!(to(json!({ "InstanceId": "ins-00000001" })), "InvalidInstanceId.NotFound");
    assert_eq!(to(json!({ "InstanceId": "lb-00000001" })), "UnsupportedOperation");
    let unknown = "eip-00000000";
    let malformed = "InvalidParameterValue.AddressIdMalformed";
    for (action, member) in
        [("DisassociateAddress", "AddressId"), ("ReleaseAddresses", "AddressIds")]
    {
        let named = |id: &str| match member {
            "AddressId" => json!({ member: id }),
            _ => json!({ member: [id] }),
        };
        assert_eq!(code(&cloud, action, &named(unknown)), "InvalidAddressId.NotFound", "{action}");
        assert_eq!(code(&cloud, action, &named("x")), malformed, "{action}");
    }
    let stopped = launch_running(&cloud, json!({}));
    let body = json!({ "InstanceIds": [stopped], "StoppedMode": "STOP_CHARGING" });
    send_ok(&cloud, "StopInstances", body);
    advance(&cloud, 60);
    let found = to(json!({ "InstanceId": stopped }));
    assert_eq!(found, "UnsupportedOperation.InstanceStatusNotPermit");
    assert_eq!(status(&cloud, &id), "UNBIND");
}

#[test]
fn options_of_an_allocation_are_checked_and_shown() {
    let cloud = cloud();
    let refused = |members: Value| code(&cloud, "AllocateAddresses", &members);
    let charge = |kind: &str, mbps: u64| json!({ "InternetChargeType": kind, "InternetMaxBandwidthOut": mbps });
    for (members, expected) in [
        (json!({ "AddressCount": 0 }), "InvalidParameterValue.Range"),
        (charge(ONLINE, 101), "InvalidParameterValue.BandwidthOutOfRange"),
        (charge("BANDWIDTH_PREPAID_BY_MONTH", 5), "MissingParameter"),
        (json!({ "AddressType": "AnycastEIP" }), "UnauthorizedOperation.AnycastEip"),
        (json!({ "AddressType": "HighQualityEIP" }), "FailedOperation.InvalidRegion"),
        (json!({ "AddressType": "ResidentialEIP" }), "UnsupportedOperation"),
        (json!({ "VipCluster": ["1.2.3.4"] }), "UnsupportedOperation"),
        (
            json!({ "BandwidthPackageId": "bwp-00000001" }),
            "UnsupportedOperation.BandwidthPackageIdNotSupported",
        ),
        (
            merge(charge("BANDWIDTH_PACKAGE", 5), json!({ "BandwidthPackageId": "x" })),
            "InvalidParameterValue.BandwidthPackageIdMalformed",
        ),
        (json!({ "Egress": "center_egress2" }), "InvalidParameterValue.UnsupportedEgress"),
        (json!({ "Tags": [{ "Key": "qcs:a", "Value": "b" }] }), "InvalidParameterValue.InvalidTag"),
    ] {
        assert_eq!(refused(members.clone()), expected, "{members}");
    }
    let members = json!({
        "InternetChargeType": "BANDWIDTH_PACKAGE", "InternetMaxBandwidthOut": 2000,
        "BandwidthPackageId": "bwp-00000001", "InternetServiceProvider": "CTCC",
        "Egress": "center_egress2", "DedicatedClusterId": "cluster-00000001",
    });
    let id = allocate(&cloud, &members).remove(0);
    let found = address(&cloud, &id);
    for (member, value) in members.as_object().unwrap() {
        let member = if member == "InternetMaxBandwidthOut" { "Bandwidth" } else { member };
        assert_eq!(&found[member], value, "{member}");
    }
    assert_eq!(found["AddressName"], "未命名");
    let packages = ok(&cloud, "DescribeBandwidthPackages", &json!({}));
    let package = &packages["BandwidthPackageSet"][0];
    assert_eq!(package["BandwidthPackageId"], "bwp-00000001");
    assert_eq!(package["NetworkType"], "SINGLEISP_CTCC");
    let expected = json!([
        { "ResourceType": "Address", "ResourceId": id, "AddressIp": found["AddressIp"] },
    ]);
    assert_eq!(package["ResourceSet"], expected);
    let call = Call::of("vpc", VERSION, "AllocateAddresses").region("ap-singapore");
    let body = json!({ "AddressType": "HighQualityEIP" }).to_string();
    let premium = read(&cloud.handle(&call.json(body)));
    assert!(premium["AddressSet"][0].is_string(), "{premium}");
}

#[test]
fn client_token_allocates_once() {
    let cloud = cloud();
    let body = json!({ "AddressCount": 2, "ClientToken": "token" });
    let first = ok(&cloud, "AllocateAddresses", &body);
    let again = ok(&cloud, "AllocateAddresses", &body);
    assert_eq!(first["AddressSet"].as_array().unwrap().len(), 2);
    for member in ["AddressSet", "TaskId"] {
        assert_eq!(first[member], again[member], "{member}");
    }
    assert_eq!(list(&cloud, &json!({})).len(), 2);
    let other = merge(body, json!({ "AddressCount": 1 }));
    assert_eq!(code(&cloud, "AllocateAddresses", &other), "InvalidParameterValue");
}

#[test]
fn number_of_addresses_and_of_allocations_a_day_is_limited() {
    let cloud = cloud();
    let many = json!({ "AddressCount": 20 });
    for _ in 0..2 {
        let ids = allocate(&cloud, &many);
        let more = code(&cloud, "AllocateAddresses", &json!({}));
        assert_eq!(more, "AddressQuotaLimitExceeded");
        ok(&cloud, "ReleaseAddresses", &json!({ "AddressIds": ids }));
        advance(&cloud, 2);
    }
    let more = code(&cloud, "AllocateAddresses", &json!({}));
    assert_eq!(more, "AddressQuotaLimitExceeded.DailyAllocate");
    advance(&cloud, 86_400);
    allocate_one(&cloud);
}

#[test]
fn addresses_are_filtered_and_paged() {
    let cloud = cloud();
    let instance = launch_running(&cloud, json!({}));
    let id = bound(&cloud, &instance);
    let tags = json!({ "AddressName": "other", "Tags": [{ "Key": "team", "Value": "blue" }] });
    let other = allocate(&cloud, &tags).remove(0);
    let shown = address(&cloud, &id);
    let found = |name: &str, values: &Value| {
        let found = list(&cloud, &json!({ "Filters": [{ "Name": name, "Values": values }] }));
        found.iter().map(|address| string(&address["AddressId"])).collect::<Vec<_>>()
    };
    for (name, values, expected) in [
        ("address-id", json!([id]), &[&id][..]),
        ("address-name", json!(["other"]), &[&other]),
        ("address-name", json!(["x", "other"]), &[]),
        ("address-ip", json!([shown["AddressIp"]]), &[&id]),
        ("address-status", json!(["UNBIND"]), &[&other]),
        ("instance-id", json!([instance]), &[&id]),
        ("private-ip-address", json!([shown["PrivateAddressIp"]]), &[&id]),
        ("network-interface-id", json!([shown["NetworkInterfaceId"]]), &[&id]),
        ("is-arrears", json!(["FALSE"]), &[&other, &id]),
        ("is-arrears", json!(["TRUE"]), &[]),
        ("instance-type", json!(["CVM"]), &[&id]),
        ("address-type", json!(["EIP"]), &[&other, &id]),
        ("address-isp", json!(["CMCC"]), &[]),
        ("tag-key", json!(["team"]), &[&other]),
        ("tag-value", json!(["blue"]), &[&other]),
        ("tag:team", json!(["red"]), &[]),
    ] {
        assert_eq!(found(name, &values).iter().collect::<Vec<_>>(), expected, "{name} {values}");
    }
    let page = ok(&cloud, "DescribeAddresses", &json!({ "Offset": 1, "Limit": 1 }));
    assert_eq!((&page["TotalCount"], &page["AddressSet"][0]), (&json!(2), &shown));
    let both = json!({
        "AddressIds": [id], "Filters": [{ "Name": "address-id", "Values": [id] }],
    });
    assert_eq!(code(&cloud, "DescribeAddresses", &both), "InvalidParameter");
    let unknown = json!({ "Filters": [{ "Name": "color", "Values": ["red"] }] });
    assert_eq!(code(&cloud, "DescribeAddresses", &unknown), "InvalidParameter.InvalidFilter");
    let malformed = json!({ "AddressIds": ["x"] });
    let expected = "InvalidParameterValue.AddressIdMalformed";
    assert_eq!(code(&cloud, "DescribeAddresses", &malformed), expected);
}

#[test]
fn ordinary_addresses_are_listed_only_on_request() {
    let cloud = cloud();
    let instance = launch_public(&cloud);
    let shown = describe(&cloud, &instance);
    assert_eq!(list(&cloud, &json!({})), [json!(null); 0]);
    let filter = json!({ "Filters": [{ "Name": "address-type", "Values": ["WanIP"] }] });
    let expected = json!({
        "AddressId": instance.replace("ins-", "eip-"),
        "AddressName": "gateway",
        "AddressStatus": "BIND",
        "AddressIp": shown["PublicIpAddresses"][0],
        "InstanceId": instance,
        "CreatedTime": "2023-11-14T22:13:20Z",
        "NetworkInterfaceId": instance.replace("ins-", "eni-"),
        "PrivateAddressIp": shown["PrivateIpAddresses"][0],
        "IsArrears": false,
        "IsBlocked": false,
        "IsEipDirectConnection": false,
        "AddressType": "WanIP",
        "CascadeRelease": false,
        "EipAlgType": { "Ftp": true, "Sip": true },
        "InternetServiceProvider": "BGP",
        "LocalBgp": false,
        "Bandwidth": 5,
        "InternetChargeType": ONLINE,
        "TagSet": [],
        "DeadlineDate": null,
        "InstanceType": "CVM",
        "Egress": "center_egress1",
        "BandwidthPackageId": null,
    });
    assert_eq!(list(&cloud, &filter), [expected]);
}

/// Terraform releases such an address twice: first it is isolated.
#[test]
fn monthly_address_is_isolated_before_its_release() {
    let cloud = cloud();
    let monthly = |flag: u64| {
        json!({ "InternetChargeType": "BANDWIDTH_PREPAID_BY_MONTH",
            "AddressChargePrepaid": { "Period": 1, "AutoRenewFlag": flag } })
    };
    let [renewed, ended] = [1, 0].map(|flag| allocate(&cloud, &monthly(flag)).remove(0));
    let hourly = allocate_one(&cloud);
    let mixed = json!({ "AddressIds": [renewed, hourly] });
    let expected = "InvalidParameterValue.AddressInternetChargeTypeConflict";
    assert_eq!(code(&cloud, "ReleaseAddresses", &mixed), expected);
    let shown = |id: &str| {
        let address = address(&cloud, id);
        let member = |name: &str| address[name].clone();
        (member("DeadlineDate"), member("RenewFlag"), member("IsArrears"))
    };
    let (auto, manual) = (json!("NOTIFY_AND_AUTO_RENEW"), json!("NOTIFY_AND_MANUAL_RENEW"));
    assert_eq!(shown(&renewed), (json!("2023-12-14"), auto.clone(), json!(false)));
    advance(&cloud, 40 * 86_400);
    assert_eq!(shown(&renewed), (json!("2024-01-14"), auto.clone(), json!(false)));
    assert_eq!(shown(&ended), (json!("2023-12-14"), manual, json!(true)));
    let instance = launch_running(&cloud, json!({}));
    let refused = code(&cloud, "AssociateAddress", &bind(&ended, &instance));
    assert_eq!(refused, "OperationDenied.AddressInArrears");
    ok(&cloud, "ReleaseAddresses", &json!({ "AddressIds": [renewed] }));
    advance(&cloud, 2);
    assert_eq!(shown(&renewed), (json!("2024-01-14"), auto, json!(true)));
    ok(&cloud, "ReleaseAddresses", &json!({ "AddressIds": [renewed] }));
    advance(&cloud, 2);
    assert_eq!(list(&cloud, &json!({ "AddressIds": [renewed] })), [json!(null); 0]);
}

#[test]
fn addresses_belong_to_one_account_and_one_region() {
    let cloud = cloud();
    let id = allocate_one(&cloud);
    let other = Credential::new("AKIDOTHER", "another-secret-key").unwrap();
    cloud.add_account(other.clone()).unwrap();
    let release = Call::of("vpc", VERSION, "ReleaseAddresses");
    for call in [Call { credential: other, ..release.clone() }, release.region("ap-shanghai")] {
        let response = read(&cloud.handle(&call.json(json!({ "AddressIds": [id] }).to_string())));
        assert_eq!(error_code(&response), "InvalidAddressId.NotFound");
    }
    assert_eq!(status(&cloud, &id), "UNBIND");
}

/// Terraform reads and changes the tags of an address in the tag service.
#[test]
fn tag_service_has_the_tags_of_addresses() {
    let cloud = cloud();
    let tags = json!([{ "Key": "team", "Value": "blue" }]);
    let id = allocate(&cloud, &json!({ "Tags": tags })).remove(0);
    let call = |action: &str, body: Value| {
        read(&cloud.handle(&Call::of("tag", "2018-08-13", action).json(body.to_string())))
    };
    let listed = call(
        "DescribeResourceTagsByResourceIds",
        json!({ "ServiceType": "vpc", "ResourcePrefix": "eip", "ResourceRegion": "ap-guangzhou",
            "ResourceIds": [id] }),
    );
    assert_eq!(listed["Tags"][0]["TagValue"], "blue", "{listed}");
    let name = format!("qcs::vpc:ap-guangzhou:uin/:eip/{id}");
    let change = json!({ "Resource": name,
        "ReplaceTags": [{ "TagKey": "team", "TagValue": "red" }] });
    assert!(call("ModifyResourceTags", change).get("Error").is_none());
    assert_eq!(address(&cloud, &id)["TagSet"], json!([{ "Key": "team", "Value": "red" }]));
}

#[test]
fn unknown_task_is_refused() {
    let cloud = cloud();
    allocate_one(&cloud);
    let result = |body: Value| code(&cloud, "DescribeTaskResult", &body);
    assert_eq!(result(json!({})), "MissingParameter");
    assert_eq!(result(json!({ "TaskId": 1 })), "InvalidParameter");
    assert_eq!(result(json!({ "TaskId": 70_000_000 })), "InvalidParameter");
    assert_eq!(result(json!({ "DealName": "20230101" })), "UnsupportedOperation");
}
