//! The examples of the service's documentation, with every parameter, in every dialect.

use cvm_protocol::percent;
use serde_json::{Value, json};

use crate::support::*;

const TYPES: &[(&str, &str)] = &[
    ("Filters.0.Name", "zone"),
    ("Filters.0.Values.0", "ap-guangzhou-2"),
    ("Filters.1.Name", "instance-family"),
    ("Filters.1.Values.0", "S2"),
];

/// The parameters of a documented sample of `RunInstances`.
fn launch_sample(file: &str) -> Vec<(String, String)> {
    let sample: Value = serde_json::from_str(file).unwrap();
    let mut pairs = percent::decode_pairs(sample["query"].as_str().unwrap()).unwrap();
    pairs.retain(|(name, _)| name != "Action" && name != "Version");
    pairs
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

const POSTPAID: &str =
    include_str!("../../../../tests/fixtures/documented-samples/launch-postpaid.json");
const PREPAID: &str =
    include_str!("../../../../tests/fixtures/documented-samples/launch-prepaid.json");

#[test]
fn documented_tutorial_works_in_every_dialect() {
    let launch = launch_sample(POSTPAID);
    for dialect in DIALECTS {
        let cloud = cloud();
        let call = |action: &str, pairs: &[(&str, &str)]| {
            let response = read(&cloud.handle(&Call::new(action).pairs(dialect, pairs)));
            assert!(response.get("Error").is_none(), "{dialect:?} {action}: {response}");
            response
        };
        let configs = call("DescribeInstanceTypeConfigs", TYPES);
        let configs = configs["InstanceTypeConfigSet"].as_array().unwrap();
        let fits = |one: &&Value| one["CPU"] == 2 && one["Memory"] == 4;
        let found: Vec<_> = configs.iter().filter(fits).collect();
        assert_eq!(found.len(), 1, "{dialect:?}");
        assert_eq!(found[0]["InstanceType"], "S2.MEDIUM4");
        assert_eq!(found[0]["InstanceFamily"], "S2");
        assert_eq!(found[0]["Zone"], "ap-guangzhou-2");

        let response = call("RunInstances", &borrowed(&launch));
        let ids = response["InstanceIdSet"].as_array().unwrap();
        assert_eq!(ids.len(), 1, "{dialect:?}");
        let id = ids[0].as_str().unwrap();
        advance(&cloud, 20);
        let actual = describe(&cloud, id);
        for (pointer, expected) in [
            ("/InstanceState", json!("RUNNING")),
            ("/Placement/Zone", json!("ap-guangzhou-2")),
            ("/SystemDisk/DiskType", json!("LOCAL_BASIC")),
            ("/DataDisks/0/DiskType", json!("LOCAL_BASIC")),
            ("/DataDisks/0/DiskSize", json!(100)),
            ("/InternetAccessible/InternetMaxBandwidthOut", json!(10)),
            ("/InstanceName", json!("QCLOUD-TEST")),
        ] {
            assert_eq!(actual.pointer(pointer), Some(&expected), "{dialect:?} {pointer}");
        }
        assert_eq!(actual["PublicIpAddresses"].as_array().unwrap().len(), 1, "{dialect:?}");
        assert!(!actual.to_string().contains("Qcloud@"), "{dialect:?}");

        let response = call("TerminateInstances", &[("InstanceIds.0", id)]);
        assert_eq!(response.as_object().unwrap().len(), 1, "{dialect:?}");
        advance(&cloud, 10);
        assert_eq!(state(&cloud, id), "gone", "{dialect:?}");
    }
}

#[test]
fn documented_prepaid_example_works() {
    let cloud = cloud();
    let launch = launch_sample(PREPAID);
    let request = Call::new("RunInstances").v1(Dialect::OldGateway, &borrowed(&launch));
    let response = read(&cloud.handle(&request));
    let actual = describe(&cloud, response["InstanceIdSet"][0].as_str().unwrap());
    assert_eq!(actual["RenewFlag"], "NOTIFY_AND_AUTO_RENEW");
    assert_eq!(actual["ExpiredTime"], "2023-12-14T22:13:20Z");
}

#[test]
fn documented_minimal_example_works() {
    let cloud = cloud();
    let pairs = [("Placement.Zone", "ap-guangzhou-2"), ("ImageId", "img-pmqg1cw7")];
    let request = Call::new("RunInstances").v1(Dialect::OldGateway, &pairs);
    let response = read(&cloud.handle(&request));
    assert_eq!(response["InstanceIdSet"].as_array().map(Vec::len), Some(1), "{response}");
}

#[test]
fn documented_old_ids_are_well_formed() {
    let cloud = cloud();
    let pairs = [("InstanceIds.0", "ins-r8hr2upy"), ("InstanceIds.1", "ins-5d8a23rs")];
    let request = Call::new("TerminateInstances").v1(Dialect::V1Sha256Get, &pairs);
    assert_eq!(error_code(&read(&cloud.handle(&request))), "InvalidInstanceId.NotFound");
}
