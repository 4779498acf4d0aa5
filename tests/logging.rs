//! No log contains a text of a request or response. Runs alone in its process, because it subscribes to all
//! logging of the process.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs
)]

use std::error::Error as StdError;
use std::fmt::{Debug, Write};
use std::sync::{Mutex, OnceLock};

use base64ct::{Base64, Encoding};
use cvm_models::config::Dialect;
use cvm_models::protocol::ActionInfo;
use cvm_models::rate_limit::NoRateLimit;
use cvm_models::{ACTIONS, Client, Credential};
use cvm_protocol::{FieldInfo, Model, Record, Slot, json, percent};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Metadata, Subscriber};

/// In every text that is not secret: `Debug` may show it, and logs may not.
const PLAIN: &str = "Plain-7/+\"\\~%2B";
/// In every secret: nothing may show it. It has characters that each encoding treats specially.
const SECRET: &str = "Canary-7/+é\"\\ ~%2B";
const KEY: &str = "canary-key-0123456789/+";
const TOKEN: &str = "canary-token-0123456789/+";

/// Everything that was logged.
fn log() -> &'static Mutex<String> {
    static LOG: OnceLock<Mutex<String>> = OnceLock::new();
    LOG.get_or_init(Mutex::default)
}

struct LogCapture;

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for LogCapture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut log = log().lock().unwrap();
        let _ = write!(log, "\n{}", attributes.metadata().name());
        attributes.record(&mut Fields(&mut log));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Fields(&mut log().lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut log = log().lock().unwrap();
        let _ = write!(log, "\n{}", event.metadata().target());
        event.record(&mut Fields(&mut log));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl log::Log for LogCapture {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let _ = write!(log().lock().unwrap(), "\n{} {}", record.target(), record.args());
    }

    fn flush(&self) {}
}

/// The forms in which a text could appear in another.
fn encodings(text: &str) -> Vec<String> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let quoted = Value::from(text).to_string();
    let quoted = quoted[1..quoted.len() - 1].to_owned();
    let escaped = format!("{text:?}");
    let mut encodings = vec![
        text[..8].to_owned(),
        quoted,
        escaped[1..escaped.len() - 1].to_owned(),
        percent::encode(text),
        hex.to_uppercase(),
        hex,
    ];
    // In base64, a text looks different at each of three offsets, and its ends mix with the surrounding bytes.
    for offset in 0..3 {
        let encoded = Base64::encode_string(&[&vec![b'x'; offset], text.as_bytes()].concat());
        encodings.push(encoded[4..encoded.len() - 4].to_owned());
    }
    encodings
}

fn assert_without(texts: &[&str], name: &str, shown: &str) {
    for encoding in texts.iter().flat_map(|text| encodings(text)) {
        assert!(!shown.contains(&encoding), "{name} shows `{encoding}`:\n{shown}");
    }
}

/// Fills every text of a model, at any depth. Returns how many secrets there are.
fn fill(model: &mut dyn Model) -> usize {
    let fields = model.table().members;
    let fill = |(index, field): (usize, &FieldInfo)| match field.wire {
        "RequestId" => 0,
        _ => fill_in(model.member_mut(index), field.secret),
    };
    fields.iter().enumerate().map(fill).sum()
}

fn fill_in(slot: Slot<'_>, is_secret: bool) -> usize {
    let text = if is_secret { SECRET } else { PLAIN };
    match slot {
        Slot::Optional(option) => return fill_in(option.get_or_insert_default(), is_secret),
        Slot::List(list) => return fill_in(list.push(), is_secret),
        Slot::Object(model) => return fill(model),
        Slot::Text(member) => member.set_from_str(text),
        Slot::Str(member) => text.clone_into(member),
        _ => return 0,
    }
    usize::from(is_secret)
}

macro_rules! each {
    ($($model:path),* $(,)?) => {
        /// The `Debug` output of each filled model, with the number of its secrets.
        fn shown() -> Vec<(&'static str, usize, String)> {
            vec![$({
                let mut model = <$model>::default();
                let secrets = fill(&mut model);
                (model.table().name, secrets, format!("{model:?} {model:#?}"))
            }),*]
        }
    };
}
cvm_models::every_model!(each);

#[test]
fn debug_hides_secrets_of_every_model() {
    let mut with_secrets = 0;
    for (name, secrets, shown) in shown() {
        assert_without(&[SECRET], name, &shown);
        with_secrets += usize::from(secrets > 0);
    }
    assert!(with_secrets >= 20, "{with_secrets}");
}

/// Answers each request with the next of these and closes.
async fn server_responding(responses: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for response in responses {
            let (mut socket, _) = listener.accept().await.unwrap();
            read_request(&mut socket).await;
            let _ = socket.write_all(response.as_bytes()).await;
        }
    });
    url
}

async fn read_request(socket: &mut tokio::net::TcpStream) {
    let mut request = Vec::new();
    loop {
        if let Some(head) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
            let length = text
                .split("content-length: ")
                .nth(1)
                .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
            if request.len() >= head + 4 + length {
                return;
            }
        }
        if socket.read_buf(&mut request).await.unwrap() == 0 {
            return;
        }
    }
}

fn http(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nX-Echo: {TOKEN}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// A success, an error that quotes everything, an invalid page that quotes everything, and no response.
fn responses(info: &ActionInfo, secret: &str) -> Vec<String> {
    let mut response = Record::new(info.response);
    fill(&mut response);
    let mut members = json::to_value(&response);
    members["RequestId"] = json!("r-1");
    let quoted = format!("{PLAIN} {secret} {KEY} {TOKEN}");
    let error = json!({ "Code": "InvalidParameter", "Message": quoted });
    vec![
        http(&json!({ "Response": members }).to_string()),
        http(&json!({ "Response": { "Error": error, "RequestId": "r-1" } }).to_string()),
        http(&format!("<html>{quoted}</html>")),
        String::new(),
    ]
}

/// An error as any logger could print it, with all its sources.
fn full_text(error: &dyn StdError) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        text += &format!("{error} {error:?} {error:#?}\n");
        next = error.source();
    }
    text
}

#[tokio::test]
async fn logs_contain_no_member_values() {
    tracing::subscriber::set_global_default(LogCapture).unwrap();
    log::set_logger(&LogCapture).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let hidden = [SECRET, KEY, TOKEN];
    for info in ACTIONS {
        let mut request = Record::new(info.request);
        // If a server quotes something that was never sent to it, the client cannot know that it is secret.
        let sent = if fill(&mut request) > 0 { SECRET } else { "" };
        let request = json::to_value(&request);
        for dialect in [Dialect::Tc3, Dialect::V1Sha256, Dialect::OldGateway] {
            let responses = responses(info, sent);
            let count = responses.len();
            let client = Client::builder()
                .without_environment()
                .endpoint(server_responding(responses).await)
                .region("ap-guangzhou")
                .credential(Credential::temporary("AKIDEXAMPLE", KEY, TOKEN).unwrap())
                .dialect(dialect)
                .max_attempts(1)
                .rate_limiter(NoRateLimit)
                .build()
                .unwrap();
            for number in 0..count {
                let outcome = client.call(info, request.clone()).await;
                assert_eq!(outcome.is_ok(), number == 0, "{} {dialect}: {outcome:?}", info.name);
                let shown = match &outcome {
                    Ok(response) => {
                        format!("{:?} {:?} {response:?}", response.report(), response.record())
                    }
                    Err(error) => full_text(error),
                };
                assert_without(&hidden, info.name, &shown);
            }
        }
        let log = std::mem::take(&mut *log().lock().unwrap());
        assert!(log.contains(info.name) && log.contains("cvm_transport"), "{log}");
        assert!(log.contains("reqwest") || log.contains("hyper"), "{log}");
        assert_without(&[PLAIN, SECRET, KEY, TOKEN], info.name, &log);
    }
}
