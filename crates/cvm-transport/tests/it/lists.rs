//! Long lists: every item once, and an end even if the server has none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use cvm_transport::pagination::Position;

use crate::actions::{CountAllThings, ListThings, ScanThings, Thing};
use crate::client;
use crate::server::{ReceivedRequest, Server, Step};

fn page(ids: &[String], rest: &str) -> String {
    let items: Vec<String> = ids.iter().map(|id| format!(r#"{{"ThingId":"{id}"}}"#)).collect();
    format!(r#"{{"Response":{{"ThingSet":[{}],{rest}"RequestId":"r"}}}}"#, items.join(","))
}

fn offset(received: &ReceivedRequest) -> (usize, usize) {
    let body = received.json();
    (body["Offset"].as_u64().unwrap() as usize, body["Limit"].as_u64().unwrap() as usize)
}

fn slice(things: &[String], received: &ReceivedRequest) -> String {
    let (offset, limit) = offset(received);
    let end = (offset + limit).min(things.len());
    let rows = things.get(offset.min(end)..end).unwrap();
    page(rows, &format!(r#""TotalCount":{},"#, things.len()))
}

fn things(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("thing-{number}")).collect()
}

async fn ids(items: &mut cvm_transport::pagination::Items<ListThings>) -> Vec<String> {
    let mut ids = Vec::new();
    while let Some(Thing { thing_id, .. }) = items.try_next().await.unwrap() {
        ids.push(thing_id);
    }
    ids
}

#[tokio::test]
async fn offset_list_is_read_to_its_end() {
    for count in [0, 1, 99, 100, 101, 250] {
        let all = things(count);
        let served = all.clone();
        let server = Server::responding([], move |received| slice(&served, received)).await;
        let mut items = client(&server.url).items(ListThings::default());
        assert_eq!(ids(&mut items).await, all);
        assert_eq!(server.received().len(), count.div_ceil(100).max(1), "{count}");
        assert_eq!(items.total(), Some(count as u64));
    }
}

#[tokio::test]
async fn limit_and_offset_of_the_request_are_kept() {
    let all = things(25);
    let served = all.clone();
    let server = Server::responding([], move |received| slice(&served, received)).await;
    let request = ListThings { limit: Some(10), offset: Some(5), ..ListThings::default() };
    let mut items = client(&server.url).items(request);
    assert_eq!(ids(&mut items).await, all[5..]);
    let asked: Vec<_> = server.received().iter().map(offset).collect();
    assert_eq!(asked, [(5, 10), (14, 10), (23, 10)], "pages overlap by a row");
}

#[tokio::test]
async fn removed_rows_hide_no_other_row() {
    // After the first page, ten of its rows are deleted, so all later rows move up by ten.
    let rows = Mutex::new(things(250));
    let server = Server::responding([], move |received| {
        let mut rows = rows.lock().unwrap();
        let response = slice(&rows, received);
        if offset(received).0 == 0 {
            rows.drain(..10);
        }
        response
    })
    .await;
    let mut items = client(&server.url).items(ListThings::default());
    let read = ids(&mut items).await;
    let expected = things(250);
    for id in &expected {
        assert_eq!(read.iter().filter(|read| *read == id).count(), 1, "{id}");
    }
}

#[tokio::test]
async fn added_rows_cause_no_duplicate() {
    let rows = Mutex::new(things(250));
    let server = Server::responding([], move |received| {
        let mut rows = rows.lock().unwrap();
        let response = slice(&rows, received);
        let added = format!("new-{}", rows.len());
        rows.insert(0, added);
        response
    })
    .await;
    let mut items = client(&server.url).items(ListThings::default());
    let read = ids(&mut items).await;
    let mut unique = read.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), read.len());
    assert!(things(250).iter().all(|id| read.contains(id)));
}

#[tokio::test]
async fn token_list_is_read_in_sequence_and_resumed() {
    let serve = |received: &ReceivedRequest| {
        let body = received.json();
        let number: usize = body
            .get("NextToken")
            .and_then(|token| token.as_str())
            .map_or(0, |t| t.parse().unwrap());
        let next = if number < 3 { (number + 1).to_string() } else { String::new() };
        page(&[format!("thing-{number}")], &format!(r#""NextToken":"{next}","#))
    };
    let server = Server::responding([], serve).await;
    let client = client(&server.url);
    let mut items = client.items(ScanThings::default());
    assert_eq!(items.collect_up_to(2).await.unwrap().len(), 2);
    assert_eq!(items.collect_up_to(100).await.unwrap().len(), 2);

    let mut pages = client.pages(ScanThings::default());
    let first = pages.try_next().await.unwrap().unwrap();
    assert_eq!(first.next, Some(Position::Token("1".into())));
    let mut rest = client.items(ScanThings::default()).resume(first.next.unwrap());
    assert_eq!(rest.collect_up_to(100).await.unwrap().len(), 3);

    let server =
        Server::responding([], |_| page(&["thing-1".into()], r#""NextToken":"same","#)).await;
    let mut items = crate::client(&server.url).items(ScanThings::default());
    let error = items.collect_up_to(100).await.unwrap_err();
    assert!(error.to_string().contains("token twice"), "{error}");
}

#[tokio::test]
async fn parallel_pages_come_in_order_and_once() {
    for count in [0, 1, 100, 101, 950, 1_000] {
        let all = things(count);
        let served = all.clone();
        let server = Server::responding([], move |received| slice(&served, received)).await;
        let mut items = client(&server.url).items(ListThings::default()).parallel(4);
        assert_eq!(ids(&mut items).await, all, "{count}");
        let mut asked: Vec<usize> = server.received().iter().map(|one| offset(one).0).collect();
        asked.sort_unstable();
        let begins = |offset: &usize| *offset == 0 || offset + 1 < count;
        let expected: Vec<usize> = (0..=count).step_by(99).filter(begins).collect();
        assert_eq!(asked, expected, "each page is read once");
    }
}

#[tokio::test]
async fn parallel_pages_are_repaired_when_rows_are_removed() {
    let rows = Mutex::new((things(950), 0));
    let server = Server::responding([], move |received| {
        let mut rows = rows.lock().unwrap();
        rows.1 += 1;
        if rows.1 == 4 {
            rows.0.drain(..30);
        }
        slice(&rows.0, received)
    })
    .await;
    let mut items = client(&server.url).items(ListThings::default()).parallel(4);
    let read = ids(&mut items).await;
    let mut unique = read.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), read.len(), "no duplicates");
    let missing: Vec<String> =
        things(950)[30..].iter().filter(|id| !read.contains(id)).cloned().collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn failed_page_can_be_requested_again() {
    let served = things(300);
    let down = std::iter::repeat_n(Step::status(502, vec![]), 4);
    for parallel in [1, 3] {
        let served = served.clone();
        let server =
            Server::responding(down.clone(), move |received| slice(&served, received)).await;
        let mut items = client(&server.url).items(ListThings::default()).parallel(parallel);
        assert!(items.try_next().await.unwrap_err().is_unreadable_response());
        assert_eq!(ids(&mut items).await.len(), 300);
    }
}

/// Reads a list whose pages are these bodies, the last of them again and again.
async fn read_bodies(
    bodies: &'static [&'static str],
    parallel: usize,
) -> (Result<Vec<String>, cvm_transport::Error>, usize) {
    let count = Mutex::new(0);
    let server = Server::responding([], move |_| {
        let mut count = count.lock().unwrap();
        let body = bodies[(*count).min(bodies.len() - 1)];
        *count += 1;
        format!(r#"{{"Response":{{{body}"RequestId":"r"}}}}"#)
    })
    .await;
    let mut items = client(&server.url).items(ListThings::default()).parallel(parallel);
    let mut ids = Vec::new();
    let ended = loop {
        match items.try_next().await {
            Ok(Some(thing)) => ids.push(thing.thing_id),
            Ok(None) => break Ok(ids),
            Err(error) => break Err(error),
        }
    };
    (ended, server.received().len())
}

#[tokio::test]
async fn response_without_rows_is_an_error() {
    for parallel in [1, 4] {
        for (body, named) in [
            (r#""TotalCount":5,"ThingSet":null,"#, "`ThingSet` is absent or null"),
            (r#""TotalCount":5,"#, "`ThingSet` is absent or null"),
            (r#""TotalCount":0,"ThingSet":null,"#, "`ThingSet` is absent or null"),
            (r#""TotalCount":2,"ThingSet":[null,{"ThingId":"a"}],"#, "`ThingSet` has a null item"),
            (r#""TotalCount":1,"ThingSet":[{"State":"READY"}],"#, "`ThingSet.0` has no `ThingId`"),
            (r#""TotalCount":1,"ThingSet":[{"ThingId":""}],"#, "`ThingSet.0` has no `ThingId`"),
        ] {
            let bodies: &'static [&'static str] = Box::leak(Box::new([body]));
            let (ended, asked) = read_bodies(bodies, parallel).await;
            let error = ended.unwrap_err();
            assert!(error.is_unreadable_response(), "{body}: {error}");
            assert!(error.to_string().contains(named), "{body}: {error}");
            assert!(error.outcome_unknown().is_none(), "{body}: {error}");
            assert_eq!(asked, 1, "{body}");
        }
    }
}

#[tokio::test]
async fn empty_page_before_the_end_is_read_once_more() {
    const EMPTY: &str = r#""TotalCount":3,"ThingSet":[],"#;
    const TWO: &str = r#""TotalCount":3,"ThingSet":[{"ThingId":"a"},{"ThingId":"b"}],"#;
    const THREE: &str = r#""TotalCount":3,"ThingSet":[{"ThingId":"b"},{"ThingId":"c"}],"#;
    const ONE: &str = r#""TotalCount":3,"ThingSet":[{"ThingId":"b"}],"#;
    for parallel in [1, 4] {
        let (ended, asked) = read_bodies(&[EMPTY], parallel).await;
        let text = ended.unwrap_err().to_string();
        assert!(text.contains("from 0 on") && text.contains("the total is 3"), "{text}");
        assert_eq!(asked, 2);
        let (ended, asked) = read_bodies(&[EMPTY, TWO, EMPTY, THREE], parallel).await;
        assert_eq!((ended.unwrap(), asked), (vec!["a".into(), "b".into(), "c".into()], 4));
        for last in [EMPTY, ONE] {
            let bodies: &'static [&'static str] = Box::leak(Box::new([TWO, last]));
            let (ended, asked) = read_bodies(bodies, parallel).await;
            let text = ended.unwrap_err().to_string();
            assert!(text.contains("from 2 on") && text.contains("the total is 3"), "{text}");
            assert_eq!(asked, 3);
        }
    }
}

#[tokio::test]
async fn null_page_does_not_end_a_list() {
    for parallel in [1, 4] {
        let served = things(300);
        let server = Server::responding([], move |received| match offset(received).0 {
            0 => slice(&served, received),
            _ => r#"{"Response":{"ThingSet":null,"TotalCount":300,"RequestId":"r"}}"#.to_owned(),
        })
        .await;
        let mut pages = client(&server.url).pages(ListThings::default()).parallel(parallel);
        assert_eq!(pages.try_next().await.unwrap().unwrap().items.len(), 100);
        let error = pages.try_next().await.unwrap_err();
        assert!(error.is_unreadable_response(), "{error}");
        assert!(pages.try_next().await.is_err(), "it is requested again");
    }
}

#[tokio::test]
async fn position_of_the_other_style_is_refused() {
    let server = Server::start([]).await;
    let client = client(&server.url);
    let mut pages = client.pages(ListThings::default()).resume(Position::Token("t".into()));
    assert!(pages.try_next().await.unwrap_err().is_usage());
    let mut pages = client.pages(ScanThings::default()).resume(Position::Offset(5));
    assert!(pages.try_next().await.unwrap_err().is_usage());
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn late_duplicate_of_an_earlier_page_hides_no_row() {
    for copies in [1, usize::MAX] {
        let all = things(950);
        let served = all.clone();
        let waiting: Mutex<(usize, Option<String>)> = Mutex::default();
        let server = Server::responding([], move |received| {
            let own = slice(&served, received);
            let mut waiting = waiting.lock().unwrap();
            waiting.0 += 1;
            // From the second page on, each request gets the response of an earlier one.
            let earlier = waiting.1.replace(own.clone()).unwrap_or_else(|| own.clone());
            if (2..copies.saturating_add(2)).contains(&waiting.0) { earlier } else { own }
        })
        .await;
        let mut items = client(&server.url).items(ListThings::default());
        assert_eq!(ids(&mut items).await, all, "{copies}");
    }
}

#[tokio::test]
async fn items_read_before_an_error_are_kept() {
    let all = things(250);
    let fails = Arc::new(AtomicBool::new(true));
    let (served, failing) = (all.clone(), Arc::clone(&fails));
    let server = Server::responding([], move |received| {
        if offset(received).0 > 100 && failing.load(Ordering::SeqCst) {
            return r#"{"Response":{"Error":{"Code":"UnauthorizedOperation","Message":"no"},"RequestId":"r"}}"#.into();
        }
        slice(&served, received)
    })
    .await;
    let mut items = client(&server.url).items(ListThings::default());
    for _ in 0..2 {
        items.collect_up_to(1_000).await.unwrap_err();
    }
    assert_eq!(items.collect_up_to(1).await.unwrap()[0].thing_id, "thing-0");
    items.collect_up_to(1_000).await.unwrap_err();
    let read: Vec<_> = items.take_buffered().into_iter().map(|thing| thing.thing_id).collect();
    assert_eq!(read, all[1..199]);
    assert!(items.take_buffered().is_empty());
    items = items.parallel(2).page_size(50);
    fails.store(false, Ordering::SeqCst);
    assert_eq!(ids(&mut items).await, all[199..], "the list continues after them");

    let mut items = client(&server.url).items(ListThings::default());
    items.try_next().await.unwrap();
    let mut items = items.parallel(2).page_size(50);
    assert_eq!(ids(&mut items).await, all[1..], "options keep what was read");
}

/// Reads the matching things of a service that always reports this total.
async fn read_inexact(
    matching: usize,
    total: u64,
    request: CountAllThings,
    parallel: usize,
) -> Result<Vec<String>, cvm_transport::Error> {
    let all = things(matching);
    let server = Server::responding([], move |received| {
        let (offset, limit) = offset(received);
        let end = (offset + limit).min(all.len());
        page(&all[offset.min(end)..end], &format!(r#""TotalCount":{total},"#))
    })
    .await;
    let mut items = client(&server.url).items(request).parallel(parallel);
    let mut ids = Vec::new();
    while let Some(thing) = items.try_next().await? {
        ids.push(thing.thing_id);
    }
    Ok(ids)
}

#[tokio::test]
async fn list_whose_total_counts_other_items_is_read_to_its_end() {
    for parallel in [1, 4] {
        for matching in [0, 1, 5, 99, 100, 101, 199, 250] {
            for total in [0, 1, 7, 100, 250, 1_000] {
                for limit in [None, Some(1), Some(50)] {
                    let thing_ids = vec!["some".to_owned()];
                    let request = CountAllThings { thing_ids, limit, ..CountAllThings::default() };
                    let read = read_inexact(matching, total, request, parallel).await.unwrap();
                    assert_eq!(read, things(matching), "{matching} of {total}, {limit:?}");
                }
            }
        }
        // There is no filter, so the total counts exactly the requested things.
        let error = read_inexact(0, 7, CountAllThings::default(), parallel).await.unwrap_err();
        assert!(error.to_string().contains("the total is 7"), "{error}");
    }
}
