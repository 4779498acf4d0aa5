//! Lists by page number: every row once, an end, and no proof from several pages.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_protocol::{PageInfo, PageStyle, WaiterInfo};
use cvm_transport::pagination::Position;
use cvm_transport::waiting::CreatedResources;

use crate::actions::{ListThings, THINGS_READY_SPEC, Thing};
use crate::fake_service::{FakeService, Reply};
use crate::numbered_lists::{
    FROM_ONE_INFO, FROM_ZERO_INFO, FromOne, FromZero, Inexact, Nameless, Nested, body,
    number_and_size, pages, read, slice, things, total,
};

/// A service that counts pages from `first`, and the page numbers that it was asked for.
fn service(rows: Vec<String>, first: usize) -> (FakeService, Arc<Mutex<Vec<usize>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let numbers = Arc::clone(&asked);
    let fake = FakeService::new(move |request, _| {
        let (number, size) = number_and_size(request);
        numbers.lock().unwrap().push(number);
        body(slice(&rows, number - first, size), &total(rows.len()))
    });
    (fake, asked)
}

#[tokio::test(start_paused = true)]
async fn list_is_read_forward_and_back() {
    for count in [0, 1, 99, 100, 101, 200, 250] {
        let all = things(count);
        let (fake, asked) = service(all.clone(), 1);
        let client = fake.builder().build().unwrap();
        assert_eq!(read(&client, FromOne::default()).await.unwrap(), all);
        let last = count.div_ceil(100).max(1);
        let expected: Vec<usize> = (1..=last).chain((1..last).rev()).collect();
        assert_eq!(*asked.lock().unwrap(), expected, "{count}");

        let (fake, asked) = service(all.clone(), 0);
        let client = fake.builder().build().unwrap();
        assert_eq!(read(&client, FromZero::default()).await.unwrap(), all);
        let expected: Vec<usize> = expected.iter().map(|number| number - 1).collect();
        assert_eq!(*asked.lock().unwrap(), expected, "{count}");

        let (fake, asked) = service(all.clone(), 1);
        let client = fake.builder().build().unwrap();
        assert_eq!(read(&client, Nameless::default()).await.unwrap(), all);
        let expected: Vec<usize> = (1..=last).collect();
        assert_eq!(*asked.lock().unwrap(), expected, "{count}: without ids, nothing is compared");
    }
}

#[tokio::test(start_paused = true)]
async fn page_number_and_size_of_the_request_are_kept() {
    let all = things(25);
    let (fake, asked) = service(all.clone(), 1);
    let client = fake.builder().build().unwrap();
    let request = FromOne { page_number: Some(2), page_size: Some(10), ..FromOne::default() };
    assert_eq!(read(&client, request).await.unwrap(), all[10..]);
    assert_eq!(*asked.lock().unwrap(), [2, 3, 4, 3, 2], "an empty page confirms the end");

    let mut pages = client.pages(FromOne::default()).page_size(10).parallel(4);
    let first = pages.try_next().await.unwrap().unwrap();
    assert_eq!((first.items.len(), first.total), (10, Some(25)));
    assert_eq!(first.next, Some(Position::PageNumber(2)));
    // Another size would skip rows.
    let mut pages = pages.page_size(20);
    let second = pages.try_next().await.unwrap().unwrap();
    assert_eq!(second.items[0].thing_id, "thing-10");
    let mut rest = client.items(FromOne::default()).page_size(10).resume(first.next.unwrap());
    assert_eq!(rest.collect_up_to(100).await.unwrap().len(), 15);

    let mut pages = client.pages(FromOne::default()).resume(Position::Offset(10));
    assert!(pages.try_next().await.unwrap_err().is_usage());
    let mut pages = client.pages(ListThings::default()).resume(Position::PageNumber(2));
    assert!(pages.try_next().await.unwrap_err().is_usage());
}

#[tokio::test(start_paused = true)]
async fn short_pages_and_small_totals_drop_no_row() {
    for count in [1, 5, 100, 101, 250] {
        let rows = things(count);
        // Up to forty pages.
        for cap in [1, 2, 3, 50, 99, 100].into_iter().filter(|cap| cap * 40 >= count) {
            for text in [total(count), total(0), String::new(), r#""TotalCount":null,"#.to_owned()]
            {
                let served = rows.clone();
                let shown = format!("{count} rows, pages of {cap}, {text}");
                let fake = FakeService::new(move |request, _| {
                    let (number, size) = number_and_size(request);
                    body(slice(&served, number - 1, size.min(cap)), &text)
                });
                let client = fake.builder().build().unwrap();
                assert_eq!(read(&client, FromOne::default()).await.unwrap(), rows, "{shown}");
                assert_eq!(read(&client, Nameless::default()).await.unwrap(), rows, "{shown}");
                let thing_ids = vec!["some".to_owned()];
                let request = Inexact { thing_ids, ..Inexact::default() };
                assert_eq!(read(&client, request).await.unwrap(), rows, "{shown}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn missing_rows_are_an_error_after_the_others() {
    for count in [0, 1, 100, 250] {
        let rows = things(count);
        let fake = FakeService::new(move |request, _| {
            let (number, size) = number_and_size(request);
            body(slice(&rows, number - 1, size), &total(1_000))
        });
        let client = fake.builder().build().unwrap();
        let mut items = client.items(FromOne::default());
        let error = items.collect_up_to(10_000).await.unwrap_err();
        assert_eq!(items.take_buffered().len(), count);
        let text = format!("no item from {count} on, but the total is 1000 (the first page is 1)");
        assert!(error.is_unreadable_response() && error.to_string().contains(&text), "{error}");
        assert!(fake.request_count() <= count.div_ceil(100) + 2, "{}", fake.request_count());
    }
    let fake = FakeService::new(|_, _| body(&[], ""));
    let client = fake.builder().build().unwrap();
    let error = read(&client, FromOne::default()).await.unwrap_err();
    assert!(error.to_string().contains("the response has no total"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn wrong_first_page_number_hides_no_row() {
    for count in [1, 99, 100, 101, 200, 250, 300, 301] {
        // The service counts from 0, and the specification says 1.
        let (fake, _) = service(things(count), 0);
        let client = fake.builder().build().unwrap();
        let error = read(&client, FromOne::default()).await.unwrap_err();
        assert!(error.to_string().contains("(the first page is 1)"), "{count}: {error}");
        let error = read(&client, Nameless::default()).await.unwrap_err();
        assert!(error.to_string().contains("(the first page is 1)"), "{count}: {error}");

        // The service counts from 1 and takes 0 for 1, and the specification says 0.
        let rows = things(count);
        let served = rows.clone();
        let fake = FakeService::new(move |request, _| {
            let (number, size) = number_and_size(request);
            body(slice(&served, number.max(1) - 1, size), &total(served.len()))
        });
        let client = fake.builder().build().unwrap();
        assert_eq!(read(&client, FromZero::default()).await.unwrap(), rows, "{count}");
    }
}

#[tokio::test(start_paused = true)]
async fn repeated_page_is_an_error_and_a_late_copy_is_not() {
    for text in [total(0), total(200), total(1_000_000), String::new()] {
        let fake = FakeService::new(move |_, _| body(&things(100), &text));
        let client = fake.builder().build().unwrap();
        for error in [
            read(&client, FromOne::default()).await.unwrap_err(),
            read(&client, Nameless::default()).await.unwrap_err(),
        ] {
            let text = error.to_string();
            let is_named = text.contains("the same items") || text.contains("the same page again");
            assert!(is_named, "{error}");
        }
        assert!(fake.request_count() <= 32, "{}", fake.request_count());
    }
    // From the second page on, each request gets the response to an earlier one.
    let all = things(950);
    let served = all.clone();
    let earlier: Mutex<usize> = Mutex::new(1);
    let fake = FakeService::new(move |request, _| {
        let (number, size) = number_and_size(request);
        let number = std::mem::replace(&mut *earlier.lock().unwrap(), number);
        body(slice(&served, number - 1, size), &total(served.len()))
    });
    let client = fake.builder().build().unwrap();
    assert_eq!(read(&client, FromOne::default()).await.unwrap(), all);
}

#[tokio::test(start_paused = true)]
async fn page_without_its_list_is_an_error_in_both_directions() {
    for bad in [2, 4] {
        let rows = things(250);
        let fake = FakeService::new(move |request, call| {
            let (number, size) = number_and_size(request);
            if call == bad {
                return Reply::body(
                    r#"{"Response":{"ThingSet":null,"TotalCount":250,"RequestId":"r"}}"#,
                );
            }
            body(slice(&rows, number - 1, size), &total(rows.len()))
        });
        let client = fake.builder().build().unwrap();
        let mut items = client.items(FromOne::default());
        let error = items.collect_up_to(1_000).await.unwrap_err();
        assert!(error.to_string().contains("`ThingSet` is absent or null"), "{bad}: {error}");
        // The same page is requested again.
        assert_eq!(items.collect_up_to(1_000).await.unwrap().len(), 250, "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn several_pages_prove_nothing() {
    let settle = Duration::from_secs(60);
    for (count, is_proof) in [(0, true), (1, true), (100, true), (101, false), (250, false)] {
        let (fake, asked) = service(things(count), 1);
        let client = fake.builder().build().unwrap();
        // The search begins at the first page, whatever the request says.
        let request = FromOne { page_number: Some(2), ..FromOne::default() };
        let found = client
            .reconcile_creation(request, |thing: &Thing| thing.thing_id == "ours")
            .settle(settle)
            .await
            .unwrap();
        let is_expected = match found {
            CreatedResources::NotFound => is_proof,
            CreatedResources::Unknown => !is_proof,
            _ => false,
        };
        assert!(is_expected, "{count}: {found:?}");
        assert_eq!(asked.lock().unwrap().first(), Some(&1));

        let wait = client.wait_until(FromOne::default(), |_: &Thing| true);
        match wait.expected(count.max(1)).timeout(settle).await {
            Ok(things) => assert!(is_proof && things.len() == count, "{count}"),
            Err(error) if count == 0 => assert!(error.is_timeout(), "{error}"),
            Err(error) => {
                assert!(!is_proof && error.is_timeout(), "{count}: {error}");
                assert!(error.to_string().contains("read by page number"), "{count}: {error}");
            }
        }
    }
    // A match is found on any page.
    let (fake, _) = service(things(250), 1);
    let client = fake.builder().build().unwrap();
    let found = client
        .reconcile_creation(FromOne::default(), |thing: &Thing| thing.thing_id == "thing-240")
        .settle(settle)
        .await
        .unwrap();
    assert!(matches!(found, CreatedResources::Found(_)), "{found:?}");
    // An inexact total proves nothing either, even on one page.
    let (fake, _) = service(things(1), 1);
    let client = fake.builder().build().unwrap();
    let thing_ids = vec!["some".to_owned()];
    let found = client
        .reconcile_creation(Inexact { thing_ids, ..Inexact::default() }, |_: &Thing| false)
        .settle(settle)
        .await
        .unwrap();
    assert!(matches!(found, CreatedResources::Unknown), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn list_in_an_object_of_the_response_is_checked_like_any_other() {
    let rows = things(250);
    let served = rows.clone();
    let fake = FakeService::new(move |request, _| {
        let (number, size) = number_and_size(request);
        let rows: Vec<String> = slice(&served, number - 1, size)
            .iter()
            .map(|id| format!(r#"{{"ThingId":"{id}","State":"READY"}}"#))
            .collect();
        Reply::body(format!(
            r#"{{"Response":{{"Data":{{"ThingSet":[{}],"TotalCount":250}},"RequestId":"r"}}}}"#,
            rows.join(",")
        ))
    });
    let client = fake.builder().build().unwrap();
    assert_eq!(read(&client, Nested::default()).await.unwrap(), rows);
    assert_eq!(fake.request_count(), 5);

    for (data, expected) in [
        ("null", "`Data.ThingSet` is absent or null"),
        ("{}", "`Data.ThingSet` is absent or null"),
        (r#"{"ThingSet":null,"TotalCount":1}"#, "`Data.ThingSet` is absent or null"),
        (r#"{"ThingSet":[null],"TotalCount":1}"#, "`Data.ThingSet` is absent or null"),
        (r#"{"ThingSet":[{"State":"UP"}],"TotalCount":1}"#, "`Data.ThingSet.0` has no `ThingId`"),
        (r#"{"ThingSet":[],"TotalCount":1}"#, "the total is 1"),
        (r#"{"ThingSet":[]}"#, "the response has no total"),
    ] {
        let body = format!(r#"{{"Response":{{"Data":{data},"RequestId":"r"}}}}"#);
        let fake = FakeService::new(move |_, _| Reply::body(body.clone()));
        let client = fake.builder().build().unwrap();
        let error = read(&client, Nested::default()).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{data}: {error}");
    }
}

#[test]
fn waiter_polls_the_first_page_by_number() {
    let mut spec = THINGS_READY_SPEC;
    for (action, first) in [(&FROM_ONE_INFO, 1), (&FROM_ZERO_INFO, 0)] {
        spec.action = action;
        let request = WaiterInfo::new(spec).unwrap().request(&["thing-1".to_owned()]);
        let expected = serde_json::json!({
            "ThingIds": ["thing-1"], "PageNumber": first, "PageSize": 100,
        });
        assert_eq!(cvm_protocol::json::to_value(&request), expected);
    }
    // With a misspelled member, the service would choose the page.
    let style =
        PageStyle::Number { number: "Page", limit: "PageSize", total: "TotalCount", first: 1 };
    let info = FROM_ONE_INFO.paginate(PageInfo { style, ..pages(1, Some("ThingId")) });
    spec.action = Box::leak(Box::new(info));
    let error = WaiterInfo::new(spec).unwrap_err().to_string();
    assert!(
        error.contains("`Page`: the position of a page is no number of the request"),
        "{error}"
    );
}
