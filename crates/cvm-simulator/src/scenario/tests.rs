//! Scenarios that are applied to a simulator.

use std::time::Duration;

use cvm_protocol::json as model_json;
use serde_json::{Value, json};

use super::{CreatedResource, Scenario};
use crate::{
    AccountId, Command, Parameters, Reply, Request, Response, Simulator, StoredCommand, TimeMode,
    Timestamp, find_region, services,
};

const NOW: u64 = 1_700_000_000;

fn simulator(mode: TimeMode) -> Simulator {
    Simulator::new(1, Timestamp::from_unix(NOW), mode)
}

fn scenario(accounts: Value) -> Scenario {
    serde_json::from_value(accounts).unwrap()
}

/// A scenario of one account with resources in Guangzhou.
fn guangzhou(region: Value) -> Scenario {
    scenario(json!([{ "regions": { "ap-guangzhou": region } }]))
}

fn apply(simulator: &mut Simulator, scenario: &Scenario) -> Result<Vec<CreatedResource>, String> {
    let command = Command::ApplyScenario(Box::new(scenario.clone()));
    match simulator.apply(Duration::ZERO, command) {
        Response::ScenarioApplied(result) => result.map_err(|error| error.to_string()),
        other => panic!("{other:?}"),
    }
}

fn inspect(simulator: &Simulator, account: u32, action: &str, body: Value) -> Value {
    let action = services().into_iter().find_map(|service| service.action(action)).unwrap();
    let region = find_region(simulator.catalog(), action, Some("ap-guangzhou"), false).unwrap();
    let body = body.to_string();
    let request = Request::parse(action, region, &Parameters::Json(body.as_bytes())).unwrap();
    match simulator.inspect(Duration::ZERO, AccountId::nth(account), request) {
        Reply::Response(response) => model_json::to_value(&*response),
        other => panic!("{other:?}"),
    }
}

fn instances(simulator: &Simulator) -> Vec<Value> {
    let response = inspect(simulator, 0, "DescribeInstances", json!({ "Limit": 100 }));
    response["InstanceSet"].as_array().cloned().unwrap_or_default()
}

#[test]
fn instances_have_the_given_states_and_ages() {
    let mut simulator = simulator(TimeMode::Manual);
    let states = [
        ("PENDING", "RUNNING"),
        ("LAUNCH_FAILED", "LAUNCH_FAILED"),
        ("RUNNING", "RUNNING"),
        ("STOPPED", "STOPPED"),
        ("STARTING", "RUNNING"),
        ("STOPPING", "STOPPED"),
        ("REBOOTING", "RUNNING"),
        ("SHUTDOWN", "SHUTDOWN"),
        ("TERMINATING", "gone"),
        ("RESCUE_MODE", "RESCUE_MODE"),
    ];
    let groups: Vec<Value> = states
        .iter()
        .map(|(state, _)| {
            let age = if *state == "PENDING" { "0s" } else { "10d" };
            let kind = if *state == "SHUTDOWN" { "PREPAID" } else { "POSTPAID_BY_HOUR" };
            json!({ "name": state, "state": state, "age": age, "charge_type": kind })
        })
        .collect();
    let created = apply(&mut simulator, &guangzhou(json!({ "instances": groups }))).unwrap();
    assert_eq!(created.len(), states.len());
    let check = |simulator: &Simulator, expected: &dyn Fn(usize) -> &'static str| {
        let shown = instances(simulator);
        for (index, (name, _)) in states.iter().enumerate() {
            let state = shown.iter().find(|it| it["InstanceName"] == *name);
            let state = state.map_or("gone", |it| it["InstanceState"].as_str().unwrap());
            assert_eq!(state, expected(index), "{name}");
        }
    };
    check(&simulator, &|index| states[index].0);
    let running = instances(&simulator);
    let running = running.iter().find(|it| it["InstanceName"] == "RUNNING").unwrap();
    assert_eq!(running["CreatedTime"], "2023-11-04T22:13:20Z");
    simulator.apply(Duration::ZERO, Command::AdvanceClock(Duration::from_secs(60)));
    check(&simulator, &|index| states[index].1);
}

#[test]
fn groups_of_instances_fill_subnets_and_continue_their_numbers() {
    let mut simulator = simulator(TimeMode::Manual);
    let subnet =
        |name: &str, cidr: &str| json!({ "name": name, "cidr": cidr, "zone": "ap-guangzhou-4" });
    let scenario = guangzhou(json!({
        "vpcs": [{ "name": "main", "cidr": "10.0.0.0/16",
            "subnets": [subnet("small", "10.0.0.0/28"), subnet("large", "10.0.16.0/20")] }],
        "instances": [{ "name": "web{R:1,F:4}", "host_name": "web-{R:1}", "count": 1200,
            "subnets": ["small", "large"] }],
    }));
    let created = apply(&mut simulator, &scenario).unwrap();
    let of = |kind: &str| created.iter().find(|it| it.kind == kind).unwrap();
    assert_eq!((of("instances").count, of("instances").name.as_str()), (1200, "web{R:1,F:4}"));
    let small = created.iter().find(|it| it.name == "small").unwrap();
    let filter =
        json!({ "Filters": [{ "Name": "subnet-id", "Values": [small.id] }], "Limit": 100 });
    let in_small = inspect(&simulator, 0, "DescribeInstances", filter);
    assert_eq!(in_small["TotalCount"], 13, "a /28 has 16 addresses, of which 3 are reserved");
    let newest = instances(&simulator).remove(0);
    assert_eq!(newest["InstanceName"], "web1200");
    assert_eq!(newest["Placement"]["Zone"], "ap-guangzhou-4");
    let full = guangzhou(json!({
        "vpcs": [{ "name": "other", "cidr": "10.1.0.0/16", "subnets": [subnet("tiny", "10.1.0.0/28")] }],
        "instances": [{ "name": "many", "count": 20, "subnets": ["tiny"] }],
    }));
    let error = apply(&mut simulator, &full).unwrap_err();
    assert!(
        error.starts_with(
            "accounts[0].regions.ap-guangzhou.instances[0].subnets: 13 of 20 instances fill the subnets"
        ),
        "{error}"
    );
}

#[test]
fn invalid_scenario_names_the_place_and_changes_nothing() {
    let mut simulator = simulator(TimeMode::Manual);
    apply(&mut simulator, &guangzhou(json!({ "instances": [{ "name": "first" }] }))).unwrap();
    let before = instances(&simulator);
    let good = json!({ "name": "good" });
    let vpc = json!({ "name": "main", "cidr": "10.0.0.0/16" });
    for (region, place, expected) in [
        (
            json!({ "instances": [good, { "name": "a", "image": "mine" }] }),
            "instances[1].image",
            "no image `mine`",
        ),
        (
            json!({ "instances": [{ "name": "a", "subnets": ["s"] }] }),
            "instances[0].subnets[0]",
            "no subnet `s`",
        ),
        (
            json!({ "instances": [{ "name": "a", "subnets": ["subnet-1a2b3c4d"] }] }),
            "instances[0].subnets[0]",
            "`vpc` must name its VPC",
        ),
        (json!({ "instances": [{ "name": "a", "count": 0 }] }), "instances[0].count", "is 0"),
        (json!({ "instances": [{ "name": "a", "type": "S5.X" }] }), "instances[0]", "S5.X"),
        (
            json!({ "instances": [{ "name": "a", "state": "SHUTDOWN" }] }),
            "instances[0].state",
            "PREPAID",
        ),
        (
            json!({ "instances": [good, good] }),
            "instances[1].name",
            "another instance has the name `good`",
        ),
        (json!({ "vpcs": [vpc, vpc] }), "vpcs[1].name", "another VPC has the name `main`"),
        (json!({ "vpcs": [{ "name": "a", "cidr": "10.0.0.0/99" }] }), "vpcs[0]", "10.0.0.0/99"),
        (
            json!({ "instances": [{ "name": "a", "id": "ins-X" }] }),
            "instances[0].id",
            "`ins-X` is not an id",
        ),
        (
            json!({ "instances": [{ "name": "a", "id": before[0]["InstanceId"] }] }),
            "instances[0].id",
            "is the id of another resource",
        ),
        (
            json!({ "instances": [good], "elastic_ips": [{ "name": "e", "instance": "goood" }] }),
            "elastic_ips[0].instance",
            "did you mean `good`?",
        ),
        (
            json!({ "chc_hosts": [{ "zone": "z", "serial_number": "s" }] }),
            "chc_hosts[0].zone",
            "no zone `z`",
        ),
        (json!({ "instances": [{ "name": "a", "age": "20000d" }] }), "instances", "before 1970"),
    ] {
        let error = apply(&mut simulator, &guangzhou(region)).unwrap_err();
        let place = format!("accounts[0].regions.ap-guangzhou.{place}: ");
        assert!(error.starts_with(&place) && error.contains(expected), "{place} {error}");
    }
    let elsewhere = scenario(json!([{}, { "regions": { "ap-gangzhou": {} } }]));
    let error = apply(&mut simulator, &elsewhere).unwrap_err();
    let expected =
        "accounts[1].regions: there is no region `ap-gangzhou`; did you mean `ap-guangzhou`?";
    assert_eq!(error, expected);
    assert_eq!(simulator.used_regions().len(), 1, "the second account is not open");
    assert_eq!(instances(&simulator), before);
    let vpcs = inspect(&simulator, 0, "DescribeVpcs", json!({}));
    let defaults = vpcs["VpcSet"].as_array().unwrap();
    assert!(defaults.iter().all(|vpc| vpc["IsDefault"] == true), "{vpcs}");
}

#[test]
fn replay_of_a_scenario_gives_the_same_state() {
    let content = guangzhou(json!({
        "images": [{ "name": "base", "os": "CentOS", "version": "7" }],
        "instances": [
            { "name": "old", "age": "40d", "image": "base", "id": "ins-1a2b3c4d" },
            { "name": "new", "count": 3, "state": "STOPPED" },
        ],
        "disks": [{ "name": "data", "type": "CLOUD_SSD", "size_gib": 100, "instance": "old" }],
    }));
    let mut first = simulator(TimeMode::Real);
    // A scenario that is refused takes no id.
    apply(&mut first, &guangzhou(json!({ "instances": [{ "name": "a", "type": "x" }] })))
        .unwrap_err();
    let command = Command::ApplyScenario(Box::new(content));
    let stored = StoredCommand::prepare(&command).unwrap();
    let response = first.apply(Duration::from_secs(7), command);
    let stored = stored.accepted(&first, &response).unwrap();
    let stored: StoredCommand =
        serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();
    let mut second = simulator(TimeMode::Real);
    second.replay(stored).unwrap();
    assert_eq!(instances(&first), instances(&second));
    assert_eq!(instances(&first).len(), 4);
    assert_eq!(instances(&first)[3]["InstanceId"], "ins-1a2b3c4d");
    assert_eq!(instances(&first)[3]["DataDisks"].as_array().map(Vec::len), Some(1));
}

#[test]
fn quotas_limit_and_are_shown() {
    let mut simulator = simulator(TimeMode::Manual);
    let with_quotas = |quotas: Value, region: Value| {
        scenario(json!([{ "quotas": quotas, "regions": { "ap-guangzhou": region } }]))
    };
    let addresses: Vec<Value> =
        (0..25).map(|index| json!({ "name": format!("address-{index}") })).collect();
    let region = json!({ "elastic_ips": addresses, "instances": [{ "name": "a", "count": 2 }] });
    let quotas = json!({ "elastic_ips": 25, "hourly_instances": 2, "images": 7 });
    let error = apply(&mut simulator, &guangzhou(region.clone())).unwrap_err();
    assert!(error.contains("elastic_ips[20]: ") && error.contains("at most 20"), "{error}");
    apply(&mut simulator, &with_quotas(quotas, region)).unwrap();
    let one_more = guangzhou(json!({ "instances": [{ "name": "a", "count": 1 }] }));
    let error = apply(&mut simulator, &one_more).unwrap_err();
    assert!(error.contains("LimitExceeded.InstanceQuota"), "{error}");
    let shown = inspect(&simulator, 0, "DescribeImageQuota", json!({}));
    assert_eq!(shown["ImageNumQuota"], 7);
    let shown = inspect(&simulator, 0, "DescribeAccountQuota", json!({}));
    let first = &shown["AccountQuotaOverview"]["AccountQuota"]["PostPaidQuotaSet"][0];
    assert_eq!((&first["TotalQuota"], &first["UsedQuota"]), (&json!(2), &json!(2)), "{first}");
}

#[test]
fn accounts_share_images_and_have_their_own_resources() {
    let mut simulator = simulator(TimeMode::Manual);
    let content = scenario(json!([
        { "name": "owner", "regions": { "ap-guangzhou": {
            "images": [{ "name": "golden", "os": "CentOS", "version": "7", "share_with": ["user"] }] } } },
        { "name": "user", "regions": { "ap-guangzhou": {
            "instances": [{ "name": "web", "image": "golden" }] } } },
    ]));
    apply(&mut simulator, &content).unwrap();
    assert_eq!(instances(&simulator).len(), 0);
    let images = inspect(&simulator, 1, "DescribeImages", json!({ "Limit": 100 }));
    let shared: Vec<_> = images["ImageSet"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|image| image["ImageType"] == "SHARED_IMAGE")
        .collect();
    assert_eq!(shared.len(), 1);
    let of_user = inspect(&simulator, 1, "DescribeInstances", json!({}));
    assert_eq!(of_user["InstanceSet"][0]["ImageId"], shared[0]["ImageId"]);
    let unknown = scenario(json!([{ "regions": { "ap-guangzhou": {
        "images": [{ "name": "i", "os": "CentOS", "version": "7", "share_with": ["nobody"] }] } } }]));
    let error = apply(&mut simulator, &unknown).unwrap_err();
    let place = "accounts[0].regions.ap-guangzhou.images[0].share_with[0]: ";
    assert!(error.starts_with(place) && error.contains("`nobody`"), "{error}");
}

#[test]
fn everything_that_is_not_an_instance_is_created() {
    let mut simulator = simulator(TimeMode::Manual);
    let content = guangzhou(json!({
        "security_groups": [{ "name": "web",
            "ingress": [{ "protocol": "TCP", "port": "443", "cidr": "0.0.0.0/0" }, { "cidr": "10.0.0.0/8" }] }],
        "instances": [{ "name": "one", "security_groups": ["web"] }],
        "elastic_ips": [{ "name": "front", "instance": "one", "id": "eip-1a2b3c4d" }],
        "disks": [{ "name": "free", "type": "CLOUD_PREMIUM", "size_gib": 50 }],
        "maintenance": [{ "instance": "one", "reason": "DiskFault", "method": "Shutdown", "deadline": "3d" }],
        "chc_hosts": [{ "zone": "ap-guangzhou-3", "serial_number": "SN-1", "id": "chc-1a2b3c4d" }],
    }));
    let created = apply(&mut simulator, &content).unwrap();
    let id = |kind: &str| created.iter().find(|it| it.kind == kind).unwrap().id.clone();
    let policies = json!({ "SecurityGroupId": id("security_groups") });
    let policies = inspect(&simulator, 0, "DescribeSecurityGroupPolicies", policies);
    let ingress = &policies["SecurityGroupPolicySet"]["Ingress"];
    assert_eq!(
        (&ingress[0]["Port"], &ingress[1]["CidrBlock"]),
        (&json!("443"), &json!("10.0.0.0/8"))
    );
    let address = &inspect(&simulator, 0, "DescribeAddresses", json!({}))["AddressSet"][0];
    assert_eq!(
        (&address["AddressId"], &address["AddressStatus"]),
        (&json!("eip-1a2b3c4d"), &json!("BIND"))
    );
    let disks = inspect(&simulator, 0, "DescribeDisks", json!({ "DiskIds": [id("disks")] }));
    assert_eq!(disks["DiskSet"][0]["DiskState"], "UNATTACHED");
    let tasks = inspect(&simulator, 0, "DescribeTaskInfo", json!({ "Limit": 10, "Offset": 0 }));
    assert_eq!(tasks["RepairTaskInfoSet"][0]["TaskId"], id("maintenance"));
    let hosts = inspect(&simulator, 0, "DescribeChcHosts", json!({ "Limit": 10, "Offset": 0 }));
    assert_eq!(hosts["ChcHostSet"][0]["ChcId"], "chc-1a2b3c4d");
}
