//! One call from end to end over loopback, compared with bare reqwest and bare hyper doing the same POST.
//!
//! It shows wall-clock time. `cargo xtask bench` shows the client's CPU time.
#![expect(clippy::expect_used, reason = "a bench that cannot begin has nothing to measure")]

mod support;

use std::sync::Arc;

use divan::{AllocProfiler, Bencher};
use support::{answers, callers, derived, server};
use tokio::task::JoinSet;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// Number of instances in the response: none, and a full page of 184 KB.
const INSTANCES: [usize; 2] = [0, 100];
const AT_ONCE: usize = 64;

fn main() {
    divan::main();
}

fn serve(instances: usize) -> String {
    let response = server::response(&answers::answer(instances));
    server::start(move |_| Arc::clone(&response))
}

#[divan::bench(args = INSTANCES)]
fn ours(bencher: Bencher<'_, '_>, instances: usize) {
    let (runtime, client) = (callers::runtime(), callers::ours(&serve(instances)));
    bencher.bench_local(|| runtime.block_on(callers::send(&client)));
}

#[divan::bench(args = INSTANCES)]
fn reqwest_and_bytes(bencher: Bencher<'_, '_>, instances: usize) {
    let (runtime, client, address) = (callers::runtime(), callers::reqwest(), serve(instances));
    bencher.bench_local(|| runtime.block_on(callers::post(&client, &address)));
}

#[divan::bench(args = INSTANCES)]
fn reqwest_and_serde_derive(bencher: Bencher<'_, '_>, instances: usize) {
    let (runtime, client, address) = (callers::runtime(), callers::reqwest(), serve(instances));
    bencher.bench_local(|| {
        let body = runtime.block_on(callers::post(&client, &address));
        serde_json::from_slice::<derived::Envelope>(&body).expect("the response fits")
    });
}

#[divan::bench(args = INSTANCES)]
fn hyper_and_bytes(bencher: Bencher<'_, '_>, instances: usize) {
    let (runtime, address) = (callers::runtime(), serve(instances));
    let mut sender = runtime.block_on(callers::hyper(&address));
    bencher.bench_local(|| runtime.block_on(callers::request(&mut sender, &address)));
}

#[divan::bench(args = INSTANCES)]
fn ours_64_at_once(bencher: Bencher<'_, '_>, instances: usize) {
    let (runtime, client) = (callers::runtime(), callers::ours(&serve(instances)));
    bencher.bench_local(|| {
        let mut calls = JoinSet::new();
        for _ in 0..AT_ONCE {
            let client = client.clone();
            calls.spawn_on(async move { callers::send(&client).await }, runtime.handle());
        }
        runtime.block_on(calls.join_all())
    });
}

#[divan::bench(args = INSTANCES)]
fn reqwest_and_bytes_64_at_once(bencher: Bencher<'_, '_>, instances: usize) {
    let (runtime, client, address) = (callers::runtime(), callers::reqwest(), serve(instances));
    let address: Arc<str> = address.into();
    bencher.bench_local(|| {
        let mut calls = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (client, address) = (client.clone(), Arc::clone(&address));
            calls.spawn_on(async move { callers::post(&client, &address).await }, runtime.handle());
        }
        runtime.block_on(calls.join_all())
    });
}
