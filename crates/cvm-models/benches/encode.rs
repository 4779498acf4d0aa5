//! Benchmarks encoding and validation of a full RunInstances request against serde derive on a hand-written
//! struct.
#![expect(clippy::expect_used, reason = "a benchmark without its setup has nothing to measure")]

mod support;

use cvm_models::actions::RunInstances;
use cvm_protocol::{json, percent, query_form, validate};
use divan::{AllocProfiler, Bencher, black_box};
use support::{derived, launch};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench]
fn json_ours(bencher: Bencher<'_, '_>) {
    let request = launch::request();
    bencher.bench(|| json::to_vec(black_box(&request)));
}

#[divan::bench]
fn json_serde_derive(bencher: Bencher<'_, '_>) {
    let request: derived::RunInstances =
        serde_json::from_str(&launch::text()).expect("the launch fits the struct");
    assert_eq!(
        serde_json::to_vec(&request).ok().map(|text| text.len()),
        Some(launch::text().len())
    );
    bencher.bench(|| serde_json::to_vec(black_box(&request)));
}

#[divan::bench]
fn json_serde_json_value(bencher: Bencher<'_, '_>) {
    let request: serde_json::Value =
        serde_json::from_str(&launch::text()).expect("the launch is JSON");
    bencher.bench(|| serde_json::to_vec(black_box(&request)));
}

#[divan::bench]
fn query_pairs(bencher: Bencher<'_, '_>) {
    let request = launch::request();
    bencher.bench(|| query_form::encode(black_box(&request)));
}

#[divan::bench]
fn form_text(bencher: Bencher<'_, '_>) {
    let request = launch::request();
    bencher.bench(|| form(black_box(&request)));
}

fn form(request: &RunInstances) -> String {
    let pairs = query_form::encode(request).expect("no list item is empty");
    percent::encode_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

#[divan::bench]
fn validation(bencher: Bencher<'_, '_>) {
    let request = launch::request();
    let violations = validate(&request);
    assert!(violations.is_empty(), "{violations:?}");
    bencher.bench(|| validate(black_box(&request)));
}
