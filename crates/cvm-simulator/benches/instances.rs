//! Measures memory and CPU time for many instances: `cargo bench -p cvm-simulator --bench instances -- COUNT`.
//!
//! Launches COUNT instances (100 000 if not given) in batches of 100, lists pages of 100, removes all instances, and prints the
//! cost of each. Times of single requests are medians. Compare two values of COUNT to see what depends on it.
//! Linux only: the memory is what the kernel counts as resident.
#![expect(clippy::expect_used, reason = "a benchmark without its setup has nothing to measure")]
#![expect(clippy::print_stdout, reason = "its output is its result")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use cvm_simulator::{
    AccountId, Catalog, Command, Parameters, Reply, Request, Response, Simulator, TimeMode,
    Timestamp, find_region,
};
use serde_json::{Value, json};

const BATCH: usize = 100;
const READS: usize = 100;

/// What requests of pages ask for: a name, and the filters.
const FILTERS: [(&str, &str); 7] = [
    ("all", ""),
    ("zone", r#"{"Name":"zone","Values":["ap-guangzhou-3"]}"#),
    ("state", r#"{"Name":"instance-state","Values":["RUNNING"]}"#),
    ("charge type", r#"{"Name":"instance-charge-type","Values":["POSTPAID_BY_HOUR"]}"#),
    ("tag", r#"{"Name":"tag:team","Values":["blue"]}"#),
    ("security group", r#"{"Name":"security-group-id","Values":["sg-12345678"]}"#),
    (
        "zone, state and tag",
        r#"{"Name":"zone","Values":["ap-guangzhou-3"]},{"Name":"instance-state","Values":["RUNNING"]},
           {"Name":"tag:team","Values":["blue"]}"#,
    ),
];

fn main() {
    let count = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let mut simulator = Simulator::new(1, Timestamp::from_unix(1_700_000_000), TimeMode::Instant);
    // One launch before the measurement, so that everything shared exists.
    launch(&mut simulator, 0, BATCH);
    // In a subnet of their own.
    let other = count / BATCH + 40;
    let single = median(|| launch(&mut simulator, other, 1));
    println!("launch of one instance, almost empty region: {single:.1} µs");

    let (before, start) = (resident_bytes(), Instant::now());
    for number in 1..=count / BATCH {
        launch(&mut simulator, number, BATCH);
    }
    let elapsed = start.elapsed().as_secs_f64();
    let bytes = resident_bytes().saturating_sub(before) / count;
    println!("{count} instances: {bytes} bytes each");
    println!("launch, batches of {BATCH}: {:.0} instances/s", count as f64 / elapsed);
    let single = median(|| launch(&mut simulator, other, 1));
    println!("launch of one instance, full region: {single:.1} µs");

    for (name, filters) in FILTERS {
        let page = |simulator: &mut Simulator, offset: usize| {
            let parameters =
                format!(r#"{{"Offset":{offset},"Limit":{BATCH},"Filters":[{filters}]}}"#);
            call(simulator, "DescribeInstances", &parameters);
        };
        let [first, middle, last] =
            [0, count / 2, count - BATCH].map(|offset| median(|| page(&mut simulator, offset)));
        println!(
            "page of {BATCH}, {name}: {first:.0} µs, in the middle {middle:.0} µs, at the end {last:.0} µs"
        );
    }
    let pattern = r#"{"Limit":100,"Filters":[{"Name":"instance-name","Values":["none"]}]}"#;
    let pattern = median(|| drop(call(&mut simulator, "DescribeInstances", pattern)));
    println!("page by a part of a name that no instance has: {:.1} ms", pattern / 1000.0);
    let quota = median(|| drop(call(&mut simulator, "DescribeAccountQuota", "{}")));
    println!("quota: {quota:.0} µs");

    let (full, start) = (resident_bytes(), Instant::now());
    let mut removed = 0;
    while let Some(ids) = first_ids(&mut simulator) {
        removed += ids.len();
        let parameters = json!({ "InstanceIds": ids }).to_string();
        call(&mut simulator, "TerminateInstances", &parameters);
    }
    let elapsed = start.elapsed().as_secs_f64();
    println!("termination, batches of {BATCH}: {:.0} instances/s", removed as f64 / elapsed);
    let kept = resident_bytes().saturating_sub(before) as f64;
    let added = full.saturating_sub(before) as f64;
    println!("memory that remains after the termination: {:.1} % of it", kept / added * 100.0);
}

/// The median duration in microseconds.
fn median(mut measured: impl FnMut()) -> f64 {
    let mut times: Vec<Duration> = (0..READS)
        .map(|_| {
            let start = Instant::now();
            measured();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.get(READS / 2).expect("there is a middle").as_secs_f64() * 1_000_000.0
}

/// The ids of the first page of instances, if there are any.
fn first_ids(simulator: &mut Simulator) -> Option<Vec<Value>> {
    let response = call(simulator, "DescribeInstancesStatus", r#"{"Limit":100}"#);
    let Response::Reply { reply: Reply::Response(response), .. } = response else { return None };
    let response = cvm_protocol::json::to_value(&*response);
    let ids = response.pointer("/InstanceStatusSet")?.as_array()?.iter();
    let ids: Vec<Value> = ids.filter_map(|it| it.get("InstanceId").cloned()).collect();
    (!ids.is_empty()).then_some(ids)
}

fn launch(simulator: &mut Simulator, number: usize, count: usize) {
    // A subnet has room for 40 batches, and a network for 256 subnets.
    let (vpc, subnet) = (number / 5_000, number / 40);
    let network = format!(r#"{{"VpcId":"vpc-{vpc}","SubnetId":"subnet-{subnet}"}}"#);
    let parameters = r#"{"Placement":{"Zone":"ap-guangzhou-3"},"VirtualPrivateCloud":NETWORK,"ImageId":"img-pmqg1cw7",
        "InstanceType":"S5.MEDIUM4","InstanceCount":COUNT,"InstanceName":"web-server",
        "SystemDisk":{"DiskType":"CLOUD_PREMIUM","DiskSize":50},
        "SecurityGroupIds":["sg-12345678"],
        "TagSpecification":[{"ResourceType":"instance","Tags":[{"Key":"team","Value":"blue"}]}]}"#;
    let parameters = parameters.replace("NETWORK", &network).replace("COUNT", &count.to_string());
    black_box(call(simulator, "RunInstances", &parameters));
}

fn call(simulator: &mut Simulator, action: &str, parameters: &str) -> Response {
    let info = cvm_models::action(action).expect("the specification has the action");
    let region = find_region(Catalog::builtin(), info, Some("ap-guangzhou"), false)
        .expect("the region exists");
    let request = Request::parse(info, region, &Parameters::Json(parameters.as_bytes()))
        .expect("the parameters are valid");
    let response = simulator.apply(Duration::ZERO, Command::Request(AccountId::FIRST, request));
    assert!(
        matches!(response, Response::Reply { reply: Reply::Response(_), .. }),
        "{action}: {response:?}"
    );
    response
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("the kernel counts memory");
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("the second number is the resident pages") * 4096
}
