//! Every sequence of states of a resource within six reads, compared with a second, independent implementation
//! of a waiter.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::Error;
use cvm_transport::http::PreparedRequest;
use cvm_transport::protocol::Waiter;
use cvm_transport::waiting::{WaitReport, WaitVerdict};

use crate::actions::{THINGS_READY, THINGS_READY_SPEC};
use crate::fake_service::{FakeService, Reply};

/// What one read shows of a resource. An id is the sequence of its letters.
///
/// | letter | shown |
/// |---|---|
/// | `R` | the target state |
/// | `F`, `G` | a failure, a state that cannot reach the target |
/// | `I` | a settled state |
/// | `B`, `U` | in progress, an unknown state |
/// | `N`, `E`, `M` | null, only the id, not listed |
/// | `r`, `f` | the target state and a failure of an earlier request |
/// | `L` | the target state of a later request |
const DECISIVE: &str = "RFG";
const MOVING: &str = "BNMU";
const LENGTH: usize = 6;

/// All sequences of the moving letters, each up to the deciding letter or to six.
fn sequences(moving: &str, decisive: &str, length: usize) -> Vec<String> {
    let mut ended = Vec::new();
    let mut open = vec![String::new()];
    for _ in 0..length {
        let step = |letters: &str| -> Vec<String> {
            let letters = letters.chars();
            letters
                .flat_map(|letter| open.iter().map(move |start| format!("{start}{letter}")))
                .collect()
        };
        ended.extend(step(decisive));
        open = step(moving);
    }
    ended.extend(open);
    for id in &mut ended {
        if let Some((at, _)) = decision(id) {
            id.truncate(at + 1);
        }
    }
    ended.sort();
    ended.dedup();
    ended
}

/// The second implementation: which letter decides, and how.
fn decision(id: &str) -> Option<(usize, WaitVerdict)> {
    let (mut was_listed, mut was_ours, mut absent, mut others) = (false, false, 0, 0);
    let mut before_ours = String::new();
    for (at, letter) in id.chars().enumerate() {
        absent = if letter == 'M' { absent + 1 } else { 0 };
        was_listed |= letter != 'M';
        was_ours |= "RFGIBUN".contains(letter);
        let request = |letter: char| if letter == 'f' { 'r' } else { letter };
        if !was_ours {
            before_ours.push(request(letter));
        }
        // A request that was shown before ours cannot be a later one: that list is outdated.
        let is_later = "rfL".contains(letter) && !before_ours.contains(request(letter));
        others = if was_ours && is_later { others + 1 } else { 0 };
        match letter {
            'R' => return Some((at, WaitVerdict::Reached)),
            'F' | 'G' => return Some((at, WaitVerdict::Failed)),
            // A resource that was listed and is then missing twice does not come back.
            'M' if was_listed && absent == 2 => return Some((at, WaitVerdict::Failed)),
            // Our request was shown, and then twice another one: its end was missed.
            'r' | 'f' | 'L' if others == 2 => return Some((at, WaitVerdict::Failed)),
            _ => {}
        }
    }
    None
}

/// The read at which a failure is decided.
fn failure(id: &str) -> Option<usize> {
    decision(id).filter(|(_, verdict)| *verdict == WaitVerdict::Failed).map(|(at, _)| at)
}

/// The verdict after this many reads.
fn verdict(id: &str, reads: usize) -> WaitVerdict {
    match decision(id) {
        Some((at, verdict)) if at < reads => verdict,
        _ => WaitVerdict::Pending,
    }
}

fn row(id: &str, letter: char) -> Option<String> {
    let (state, request) = match letter {
        'R' => ("\"READY\"", "ours"),
        'F' => ("\"FAILED\"", "ours"),
        'G' => ("\"GONE\"", "ours"),
        'I' => ("\"IDLE\"", "ours"),
        'B' => ("\"BUSY\"", "ours"),
        'U' => ("\"READY2\"", "ours"),
        'N' => ("null", "ours"),
        'r' => ("\"READY\"", "earlier"),
        'f' => ("\"FAILED\"", "earlier"),
        'L' => ("\"READY\"", "later"),
        'E' => return Some(format!(r#"{{"ThingId":"{id}"}}"#)),
        _ => return None,
    };
    Some(format!(r#"{{"ThingId":"{id}","State":{state},"LatestRequestId":"{request}"}}"#))
}

fn requested_ids(request: &PreparedRequest) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
    let ids = body["ThingIds"].as_array().unwrap();
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// A service that shows each id its next letter, and the number of reads of each.
fn changing_service() -> (FakeService, Arc<Mutex<HashMap<String, usize>>>) {
    let reads: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let counts = Arc::clone(&reads);
    let fake = FakeService::new(move |request, _| {
        let mut counts = counts.lock().unwrap();
        let rows: Vec<String> = requested_ids(request)
            .iter()
            .filter_map(|id| {
                let count = counts.entry(id.clone()).or_default();
                *count += 1;
                let letter = id.chars().nth(*count - 1);
                assert!(letter.is_some(), "{id} is read after the end of its sequence");
                row(id, letter?)
            })
            .collect();
        let count = rows.len();
        let rows = rows.join(",");
        Reply::body(format!(
            r#"{{"Response":{{"ThingSet":[{rows}],"TotalCount":{count},"RequestId":"r"}}}}"#
        ))
    });
    (fake, reads)
}

/// Waits for all of these at once, for as many reads as the longest has letters.
async fn wait(
    fake: &FakeService,
    ids: &[String],
    request: Option<&str>,
) -> Result<WaitReport, Error> {
    let mut waiter = Waiter::new(&THINGS_READY, ids);
    if let Some(request) = request {
        waiter = waiter.of_request(request);
    }
    let longest = ids.iter().map(String::len).max().unwrap_or_default();
    let interval = Duration::from_secs(10);
    // Pauses are an interval plus or minus a fifth. The next read would come after this.
    let enough = interval.mul_f64(1.2) * (longest as u32 - 1);
    let steps = fake.builder().build().unwrap().wait(waiter).interval(interval);
    let mut steps = steps.timeout(enough + Duration::from_secs(7)).progress();
    let mut reads = 0;
    loop {
        match steps.try_next().await {
            Ok(None) => return Ok(steps.into_report()),
            Err(error) => return Err(error),
            Ok(Some(progress)) => {
                reads += 1;
                for resource in &progress.report.resources {
                    assert_eq!(resource.verdict, verdict(&resource.id, reads), "{resource:?}");
                }
                if reads == longest {
                    return Ok(steps.into_report());
                }
            }
        }
    }
}

/// Reads a group in which the first failure, if any, comes at the same read for all.
async fn check_group(ids: &[String], request: Option<&str>) {
    let (fake, reads) = changing_service();
    let fails_at = ids.iter().filter_map(|id| failure(id)).min();
    let report = match wait(&fake, ids, request).await {
        Ok(report) => {
            assert_eq!(fails_at, None, "a failure was missed");
            report
        }
        Err(error) => {
            assert!(error.is_wait() && !error.is_timeout(), "{error}");
            assert!(fails_at.is_some(), "{error}");
            error.wait_report().unwrap().clone()
        }
    };
    let reads = reads.lock().unwrap();
    for resource in &report.resources {
        let id = &resource.id;
        let most = fails_at.map_or(usize::MAX, |at| at + 1);
        let decided = decision(id).map_or(id.len(), |(at, _)| at + 1);
        assert_eq!(reads[id], decided.min(most), "{id} is read until it is decided");
        assert_eq!(resource.verdict, verdict(id, reads[id]), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_state_sequence_gets_the_modeled_verdict() {
    let all = sequences(MOVING, DECISIVE, LENGTH);
    assert!(all.len() > 5_000, "{}", all.len());
    // A wait ends at its first failure, so ids that fail at the same read wait together.
    for fails_at in (0..LENGTH).map(Some).chain([None]) {
        let ids: Vec<String> = all.iter().filter(|id| failure(id) == fails_at).cloned().collect();
        check_group(&ids, None).await;
    }
}

#[tokio::test(start_paused = true)]
async fn states_of_an_earlier_request_decide_nothing() {
    // Without a request id, they are a target state and a failure like any other.
    let all = sequences("BErfL", DECISIVE, LENGTH);
    for fails_at in (0..LENGTH).map(Some).chain([None]) {
        let ids: Vec<String> = all.iter().filter(|id| failure(id) == fails_at).cloned().collect();
        check_group(&ids, Some("ours")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn response_without_list_decides_nothing() {
    for body in [
        r#"{"Response":{"RequestId":"r"}}"#,
        r#"{"Response":{"ThingSet":null,"RequestId":"r"}}"#,
        r#"{"Response":{"TotalCount":1,"RequestId":"r"}}"#,
        r#"{"Response":{"ThingSet":null,"TotalCount":0,"RequestId":"r"}}"#,
        r#"{"Response":{"ThingSet":[],"RequestId":"r"}}"#,
        r#"{"Response":{"ThingSet":[],"TotalCount":1,"RequestId":"r"}}"#,
        r#"{"Response":{"ThingSet":[null],"TotalCount":0,"RequestId":"r"}}"#,
        r#"{"Response":{"ThingSet":[null],"TotalCount":1,"RequestId":"r"}}"#,
        r#"{"Response":{"ThingSet":[{"State":"READY"}],"TotalCount":1,"RequestId":"r"}}"#,
        r#"{"Response":{"ThingSet":[{"ThingId":""}],"TotalCount":1,"RequestId":"r"}}"#,
        r#"{"Response":{"ThingSet":[{"ThingId":"thing-9"}],"TotalCount":1,"RequestId":"r"}}"#,
    ] {
        let fake = FakeService::new(move |request, number| match number {
            1..=3 => Reply::body(body),
            _ => {
                let row = row(&requested_ids(request)[0], 'R').unwrap();
                Reply::body(format!(
                    r#"{{"Response":{{"ThingSet":[{row}],"TotalCount":1,"RequestId":"r"}}}}"#
                ))
            }
        });
        // As often as needed, and not thousands of times until the wait times out.
        let interval = Duration::from_secs(30);
        let wait = fake.builder().build().unwrap().wait(Waiter::new(&THINGS_GONE, ["thing-1"]));
        let error = wait.interval(interval).await.unwrap_err();
        assert!(error.is_wait(), "{body}: {error}");
        let waited = error.wait_report().unwrap();
        assert_eq!(waited.resources[0].state.as_deref(), Some("READY"), "{body}");
        assert_eq!(fake.request_count(), 4, "{body}");

        // For a reconciliation too, it is neither done nor finally not done.
        let fake = FakeService::new(move |_, _| Reply::body(body));
        let client = fake.builder().build().unwrap();
        let outcome = client.reconcile(Waiter::new(&THINGS_GONE, ["thing-1"])).await.unwrap();
        assert_eq!(outcome.unknown.len(), 1, "{body}: {outcome:?}");
        // The timeout error of the wait names the problem.
        let wait = client.wait(Waiter::new(&THINGS_GONE, ["thing-1"])).interval(interval);
        let wait = wait.await.unwrap_err();
        let shown =
            format!("{wait} {:?}", std::error::Error::source(&wait).map(ToString::to_string));
        assert!(wait.is_timeout() && shown.contains("ThingSet"), "{body}: {shown}");
    }
    // An empty list with a total of 0 does decide.
    let fake = FakeService::new(|_, _| {
        Reply::body(r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r"}}"#)
    });
    let waiter = Waiter::new(&THINGS_GONE, ["thing-1"]).seen_before();
    let report = fake.builder().build().unwrap().wait(waiter).await.unwrap();
    assert_eq!(report.reached().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn listed_row_counts_beside_null_rows() {
    let fake = FakeService::new(|_, number| {
        let rest = if number < 3 { "null" } else { r#"{"ThingId":"b","State":"READY"}"# };
        Reply::body(format!(
            r#"{{"Response":{{"ThingSet":[{{"ThingId":"a","State":"READY"}},{rest}],"TotalCount":2,"RequestId":"r"}}}}"#
        ))
    });
    let client = fake.builder().build().unwrap();
    let mut steps = client.wait(Waiter::new(&THINGS_READY, ["a", "b"])).progress();
    let first = steps.try_next().await.unwrap().unwrap();
    assert_eq!(first.reached(), 1);
    while steps.try_next().await.unwrap().is_some() {}
    assert_eq!((steps.into_report().reached().count(), fake.request_count()), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn state_missing_in_later_reads_is_not_settled() {
    let fake = FakeService::new(|request, number| match number {
        1..=4 => {
            let row = row(&requested_ids(request)[0], 'I').unwrap();
            Reply::body(format!(
                r#"{{"Response":{{"ThingSet":[{row}],"TotalCount":1,"RequestId":"r"}}}}"#
            ))
        }
        _ => Reply::body(r#"{"Response":{"ThingSet":[null],"TotalCount":1,"RequestId":"r"}}"#),
    });
    let client = fake.builder().build().unwrap();
    let outcome = client.reconcile(Waiter::new(&THINGS_READY, ["thing-1"])).await.unwrap();
    assert_eq!((outcome.unknown.len(), fake.request_count()), (1, 6), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn not_done_requires_one_settled_state_in_every_read() {
    let mut ids = sequences("IBNMU", DECISIVE, 3);
    for id in &mut ids {
        let last = id.chars().last().unwrap();
        *id += &last.to_string().repeat(LENGTH - id.len());
    }
    let (fake, _) = changing_service();
    let outcome = fake.builder().build().unwrap().reconcile(Waiter::new(&THINGS_READY, &ids));
    let outcome = outcome.await.unwrap();
    let is_done = |id: &String| verdict(id, LENGTH) == WaitVerdict::Reached;
    let listed = |resources: Vec<cvm_transport::waiting::WaitedResource>| {
        resources.into_iter().map(|resource| resource.id).collect::<Vec<_>>()
    };
    let expect =
        |is: &dyn Fn(&String) -> bool| ids.iter().filter(|id| is(id)).cloned().collect::<Vec<_>>();
    assert_eq!(listed(outcome.not_done), ["IIIIII"]);
    assert_eq!(listed(outcome.done), expect(&is_done));
    assert_eq!(listed(outcome.unknown), expect(&|id| !is_done(id) && id != "IIIIII"));
}

#[tokio::test(start_paused = true)]
async fn settled_state_in_inconclusive_list_is_unknown() {
    let idle = r#"{"ThingId":"thing-1","State":"IDLE"}"#;
    for (rows, total) in [
        (format!("{idle},null"), "2"),
        (format!("{idle},null"), "1"),
        (format!("{idle},{idle}"), "2"),
        (format!(r#"{idle},{{"ThingId":"thing-9","State":"IDLE"}}"#), "2"),
        (format!(r#"{idle},{{"ThingId":"THING-1","State":"GONE"}}"#), "2"),
        (idle.to_owned(), "2"),
        (idle.to_owned(), "0"),
        (idle.to_owned(), "null"),
        (idle.replace("thing-1", "thing-1 "), "1"),
    ] {
        let body = format!(
            r#"{{"Response":{{"ThingSet":[{rows}],"TotalCount":{total},"RequestId":"r"}}}}"#
        );
        let fake = FakeService::new(move |_, _| Reply::body(body.clone()));
        let client = fake.builder().build().unwrap();
        let outcome = client.reconcile(Waiter::new(&THINGS_READY, ["thing-1"])).await.unwrap();
        assert_eq!(outcome.unknown.len(), 1, "{rows} of {total}: {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn null_or_empty_state_is_reported_as_none() {
    for state in ["null", r#""""#, r#""  ""#] {
        let fake = FakeService::new(move |_, _| {
            Reply::body(format!(
                r#"{{"Response":{{"ThingSet":[{{"ThingId":"thing-1","State":{state}}}],"TotalCount":1,"RequestId":"r"}}}}"#
            ))
        });
        let wait = fake.builder().build().unwrap().wait(Waiter::new(&THINGS_READY, ["thing-1"]));
        let error = wait.await.unwrap_err();
        assert!(error.to_string().contains("`thing-1` has no state"), "{state}: {error}");
        assert_eq!(error.wait_report().unwrap().resources[0].state, None, "{state}");
    }
}

#[tokio::test(start_paused = true)]
async fn wait_polls_once_more_at_its_deadline() {
    for (ready_after, is_reached) in [(24, true), (25, true), (26, false)] {
        let began = tokio::time::Instant::now();
        let fake = FakeService::new(move |request, _| {
            let is_ready = began.elapsed() >= Duration::from_secs(ready_after);
            let row = row(&requested_ids(request)[0], if is_ready { 'R' } else { 'B' }).unwrap();
            Reply::body(format!(
                r#"{{"Response":{{"ThingSet":[{row}],"TotalCount":1,"RequestId":"r"}}}}"#
            ))
        });
        let wait = fake.builder().build().unwrap().wait(Waiter::new(&THINGS_READY, ["thing-1"]));
        let wait = wait.interval(Duration::from_secs(15)).timeout(Duration::from_secs(25));
        let ended = wait.await;
        // The pauses are random, so a poll may come just before the deadline.
        let at = began.elapsed().as_secs();
        assert!(at == 25 || is_reached && at >= ready_after, "{at} s: {ended:?}");
        assert_eq!(ended.is_ok(), is_reached, "{ready_after} s: {ended:?}");
        assert!(ended.is_ok_and(|report| report.reached().count() == 1) == is_reached);
    }
}

#[tokio::test(start_paused = true)]
async fn last_poll_of_a_silent_server_ends() {
    let fake = FakeService::new(|_, _| Reply::Silent { held: false });
    let began = tokio::time::Instant::now();
    let wait = fake.builder().build().unwrap().wait(Waiter::new(&THINGS_READY, ["thing-1"]));
    let error = wait.timeout(Duration::from_secs(25)).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(began.elapsed() <= Duration::from_secs(25 + 11), "{:?}", began.elapsed());
}

// The waiter for things that are no longer listed.
cvm_protocol::waiter_info! {
    static THINGS_GONE = THINGS_READY_SPEC
        .name("ThingsGone")
        .success(&[])
        .unreachable(&["READY"])
        .missing(cvm_protocol::Missing::Success);
}
