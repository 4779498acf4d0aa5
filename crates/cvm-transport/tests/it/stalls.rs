//! Silence at every point of the protocol: the call ends at its deadline, and the error says whether anything
//! was sent.

use std::time::Duration;

use cvm_transport::ClientBuilder;
use cvm_transport::config::Timeouts;
use cvm_transport::retry::Outcome;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;

use crate::actions::{KillThings, Launch, ListThings};
use crate::server::{Server, Step, listen_with_small_buffer, read_request, response_bytes};
use crate::tls_server::{acceptor, file};
use crate::virtual_time::{deliver, pass};
use crate::{ATTEMPT, builder};

/// The deadline of the call. The silent peer advances the clock to it at once.
const DEADLINE: Duration = Duration::from_secs(60);

/// Where the peer stops responding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StallPoint {
    /// It never accepts the connection.
    BeforeAccept,
    /// A proxy never answers the CONNECT request, or answers half of it.
    AtTheProxy,
    HalfwayThroughTheProxy,
    /// TLS: no server hello, or half of one.
    BeforeTls,
    HalfwayThroughTls,
    AfterTls,
    /// The request: unread, half read, read.
    BeforeTheRequest,
    HalfwayThroughTheRequest,
    AfterTheRequest,
    /// Within the response head.
    InTheStatusLine,
    InAHeader,
    BeforeTheEndOfTheHead,
    AfterAnInterimResponse,
    AfterTheHead,
    /// Within the body, for each way to frame it.
    InABodyWithLength,
    InAChunkSize,
    InAChunk,
    BeforeTheLastChunk,
    InTheTrailers,
    InABodyWithoutLength,
}

use StallPoint::*;

/// Points before the first byte of the request.
const UNSENT: [StallPoint; 5] =
    [BeforeAccept, AtTheProxy, HalfwayThroughTheProxy, BeforeTls, HalfwayThroughTls];

const SENT: [StallPoint; 15] = [
    AfterTls,
    BeforeTheRequest,
    HalfwayThroughTheRequest,
    AfterTheRequest,
    InTheStatusLine,
    InAHeader,
    BeforeTheEndOfTheHead,
    AfterAnInterimResponse,
    AfterTheHead,
    InABodyWithLength,
    InAChunkSize,
    InAChunk,
    BeforeTheLastChunk,
    InTheTrailers,
    InABodyWithoutLength,
];

const BODY: &str = r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r"}}"#;

impl StallPoint {
    /// The bytes that the peer sends before it stops.
    fn sent_bytes(self) -> Vec<u8> {
        let whole = response_bytes(200, &[], BODY);
        let chunked =
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3b\r\n{BODY}\r\n");
        assert_eq!(BODY.len(), 0x3b);
        let head = whole.len() - BODY.len();
        let cut = |length: usize| whole[..length].to_vec();
        match self {
            InTheStatusLine => cut(11),
            InAHeader => cut(30),
            BeforeTheEndOfTheHead => cut(head - 2),
            AfterAnInterimResponse => b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(),
            AfterTheHead => cut(head),
            InABodyWithLength => cut(head + 20),
            InAChunkSize => chunked.as_bytes()[..48].to_vec(),
            InAChunk => chunked.as_bytes()[..70].to_vec(),
            BeforeTheLastChunk => chunked.into_bytes(),
            InTheTrailers => format!("{chunked}0\r\nx-more: ").into_bytes(),
            InABodyWithoutLength => format!("HTTP/1.1 200 OK\r\n\r\n{BODY}").into_bytes(),
            _ => Vec::new(),
        }
    }

    /// A peer that stops there, and a client for it.
    async fn peer(self) -> (ClientBuilder, tokio::task::JoinHandle<()>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(if self == BeforeAccept { 1 } else { 64 }).unwrap();
        let address = listener.local_addr().unwrap();
        let client = match self {
            AtTheProxy | HalfwayThroughTheProxy => {
                builder("https://cvm.example").proxy(format!("http://{address}"))
            }
            BeforeTls | HalfwayThroughTls | AfterTls => {
                builder(&format!("https://{address}")).ca_file(file("ca.pem"))
            }
            _ => builder(&format!("http://{address}")),
        };
        let mut fillers = Vec::new();
        if self == BeforeAccept {
            for _ in 0..8 {
                let filler = TcpStream::connect(address);
                fillers.push(tokio::time::timeout(Duration::from_millis(50), filler).await);
            }
        }
        let peer = tokio::spawn(async move {
            let _fillers = fillers;
            if self == BeforeAccept {
                pass(DEADLINE).await;
                std::future::pending::<()>().await;
            }
            let mut held = Vec::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                held.push(tokio::spawn(async move { self.stall(socket).await }));
            }
        });
        // Only the deadline of the whole call may end it.
        let later = DEADLINE * 2;
        let timeouts = Timeouts::default()
            .with_connect(later)
            .with_first_byte(later)
            .with_first_byte_slow(later)
            .with_body_idle(later)
            .with_attempt(later)
            .with_attempt_slow(later);
        (client.timeouts(timeouts).max_attempts(1), peer)
    }

    async fn stall(self, mut socket: TcpStream) {
        let mut some = [0; 10];
        match self {
            AtTheProxy | BeforeTheRequest | BeforeTls | BeforeAccept => {}
            HalfwayThroughTheProxy => {
                let _ = socket.read(&mut some).await;
                let _ = socket.write_all(b"HTTP/1.1 200 Conn").await;
            }
            HalfwayThroughTls => {
                let _ = socket.read(&mut some).await;
                // The start of a record with a server hello.
                let _ = socket.write_all(b"\x16\x03\x03\x00\x7a\x02\x00").await;
            }
            AfterTls => {
                let _held = acceptor("good.pem").accept(socket).await;
                pass(DEADLINE).await;
                return std::future::pending().await;
            }
            HalfwayThroughTheRequest => drop(socket.read_exact(&mut some).await),
            _ => {
                let _ = read_request(&mut socket, &mut Vec::new(), 1).await;
                let _ = socket.write_all(&self.sent_bytes()).await;
            }
        }
        pass(DEADLINE).await;
        std::future::pending::<()>().await;
        drop(socket);
    }
}

#[tokio::test]
async fn silence_at_any_point_ends_at_the_deadline() {
    for (point, left) in
        UNSENT.into_iter().map(|at| (at, false)).chain(SENT.into_iter().map(|at| (at, true)))
    {
        let (client, peer) = point.peer().await;
        let client = client.build().unwrap().with_operation_timeout(DEADLINE);
        let began = Instant::now();
        let kill = KillThings { thing_ids: vec!["thing-1".into()] };
        let error = client.send(kill).await.unwrap_err();
        assert!(error.is_timeout(), "{point:?}: {error:?}");
        assert!(began.elapsed() >= DEADLINE, "{point:?}: {:?}", began.elapsed());
        assert_eq!(error.outcome_unknown().is_some(), left, "{point:?}: {error:?}");
        assert_eq!(error.is_not_sent(), !left, "{point:?}: {error:?}");
        let outcome = if left { Outcome::Ambiguous } else { Outcome::NotSent };
        assert_eq!(error.attempts().len(), 1, "{point:?}: {error:?}");
        assert_eq!(error.attempts()[0].outcome, outcome, "{point:?}");
        peer.abort();
    }
}

#[tokio::test]
async fn stalled_upload_ends_in_time() {
    // How much the peer reads of nine megabytes before its window closes.
    for reads in [0, 100_000] {
        let (listener, url) = listen_with_small_buffer();
        let peer = tokio::spawn(async move {
            let mut held = Vec::new();
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut some = vec![0; reads];
                let _ = socket.readable().await;
                let _ = socket.read_exact(&mut some).await;
                held.push(socket);
                pass(ATTEMPT).await;
            }
        });
        let client = builder(&url).max_attempts(1).build().unwrap();
        let launch = Launch { name: Some("x".repeat(9_000_000)), ..Launch::default() };
        let error = client.send(launch).await.unwrap_err();
        assert!(error.is_timeout(), "{reads}: {error}");
        assert!(error.outcome_unknown().is_some(), "{reads}: {error}");
        peer.abort();
    }
}

#[tokio::test]
async fn dead_connection_is_not_reused() {
    let cut = response_bytes(200, &[], BODY)[..40].to_vec();
    for (end, is_dead) in [
        (Step::stall(), true),
        (Step::reset(), true),
        (Step::close(), true),
        (Step::RawThenStall(cut.clone()), true),
        (Step::RawThenReset(cut.clone()), true),
        (Step::Raw(cut), true),
        (Step::RawThenStall([response_bytes(200, &[], BODY), b"more".to_vec()].concat()), true),
        (Step::json("x".repeat(200_000)), true),
        // After a valid response, the connection is reused.
        (Step::Healthy, false),
    ] {
        let shown = format!("{:.60}", format!("{end:?}"));
        let server = Server::start([Step::Healthy, end]).await;
        let client = builder(&server.url).max_attempts(1).max_response_bytes(100_000);
        let client = client.build().unwrap();
        client.send(ListThings::default()).await.unwrap();
        let _ = client.send(ListThings::default()).await;
        // Lets the bytes after a response arrive before the connection would be reused.
        deliver().await;
        // With a single attempt, this would fail on the dead connection.
        let next = client.send(ListThings::default()).await;
        assert!(next.is_ok(), "{shown}: {:?}", next.err());
        let received = server.received();
        let on: Vec<usize> = received.iter().map(|request| request.connection).collect();
        assert_eq!(on, [1, 1, if is_dead { 2 } else { 1 }], "{shown}");
    }
}
