//! The same POST by three clients: ours, bare reqwest, and bare hyper on one connection.

use std::future::poll_fn;
use std::pin::pin;

use cvm_models::actions::{DescribeInstances, DescribeInstancesResponse};
use cvm_models::rate_limit::NoRateLimit;
use cvm_models::{Client, Credential};
use http_body::Body;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// A runtime on this thread only, so that its CPU time is only the client's.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts")
}

/// The request that all of them send.
pub fn list_request() -> DescribeInstances {
    DescribeInstances { limit: Some(100), ..DescribeInstances::default() }
}

/// Our client for an address.
pub fn ours(address: &str) -> Client {
    let credential =
        Credential::new("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
            .expect("the example credential is well formed");
    Client::builder()
        .endpoint(address)
        .region("ap-guangzhou")
        .credential(credential)
        .rate_limiter(NoRateLimit)
        .build()
        .expect("the client's parts fit")
}

/// One call with our client.
pub async fn send(client: &Client) -> DescribeInstancesResponse {
    client.send(list_request()).await.expect("the server responds")
}

/// The headers of our signed request, so that all clients send the same bytes except for their order.
const HEADERS: [(&str, &str); 10] = [
    ("accept-encoding", "identity"),
    ("user-agent", "cvm-sdk-rust/0.1.0"),
    ("content-type", "application/json"),
    ("x-tc-action", "DescribeInstances"),
    ("x-tc-version", "2017-03-12"),
    ("x-tc-timestamp", "1551113065"),
    ("x-tc-region", "ap-guangzhou"),
    ("x-tc-requestclient", "SDK_RUST_0.1.0"),
    ("x-tc-traceid", "7161b1ec-7dc3-41fe-8e23-79d7eb430961"),
    (
        "authorization",
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, \
         SignedHeaders=content-type;host;x-tc-action, \
         Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168",
    ),
];

const BODY: &str = r#"{"Limit":100}"#;

/// Bare reqwest: no signature and no model, only the bytes of the response.
pub fn reqwest() -> reqwest::Client {
    // A second installation fails, and the first one serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("the client's parts fit")
}

/// One call with bare reqwest.
pub async fn post(client: &reqwest::Client, address: &str) -> bytes::Bytes {
    let request = HEADERS
        .iter()
        .fold(client.post(address), |request, (name, value)| request.header(*name, *value));
    let response = request.body(BODY).send().await.expect("the server responds");
    response.bytes().await.expect("the response ends")
}

/// Bare hyper: one connection, opened in advance.
pub async fn hyper(address: &str) -> SendRequest<reqwest::Body> {
    let host = address.strip_prefix("http://").unwrap_or(address);
    let stream = TcpStream::connect(host).await.expect("the server listens");
    stream.set_nodelay(true).expect("the socket is open");
    let (sender, connection) =
        handshake(TokioIo::new(stream)).await.expect("HTTP/1.1 needs no talk");
    tokio::spawn(connection);
    sender
}

/// One call with bare hyper.
pub async fn request(sender: &mut SendRequest<reqwest::Body>, address: &str) -> Vec<u8> {
    let host = address.strip_prefix("http://").unwrap_or(address);
    let request = HEADERS
        .iter()
        .fold(http::Request::post("/").header("host", host), |request, (name, value)| {
            request.header(*name, *value)
        })
        .body(reqwest::Body::from(BODY))
        .expect("the request is well formed");
    sender.ready().await.expect("the connection lives");
    let mut body =
        pin!(sender.send_request(request).await.expect("the server responds").into_body());
    let mut bytes = Vec::with_capacity(usize::try_from(body.size_hint().lower()).unwrap_or(0));
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        if let Ok(data) = frame.expect("the response ends").into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    bytes
}
