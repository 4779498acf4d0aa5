//! HTTP requests as text: a request line, header lines, an empty line, a body.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};

/// Reads a request. `None` if an HTTP server would not pass it on.
pub fn read(input: &[u8]) -> Option<Request<Bytes>> {
    let mut rest = input;
    let mut line = || {
        let (line, after) = split_line(rest)?;
        rest = after;
        Some(line)
    };
    let mut words = line()?.splitn(2, |byte| *byte == b' ');
    let method = Method::from_bytes(words.next()?).ok()?;
    let uri = Uri::try_from(words.next()?).ok()?;
    let mut request = Request::new(Bytes::new());
    while let Some(line) = line().filter(|line| !line.is_empty()) {
        let at = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..at]).ok()?;
        let value = HeaderValue::from_bytes(line[at + 1..].trim_ascii()).ok()?;
        request.headers_mut().append(name, value);
    }
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.body_mut() = Bytes::copy_from_slice(rest);
    Some(request)
}

/// Writes a request in the form that [`read`] reads.
pub fn write(request: &Request<Bytes>) -> Vec<u8> {
    let mut text = format!("{} {}\n", request.method(), request.uri()).into_bytes();
    for (name, value) in request.headers() {
        text.extend_from_slice(format!("{name}: ").as_bytes());
        text.extend_from_slice(value.as_bytes());
        text.push(b'\n');
    }
    text.push(b'\n');
    text.extend_from_slice(request.body());
    text
}

fn split_line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.is_empty() {
        return None;
    }
    let at = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    Some((&text[..at], text.get(at + 1..).unwrap_or_default()))
}
