//! Scenarios through signed requests: the example of the chapter, and accounts that do not see each other.

use cvm_emulator::{Cloud, Scenario};
use cvm_signer::Credential;
use serde_json::{Value, json};

use crate::support::*;

const CHAPTER: &str = include_str!("../../SCENARIOS.md");

fn example() -> Scenario {
    let (_, rest) = CHAPTER.split_once("```yaml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    Scenario::parse(text).unwrap()
}

fn cloud_of(scenario: Scenario) -> Cloud {
    builder().scenario(scenario).build().unwrap()
}

fn shop() -> Credential {
    Credential::new("AKIDSHOP", "secret-key-of-shop").unwrap()
}

fn partner() -> Credential {
    Credential::new("AKIDPARTNER", "secret-key-of-partner").unwrap()
}

fn by(credential: Credential, cloud: &Cloud, call: Call, body: &Value) -> Value {
    read(&cloud.handle(&Call { credential, ..call }.json(body.to_string())))
}

fn total(credential: Credential, cloud: &Cloud, call: Call) -> Value {
    by(credential, cloud, call, &json!({}))["TotalCount"].clone()
}

#[test]
fn example_of_the_chapter_has_everything_that_it_describes() {
    let cloud = cloud_of(example());
    cloud.faults().clear();
    let instances = |name: &str| {
        let body = json!({ "Filters": [{ "Name": "instance-name", "Values": [name] }] });
        by(shop(), &cloud, Call::new("DescribeInstances"), &body)["InstanceSet"][0].clone()
    };
    assert_eq!(total(shop(), &cloud, Call::new("DescribeInstances")), 2002);
    assert_eq!(total(partner(), &cloud, Call::new("DescribeInstances")), 1);
    let web = instances("web2000");
    assert_eq!(
        (&web["InstanceType"], &web["InstanceState"]),
        (&json!("S5.MEDIUM4"), &json!("RUNNING"))
    );
    assert_eq!(web["CreatedTime"], "2023-10-15T22:13:20Z");
    let database = instances("database");
    assert_eq!(
        (&database["InstanceId"], &database["DisableApiTermination"]),
        (&json!("ins-database"), &json!(true))
    );
    assert_eq!(database["DataDisks"].as_array().map(Vec::len), Some(1));
    assert_eq!(instances("old")["InstanceState"], "STOPPED");
    let addresses = Call::of("vpc", VERSION, "DescribeAddresses");
    assert_eq!(total(shop(), &cloud, addresses.clone()), 1);
    assert_eq!(total(partner(), &cloud, addresses), 0);
    let tasks = json!({ "Limit": 10, "Offset": 0 });
    let tasks = by(shop(), &cloud, Call::new("DescribeTaskInfo"), &tasks);
    assert_eq!(tasks["RepairTaskInfoSet"][0]["InstanceId"], "ins-database");
    let hosts = json!({ "Limit": 10, "Offset": 0 });
    assert_eq!(by(shop(), &cloud, Call::new("DescribeChcHosts"), &hosts)["TotalCount"], 1);
    let sold_out = json!({ "Placement": { "Zone": "ap-guangzhou-6" }, "InstanceType": "S5.2XLARGE16", "ImageId": IMAGE });
    let response = by(shop(), &cloud, Call::new("RunInstances"), &sold_out);
    assert_eq!(error_code(&response), "ResourceInsufficient.SpecifiedInstanceType");
}

#[test]
fn accounts_of_a_scenario_reach_each_other_only_by_roles_and_shared_images() {
    let cloud = cloud_of(example());
    cloud.faults().clear();
    for (action, body) in [
        ("StopInstances", json!({ "InstanceIds": ["ins-database"] })),
        ("TerminateInstances", json!({ "InstanceIds": ["ins-database"] })),
        (
            "ModifyInstancesAttribute",
            json!({ "InstanceIds": ["ins-database"], "InstanceName": "mine" }),
        ),
        ("CreateImage", json!({ "InstanceId": "ins-database", "ImageName": "stolen" })),
        ("DescribeInstanceVncUrl", json!({ "InstanceId": "ins-database" })),
    ] {
        let response = by(partner(), &cloud, Call::new(action), &body);
        let code = error_code(&response);
        assert!(code.starts_with("InvalidInstanceId"), "{action}: {code}");
    }
    let own = by(
        partner(),
        &cloud,
        Call::new("DescribeImages"),
        &json!({ "Filters":
        [{ "Name": "image-type", "Values": ["SHARED_IMAGE"] }] }),
    );
    assert_eq!(own["ImageSet"][0]["ImageName"], "golden");
    // The role demands its external id, and then acts in the account that it belongs to.
    let role = |members: Value| {
        let body = json!({ "RoleArn": "qcs::cam::uin/100000000001:roleName/deployer",
            "RoleSessionName": "release" });
        let call = Call::of("sts", "2018-08-13", "AssumeRole");
        by(partner(), &cloud, call, &merge(body, members))
    };
    let refused = role(json!({ "ExternalId": "guess" }));
    assert!(refused.get("Error").is_some(), "{refused}");
    let assumed = role(json!({ "ExternalId": "partner-7" }));
    let part = |name: &str| string(&assumed["Credentials"][name]);
    let credential = Credential::new(part("TmpSecretId"), part("TmpSecretKey")).unwrap();
    let call = Call { token: Some(part("Token")), ..Call::new("DescribeInstances") };
    assert_eq!(total(credential, &cloud, call), 2002);
}

#[test]
fn large_groups_of_instances_are_created() {
    let text = "
accounts:
  - regions:
      ap-shanghai:
        vpcs:
          - name: fleet
            cidr: 10.0.0.0/16
            subnets: [{ name: fleet, zone: ap-shanghai-2, cidr: 10.0.0.0/16 }]
        instances: [{ name: node, count: 20000, subnets: [fleet] }]
";
    let cloud =
        builder().credential(shop()).scenario(Scenario::parse(text).unwrap()).build().unwrap();
    let call = Call::new("DescribeInstances").region("ap-shanghai");
    assert_eq!(total(shop(), &cloud, call), 20_000);
}
