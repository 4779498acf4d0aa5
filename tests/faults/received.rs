//! A request as it arrived, read from the socket byte by byte without an HTTP library.

use std::io;

use cvm_protocol::{percent, query_form};
use cvm_signer::Method;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// A request that is being read.
#[derive(Debug, Default)]
pub struct IncomingRequest {
    bytes: Vec<u8>,
}

impl IncomingRequest {
    /// Reads until this many bytes of the request are there. Returns whether they arrived.
    pub async fn take(&mut self, socket: &mut TcpStream, count: usize) -> io::Result<bool> {
        while self.bytes.len() < count {
            if !self.more(socket, count - self.bytes.len()).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the head. Returns whether it arrived.
    pub async fn take_head(&mut self, socket: &mut TcpStream) -> io::Result<bool> {
        while self.head_length().is_none() {
            // Byte by byte, so that a script can stop exactly after the head.
            if !self.more(socket, 1).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the whole request. `None` if the peer stopped before its end.
    pub async fn take_all(
        &mut self,
        socket: &mut TcpStream,
    ) -> io::Result<Option<ReceivedRequest>> {
        loop {
            if let Some(head) = self.head_length() {
                let received = ReceivedRequest::parse(&self.bytes, head);
                let whole = head + received.content_length();
                if self.bytes.len() >= whole {
                    assert_eq!(self.bytes.len(), whole, "nothing is pipelined");
                    return Ok(Some(received));
                }
            }
            if !self.more(socket, 64 * 1024).await? {
                return Ok(None);
            }
        }
    }

    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn head_length(&self) -> Option<usize> {
        self.bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
    }

    async fn more(&mut self, socket: &mut TcpStream, most: usize) -> io::Result<bool> {
        let before = self.bytes.len();
        self.bytes.resize(before + most.min(64 * 1024), 0);
        let read = socket.read(&mut self.bytes[before..]).await;
        self.bytes.truncate(before + *read.as_ref().unwrap_or(&0));
        Ok(read? > 0)
    }
}

/// A complete request.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// All parameters in query encoding, wherever the dialect puts them.
    pub parameters: Vec<(String, String)>,
}

impl ReceivedRequest {
    fn parse(bytes: &[u8], head_length: usize) -> Self {
        let head = std::str::from_utf8(&bytes[..head_length]).expect("a head of text");
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap().split(' ');
        let method = Method::parse(words.next().unwrap()).expect("GET or POST");
        let target = words.next().expect("a target");
        assert_eq!(words.next(), Some("HTTP/1.1"));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let header = |line: &str| {
            let (name, value) = line.split_once(':').expect("a header with a colon");
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        let headers = lines.take_while(|line| !line.is_empty()).map(header).collect();
        let mut this = Self {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: bytes[head_length..].to_vec(),
            parameters: Vec::new(),
        };
        if this.body.len() >= this.content_length() {
            this.body.truncate(this.content_length());
            this.parameters = this.read_parameters();
        }
        this
    }

    fn read_parameters(&self) -> Vec<(String, String)> {
        let is_json = self.header("content-type").is_some_and(|kind| kind.contains("json"));
        if is_json {
            let body = serde_json::from_slice(&self.body).expect("a JSON body");
            return query_form::encode_json(&body);
        }
        let text = match self.method {
            Method::Get => self.query.as_str(),
            Method::Post => std::str::from_utf8(&self.body).expect("a form of text"),
        };
        percent::decode_pairs(text).expect("pairs")
    }

    /// A header, if it occurs once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(given, _)| given == name);
        let first = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "header {name} is repeated");
        first
    }

    /// The ids in the request, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let is_id = |(name, _): &&(String, String)| name.starts_with("InstanceIds.");
        self.parameters.iter().filter(is_id).map(|(_, id)| id.as_str())
    }

    /// The same request with only its first ids.
    pub fn with_ids_up_to(&self, count: usize) -> Self {
        let mut part = self.clone();
        let mut seen = 0;
        part.parameters.retain(|(name, _)| {
            seen += usize::from(name.starts_with("InstanceIds."));
            !name.starts_with("InstanceIds.") || seen <= count
        });
        part
    }

    /// A parameter, if it occurs once.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut found = self.parameters.iter().filter(|(given, _)| given == name);
        let first = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "parameter {name} is repeated");
        first
    }

    /// The action, from the header or the parameters.
    pub fn action(&self) -> &str {
        self.header("x-tc-action").or_else(|| self.parameter("Action")).unwrap_or("?")
    }

    fn content_length(&self) -> usize {
        self.header("content-length").map_or(0, |length| length.parse().expect("a length"))
    }
}
