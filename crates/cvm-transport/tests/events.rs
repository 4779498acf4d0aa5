//! Metrics and tracing events of a failing host: the host of each attempt, failovers and breaker changes. Runs
//! alone in its process, because it subscribes to `tracing` for the whole process.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(feature = "tracing")]

#[expect(dead_code, reason = "two actions of many are enough here")]
#[path = "it/actions.rs"]
mod actions;
#[expect(dead_code, reason = "more can be said than is needed here")]
#[path = "it/fake_service.rs"]
mod fake_service;

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::{AttemptMetrics, Client, ClientBuilder, Credential, HttpErrorKind, Metrics};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::actions::{KillThings, Launch, ListThings};
use crate::fake_service::{Fake, Reply};

fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .without_environment()
        .endpoint(url)
        .credential(Credential::new("AKIDEXAMPLE", "canary-secret-key").unwrap())
        .region("ap-guangzhou")
}

/// Records every event of the client, one line each.
#[derive(Clone, Default)]
struct Listening(Arc<Mutex<Vec<String>>>);

impl Listening {
    /// Removes and returns the recorded lines of this target.
    fn heard(&self, target: &str) -> Vec<String> {
        let mut lines = self.0.lock().unwrap();
        let (heard, rest) = lines.drain(..).partition(|line| line.starts_with(target));
        *lines = rest;
        heard
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for Listening {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("cvm_transport")
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().target().to_owned());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Records the host of each attempt.
#[derive(Clone, Debug, Default)]
struct Hosts(Arc<Mutex<Vec<Option<String>>>>);

impl Metrics for Hosts {
    fn attempt(&self, attempt: &AttemptMetrics<'_>) {
        self.0.lock().unwrap().push(attempt.host.map(str::to_owned));
    }
}

impl Hosts {
    fn seen(&self) -> Vec<Option<String>> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_and_tracing_report_failover_and_breaker_changes() {
    let listening = Listening::default();
    tracing::subscriber::set_global_default(listening.clone()).unwrap();
    let (own, backup) = ("cvm.example.com", "backup.example.com:8443");
    let down = Arc::new(AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let fake = Fake::new(move |request, _| {
        if request.authority() == "cvm.example.com" && is_down.load(Ordering::SeqCst) {
            return Reply::Fails(HttpErrorKind::NotSent);
        }
        Reply::healthy()
    });
    let hosts = Hosts::default();
    let client = fake.builder().metrics(hosts.clone()).breaker(true);
    let client = client.backup_endpoints([format!("https://{backup}")]).build().unwrap();
    let some = |host: &str| Some(host.to_owned());

    // Each of four calls fails on the endpoint, then uses the backup.
    for _ in 0..4 {
        client.send(ListThings::default()).await.unwrap();
        assert_eq!(hosts.seen(), [some(own), some(backup)]);
        let taken = listening.heard("cvm_transport::route");
        assert_eq!(taken.len(), 1, "{taken:?}");
        assert!(taken[0].contains(&format!("host=\"{backup}\"")), "{taken:?}");
        assert!(taken[0].contains(&format!("instead_of=\"{own}\"")), "{taken:?}");
        assert!(listening.heard("cvm_transport::breaker").is_empty());
    }
    let attempts = listening.heard("cvm_transport::attempt");
    assert_eq!(attempts.len(), 8);
    assert!(attempts[6].contains(&format!("host=\"{own}\"")), "{attempts:?}");
    assert!(attempts[7].contains(&format!("host=\"{backup}\"")), "{attempts:?}");

    // The fifth failure opens the breaker, and the endpoint is skipped.
    client.send(ListThings::default()).await.unwrap();
    let turned = listening.heard("cvm_transport::breaker");
    assert_eq!(turned.len(), 1, "{turned:?}");
    assert!(turned[0].contains("state=\"open\"") && turned[0].contains(own), "{turned:?}");
    hosts.seen();
    client.send(ListThings::default()).await.unwrap();
    assert_eq!(hosts.seen(), [some(backup)]);
    // A request that cannot fail over has no host.
    client.send(KillThings { thing_ids: vec!["thing-1".into()] }).await.unwrap_err();
    assert_eq!(hosts.seen(), [None]);

    // After the open period, the host is probed. Three successful responses close the breaker.
    down.store(false, Ordering::SeqCst);
    tokio::time::advance(Duration::from_secs(31)).await;
    listening.heard("");
    for _ in 0..3 {
        client.send(ListThings::default()).await.unwrap();
    }
    assert_eq!(hosts.seen(), [some(own), some(own), some(own)]);
    let turned = listening.heard("cvm_transport::breaker");
    assert_eq!(turned.len(), 2, "{turned:?}");
    assert!(turned[0].contains("state=\"half-open\""), "{turned:?}");
    assert!(turned[1].contains("state=\"closed\""), "{turned:?}");
    let everything = listening.heard("").join("\n");
    assert!(!everything.contains("canary"), "{everything}");
}

#[tokio::test(start_paused = true)]
async fn dropped_call_emits_event() {
    let listening = Listening::default();
    let _guard = tracing::subscriber::set_default(listening.clone());
    for (held, told) in [(true, "abandoned, not sent"), (false, "abandoned, outcome unknown")] {
        let fake = Fake::new(move |_, _| Reply::Silent { held });
        let client = fake.builder().build().unwrap();
        let call = client.send(Launch::default());
        let soon = Duration::from_secs(1);
        assert!(tokio::time::timeout(soon, call).await.is_err());
        let calls = listening.heard("cvm_transport::call");
        assert_eq!(calls.len(), 1, "{calls:?}");
        for part in [told, "action=\"Launch\"", "client_token=\"", "attempts=1"] {
            assert!(calls[0].contains(part), "{part}: {calls:?}");
        }
        assert!(calls[0].contains(&format!("outcome_unknown={}", !held)), "{calls:?}");
    }
}
