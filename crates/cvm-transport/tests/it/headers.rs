//! Texts of the caller that become headers: invalid characters are refused before anything is sent.

use std::sync::Mutex;

use cvm_protocol::{ActionInfo, ServiceInfo};
use cvm_transport::config::Dialect;
use cvm_transport::observe::{Exchange, HeaderMapMut, Interceptor};
use cvm_transport::{ClientBuilder, Credential, Error};
use serde_json::json;

use crate::actions::{LAUNCH, LIST_THINGS, Launch, ListThings, SERVICE};
use crate::builder;
use crate::server::Server;

/// Texts that end a line or a string, and every character outside ASCII that one byte could encode.
fn invalid_texts() -> impl Iterator<Item = String> {
    let controls = ['\r', '\n', '\0', '\u{7f}', '\u{b}', '\u{c}', '\u{1b}'].into_iter();
    let high = (0x80..=0xff).map(|code| char::from_u32(code).unwrap());
    let more = ["\r\n", "\r\nX-Evil: 1", "\u{2028}", "Ａ", "😀"].map(str::to_owned);
    controls.chain(high).map(String::from).chain(more)
}

/// The text with each invalid text at each position.
fn with_invalid_text(text: &str) -> impl Iterator<Item = String> {
    (0..=text.len()).flat_map(move |at| {
        let (before, behind) = text.split_at(at);
        invalid_texts().map(move |invalid| format!("{before}{invalid}{behind}"))
    })
}

fn assert_refused(error: &Error, text: &str) {
    assert!(error.is_usage() && error.is_not_sent(), "{text:?}: {error:?}");
    assert!(error.attempts().is_empty(), "{text:?}: {error:?}");
    // The message shows the name of the action, which is not a text of the caller.
    let shown = error.to_string().split_off(error.action().map_or(0, str::len));
    assert!(!shown.contains(['\r', '\n', '\0', '\u{1b}']), "{text:?} is repeated in {shown:?}");
}

/// Sends with every invalid form of a text. Returns how many there were. Nothing may reach the server.
async fn assert_all_refused<F>(text: &str, send: impl Fn(String) -> F) -> usize
where
    F: Future<Output = Option<Error>>,
{
    let mut count = 0;
    for text in with_invalid_text(text) {
        let shown = text.clone();
        let error = send(text).await;
        assert_refused(&error.unwrap_or_else(|| panic!("{shown:?} is accepted")), &shown);
        count += 1;
    }
    count
}

async fn try_send(builder: ClientBuilder) -> Option<Error> {
    match builder.build() {
        Err(error) => Some(error),
        Ok(client) => client.send(ListThings::default()).await.err(),
    }
}

#[tokio::test]
async fn labels_languages_and_regions_reject_invalid_characters() {
    let server = Server::start([]).await;
    for dialect in [Dialect::Tc3, Dialect::V1Sha256] {
        let builder = || builder(&server.url).dialect(dialect);
        let labels =
            assert_all_refused("fleet-7", |label| try_send(builder().request_client(label))).await;
        let languages =
            assert_all_refused("en-US", |text| try_send(builder().language(text))).await;
        let regions =
            assert_all_refused("ap-guangzhou", |text| try_send(builder().region(text))).await;
        assert!(labels + languages + regions > 3_000, "{labels} {languages} {regions}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn client_tokens_reject_invalid_characters() {
    let server = Server::start([]).await;
    for dialect in Dialect::ALL {
        let client = builder(&server.url).dialect(dialect).build().unwrap();
        assert_all_refused("a-token", |token| {
            let launch = Launch { client_token: Some(token), ..Launch::default() };
            let client = &client;
            async move { client.send(launch).await.err() }
        })
        .await;
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn credentials_reject_invalid_characters() {
    let mut count = 0;
    for id in with_invalid_text("AKIDEXAMPLE") {
        assert!(Credential::new(id.as_str(), "key").is_err(), "{id:?}");
        count += 1;
    }
    for token in with_invalid_text("a-token") {
        let credential = Credential::temporary("AKIDEXAMPLE", "key", token.as_str());
        assert!(credential.is_err(), "{token:?}");
        count += 1;
    }
    // A key is hashed and never sent, but control characters are refused.
    for key in with_invalid_text("a-key").filter(|key| key.chars().any(char::is_control)) {
        assert!(Credential::new("AKIDEXAMPLE", key.as_str()).is_err(), "{key:?}");
        count += 1;
    }
    assert!(count > 3_000, "{count}");
}

/// An action whose names come from somebody's file, as those of the command line do.
fn action(name: &str, version: &str) -> &'static ActionInfo {
    let service = ServiceInfo { version: version.to_owned().leak(), ..SERVICE };
    let service = Box::leak(Box::new(service));
    let mut info = LIST_THINGS;
    info.name = name.to_owned().leak();
    info.service = service;
    Box::leak(Box::new(info))
}

#[tokio::test]
async fn actions_and_versions_reject_invalid_characters() {
    let server = Server::start([]).await;
    for dialect in [Dialect::Tc3, Dialect::Tc3Get] {
        let client = builder(&server.url).dialect(dialect).build().unwrap();
        let call = |info| {
            let client = &client;
            async move { client.call(info, json!({})).await.err() }
        };
        assert_all_refused("List", |name| call(action(&name, "2017-03-12"))).await;
        assert_all_refused("2017-03", |version| call(action("ListThings", &version))).await;
    }
    assert_eq!(server.connections(), 0);
    // In a form they are ordinary text.
    let client = builder(&server.url).dialect(Dialect::V1Sha256).build().unwrap();
    client.call(action("List\r\nX-Evil: 1", "é"), json!({})).await.unwrap();
    let received = &server.received()[0];
    assert_eq!(received.param("Action").as_deref(), Some("List\r\nX-Evil: 1"));
    assert_eq!(received.header("x-evil"), None);
    assert_eq!(LAUNCH.name, "Launch");
}

/// Adds a header with this name and value.
#[derive(Debug, Default)]
struct AddHeader(Mutex<(String, String)>);

impl Interceptor for AddHeader {
    fn before_signing(&self, _: &Exchange<'_>, headers: &mut HeaderMapMut) -> Result<(), String> {
        let (name, value) = self.0.lock().unwrap().clone();
        headers.add(&name, &value)
    }
}

#[tokio::test]
async fn reserved_headers_are_refused_before_anything_is_sent() {
    let server = Server::start([]).await;
    for name in ["content-encoding", "range", "keep-alive", "proxy-connection", "trailer", "host"] {
        let add = AddHeader(Mutex::new((name.to_owned(), "x".to_owned())));
        let error = try_send(builder(&server.url).interceptor(add)).await.unwrap();
        assert!(error.to_string().contains(&format!("header `{name}` is reserved")), "{error}");
        assert_refused(&error, name);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn added_headers_reject_invalid_characters() {
    let server = Server::start([]).await;
    let send_with = |name: &str, value: &str| {
        let add = AddHeader(Mutex::new((name.to_owned(), value.to_owned())));
        try_send(builder(&server.url).interceptor(add))
    };
    assert_all_refused("x-more", |name| send_with(&name, "value")).await;
    assert_all_refused("value", |value| send_with("x-more", &value)).await;
    assert_eq!(server.connections(), 0);
}
