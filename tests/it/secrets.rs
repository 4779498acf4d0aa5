//! No password, key or start-up script is shown: not in `Debug`, not to an observer, not in an error, and not
//! if the server returns it. None is written into a URL.

use std::error::Error as StdError;
use std::sync::{Arc, Mutex};

use base64ct::{Base64, Encoding};
use cvm_models::ACTIONS;
use cvm_models::config::Dialect;
use cvm_models::http::MaskedRequest;
use cvm_models::observe::{Exchange, MaskedResponse, WireObserver};
use cvm_models::protocol::ActionInfo;
use cvm_protocol::{Record, Sensitive, json, percent};
use serde_json::{Value, json};

use crate::all_models::model;
use crate::cloud::{client_for, public_client};
use crate::predicates::predicates;
use crate::scripted_server::{self, ScriptedServer, http};
use crate::{roundtrip, sample};

/// Short, and with every character that some encoding treats specially.
const CANARY: &str = "Canary-7/+é\"\\ ~%2B";

/// The forms in which it could leak.
fn encodings() -> Vec<String> {
    let bytes = CANARY.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let quoted = Value::from(CANARY).to_string();
    let mut encodings = vec![
        CANARY.to_owned(),
        // No encoding changes this part, so it alone reveals most leaks.
        "Canary-7".to_owned(),
        quoted[1..quoted.len() - 1].to_owned(),
        percent::encode(CANARY),
        hex.to_uppercase(),
        hex,
    ];
    // In base64, a text looks different at each of three offsets, and its ends mix with the surrounding bytes.
    for offset in 0..3 {
        let text = Base64::encode_string(&[&vec![b'x'; offset], bytes].concat());
        encodings.push(text[4..text.len() - 4].to_owned());
    }
    encodings
}

fn assert_hidden(name: &str, shown: &str) {
    for encoding in encodings() {
        assert!(!shown.contains(&encoding), "{name} shows `{encoding}`:\n{shown}");
    }
}

/// Actions whose request has a secret member, and for each a request with the canary in all of them.
fn requests() -> impl Iterator<Item = (&'static ActionInfo, Value)> {
    let actions = ACTIONS.iter().copied();
    let secret = actions.filter(|info| info.request.members.iter().any(sample::has_secret));
    secret.map(|info| {
        let mut request = Record::new(info.request);
        json::from_value(&mut request, &sample::request(info.request, 2)).unwrap();
        assert!(roundtrip::set_secrets(&mut request, CANARY) > 0, "{}", info.name);
        (info, json::to_value(&request))
    })
}

#[test]
fn actions_with_secrets_match_the_documentation() {
    let names: Vec<_> = requests().map(|(info, _)| info.name).collect();
    insta::assert_snapshot!(names.join("\n"));
}

#[test]
fn debug_hides_secrets() {
    let alone = Sensitive::from(CANARY);
    assert_eq!(alone.expose(), CANARY);
    assert_hidden("a secret by itself", &format!("{alone:?} {:?}", Some(&alone)));
    for (info, request) in requests() {
        let mut record = Record::new(info.request);
        json::from_value(&mut record, &request).unwrap();
        let mut typed = model(info.request.name);
        json::from_value(&mut *typed, &request).unwrap();
        assert_eq!(json::to_value(&*typed), request, "{}: the secret is sent", info.name);
        assert_hidden(info.name, &format!("{record:?} {record:#?} {typed:?} {typed:#?}"));
    }
}

#[tokio::test]
async fn prepared_request_hides_secrets() {
    for (info, request) in requests() {
        for dialect in [Dialect::Tc3, Dialect::V1Sha1, Dialect::V1Sha256, Dialect::OldGateway] {
            let builder = public_client();
            let client = builder.dialect(dialect).build().unwrap();
            let prepared = client.prepare_call(info, request.clone()).await.unwrap();
            let sent = String::from_utf8(prepared.body().to_vec()).unwrap();
            let is_there = encodings().iter().any(|encoding| sent.contains(encoding));
            assert!(is_there, "{} {dialect}: the request contains it", info.name);
            let masked = prepared.masked();
            let shown = format!("{prepared:?} {prepared:#?} {masked} {masked:?}");
            assert_hidden(&format!("{} {dialect}", info.name), &shown);
            let key = crate::cloud::SECRET_KEY;
            assert!(!shown.contains(key) && !shown.contains(crate::cloud::SECRET_ID), "{shown}");
        }
    }
}

#[tokio::test]
async fn secrets_are_refused_in_urls() {
    let urls = [(Dialect::Tc3Get, false), (Dialect::V1Sha256, true), (Dialect::OldGateway, true)];
    for (info, request) in requests() {
        for (dialect, in_url) in urls {
            // The option applies only on loopback, and this is not.
            let builder = public_client();
            let builder = builder.dialect(dialect).parameters_in_url(in_url);
            let client = builder.allow_secrets_in_url(true).build().unwrap();
            let error = client.prepare_call(info, request.clone()).await.unwrap_err();
            let name = format!("{} {dialect}", info.name);
            assert_eq!(predicates(&error), ["usage", "not sent"], "{name}: {error}");
            assert_hidden(&name, &format!("{error} {error:?}"));

            // Even there, no output shows it.
            let server = ScriptedServer::responding(scripted_server::json("{}")).await;
            let builder = client_for(&server.url()).dialect(dialect).parameters_in_url(in_url);
            let client = builder.build().unwrap();
            let prepared = client.prepare_call(info, request.clone()).await.unwrap();
            assert!(prepared.url().contains("Canary-7"), "{name}: {}", prepared.url());
            assert_hidden(&name, &format!("{prepared:?} {}", prepared.masked()));
            // Without the option, not even there.
            let strict = client_for(&server.url()).dialect(dialect).parameters_in_url(in_url);
            let strict = strict.allow_secrets_in_url(false).build().unwrap();
            let error = strict.call(info, request.clone()).await.unwrap_err();
            assert_eq!(predicates(&error), ["usage", "not sent"], "{name}: {error}");
            assert_eq!(server.connections(), 0, "{name}");
        }
    }
}

#[tokio::test]
async fn session_token_is_refused_in_urls() {
    let temporary =
        || cvm_models::Credential::temporary("AKIDsample", "key", CANARY_TOKEN).unwrap();
    for dialect in [Dialect::V1Sha1, Dialect::OldGateway] {
        let builder = public_client().credential(temporary());
        let client = builder.dialect(dialect).parameters_in_url(true).build().unwrap();
        let info = cvm_models::action("DescribeZones").unwrap();
        let error = client.prepare_call(info, json!({})).await.unwrap_err();
        assert_eq!(predicates(&error), ["usage", "not sent"], "{dialect}: {error}");
    }
    // In a header or a form it is sent, and not shown.
    for dialect in Dialect::ALL {
        let builder = public_client().credential(temporary());
        let client = builder.dialect(dialect).build().unwrap();
        let info = cvm_models::action("DescribeZones").unwrap();
        let prepared = client.prepare_call(info, json!({})).await.unwrap();
        assert!(!prepared.url().contains(CANARY_TOKEN));
        let shown = format!("{prepared:?} {} {:?}", prepared.masked(), temporary());
        assert!(!shown.contains(CANARY_TOKEN), "{dialect}: {shown}");
    }
}

const CANARY_TOKEN: &str = "canary-token-of-a-session";

/// Keeps everything that an observer receives.
#[derive(Clone, Debug, Default)]
struct ObserverLog(Arc<Mutex<String>>);

impl ObserverLog {
    fn record(&self, text: &str) {
        self.0.lock().unwrap().push_str(text);
    }
}

impl WireObserver for ObserverLog {
    fn request(&self, exchange: &Exchange<'_>, request: &MaskedRequest) {
        self.record(&format!("{exchange:?} {request} {request:?}"));
    }
    fn response(&self, exchange: &Exchange<'_>, response: &MaskedResponse) {
        self.record(&format!("{exchange:?} {response} {response:?}"));
    }
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

/// Responses that repeat the request, as careless gateways do.
fn echoes() -> Vec<(&'static str, Vec<u8>)> {
    let quoted = Value::from(CANARY).to_string();
    let encoded = percent::encode(CANARY);
    let message = json!({ "Response": { "RequestId": "r", "Error": {
        "Code": "InvalidPassword", "Message": format!("`{CANARY}` or {encoded} is weak") } } });
    let nested = json!({ "Response": { "RequestId": "r", "Error": {
        "Code": "InvalidParameter", "Message": format!("cannot read {{\"Password\":{quoted}}}") } } });
    let page = format!("<html>{CANARY} {quoted} {encoded}</html>");
    let members = json!({ "Response": { "RequestId": "r", "Password": CANARY, "New": [CANARY] } });
    vec![
        ("a message", scripted_server::json(message.to_string())),
        ("a quoted message", scripted_server::json(nested.to_string())),
        ("a page", http(502, &[], &page)),
        ("a page with 200", http(200, &[], &page)),
        ("a redirect", http(302, &[("Location", &format!("/?p={encoded}"))], &page)),
        ("a header", http(400, &[("X-Echo", &encoded)], &page)),
        ("a response", scripted_server::json(members.to_string())),
        (
            "a truncated response",
            scripted_server::json(message.to_string().strip_suffix('}').unwrap()),
        ),
    ]
}

#[tokio::test]
async fn echoed_secrets_are_hidden() {
    for (what, response) in echoes() {
        let server = ScriptedServer::responding(response).await;
        for (info, request) in requests() {
            let observer = ObserverLog::default();
            let builder = client_for(&server.url()).max_attempts(1).wire_observer(observer.clone());
            let client = builder.build().unwrap();
            let outcome = client.call(info, request).await;
            let name = format!("{} after {what}", info.name);
            match outcome {
                Ok(response) => assert_hidden(
                    &name,
                    &format!("{:?} {:?}", response.report(), response.record()),
                ),
                Err(error) => assert_hidden(&name, &full_text(&error)),
            }
            let seen = observer.0.lock().unwrap().clone();
            assert!(seen.contains(info.name), "{name}");
            assert_hidden(&format!("the observer of {name}"), &seen);
        }
    }
}

#[tokio::test]
async fn usage_error_does_not_show_misplaced_values() {
    let client = public_client().build().unwrap();
    for info in ACTIONS {
        for field in info.request.members {
            for value in [json!(CANARY), json!([CANARY]), json!({ "Canary": CANARY })] {
                if let Err(error) = client.prepare_call(info, json!({ field.wire: value })).await {
                    assert!(error.is_usage(), "{}: {error}", info.name);
                    let shown = full_text(&error).replace("`Canary`", "");
                    assert!(!shown.contains(CANARY), "{}.{}: {shown}", info.name, field.wire);
                }
            }
        }
    }
}
