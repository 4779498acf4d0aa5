//! Secrets do not appear in URLs, errors, debug output or observers.

use std::sync::{Arc, Mutex};

use cvm_protocol::Sensitive;
use cvm_transport::Credential;
use cvm_transport::config::Dialect;
use cvm_transport::http::MaskedRequest;
use cvm_transport::observe::{Exchange, HeaderMapMut, Interceptor, MaskedResponse, WireObserver};

use crate::actions::Launch;
use crate::builder;
use crate::server::{Server, Step};

const PASSWORD: &str = "Canary+\"123/";

fn launch() -> Launch {
    Launch { password: Some(Sensitive::from(PASSWORD)), ..Launch::default() }
}

#[derive(Clone, Debug, Default)]
struct ObserverLog(Arc<Mutex<String>>);

impl WireObserver for ObserverLog {
    fn request(&self, exchange: &Exchange<'_>, request: &MaskedRequest) {
        let mut text = self.0.lock().unwrap();
        text.push_str(&format!("{exchange:?}\n{request}\n{request:?}\n"));
    }

    fn response(&self, _: &Exchange<'_>, response: &MaskedResponse) {
        self.0.lock().unwrap().push_str(&format!("{response}\n{response:?}\n"));
    }
}

fn assert_clean(text: &str) {
    let text = text.to_lowercase();
    for secret in ["canary", "%2b%22123", "+\\\"123"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn errors_debug_and_observers_show_no_secret() {
    let echo =
        "you sent Canary+\\\"123/ and Canary%2B%22123%2F with canary-secret-key and canary-token";
    for dialect in [Dialect::Tc3, Dialect::V1Sha1, Dialect::V1Sha256, Dialect::OldGateway] {
        let error = format!(
            r#"{{"Response":{{"Error":{{"Code":"InvalidParameter","Message":"{echo}"}},"RequestId":"r"}}}}"#
        );
        let server = Server::start([
            Step::json(error),
            Step::Response {
                status: 403,
                headers: vec![("x-echo", "canary-secret-key".into())],
                body: echo.into(),
            },
            Step::Healthy,
        ])
        .await;
        let observer = ObserverLog::default();
        let client = builder(&server.url)
            .credential(
                Credential::temporary("AKIDCANARY", "canary-secret-key", "canary-token").unwrap(),
            )
            .dialect(dialect)
            .wire_observer(observer.clone())
            .build()
            .unwrap();
        for _ in 0..2 {
            let error = client.send(launch()).await.unwrap_err();
            assert_clean(&format!("{error} {error:?} {error:#?}"));
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                assert_clean(&format!("{cause} {cause:?}"));
                source = cause.source();
            }
        }
        client.send(launch()).await.unwrap();
        let prepared = client.prepare(launch()).await.unwrap();
        assert_clean(&format!("{prepared:?} {prepared:#?} {client:?}"));
        let seen = observer.0.lock().unwrap().clone();
        assert!(seen.contains("ClientToken") && seen.contains("ThingIdSet"), "{seen}");
        assert_clean(&seen);
        // The server did receive it.
        assert!(server.received()[0].body.contains("anary"));
    }
}

#[tokio::test]
async fn secrets_in_urls_are_refused() {
    let server = Server::start([]).await;
    let token = Credential::temporary("AKIDEXAMPLE", "key", "token-123").unwrap();
    for (dialect, in_url) in [
        (Dialect::Tc3Get, false),
        (Dialect::V1Sha1, true),
        (Dialect::V1Sha256, true),
        (Dialect::OldGateway, true),
    ] {
        let base = || builder(&server.url).dialect(dialect).parameters_in_url(in_url);
        let error = base().build().unwrap().send(launch()).await.unwrap_err();
        assert!(error.is_usage() && error.to_string().contains("URL"), "{error}");
        if dialect != Dialect::Tc3Get {
            let client = base().credential(token.clone()).build().unwrap();
            assert!(client.send(Launch::default()).await.unwrap_err().is_usage());
        }
        assert_eq!(server.connections(), 0);
        // The option applies only on loopback.
        let far = builder("https://cvm.example.com")
            .dialect(dialect)
            .parameters_in_url(in_url)
            .allow_secrets_in_url(true)
            .build()
            .unwrap();
        assert!(far.prepare(launch()).await.unwrap_err().is_usage());
        let near = base().allow_secrets_in_url(true).build().unwrap();
        assert!(near.prepare(launch()).await.unwrap().url().contains("Canary"));
    }
}

/// Adds headers whose values are secrets.
#[derive(Debug)]
struct SecretHeaders;

impl Interceptor for SecretHeaders {
    fn before_signing(&self, _: &Exchange<'_>, headers: &mut HeaderMapMut) -> Result<(), String> {
        for name in ["Cookie", "X-Api-Key", "X-Auth", "Api-Token", "X-New"] {
            headers.add(name, "canary-header-value")?;
        }
        assert!(!format!("{headers:?}").contains("canary"), "{headers:?}");
        headers.add("traceparent", "00-1-2-3")
    }
}

#[tokio::test]
async fn values_of_added_headers_are_hidden_wherever_they_are_shown_or_repeated() {
    for dialect in Dialect::ALL {
        let server = Server::start([Step::Response {
            status: 403,
            headers: vec![
                ("x-echo", "canary-header-value".into()),
                ("set-cookie", "session=canary-cookie".into()),
            ],
            body: "x-api-key: canary-header-value is not accepted".into(),
        }])
        .await;
        let observer = ObserverLog::default();
        let client = builder(&server.url)
            .dialect(dialect)
            .interceptor(SecretHeaders)
            .wire_observer(observer.clone())
            .build()
            .unwrap();
        let error = client.send(Launch::default()).await.unwrap_err();
        let prepared = client.prepare(Launch::default()).await.unwrap();
        let seen = observer.0.lock().unwrap().clone();
        let shown = format!("{error} {error:?} {prepared:?} {} {seen}", prepared.masked());
        assert!(shown.contains("x-api-key: ***") && shown.contains("is not accepted"), "{shown}");
        assert!(shown.contains("traceparent: 00-1-2-3"), "{shown}");
        assert!(!shown.contains("canary-header") && !shown.contains("canary-cookie"), "{shown}");
        // The server did receive it.
        assert_eq!(server.received()[0].header("x-api-key"), Some("canary-header-value"));
    }
}

#[tokio::test]
async fn header_values_reject_line_breaks_and_spaces() {
    let server = Server::start([]).await;
    for bad in ["a\r\nx: y", "a\nb", "a\0", "a\u{7f}", "é", "a b"] {
        let error = builder(&server.url).request_client(bad).build().unwrap_err();
        assert!(error.is_usage());
        let launch = Launch { client_token: Some(bad.into()), ..Launch::default() };
        let error = builder(&server.url).build().unwrap().send(launch).await.unwrap_err();
        assert!(error.is_usage(), "{bad:?}: {error}");
    }
    assert_eq!(server.connections(), 0);
}

/// Records everything that any crate sends to `tracing` on one thread, at every level. It subscribes for the
/// whole process, because a subscriber of one thread can miss events: `tracing` caches for each call site
/// whether anybody subscribes, and the first thread that reaches it decides.
#[cfg(feature = "tracing")]
mod event_log {
    use std::fmt::Write;
    use std::sync::{Arc, Mutex};
    use std::thread::{
        ThreadId, {self},
    };

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    #[derive(Clone)]
    pub struct EventLog {
        pub text: Arc<Mutex<String>>,
        thread: ThreadId,
    }

    impl EventLog {
        pub fn of_this_thread() -> Self {
            Self { text: Arc::default(), thread: thread::current().id() }
        }

        fn write(&self, write: impl FnOnce(&mut String)) {
            if thread::current().id() == self.thread {
                write(&mut self.text.lock().unwrap());
            }
        }
    }

    struct Fields<'a>(&'a mut String);

    impl Visit for Fields<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            let _ = write!(self.0, " {field}={value:?}");
        }
    }

    impl Subscriber for EventLog {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, attributes: &Attributes<'_>) -> Id {
            self.write(|text| attributes.record(&mut Fields(text)));
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, values: &Record<'_>) {
            self.write(|text| values.record(&mut Fields(text)));
        }
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &Event<'_>) {
            self.write(|text| {
                let _ = write!(text, "\n{}", event.metadata().target());
                event.record(&mut Fields(text));
            });
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }
}

#[cfg(feature = "tracing")]
#[tokio::test]
async fn tracing_shows_no_secret_at_any_level() {
    let log = event_log::EventLog::of_this_thread();
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let server = Server::start([Step::error("InternalError"), Step::error("LimitExceeded")]).await;
    let client = builder(&server.url)
        .credential(
            Credential::temporary("AKIDCANARY", "canary-secret-key", "canary-token").unwrap(),
        )
        .build()
        .unwrap();
    client.send(launch()).await.unwrap_err();
    client.send(launch()).await.unwrap();
    let text = log.text.lock().unwrap().clone();
    assert!(text.contains("outcome=\"ambiguous\"") && text.contains("attempts=2"), "{text}");
    assert_clean(&text);
}
