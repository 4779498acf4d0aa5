//! Every fault in every dialect for every retry class, on the first attempt and on the second, against
//! a ledger of what the server did.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use cvm_transport::{Client, Dialect, Entropy, EntropyError, Error, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::actions::{KillThings, Launch, ListThings, SetName, StartThings};
use crate::builder;
use crate::faults::faults;
use crate::server::{Server, Turn, answer};

/// No jitter, so that a thousand cases do not sleep.
#[derive(Debug)]
struct Impatient(std::sync::atomic::AtomicU8);

impl Entropy for Impatient {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let next = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        bytes.fill(0);
        bytes[0] = next;
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Class {
    Read,
    Token,
    Convergent,
    Guarded,
    Hazard,
}

const CLASSES: [Class; 5] =
    [Class::Read, Class::Token, Class::Convergent, Class::Guarded, Class::Hazard];

async fn call(client: &Client, class: Class) -> Result<Option<String>, Error> {
    let ids = || vec!["thing-1".to_owned()];
    match class {
        Class::Read => client.send(ListThings::default()).await.map(|_| None),
        Class::Token => {
            let launched = client.send(Launch::default()).await?;
            Ok(launched.thing_id_set.first().cloned())
        }
        Class::Convergent => {
            let request = SetName { thing_id: "thing-1".into(), name: "a".into() };
            client.send(request).await.map(|_| None)
        }
        Class::Guarded => client.send(StartThings { thing_ids: ids() }).await.map(|_| None),
        Class::Hazard => client.send(KillThings { thing_ids: ids() }).await.map(|_| None),
    }
}

/// A refusal that is mended at once, without a pause that would make the matrix slow.
fn clock_refused() -> Turn {
    let Turn::Answer { status, body, .. } = Turn::error("AuthFailure.SignatureExpire") else {
        unreachable!("an error is an answer")
    };
    let date = ("date", "Tue, 01 Jan 2030 00:00:00 GMT".to_owned());
    Turn::Answer { status, headers: vec![date], body }
}

async fn case(name: &str, fault: Turn, dialect: Dialect, class: Class, second: bool) {
    let shown = format!("{name}, {dialect}, {class:?}, second: {second}");
    let mut script = vec![fault];
    if second {
        script.insert(0, clock_refused());
    }
    let refused = usize::from(second);
    let server = Server::start(script).await;
    let client = builder(&server.url)
        .dialect(dialect)
        .max_response_bytes(100_000)
        .entropy(Impatient(0.into()))
        .timeouts(Timeouts {
            first_byte: Duration::from_secs(1),
            first_byte_slow: Duration::from_secs(1),
            body_idle: Duration::from_millis(700),
            ..Timeouts::default()
        })
        .build()
        .unwrap();
    let ended = call(&client, class).await;

    // The worst server: it carries out whatever it read whole and did not refuse.
    let received = server.received();
    let done = &received[refused.min(received.len())..];
    let tokens: HashSet<_> = received.iter().map(|request| request.client_token()).collect();
    let effects = match class {
        Class::Read => 0,
        Class::Token => {
            assert!(tokens.len() <= 1, "{shown}: more than one launch");
            assert!(!tokens.contains(&None), "{shown}");
            done.len().min(1)
        }
        _ => done.len(),
    };
    let most = if class == Class::Convergent { 2 } else { 1 };
    assert!(effects <= most, "{shown}: done {effects} times");
    match ended {
        Ok(id) => {
            assert!(!done.is_empty(), "{shown}: false success");
            if class == Class::Token {
                assert_eq!(id.as_deref(), Some("thing-1"), "{shown}");
            }
        }
        Err(error) => {
            if class != Class::Read {
                let unknown = error.outcome_unknown();
                assert_eq!(unknown.is_some(), effects > 0, "{shown}: {error}");
            }
            // One fault is mended by sending again, unless a stranger answered.
            let mendable = matches!(class, Class::Read | Class::Token | Class::Convergent);
            assert!(!mendable || error.is_misrouted(), "{shown}: {error}");
        }
    }
    // The client is as good as new.
    let next = client.send(ListThings::default()).await;
    assert!(next.is_ok(), "{shown}: next call: {next:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_happens_twice_and_nothing_is_claimed_that_did_not_happen() {
    let permits = Arc::new(Semaphore::new(48));
    let mut cases = tokio::task::JoinSet::new();
    for (name, fault) in faults() {
        for dialect in Dialect::ALL {
            for class in CLASSES {
                for second in [false, true] {
                    let (permits, fault) = (Arc::clone(&permits), fault.clone());
                    cases.spawn(async move {
                        let _permit = permits.acquire().await.unwrap();
                        case(name, fault, dialect, class, second).await;
                    });
                }
            }
        }
    }
    assert!(cases.len() >= 1_600, "{}", cases.len());
    while let Some(ended) = cases.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_closes_while_a_request_leaves_makes_no_duplicate() {
    // The server closes each connection about when the client's next request is on its way.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let taken = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let server = tokio::spawn(async move {
        for number in 0u64.. {
            let (mut socket, _) = listener.accept().await.unwrap();
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let mut buffer = Vec::new();
                let mut patience = Duration::from_secs(5);
                loop {
                    let more = socket.read_buf(&mut buffer);
                    match tokio::time::timeout(patience, more).await {
                        Ok(Ok(read)) if read > 0 => {}
                        _ => return,
                    }
                    patience = Duration::from_secs(5);
                    let whole = String::from_utf8_lossy(&buffer).into_owned();
                    if whole.contains("\r\n\r\n") && whole.ends_with('}') {
                        buffer.clear();
                        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        let body = r#"{"Response":{"RequestId":"r"}}"#;
                        socket.write_all(&answer(200, &[], body)).await.unwrap();
                        patience = Duration::from_micros(300 + 70 * (number % 20));
                    }
                }
            });
        }
    });
    let client = builder(&url).entropy(Impatient(0.into())).build().unwrap();
    let (mut calls, mut unknown) = (0, 0);
    for number in 0..2_000u64 {
        let before = taken.load(std::sync::atomic::Ordering::SeqCst);
        match call(&client, Class::Hazard).await {
            Ok(_) => calls += 1,
            Err(error) => {
                assert!(error.outcome_unknown().is_some(), "{error}");
                unknown += 1;
            }
        }
        let after = taken.load(std::sync::atomic::Ordering::SeqCst);
        assert!(after - before <= 1, "call {number} was taken {} times", after - before);
        tokio::time::sleep(Duration::from_micros(300 + 50 * (number % 30))).await;
    }
    server.abort();
    assert!(calls > 1_000, "{calls} calls, {unknown} unknown");
}
