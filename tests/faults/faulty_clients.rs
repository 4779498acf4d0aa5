//! HTTP clients with defects, to check that the rules of the matrix detect each of them.

use std::io;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use cvm_models::{
    BoxFuture, ClientBuilder, Dialect, HttpClient, HttpError, HttpErrorKind, HttpResponse,
    PreparedRequest, ResponseBody, SendProgress, Timeouts,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::call::Call;
use crate::fault;
use crate::matrix::{self, Cell};
use crate::rerun::TimeScale;
use crate::test_client;

/// The defect of an HTTP client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    /// None: it sends once and reports correctly how far it got.
    None,
    /// It repeats a request whose connection broke, as some clients do for idle connections.
    Repeats,
    /// It always reports that nothing was sent.
    SaysUnsent,
    /// It follows redirects.
    FollowsRedirects,
    /// It sends the bytes of the first attempt again.
    Replays,
    /// It accepts a truncated body and completes it.
    MendsBodies,
    /// It never forgets a failure: a later success is reported as that failure.
    KeepsFailures,
}

/// A plain HTTP/1.1 client with one connection per request.
#[derive(Debug)]
struct Careless {
    habit: Habit,
    first: Mutex<Option<Vec<u8>>>,
    failure: Mutex<Option<io::ErrorKind>>,
}

impl Careless {
    const fn new(habit: Habit) -> Self {
        Self { habit, first: Mutex::new(None), failure: Mutex::new(None) }
    }

    async fn exchange(
        &self,
        authority: &str,
        bytes: &[u8],
        sending: &SendProgress,
    ) -> io::Result<(u16, HeaderMap, Vec<u8>)> {
        let mut socket = TcpStream::connect(authority).await?;
        sending.mark_sending();
        socket.write_all(bytes).await?;
        let mut answer = Vec::new();
        loop {
            if let Some(read) = read(&answer, false) {
                return Ok(read);
            }
            if socket.read_buf(&mut answer).await? == 0 {
                let mends = self.habit == Habit::MendsBodies;
                return read(&answer, mends).ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn whole(
        &self,
        request: &PreparedRequest,
        sending: &SendProgress,
    ) -> io::Result<(u16, HeaderMap, Vec<u8>)> {
        sending.mark_buffered();
        let mut bytes = written(request);
        if self.habit == Habit::Replays {
            bytes = self.first.lock().unwrap().get_or_insert(bytes).clone();
        }
        let mut answer = self.exchange(request.authority(), &bytes, sending).await;
        if answer.is_err() && self.habit == Habit::Repeats {
            answer = self.exchange(request.authority(), &bytes, sending).await;
        }
        if self.habit == Habit::KeepsFailures {
            let mut failure = self.failure.lock().unwrap();
            *failure = failure.or(answer.as_ref().err().map(io::Error::kind));
            if let Some(kind) = *failure {
                return Err(kind.into());
            }
        }
        let answer = answer?;
        let location = answer.1.get("location").and_then(|location| location.to_str().ok());
        match location.and_then(|location| location.strip_prefix("http://")) {
            Some(rest) if self.habit == Habit::FollowsRedirects => {
                let authority = rest.split('/').next().unwrap();
                self.exchange(authority, &bytes, sending).await
            }
            _ => Ok(answer),
        }
    }
}

impl HttpClient for Careless {
    fn send<'a>(
        &'a self,
        request: PreparedRequest,
        sending: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        Box::pin(async move {
            match self.whole(&request, sending).await {
                Ok((status, headers, body)) => {
                    let body = Box::new(Whole(Some(body.into())));
                    Ok(HttpResponse { status, headers, body })
                }
                Err(error) => {
                    let left = sending.may_have_sent() && self.habit != Habit::SaysUnsent;
                    let kind =
                        if left { HttpErrorKind::PossiblySent } else { HttpErrorKind::NotSent };
                    Err(HttpError::new(kind, error))
                }
            }
        })
    }
}

struct Whole(Option<Bytes>);

impl ResponseBody for Whole {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, HttpError>> {
        let chunk = self.0.take();
        Box::pin(async move { Ok(chunk) })
    }
}

fn written(request: &PreparedRequest) -> Vec<u8> {
    let target = request.url().strip_prefix("http://").unwrap();
    let target = &target[target.find('/').unwrap()..];
    let mut bytes = format!("{} {target} HTTP/1.1\r\n", request.method()).into_bytes();
    for (name, value) in request.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(format!("content-length: {}\r\n\r\n", request.body().len()).into_bytes());
    bytes.extend_from_slice(request.body());
    bytes
}

/// Reads a response with a length; `None` while it is incomplete. With `mends`, it adds the missing end.
fn read(bytes: &[u8], mends: bool) -> Option<(u16, HeaderMap, Vec<u8>)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        headers.append(HeaderName::try_from(name).ok()?, HeaderValue::from_str(value).ok()?);
    }
    let length: usize = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    let body = &bytes[end + 4..];
    if let Some(body) = body.get(..length) {
        return Some((status, headers, body.to_vec()));
    }
    let mended = r#"{"Response":{"InstanceIdSet":["ins-made-up"],"RequestId":"r-0"}}"#;
    mends.then(|| (status, headers, mended.into()))
}

async fn verdict(habit: Habit, fault: &str, dialect: Dialect, call: Call) -> Option<String> {
    let cell = Cell { fault: fault::named(fault), dialect, call, struck: 1 };
    // A client that follows a redirect waits for a server that never responds.
    let patience = Duration::from_secs(if habit == Habit::FollowsRedirects { 3 } else { 30 });
    let timeouts =
        Timeouts { first_byte: patience, first_byte_slow: patience, ..test_client::patient() };
    let equip = |builder: ClientBuilder| builder.timeouts(timeouts).http(Careless::new(habit));
    matrix::run(cell, TimeScale::NORMAL, equip).await.map(|failure| failure.text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn correct_http_client_passes_the_rules() {
    for fault in ["commits and resets", "503 page", "307 to another port", "TokenFailure", "{}"] {
        for dialect in Dialect::ALL {
            for call in Call::ALL {
                let broken = verdict(Habit::None, fault, dialect, call).await;
                assert_eq!(broken, None);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_defect_breaks_its_rule() {
    let cases = [
        (Habit::Repeats, "commits and resets", Call::Terminate, "nothing is destroyed"),
        (Habit::Repeats, "commits and resets", Call::Run, "each attempt has its own signature"),
        (Habit::Repeats, "reads all and closes", Call::Stop, "nothing is sent after the doubt"),
        (Habit::SaysUnsent, "commits and closes", Call::Terminate, "nothing is destroyed"),
        (Habit::SaysUnsent, "commits and closes", Call::Stop, "not reported as failed"),
        (Habit::FollowsRedirects, "307 to another port", Call::Run, "third parties"),
        (Habit::FollowsRedirects, "302 to another port", Call::Terminate, "third parties"),
        (Habit::KeepsFailures, "commits and resets", Call::Run, "one more attempt succeeds"),
        (Habit::KeepsFailures, "commits and closes", Call::Run, "exactly one more attempt"),
        (Habit::KeepsFailures, "reads all and closes", Call::Describe, "one more attempt succeeds"),
        (Habit::KeepsFailures, "commits, half a body, resets", Call::Rename, "succeeds"),
        (Habit::Replays, "503 page", Call::Run, "each attempt has its own timestamp"),
        (Habit::Replays, "TokenFailure", Call::Describe, "a fresh credential"),
        (Habit::MendsBodies, "commits, half a body, closes", Call::Run, "the ledger's id"),
        (
            Habit::MendsBodies,
            "commits, the head, closes",
            Call::Terminate,
            "the outcome is unknown",
        ),
    ];
    for (habit, fault, call, rule) in cases {
        let broken = verdict(habit, fault, Dialect::V1Sha256, call).await;
        let told =
            broken.unwrap_or_else(|| panic!("nobody notices that one {habit:?} under {fault}"));
        assert!(told.contains(rule), "{habit:?} under {fault} should break {rule:?}\n{told}");
        assert!(told.contains(fault) && told.contains(call.action()) && told.contains("ledger:"));
    }
}
