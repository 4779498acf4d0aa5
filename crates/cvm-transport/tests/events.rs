//! Metrics and tracing events of a failing host: the host of each attempt, failovers and breaker changes. Runs
//! alone in its process, because it subscribes to `tracing` for the whole process.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(feature = "tracing")]

#[allow(dead_code, reason = "this test uses only a part of it")]
#[path = "it/actions.rs"]
mod actions;
#[expect(dead_code, reason = "this test uses only a part of it")]
#[path = "it/fake_service.rs"]
mod fake_service;

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::http::HttpErrorKind;
use cvm_transport::observe::{AttemptMetrics, Metrics};
use cvm_transport::{Client, ClientBuilder, Credential};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::actions::{KillThings, Launch, ListThings};
use crate::fake_service::{FakeService, Reply};

fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .without_environment()
        .endpoint(url)
        .credential(Credential::new("AKIDEXAMPLE", "canary-secret-key").unwrap())
        .region("ap-guangzhou")
}

/// Records every event of the client, one line each.
#[derive(Clone, Default)]
struct EventLog(Arc<Mutex<Vec<String>>>);

impl EventLog {
    /// Removes and returns the recorded lines of this target.
    fn take(&self, target: &str) -> Vec<String> {
        let mut lines = self.0.lock().unwrap();
        let (lines_of_target, rest) = lines.drain(..).partition(|line| line.starts_with(target));
        *lines = rest;
        lines_of_target
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for EventLog {
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
    fn take(&self) -> Vec<Option<String>> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_and_tracing_report_failover_and_breaker_changes() {
    let log = EventLog::default();
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let (own, backup) = ("cvm.example.com", "backup.example.com:8443");
    let down = Arc::new(AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let fake = FakeService::new(move |request, _| {
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
        assert_eq!(hosts.take(), [some(own), some(backup)]);
        let taken = log.take("cvm_transport::failover");
        assert_eq!(taken.len(), 1, "{taken:?}");
        assert!(taken[0].contains(&format!("host=\"{backup}\"")), "{taken:?}");
        assert!(taken[0].contains(&format!("instead_of=\"{own}\"")), "{taken:?}");
        assert!(log.take("cvm_transport::breaker").is_empty());
    }
    let attempts = log.take("cvm_transport::attempt");
    assert_eq!(attempts.len(), 8);
    assert!(attempts[6].contains(&format!("host=\"{own}\"")), "{attempts:?}");
    assert!(attempts[7].contains(&format!("host=\"{backup}\"")), "{attempts:?}");

    // The fifth failure opens the breaker, and the endpoint is skipped.
    client.send(ListThings::default()).await.unwrap();
    let changes = log.take("cvm_transport::breaker");
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(changes[0].contains("state=\"open\"") && changes[0].contains(own), "{changes:?}");
    hosts.take();
    client.send(ListThings::default()).await.unwrap();
    assert_eq!(hosts.take(), [some(backup)]);
    // A request that cannot fail over has no host.
    client.send(KillThings { thing_ids: vec!["thing-1".into()] }).await.unwrap_err();
    assert_eq!(hosts.take(), [None]);

    // After the open period, the host is probed. Three successful responses close the breaker.
    down.store(false, Ordering::SeqCst);
    tokio::time::advance(Duration::from_secs(31)).await;
    log.take("");
    for _ in 0..3 {
        client.send(ListThings::default()).await.unwrap();
    }
    assert_eq!(hosts.take(), [some(own), some(own), some(own)]);
    let changes = log.take("cvm_transport::breaker");
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert!(changes[0].contains("state=\"half-open\""), "{changes:?}");
    assert!(changes[1].contains("state=\"closed\""), "{changes:?}");
    let everything = log.take("").join("\n");
    assert!(!everything.contains("canary"), "{everything}");
}

#[tokio::test(start_paused = true)]
async fn dropped_call_emits_event() {
    let log = EventLog::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    for (held, message) in [(true, "abandoned, not sent"), (false, "abandoned, outcome unknown")] {
        let fake = FakeService::new(move |_, _| Reply::Silent { held });
        let client = fake.builder().build().unwrap();
        let call = client.send(Launch::default());
        let soon = Duration::from_secs(1);
        assert!(tokio::time::timeout(soon, call).await.is_err());
        let calls = log.take("cvm_transport::call");
        assert_eq!(calls.len(), 1, "{calls:?}");
        for part in [message, "action=\"Launch\"", "client_token=\"", "attempts=1"] {
            assert!(calls[0].contains(part), "{part}: {calls:?}");
        }
        assert!(calls[0].contains(&format!("outcome_unknown={}", !held)), "{calls:?}");
    }
}
