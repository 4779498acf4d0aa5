//! The blocking client.

use cvm_transport::blocking;
use cvm_transport::protocol::Waiter;

use crate::actions::{LAUNCH, Launch, ListThings, THINGS_READY};
use crate::builder;
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
