//! A server that responds twice to a request: the second response must not be taken for another request's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use cvm_protocol::{Missing, RetryClass, waiter_info};
use cvm_transport::Client;
use cvm_transport::config::Timeouts;
use cvm_transport::protocol::Waiter;
use cvm_transport::rate_limit::NoRateLimit;
use cvm_transport::waiting::CreatedResources;

use crate::actions::{
    KillThings, LIST_THINGS, Launch, ListThings, SetName, StartThings, THINGS_READY_SPEC,
};
use crate::server::{Server, Step};

/// So long that only a hang exceeds it.
const HANG_LIMIT: Duration = Duration::from_secs(60);

/// Answers the first request of its first connection with a success, and repeats it when told to. Every later
/// connection and request gets an error.
struct DuplicatingServer {
    url: String,
    again: Sender<()>,
    written: Receiver<()>,
}

/// Reads a request and returns its body.
fn read_request(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.to_ascii_lowercase();
        if let Some(text) = line.strip_prefix("content-length: ") {
            length = text.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

impl DuplicatingServer {
    /// Writes this many copies of the first response at once.
    fn start(copies: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (again, signal) = channel();
        let (done_signal, written) = channel();
        std::thread::spawn(move || {
            let done = r#"{"Response":{"ThingIdSet":["thing-1"],"RequestId":"r-first"}}"#;
            let success = crate::server::response_bytes(200, &[], done);
            let (first, _) = listener.accept().unwrap();
            let mut first = BufReader::new(first);
            read_request(&mut first).unwrap();
            first.get_mut().write_all(&success.repeat(copies)).unwrap();
            signal.recv().unwrap();
            // The client may have closed the connection by now.
            let _ = first.get_mut().write_all(&success);
            done_signal.send(()).unwrap();
            let error = r#"{"Response":{"Error":{"Code":"LimitExceeded","Message":"no"},"RequestId":"r-second"}}"#;
            let error = crate::server::response_bytes(200, &[], error);
            while let Ok((stream, _)) = listener.accept() {
                let mut stream = BufReader::new(stream);
                while read_request(&mut stream).is_some() {
                    let _ = stream.get_mut().write_all(&error);
                }
            }
        });
        Self { url, again, written }
    }

    /// Blocks the thread until the second response is sent, so that this runtime notices nothing meanwhile.
    fn send_duplicate(&self) {
        self.again.send(()).unwrap();
        self.written.recv_timeout(HANG_LIMIT).unwrap();
    }
}

fn client(url: &str) -> Client {
    crate::builder(url)
        .timeouts(Timeouts::default().with_connect(HANG_LIMIT))
        .rate_limiter(NoRateLimit)
        .build()
        .unwrap()
}

async fn call(client: &Client, class: RetryClass) -> Result<String, cvm_transport::Error> {
    let ids = || vec!["thing-1".to_owned()];
    let report = match class {
        RetryClass::Read => client.send_with_report(ListThings::default()).await?.1,
        RetryClass::Token => client.send_with_report(Launch::default()).await?.1,
        RetryClass::Convergent => client.send_with_report(SetName::default()).await?.1,
        RetryClass::Guarded => client.send_with_report(StartThings { thing_ids: ids() }).await?.1,
        RetryClass::Hazard => client.send_with_report(KillThings { thing_ids: ids() }).await?.1,
    };
    Ok(report.request_id)
}

const CHANGES: [RetryClass; 4] =
    [RetryClass::Token, RetryClass::Convergent, RetryClass::Guarded, RetryClass::Hazard];

#[tokio::test]
async fn late_duplicate_is_not_taken_for_response_to_change() {
    for first in [RetryClass::Read].into_iter().chain(CHANGES) {
        for second in CHANGES {
            for copies in [1, 2] {
                let server = DuplicatingServer::start(copies);
                let client = client(&server.url);
                assert_eq!(call(&client, first).await.unwrap(), "r-first");
                server.send_duplicate();
                let error = call(&client, second).await.expect_err("nothing was done");
                let shown = format!("{copies} copies, {first} then {second}");
                assert_eq!(error.request_id(), Some("r-second"), "{shown}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn bytes_behind_an_error_are_not_the_response_to_the_retry() {
    let body = |id: &str, rest: &str| format!(r#"{{"Response":{{{rest},"RequestId":"{id}"}}}}"#);
    let done = r#""ThingIdSet":["thing-1"]"#;
    let throttled = r#""Error":{"Code":"RequestLimitExceeded","Message":"no"}"#;
    let written = |body: String| crate::server::response_bytes(200, &[], &body);
    for class in CHANGES {
        let first = [written(body("r-1", throttled)), written(body("r-behind", done))].concat();
        let second = written(body("r-2", done));
        let server = Server::start([Step::Raw(first), Step::Raw(second)]).await;
        let id = call(&client(&server.url), class).await.unwrap();
        assert_eq!(id, "r-2", "{class}");
        let connections: Vec<_> = server.received().iter().map(|one| one.connection).collect();
        assert_eq!(connections, [1, 2], "{class}: each attempt has a connection of its own");
    }
}

/// When the second copy of a response arrives.
#[derive(Clone, Copy, Debug)]
enum Timing {
    /// Directly after the first, before another request is sent.
    BeforeNextRequest,
    /// When the next request on the same connection has arrived, before its response.
    AfterNextRequest,
}

/// There is one thing, `thing-1`, and it has failed. A first request for another thing is answered twice.
struct LateCopyServer {
    url: String,
}

impl LateCopyServer {
    fn start(timing: Timing) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                std::thread::spawn(move || Self::serve(stream, timing));
            }
        });
        Self { url }
    }

    fn serve(stream: TcpStream, timing: Timing) {
        let none = r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r"}}"#;
        let one = r#"{"Response":{"ThingSet":[{"ThingId":"thing-1","State":"FAILED"}],"TotalCount":1,"RequestId":"r"}}"#;
        let response = |text| crate::server::response_bytes(200, &[], text);
        let mut stream = BufReader::new(stream);
        let mut late: Option<Vec<u8>> = None;
        while let Some(body) = read_request(&mut stream) {
            if let Some(late) = late.take() {
                let _ = stream.get_mut().write_all(&late);
            }
            if body.contains("thing-9") {
                let first = response(none);
                let written = match timing {
                    Timing::BeforeNextRequest => first.repeat(2),
                    Timing::AfterNextRequest => first.clone(),
                };
                let _ = stream.get_mut().write_all(&written);
                late = matches!(timing, Timing::AfterNextRequest).then_some(first);
            } else {
                let _ = stream.get_mut().write_all(&response(one));
            }
        }
    }

    /// A client whose connection is about to deliver the copy.
    async fn client(&self) -> Client {
        let client = client(&self.url);
        let other = ListThings { thing_ids: vec!["thing-9".into()], ..ListThings::default() };
        assert!(client.send(other).await.unwrap().thing_set.is_empty());
        client
    }
}

waiter_info! {
    static THINGS_GONE = THINGS_READY_SPEC.name("ThingsGone").missing(Missing::Success);
}

#[tokio::test]
async fn late_duplicate_decides_no_wait_or_reconciliation() {
    for timing in [Timing::BeforeNextRequest, Timing::AfterNextRequest] {
        let server = LateCopyServer::start(timing);
        let waiter = || Waiter::new(&THINGS_GONE, ["thing-1"]);
        let error = server.client().await.wait(waiter()).await.expect_err("it is not gone");
        assert!(error.to_string().contains("`thing-1` is FAILED"), "{timing:?}: {error}");

        let client = server.client().await;
        let outcome = client.reconcile(waiter()).settle(Duration::ZERO).await.unwrap();
        assert!(outcome.done.is_empty(), "{timing:?}: {outcome:?}");

        let client = server.client().await;
        let list = ListThings::default();
        let search = client.reconcile_creation(list, |thing| thing.thing_id == "thing-1");
        let found = search.settle(Duration::ZERO).await.unwrap();
        assert!(matches!(found, CreatedResources::Found(_)), "{timing:?}: {found:?}");
    }
    assert_eq!(
        LIST_THINGS.retry,
        RetryClass::Read,
        "otherwise each list would have its own connection"
    );
}

#[tokio::test]
async fn fresh_connection_receives_no_late_duplicate() {
    for timing in [Timing::BeforeNextRequest, Timing::AfterNextRequest] {
        let server = LateCopyServer::start(timing);
        let client = server.client().await.with_fresh_connections();
        let response = client.send(ListThings::default()).await.unwrap();
        assert_eq!(response.thing_set.len(), 1, "{timing:?}");
    }
}
