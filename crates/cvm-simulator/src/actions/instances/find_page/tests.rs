//! Pages from the index equal those of a naive scan, over random instances and changes; and a page looks at few instances.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::visits;
use crate::{
    AccountId, Catalog, Command, Parameters, Reply, Request, Response, Simulator, TimeMode,
    Timestamp, find_region,
};

const ZONES: [&str; 2] = ["ap-guangzhou-3", "ap-guangzhou-4"];
const CHARGE_TYPES: [&str; 3] = ["POSTPAID_BY_HOUR", "PREPAID", "SPOTPAID"];
const STATES: [&str; 4] = ["RUNNING", "STOPPED", "SHUTDOWN", "PENDING"];

struct Cloud(Simulator);

impl Cloud {
    fn new() -> Self {
        Self(Simulator::new(1, Timestamp::from_unix(1_700_000_000), TimeMode::Manual))
    }

    fn call(&mut self, action: &str, request: &Value) -> Option<Value> {
        let info = match action {
            "TagResources" => tag_models::action(action).unwrap(),
            _ => cvm_models::action(action).unwrap(),
        };
        let region = find_region(Catalog::builtin(), info, Some("ap-guangzhou"), false).unwrap();
        let body = request.to_string();
        let request = Request::parse(info, region, &Parameters::Json(body.as_bytes())).unwrap();
        match self.0.apply(Duration::ZERO, Command::Request(AccountId::FIRST, request)) {
            Response::Reply { reply: Reply::Response(response), .. } => {
                Some(cvm_protocol::json::to_value(&*response))
            }
            _ => None,
        }
    }

    fn advance(&mut self, seconds: u64) {
        self.0.apply(Duration::ZERO, Command::AdvanceClock(Duration::from_secs(seconds)));
    }

    fn list(&mut self, filters: &Value, offset: usize, limit: usize) -> (Vec<Value>, i64) {
        let request = json!({"Filters": filters, "Offset": offset, "Limit": limit});
        let response = self.call("DescribeInstances", &request);
        let response = response.unwrap_or_else(|| panic!("{request} failed"));
        let set = response["InstanceSet"].as_array().cloned().unwrap_or_default();
        (set, response["TotalCount"].as_i64().unwrap())
    }

    fn all(&mut self) -> Vec<Value> {
        let (mut all, total) = self.list(&json!([]), 0, 100);
        while (all.len() as i64) < total {
            all.extend(self.list(&json!([]), all.len(), 100).0);
        }
        all
    }
}

/// A change of the cloud. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Change {
    Launch { zone: usize, charge: usize, subnet: u8, group: u8, tag: u8, count: u8 },
    Terminate(usize),
    Stop(usize),
    Rename(usize, u8),
    Tag(usize, u8),
    Regroup(usize, u8),
    Advance(u64),
}

fn change() -> impl Strategy<Value = Change> {
    let any = 0usize..1000;
    prop_oneof![
        4 => (0..2usize, 0..3usize, 0..3u8, 0..3u8, 0..3u8, 1..4u8).prop_map(
            |(zone, charge, subnet, group, tag, count)| Change::Launch {
                zone, charge, subnet, group, tag, count
            }
        ),
        1 => any.clone().prop_map(Change::Terminate),
        1 => any.clone().prop_map(Change::Stop),
        1 => (any.clone(), 0..3u8).prop_map(|(one, name)| Change::Rename(one, name)),
        1 => (any.clone(), 0..3u8).prop_map(|(one, tag)| Change::Tag(one, tag)),
        1 => (any, 0..3u8).prop_map(|(one, group)| Change::Regroup(one, group)),
        2 => prop_oneof![Just(10), Just(60), Just(40 * 86_400)].prop_map(Change::Advance),
    ]
}

fn apply(cloud: &mut Cloud, change: &Change) {
    let ids: Vec<Value> = cloud.all().iter().map(|it| it["InstanceId"].clone()).collect();
    let pick = |number: usize| ids.get(number % ids.len().max(1)).cloned();
    let on_one = |cloud: &mut Cloud, number: usize, action: &str, mut request: Value| {
        if let Some(id) = pick(number) {
            request["InstanceIds"] = json!([id]);
            // Not every state allows every change.
            cloud.call(action, &request);
        }
    };
    match *change {
        Change::Launch { zone, charge, subnet, group, tag, count } => {
            let subnet = format!("subnet-{zone}{subnet}");
            let mut request = json!({
                "Placement": {"Zone": ZONES[zone], "ProjectId": 0},
                "ImageId": "img-pmqg1cw7", "InstanceType": "S5.MEDIUM4",
                "InstanceChargeType": CHARGE_TYPES[charge], "InstanceCount": count,
                "InstanceName": format!("web-{group}"),
                "VirtualPrivateCloud": {"VpcId": "vpc-1", "SubnetId": subnet},
                "InternetAccessible": {"InternetMaxBandwidthOut": 1, "PublicIpAssigned": tag == 0},
                "SecurityGroupIds": [format!("sg-{group}")],
                "TagSpecification": [{"ResourceType": "instance",
                                      "Tags": [{"Key": "team", "Value": format!("t{tag}")}]}],
            });
            if CHARGE_TYPES[charge] == "PREPAID" {
                request["InstanceChargePrepaid"] = json!({"Period": 1});
            }
            cloud.call("RunInstances", &request);
        }
        Change::Terminate(one) => on_one(cloud, one, "TerminateInstances", json!({})),
        Change::Stop(one) => on_one(cloud, one, "StopInstances", json!({})),
        Change::Rename(one, name) => {
            let request = json!({"InstanceName": format!("db-{name}")});
            on_one(cloud, one, "ModifyInstancesAttribute", request);
        }
        Change::Tag(one, tag) => {
            if let Some(Value::String(id)) = pick(one) {
                let name = format!("qcs::cvm:ap-guangzhou::instance/{id}");
                let tag = json!({"TagKey": "run", "TagValue": format!("t{tag}")});
                cloud.call("TagResources", &json!({"ResourceList": [name], "Tags": [tag]}));
            }
        }
        Change::Regroup(one, group) => {
            let request = json!({"SecurityGroups": [format!("sg-{group}"), "sg-9"]});
            on_one(cloud, one, "ModifyInstancesAttribute", request);
        }
        Change::Advance(seconds) => cloud.advance(seconds),
    }
}

/// Whether an instance matches a filter, by its form in the API.
fn matches(instance: &Value, name: &str, values: &[String]) -> bool {
    let one = |pointer: &str| vec![instance.pointer(pointer).cloned().unwrap_or_default()];
    let list = |pointer: &str| instance.pointer(pointer).and_then(Value::as_array).cloned();
    let tags = list("/Tags").unwrap_or_default();
    let texts: Vec<Value> = match name {
        "zone" => one("/Placement/Zone"),
        "project-id" => vec![json!(instance["Placement"]["ProjectId"].to_string())],
        "vpc-id" => one("/VirtualPrivateCloud/VpcId"),
        "subnet-id" => one("/VirtualPrivateCloud/SubnetId"),
        "instance-id" => one("/InstanceId"),
        "uuid" => one("/Uuid"),
        "instance-charge-type" => one("/InstanceChargeType"),
        "instance-state" => one("/InstanceState"),
        "security-group-id" => list("/SecurityGroupIds").unwrap_or_default(),
        "private-ip-address" => list("/PrivateIpAddresses").unwrap_or_default(),
        "public-ip-address" => list("/PublicIpAddresses").unwrap_or_default(),
        "tag-key" => tags.iter().map(|tag| tag["Key"].clone()).collect(),
        "tag-value" => tags.iter().map(|tag| tag["Value"].clone()).collect(),
        "instance-name" => {
            let name = instance["InstanceName"].as_str().unwrap();
            return values.iter().any(|value| name.contains(value.as_str()));
        }
        name => {
            let key = name.strip_prefix("tag:").unwrap();
            let tags = tags.iter().filter(|tag| tag["Key"] == key);
            tags.map(|tag| tag["Value"].clone()).collect()
        }
    };
    texts.iter().filter_map(Value::as_str).any(|text| values.iter().any(|value| value == text))
}

fn filter() -> impl Strategy<Value = (&'static str, Vec<String>)> {
    let texts = |texts: &'static [&'static str]| {
        proptest::sample::subsequence(texts, 1..=2.min(texts.len()))
            .prop_map(|texts| texts.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    prop_oneof![
        (Just("zone"), texts(&ZONES)),
        (Just("project-id"), texts(&["0", "00", "7"])),
        (Just("vpc-id"), texts(&["vpc-1", "vpc-2"])),
        (Just("subnet-id"), texts(&["subnet-00", "subnet-11", "subnet-12"])),
        (Just("security-group-id"), texts(&["sg-0", "sg-1", "sg-9"])),
        (Just("instance-charge-type"), texts(&CHARGE_TYPES)),
        (Just("instance-state"), texts(&STATES)),
        (Just("instance-name"), texts(&["web", "db-1", "-2"])),
        (Just("tag-key"), texts(&["team", "run", "none"])),
        (Just("tag-value"), texts(&["t0", "t1"])),
        (Just("tag:team"), texts(&["t0", "t1", "t2"])),
        (Just("tag:run"), texts(&["t0", "t1"])),
        // Values that instances have are filled in later.
        (Just("instance-id"), texts(&["/InstanceId"])),
        (Just("uuid"), texts(&["/Uuid"])),
        (Just("private-ip-address"), texts(&["/PrivateIpAddresses/0"])),
        (Just("public-ip-address"), texts(&["/PublicIpAddresses/0"])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn pages_equal_those_of_a_naive_scan(
        changes in proptest::collection::vec(change(), 1..25),
        queries in proptest::collection::vec(
            (proptest::collection::vec(filter(), 0..4), 0usize..8, 1usize..6, 0usize..50),
            1..12,
        ),
    ) {
        let mut cloud = Cloud::new();
        changes.iter().for_each(|change| apply(&mut cloud, change));
        prop_assert!(cloud.0.has_right_indexes(), "a change did not reach the index");
        let all = cloud.all();
        for (filters, offset, limit, example) in queries {
            let example = all.get(example % all.len().max(1)).cloned().unwrap_or_default();
            let fill = |value: String| match example.pointer(&value) {
                Some(Value::String(text)) if value.starts_with('/') => text.clone(),
                _ if value == "/InstanceId" => "ins-00000000".to_owned(),
                _ if value == "/Uuid" => "00000000-0000-0000-0000-000000000000".to_owned(),
                _ if value.starts_with('/') => "192.0.2.1".to_owned(),
                _ => value,
            };
            let filters: Vec<(&str, Vec<String>)> = filters
                .into_iter()
                .map(|(name, values)| (name, values.into_iter().map(fill).collect()))
                .collect();
            let request: Vec<_> = filters
                .iter()
                .map(|(name, values)| json!({"Name": name, "Values": values}))
                .collect();
            let expected: Vec<&Value> = all
                .iter()
                .filter(|it| filters.iter().all(|(name, values)| matches(it, name, values)))
                .collect();
            let (page, total) = cloud.list(&json!(request), offset, limit);
            prop_assert_eq!(total, expected.len() as i64, "{:?}", filters);
            let expected: Vec<&Value> = expected.into_iter().skip(offset).take(limit).collect();
            prop_assert_eq!(page.iter().collect::<Vec<_>>(), expected, "{:?}", filters);
        }
    }
}

fn cloud_of(count: usize) -> Cloud {
    let mut cloud = Cloud::new();
    for number in 0..count / 100 {
        let request = json!({
            "Placement": {"Zone": ZONES[number % 2]}, "ImageId": "img-pmqg1cw7",
            "InstanceCount": 100, "VirtualPrivateCloud":
                {"VpcId": "vpc-1", "SubnetId": format!("subnet-{}", number % 10)},
        });
        cloud.call("RunInstances", &request).unwrap();
    }
    cloud.advance(3600);
    cloud
}

#[test]
fn page_looks_at_no_other_instances_however_many_there_are() {
    for count in [1_000, 10_000] {
        let mut cloud = cloud_of(count);
        let zone = json!([{"Name": "zone", "Values": [ZONES[0]]},
                          {"Name": "instance-state", "Values": ["RUNNING"]}]);
        for (filters, total) in [(json!([]), count), (zone, count / 2)] {
            for offset in [0, total / 2, total - 100] {
                let looks = visits::of(|| {
                    let (page, found) = cloud.list(&filters, offset, 100);
                    assert_eq!((page.len(), found), (100, total as i64));
                });
                assert_eq!(looks, 100, "{filters} at {offset} of {count}");
            }
        }
        let quota =
            visits::of(|| assert!(cloud.call("DescribeAccountQuota", &json!({})).is_some()));
        assert!(quota < 10, "{quota}");
    }
}
