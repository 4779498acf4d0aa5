//! Requests visit each stored item at most three times, however many groups, ids and filters they name.

use std::time::Duration;

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use crate::{
    AccountId, Catalog, Command, Parameters, Reply, Request, Response, Simulator, TimeMode,
    Timestamp, find_region, visits,
};

const START: Timestamp = Timestamp::from_unix(1_700_000_000);
const ZONE: &str = "ap-guangzhou-3";
const GROUPS: usize = 10;
const CLUSTERS: usize = 20;
/// Of hosts, packs and key pairs.
const NAMED: usize = 100;
const INSTANCES: usize = 600;

fn call(cloud: &mut Simulator, action: &str, request: &Value) -> Value {
    let info = cvm_models::action(action).unwrap();
    let region = find_region(Catalog::builtin(), info, Some("ap-guangzhou"), false).unwrap();
    let body = request.to_string();
    let request = match Request::parse(info, region, &Parameters::Json(body.as_bytes())) {
        Ok(request) => request,
        Err(error) => return json!({"Error": format!("{error:?}")}),
    };
    match cloud.apply(Duration::ZERO, Command::Request(AccountId::FIRST, request)) {
        Response::Reply { reply: Reply::Response(response), .. } => {
            cvm_protocol::json::to_value(&*response)
        }
        Response::Reply { reply: Reply::DryRun, .. } => json!({}),
        other => json!({"Error": format!("{other:?}")}),
    }
}

fn done(cloud: &mut Simulator, action: &str, request: &Value) -> Value {
    let response = call(cloud, action, request);
    assert!(response.get("Error").is_none(), "{action}: {}", response["Error"]);
    response
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// A public key for each number below 2^15.
fn public_key(number: usize) -> String {
    let [_, high, low] = ((number << 1) + 1).to_be_bytes().last_chunk().copied().unwrap();
    let blob = [&b"\0\0\0\x07ssh-rsa\0\0\0\x01\x03\0\0\0\x03"[..], &[0x41, high, low]].concat();
    format!("ssh-rsa {}", Base64::encode_string(&blob))
}

/// The ids of all stored resources.
struct Stored {
    cloud: Simulator,
    groups: Vec<String>,
    clusters: Vec<String>,
    hosts: Vec<String>,
    packs: Vec<String>,
    key_pairs: Vec<String>,
    timers: Vec<String>,
    instances: Vec<String>,
}

fn stored() -> Stored {
    let mut cloud = Simulator::new(1, START, TimeMode::Manual);
    let mut make = |action: &str, request: Value, count: usize, id: fn(&Value) -> Value| {
        let made = (0..count).map(|number| {
            let mut request = request.clone();
            for name in ["KeyName", "Name"] {
                if request.get(name).is_some() {
                    request[name] = json!(format!("n{number}"));
                }
            }
            if request.get("PublicKey").is_some() {
                request["PublicKey"] = json!(public_key(number));
            }
            id(&done(&mut cloud, action, &request)).as_str().unwrap().to_owned()
        });
        made.collect::<Vec<_>>()
    };
    let group = json!({"Name": "n", "Type": "HOST"});
    let groups = make("CreateDisasterRecoverGroup", group, GROUPS, |it| {
        it["DisasterRecoverGroupId"].clone()
    });
    let cluster = json!({"Name": "n", "Zone": ZONE});
    let clusters = make("CreateHpcCluster", cluster, CLUSTERS, |it| {
        it["HpcClusterSet"][0]["HpcClusterId"].clone()
    });
    let key_pair = json!({"KeyName": "n", "ProjectId": 0, "PublicKey": ""});
    let key_pairs = make("ImportKeyPair", key_pair, NAMED, |it| it["KeyId"].clone());
    let order = json!({"Placement": {"Zone": ZONE}, "HostChargePrepaid": {"Period": 1},
                       "HostChargeType": "PREPAID", "HostCount": NAMED});
    let hosts = ids(&done(&mut cloud, "AllocateHosts", &order)["HostIdSet"]);
    let order = json!({"Zone": ZONE, "InstanceType": "SA9.96XLARGE1152", "Period": 1,
                       "InstanceCount": 50});
    let mut packs = Vec::new();
    while packs.len() < NAMED {
        let item = done(&mut cloud, "PurchaseResourcePoolPacks", &order);
        packs.extend(ids(&item["DedicatedResourcePackIdSet"]));
    }
    let mut instances = Vec::new();
    while instances.len() < INSTANCES {
        let launch = json!({"Placement": {"Zone": ZONE}, "ImageId": "img-pmqg1cw7",
                            "InstanceCount": 100});
        instances.extend(ids(&done(&mut cloud, "RunInstances", &launch)["InstanceIdSet"]));
    }
    cloud.apply(Duration::ZERO, Command::AdvanceClock(Duration::from_secs(3600)));
    let at = START.after(Duration::from_secs(86_400)).to_string();
    let mut timers = Vec::new();
    for instances in instances.chunks(100) {
        let request = json!({"InstanceIds": instances, "ActionTimer":
                             {"TimerAction": "TerminateInstances", "ActionTime": at}});
        timers.extend(ids(
            &done(&mut cloud, "ImportInstancesActionTimer", &request)["ActionTimerIds"],
        ));
    }
    Stored { cloud, groups, clusters, hosts, packs, key_pairs, timers, instances }
}

#[test]
fn requests_visit_each_stored_item_at_most_three_times() {
    let mut stored = stored();
    let Stored { groups, clusters, hosts, packs, key_pairs, timers, instances, .. } = &stored;
    let some = |ids: &[String]| ids.iter().take(100).cloned().collect::<Vec<_>>();
    let on_hosts = json!({"Zone": ZONE, "HostIds": some(hosts)});
    let in_packs = json!({"Zone": ZONE, "DedicatedResourcePackTenancy": "ResourcePool",
                          "DedicatedResourcePackIds": some(packs)});
    let launch = |placement: Value, kind: &str, charge: &str| {
        json!({"Placement": placement, "ImageId": "img-pmqg1cw7", "InstanceType": kind,
               "InstanceChargeType": charge, "InstanceCount": 100, "DryRun": true})
    };
    let requests = [
        ("DescribeInstances", json!({"InstanceIds": some(instances), "Limit": 100})),
        ("DescribeInstances", json!({"Limit": 100})),
        ("DescribeInstancesStatus", json!({"Limit": 100})),
        ("DescribeAccountQuota", json!({})),
        ("DescribeDisasterRecoverGroups", json!({"Limit": 100})),
        ("DescribeHpcClusters", json!({"Limit": 100, "InstanceType": "S6.MEDIUM4"})),
        ("DescribeKeyPairs", json!({"Limit": 100})),
        ("DescribeHosts", json!({"Limit": 100})),
        ("DescribeResourcePoolPacks", json!({"MaxResults": 100})),
        ("DescribeResourcePoolPackInstances", json!({"DedicatedResourcePackIds": some(packs)})),
        ("DescribeInstancesActionTimer", json!({"InstanceIds": some(instances)})),
        ("DescribeTaskInfo", json!({"Limit": 100, "Offset": 0, "InstanceIds": some(instances)})),
        ("RunInstances", launch(on_hosts, "CDH_1C1G", "CDHPAID")),
        ("RunInstances", launch(in_packs, "S5.MEDIUM4", "POSTPAID_BY_HOUR")),
        ("ModifyHostsAttribute", json!({"HostIds": some(hosts), "HostName": "n"})),
        ("DeleteInstancesActionTimer", json!({"ActionTimerIds": some(timers)})),
        ("DeleteDisasterRecoverGroups", json!({"DisasterRecoverGroupIds": some(groups)})),
        ("DeleteHpcClusters", json!({"HpcClusterIds": some(clusters)})),
        ("DeleteKeyPairs", json!({"KeyIds": some(key_pairs)})),
        ("TerminateResourcePoolPacks", json!({"DedicatedResourcePackIds": some(packs)})),
        ("TerminateInstances", json!({"InstanceIds": some(instances)})),
    ];
    let items = instances.len() + timers.len() + hosts.len() + packs.len() + key_pairs.len();
    let mut wrong = Vec::new();
    for (action, request) in requests {
        let mut response = Value::Null;
        let looks = visits::of(|| response = call(&mut stored.cloud, action, &request));
        if let Some(error) = response.get("Error") {
            wrong.push(format!("{action}: {error}"));
        }
        if looks > 3 * items as u64 {
            wrong.push(format!("{action} looks at {looks} items of {items}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
