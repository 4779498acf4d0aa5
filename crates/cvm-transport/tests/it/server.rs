//! A scripted server on a raw socket: it can send what no HTTP library would.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::http::PreparedRequest;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::ATTEMPT;
use crate::virtual_time::{deliver, pass};

/// How the server reacts to the next request.
#[derive(Clone, Debug)]
pub enum Step {
    /// Responds with a success.
    Healthy,
    /// Sends a complete response with this status, these headers and this body, and keeps the connection.
    Response { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// Sends these bytes, then closes the connection.
    Raw(Vec<u8>),
    /// Sends these bytes, then resets the connection.
    RawThenReset(Vec<u8>),
    /// Sends these bytes, then nothing for longer than an attempt takes; see [`pass`].
    RawThenStall(Vec<u8>),
    /// Sends one byte at a time.
    Drip { bytes: Vec<u8>, every: Duration },
    /// Resets the connection before anything is read.
    ResetOnAccept,
}

impl Step {
    /// A response with status 200.
    pub fn json(body: impl Into<String>) -> Self {
        Self::Response { status: 200, headers: Vec::new(), body: body.into() }
    }

    /// An error response of the service.
    pub fn error(code: &str) -> Self {
        Self::json(format!(
            r#"{{"Response":{{"Error":{{"Code":"{code}","Message":"a test error"}},"RequestId":"r-error"}}}}"#
        ))
    }

    /// A response without a body.
    pub fn status(status: u16, headers: Vec<(&'static str, String)>) -> Self {
        Self::Response { status, headers, body: String::new() }
    }

    /// Reads the whole request, then resets the connection.
    pub fn reset() -> Self {
        Self::RawThenReset(Vec::new())
    }

    /// Reads the whole request, then closes the connection.
    pub fn close() -> Self {
        Self::Raw(Vec::new())
    }

    /// Reads the whole request, then does nothing.
    pub fn stall() -> Self {
        Self::RawThenStall(Vec::new())
    }
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// Counted from 1; 0 where there is no network.
    pub connection: usize,
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl From<&PreparedRequest> for ReceivedRequest {
    fn from(request: &PreparedRequest) -> Self {
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.as_str().to_owned(), value.to_str().unwrap().to_owned())
        };
        Self {
            connection: 0,
            method: request.method().to_string(),
            target: request.url().to_owned(),
            headers: request.headers().iter().map(header).collect(),
            body: String::from_utf8(request.body().to_vec()).unwrap(),
        }
    }
}

impl ReceivedRequest {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The action, in any dialect.
    pub fn action(&self) -> String {
        self.header("x-tc-action").map(str::to_owned).or_else(|| self.param("Action")).unwrap()
    }

    /// A parameter of a query or form.
    pub fn param(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = cvm_protocol::percent::decode_pairs(&format!("{query}&{}", self.body)).ok()?;
        pairs.into_iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The client token, in any dialect.
    pub fn client_token(&self) -> Option<String> {
        serde_json::from_str::<serde_json::Value>(&self.body)
            .ok()
            .and_then(|body| Some(body.get("ClientToken")?.as_str()?.to_owned()))
            .or_else(|| self.param("ClientToken"))
    }
}

type Handler = dyn Fn(&ReceivedRequest) -> String + Send + Sync;

struct State {
    script: Mutex<VecDeque<Step>>,
    received: Mutex<Vec<ReceivedRequest>>,
    connections: Mutex<usize>,
    respond: Box<Handler>,
}

/// The server. Dropping it stops it.
pub struct Server {
    pub url: String,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Follows the script, then answers every request with a success.
    pub async fn start(script: impl IntoIterator<Item = Step>) -> Self {
        Self::responding(script, healthy).await
    }

    /// Follows the script, then answers with the body that the function returns.
    pub async fn responding(
        script: impl IntoIterator<Item = Step>,
        respond: impl Fn(&ReceivedRequest) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            script: Mutex::new(script.into_iter().collect()),
            received: Mutex::default(),
            connections: Mutex::default(),
            respond: Box::new(respond),
        });
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let number = {
                    let mut connections = shared.connections.lock().unwrap();
                    *connections += 1;
                    *connections
                };
                let refuse = {
                    let mut script = shared.script.lock().unwrap();
                    let refuse = matches!(script.front(), Some(Step::ResetOnAccept));
                    if refuse {
                        script.pop_front();
                    }
                    refuse
                };
                if refuse {
                    socket.set_zero_linger().unwrap();
                    continue;
                }
                let shared = Arc::clone(&shared);
                tokio::spawn(async move { serve(socket, number, &shared).await });
            }
        });
        Self { url, state, task }
    }

    /// Adds these reactions to the script.
    pub fn extend_script(&self, script: impl IntoIterator<Item = Step>) {
        self.state.script.lock().unwrap().extend(script);
    }

    /// All received requests, in order.
    pub fn received(&self) -> Vec<ReceivedRequest> {
        self.state.received.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }
}

async fn serve(mut socket: TcpStream, connection: usize, state: &State) {
    let mut buffer = Vec::new();
    while let Some(received) = read_request(&mut socket, &mut buffer, connection).await {
        state.received.lock().unwrap().push(received.clone());
        let step = state.script.lock().unwrap().pop_front().unwrap_or(Step::Healthy);
        match step {
            Step::Healthy => {
                let body = (state.respond)(&received);
                let response =
                    response_bytes(200, &[("content-type", "application/json".into())], &body);
                if socket.write_all(&response).await.is_err() {
                    return;
                }
            }
            Step::Response { status, headers, body } => {
                if socket.write_all(&response_bytes(status, &headers, &body)).await.is_err() {
                    return;
                }
            }
            Step::Raw(bytes) => {
                let _ = socket.write_all(&bytes).await;
                return;
            }
            Step::RawThenReset(bytes) => {
                let _ = socket.write_all(&bytes).await;
                let _ = socket.flush().await;
                if !bytes.is_empty() {
                    // Lets the bytes arrive before the reset discards them.
                    deliver().await;
                }
                let _ = socket.set_zero_linger();
                return;
            }
            Step::RawThenStall(bytes) => {
                let _ = socket.write_all(&bytes).await;
                pass(ATTEMPT).await;
                // Until the client gives up.
                while matches!(socket.read(&mut [0; 64]).await, Ok(read) if read > 0) {}
                return;
            }
            Step::Drip { bytes, every } => {
                for byte in bytes {
                    if socket.write_all(&[byte]).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(every).await;
                }
                return;
            }
            Step::ResetOnAccept => {
                let _ = socket.set_zero_linger();
                return;
            }
        }
    }
}

/// A listener with small receive buffers, and its URL.
pub fn listen_with_small_buffer() -> (TcpListener, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(8).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

pub fn response_bytes(status: u16, headers: &[(&str, String)], body: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.push_str(body);
    head.into_bytes()
}

pub async fn read_request(
    socket: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
    connection: usize,
) -> Option<ReceivedRequest> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    while buffer.len() < end + length {
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(buffer[end..end + length].to_vec()).unwrap();
    buffer.drain(..end + length);
    Some(ReceivedRequest { connection, method, target, headers, body })
}

/// The success response to any action.
pub fn healthy(received: &ReceivedRequest) -> String {
    let response = match received.action().as_str() {
        "Launch" => r#""ThingIdSet":["thing-1"],"PrivateKey":"canary-private-key","#,
        "ListThings" => r#""ThingSet":[],"TotalCount":0,"#,
        "ScanThings" => r#""ThingSet":[],"NextToken":"","#,
        _ => "",
    };
    format!(r#"{{"Response":{{{response}"RequestId":"r-ok"}}}}"#)
}

/// An address where nothing listens. The port stays reserved as long as this process lives.
pub fn unused_endpoint() -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    std::mem::forget(socket);
    format!("http://{address}")
}
