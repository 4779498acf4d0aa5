//! A server with given responses, byte for byte, that records its requests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Listens on loopback until the test ends. Each connection carries one request.
pub struct ScriptedServer {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    requests: Vec<Vec<u8>>,
}

impl ScriptedServer {
    /// Answers every request with these bytes and closes.
    pub async fn responding(response: impl Into<Vec<u8>>) -> Self {
        Self::responding_in_turn([response.into()]).await
    }

    /// Answers the first request with the first bytes and so on, and every later one with the last.
    pub async fn responding_in_turn(responses: impl Into<Vec<Vec<u8>>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (responses, shared) = (responses.into(), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let index = {
                    let mut seen = shared.lock().unwrap();
                    seen.connections += 1;
                    seen.connections - 1
                };
                let response = responses.get(index).or(responses.last()).cloned().unwrap();
                tokio::spawn(serve(stream, response, Arc::clone(&shared)));
            }
        });
        Self { address, seen }
    }

    /// Accepts connections, reads requests and never responds.
    pub async fn silent() -> Self {
        Self::responding(SILENCE).await
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    /// The requests so far, as text.
    pub fn requests(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.requests.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }
}

/// Stands for no response.
const SILENCE: &[u8] = b"\0silence";

async fn serve(mut stream: TcpStream, response: Vec<u8>, seen: Arc<Mutex<Seen>>) {
    let Some(request) = read_request(&mut stream).await else { return };
    seen.lock().unwrap().requests.push(request);
    if response == SILENCE {
        std::future::pending::<()>().await;
    }
    // A client that has read enough may close before the end.
    let _ = stream.write_all(&response).await;
    let _ = stream.shutdown().await;
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
}

/// Reads head and body of one request; `None` if the client closes before.
pub async fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        if let Some(length) = whole_length(&request)
            && request.len() >= length
        {
            return Some(request);
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => request.extend_from_slice(&piece[..count]),
        }
    }
}

/// The length of a message, once its head is complete. These clients send a `Content-Length`.
pub fn whole_length(message: &[u8]) -> Option<usize> {
    let head = message.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&message[..head]).to_ascii_lowercase();
    let announced = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    Some(head + announced.map_or(0, |length| length.trim().parse().unwrap()))
}

/// An HTTP response with these headers.
pub fn http(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut response = format!("HTTP/1.1 {status} Whatever\r\n");
    for (name, value) in headers {
        response += &format!("{name}: {value}\r\n");
    }
    response += &format!("Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let mut response = response.into_bytes();
    response.extend_from_slice(body);
    response
}

/// An HTTP response as the service sends it.
pub fn json(body: impl AsRef<[u8]>) -> Vec<u8> {
    http(200, &[("Content-Type", "application/json")], body)
}
