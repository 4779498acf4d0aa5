//! Faults of the framing: wrong lengths and chunks, oversized heads, bytes that are not HTTP.

use crate::fault::Conclusion::{Ambiguous, Done, Either};
use crate::fault::Step::{Commit, Endless, TakeAll};
use crate::fault::{Conclusion, Fault, write};
use crate::response::{self, ExchangeContext, html, json, page, raw};

const JSON: &str = "Content-Type: application/json";
const CHUNKED: &str = "Transfer-Encoding: chunked";

/// The correct response with a `Content-Length` that is off by this many bytes.
fn with_wrong_length(context: &ExchangeContext, difference: isize) -> Vec<u8> {
    let length = context.body.len().checked_add_signed(difference).unwrap();
    raw("200 OK", &[JSON, &format!("Content-Length: {length}")], &context.body)
}

/// The correct response with these headers instead of a length.
fn with_headers(headers: &[&str], context: &ExchangeContext) -> Vec<u8> {
    let mut all = vec![JSON];
    all.extend_from_slice(headers);
    raw("200 OK", &all, &context.body)
}

fn chunked(body: String) -> Vec<u8> {
    raw("200 OK", &[JSON, CHUNKED], body)
}

pub fn all() -> Vec<Fault> {
    let mut all = lengths();
    all.extend(chunks());
    all.extend(heads());
    all.extend(trailing_data());
    all
}

fn lengths() -> Vec<Fault> {
    let length = |context: &ExchangeContext| format!("Content-Length: {}", context.body.len());
    let fault = |name, conclusion, piece: fn(&ExchangeContext) -> Vec<u8>| {
        Fault::carried_out(name, conclusion, piece)
    };
    vec![
        fault("length too long, then closes", Ambiguous, |context| with_wrong_length(context, 10))
            .then_close(),
        fault("length too long, then stalls", Ambiguous, |context| with_wrong_length(context, 10))
            .needs_timeout(),
        fault("length too short", Ambiguous, |context| with_wrong_length(context, -5)),
        fault("length 0 before a body", Ambiguous, |context| {
            with_headers(&["Content-Length: 0"], context)
        }),
        Fault::carried_out("a repeated length, the same", Either, move |context| {
            with_headers(&[&length(context), &length(context)], context)
        }),
        Fault::carried_out("conflicting lengths", Ambiguous, move |context| {
            with_headers(&[&length(context), "Content-Length: 7"], context)
        }),
        fault("negative length", Ambiguous, |context| {
            with_headers(&["Content-Length: -1"], context)
        }),
        fault("length beyond 2^64", Ambiguous, |context| {
            with_headers(&["Content-Length: 99999999999999999999999"], context)
        }),
        fault("length is not a number", Ambiguous, |context| {
            with_headers(&["Content-Length: many"], context)
        }),
        Fault::carried_out("length and chunks", Either, move |context| {
            let body = format!("{:x}\r\n{}\r\n0\r\n\r\n", context.body.len(), context.body);
            raw("200 OK", &[JSON, CHUNKED, &length(context)], body)
        }),
        fault("neither length nor chunks", Done, |context| {
            with_headers(&["Connection: close"], context)
        })
        .then_close(),
        fault("neither length nor chunks, half a body", Ambiguous, |context| {
            response::half(&with_headers(&["Connection: close"], context))
        })
        .then_close(),
        fault("body larger than allowed", Ambiguous, |_| {
            page("200 OK", &[JSON], vec![b' '; 80 * 1024])
        }),
        fault("length larger than allowed", Ambiguous, |_| {
            raw("200 OK", &[JSON, "Content-Length: 1000000000000"], "{")
        })
        .needs_timeout(),
    ]
}

fn chunks() -> Vec<Fault> {
    let fault = |name, conclusion: Conclusion, body: fn(&ExchangeContext) -> String| {
        Fault::carried_out(name, conclusion, move |context| chunked(body(context)))
    };
    vec![
        fault("valid chunks", Done, |context| {
            let (one, two) = context.body.split_at(20);
            format!("{:x}\r\n{one}\r\n{:x};x=y\r\n{two}\r\n0\r\n\r\n", one.len(), two.len())
        }),
        fault("chunk size is not a number", Ambiguous, |context| {
            format!("zz\r\n{}\r\n0\r\n\r\n", context.body)
        }),
        fault("chunk size beyond 2^64", Ambiguous, |context| {
            format!("fffffffffffffffff\r\n{}\r\n0\r\n\r\n", context.body)
        }),
        fault("chunk longer than its size", Ambiguous, |context| {
            format!("{:x}\r\n{}\r\n0\r\n\r\n", context.body.len() - 3, context.body)
        }),
        fault("unfinished chunks, then closes", Ambiguous, |context| {
            format!("{:x}\r\n{}\r\n", context.body.len(), context.body)
        })
        .then_close(),
        fault("unfinished chunks, then stalls", Ambiguous, |context| {
            format!("{:x}\r\n{}\r\n", context.body.len(), context.body)
        })
        .needs_timeout(),
        fault("garbage after the last chunk", Done, |context| {
            format!("{:x}\r\n{}\r\n0\r\n\r\n*** more ***", context.body.len(), context.body)
        }),
        Fault::new(
            "endless chunks",
            Ambiguous,
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
    let fault = |name, conclusion, piece: fn(&ExchangeContext) -> Vec<u8>| {
        Fault::carried_out(name, conclusion, piece)
    };
    vec![
        fault("500 headers", Ambiguous, |context| {
            let many: Vec<String> = (0..500).map(|n| format!("X-{n}: y")).collect();
            let headers: Vec<&str> = many.iter().map(String::as_str).collect();
            page("200 OK", &headers, &context.body)
        }),
        fault("100 headers", Done, |context| page("200 OK", &["X-Y: z"; 100], &context.body)),
        fault("130 headers", Ambiguous, |context| page("200 OK", &["X-Y: z"; 130], &context.body)),
        fault("a header of 100 kilobytes", Ambiguous, |context| {
            page("200 OK", &[&format!("X-Long: {}", "y".repeat(100_000))], &context.body)
        }),
        fault("a header of a megabyte", Ambiguous, |context| {
            page("200 OK", &[&format!("X-Long: {}", "y".repeat(1 << 20))], &context.body)
        }),
        fault("a NUL in a header", Ambiguous, |context| {
            page("200 OK", &["X-Nul: a\0b"], &context.body)
        }),
        fault("a header without colon", Ambiguous, |context| {
            page("200 OK", &["no colon"], &context.body)
        }),
        fault("a folded header", Either, |context| {
            page("200 OK", &["X-Fold: a\r\n b"], &context.body)
        }),
        fault("one interim response", Done, |context| {
            [b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n".to_vec(), json(&context.body)]
                .concat()
        }),
        fault("2000 interim responses", Either, |context| {
            let mut bytes = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(2_000);
            bytes.extend(json(&context.body));
            bytes
        }),
        Fault::new(
            "endless interim responses",
            Ambiguous,
            vec![
                TakeAll,
                Commit,
                Endless(Box::new(|_| b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100))),
            ],
        )
        .needs_timeout(),
        fault("switches protocols", Ambiguous, |_| {
            raw("101 Switching Protocols", &["Connection: Upgrade", "Upgrade: h2c"], "")
        })
        .then_close(),
        fault("HTTP/1.0", Done, |context| {
            let text = String::from_utf8(json(&context.body)).unwrap();
            text.replacen("HTTP/1.1", "HTTP/1.0", 1).into_bytes()
        })
        .then_close(),
        fault("HTTP/9.9", Ambiguous, |context| {
            let text = String::from_utf8(json(&context.body)).unwrap();
            text.replacen("HTTP/1.1", "HTTP/9.9", 1).into_bytes()
        })
        .then_close(),
        fault("HTTP/2 instead", Ambiguous, |_| b"\x00\x00\x12\x04\x00\x00\x00\x00\x00".repeat(4))
            .then_close(),
        fault("an unrequested gzip body", Ambiguous, |context| {
            // The header alone decides: nothing is ever decompressed.
            page("200 OK", &[JSON, "Content-Encoding: gzip"], &context.body)
        }),
        fault("an unknown content encoding", Ambiguous, |context| {
            page("200 OK", &[JSON, "Content-Encoding: x-rot13"], &context.body)
        }),
    ]
}

fn trailing_data() -> Vec<Fault> {
    let fault = |name, conclusion, piece: fn(&ExchangeContext) -> Vec<u8>| {
        Fault::carried_out(name, conclusion, piece)
    };
    vec![
        fault("garbage after the response", Done, |context| {
            [json(&context.body), b"*** more ***".to_vec()].concat()
        }),
        fault("a second response after the response", Done, |context| {
            // A client that kept the connection would take it for the response to the next call.
            let smuggled =
                r#"{"Response":{"InstanceSet":[],"TotalCount":0,"RequestId":"r-smuggled"}}"#;
            [json(&context.body), json(smuggled)].concat()
        }),
        fault("a page after the response", Done, |context| {
            [json(&context.body), html("400 Bad Request", &[])].concat()
        })
        .then_close(),
        fault("closes after the response without notice", Done, |context| json(&context.body))
            .then_close(),
    ]
}
