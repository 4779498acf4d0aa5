//! One client on several runtimes: none waits for another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use cvm_transport::Client;
use cvm_transport::config::Timeouts;
use cvm_transport::rate_limit::NoRateLimit;
use tokio::runtime::{Builder, Runtime};

use crate::actions::{KillThings, ListThings};
use crate::changing_lists::{offset_and_limit, page};
use crate::fake_service::{Body, FakeService, Reply};
use crate::server::Server;

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn client(server: &Server) -> Client {
    let wide = Duration::from_secs(60);
    let timeouts = Timeouts::default().with_connect(wide).with_first_byte(wide).with_attempt(wide);
    let builder = crate::builder(&server.url).timeouts(timeouts).max_attempts(1);
    builder.rate_limiter(NoRateLimit).build().unwrap()
}

/// Waits until it may run, makes its calls, and lets the next thread run. While one thread calls, the runtimes
/// of the others are not running.
#[test]
fn one_client_works_on_alternating_runtimes() {
    const THREADS: usize = 3;
    const ROUNDS: usize = 5;
    let servers = Runtime::new().unwrap();
    let server = servers.block_on(Server::start([]));
    let client = client(&server);
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| channel()).unzip();
    senders[0].send(()).unwrap();
    std::thread::scope(|scope| {
        for (number, receiver) in receivers.into_iter().enumerate() {
            let (client, next) = (client.clone(), senders[(number + 1) % THREADS].clone());
            scope.spawn(move || {
                let runtime = current_thread();
                for _ in 0..ROUNDS {
                    receiver.recv().unwrap();
                    runtime.block_on(client.send(ListThings::default())).unwrap();
                    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
                    runtime.block_on(client.send(kill)).unwrap();
                    // The last thread has no successor.
                    let _ = next.send(());
                }
            });
        }
    });
    let reads = server.received().into_iter().filter(|request| request.action() == "ListThings");
    let mut connections: Vec<usize> = reads.map(|request| request.connection).collect();
    assert_eq!(connections.len(), THREADS * ROUNDS);
    connections.sort_unstable();
    connections.dedup();
    assert_eq!(
        connections.len(),
        THREADS,
        "each runtime has a connection of its own, and keeps it"
    );
}

#[test]
fn client_outlives_its_runtimes() {
    let servers = Runtime::new().unwrap();
    let server = servers.block_on(Server::start([]));
    let client = client(&server);
    for _ in 0..10 {
        let runtime = current_thread();
        for _ in 0..2 {
            runtime.block_on(client.send(ListThings::default())).unwrap();
        }
    }
    assert_eq!(server.received().len(), 20);
}

/// A list whose later pages, from the third on, hang while the flag is set.
fn list_that_begins_well(rows: &[String], hangs: &Arc<AtomicBool>) -> FakeService {
    let (rows, hangs) = (rows.to_vec(), Arc::clone(hangs));
    FakeService::new(move |request, _| {
        let (offset, limit) = offset_and_limit(request);
        let day = Duration::from_secs(24 * 3_600);
        let is_late = offset >= 150 && hangs.load(Ordering::SeqCst);
        let after = if is_late { day } else { Duration::ZERO };
        let body = Body::Whole(page(&rows, offset, limit).into());
        Reply::Response { status: 200, headers: Vec::new(), body, after }
    })
}

#[test]
fn prefetched_pages_restart_on_another_runtime() {
    let all: Vec<String> = (0..500).map(|number| format!("thing-{number}")).collect();
    for first_runtime_ends in [true, false] {
        let hangs = Arc::new(AtomicBool::new(true));
        let fake = list_that_begins_well(&all, &hangs);
        let client = fake.builder().build().unwrap();
        let mut pages = client.pages(ListThings::default()).parallel(4);
        let mut ids = Vec::new();
        let first = current_thread();
        for _ in 0..2 {
            let page = first.block_on(pages.try_next()).unwrap().unwrap();
            ids.extend(page.items.into_iter().map(|thing| thing.thing_id));
        }
        assert!(fake.request_count() > 2, "some pages are prefetched");
        hangs.store(false, Ordering::SeqCst);
        // Its timers no longer fire, or panic.
        let first = if first_runtime_ends { None } else { Some(first) };
        let second = current_thread();
        let rest = second.block_on(async {
            let rest = async {
                let mut rest = Vec::new();
                while let Some(page) = pages.try_next().await.unwrap() {
                    rest.extend(page.items.into_iter().map(|thing| thing.thing_id));
                }
                rest
            };
            let text = "a page waits for a runtime that is not running";
            tokio::time::timeout(Duration::from_secs(60), rest).await.expect(text)
        });
        ids.extend(rest);
        assert_eq!(ids, all);
        drop(first);
    }
}
