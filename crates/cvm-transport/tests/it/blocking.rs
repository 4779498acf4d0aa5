//! The client without async.

use cvm_transport::{Waiter, blocking};

use crate::actions::{LAUNCH, Launch, ListThings, THINGS_READY};
use crate::builder;
use crate::server::{Received, Server};

fn answering(received: &Received) -> String {
    match received.action().as_str() {
        "ListThings" => r#"{"Response":{"ThingSet":[{"ThingId":"thing-1","State":"READY"}],"TotalCount":1,"RequestId":"r"}}"#.into(),
        _ => crate::server::healthy(received),
    }
}

#[test]
fn every_door_is_there_without_async() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::answering([], answering));
    let client = blocking::Client::new(builder(&server.url)).unwrap();
    assert_eq!(client.send(Launch::default()).unwrap().thing_id_set, ["thing-1"]);
    let answer = client.call(&LAUNCH, serde_json::json!({})).unwrap();
    assert_eq!(answer.request_id(), "r-ok");
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

#[tokio::test]
async fn in_an_async_program_it_refuses_instead_of_blocking() {
    let server = Server::start([]).await;
    let client = blocking::Client::new(builder(&server.url)).unwrap();
    let error = client.send(ListThings::default()).unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("async"), "{error}");
    drop(client);
    assert_eq!(server.connections(), 0);
}
