//! Responses as bytes: what the server writes, valid or not, down to the last line break.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use cvm_signer::Date;
use serde_json::{Value, json};

use crate::service;

/// What a script knows about the exchange when it writes.
#[derive(Clone, Debug)]
pub struct ExchangeContext {
    /// The response of the service, if the request was carried out.
    pub body: String,
    pub request_id: String,
    /// The request as read so far.
    pub request: Vec<u8>,
    pub third_party: SocketAddr,
    /// The server's own address.
    pub own: SocketAddr,
}

impl ExchangeContext {
    /// The members of the response.
    pub fn members(&self) -> serde_json::Map<String, Value> {
        let response: Value = serde_json::from_str(&self.body).expect("a request was carried out");
        response["Response"].as_object().unwrap().clone()
    }

    /// The response with changed members.
    pub fn with_members(&self, change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> String {
        let mut members = self.members();
        change(&mut members);
        json!({ "Response": members }).to_string()
    }

    /// An error response of the service.
    pub fn error_body(&self, code: &str) -> String {
        service::response(service::error(code), &self.request_id).to_string()
    }
}

/// A complete response of the service.
pub fn json(body: &str) -> Vec<u8> {
    page("200 OK", &["Content-Type: application/json"], body)
}

/// A complete response with a correct length.
pub fn page(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let length = format!("Content-Length: {}", body.as_ref().len());
    let mut all = headers.to_vec();
    all.push(&length);
    raw(status, &all, body)
}

/// A response with exactly these headers.
pub fn raw(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for header in headers {
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body.as_ref());
    bytes
}

/// The error page of a gateway.
pub fn html(status: &str, headers: &[&str]) -> Vec<u8> {
    let mut all = vec!["Content-Type: text/html"];
    all.extend_from_slice(headers);
    page(status, &all, format!("<html><body><h1>{status}</h1></body></html>"))
}

/// The length of the head.
pub fn head_length(response: &[u8]) -> usize {
    response.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4
}

/// The head and half of the body.
pub fn half(response: &[u8]) -> Vec<u8> {
    let head = head_length(response);
    response[..head + (response.len() - head) / 2].to_vec()
}

/// How many seconds the clock of a service that rejects ours is ahead.
pub const AHEAD: u64 = 100;

/// The `Date` header of a service whose clock is ahead.
pub fn date() -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + AHEAD;
    let day = Date::from_timestamp(now).unwrap().to_string();
    let month: usize = day[5..7].parse().unwrap();
    let weekday = DAYS[usize::try_from(now / 86_400 % 7).unwrap()];
    let (hour, minute, second) = (now / 3_600 % 24, now / 60 % 60, now % 60);
    format!(
        "Date: {weekday}, {} {} {} {hour:02}:{minute:02}:{second:02} GMT",
        &day[8..],
        MONTHS[month - 1],
        &day[..4],
    )
}
