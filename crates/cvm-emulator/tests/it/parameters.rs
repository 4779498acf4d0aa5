//! Parameter validation: each kind of invalid parameter has its error code.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::support::*;

#[test]
fn missing_required_parameters_are_reported() {
    let cloud = cloud();
    for action in ["StartInstances", "StopInstances", "RebootInstances", "TerminateInstances"] {
        for body in [json!({}), json!({ "InstanceIds": [] }), json!({ "InstanceIds": null })] {
            assert_eq!(send_err(&cloud, action, body), "MissingParameter", "{action}");
        }
    }
    assert_eq!(send_err(&cloud, "RunInstances", json!({ "ImageId": IMAGE })), "MissingParameter");
    let zone = json!({ "Placement": { "Zone": "ap-guangzhou-3" } });
    assert_eq!(send_err(&cloud, "RunInstances", zone), "MissingParameter");
    let prepaid = run_request(json!({ "InstanceChargeType": "PREPAID" }));
    assert_eq!(send_err(&cloud, "RunInstances", prepaid), "MissingParameter");
    let no_period =
        run_request(json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": {} }));
    assert_eq!(send_err(&cloud, "RunInstances", no_period), "MissingParameter");
}

#[test]
fn unknown_parameters_are_reported() {
    let cloud = cloud();
    let response = send(&cloud, "DescribeInstances", json!({ "limit": 1 }));
    assert_eq!(error_code(&response), "UnknownParameter");
    assert!(response["Error"]["Message"].as_str().unwrap().contains("`limit`"), "{response}");
    let deep = run_request(json!({ "SystemDisk": { "Size": 50 } }));
    let response = send(&cloud, "RunInstances", deep);
    assert_eq!(error_code(&response), "UnknownParameter");
    assert!(response["Error"]["Message"].as_str().unwrap().contains("`SystemDisk.Size`"));
}

#[test]
fn value_types_are_checked() {
    let cloud = cloud();
    for (name, value) in [
        ("InstanceCount", json!("many")),
        ("InstanceCount", json!(1.5)),
        ("InstanceCount", json!({})),
        ("InstanceCount", json!([1])),
        ("InstanceCount", json!(u64::MAX)),
        ("InstanceName", json!(5)),
        ("InstanceName", json!(true)),
        ("InstanceName", json!(["web"])),
        ("DryRun", json!("perhaps")),
        ("Placement", json!("ap-guangzhou-3")),
        ("SecurityGroupIds", json!("sg-12345678")),
        ("SecurityGroupIds", json!([null])),
        ("DataDisks", json!({})),
    ] {
        let body = run_request(json!({ name: value }));
        assert_eq!(send_err(&cloud, "RunInstances", body), "InvalidParameter", "{name} {value}");
    }
    // The service accepts numbers and booleans written as strings.
    let body = run_request(json!({ "InstanceCount": "2", "DryRun": "TRUE" }));
    send_ok(&cloud, "RunInstances", body);
}

#[test]
fn body_must_be_one_json_object() {
    let cloud = cloud();
    for body in ["", "null", "[]", "{", "{} {}", "{\"Limit\":1,\"Limit\":2}", "\u{feff}{}"] {
        let request = Call::new("DescribeInstances").json(Bytes::from(body.to_owned()));
        let response = read(&cloud.handle(&request));
        assert_eq!(error_code(&response), "InvalidParameter", "{body}");
    }
}

#[test]
fn error_messages_do_not_contain_secrets() {
    let cloud = cloud();
    for password in [json!("Sho0rt!"), json!("no-kinds-at-all-though-it-is-very-long-indeed")] {
        let body = run_request(json!({ "LoginSettings": { "Password": password } }));
        let response = send(&cloud, "RunInstances", body);
        assert_eq!(error_code(&response), "InvalidPassword");
        assert!(!response.to_string().contains(password.as_str().unwrap()), "{response}");
    }
}

#[test]
fn ranges_and_value_sets_use_documented_codes() {
    let cloud = cloud();
    let prepaid = |period: i64| json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": period } });
    let disk = |kind: &str| json!({ "SystemDisk": { "DiskType": kind } });
    let tag = json!({ "TagSpecification": [{ "ResourceType": "vpc",
        "Tags": [{ "Key": "a", "Value": "b" }] }] });
    for (members, expected) in [
        (json!({ "InstanceCount": 0 }), "InvalidParameterValue.Range"),
        (json!({ "InstanceCount": 501 }), "InvalidParameterValue.Range"),
        (prepaid(13), "InvalidPeriod"),
        (json!({ "InstanceChargeType": "FREE" }), "InvalidParameterValue"),
        (disk("FLOPPY"), "InvalidParameterValue"),
        (tag, "InvalidParameterValue"),
        (json!({ "InstanceName": "n".repeat(129) }), "InvalidInstanceName.TooLong"),
        (json!({ "ClientToken": "t".repeat(65) }), "InvalidClientToken.TooLong"),
        (json!({ "HostName": "h" }), "InvalidParameterValue.IllegalHostName"),
        (json!({ "ImageId": "image-1" }), "InvalidImageId.Malformed"),
        (json!({ "SecurityGroupIds": ["group"] }), "InvalidParameterValue.IncorrectFormat"),
        (
            json!({ "VirtualPrivateCloud": { "VpcId": "v", "SubnetId": "subnet-1" } }),
            "InvalidParameterValue.VpcIdMalformed",
        ),
        (
            json!({ "LoginSettings": { "Password": "Abcdefg1", "KeyIds": ["skey-12345678"] } }),
            "InvalidParameterCombination",
        ),
        (json!({ "UserData": "A".repeat(4 * 5462) }), "InvalidParameterValue.TooLarge"),
        (
            json!({ "Metadata": { "Items": [{ "Key": "a b", "Value": "c" }] } }),
            "InvalidParameterValue.IncorrectFormat",
        ),
    ] {
        let code = send_err(&cloud, "RunInstances", run_request(members.clone()));
        assert_eq!(code, expected, "{members}");
    }
}

#[test]
fn exactly_one_of_several_parameters_is_required() {
    let cloud = cloud();
    let image = json!({ "ImageName": "image", "InstanceId": "ins-12345678",
        "SnapshotIds": ["snap-12345678"] });
    let resize = json!({ "InstanceId": "ins-12345678", "SystemDisk": { "DiskSize": 60 },
        "DataDisks": [{ "DiskSize": 60 }] });
    let host = json!({ "HostIds": ["host-12345678"], "HostName": "host",
        "RenewFlag": "NOTIFY_AND_AUTO_RENEW" });
    for (action, both, members, expected) in [
        (
            "CreateImage",
            image,
            ["InstanceId", "SnapshotIds"],
            ["InvalidParameter.SpecifyOneParameter", "InvalidParameterConflict"],
        ),
        (
            "ResizeInstanceDisks",
            resize,
            ["SystemDisk", "DataDisks"],
            ["MissingParameter.AtLeastOne", "InvalidParameter"],
        ),
        (
            "ModifyHostsAttribute",
            host,
            ["HostName", "RenewFlag"],
            ["MissingParameter", "InvalidParameter"],
        ),
    ] {
        let mut none = both.clone();
        for member in members {
            none.as_object_mut().unwrap().remove(member);
        }
        let codes = [none, both].map(|body| send_err(&cloud, action, body));
        assert_eq!(codes, expected, "{action}");
    }
}

#[test]
fn key_pair_name_has_specific_error_codes() {
    let cloud = cloud();
    for (name, expected) in [
        (json!(null), "MissingParameter"),
        (json!(""), "InvalidKeyPairNameEmpty"),
        (json!("x".repeat(26)), "InvalidKeyPairNameTooLong"),
        (json!("a-b"), "InvalidKeyPairNameIncludeIllegalChar"),
    ] {
        let code = send_err(&cloud, "CreateKeyPair", json!({ "KeyName": name, "ProjectId": 0 }));
        assert_eq!(code, expected, "{name}");
    }
}

#[test]
fn id_format_is_checked() {
    let cloud = cloud();
    for id in ["ins-1122", "ins-1234567", "ins-1234567X", "i-12345678", "ins-"] {
        for action in ["StopInstances", "DescribeInstances", "DescribeInstancesStatus"] {
            let code = send_err(&cloud, action, json!({ "InstanceIds": [id] }));
            assert_eq!(code, "InvalidInstanceId.Malformed", "{action} {id}");
        }
    }
    for id in ["ins-12345678", "ins--dcs9x3gz"] {
        let code = send_err(&cloud, "StopInstances", json!({ "InstanceIds": [id] }));
        assert_eq!(code, "InvalidInstanceId.NotFound", "{id}");
    }
}

#[test]
fn list_length_is_checked() {
    let cloud = cloud();
    let ids = |count: usize| -> Vec<_> { (0..count).map(|at| format!("ins-{at:08}")).collect() };
    for action in ["StartInstances", "StopInstances", "RebootInstances", "TerminateInstances"] {
        let code = send_err(&cloud, action, json!({ "InstanceIds": ids(101) }));
        assert_eq!(code, "InvalidParameterValue.LimitExceeded", "{action}");
        let code = send_err(&cloud, action, json!({ "InstanceIds": ids(100) }));
        assert_eq!(code, "InvalidInstanceId.NotFound", "{action}");
    }
    let two = json!({ "InstanceIds": ids(2), "InstanceType": "S5.MEDIUM4" });
    let code = send_err(&cloud, "ResetInstancesType", two);
    assert_eq!(code, "InvalidParameterValue.LimitExceeded");
}

#[test]
fn page_limits_are_checked() {
    let cloud = cloud();
    for (members, code_of_images, code_of_instances) in [
        (
            json!({ "Limit": 101 }),
            "InvalidParameterValue.InvalidParameterValueLimit",
            "InvalidParameterValue",
        ),
        (
            json!({ "Limit": 0 }),
            "InvalidParameterValue.InvalidParameterValueLimit",
            "InvalidParameterValue",
        ),
        (json!({ "Offset": -1 }), "InvalidParameter", "InvalidParameterValue"),
    ] {
        assert_eq!(send_err(&cloud, "DescribeImages", members.clone()), code_of_images);
        assert_eq!(send_err(&cloud, "DescribeInstances", members.clone()), code_of_instances);
        assert_eq!(send_err(&cloud, "DescribeInstancesStatus", members), code_of_instances);
    }
}

#[test]
fn ids_and_filters_are_mutually_exclusive() {
    let cloud = cloud();
    let filters = json!([{ "Name": "zone", "Values": ["ap-guangzhou-3"] }]);
    let both = json!({ "InstanceIds": ["ins-12345678"], "Filters": filters });
    assert_eq!(send_err(&cloud, "DescribeInstances", both), "InvalidParameter");
    let filters = json!([{ "Name": "platform", "Values": ["CentOS"] }]);
    let both = json!({ "ImageIds": [IMAGE], "Filters": filters });
    let expected = "InvalidParameter.InvalidParameterCoexistImageIdsFilters";
    assert_eq!(send_err(&cloud, "DescribeImages", both), expected);
}

#[test]
fn number_of_filters_is_limited() {
    let cloud = cloud();
    let filters = |count: usize| -> Value {
        let one = json!({ "Name": "zone", "Values": ["ap-guangzhou-3"] });
        json!({ "Filters": vec![one; count] })
    };
    for action in ["DescribeInstances", "DescribeInstanceTypeConfigs"] {
        send_ok(&cloud, action, filters(10));
        let code = send_err(&cloud, action, filters(11));
        assert_eq!(code, "InvalidFilterValue.LimitExceeded", "{action}");
    }
    let two = json!({ "Filters": [{ "Name": "zone", "Values": ["a", "b"] }] });
    let code = send_err(&cloud, "DescribeInstanceTypeConfigs", two);
    assert_eq!(code, "InvalidFilterValue.LimitExceeded");
}

#[test]
fn query_form_is_validated_like_json() {
    let cloud = cloud();
    let codes = |action: &str, pairs: &[(&str, &str)]| {
        let call = Call::new(action);
        [Dialect::Tc3Get, Dialect::V1Sha1, Dialect::OldGateway]
            .map(|dialect| error_code(&read(&cloud.handle(&call.pairs(dialect, pairs)))).to_owned())
    };
    for (action, pairs, expected) in [
        ("DescribeInstances", &[("Limit", "x")][..], "InvalidParameter"),
        ("DescribeInstances", &[("Limit.0", "1")], "InvalidParameter"),
        ("DescribeInstances", &[("InstanceIds", "ins-12345678")], "InvalidParameter"),
        ("DescribeInstances", &[("InstanceIds.x", "ins-12345678")], "InvalidParameter"),
        ("DescribeInstances", &[("Filters.0", "zone")], "InvalidParameter"),
        ("DescribeInstances", &[("limit", "1")], "UnknownParameter"),
        ("DescribeInstances", &[("Limit", "101")], "InvalidParameterValue"),
        ("DescribeInstances", &[("Filters.0.Name", "zone")], "MissingParameter"),
        ("StopInstances", &[], "MissingParameter"),
    ] {
        assert_eq!(codes(action, pairs), [expected; 3], "{action} {pairs:?}");
    }
}

#[test]
fn duplicate_parameters_are_rejected() {
    let cloud = cloud();
    let call = Call::new("DescribeInstanceTypeConfigs");
    // The signer rejects such a request, so the duplicate is added after signing.
    let first = [("Filters.1.Name", "zone"), ("Filters.1.Values.1", "ap-guangzhou-2")];
    for dialect in [Dialect::V1Sha256Get, Dialect::OldGateway] {
        let mut request = call.pairs(dialect, &first);
        let uri = format!("{}&Filters.1.Name=instance-family", request.uri());
        *request.uri_mut() = uri.parse().unwrap();
        let response = read(&cloud.handle(&request));
        assert_eq!(error_code(&response), "InvalidParameter", "{dialect:?}");
    }
    let twice = [("Limit", "1"), ("Limit", "1")];
    let response = read(&cloud.handle(&Call::new("DescribeInstances").query(&twice)));
    assert_eq!(error_code(&response), "InvalidParameter");
}

#[test]
fn list_indexes_may_have_gaps() {
    let cloud = cloud();
    let pairs = [
        ("Filters.7.Name", "zone"),
        ("Filters.7.Values.3", "ap-guangzhou-2"),
        ("Filters.1.Name", "instance-family"),
        ("Filters.1.Values.1", "S2"),
    ];
    for dialect in [Dialect::Tc3Get, Dialect::V1Sha1, Dialect::OldGateway] {
        let request = Call::new("DescribeInstanceTypeConfigs").pairs(dialect, &pairs);
        let response = read(&cloud.handle(&request));
        let configs = response["InstanceTypeConfigSet"].as_array().unwrap();
        assert_eq!(configs.len(), 10, "{dialect:?}: {response}");
    }
}
