//! Measures memory and CPU time for many instances: `cargo bench -p cvm-simulator --bench instances -- COUNT`.
//!
//! Launches COUNT instances (100 000 if not given) in batches of 100, lists pages of 100, and prints the cost of each.
//! Linux only: the memory is what the kernel counts as resident.
#![expect(clippy::expect_used, reason = "a benchmark without its setup has nothing to measure")]
#![expect(clippy::print_stdout, reason = "its output is its result")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use cvm_simulator::{
    AccountId, Catalog, Command, Parameters, Reply, Request, Response, Simulator, TimeMode,
    Timestamp, find_region,
};

const BATCH: usize = 100;
const READS: u32 = 20;

fn main() {
    let count = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let mut simulator = Simulator::new(1, Timestamp::from_unix(1_700_000_000), TimeMode::Instant);
    // One launch before the measurement, so that everything shared exists.
    launch(&mut simulator, 0);
    let (before, start) = (resident_bytes(), Instant::now());
    for number in 1..=count / BATCH {
        launch(&mut simulator, number);
    }
    let elapsed = start.elapsed().as_secs_f64();
    let bytes = resident_bytes().saturating_sub(before) / count;
    println!("{count} instances: {bytes} bytes each");
    println!("launch, batches of {BATCH}: {:.0} instances/s", count as f64 / elapsed);
    for (what, parameters) in [
        ("page of 100", r#"{"Limit":100}"#),
        (
            "page of 100 by zone",
            r#"{"Limit":100,"Filters":[{"Name":"zone","Values":["ap-guangzhou-3"]}]}"#,
        ),
    ] {
        let start = Instant::now();
        for _ in 0..READS {
            black_box(call(&mut simulator, "DescribeInstances", parameters));
        }
        println!("{what}: {:.2} ms", start.elapsed().as_secs_f64() * 1000.0 / f64::from(READS));
    }
}

fn launch(simulator: &mut Simulator, number: usize) {
    // A subnet has room for 40 batches, and a network for 256 subnets.
    let (vpc, subnet) = (number / 5_000, number / 40);
    let network = format!(r#"{{"VpcId":"vpc-{vpc}","SubnetId":"subnet-{subnet}"}}"#);
    let parameters = r#"{"Placement":{"Zone":"ap-guangzhou-3"},"VirtualPrivateCloud":NETWORK,"ImageId":"img-pmqg1cw7",
        "InstanceType":"S5.MEDIUM4","InstanceCount":100,"InstanceName":"web-server",
        "SystemDisk":{"DiskType":"CLOUD_PREMIUM","DiskSize":50},
        "SecurityGroupIds":["sg-12345678"],
        "TagSpecification":[{"ResourceType":"instance","Tags":[{"Key":"team","Value":"blue"}]}]}"#;
    let parameters = parameters.replace("NETWORK", &network);
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
