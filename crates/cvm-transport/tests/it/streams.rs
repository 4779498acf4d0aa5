//! Lists as streams: no page is lost or read twice, and an error ends a stream.

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cvm_transport::Error;
use cvm_transport::observe::{Exchange, HeaderMapMut, Interceptor};
use cvm_transport::pagination::Position;
use futures_util::{FutureExt, StreamExt, TryStreamExt};

use crate::actions::{ListThings, ScanThings, Thing};
use crate::changing_lists::{offset_and_limit, page};
use crate::fake_service::{Body, FakeService, Reply};
use crate::server::{ReceivedRequest, Server};

fn things(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("thing-{number}")).collect()
}

/// A list whose pages arrive after this time.
fn list(rows: &[String], after: Duration) -> FakeService {
    let rows = rows.to_vec();
    FakeService::new(move |request, _| {
        let (offset, limit) = offset_and_limit(request);
        let body = Body::Whole(page(&rows, offset, limit).into());
        Reply::Response { status: 200, headers: Vec::new(), body, after }
    })
}

/// The pages of 400 things: each after the first begins with the last row of the one before.
const PAGES: usize = 5;

#[tokio::test(start_paused = true)]
async fn dropped_page_future_keeps_the_page_in_flight() {
    let all = things(400);
    for parallel in [1, 4] {
        for busy in [0, 2, 4] {
            let fake = list(&all, Duration::from_secs(7));
            let client = fake.builder().build().unwrap();
            let mut pages = client.pages(ListThings::default()).parallel(parallel);
            let mut read = Vec::new();
            let mut drops = 0;
            loop {
                tokio::select! {
                    page = pages.try_next() => match page.unwrap() {
                        Some(page) => read.extend(page.items.into_iter().map(|one| one.thing_id)),
                        None => break,
                    },
                    () = tokio::time::sleep(Duration::from_millis(1_100)) => {
                        drops += 1;
                        // The page is not polled for a while, and may become ready meanwhile.
                        tokio::time::sleep(Duration::from_secs(busy)).await;
                    }
                }
            }
            assert_eq!(read, all, "{parallel} at once, busy for {busy} s");
            assert_eq!(fake.request_count(), PAGES, "{parallel} at once, busy for {busy} s");
            assert!(drops > 2, "{drops}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_item_future_of_a_stream_loses_no_item() {
    let all = things(400);
    let fake = list(&all, Duration::from_secs(7));
    let client = fake.builder().build().unwrap();
    let mut items = client.items(ListThings::default());
    let mut read = Vec::new();
    loop {
        match tokio::time::timeout(Duration::from_millis(900), items.next()).await {
            Ok(Some(item)) => read.push(item.unwrap().thing_id),
            Ok(None) => break,
            Err(_) => {}
        }
    }
    assert_eq!(read, all);
    assert_eq!(fake.request_count(), PAGES);
}

/// Real sockets: the connection reads the response while nobody polls the page.
#[tokio::test]
async fn page_that_arrives_while_nobody_polls_is_not_read_again() {
    // Long enough for many pieces.
    let rows: Vec<String> =
        (0..100).map(|number| format!("thing-{number}-{}", "x".repeat(4_000))).collect();
    let served = rows.clone();
    let server = Server::responding([], move |_| page(&served, 0, 100)).await;
    let client = crate::client(&server.url);
    let mut pages = client.pages(ListThings::default());
    let page = loop {
        // Polls once, then leaves the page alone while the server responds.
        if let Some(page) = pages.try_next().now_or_never() {
            break page.unwrap().unwrap();
        }
        crate::virtual_time::deliver().await;
    };
    let read: Vec<String> = page.items.into_iter().map(|one| one.thing_id).collect();
    assert_eq!(read, rows);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn page_whose_timeouts_passed_unpolled_is_read_again() {
    let all = things(400);
    for busy in [10, 40, 600] {
        // The body needs polls to make progress, so it cannot arrive while nobody polls.
        let rows = all.clone();
        let fake = FakeService::new(move |request, _| {
            let (offset, limit) = offset_and_limit(request);
            Reply::slowly(page(&rows, offset, limit), 6, Duration::from_millis(300))
        });
        let client = fake.builder().breaker(true).build().unwrap();
        let mut items = client.items(ListThings::default());
        let mut read = Vec::new();
        let mut is_first = true;
        loop {
            let limit = Duration::from_secs(if is_first { 1 } else { 60 });
            match tokio::time::timeout(limit, items.try_next()).await {
                Ok(Ok(Some(item))) => read.push(item.thing_id),
                Ok(Ok(None)) => break,
                Ok(Err(error)) => panic!("{busy} s: {error}"),
                Err(_) => {
                    is_first = false;
                    tokio::time::sleep(Duration::from_secs(busy)).await;
                }
            }
        }
        assert_eq!(read, all, "{busy} s");
        assert_eq!(fake.request_count(), PAGES + 1, "{busy} s: only the neglected page");
    }
}

/// Fails the second page until its third request.
async fn list_with_failing_page() -> Server {
    let all = things(250);
    let failures = Mutex::new(2);
    Server::responding([], move |received| {
        let offset = received.json()["Offset"].as_u64().unwrap() as usize;
        let mut failures = failures.lock().unwrap();
        if offset > 0 && *failures > 0 {
            *failures -= 1;
            let error = r#"{"Code":"UnauthorizedOperation","Message":"no"}"#;
            return format!(r#"{{"Response":{{"Error":{error},"RequestId":"r"}}}}"#);
        }
        page(&all, offset, 100)
    })
    .await
}

#[tokio::test]
async fn stream_ends_after_an_error_and_try_next_continues() {
    let server = list_with_failing_page().await;
    let mut pages = crate::client(&server.url).pages(ListThings::default());
    assert_eq!(pages.next().await.unwrap().unwrap().items.len(), 100);
    assert!(pages.next().await.unwrap().unwrap_err().is_auth());
    for _ in 0..2 {
        assert!(pages.next().await.is_none());
    }
    assert_eq!(server.received().len(), 2, "a stream that has ended sends nothing");
    assert!(pages.try_next().await.unwrap_err().is_auth());
    assert_eq!(pages.try_next().await.unwrap().unwrap().items.len(), 99);
    assert_eq!(pages.next().await.unwrap().unwrap().items.len(), 51, "it is a stream again");
    assert!(pages.next().await.is_none());

    let server = list_with_failing_page().await;
    let items = crate::client(&server.url).items(ListThings::default());
    let read: Vec<Result<Thing, Error>> = items.collect().await;
    assert_eq!(read.len(), 101, "all items before the error, and the error");
    assert!(read[..100].iter().all(Result::is_ok) && read[100].is_err());
}

#[tokio::test]
async fn lists_are_collected_with_and_without_stream_extensions() {
    let all = things(250);
    let served = all.clone();
    let server = Server::responding([], move |received: &ReceivedRequest| {
        let body = received.json();
        page(&served, body["Offset"].as_u64().unwrap() as usize, 100)
    })
    .await;
    let client = crate::client(&server.url);
    let items: Vec<Thing> = client.items(ListThings::default()).try_collect().await.unwrap();
    assert_eq!(items.len(), 250);
    let mut begun = client.items(ListThings::default());
    begun.try_next().await.unwrap();
    let rest: Vec<Thing> = begun.try_collect().await.unwrap();
    assert_eq!(rest.len(), 249, "without the item that was already returned");

    let ids = client.items(ListThings::default()).map_ok(|thing| thing.thing_id);
    let ids: Vec<String> = TryStreamExt::try_collect(ids).await.unwrap();
    assert_eq!(ids, all);
    let pages = client.pages(ListThings::default());
    let counts: Vec<usize> = pages.map_ok(|page| page.items.len()).try_collect().await.unwrap();
    assert_eq!(counts, [100, 99, 51]);

    let mut misplaced = client.pages(ScanThings::default()).resume(Position::Offset(1));
    assert!(misplaced.next().await.unwrap().unwrap_err().is_usage());
    assert!(misplaced.next().await.is_none());
}

/// Panics in the calls with these numbers, counted from 1.
#[derive(Debug)]
struct PanickingHook {
    calls: AtomicUsize,
    panics: &'static [usize],
}

impl Interceptor for PanickingHook {
    fn before_signing(&self, _: &Exchange<'_>, _: &mut HeaderMapMut) -> Result<(), String> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(!self.panics.contains(&number), "canary");
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn page_is_read_again_after_a_panic_in_a_hook() {
    let all = things(400);
    for parallel in [1, 4] {
        // In the first page, in two attempts of a later one, and in a page in advance.
        for panics in [&[1][..], &[2, 3], &[4]] {
            let fake = list(&all, Duration::from_secs(1));
            let hook = PanickingHook { calls: AtomicUsize::new(0), panics };
            let client = fake.builder().interceptor(hook).build().unwrap();
            let mut items = client.items(ListThings::default()).parallel(parallel);
            let mut read = Vec::new();
            let mut caught = 0;
            loop {
                match AssertUnwindSafe(items.try_next()).catch_unwind().await {
                    Ok(Ok(Some(item))) => read.push(item.thing_id),
                    Ok(Ok(None)) => break,
                    Ok(Err(error)) => panic!("{error}"),
                    Err(panic) => {
                        let text = panic.downcast_ref::<&str>().copied();
                        assert_eq!(text, Some("canary"), "the panic of the hook, and no other");
                        caught += 1;
                    }
                }
            }
            assert_eq!(read, all, "{parallel} at once, {panics:?}");
            assert_eq!(caught, panics.len(), "{parallel} at once, {panics:?}");
        }
    }
}
