//! An HTTP server that responds from memory with a thread per connection: as cheap as possible, so that the
//! benchmark measures the client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// A complete response, head and body in one piece.
pub fn response(body: &[u8]) -> Arc<[u8]> {
    let length = body.len();
    let mut text = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
    .into_bytes();
    text.extend_from_slice(body);
    text.into()
}

/// Serves on a free loopback port and returns the address as `http://127.0.0.1:port`. `respond` gets the body
/// of each request.
pub fn start(respond: impl Fn(&[u8]) -> Arc<[u8]> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let address = listener.local_addr().expect("the listener has an address");
    let respond = Arc::new(respond);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let respond = Arc::clone(&respond);
            thread::spawn(move || {
                // The end of a connection is expected.
                let _ = serve(&stream, &*respond);
            });
        }
    });
    format!("http://{address}")
}

fn serve(stream: &TcpStream, respond: &dyn Fn(&[u8]) -> Arc<[u8]>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut input, mut output) = (BufReader::new(stream), stream);
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if input.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let header = line.trim_end();
            if header.is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        body.resize(length, 0);
        input.read_exact(&mut body)?;
        output.write_all(&respond(&body))?;
    }
}
