//! A search for the resources of a launch with unknown outcome uses only what the lists show.

use std::time::Duration;

use cvm_transport::Error;
use cvm_transport::waiting::CreatedResources;
use tokio::time::Instant;

use crate::actions::{ListThings, ScanThings, THINGS_READY, Thing};
use crate::fake_service::{FakeService, Reply};

const SETTLE: Duration = Duration::from_secs(60);

/// A list that shows these things at its first, second, … read, and the last ones at every later read.
fn list_reads(reads: &'static [&'static [&'static str]]) -> FakeService {
    FakeService::new(|_, number| Reply::body(page(reads[number.min(reads.len()) - 1])))
}

fn row(id: &str) -> String {
    format!(r#"{{"ThingId":"{id}","State":"READY"}}"#)
}

fn page(ids: &[&str]) -> String {
    let items: Vec<String> = ids.iter().map(|id| row(id)).collect();
    let (items, total) = (items.join(","), ids.len());
    format!(r#"{{"Response":{{"ThingSet":[{items}],"TotalCount":{total},"RequestId":"r"}}}}"#)
}

fn is_ours(thing: &Thing) -> bool {
    thing.thing_id.starts_with("ours")
}

async fn search(fake: &FakeService, expected: usize) -> Result<CreatedResources<Thing>, Error> {
    let client = fake.builder().build().unwrap();
    client
        .reconcile_creation(ListThings::default(), is_ours)
        .settle(SETTLE)
        .expected(expected)
        .await
}

fn ids(creation: CreatedResources<Thing>) -> Vec<String> {
    match creation {
        CreatedResources::Found(things) => things.into_iter().map(|thing| thing.thing_id).collect(),
        other => vec![format!("{other:?}")],
    }
}

#[tokio::test(start_paused = true)]
async fn created_resource_listed_twice_is_found() {
    let fake = list_reads(&[&["other"], &["other", "ours-1"]]);
    assert_eq!(ids(search(&fake, 1).await.unwrap()), ["ours-1"]);
    assert_eq!(fake.request_count(), 3, "the next read confirms the count");
}

#[tokio::test(start_paused = true)]
async fn more_matches_than_expected_are_all_returned() {
    let fake = list_reads(&[&["ours-1"], &["ours-1", "ours-2"]]);
    assert_eq!(ids(search(&fake, 1).await.unwrap()), ["ours-1", "ours-2"]);
}

#[tokio::test(start_paused = true)]
async fn missing_matches_are_awaited_until_the_settle_time_ends() {
    let fake = list_reads(&[&["ours-1", "other"]]);
    assert_eq!(ids(search(&fake, 2).await.unwrap()), ["ours-1"]);
    assert_eq!(fake.request_count(), 6);
}

#[tokio::test(start_paused = true)]
async fn not_found_takes_the_whole_settle_time() {
    let fake = list_reads(&[&["other"]]);
    let began = Instant::now();
    assert!(matches!(search(&fake, 1).await.unwrap(), CreatedResources::NotFound));
    assert!(began.elapsed() >= SETTLE);
    assert_eq!(fake.request_count(), 6);
}

#[tokio::test(start_paused = true)]
async fn old_request_needs_only_two_reads() {
    let fake = list_reads(&[&["other"]]);
    let Some(sent) = Instant::now().into_std().checked_sub(SETTLE * 4) else { return };
    let client = fake.builder().build().unwrap();
    let creation = client
        .reconcile_creation(ListThings::default(), is_ours)
        .sent(sent)
        .settle(SETTLE)
        .await
        .unwrap();
    assert!(matches!(creation, CreatedResources::NotFound));
    assert_eq!(fake.request_count(), 2);
}

#[tokio::test(start_paused = true)]
async fn match_that_disappears_is_unknown() {
    let fake = list_reads(&[&[], &["ours-1"], &[]]);
    assert!(matches!(search(&fake, 1).await.unwrap(), CreatedResources::Unknown));
}

#[tokio::test(start_paused = true)]
async fn failed_read_makes_search_unknown_and_service_error_ends_it() {
    let fake = FakeService::new(|_, number| match number {
        1..=4 => Reply::status(502, vec![]),
        _ => Reply::body(page(&["other"])),
    });
    assert!(matches!(search(&fake, 1).await.unwrap(), CreatedResources::Unknown));

    let fake = FakeService::new(|_, _| Reply::error("UnauthorizedOperation", vec![]));
    assert!(search(&fake, 1).await.unwrap_err().is_auth());
    assert_eq!(fake.request_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn incomplete_list_never_proves_not_found() {
    for body in [
        r#""TotalCount":5,"ThingSet":null,"#,
        r#""TotalCount":0,"ThingSet":null,"#,
        r#""TotalCount":0,"#,
        r#""TotalCount":5,"ThingSet":[],"#,
        r#""ThingSet":[],"#,
        r#""TotalCount":1,"ThingSet":[null],"#,
        r#""TotalCount":0,"ThingSet":[null],"#,
        r#""TotalCount":1,"ThingSet":[{"State":"READY"}],"#,
        r#""TotalCount":0,"ThingSet":[{"ThingId":"other","State":"READY"}],"#,
        r#""TotalCount":1,"ThingSet":[{"ThingId":"other"}],"#,
        r#""TotalCount":1,"ThingSet":[{"ThingId":"other","State":null}],"#,
        r#""TotalCount":2,"ThingSet":[{"ThingId":"a","State":"READY"},{"ThingId":"b"}],"#,
    ] {
        let body = format!(r#"{{"Response":{{{body}"RequestId":"r"}}}}"#);
        // In every read, or in two that are neither the first nor the last.
        for only in [None, Some(3)] {
            let (odd, well) = (body.clone(), page(&["other"]));
            let fake = FakeService::new(move |_, number| {
                let is_odd = only.is_none_or(|only| (only..only + 2).contains(&number));
                Reply::body(if is_odd { odd.clone() } else { well.clone() })
            });
            let client = fake.builder().build().unwrap();
            let creation = client.reconcile_creation(ListThings::default(), is_ours).await.unwrap();
            assert!(
                matches!(creation, CreatedResources::Unknown),
                "{body}, {only:?}: {creation:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn search_ignores_offset_of_the_request() {
    let fake = FakeService::new(|request, _| {
        let query: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        Reply::body(if query["Offset"] == 0 { page(&["ours-1"]) } else { page(&[]) })
    });
    let client = fake.builder().build().unwrap();
    let list = ListThings { offset: Some(1), ..ListThings::default() };
    let creation = client.reconcile_creation(list, is_ours).await.unwrap();
    assert_eq!(ids(creation), ["ours-1"]);
}

#[tokio::test(start_paused = true)]
async fn match_is_found_among_incomplete_items() {
    let body = format!(r#"{{"ThingId":"other"}},{}"#, row("ours-1"));
    let fake = FakeService::new(move |_, _| {
        Reply::body(format!(
            r#"{{"Response":{{"ThingSet":[{body}],"TotalCount":2,"RequestId":"r"}}}}"#
        ))
    });
    assert_eq!(ids(search(&fake, 1).await.unwrap()), ["ours-1"]);
}

#[tokio::test(start_paused = true)]
async fn search_ends_with_its_settle_time_during_outage() {
    type Outage = fn() -> Reply;
    let outages: [Outage; 4] = [
        || Reply::error("RequestLimitExceeded", vec![]),
        || Reply::Silent { held: false },
        || Reply::Silent { held: true },
        || Reply::status(503, vec![]),
    ];
    for (number, outage) in outages.into_iter().enumerate() {
        for settle in [Duration::ZERO, Duration::from_secs(2), SETTLE, SETTLE * 10] {
            let limit = settle + (settle / 3).max(Duration::from_secs(10)) + Duration::from_secs(1);
            let fake = FakeService::new(move |_, _| outage());
            let client = fake.builder().build().unwrap();
            let began = Instant::now();
            let list = client.reconcile_creation(ListThings::default(), is_ours).settle(settle);
            assert!(
                matches!(list.await.unwrap(), CreatedResources::Unknown),
                "{number}, {settle:?}"
            );
            assert!(began.elapsed() <= limit, "{number}, {settle:?}: {:?}", began.elapsed());

            let began = Instant::now();
            let waiter = cvm_transport::protocol::Waiter::new(&THINGS_READY, ["thing-1"]);
            let outcome = client.reconcile(waiter).settle(settle).await.unwrap();
            assert_eq!(outcome.unknown.len(), 1, "{number}, {settle:?}");
            assert!(began.elapsed() <= limit, "{number}, {settle:?}: {:?}", began.elapsed());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn endless_list_does_not_outlast_settle_time() {
    // Each page is full and new, and takes a while.
    let fake = FakeService::new(|request, _| {
        let query: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        let offset = query["Offset"].as_u64().unwrap();
        let rows: Vec<String> = (offset..offset + 100).map(|at| row(&at.to_string())).collect();
        let rows = rows.join(",");
        let body = format!(
            r#"{{"Response":{{"ThingSet":[{rows}],"TotalCount":1000000,"RequestId":"r"}}}}"#
        );
        Reply::slowly(body, 3, Duration::from_secs(1))
    });
    let began = Instant::now();
    assert!(matches!(search(&fake, 1).await.unwrap(), CreatedResources::Unknown));
    assert!(began.elapsed() <= SETTLE + SETTLE / 3 + Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn list_is_read_from_its_beginning_whatever_token_the_request_has() {
    let fake = FakeService::new(|request, _| {
        let is_later_page = String::from_utf8_lossy(request.body()).contains("NextToken");
        let rows = if is_later_page { String::new() } else { row("ours-1") };
        Reply::body(format!(r#"{{"Response":{{"ThingSet":[{rows}],"RequestId":"r"}}}}"#))
    });
    let client = fake.builder().build().unwrap();
    let request = ScanThings { next_token: Some("p2".into()), ..Default::default() };
    let found = client.reconcile_creation(request, is_ours).settle(SETTLE).expected(1).await;
    assert_eq!(ids(found.unwrap()), ["ours-1"]);
}
