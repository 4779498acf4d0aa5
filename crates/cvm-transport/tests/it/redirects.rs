//! Redirects: none is followed, and no error shows the target.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cvm_transport::config::Dialect;
use cvm_transport::{Client, Credential, Error};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::actions::{KillThings, Launch, ListThings, SetName, StartThings};
use crate::builder;
use crate::server::{Server, Step, response_bytes};
use crate::tls_server::{TlsServer, file};

const STATUSES: [u16; 9] = [300, 301, 302, 303, 304, 305, 307, 308, 399];

/// A port that must receive no connection.
struct Sink {
    port: u16,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sink {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, connections, task }
    }

    fn targets(&self) -> Vec<String> {
        let port = self.port;
        let query = "?X-TC-Token=canary-query#canary-part";
        vec![
            format!("http://127.0.0.1:{port}/{query}"),
            format!("http://localhost:{port}/{query}"),
            format!("https://127.0.0.1:{port}/{query}"),
            format!("//127.0.0.1:{port}/{query}"),
            format!("http://AKIDEXAMPLE:canary-user@127.0.0.1:{port}/{query}"),
        ]
    }
}

async fn assert_refused<T>(
    client: &Client,
    case: &str,
    call: impl Future<Output = Result<T, Error>>,
) {
    let error = call.await.map(drop).expect_err(case);
    assert!(error.is_misrouted() && !error.is_not_sent(), "{case}: {error:?}");
    assert_eq!(error.attempts().len(), 1, "{case}: not retried");
    let shown = format!("{error} {error:?} {client:?}");
    assert!(!shown.contains("canary"), "{case}: {shown}");
}

async fn send_each_class(client: &Client, case: &str) {
    let ids = || vec!["thing-1".to_owned()];
    assert_refused(client, case, client.send(ListThings::default())).await;
    assert_refused(client, case, client.send(Launch::default())).await;
    assert_refused(client, case, client.send(SetName::default())).await;
    assert_refused(client, case, client.send(StartThings { thing_ids: ids() })).await;
    assert_refused(client, case, client.send(KillThings { thing_ids: ids() })).await;
}

fn temporary() -> Credential {
    Credential::temporary("AKIDEXAMPLE", "canary-secret-key", "canary-token").unwrap()
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let sink = Sink::open().await;
    for status in STATUSES {
        for dialect in [Dialect::Tc3, Dialect::V1Sha256] {
            // The same host and port is a target too, because a redirect there could lead further.
            for target in sink.targets().into_iter().chain(["/elsewhere?canary-query".into()]) {
                let step = Step::status(status, vec![("location", target.clone())]);
                let server = Server::start(std::iter::repeat_n(step, 10)).await;
                let client =
                    builder(&server.url).dialect(dialect).credential(temporary()).build().unwrap();
                send_each_class(&client, &format!("{status} to {target} in {dialect}")).await;
                assert_eq!(server.received().len(), 5, "{status} to {target}");
            }
        }
    }
    assert_eq!(sink.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn no_redirect_is_followed_from_tls() {
    let sink = Sink::open().await;
    for status in STATUSES {
        for target in sink.targets() {
            let response = response_bytes(status, &[("location", target.clone())], "");
            let server = TlsServer::responding(&["good.pem"], rustls::ALL_VERSIONS, response).await;
            let client = builder(&format!("https://127.0.0.1:{}", server.port))
                .ca_file(file("ca.pem"))
                .credential(temporary())
                .build()
                .unwrap();
            let case = format!("{status} to {target}");
            assert_refused(&client, &case, client.send(Launch::default())).await;
            assert_eq!(server.received().matches("POST / ").count(), 1, "{case}");
        }
    }
    assert_eq!(sink.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn refresh_and_location_on_success_are_ignored() {
    let sink = Sink::open().await;
    for target in sink.targets() {
        let refresh = format!(r#"<meta http-equiv="refresh" content="0;url={target}">"#);
        for (status, header) in [(200, "refresh"), (200, "location"), (201, "location")] {
            let headers = vec![(header, target.clone())];
            let step = Step::Response { status, headers, body: refresh.clone() };
            let server = Server::start([step]).await;
            let client = builder(&server.url).max_attempts(1).build().unwrap();
            client.send(ListThings::default()).await.unwrap_err();
            assert_eq!(server.received().len(), 1);
        }
    }
    assert_eq!(sink.connections.load(Ordering::SeqCst), 0);
}
