//! HTTP clients with defects, to check that the rules of the matrix detect each of them.

use std::io;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use cvm_models::ClientBuilder;
use cvm_models::config::Dialect;
use cvm_models::http::{
    BoxFuture, HttpClient, HttpError, HttpErrorKind, HttpResponse, PreparedRequest, ResponseBody,
    SendProgress,
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
enum Defect {
    /// None: it sends once and reports correctly how far it got.
    None,
    /// It repeats a request whose connection broke, as some clients do for idle connections.
    Repeats,
    /// It always reports that nothing was sent.
    ReportsUnsent,
    /// It follows redirects.
    FollowsRedirects,
    /// It sends the bytes of the first attempt again.
    ReusesBytes,
    /// It accepts a truncated body and completes it.
    CompletesBodies,
    /// It never forgets a failure: a later success is reported as that failure.
    KeepsFailures,
}

/// A plain HTTP/1.1 client with one connection per request.
#[derive(Debug)]
struct FaultyClient {
    defect: Defect,
    first: Mutex<Option<Vec<u8>>>,
    failure: Mutex<Option<io::ErrorKind>>,
}

impl FaultyClient {
    const fn new(defect: Defect) -> Self {
        Self { defect, first: Mutex::new(None), failure: Mutex::new(None) }
    }

    async fn exchange(
        &self,
        authority: &str,
        bytes: &[u8],
        sending: &SendProgress,
    ) -> io::Result<(u16, HeaderMap, Vec<u8>)> {
        let mut socket = TcpStream::connect(authority).await?;
        if self.defect != Defect::ReportsUnsent {
            sending.mark_sending();
        }
        socket.write_all(bytes).await?;
        let mut response = Vec::new();
        loop {
            if let Some(read) = read(&response, false) {
                return Ok(read);
            }
            if socket.read_buf(&mut response).await? == 0 {
                let completes = self.defect == Defect::CompletesBodies;
                return read(&response, completes)
                    .ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn send_request(
        &self,
        request: &PreparedRequest,
        sending: &SendProgress,
    ) -> io::Result<(u16, HeaderMap, Vec<u8>)> {
        sending.mark_buffered();
        let mut bytes = written(request);
        if self.defect == Defect::ReusesBytes {
            bytes = self.first.lock().unwrap().get_or_insert(bytes).clone();
        }
        let mut response = self.exchange(request.authority(), &bytes, sending).await;
        if response.is_err() && self.defect == Defect::Repeats {
            response = self.exchange(request.authority(), &bytes, sending).await;
        }
        if self.defect == Defect::KeepsFailures {
            let mut failure = self.failure.lock().unwrap();
            *failure = failure.or(response.as_ref().err().map(io::Error::kind));
            if let Some(kind) = *failure {
                return Err(kind.into());
            }
        }
        let response = response?;
        let location = response.1.get("location").and_then(|location| location.to_str().ok());
        match location.and_then(|location| location.strip_prefix("http://")) {
            Some(rest) if self.defect == Defect::FollowsRedirects => {
                let authority = rest.split('/').next().unwrap();
                self.exchange(authority, &bytes, sending).await
            }
            _ => Ok(response),
        }
    }
}

impl HttpClient for FaultyClient {
    fn send<'a>(
        &'a self,
        request: PreparedRequest,
        sending: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        Box::pin(async move {
            match self.send_request(&request, sending).await {
                Ok((status, headers, body)) => {
                    let body = Box::new(OnePiece(Some(body.into())));
                    Ok(HttpResponse { status, headers, body })
                }
                Err(error) => {
                    let kind = if sending.may_have_sent() {
                        HttpErrorKind::PossiblySent
                    } else {
                        HttpErrorKind::NotSent
                    };
                    Err(HttpError::new(kind, error))
                }
            }
        })
    }
}

struct OnePiece(Option<Bytes>);

impl ResponseBody for OnePiece {
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

/// Reads a response with a length; `None` while it is incomplete. With `completes`, it adds the missing end.
fn read(bytes: &[u8], completes: bool) -> Option<(u16, HeaderMap, Vec<u8>)> {
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
    let completed = r#"{"Response":{"InstanceIdSet":["ins-made-up"],"RequestId":"r-0"}}"#;
    completes.then(|| (status, headers, completed.into()))
}

async fn broken_rules(defect: Defect, fault: &str, dialect: Dialect, call: Call) -> Option<String> {
    let cell = Cell { fault: fault::named(fault), dialect, call, affected: 1 };
    // A client that follows a redirect waits for a server that never responds.
    let timeout = Duration::from_secs(if defect == Defect::FollowsRedirects { 3 } else { 30 });
    let timeouts =
        test_client::long_timeouts().with_first_byte(timeout).with_first_byte_slow(timeout);
    let equip = |builder: ClientBuilder| builder.timeouts(timeouts).http(FaultyClient::new(defect));
    matrix::run(cell, TimeScale::NORMAL, equip).await.map(|failure| failure.text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn correct_http_client_passes_the_rules() {
    for fault in ["commits and resets", "503 page", "307 to another port", "TokenFailure", "{}"] {
        for dialect in Dialect::ALL {
            for call in Call::ALL {
                let broken = broken_rules(Defect::None, fault, dialect, call).await;
                assert_eq!(broken, None);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_defect_breaks_its_rule() {
    let cases = [
        (Defect::Repeats, "commits and resets", Call::Terminate, "nothing is destroyed"),
        (Defect::Repeats, "commits and resets", Call::Run, "each attempt has its own signature"),
        (
            Defect::Repeats,
            "reads all and closes",
            Call::Stop,
            "nothing is sent after the ambiguous attempt",
        ),
        (Defect::ReportsUnsent, "commits and closes", Call::Terminate, "nothing is destroyed"),
        (Defect::ReportsUnsent, "commits and closes", Call::Stop, "not reported as failed"),
        (Defect::FollowsRedirects, "307 to another port", Call::Run, "third parties"),
        (Defect::FollowsRedirects, "302 to another port", Call::Terminate, "third parties"),
        (Defect::KeepsFailures, "commits and resets", Call::Run, "one more attempt succeeds"),
        (Defect::KeepsFailures, "commits and closes", Call::Run, "exactly one more attempt"),
        (
            Defect::KeepsFailures,
            "reads all and closes",
            Call::Describe,
            "one more attempt succeeds",
        ),
        (Defect::KeepsFailures, "commits, half a body, resets", Call::Rename, "succeeds"),
        (Defect::ReusesBytes, "503 page", Call::Run, "each attempt has its own timestamp"),
        (Defect::ReusesBytes, "TokenFailure", Call::Describe, "a fresh credential"),
        (Defect::CompletesBodies, "commits, half a body, closes", Call::Run, "the ledger's id"),
        (
            Defect::CompletesBodies,
            "commits, the head, closes",
            Call::Terminate,
            "the outcome is unknown",
        ),
    ];
    for (defect, fault, call, rule) in cases {
        let broken = broken_rules(defect, fault, Dialect::V1Sha256, call).await;
        let report = broken.unwrap_or_else(|| panic!("no rule detects {defect:?} under {fault}"));
        assert!(report.contains(rule), "{defect:?} under {fault} should break {rule:?}\n{report}");
        assert!(
            report.contains(fault) && report.contains(call.action()) && report.contains("ledger:")
        );
    }
}
