//! Waits with a closure: what counts as reached, as failed and as gone.

use std::sync::Mutex;
use std::time::Duration;

use cvm_transport::Error;
use cvm_transport::waiting::WaitVerdict;
use tokio::time::Instant;

use crate::actions::{ListThings, Thing};
use crate::fake_service::{FakeService, Reply};

/// The rows of a list: ids and states.
type Rows = &'static [(&'static str, &'static str)];

fn body(rows: Rows) -> String {
    let items: Vec<String> = rows
        .iter()
        .map(|(id, state)| format!(r#"{{"ThingId":"{id}","State":"{state}"}}"#))
        .collect();
    let (items, total) = (items.join(","), rows.len());
    format!(r#"{{"Response":{{"ThingSet":[{items}],"TotalCount":{total},"RequestId":"r"}}}}"#)
}

/// A list that shows these rows, one after the other, and the last ones again and again.
fn polls(polls: &'static [Rows]) -> FakeService {
    FakeService::new(|_, number| Reply::body(body(polls[number.min(polls.len()) - 1])))
}

fn is_ready(thing: &Thing) -> bool {
    thing.state.as_deref() == Some("READY")
}

fn verdict(thing: &Thing) -> WaitVerdict {
    match thing.state.as_deref() {
        Some("READY") => WaitVerdict::Reached,
        Some("FAILED") => WaitVerdict::Failed,
        _ => WaitVerdict::Pending,
    }
}

async fn until_ready(fake: &FakeService, expected: usize) -> Result<Vec<Thing>, Error> {
    let client = fake.builder().build().unwrap();
    client.wait_until(ListThings::default(), is_ready).expected(expected).await
}

fn ids(things: &[Thing]) -> Vec<&str> {
    things.iter().map(|thing| thing.thing_id.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn wait_ends_when_the_closure_accepts_every_expected_item() {
    let fake = polls(&[
        &[],
        &[("a", "READY")],
        &[("a", "READY"), ("b", "BUSY")],
        &[("a", "READY"), ("b", "READY")],
    ]);
    let began = Instant::now();
    let things = until_ready(&fake, 2).await.unwrap();
    assert_eq!(ids(&things), ["a", "b"]);
    assert_eq!(fake.request_count(), 4);
    let elapsed = began.elapsed();
    assert!((12..=18).contains(&elapsed.as_secs()), "three pauses of about 5 s: {elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn empty_list_is_not_ready() {
    let fake = polls(&[&[]]);
    let error = until_ready(&fake, 1).await.unwrap_err();
    assert!(error.is_wait() && error.is_timeout(), "{error}");
    assert!(
        error.to_string().contains("only 0 of 1 expected items were listed within 600 s"),
        "{error}"
    );
    assert!(fake.request_count() > 90, "{}", fake.request_count());
}

#[tokio::test(start_paused = true)]
async fn failed_item_ends_wait_and_the_report_names_it() {
    let fake = polls(&[&[("a", "READY"), ("b", "FAILED"), ("c", "BUSY")]]);
    let client = fake.builder().build().unwrap();
    let error = client.wait_until(ListThings::default(), verdict).await.unwrap_err();
    assert!(error.is_wait() && !error.is_timeout(), "{error}");
    assert!(error.to_string().contains("`b` cannot reach the target"), "{error}");
    let report = error.wait_report().unwrap();
    let verdicts: Vec<_> = report.resources.iter().map(|one| (&*one.id, one.verdict)).collect();
    assert_eq!(
        verdicts,
        [("a", WaitVerdict::Reached), ("b", WaitVerdict::Failed), ("c", WaitVerdict::Pending)]
    );
    assert_eq!(fake.request_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn listed_item_that_disappears_ends_wait_after_two_polls() {
    let fake = polls(&[&[("a", "READY"), ("b", "BUSY")], &[("a", "READY")]]);
    let error = until_ready(&fake, 1).await.unwrap_err();
    assert!(error.to_string().contains("`b` is no longer listed"), "{error}");
    assert_eq!(fake.request_count(), 3);

    let fake = polls(&[&[("a", "BUSY")], &[], &[("a", "READY")]]);
    assert_eq!(ids(&until_ready(&fake, 1).await.unwrap()), ["a"], "one list may be stale");
}

/// None of these proves anything, although each seems to show that all is ready, or gone.
#[tokio::test(start_paused = true)]
async fn incomplete_lists_and_outages_decide_nothing() {
    for odd in [
        r#""TotalCount":1,"#,
        r#""TotalCount":0,"ThingSet":null,"#,
        r#""ThingSet":[],"#,
        r#""TotalCount":2,"ThingSet":[],"#,
        r#""TotalCount":1,"ThingSet":[null],"#,
        r#""TotalCount":2,"ThingSet":[{"ThingId":"a","State":"READY"},{"ThingId":"b"}],"#,
    ] {
        let served = format!(r#"{{"Response":{{{odd}"RequestId":"r"}}}}"#);
        let fake = FakeService::new(move |_, number| match number {
            1..=8 => Reply::body(served.clone()),
            _ => Reply::body(body(&[("a", "READY")])),
        });
        let client = fake.builder().build().unwrap();
        let things = client.wait_until(ListThings::default(), |_: &Thing| true).await.unwrap();
        assert_eq!(ids(&things), ["a"], "{odd}");
        assert!(fake.request_count() > 8, "{odd}: {}", fake.request_count());
    }
    let fake = FakeService::new(|_, number| match number {
        1..=12 => Reply::status(502, vec![]),
        _ => Reply::body(body(&[("a", "READY")])),
    });
    assert_eq!(until_ready(&fake, 1).await.unwrap().len(), 1);
    let fake = FakeService::new(|_, _| Reply::error("UnauthorizedOperation", vec![]));
    assert!(until_ready(&fake, 1).await.unwrap_err().is_auth());
    assert_eq!(fake.request_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn gone_takes_two_empty_lists_after_one_with_items() {
    let fake = polls(&[&[("a", "BUSY"), ("b", "BUSY")], &[], &[("b", "BUSY")], &[], &[]]);
    let client = fake.builder().build().unwrap();
    let things = client.wait_until_gone(ListThings::default()).await.unwrap();
    assert_eq!(ids(&things), ["b"], "what was listed last");
    assert_eq!(fake.request_count(), 5);

    let fake = polls(&[&[]]);
    let client = fake.builder().build().unwrap();
    let error = client.wait_until_gone(ListThings::default()).await.unwrap_err();
    assert!(
        error.is_wait() && error.to_string().contains("no poll has listed anything"),
        "{error}"
    );
    let known = client.wait_until_gone(ListThings::default()).seen_before().await.unwrap();
    assert!(known.is_empty());
    assert_eq!(fake.request_count(), 4);
}

#[tokio::test(start_paused = true)]
async fn closure_wait_has_a_last_poll_at_its_deadline_and_reports_progress() {
    let fake = FakeService::new(|_, _| Reply::body(body(&[("a", "BUSY")])));
    let client = fake.builder().build().unwrap();
    let seen = std::sync::Arc::new(Mutex::new(Vec::new()));
    let noted = std::sync::Arc::clone(&seen);
    let began = Instant::now();
    let error = client
        .wait_until(ListThings::default(), is_ready)
        .timeout(Duration::from_secs(12))
        .interval(Duration::from_secs(100))
        .on_progress(move |progress| {
            noted.lock().unwrap().push((progress.total(), progress.elapsed.as_secs()));
        })
        .await
        .unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(began.elapsed().as_secs(), 12);
    assert_eq!(*seen.lock().unwrap(), [(1, 0), (1, 12)]);
}

/// The text of the error after 12 s.
async fn text_after_timeout(polls: FakeService, gone: bool) -> String {
    let client = polls.builder().max_attempts(1).build().unwrap();
    let list = ListThings::default();
    let wait = if gone {
        client.wait_until_gone(list).seen_before()
    } else {
        client.wait_until(list, is_ready).expected(2)
    };
    wait.timeout(Duration::from_secs(12)).await.unwrap_err().to_string()
}

#[tokio::test(start_paused = true)]
async fn closure_wait_that_times_out_says_what_its_lists_showed() {
    let incomplete = || {
        FakeService::new(|_, _| {
            Reply::body(
                r#"{"Response":{"ThingSet":[{"ThingId":"a"}],"TotalCount":1,"RequestId":"r"}}"#,
            )
        })
    };
    let broken = || FakeService::new(|_, _| Reply::status(502, vec![]));
    for gone in [false, true] {
        let text = text_after_timeout(incomplete(), gone).await;
        assert!(text.contains("no complete list was read within 12 s; the latest list"), "{text}");
        assert!(text.contains("an item lacked a member that is always present"), "{text}");
        let text = text_after_timeout(broken(), gone).await;
        let expected = "no complete list was read within 12 s; the latest poll failed";
        assert!(text.contains(expected), "{text}");
    }

    let text = text_after_timeout(polls(&[&[("a", "READY")]]), false).await;
    assert!(text.contains("only 1 of 2 expected items were listed within 12 s"), "{text}");
    let text = text_after_timeout(polls(&[&[("a", "BUSY")]]), false).await;
    let expected =
        "only 1 of 2 expected items were listed, and 1 of those did not reach the target within";
    assert!(text.contains(expected), "{text}");
    let text = text_after_timeout(polls(&[&[("a", "READY"), ("b", "BUSY")]]), false).await;
    assert!(text.contains("1 of 2 items did not reach the target within 12 s"), "{text}");

    let text = text_after_timeout(polls(&[&[("a", "READY"), ("b", "BUSY")]]), true).await;
    assert!(text.contains("2 items were not gone within 12 s"), "{text}");
    let once = FakeService::new(|_, number| match number {
        1 => Reply::body(body(&[])),
        _ => Reply::status(502, vec![]),
    });
    let text = text_after_timeout(once, true).await;
    assert!(text.contains("one list was empty, but no second one confirmed it"), "{text}");
}
