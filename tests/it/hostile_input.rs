//! Hostile strings in any option of the caller are refused as usage errors, and no socket is opened.

use cvm_models::actions::*;
use cvm_models::config::{Dialect, Endpoint};
use cvm_models::types::Filter;
use cvm_models::{Credential, Error};

use crate::cloud::{builder, client, client_for, public_client};
use crate::predicates::predicates;
use crate::scripted_server::{ScriptedServer, json};

/// Characters that neither a host nor a header may contain: separators of URLs, controls, spaces, other
/// scripts, and characters that some library converts into one of these.
const HOSTILE: &[&str] = &[
    "\r",
    "\n",
    "\r\n",
    "\0",
    "\t",
    " ",
    "\u{7f}",
    "\u{80}",
    "\u{a0}",
    "\u{ff}",
    "@",
    "/",
    "//",
    "\\",
    "#",
    "?",
    "%",
    "%0d%0a",
    "%2f",
    ":",
    "é",
    "１",
    "。",
    "．",
    "／",
    "＠",
    "ａ",
    "\u{200b}",
    "\u{202e}",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{b}",
    "а", // Cyrillic
    "*",
    "$",
    "&",
    "=",
    "+",
    "🦀",
    "[",
    "]",
    "\"",
    "<",
    "|",
    "^",
    "`",
    "{",
    "\r\nHost: evil.example",
];

/// The text with each hostile string at each position.
fn with_hostile(text: &str) -> impl Iterator<Item = String> {
    (0..=text.len()).flat_map(move |at| {
        HOSTILE.iter().map(move |hostile| format!("{}{hostile}{}", &text[..at], &text[at..]))
    })
}

fn regions() -> Vec<String> {
    let whole = [
        "",
        "-",
        "ap",
        "ap-",
        "-ap",
        "ap--guangzhou",
        "AP-GUANGZHOU",
        "ap_guangzhou",
        "ap.guangzhou",
        "ap-guangzhou.evil.example",
        "x@evil:443/#",
        "evil.example/?",
        "127.0.0.1",
        "localhost",
        "ap-a-b-c-d-e",
        "ap-xn--80ak6aa92e",
        "..",
        "ap-*",
        "ap-$(id)",
        "ap-guangzhou;",
        "&",
        "ap+x",
    ];
    let long = format!("ap-{}", "a".repeat(5_000));
    // Every other ASCII character, at every position.
    let is_other = |letter: &char| !matches!(letter, 'a'..='z' | '0'..='9' | '-');
    let characters = ('\0'..='\x7f').filter(is_other).flat_map(|character| {
        (0..=12)
            .map(move |at| format!("{}{character}{}", &"ap-guangzhou"[..at], &"ap-guangzhou"[at..]))
    });
    let whole = whole.map(str::to_owned).into_iter().chain([long]);
    whole.chain(characters).chain(with_hostile("ap-guangzhou")).collect()
}

fn assert_usage(name: &str, error: &Error) {
    assert_eq!(predicates(error), ["usage", "not sent"], "{name:?}: {error}");
    assert_eq!(error.attempts().iter().filter(|attempt| attempt.status.is_some()).count(), 0);
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(['\r', '\n', '\0']), "{name:?} is shown in {shown:?}");
}

#[tokio::test]
async fn invalid_region_is_refused_before_connecting() {
    let server = ScriptedServer::responding(json("{}")).await;
    let regions = regions();
    assert!(regions.len() > 300, "{}", regions.len());
    let client = client_for(&server.url()).build().unwrap();
    let regional = public_client().endpoint(Endpoint::Regional).build().unwrap();
    for region in &regions {
        assert_usage(region, &client_for(&server.url()).region(region).build().unwrap_err());
        assert_usage(
            region,
            &client.in_region(region).send(DescribeZones::default()).await.unwrap_err(),
        );
        assert_usage(
            region,
            &client.in_region(region).send(RunInstances::default()).await.unwrap_err(),
        );
        let request = DescribeInstances::default();
        assert_usage(region, &regional.in_region(region).prepare(request).await.unwrap_err());
    }
    assert_eq!(server.connections(), 0);
    // A valid region does reach the server, so counting connections works.
    client.send(DescribeZones::default()).await.unwrap_err();
    assert!(server.connections() > 0);
}

#[tokio::test]
async fn invalid_label_or_language_is_refused() {
    let server = ScriptedServer::responding(json("{}")).await;
    let mut count = 0;
    // Some of the strings are invalid in a label but valid in a URL, and the other way round.
    for label in with_hostile("fleet-7").chain(["x".repeat(129)]) {
        assert_usage(
            &label,
            &client_for(&server.url()).request_client(&label).build().unwrap_err(),
        );
        count += 1;
    }
    for language in with_hostile("en-US").chain(["", "en", "EN-US", "de-DE"].map(str::to_owned)) {
        assert_usage(
            &language,
            &client_for(&server.url()).language(&language).build().unwrap_err(),
        );
        count += 1;
    }
    assert!(count > 300, "{count}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn invalid_client_token_is_refused() {
    let server = ScriptedServer::responding(json("{}")).await;
    // A token is text in a body: only characters outside visible ASCII are refused.
    let hostile: Vec<String> = with_hostile("a-token")
        .filter(|token| !token.bytes().all(|byte| byte.is_ascii_graphic()))
        .chain(["t".repeat(65)])
        .collect();
    assert!(hostile.len() > 100, "{}", hostile.len());
    for dialect in Dialect::ALL {
        let client = client_for(&server.url()).dialect(dialect).build().unwrap();
        for token in &hostile {
            let request = RunInstances { client_token: Some(token.clone()), ..Default::default() };
            assert_usage(token, &client.send(request).await.unwrap_err());
        }
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn credential_with_control_character_or_space_is_refused() {
    let not_graphic = |text: &String| !text.bytes().all(|byte| byte.is_ascii_graphic());
    let mut count = 0;
    for text in with_hostile("AKIDsample").filter(not_graphic).chain([String::new()]) {
        assert!(Credential::new(text.as_str(), "key").is_err(), "id {text:?}");
        // A header value may contain a space, but not start or end with one.
        let is_sendable = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        if !text.bytes().all(is_sendable) || text.trim() != text || text.is_empty() {
            let temporary = Credential::temporary("AKIDsample", "key", text.as_str());
            assert!(temporary.is_err(), "token {text:?}");
        }
        count += 1;
    }
    assert!(count > 100, "{count}");
    // A key is hashed and never sent. Only characters that an editor adds are certainly not part of it.
    for key in ["", " key", "key\n", "key\r\n", "\tkey", "k\ney", "k\0ey"] {
        assert!(Credential::new("AKIDsample", key).is_err(), "key {key:?}");
    }
}

#[tokio::test]
async fn ambiguous_endpoint_is_refused() {
    let server = ScriptedServer::responding(json("{}")).await;
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    let whole = [
        // Not encrypted and not a literal loopback address.
        "http://cvm.tencentcloudapi.com".to_owned(),
        "http://localhost".to_owned(),
        format!("http://localhost:{port}"),
        format!("http://0.0.0.0:{port}"),
        format!("http://127.1:{port}"),
        format!("http://2130706433:{port}"),
        format!("http://0x7f.0.0.1:{port}"),
        format!("http://127.0.0.1.evil.example:{port}"),
        // Another host after the `@`.
        format!("http://127.0.0.1:{port}@evil.example"),
        format!("http://evil.example@127.0.0.1:{port}"),
        format!("https://cvm.tencentcloudapi.com@127.0.0.1:{port}"),
        // More than an address.
        format!("http://user:password@127.0.0.1:{port}"),
        format!("http://localhost.:{port}"),
        format!("http://[::ffff:127.0.0.1]:{port}"),
        format!("http://127.0.0.1:{port}%2fevil.example"),
        format!("http://127.0.0.1:{port}\r\nHost: evil.example"),
        format!("//127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}/path"),
        format!("http://127.0.0.1:{port}/?"),
        format!("http://127.0.0.1:{port}#"),
        format!("http://127.0.0.1:{port}\\@evil.example"),
        format!("ftp://127.0.0.1:{port}"),
        format!("file://127.0.0.1:{port}"),
        "http://127.0.0.1:0".to_owned(),
        "http://127.0.0.1:65536".to_owned(),
        "http://127.0.0.1:+80".to_owned(),
        "http://127.0.0.1:".to_owned(),
        "https://".to_owned(),
        String::new(),
    ];
    // Anywhere in it. A slash is allowed at its end, and `%2f` is not a slash here.
    let loopback = format!("http://127.0.0.1:{port}");
    let with_hostile = with_hostile(&loopback).filter(|url| *url != format!("{loopback}/"));
    let mut count = 0;
    for url in whole.into_iter().chain(with_hostile) {
        match client_for(&url).build() {
            Err(error) => assert_usage(&url, &error),
            Ok(_) => panic!("{url:?} is accepted"),
        }
        count += 1;
    }
    assert!(count > 300, "{count}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn hostile_member_value_stays_in_its_member() {
    let emulator = builder().start().await.unwrap();
    for dialect in Dialect::ALL {
        let client = client(&emulator, dialect);
        for hostile in HOSTILE {
            let name = format!("a{hostile}b");
            let values = vec![name, "&Action=TerminateInstances".into()];
            let filter = Filter { name: "instance-name".into(), values, ..Default::default() };
            let request = DescribeInstances { filters: vec![filter], ..Default::default() };
            let response = client.send(request).await;
            let response =
                response.unwrap_or_else(|error| panic!("{dialect} {hostile:?}: {error}"));
            assert_eq!(response.total_count, 0, "{dialect} {hostile:?}");
        }
    }
}
