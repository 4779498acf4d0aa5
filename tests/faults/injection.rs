//! Texts that try to be more than texts: none moves a request, adds a header, or opens a socket.

use cvm_models::{Client, Credential, Dialect};

use crate::call::Call;
use crate::fault_server::FaultServer;
use crate::test_client::{self, SECRET_ID, SECRET_KEY};
use crate::third_party::ThirdParty;

/// What moves a host, ends a header, or only looks like a letter.
const HOSTILE: [&str; 40] = [
    "@",
    "/",
    "#",
    "?",
    "\\",
    ":",
    "%",
    ".",
    " ",
    "\n",
    "\r",
    "\r\n",
    "\0",
    "\t",
    "\u{b}",
    "\u{7f}",
    "_",
    "A",
    "é",
    "１",
    "а",
    "\u{200b}",
    "\u{202e}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "[",
    "]",
    ";",
    "&",
    "=",
    "+",
    "*",
    "{",
    "}",
    "$",
    "^",
    "`",
    "%0d%0a",
    "\r\nX-Evil: 1\r\n",
];

/// A text with each spoiler at each of these places.
fn with_hostile(text: &str, places: impl IntoIterator<Item = usize>) -> Vec<String> {
    let insert = |at: usize| {
        HOSTILE.iter().map(move |hostile| {
            let mut with_hostile = text.to_owned();
            with_hostile.insert_str(at, hostile);
            with_hostile
        })
    };
    places.into_iter().flat_map(insert).collect()
}

fn regions(third_party: &str) -> Vec<String> {
    let mut regions = with_hostile("ap-guangzhou", 0..="ap-guangzhou".len());
    regions.extend([
        String::new(),
        "ap".into(),
        "ap-".into(),
        "-ap".into(),
        "ap--guangzhou".into(),
        "ap-a-b-c-d-e".into(),
        "localhost".into(),
        third_party.to_owned(),
        format!("x@{third_party}/#"),
        format!("{third_party}/"),
        format!("{third_party}#ap-guangzhou"),
        "ap-guangzhou.tencentcloudapi.com.evil.example".into(),
        format!("ap-{}", "a".repeat(5_000)),
        "ap-guangzhou ".repeat(400),
    ]);
    regions
}

async fn assert_refused(client: Result<Client, cvm_models::Error>, text: &str) {
    let error = match client {
        Err(error) => error,
        Ok(client) => Call::Describe.make(&client).await.result.expect_err(text),
    };
    assert!(error.is_usage(), "{text:?}: {error:?}");
    assert!(error.is_not_sent() && error.attempts().is_empty(), "{text:?}: {error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_region_opens_a_socket() {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    let regions = regions(&third_party.address.to_string());
    assert!(regions.len() >= 300, "{}", regions.len());
    for dialect in [Dialect::Tc3, Dialect::V1Sha256] {
        let whole = test_client::client(&server.endpoint(), dialect, test_client::long_timeouts());
        for region in &regions {
            assert_refused(Ok(whole.in_region(region)), region).await;
            let builder =
                test_client::builder(&server.endpoint(), dialect, test_client::long_timeouts());
            assert_refused(builder.region(region).build(), region).await;
        }
    }
    assert_eq!(third_party.received().connections, 0);
    assert_eq!(server.ledger().lock().connections, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_label_adds_a_header() {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    let builder =
        || test_client::builder(&server.endpoint(), Dialect::Tc3, test_client::long_timeouts());
    let mut count = 0;
    // In these a label may hold dots, semicolons, underscores and capitals.
    let allowed =
        |label: &str| label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_,;.".contains(&b));
    for label in with_hostile("fleet", [0, 3, 5]).iter().filter(|label| !allowed(label)) {
        assert_refused(builder().request_client(label).build(), label).await;
        count += 1;
    }
    for language in with_hostile("en-US", 0..=5) {
        assert_refused(builder().language(&language).build(), &language).await;
        count += 1;
    }
    assert!(count >= 300, "{count}");
    assert_eq!(server.ledger().lock().connections, 0);
}

#[test]
fn no_credential_holds_a_control_character() {
    let controls =
        (0u8..=0x1f).chain([0x7f]).map(char::from).chain(['\u{80}', '\u{85}', 'é', '漢']);
    for control in controls {
        for at in [0, 4, 8] {
            let insert = |text: &str| {
                let mut text = text.to_owned();
                text.insert(at, control);
                text
            };
            assert!(Credential::new(insert(SECRET_ID), SECRET_KEY).is_err(), "{control:?} in id");
            let token = insert("token-of-an-hour");
            let temporary = Credential::temporary(SECRET_ID, SECRET_KEY, token);
            assert!(temporary.is_err(), "{control:?} in token");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_endpoint_leads_elsewhere() {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    let (own, other) = (server.address, third_party.address);
    let endpoints = [
        format!("http://{own}@{other}"),
        format!("http://{own}@{other}/"),
        format!("http://user:password@{own}"),
        format!("http://{own}\\@{other}"),
        format!("http://{own}/path"),
        format!("http://{own}/?x={other}"),
        format!("http://{own}#{other}"),
        format!("http://{own}%2f{other}"),
        format!("http://{own}\r\nHost: {other}"),
        format!("http://{own} {other}"),
        format!("http://localhost:{}", own.port()),
        format!("http://localhost.:{}", own.port()),
        format!("http://0.0.0.0:{}", own.port()),
        format!("http://0x7f.1:{}", own.port()),
        format!("http://2130706433:{}", own.port()),
        format!("http://127.1:{}", own.port()),
        format!("http://[::ffff:127.0.0.1]:{}", own.port()),
        format!("ftp://{own}"),
        format!("//{own}"),
    ];
    for endpoint in &endpoints {
        let builder = test_client::builder(endpoint, Dialect::Tc3, test_client::long_timeouts());
        assert_refused(builder.build(), endpoint).await;
    }
    assert_eq!(third_party.received().connections, 0);
    assert_eq!(server.ledger().lock().connections, 0);
}
