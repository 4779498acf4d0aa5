//! Benchmarks decoding of DescribeInstances responses against serde derive on hand-written structs and
//! `serde_json::Value`.
#![expect(clippy::expect_used, reason = "a benchmark without its setup has nothing to measure")]

mod support;

use cvm_models::actions::DescribeInstancesResponse;
use cvm_protocol::{Envelope, envelope};
use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher, black_box};
use support::{answers, derived};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const INSTANCES: [usize; 3] = [1, 20, 100];

fn main() {
    divan::main();
}

fn models(body: &[u8]) -> (DescribeInstancesResponse, Envelope) {
    let mut response = DescribeInstancesResponse::default();
    let envelope = envelope::decode(&mut response, body).expect("the response is an envelope");
    (response, envelope)
}

#[divan::bench(args = INSTANCES)]
fn ours(bencher: Bencher<'_, '_>, instances: usize) {
    let body = answers::answer(instances);
    let (response, envelope) = models(&body);
    assert_eq!(response.instance_set.len(), instances);
    assert!(envelope.report.is_clean(), "{:?}", envelope.report);
    bencher.counter(BytesCount::new(body.len())).bench(|| models(black_box(&body)));
}

#[divan::bench(args = INSTANCES)]
fn serde_derive(bencher: Bencher<'_, '_>, instances: usize) {
    let body = answers::answer(instances);
    bencher.counter(BytesCount::new(body.len())).bench(|| {
        serde_json::from_slice::<derived::Envelope>(black_box(&body)).expect("it is JSON")
    });
}

#[divan::bench(args = INSTANCES)]
fn serde_json_value(bencher: Bencher<'_, '_>, instances: usize) {
    let body = answers::answer(instances);
    bencher.counter(BytesCount::new(body.len())).bench(|| {
        serde_json::from_slice::<serde_json::Value>(black_box(&body)).expect("it is JSON")
    });
}
