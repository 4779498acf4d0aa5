//! A server that returns the request, whole or truncated: no secret appears in the error.

use std::error::Error as StdError;
use std::sync::{Arc, Mutex};

use cvm_protocol::Sensitive;
use cvm_transport::http::MaskedRequest;
use cvm_transport::observe::{Exchange, MaskedResponse, WireObserver};
use cvm_transport::{ClientBuilder, Credential, Error};
use serde_json::{Value, json};

use crate::actions::Launch;
use crate::fake_service::{FakeService, Reply};

/// Each starts with letters that appear nowhere else, so that four of them identify a leak.
const PASSWORD: &str = "qJwZ#9\"<k>&7'vXq+é";
const KEY: &str = "ZkVwQyTn8mHs2pLx4dRb6gFc";
const TOKEN: &str = "vQxWz7jK3nMp9rTsY1uB5hGe+/==";

fn secrets() -> [&'static str; 3] {
    [PASSWORD, KEY, TOKEN]
}

/// The shortest start of a secret, in every encoding, that no error may show.
fn secret_prefixes() -> Vec<String> {
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    secrets().iter().flat_map(|secret| [secret[..4].to_owned(), hex(&secret[..4])]).collect()
}

#[derive(Clone, Debug, Default)]
struct ObserverLog(Arc<Mutex<String>>);

impl WireObserver for ObserverLog {
    fn request(&self, _: &Exchange<'_>, _: &MaskedRequest) {}

    fn response(&self, exchange: &Exchange<'_>, response: &MaskedResponse) {
        let text = format!("{exchange:?} {response} {response:?}");
        self.0.lock().unwrap().push_str(&text);
    }
}

/// An error as any logger could print it, with all its sources.
fn full_text(error: &Error) -> String {
    let mut text =
        format!("{error} {error:?} {error:#?} {:?} {:?}", error.code(), error.attempts());
    text.push_str(error.request_id().unwrap_or_default());
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!("\n{cause} {cause:?}"));
        next = cause.source();
    }
    text
}

async fn assert_masked(case: &str, reply: impl Fn() -> Reply + Send + Sync + 'static) -> String {
    let observer = ObserverLog::default();
    let fake = FakeService::new(move |_, _| reply());
    let error = client(&fake).wire_observer(observer.clone()).build().unwrap();
    let error = error.send(launch()).await.unwrap_err();
    let shown = full_text(&error) + &observer.0.lock().unwrap();
    for prefix in secret_prefixes() {
        assert!(!shown.contains(&prefix), "{case}: `{prefix}` in {shown}");
    }
    shown
}

fn client(fake: &FakeService) -> ClientBuilder {
    let credential = Credential::temporary("AKIDEXAMPLE", KEY, TOKEN).unwrap();
    fake.builder().credential(credential).max_attempts(1)
}

fn launch() -> Launch {
    Launch { password: Some(Sensitive::from(PASSWORD)), ..Launch::default() }
}

/// A request as a gateway prints it.
async fn printed_request() -> String {
    let fake = FakeService::new(|_, _| Reply::healthy());
    let prepared = client(&fake).build().unwrap().prepare(launch()).await.unwrap();
    let mut text = format!("{} {}\r\n", prepared.method(), prepared.url());
    for (name, value) in prepared.headers() {
        text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    text + "\r\n" + std::str::from_utf8(prepared.body()).unwrap()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[tokio::test(start_paused = true)]
async fn truncated_echo_shows_no_start_of_a_secret() {
    for secret in secrets() {
        let quoted = Value::from(secret).to_string();
        let quoted = quoted.trim_matches('"').to_owned();
        let encodings =
            [secret.to_owned(), quoted, html(secret), cvm_protocol::percent::encode(secret)];
        for encoding in encodings {
            // Nearly all of it, half of it, a little of it.
            for (end, _) in encoding.char_indices().skip(3) {
                let start = encoding[..end].to_owned();
                for status in [200, 403, 502] {
                    let body = format!("cannot read: {start}");
                    let case = format!("{status} {body}");
                    let shown = assert_masked(&case, move || status_with(status, &body)).await;
                    assert!(shown.contains("cannot read: ***"), "masked, not dropped: {shown}");
                }
                let closed = format!("<html><pre>cannot read: {start}</pre></html>");
                assert_masked(&closed.clone(), move || status_with(502, &closed)).await;
                let message = json!({ "Response": { "RequestId": "r", "Error": {
                    "Code": "InvalidParameter", "Message": format!("cannot read: {start}") } } });
                assert_masked(&start, move || Reply::body(message.to_string())).await;
            }
        }
    }
}

fn status_with(status: u16, body: &str) -> Reply {
    let body = crate::fake_service::Body::Whole(body.to_owned().into());
    Reply::Response { status, headers: vec![], body, after: std::time::Duration::ZERO }
}

#[tokio::test(start_paused = true)]
async fn echoed_request_shows_no_secret() {
    let printed_request = printed_request().await;
    assert!(
        secrets().iter().all(|secret| printed_request.contains(&secret[..4]) || *secret == KEY)
    );
    let echo = |text: &str| format!("{text} {KEY}");
    let forms = [
        echo(&printed_request),
        format!("<html><pre>{}</pre></html>", html(&echo(&printed_request))),
        Value::from(echo(&printed_request)).to_string(),
        json!({ "error": Value::from(echo(&printed_request)).to_string() }).to_string(),
    ];
    for form in forms {
        for status in [200, 400, 403, 500, 502] {
            // The excerpt starts where the echo does, or further down in it.
            for from in [0, form.find("x-tc-token").unwrap_or(0), form.find("assword").unwrap_or(0)]
            {
                let body = form[from..].to_owned();
                assert_masked(&format!("{status} {body}"), move || status_with(status, &body))
                    .await;
            }
        }
    }
    let error = json!({ "Code": echo("Code"), "Message": echo(&printed_request) });
    let envelope = json!({ "Response": { "RequestId": echo("r"), "Error": error } });
    assert_masked("an envelope", move || Reply::body(envelope.to_string())).await;
}

#[tokio::test(start_paused = true)]
async fn large_secret_at_the_edge_of_an_excerpt_is_masked() {
    // Longer than the part of a body that is read for an excerpt.
    let script = "qJwZ".to_owned() + &"IyEvYmluL3No".repeat(4_000);
    for before in [0, 1, 100, 199, 16_000, 16_380] {
        let body = format!("{}{script}", "x".repeat(before));
        let (sent, body) = (script.clone(), Arc::new(body));
        let fake = FakeService::new(move |_, _| status_with(502, &body));
        let client = client(&fake).build().unwrap();
        let launch = Launch { password: Some(Sensitive::from(sent)), ..Launch::default() };
        let shown = full_text(&client.send(launch).await.unwrap_err());
        assert!(!shown.contains("qJwZ") && !shown.contains("IyEvYmlu"), "{before}: {shown}");
    }
}
