//! The blocking client.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use cvm_transport::blocking;
use cvm_transport::protocol::Waiter;
use cvm_transport::waiting::CreatedResources;

use crate::actions::{LAUNCH, Launch, ListThings, THINGS_READY, Thing};
use crate::builder;
use crate::fake_service::{FakeService, Reply};
use crate::server::{ReceivedRequest, Server};

fn respond(received: &ReceivedRequest) -> String {
    match received.action().as_str() {
        "ListThings" => r#"{"Response":{"ThingSet":[{"ThingId":"thing-1","State":"READY"}],"TotalCount":1,"RequestId":"r"}}"#.into(),
        _ => crate::server::healthy(received),
    }
}

#[test]
fn blocking_client_has_every_entry_point() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::responding([], respond));
    let client = blocking::Client::new(builder(&server.url)).unwrap();
    assert_eq!(client.send(Launch::default()).unwrap().thing_id_set, ["thing-1"]);
    let response = client.call(&LAUNCH, serde_json::json!({})).unwrap();
    assert_eq!(response.request_id(), "r-ok");
    let things: Vec<_> = client.items(ListThings::default()).map(Result::unwrap).collect();
    assert_eq!(things.len(), 1);
    let report = client.wait(Waiter::new(&THINGS_READY, ["thing-1"])).unwrap();
    assert_eq!(report.reached().count(), 1);
    let other = client.in_region("ap-tokyo");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| other.send(ListThings::default()).unwrap());
        }
    });
    drop(runtime);
}

/// A server on its own threads, so that a blocked caller does not block the server.
fn server() -> (tokio::runtime::Runtime, Server) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::responding([], respond));
    (runtime, server)
}

/// Uses every entry point of a blocking client.
fn use_every_entry_point(client: &blocking::Client) {
    client.send(Launch::default()).unwrap();
    client.send_with_report(ListThings::default()).unwrap();
    client.call(&LAUNCH, serde_json::json!({})).unwrap();
    client.prepare(ListThings::default()).unwrap();
    assert_eq!(client.items(ListThings::default()).map(Result::unwrap).count(), 1);
    let ready = || Waiter::new(&THINGS_READY, ["thing-1"]);
    client.wait(ready()).unwrap();
    client.wait_with_progress(ready(), |_| {}).unwrap();
    assert_eq!(client.pages(ListThings::default()).map(Result::unwrap).count(), 1);
    let minute = Duration::from_secs(60);
    client.run(|client| client.wait(ready()).timeout(minute)).unwrap();
    let is_ready = |thing: &Thing| thing.state.as_deref() == Some("READY");
    assert_eq!(client.wait_until(ListThings::default(), is_ready).unwrap().len(), 1);
    let once = client.with_max_attempts(1).with_operation_timeout(minute).with_fresh_connections();
    assert_eq!(once.reconcile(ready()).unwrap().done.len(), 1);
    let search = once.run(|client| {
        client.reconcile_creation(ListThings::default(), is_ready).settle(Duration::ZERO)
    });
    assert!(matches!(search.unwrap(), CreatedResources::Found(things) if things.len() == 1));
}

#[test]
fn blocking_iterator_ends_after_an_error_and_try_next_continues() {
    let (_servers, server) = server();
    server.extend_script([crate::server::Step::error("UnauthorizedOperation")]);
    let client = blocking::Client::new(builder(&server.url)).unwrap();
    let mut items = client.items(ListThings::default()).page_size(50).parallel(2);
    assert!(items.next().unwrap().unwrap_err().is_auth());
    assert!(items.next().is_none());
    assert_eq!(items.try_next().unwrap().unwrap().thing_id, "thing-1");
    assert!(items.next().is_none());
    assert_eq!(server.received().len(), 2);
    assert_eq!(server.received()[1].json()["Limit"], 50);
}

#[test]
fn blocking_client_works_on_any_thread_of_an_async_program() {
    let (_servers, server) = server();
    let client = blocking::Client::new(builder(&server.url)).unwrap();
    let several = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let one = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for runtime in [&several, &one] {
        let client = client.clone();
        runtime.block_on(async move {
            let own = client.clone();
            tokio::task::spawn_blocking(move || use_every_entry_point(&own)).await.unwrap();
            // Bad style, because it blocks the thread, but it completes.
            use_every_entry_point(&client);
            let own = client.clone();
            tokio::spawn(async move { use_every_entry_point(&own) }).await.unwrap();
        });
    }
    let own = client.clone();
    let in_place = async move { tokio::task::block_in_place(|| use_every_entry_point(&own)) };
    several.block_on(several.spawn(in_place)).unwrap();
    // The last handle of a client may be dropped anywhere.
    several.block_on(async move { drop(client) });
}

#[test]
fn nested_call_of_the_same_client_is_refused() {
    let (_servers, server) = server();
    let client = blocking::Client::new(builder(&server.url)).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let own = client.clone();
    let waiter = Waiter::new(&THINGS_READY, ["thing-1"]);
    let callback = move |_: &_| sender.send(own.send(ListThings::default())).unwrap();
    client.wait_with_progress(waiter, callback).unwrap();
    let error = receiver.recv().unwrap().unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("own calls"), "{error}");
}

#[test]
fn callback_panic_reaches_caller_and_client_stays_usable() {
    let (_servers, server) = server();
    let client = blocking::Client::new(builder(&server.url)).unwrap();
    let own = client.clone();
    let call = std::thread::spawn(move || {
        let waiter = Waiter::new(&THINGS_READY, ["thing-1"]);
        own.wait_with_progress(waiter, |_| panic!("canary"))
    });
    let panic = call.join().unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"canary"));
    use_every_entry_point(&client);
}

#[test]
fn blocking_list_never_looks_complete_after_a_panic() {
    let fake = FakeService::new(|_, number| {
        assert_eq!(number, 1, "canary");
        Reply::body(
            r#"{"Response":{"ThingSet":[{"ThingId":"a","State":"READY"},{"ThingId":"b","State":"READY"}],"TotalCount":3,"RequestId":"r"}}"#,
        )
    });
    let client = blocking::Client::new(fake.builder()).unwrap();
    let mut items = client.items(ListThings::default()).page_size(2);
    assert_eq!(items.next().unwrap().unwrap().thing_id, "a");
    assert_eq!(items.next().unwrap().unwrap().thing_id, "b");
    catch_unwind(AssertUnwindSafe(|| items.next())).unwrap_err();
    let error = items.next().unwrap().unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("an earlier read panicked"), "{error}");
    assert!(items.next().is_none(), "an iterator ends after an error");
    items.try_next().unwrap_err();
    items.try_next().unwrap_err();
}

#[test]
fn blocking_list_continues_after_a_refused_nested_call() {
    let (_servers, server) = server();
    let client = blocking::Client::new(builder(&server.url)).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut items = Some(client.items(ListThings::default()));
    let callback = move |_: &_| {
        if let Some(mut items) = items.take() {
            let nested = items.next();
            sender.send((nested, items)).unwrap();
        }
    };
    client.wait_with_progress(Waiter::new(&THINGS_READY, ["thing-1"]), callback).unwrap();
    let (nested, mut items) = receiver.recv().unwrap();
    assert!(nested.unwrap().unwrap_err().is_usage());
    assert!(items.next().is_none(), "an iterator ends after an error");
    assert_eq!(items.try_next().unwrap().unwrap().thing_id, "thing-1");
    assert!(items.try_next().unwrap().is_none());
}
