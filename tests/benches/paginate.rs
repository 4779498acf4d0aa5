//! Lists 50,000 instances item by item, 500 pages over loopback.
#![expect(clippy::expect_used, reason = "a bench that cannot begin has nothing to measure")]

mod support;

use std::sync::Arc;

use cvm_models::actions::DescribeInstances;
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use support::{answers, callers, server};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const TOTAL: usize = 50_000;
const PAGE: usize = 100;

fn main() {
    divan::main();
}

/// Serves every page from memory.
fn serve() -> String {
    let pages: Vec<Arc<[u8]>> = (0..TOTAL / PAGE)
        .map(|page| server::response(&answers::page(TOTAL, page * PAGE, PAGE)))
        .collect();
    let end = server::response(&answers::page(TOTAL, TOTAL, 0));
    server::start(move |body| {
        let request: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let offset = request.get("Offset").and_then(serde_json::Value::as_u64).unwrap_or(0);
        let page = usize::try_from(offset).unwrap_or(usize::MAX) / PAGE;
        Arc::clone(pages.get(page).unwrap_or(&end))
    })
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn items(bencher: Bencher<'_, '_>) {
    let (runtime, client) = (callers::runtime(), callers::ours(&serve()));
    bencher.counter(ItemsCount::new(TOTAL)).bench_local(|| {
        runtime.block_on(async {
            let mut items = client.items(DescribeInstances::default());
            let mut count = 0;
            while items.try_next().await.expect("the server responds").is_some() {
                count += 1;
            }
            assert_eq!(count, TOTAL);
        });
    });
}
