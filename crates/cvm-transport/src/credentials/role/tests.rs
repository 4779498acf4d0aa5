//! A metadata service that is broken, slow or another server: its responses never become a credential.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::credentials::CredentialProvider;

/// What the service does with a connection.
#[derive(Clone, Debug)]
enum Reply {
    Response(u16, String),
    Bytes(String),
    /// One byte at a time, with pauses.
    Drip(String),
    Silence,
    Reset,
}

impl From<(u16, &str)> for Reply {
    fn from((status, body): (u16, &str)) -> Self {
        Self::Response(status, body.to_owned())
    }
}

/// The service, with one document per connection, and a sink that its redirects point to.
struct Service {
    credentials: InstanceRole,
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
    async fn open(replies: Vec<Reply>) -> Self {
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
            for reply in replies {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut head = [0; 2_048];
                let read = socket.read(&mut head).await.unwrap();
                let head = String::from_utf8_lossy(&head[..read]).into_owned();
                noted.lock().unwrap().push(head.split(' ').nth(1).unwrap().to_owned());
                // A client that has read enough closes the connection.
                match reply {
                    Reply::Response(status, body) => {
                        let head = format!(
                            "HTTP/1.1 {status} X\r\nlocation: http://{elsewhere}/\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                            body.len()
                        );
                        let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
                    }
                    Reply::Bytes(bytes) => {
                        let _ = socket.write_all(bytes.as_bytes()).await;
                    }
                    Reply::Drip(bytes) => {
                        for byte in bytes.into_bytes() {
                            let _ = socket.write_all(&[byte]).await;
                            tokio::time::sleep(Duration::from_millis(100)).await;
                        }
                    }
                    Reply::Silence => held.push(socket),
                    Reply::Reset => socket.set_zero_linger().unwrap(),
                }
            }
            std::future::pending().await
        });
        // Only a hang takes that long.
        let timeout = Duration::from_secs(60);
        let credentials = InstanceRole::within(authority, timeout, timeout);
        Self { credentials, targets, strays, tasks: [sinking, serving] }
    }

    async fn fetch(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        self.credentials.credential().await
    }

    fn targets(&self) -> Vec<String> {
        self.targets.lock().unwrap().clone()
    }
}

const GOOD: &str = r#"{"TmpSecretId":"AKIDrole","TmpSecretKey":"canary","Token":"t","ExpiredTime":4000000000,"Expiration":"x","Code":"Success"}"#;

#[tokio::test]
async fn role_credential_is_fetched_by_name() {
    let service = Service::open(vec![(200, "my-role\n").into(), (200, GOOD).into()]).await;
    let credential = service.fetch().await.unwrap();
    assert_eq!(credential.credential().secret_id(), "AKIDrole");
    assert!(credential.expires_at().is_some());
    assert_eq!(service.targets(), [PATH.to_owned(), format!("{PATH}my-role")]);
}

#[tokio::test]
async fn invalid_responses_never_become_a_credential() {
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
        format!("{GOOD}{}", " ".repeat(MAX_RESPONSE)),
        null("4000000000"),
    ];
    documents.extend(["TmpSecretId", "TmpSecretKey", "Token", "ExpiredTime", "Code"].map(without));
    documents.extend(["\"AKIDrole\"", "\"canary\"", "\"t\""].map(null));
    let mut cases: Vec<Vec<Reply>> = documents
        .into_iter()
        .map(|document| vec![(200, "my-role").into(), Reply::Response(200, document)])
        .collect();
    for status in [201, 204, 301, 302, 303, 307, 308, 400, 401, 403, 404, 429, 500, 502, 503] {
        cases.push(vec![Reply::Response(status, "my-role".into()), (200, GOOD).into()]);
        cases.push(vec![(200, "my-role").into(), Reply::Response(status, GOOD.into())]);
    }
    for bytes in ["HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\nmy-role", "220 mail ready\r\n", ""]
    {
        cases.push(vec![Reply::Bytes(bytes.into())]);
    }
    let gzip = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 7\r\n\r\nmy-role";
    cases.push(vec![Reply::Bytes(gzip.into())]);
    cases.push(vec![Reply::Reset]);
    cases.push(vec![(200, "my-role").into(), Reply::Reset]);
    assert!(cases.len() >= 50, "{}", cases.len());
    for replies in cases {
        let service = Service::open(replies.clone()).await;
        let error = service.fetch().await.expect_err(&format!("{replies:?}"));
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        assert_eq!(*service.strays.lock().unwrap(), 0, "{replies:?}: a redirect is not followed");
    }
    let none = Service::open(vec![(404, "").into()]).await;
    assert!(none.fetch().await.unwrap_err().is_missing());
}

#[tokio::test]
async fn role_name_is_a_single_path_segment() {
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
        let fetched = service.fetch().await;
        // A name may contain an `@`; after a slash it does not separate a user.
        assert_eq!(fetched.is_ok(), name == "@evil.example", "{name:?}: {fetched:?}");
        let targets = service.targets();
        assert!(targets.len() == 1 || targets[1] == format!("{PATH}{name}"), "{targets:?}");
    }
}

#[tokio::test]
async fn slow_service_times_out_after_two_seconds() {
    let drip = "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n".to_owned() + &" ".repeat(900);
    let cases = [
        vec![Reply::Silence],
        vec![Reply::Drip(drip.clone())],
        vec![(200, "my-role").into(), Reply::Silence],
        vec![(200, "my-role").into(), Reply::Drip(drip)],
    ];
    let began = Instant::now();
    let fetched = cases.map(|replies| {
        tokio::spawn(async move {
            let mut service = Service::open(replies).await;
            service.credentials.total = InstanceRole::new(&Environment::none()).total;
            service.fetch().await.unwrap_err()
        })
    });
    for fetched in fetched {
        assert!(fetched.await.unwrap().is_transient());
    }
    // Not before the timeout; and none of these services would ever have responded.
    assert!(began.elapsed() > TOTAL.mul_f32(0.9), "{:?}", began.elapsed());
}

#[tokio::test]
async fn only_a_loopback_address_can_take_the_place_of_the_service() {
    let authority = |url: &str| InstanceRole::new(&Environment::of(&[(VARIABLE, url)])).authority;
    assert_eq!(authority("http://127.0.0.1:8601"), Ok("127.0.0.1:8601".to_owned()));
    assert_eq!(authority("http://[::1]:8601/"), Ok("[::1]:8601".to_owned()));
    for unset in [Environment::none(), Environment::of(&[(VARIABLE, "")])] {
        assert_eq!(InstanceRole::new(&unset).authority, Ok(AUTHORITY.to_owned()));
    }
    for url in [
        "http://metadata.example.com",
        "http://localhost:8601",
        "http://192.0.2.7",
        "https://metadata.example.com",
        "https://127.0.0.1:8601",
        "127.0.0.1:8601",
        "http://canary@127.0.0.1",
        "http://127.0.0.1/path",
        "x",
    ] {
        let why = authority(url).expect_err(url);
        assert!(why.starts_with(VARIABLE) && !why.contains("canary"), "{url}: {why}");
        let error = RoleCredentials::new().endpoint(url).credential().await.expect_err(url);
        assert!(error.to_string().contains("endpoint") && !error.is_missing(), "{url}: {error}");
    }
}

#[tokio::test]
async fn configured_endpoint_is_called() {
    let service = Service::open(vec![(200, "my-role").into(), (200, GOOD).into()]).await;
    let url = format!("http://{}", service.credentials.authority.as_deref().unwrap());
    let credential = RoleCredentials::new().endpoint(url).credential().await.unwrap();
    assert_eq!(credential.credential().secret_id(), "AKIDrole");
}
