//! Peers that send endless data: the call ends, and the memory of the process does not grow. Runs alone in its
//! process, because it measures the memory of that process.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::indexing_slicing)]
#![cfg(target_os = "linux")]

#[allow(dead_code, reason = "this test uses only a part of it")]
#[path = "it/actions.rs"]
mod actions;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cvm_transport::config::Timeouts;
use cvm_transport::retry::Outcome;
use cvm_transport::{Client, Credential};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::actions::KillThings;

/// How much memory a call may take, however much is sent.
const MAX_GROWTH: u64 = 24 << 20;
/// Only a call that hangs takes this long.
const HANG: Duration = Duration::from_secs(300);
/// The limit for the response head in these tests.
const FIRST_BYTE: Duration = Duration::from_secs(1);

/// A peer that sends `start` and then `more` forever. Also returns how many bytes it sent.
async fn flooding_server(start: Vec<u8>, more: Vec<u8>) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sent = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&sent);
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 16 * 1_024]).await;
            let mut piece = &start;
            while socket.write_all(piece).await.is_ok() {
                counted.fetch_add(piece.len() as u64, Ordering::Relaxed);
                piece = &more;
            }
        }
    });
    (url, sent)
}

/// A client with the default size limits.
fn client(url: &str) -> Client {
    Client::builder()
        .without_environment()
        .endpoint(url)
        .credential(Credential::new("AKIDEXAMPLE", "a-secret-key").unwrap())
        .region("ap-guangzhou")
        // Chunks of one byte end at the timeout of the attempt, because their number is not limited.
        .timeouts(
            Timeouts::default().with_first_byte(FIRST_BYTE).with_attempt(Duration::from_secs(2)),
        )
        .build()
        .unwrap()
}

/// A memory figure of this process in bytes, as the kernel reports it.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let number = line.trim_start_matches(':').trim().strip_suffix(" kB").unwrap();
    number.parse::<u64>().unwrap() * 1_024
}

/// Makes the allocator return every large block to the system when it is freed, so that no growth hides in
/// memory that was free before.
const ALONE: (&str, &str) = ("MALLOC_MMAP_THRESHOLD_", "65536");

/// Runs a test again in a process of its own. Returns whether this already is that process.
fn runs_alone(name: &str) -> bool {
    if std::env::var_os(ALONE.0).is_some() {
        return true;
    }
    let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
    let ended =
        alone.env(ALONE.0, ALONE.1).args(["--exact", name, "--nocapture"]).output().unwrap();
    let output = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{output}\n{}", String::from_utf8_lossy(&ended.stderr));
    assert!(output.contains("1 passed"), "{output}");
    false
}

#[test]
fn endless_response_ends_with_bounded_memory() {
    if !runs_alone("endless_response_ends_with_bounded_memory") {
        return;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(run_floods());
}

async fn run_floods() {
    const OK: &[u8] = b"HTTP/1.1 200 OK\r\n";
    let chunked = [OK, b"Transfer-Encoding: chunked\r\n\r\n"].concat();
    let chunk = [&b"4000\r\n"[..], &[b' '; 0x4000], b"\r\n"].concat();
    let block = vec![b'y'; 64 * 1_024];
    let tiny = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000);
    let hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n".repeat(1_000);
    let gzip = [OK, b"Content-Encoding: gzip\r\nContent-Length: 10737418240\r\n\r\n"].concat();
    // What the peer sends, and whether only the limit for the first byte ends it.
    let floods: Vec<(&str, Vec<u8>, Vec<u8>, bool)> = vec![
        ("a body without length", [OK, b"\r\n"].concat(), block.clone(), false),
        (
            "a body of 10 GiB",
            [OK, b"Content-Length: 10737418240\r\n\r\n"].concat(),
            block.clone(),
            false,
        ),
        ("chunks", chunked.clone(), chunk, false),
        ("chunks of a byte", chunked.clone(), b"1\r\n \r\n".repeat(2_000), false),
        ("a chunk extension", [chunked.clone(), b"1;x=".to_vec()].concat(), block.clone(), false),
        ("trailers", [chunked, b"0\r\n".to_vec()].concat(), b"X-More: z\r\n".repeat(1_000), false),
        ("a compressed body", gzip, block.clone(), false),
        ("headers", OK.to_vec(), b"X-More: and more\r\n".repeat(500), false),
        ("one header", [OK, b"X-Long: "].concat(), block.clone(), false),
        ("one header name", OK.to_vec(), block.clone(), false),
        ("nested lists", [OK, b"\r\n{\"Response\":"].concat(), b"[".repeat(16 * 1_024), false),
        ("a status line", b"HTTP/1.1 200 ".to_vec(), block, false),
        ("1xx responses", Vec::new(), tiny, true),
        ("1xx responses with headers", Vec::new(), hints, true),
        ("empty lines", b"\r\n".to_vec(), b"\r\n".repeat(4_000), false),
    ];
    let (mut taken, mut early) = (0, 0);
    for (name, start, more, ends_at_first_byte_limit) in floods {
        let (url, sent) = flooding_server(start, more).await;
        let client = client(&url);
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = status("VmRSS");
        let began = Instant::now();
        let error =
            client.send(KillThings { thing_ids: vec!["thing-1".into()] }).await.unwrap_err();
        let took = began.elapsed();
        let grown = status("VmHWM").saturating_sub(before);
        let sent = sent.load(Ordering::Relaxed);
        println!("{name}: {took:?}, {sent} bytes sent, grown by {grown}: {error}");
        assert!(error.outcome_unknown().is_some(), "{name}: {error}");
        // On a busy machine even connecting may time out, which proves that nothing was sent.
        let (last, earlier) = error.attempts().split_last().unwrap();
        assert_eq!(last.outcome, Outcome::Ambiguous, "{name}: {error}");
        assert!(
            earlier.iter().all(|attempt| attempt.outcome == Outcome::NotSent),
            "{name}: {error}"
        );
        assert!(took < HANG, "{name}: {took:?}");
        assert!(grown < MAX_GROWTH, "{name}: {grown} bytes");
        if ends_at_first_byte_limit {
            assert!(error.is_timeout(), "{name}: {error}");
            early += sent;
        }
        taken += sent;
    }
    // The peers did send far more than the client keeps, including 1xx responses.
    assert!(taken > 2 * MAX_GROWTH && early > 1 << 20, "{taken} {early}");
}
