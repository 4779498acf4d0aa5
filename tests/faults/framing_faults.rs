//! Faults of the framing: wrong lengths and chunks, oversized heads, bytes that are not HTTP.

use crate::fault::Claim::{Done, Either, Nothing};
use crate::fault::Step::{Commit, Endless, TakeAll};
use crate::fault::{Claim, Fault, write};
use crate::response::{self, Truth, html, json, page, raw};

const JSON: &str = "Content-Type: application/json";
const CHUNKED: &str = "Transfer-Encoding: chunked";

/// The correct response with a `Content-Length` that is off by this many bytes.
fn promising(truth: &Truth, difference: isize) -> Vec<u8> {
    let length = truth.body.len().checked_add_signed(difference).unwrap();
    raw("200 OK", &[JSON, &format!("Content-Length: {length}")], &truth.body)
}

/// The correct response with these headers instead of a length.
fn under(headers: &[&str], truth: &Truth) -> Vec<u8> {
    let mut all = vec![JSON];
    all.extend_from_slice(headers);
    raw("200 OK", &all, &truth.body)
}

fn chunked(body: String) -> Vec<u8> {
    raw("200 OK", &[JSON, CHUNKED], body)
}

pub fn all() -> Vec<Fault> {
    let mut all = lengths();
    all.extend(chunks());
    all.extend(heads());
    all.extend(tails());
    all
}

fn lengths() -> Vec<Fault> {
    let length = |truth: &Truth| format!("Content-Length: {}", truth.body.len());
    let fault = |name, claim, piece: fn(&Truth) -> Vec<u8>| Fault::answers(name, claim, piece);
    vec![
        fault("length too long, then closes", Nothing, |truth| promising(truth, 10)).then_fin(),
        fault("length too long, then stalls", Nothing, |truth| promising(truth, 10)).waits(),
        fault("length too short", Nothing, |truth| promising(truth, -5)),
        fault("length zero before a body", Nothing, |truth| under(&["Content-Length: 0"], truth)),
        Fault::answers("length given twice, the same", Either, move |truth| {
            under(&[&length(truth), &length(truth)], truth)
        }),
        Fault::answers("lengths in conflict", Nothing, move |truth| {
            under(&[&length(truth), "Content-Length: 7"], truth)
        }),
        fault("length negative", Nothing, |truth| under(&["Content-Length: -1"], truth)),
        fault("length beyond 2^64", Nothing, |truth| {
            under(&["Content-Length: 99999999999999999999999"], truth)
        }),
        fault("length no number", Nothing, |truth| under(&["Content-Length: many"], truth)),
        Fault::answers("length and chunks", Either, move |truth| {
            let body = format!("{:x}\r\n{}\r\n0\r\n\r\n", truth.body.len(), truth.body);
            raw("200 OK", &[JSON, CHUNKED, &length(truth)], body)
        }),
        fault("neither length nor chunks", Done, |truth| under(&["Connection: close"], truth))
            .then_fin(),
        fault("neither length nor chunks, half a body", Nothing, |truth| {
            response::half(&under(&["Connection: close"], truth))
        })
        .then_fin(),
        fault("body larger than allowed", Nothing, |_| {
            page("200 OK", &[JSON], vec![b' '; 80 * 1024])
        }),
        fault("length larger than allowed", Nothing, |_| {
            raw("200 OK", &[JSON, "Content-Length: 1000000000000"], "{")
        })
        .waits(),
    ]
}

fn chunks() -> Vec<Fault> {
    let fault = |name, claim: Claim, body: fn(&Truth) -> String| {
        Fault::answers(name, claim, move |truth| chunked(body(truth)))
    };
    vec![
        fault("chunks as they should be", Done, |truth| {
            let (one, two) = truth.body.split_at(20);
            format!("{:x}\r\n{one}\r\n{:x};x=y\r\n{two}\r\n0\r\n\r\n", one.len(), two.len())
        }),
        fault("chunk size no number", Nothing, |truth| {
            format!("zz\r\n{}\r\n0\r\n\r\n", truth.body)
        }),
        fault("chunk size beyond 2^64", Nothing, |truth| {
            format!("fffffffffffffffff\r\n{}\r\n0\r\n\r\n", truth.body)
        }),
        fault("chunk longer than its size", Nothing, |truth| {
            format!("{:x}\r\n{}\r\n0\r\n\r\n", truth.body.len() - 3, truth.body)
        }),
        fault("chunks without an end, closes", Nothing, |truth| {
            format!("{:x}\r\n{}\r\n", truth.body.len(), truth.body)
        })
        .then_fin(),
        fault("chunks without an end, stalls", Nothing, |truth| {
            format!("{:x}\r\n{}\r\n", truth.body.len(), truth.body)
        })
        .waits(),
        fault("garbage behind the last chunk", Done, |truth| {
            format!("{:x}\r\n{}\r\n0\r\n\r\n*** more ***", truth.body.len(), truth.body)
        }),
        Fault::new(
            "chunks without number",
            Nothing,
            vec![
                TakeAll,
                Commit,
                write(|_| chunked(String::new())),
                Endless(Box::new(|_| {
                    b"400\r\n".iter().chain(&[b' '; 1024]).chain(b"\r\n").copied().collect()
                })),
            ],
        ),
    ]
}

fn heads() -> Vec<Fault> {
    let fault = |name, claim, piece: fn(&Truth) -> Vec<u8>| Fault::answers(name, claim, piece);
    vec![
        fault("500 headers", Nothing, |truth| {
            let many: Vec<String> = (0..500).map(|n| format!("X-{n}: y")).collect();
            let headers: Vec<&str> = many.iter().map(String::as_str).collect();
            page("200 OK", &headers, &truth.body)
        }),
        fault("100 headers", Done, |truth| page("200 OK", &["X-Y: z"; 100], &truth.body)),
        fault("130 headers", Nothing, |truth| page("200 OK", &["X-Y: z"; 130], &truth.body)),
        fault("a header of 100 kilobytes", Nothing, |truth| {
            page("200 OK", &[&format!("X-Long: {}", "y".repeat(100_000))], &truth.body)
        }),
        fault("a header of a megabyte", Nothing, |truth| {
            page("200 OK", &[&format!("X-Long: {}", "y".repeat(1 << 20))], &truth.body)
        }),
        fault("a NUL in a header", Nothing, |truth| page("200 OK", &["X-Nul: a\0b"], &truth.body)),
        fault("a header without colon", Nothing, |truth| {
            page("200 OK", &["no colon"], &truth.body)
        }),
        fault("a folded header", Either, |truth| page("200 OK", &["X-Fold: a\r\n b"], &truth.body)),
        fault("one early hint", Done, |truth| {
            [b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n".to_vec(), json(&truth.body)].concat()
        }),
        fault("2000 early answers", Either, |truth| {
            let mut bytes = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(2_000);
            bytes.extend(json(&truth.body));
            bytes
        }),
        Fault::new(
            "early answers without end",
            Nothing,
            vec![
                TakeAll,
                Commit,
                Endless(Box::new(|_| b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100))),
            ],
        )
        .waits(),
        fault("switches protocols", Nothing, |_| {
            raw("101 Switching Protocols", &["Connection: Upgrade", "Upgrade: h2c"], "")
        })
        .then_fin(),
        fault("HTTP/1.0", Done, |truth| {
            let text = String::from_utf8(json(&truth.body)).unwrap();
            text.replacen("HTTP/1.1", "HTTP/1.0", 1).into_bytes()
        })
        .then_fin(),
        fault("HTTP/9.9", Nothing, |truth| {
            let text = String::from_utf8(json(&truth.body)).unwrap();
            text.replacen("HTTP/1.1", "HTTP/9.9", 1).into_bytes()
        })
        .then_fin(),
        fault("HTTP/2 instead", Nothing, |_| b"\x00\x00\x12\x04\x00\x00\x00\x00\x00".repeat(4))
            .then_fin(),
        fault("a gzip body that nobody asked for", Nothing, |truth| {
            // The header alone decides: nothing is ever decompressed.
            page("200 OK", &[JSON, "Content-Encoding: gzip"], &truth.body)
        }),
        fault("a coding with an unknown name", Nothing, |truth| {
            page("200 OK", &[JSON, "Content-Encoding: x-rot13"], &truth.body)
        }),
    ]
}

fn tails() -> Vec<Fault> {
    let fault = |name, claim, piece: fn(&Truth) -> Vec<u8>| Fault::answers(name, claim, piece);
    vec![
        fault("garbage behind the answer", Done, |truth| {
            [json(&truth.body), b"*** more ***".to_vec()].concat()
        }),
        fault("a second answer behind the answer", Done, |truth| {
            // A client that kept the connection would take it for the response to the next call.
            let smuggled =
                r#"{"Response":{"InstanceSet":[],"TotalCount":0,"RequestId":"r-smuggled"}}"#;
            [json(&truth.body), json(smuggled)].concat()
        }),
        fault("a page behind the answer", Done, |truth| {
            [json(&truth.body), html("400 Bad Request", &[])].concat()
        })
        .then_fin(),
        fault("closes after the answer without saying so", Done, |truth| json(&truth.body))
            .then_fin(),
    ]
}
