//! Peers that send endlessly or very slowly: a call ends in time and uses limited memory.

use std::sync::Arc;
use std::time::Duration;

use cvm_models::config::Dialect;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::call::Call;
use crate::fault::{self, Fault};
use crate::fault_server::FaultServer;
use crate::rerun::TimeScale;
use crate::test_client;
use crate::third_party::ThirdParty;

/// A peer that writes `start` and then `more` until nobody reads.
struct EndlessServer {
    endpoint: String,
    task: JoinHandle<()>,
}

impl EndlessServer {
    async fn open(start: Vec<u8>, more: Vec<u8>, pause: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = vec![0; 16 * 1024];
                let _ = socket.read(&mut request).await;
                let mut piece = &start;
                while socket.write_all(piece).await.is_ok() {
                    piece = &more;
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                }
            }
        });
        Self { endpoint, task }
    }
}

impl Drop for EndlessServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Nothing of it is stored, so only the timeout ends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless_chunk_size_ends_at_the_attempt_timeout() {
    let start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n000".to_vec();
    let peer = EndlessServer::open(start, b"0".repeat(16 * 1024), Duration::ZERO).await;
    let attempt = Duration::from_secs(3);
    let timeouts = test_client::long_timeouts().with_attempt(attempt).with_attempt_slow(attempt);
    let client = test_client::client(&peer.endpoint, Dialect::Tc3, timeouts).with_max_attempts(1);
    let error = Call::Terminate.make(&client).await.result.unwrap_err();
    assert!(error.is_timeout() && error.outcome_unknown().is_some(), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_responses_end_in_time() {
    let head_of = |head: &str| format!("HTTP/1.1 200 OK\r\n{head}\r\n").into_bytes();
    let peers: Vec<(&str, Vec<u8>, Vec<u8>)> = vec![
        ("a byte of body", head_of("Content-Length: 60000\r\n"), b" ".to_vec()),
        ("a chunk of a byte", head_of("Transfer-Encoding: chunked\r\n"), b"1\r\n \r\n".to_vec()),
        ("a header", b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-More: y\r\n".to_vec()),
        ("a byte of the head", b"HTTP/1.1 200 OK\r\nX-Slow: ".to_vec(), b"y".to_vec()),
        ("a 1xx response", Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
    ];
    for (name, start, more) in peers {
        let peer = EndlessServer::open(start, more, Duration::from_millis(40)).await;
        for dialect in Dialect::ALL {
            // On a slow machine, even connecting may take too long, which is a timeout too.
            let timeouts = test_client::short_timeouts(TimeScale::NORMAL);
            let client =
                test_client::client(&peer.endpoint, dialect, timeouts).with_max_attempts(1);
            let error = Call::Describe.make(&client).await.result.expect_err(name);
            assert!(error.is_timeout(), "{name}: {error:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_faults_end_at_the_deadline() {
    let needs_timeout = |fault: &Arc<Fault>| fault.needs_timeout;
    let mut running = JoinSet::new();
    for fault in fault::all().into_iter().filter(needs_timeout) {
        running.spawn(async move {
            let third_party = ThirdParty::open().await;
            let server = FaultServer::start(third_party.address).await;
            // A dripping response takes longer than the call may.
            server.set_time_scale(TimeScale::SLOW);
            // The timeouts of single steps are long, so that the operation timeout must end the call.
            let client =
                test_client::client(&server.endpoint(), Dialect::Tc3, test_client::long_timeouts())
                    .with_operation_timeout(Duration::from_secs(5));
            let name = fault.name;
            server.plan([fault]);
            let error = Call::Stop.make(&client).await.result.expect_err(name);
            assert!(error.outcome_unknown().is_some(), "{name}: {error:?}");
            // A length above the limit is detected first and is the reason in the message.
            let has_reason = error.is_timeout() || name == "length larger than allowed";
            assert!(has_reason, "{name}: {error:?}");
        });
    }
    assert!(running.len() >= 5, "{}", running.len());
    running.join_all().await;
}
