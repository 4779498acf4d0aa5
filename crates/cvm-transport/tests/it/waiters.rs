//! Waiters: which ids are polled, when a wait ends, and what it reports.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_protocol::{Condition, Missing, WaiterInfo, WaiterSpec, waiter_info};
use cvm_transport::protocol::Waiter;
use cvm_transport::waiting::WaitVerdict;

use crate::actions::{LAUNCH, ListThings, THINGS_READY, THINGS_READY_SPEC, Thing};
use crate::client;
use crate::fake_service::{FakeService, Reply};
use crate::server::{ReceivedRequest, Server, Step};

fn requested_ids(received: &ReceivedRequest) -> Vec<String> {
    let body = received.json();
    let ids = body["ThingIds"].as_array().unwrap();
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// Responds with one row for each requested id.
fn rows(received: &ReceivedRequest, row: impl Fn(&str) -> Option<String>) -> String {
    let rows: Vec<String> = requested_ids(received).iter().filter_map(|id| row(id)).collect();
    let count = rows.len();
    format!(
        r#"{{"Response":{{"ThingSet":[{}],"TotalCount":{count},"RequestId":"r"}}}}"#,
        rows.join(",")
    )
}

fn state(id: &str, state: &str) -> Option<String> {
    Some(format!(r#"{{"ThingId":"{id}","State":"{state}"}}"#))
}

/// A service without a network that answers each request with the body that the function returns.
fn service_with(
    respond: impl Fn(&ReceivedRequest) -> String + Send + Sync + 'static,
) -> FakeService {
    FakeService::new(move |request, _| Reply::body(respond(&ReceivedRequest::from(request))))
}

#[tokio::test]
async fn no_ids_make_no_call() {
    let server = Server::start([]).await;
    let none: [&str; 0] = [];
    let report = client(&server.url).wait(Waiter::new(&THINGS_READY, none)).await.unwrap();
    assert!(report.resources.is_empty());
    assert_eq!(server.connections(), 0);
}

#[tokio::test(start_paused = true)]
async fn blank_id_is_refused_and_makes_no_call() {
    let fake = FakeService::new(|_, _| Reply::error("InternalError", vec![]));
    let client = fake.builder().build().unwrap();
    for id in ["", " ", "thing-1\n", "\u{a0}thing-1", "thing-1\0"] {
        let waiter = Waiter::new(&THINGS_READY, ["thing-0", id]).seen_before();
        let error = client.wait(waiter.clone()).await.unwrap_err();
        assert!(error.is_usage(), "{id:?}: {error}");
        assert!(error.to_string().contains(&format!("the id {id:?} is empty, or")), "{error}");
        assert!(client.reconcile(waiter).await.unwrap_err().is_usage(), "{id:?}");
    }
    assert_eq!(fake.request_count(), 0);
}

#[tokio::test]
async fn pending_ids_are_polled_in_batches() {
    let polls = Mutex::new(0);
    let server = Server::responding([], move |received| {
        let mut polls = polls.lock().unwrap();
        *polls += 1;
        let first_round = *polls <= 3;
        rows(received, |id| {
            state(id, if first_round && id.ends_with('7') { "BUSY" } else { "READY" })
        })
    })
    .await;
    let ids: Vec<String> = (0..250).map(|number| format!("thing-{number}")).collect();
    let steps = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&steps);
    let report = client(&server.url)
        .wait(Waiter::new(&THINGS_READY, &ids))
        .on_progress(move |progress| {
            noted.lock().unwrap().push((progress.reached(), progress.total()))
        })
        .await
        .unwrap();
    assert_eq!(report.reached().count(), 250);
    let sizes: Vec<(usize, u64)> = server
        .received()
        .iter()
        .map(|received| (requested_ids(received).len(), received.json()["Limit"].as_u64().unwrap()))
        .collect();
    assert_eq!(sizes, [(100, 100), (100, 100), (50, 100), (25, 100)]);
    assert_eq!(*steps.lock().unwrap(), [(225, 250), (250, 250)]);
}

#[tokio::test]
async fn undecodable_poll_ends_wait_and_names_the_member() {
    let server = Server::responding([], |received| {
        rows(received, |id| Some(format!(r#"{{"ThingId":"{id}","Percent":"canary"}}"#)))
    })
    .await;
    let waiter = Waiter::new(&THINGS_READY, ["thing-1"]);
    let error = client(&server.url).wait(waiter).await.unwrap_err();
    let text = error.to_string();
    assert!(error.is_undecodable_response(), "{text}");
    assert!(text.contains("`ThingSet.0.Percent`: expected an integer, found a string"), "{text}");
    assert!(!text.contains("canary"), "{text}");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn unreachable_target_state_ends_wait_with_the_reason() {
    for (failing, reason) in [("FAILED", "no stock"), ("GONE", "taken away")] {
        let server = Server::responding([], move |received| {
            rows(received, |id| match id {
                "thing-1" => state(id, "READY"),
                "thing-2" => {
                    Some(format!(r#"{{"ThingId":"{id}","State":"{failing}","Reason":"{reason}"}}"#))
                }
                _ => state(id, "BUSY"),
            })
        })
        .await;
        let waiter = Waiter::new(&THINGS_READY, ["thing-1", "thing-2", "thing-3"]);
        let error = client(&server.url).wait(waiter).await.unwrap_err();
        assert!(error.is_wait() && !error.is_timeout());
        let text = error.to_string();
        assert!(
            text.contains("thing-2") && text.contains(failing) && text.contains(reason),
            "{text}"
        );
        let report = error.wait_report().unwrap();
        let verdicts: Vec<_> = report.resources.iter().map(|resource| resource.verdict).collect();
        assert_eq!(verdicts, [WaitVerdict::Reached, WaitVerdict::Failed, WaitVerdict::Pending]);
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn wait_timeout_reports_pending_resources() {
    let server = service_with(|received| rows(received, |id| state(id, "BUSY")));
    let error = server
        .builder()
        .build()
        .unwrap()
        .wait(Waiter::new(&THINGS_READY, ["thing-1"]))
        .timeout(Duration::from_secs(60))
        .await
        .unwrap_err();
    assert!(error.is_wait() && error.is_timeout());
    assert!(error.to_string().contains("BUSY"), "{error}");
    assert_eq!(error.wait_report().unwrap().pending().count(), 1);
    assert!(server.request_count() > 2);
}

#[tokio::test]
async fn wait_survives_outage_but_not_service_error() {
    let outage = std::iter::repeat_n(Step::status(502, vec![]), 5);
    let server =
        Server::responding(outage, |received| rows(received, |id| state(id, "READY"))).await;
    let report = client(&server.url).wait(Waiter::new(&THINGS_READY, ["thing-1"])).await.unwrap();
    assert_eq!(report.reached().count(), 1);
    assert_eq!(server.received().len(), 6);

    let server = Server::start([Step::error("UnauthorizedOperation")]).await;
    let error =
        client(&server.url).wait(Waiter::new(&THINGS_READY, ["thing-1"])).await.unwrap_err();
    assert!(error.is_auth());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn success_of_an_earlier_request_does_not_count() {
    let polls = Mutex::new(0);
    let server = Server::responding([], move |received| {
        let mut polls = polls.lock().unwrap();
        *polls += 1;
        let latest = if *polls < 3 { "r-old" } else { "r-ours" };
        rows(received, |id| {
            Some(format!(r#"{{"ThingId":"{id}","State":"READY","LatestRequestId":"{latest}"}}"#))
        })
    })
    .await;
    let waiter = Waiter::new(&THINGS_READY, ["thing-1"]).of_request("r-ours");
    client(&server.url).wait(waiter).await.unwrap();
    assert_eq!(server.received().len(), 3);
}

// The waiter for things that are no longer listed.
waiter_info! {
    static THINGS_GONE = THINGS_READY_SPEC
        .name("ThingsGone")
        .success(&[])
        .failure(&[])
        .unreachable(&["READY"])
        .missing(Missing::Success);
}

/// Returns a "not found" error if this thing is among the requested ones.
fn without(gone: &'static str, message: &'static str) -> FakeService {
    service_with(move |received| {
        if requested_ids(received).iter().any(|id| id == gone) {
            let error = format!(r#"{{"Code":"InvalidThingId.NotFound","Message":"{message}"}}"#);
            return format!(r#"{{"Response":{{"Error":{error},"RequestId":"r"}}}}"#);
        }
        rows(received, |id| state(id, "BUSY"))
    })
}

#[tokio::test(start_paused = true)]
async fn not_found_error_counts_like_a_list_without_the_resource() {
    let fake = without("thing-1", "thing-1 not found");
    let waiter = Waiter::new(&THINGS_GONE, ["thing-1", "thing-2"]).seen_before();
    let wait = fake.builder().build().unwrap().wait(waiter).timeout(Duration::from_secs(60));
    let error = wait.await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    let verdicts: Vec<_> =
        error.wait_report().unwrap().resources.iter().map(|one| one.verdict).collect();
    assert_eq!(verdicts, [WaitVerdict::Reached, WaitVerdict::Pending]);

    // If the resource must exist, two polls must show that it does not.
    waiter_info! {
        static THINGS_FOUND = THINGS_READY_SPEC.name("ThingsFound").missing(Missing::Failure);
    }
    let fake = without("thing-1", "thing-1 not found");
    let wait = fake.builder().build().unwrap().wait(Waiter::new(&THINGS_FOUND, ["thing-1"]));
    let error = wait.await.unwrap_err();
    assert!(error.is_wait() && !error.is_timeout(), "{error}");
    assert!(error.to_string().contains("`thing-1` does not exist: thing-1 not found"), "{error}");
    assert_eq!(fake.request_count(), 2);

    // A message that names another id may be the response to another request.
    let fake = without("thing-1", "thing-7 not found");
    let waiter = Waiter::new(&THINGS_GONE, ["thing-1"]).seen_before();
    let error = fake.builder().build().unwrap().wait(waiter).await.unwrap_err();
    assert!(error.is_service(), "{error}");
    assert_eq!(fake.request_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn timeout_names_the_request_that_the_list_shows_instead() {
    let fake = service_with(|received| {
        rows(received, |id| {
            Some(format!(r#"{{"ThingId":"{id}","State":"READY","LatestRequestId":"r-2"}}"#))
        })
    });
    let waiter = Waiter::new(&THINGS_READY, ["thing-1"]).of_request("r-1");
    let wait = fake.builder().build().unwrap().wait(waiter).timeout(Duration::from_secs(60));
    let error = wait.await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(error.to_string().contains("the list shows another request, `r-2`"), "{error}");
}

#[tokio::test]
async fn progress_is_reported_after_each_poll() {
    let polls = Mutex::new(0);
    let server = Server::responding([], move |received| {
        let mut polls = polls.lock().unwrap();
        *polls += 1;
        let percent = *polls * 50;
        let state = if *polls == 2 { "READY" } else { "BUSY" };
        rows(received, |id| {
            Some(format!(r#"{{"ThingId":"{id}","State":"{state}","Percent":{percent}}}"#))
        })
    })
    .await;
    let mut steps = client(&server.url).wait(Waiter::new(&THINGS_READY, ["thing-1"])).progress();
    let mut percents = Vec::new();
    while let Some(progress) = steps.try_next().await.unwrap() {
        percents.push(progress.percent());
    }
    assert_eq!(percents, [50.0, 100.0]);
    assert_eq!(steps.into_report().reached().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn wait_that_failed_never_looks_complete() {
    let service = service_with(|received| rows(received, |id| state(id, id)));
    let client = service.builder().build().unwrap();
    for ids in [&["FAILED"][..], &["FAILED", "READY"], &["FAILED", "BUSY"]] {
        let mut steps = client.wait(Waiter::new(&THINGS_READY, ids.iter().copied())).progress();
        let mut error = loop {
            match steps.try_next().await {
                Ok(progress) => assert!(progress.is_some(), "{ids:?}"),
                Err(error) => break error,
            }
        };
        for _ in 0..3 {
            assert!(error.is_wait() && error.to_string().contains("FAILED"), "{ids:?}: {error}");
            error = steps.try_next().await.unwrap_err();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reconciliation_settles_unknown_outcome() {
    let polls = Mutex::new(0);
    let server = service_with(move |received| {
        let mut polls = polls.lock().unwrap();
        *polls += 1;
        let moving = format!("STEP-{polls}");
        rows(received, |id| match id {
            "done" => state(id, "READY"),
            "still" => state(id, "IDLE"),
            "busy" => state(id, "BUSY"),
            "moving" => state(id, &moving),
            "broken" => state(id, "FAILED"),
            _ => None,
        })
    });
    let client = server.builder().build().unwrap();
    let ids = ["done", "still", "busy", "moving", "broken", "absent"];
    let outcome = client
        .reconcile(Waiter::new(&THINGS_READY, ids))
        .settle(Duration::from_secs(60))
        .await
        .unwrap();
    let ids = |list: &[cvm_transport::waiting::WaitedResource]| {
        list.iter().map(|resource| resource.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&outcome.done), ["done"]);
    assert_eq!(ids(&outcome.not_done), ["still"]);
    assert_eq!(ids(&outcome.unknown), ["busy", "moving", "broken", "absent"]);
    assert_eq!(server.request_count(), 6);
    let none: [&str; 0] = [];
    let outcome = client.reconcile(Waiter::new(&THINGS_READY, none)).await.unwrap();
    assert_eq!(outcome, cvm_transport::waiting::Reconciliation::default());
    assert_eq!(server.request_count(), 6, "no ids, no call");
}

#[tokio::test]
async fn report_has_the_items_that_were_listed_last() {
    let polls = Mutex::new(0);
    let server = Server::responding([], move |received| {
        let mut polls = polls.lock().unwrap();
        *polls += 1;
        let percent = *polls * 50;
        rows(received, |id| match (id, *polls) {
            ("thing-2", 1) => None,
            _ => Some(format!(r#"{{"ThingId":"{id}","State":"READY","Percent":{percent}}}"#)),
        })
    })
    .await;
    let waiter = Waiter::new(&THINGS_READY, ["thing-2", "thing-1"]);
    let report = client(&server.url).wait(waiter).await.unwrap();
    let things: Vec<Thing> = report.items().unwrap();
    let shown: Vec<_> = things.iter().map(|one| (&*one.thing_id, one.percent)).collect();
    // The first one was reached at the first poll, and was not polled again.
    assert_eq!(shown, [("thing-2", Some(100)), ("thing-1", Some(50))]);
    assert_eq!(server.received().len(), 2, "no other call");
    let error = report.items::<ListThings>().unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("`Thing`"), "{error}");
    assert!(format!("{report:?}").len() < 500, "{report:?}");
}

/// A wrong name in `ids` would poll all resources of the account.
#[test]
fn waiter_with_a_wrong_name_is_refused() {
    const WRONG: &[Condition] = &[Condition::present("Stat")];
    let spec = THINGS_READY_SPEC;
    assert!(WaiterInfo::new(spec).is_ok());
    for (wrong, named) in [
        (spec.ids("ThingIdz"), "`ThingIdz`: `ids`"),
        (spec.ids(""), "`ids`"),
        (spec.ids("Limit"), "`Limit`: `ids`"),
        (spec.ids("Filters.id"), "`Filters.id`: `ids`"),
        (spec.ids("ThingIds.id"), "`ThingIds.id`: `ids`"),
        (spec.items("ThingsSet"), "`ThingsSet`: `items`"),
        (spec.items("TotalCount"), "`TotalCount`: `items`"),
        (spec.id("Id"), "`Id`: `id`"),
        (spec.state("Status"), "`Status`: `state`"),
        (spec.reason("Why"), "`Why`: `reason`"),
        (spec.request_id("RequestId"), "`RequestId`: `request_id`"),
        (spec.progress("State"), "`State`: `progress`"),
        (spec.with(&[("Offzet", "1")]), "`Offzet`: `with`"),
        (spec.with(&[("Limit", "many")]), "`Limit`: `with`"),
        (spec.when(WRONG), "`Stat`: `when`"),
        (spec.success(&[]), "no state is the target"),
    ] {
        let error = WaiterInfo::new(wrong).unwrap_err().to_string();
        assert!(error.starts_with("waiter `ThingsReady`: ") && error.contains(named), "{error}");
    }
    let launch = WaiterSpec::new("Launched", &LAUNCH).ids("Names").success(&["UP"]);
    let error = WaiterInfo::new(launch).unwrap_err().to_string();
    assert!(error.contains("`Launch`: the action may change something"), "{error}");
}
