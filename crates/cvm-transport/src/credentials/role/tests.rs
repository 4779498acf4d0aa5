//! A metadata service that is broken, slow or somebody else: what it says becomes no credential.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::credentials::CredentialProvider;

/// What the service does with a connection.
#[derive(Clone, Debug)]
enum Turn {
    Answer(u16, String),
    Bytes(String),
    /// A byte every so often.
    Drip(String),
    Silence,
    Reset,
}

impl From<(u16, &str)> for Turn {
    fn from((status, body): (u16, &str)) -> Self {
        Self::Answer(status, body.to_owned())
    }
}

/// The service, which gives each connection the next turn, and a sink that its redirects point to.
struct Service {
    credentials: RoleCredentials,
    targets: Arc<Mutex<Vec<String>>>,
    strays: Arc<Mutex<usize>>,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Service {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Service {
    async fn open(turns: Vec<Turn>) -> Self {
        let sink = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let elsewhere = sink.local_addr().unwrap();
        let strays = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&strays);
        let sinking = tokio::spawn(async move {
            while sink.accept().await.is_ok() {
                *counted.lock().unwrap() += 1;
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let targets = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&targets);
        let serving = tokio::spawn(async move {
            let mut held = Vec::new();
            for turn in turns {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut head = [0; 2_048];
                let read = socket.read(&mut head).await.unwrap();
                let head = String::from_utf8_lossy(&head[..read]).into_owned();
                noted.lock().unwrap().push(head.split(' ').nth(1).unwrap().to_owned());
                // Whoever has heard enough hangs up.
                match turn {
                    Turn::Answer(status, body) => {
                        let head = format!(
                            "HTTP/1.1 {status} X\r\nlocation: http://{elsewhere}/\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                            body.len()
                        );
                        let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
                    }
                    Turn::Bytes(bytes) => {
                        let _ = socket.write_all(bytes.as_bytes()).await;
                    }
                    Turn::Drip(bytes) => {
                        for byte in bytes.into_bytes() {
                            let _ = socket.write_all(&[byte]).await;
                            tokio::time::sleep(Duration::from_millis(100)).await;
                        }
                    }
                    Turn::Silence => held.push(socket),
                    Turn::Reset => socket.set_zero_linger().unwrap(),
                }
            }
            std::future::pending().await
        });
        // So long takes only what hangs.
        let patience = Duration::from_secs(60);
        let credentials = RoleCredentials::within(authority, patience, patience);
        Self { credentials, targets, strays, tasks: [sinking, serving] }
    }

    async fn ask(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        self.credentials.credential().await
    }

    fn targets(&self) -> Vec<String> {
        self.targets.lock().unwrap().clone()
    }
}

const GOOD: &str = r#"{"TmpSecretId":"AKIDrole","TmpSecretKey":"canary","Token":"t","ExpiredTime":4000000000,"Expiration":"x","Code":"Success"}"#;

#[tokio::test]
async fn the_role_is_asked_by_its_name() {
    let service = Service::open(vec![(200, "my-role\n").into(), (200, GOOD).into()]).await;
    let credential = service.ask().await.unwrap();
    assert_eq!(credential.credential().secret_id(), "AKIDrole");
    assert!(credential.expires_at().is_some());
    assert_eq!(service.targets(), [PATH.to_owned(), format!("{PATH}my-role")]);
}

#[tokio::test]
async fn nothing_else_becomes_a_credential() {
    let without = |member: &str| GOOD.replace(member, "Other");
    let null = |value: &str| GOOD.replace(value, "null");
    let mut documents = vec![
        "".to_owned(),
        "<html>log in</html>".to_owned(),
        "{}".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        GOOD.trim_end_matches('}').to_owned(),
        format!("{GOOD} x"),
        GOOD.replace("Success", "Fail"),
        GOOD.replace(
            r#""TmpSecretId":"AKIDrole""#,
            r#""TmpSecretId":"AKIDrole","TmpSecretId":"b""#,
        ),
        GOOD.replace("AKIDrole", "AKID\\r\\nX: y"),
        format!("{GOOD}{}", " ".repeat(LARGEST)),
        null("4000000000"),
    ];
    documents.extend(["TmpSecretId", "TmpSecretKey", "Token", "ExpiredTime", "Code"].map(without));
    documents.extend(["\"AKIDrole\"", "\"canary\"", "\"t\""].map(null));
    let mut cases: Vec<Vec<Turn>> = documents
        .into_iter()
        .map(|document| vec![(200, "my-role").into(), Turn::Answer(200, document)])
        .collect();
    for status in [201, 204, 301, 302, 303, 307, 308, 400, 401, 403, 404, 429, 500, 502, 503] {
        cases.push(vec![Turn::Answer(status, "my-role".into()), (200, GOOD).into()]);
        cases.push(vec![(200, "my-role").into(), Turn::Answer(status, GOOD.into())]);
    }
    for bytes in ["HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\nmy-role", "220 mail ready\r\n", ""]
    {
        cases.push(vec![Turn::Bytes(bytes.into())]);
    }
    let gzip = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 7\r\n\r\nmy-role";
    cases.push(vec![Turn::Bytes(gzip.into())]);
    cases.push(vec![Turn::Reset]);
    cases.push(vec![(200, "my-role").into(), Turn::Reset]);
    assert!(cases.len() >= 50, "{}", cases.len());
    for turns in cases {
        let service = Service::open(turns.clone()).await;
        let error = service.ask().await.expect_err(&format!("{turns:?}"));
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        assert_eq!(*service.strays.lock().unwrap(), 0, "{turns:?}: a redirect is not followed");
    }
    let none = Service::open(vec![(404, "").into()]).await;
    assert!(none.ask().await.unwrap_err().is_missing());
}

#[tokio::test]
async fn a_role_name_is_one_step_of_a_path() {
    let long = "r".repeat(129);
    for name in [
        "",
        "../../x",
        "..",
        ".",
        "...",
        "a/b",
        "a\\b",
        "a?b",
        "a#b",
        "a%2fb",
        "a b",
        "a\r\nHost: evil.example",
        "a\nb",
        "rôle",
        "<html>",
        "http://evil.example/",
        "@evil.example",
        &long,
    ] {
        let service = Service::open(vec![(200, name).into(), (200, GOOD).into()]).await;
        let asked = service.ask().await;
        // An `@` may stand in a name; behind a slash it is no user of a host.
        assert_eq!(asked.is_ok(), name == "@evil.example", "{name:?}: {asked:?}");
        let targets = service.targets();
        assert!(targets.len() == 1 || targets[1] == format!("{PATH}{name}"), "{targets:?}");
    }
}

#[tokio::test]
async fn a_service_that_hardly_answers_is_left_after_two_seconds() {
    let drip = "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n".to_owned() + &" ".repeat(900);
    let cases = [
        vec![Turn::Silence],
        vec![Turn::Drip(drip.clone())],
        vec![(200, "my-role").into(), Turn::Silence],
        vec![(200, "my-role").into(), Turn::Drip(drip)],
    ];
    let began = Instant::now();
    let asked = cases.map(|turns| {
        tokio::spawn(async move {
            let mut service = Service::open(turns).await;
            service.credentials.total = RoleCredentials::new().total;
            service.ask().await.unwrap_err()
        })
    });
    for asked in asked {
        assert!(asked.await.unwrap().is_transient());
    }
    // Not before its time; and none of these services would ever have answered.
    assert!(began.elapsed() > TOTAL.mul_f32(0.9), "{:?}", began.elapsed());
}
