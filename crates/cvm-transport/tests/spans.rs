//! The spans and events of calls: which exist, which fields they have, and that the documentation lists them. Runs
//! alone in its process, because it subscribes to `tracing`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(feature = "tracing")]

#[allow(dead_code, reason = "this test uses only a part of it")]
#[path = "it/actions.rs"]
mod actions;
#[expect(dead_code, reason = "this test uses only a part of it")]
#[path = "it/fake_service.rs"]
mod fake_service;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::http::HttpErrorKind;
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

/// The name of a span, or `event`; target; level; names of the fields.
type Shape = (String, String, String, BTreeSet<String>);

/// A span or event with its values.
#[derive(Clone, Debug)]
struct Recorded {
    name: String,
    parent: Option<u64>,
    values: BTreeMap<String, String>,
}

/// Collects spans and events.
#[derive(Clone, Default)]
struct Collector(Arc<Collected>);

#[derive(Default)]
struct Collected {
    last_id: AtomicU64,
    entered: Mutex<Vec<u64>>,
    spans: Mutex<BTreeMap<u64, Recorded>>,
    events: Mutex<Vec<Recorded>>,
    shapes: Mutex<BTreeSet<Shape>>,
}

impl Collector {
    fn spans(&self, name: &str) -> Vec<(u64, Recorded)> {
        let spans = self.0.spans.lock().unwrap();
        let named = spans.iter().filter(|(_, span)| span.name == name);
        named.map(|(id, span)| (*id, span.clone())).collect()
    }

    fn clear(&self) {
        self.0.spans.lock().unwrap().clear();
        self.0.events.lock().unwrap().clear();
    }

    fn note_shape(&self, name: &str, metadata: &Metadata<'_>) {
        let fields = metadata.fields().iter().map(|field| field.name().to_owned());
        let fields = fields.filter(|field| field != "message").collect();
        let (target, level) = (metadata.target().to_owned(), metadata.level().to_string());
        self.0.shapes.lock().unwrap().insert((name.to_owned(), target, level, fields));
    }
}

struct Values<'a>(&'a mut BTreeMap<String, String>);

impl Visit for Values<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("cvm_transport")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let metadata = attributes.metadata();
        self.note_shape(metadata.name(), metadata);
        let mut values = BTreeMap::new();
        attributes.record(&mut Values(&mut values));
        let parent = self.0.entered.lock().unwrap().last().copied();
        let span = Recorded { name: metadata.name().to_owned(), parent, values };
        let id = self.0.last_id.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.spans.lock().unwrap().insert(id, span);
        Id::from_u64(id)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let mut spans = self.0.spans.lock().unwrap();
        values.record(&mut Values(&mut spans.get_mut(&id.into_u64()).unwrap().values));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.note_shape("event", event.metadata());
        let mut values = BTreeMap::new();
        event.record(&mut Values(&mut values));
        let parent = self.0.entered.lock().unwrap().last().copied();
        let name = event.metadata().target().to_owned();
        self.0.events.lock().unwrap().push(Recorded { name, parent, values });
    }

    fn enter(&self, id: &Id) {
        self.0.entered.lock().unwrap().push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        let left = self.0.entered.lock().unwrap().pop();
        assert_eq!(left, Some(id.into_u64()), "spans of one task nest");
    }
}

#[tokio::test(start_paused = true)]
async fn call_and_its_attempts_have_spans() {
    let collector = Collector::default();
    let _guard = tracing::subscriber::set_default(collector.clone());
    let fake = FakeService::new(|_, number| match number {
        1 => Reply::error("InternalError", Vec::new()),
        _ => Reply::healthy(),
    });
    let client = fake.builder().build().unwrap();
    client.send(ListThings::default()).await.unwrap();

    let calls = collector.spans("call");
    assert_eq!(calls.len(), 1, "{calls:?}");
    let (call_id, call) = &calls[0];
    let expected = [
        ("otel.name", "ListThings"),
        ("otel.kind", "client"),
        ("service", "cvm"),
        ("action", "ListThings"),
        ("region", "ap-guangzhou"),
        ("attempts", "2"),
        ("outcome", "success"),
        ("request_id", "r-ok"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(call.values, BTreeMap::from(expected));

    let attempts = collector.spans("attempt");
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    for ((_, attempt), (number, outcome, id)) in
        attempts.iter().zip([("1", "ambiguous", "r-error"), ("2", "success", "r-ok")])
    {
        assert_eq!(attempt.parent, Some(*call_id));
        assert_eq!(attempt.values["attempt"], number);
        assert_eq!(attempt.values["action"], "ListThings");
        assert_eq!(attempt.values["region"], "ap-guangzhou");
        assert_eq!(attempt.values["host"], "cvm.example.com");
        assert_eq!(attempt.values["outcome"], outcome);
        assert_eq!(attempt.values["request_id"], id);
        assert_eq!(attempt.values["status"], "200");
    }
    assert_eq!(attempts[0].1.values["code"], "InternalError");

    let events = collector.0.events.lock().unwrap().clone();
    let parents: Vec<_> = events.iter().map(|event| event.parent).collect();
    assert_eq!(parents, [Some(attempts[0].0), Some(attempts[1].0), Some(*call_id)]);
    assert_eq!(events[2].values["request_id"], "r-ok");
    assert_eq!(events[2].values["message"], "succeeded");
}

#[tokio::test(start_paused = true)]
async fn spans_of_failed_and_abandoned_calls_tell_so() {
    let collector = Collector::default();
    let _guard = tracing::subscriber::set_default(collector.clone());
    let outcome = |collector: &Collector| {
        let calls = collector.spans("call");
        assert_eq!(calls.len(), 1, "{calls:?}");
        collector.clear();
        calls[0].1.values.clone()
    };
    let fake = FakeService::new(|request, _| match request.action() {
        "ListThings" => Reply::error("InvalidParameter", Vec::new()),
        "KillThings" => Reply::Fails(HttpErrorKind::PossiblySent),
        _ => Reply::Silent { held: false },
    });
    let client = fake.builder().build().unwrap();

    client.send(ListThings::default()).await.unwrap_err();
    let values = outcome(&collector);
    assert_eq!((&*values["outcome"], &*values["code"]), ("failed", "InvalidParameter"));
    assert_eq!((&*values["otel.status_code"], &*values["request_id"]), ("ERROR", "r-error"));

    client.send(KillThings { thing_ids: vec!["thing-1".into()] }).await.unwrap_err();
    assert_eq!(outcome(&collector)["outcome"], "outcome unknown");

    let call = client.send(Launch::default());
    tokio::time::timeout(Duration::from_secs(1), call).await.unwrap_err();
    assert_eq!(outcome(&collector)["outcome"], "abandoned");
}

#[cfg(feature = "blocking")]
#[test]
fn blocking_call_is_in_the_span_of_its_caller() {
    let collector = Collector::default();
    // The call runs on another thread.
    tracing::subscriber::set_global_default(collector.clone()).unwrap();
    let fake = FakeService::new(|_, _| Reply::healthy());
    let client = cvm_transport::blocking::Client::new(fake.builder()).unwrap();
    let outer = tracing::info_span!(target: "cvm_transport_test", "outer");
    outer.in_scope(|| client.send(ListThings::default())).unwrap();
    let (outer, calls) = (collector.spans("outer"), collector.spans("call"));
    assert_eq!(calls[0].1.parent, Some(outer[0].0), "{calls:?}");
}

/// The rows of the documented table.
fn documented() -> BTreeSet<Shape> {
    let quoted = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let rows = include_str!("../docs/tracing.md").lines().filter(|line| line.contains("| `cvm_"));
    let shape = |row: &str| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let name = match cells[0].strip_prefix("span ") {
            Some(name) => name.trim_matches('`').to_owned(),
            None => "event".to_owned(),
        };
        let target = quoted(cells[1]).remove(0);
        (name, target, cells[2].to_owned(), quoted(cells[3]).into_iter().collect())
    };
    rows.map(shape).collect()
}

#[tokio::test(start_paused = true)]
async fn documentation_lists_all_spans_events_and_fields() {
    let collector = Collector::default();
    let _guard = tracing::subscriber::set_default(collector.clone());
    let fake = FakeService::new(|request, _| match (request.authority(), request.action()) {
        ("cvm.example.com", "ListThings") => Reply::Fails(HttpErrorKind::NotSent),
        (_, "ListThings") => Reply::healthy(),
        (_, "KillThings") => Reply::error("InvalidParameter", Vec::new()),
        (_, action) => Reply::Silent { held: action == "SetName" },
    });
    let client = fake.builder().breaker(true).backup_endpoints(["https://backup.example.com"]);
    let client = client.build().unwrap();
    client.send(KillThings { thing_ids: vec!["thing-1".into()] }).await.unwrap_err();
    let soon = Duration::from_secs(1);
    tokio::time::timeout(soon, client.send(Launch::default())).await.unwrap_err();
    let set_name = client.send(crate::actions::SetName::default());
    tokio::time::timeout(soon, set_name).await.unwrap_err();
    // The failures of the endpoint open its breaker.
    for _ in 0..5 {
        client.send(ListThings::default()).await.unwrap();
    }

    let mut collected = collector.0.shapes.lock().unwrap().clone();
    // The only event that needs a file with the wrong permissions.
    let file = "cvm_transport::credentials".to_owned();
    collected.insert(("event".to_owned(), file, "WARN".to_owned(), BTreeSet::new()));
    assert_eq!(collected, documented());
}
