//! The stream of events, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use cvm_protocol::{did_you_mean, similar_names};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};

use super::clock;
use super::error::AdminError;
use super::input::Parameters;
use crate::Cloud;
use crate::events::{Event, EventKind};
use crate::limits::Limits;
use crate::request_log;
use crate::simulation::WeakSimulation;

/// How often a comment shows that a silent stream is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How often what is due is applied while somebody listens.
const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// The header with which a client continues after the last event that it has seen.
const LAST_EVENT_ID: &str = "last-event-id";

/// The open streams of a server, which end when it stops. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Streams {
    sender: Arc<watch::Sender<bool>>,
    /// Never reads the value, so its clones see every change as new.
    receiver: watch::Receiver<bool>,
    free: Arc<Semaphore>,
    max: usize,
}

impl Streams {
    /// Of a server with these limits. A stream is never closed to make room for another connection, so half of the connections
    /// are left to requests.
    pub(super) fn new(limits: &Limits) -> Self {
        let (sender, receiver) = watch::channel(false);
        let max = limits.max_connections / 2;
        Self { sender: Arc::new(sender), receiver, free: Arc::new(Semaphore::new(max)), max }
    }

    pub(super) fn end(&self) {
        self.sender.send_replace(true);
    }

    fn open(&self) -> Result<OwnedSemaphorePermit, AdminError> {
        Arc::clone(&self.free).try_acquire_owned().map_err(|_| {
            let message =
                format!("{} streams of events are open, the maximum; close one", self.max);
            AdminError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_streams", message)
        })
    }

    async fn ended(&mut self) {
        // The sender is alive as long as this is.
        let _ = self.receiver.changed().await;
    }
}

/// Whether a response is a stream of events.
pub(crate) fn is_stream<B>(response: &http::Response<B>) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventQuery {
    account: Option<u64>,
    action: Option<String>,
    /// First, this many of the latest requests in the log.
    backlog: Option<usize>,
    code: Option<String>,
    /// The id of an instance.
    id: Option<String>,
    /// The kinds of events, separated by commas.
    kind: Option<String>,
    region: Option<String>,
    service: Option<String>,
}

/// Sends what happens from now on, until the client leaves or the server stops.
pub(super) async fn stream(
    State(cloud): State<Cloud>,
    Extension(streams): Extension<Streams>,
    headers: HeaderMap,
    Parameters(query): Parameters<EventQuery>,
) -> Result<Response, AdminError> {
    let position = headers.get(LAST_EVENT_ID).map(|value| position(&cloud, value)).transpose()?;
    let (backlog, filter) = (query.backlog, Filter::new(query)?);
    let permit = streams.open()?;
    let events = cloud.simulation().events();
    // Before the log is read, so that no request is lost in between.
    let receiver = events.subscribe();
    if events.start_watching() {
        tokio::spawn(apply_due_at_its_time(cloud.simulation().downgrade()));
    }
    let mut listener = Listener {
        receiver,
        filter,
        streams,
        _permit: permit,
        pending: VecDeque::new(),
        next_request: 0,
        run: cloud.request_log().run(),
    };
    listener.replay(&cloud, position, backlog);
    let keep_alive = KeepAlive::new().interval(HEARTBEAT);
    let stream = stream::unfold(listener, Listener::next);
    let mut response = Sse::new(stream).keep_alive(keep_alive).into_response();
    // The connection is of no use after the stream.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    Ok(response)
}

/// Applies what is due as long as somebody listens. Without a listener, the next request does it. The virtual time of a change
/// is the same either way.
async fn apply_due_at_its_time(simulation: WeakSimulation) {
    while let Some(simulation) = simulation.upgrade() {
        if !simulation.events().is_still_watched() {
            return;
        }
        simulation.apply_due();
        // A simulation that is kept would keep its data directory.
        drop(simulation);
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// The number of the first request that the client has not seen. The id of an event is the run of the emulator and this number.
fn position(cloud: &Cloud, id: &HeaderValue) -> Result<u64, AdminError> {
    let text = id.to_str().unwrap_or_default();
    let parsed = text.split_once('-').and_then(|(run, next)| {
        let run = u64::from_str_radix(run, 16).ok()?;
        Some((run, next.parse::<u64>().ok()?))
    });
    match parsed {
        Some((run, next)) if run == cloud.request_log().run() => Ok(next),
        // An earlier run: this client has seen nothing of the present one.
        Some(_) => Ok(0),
        None => Err(AdminError::invalid(format!(
            "`Last-Event-ID` is \"{text}\", which is no id of an event; send the last id of the stream, or none"
        ))),
    }
}

/// Which events a listener wants. A member that is absent accepts every event.
struct Filter {
    kinds: Vec<EventKind>,
    account: Option<u64>,
    /// Members of the event and their values.
    members: Vec<(&'static str, String)>,
}

impl Filter {
    fn new(query: EventQuery) -> Result<Self, AdminError> {
        let names = query.kind.as_deref().into_iter().flat_map(|kinds| kinds.split(','));
        let kinds = names.map(|name| {
            EventKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| unknown(name))
        });
        let members = [
            ("action", query.action),
            ("code", query.code),
            ("id", query.id),
            ("region", query.region),
            ("service", query.service),
        ];
        let members = members.into_iter().filter_map(|(name, value)| Some((name, value?)));
        Ok(Self {
            kinds: kinds.collect::<Result<_, _>>()?,
            account: query.account,
            members: members.collect(),
        })
    }

    fn accepts(&self, kind: EventKind, data: &Value) -> bool {
        let is = |(name, wanted): &(&'static str, String)| {
            data.get(*name).and_then(Value::as_str).unwrap_or_default() == wanted
        };
        (self.kinds.is_empty() || self.kinds.contains(&kind))
            && self.members.iter().all(is)
            && self.account.is_none_or(|it| data.get("account").and_then(Value::as_u64) == Some(it))
    }
}

fn unknown(name: &str) -> AdminError {
    let names = EventKind::ALL.map(EventKind::name);
    let fix = did_you_mean(&similar_names(name, names))
        .unwrap_or_else(|| format!("use one of {}", names.join(", ")));
    AdminError::invalid(format!("`kind` is \"{name}\", which is no kind of event; {fix}"))
}

/// A client of the stream.
struct Listener {
    receiver: broadcast::Receiver<Event>,
    filter: Filter,
    streams: Streams,
    _permit: OwnedSemaphorePermit,
    /// What is sent before anything else.
    pending: VecDeque<sse::Event>,
    /// The number of the first request that was not sent yet.
    next_request: u64,
    run: u64,
}

impl Listener {
    /// Begins with the requests of the log from a position on, or with the latest ones.
    fn replay(&mut self, cloud: &Cloud, position: Option<u64>, backlog: Option<usize>) {
        let log = cloud.request_log();
        let (first, next) = log.bounds();
        let lost = position.map_or(0, |position| first.saturating_sub(position));
        self.next_request = next;
        let connected = clock::json(cloud);
        let mut replayed = match (position, backlog) {
            (Some(position), _) => log.last(usize::MAX, |entry| entry.number >= position),
            (None, Some(_)) => log.last(usize::MAX, |_| true),
            (None, None) => Vec::new(),
        };
        replayed.retain(|entry| entry.number < next);
        let data = replayed.iter().map(|entry| (entry.number, request_log::as_json(entry)));
        let mut wanted: Vec<_> =
            data.filter(|(_, data)| self.filter.accepts(EventKind::Request, data)).collect();
        if let (None, Some(backlog)) = (position, backlog) {
            wanted.drain(..wanted.len().saturating_sub(backlog));
        }
        if lost > 0 {
            self.pending.push_back(lagged(lost));
        }
        for (number, data) in wanted {
            self.pending.push_back(self.event("request", Some(number + 1), &data.to_string()));
        }
        // Its id lets a client continue that has seen no request yet.
        self.pending.push_back(self.event("connected", Some(next), &connected.to_string()));
    }

    async fn next(mut self) -> Option<(Result<sse::Event, Infallible>, Self)> {
        if let Some(event) = self.pending.pop_front() {
            return Some((Ok(event), self));
        }
        loop {
            let received = tokio::select! {
                biased;
                () = self.streams.ended() => return None,
                received = self.receiver.recv() => received,
            };
            let event = match received {
                Ok(event) if self.is_wanted(&event) => self.event(
                    event.kind.name(),
                    event.number.map(|number| number + 1),
                    &event.data.text,
                ),
                Ok(_) => continue,
                Err(RecvError::Lagged(lost)) => lagged(lost),
                Err(RecvError::Closed) => return None,
            };
            return Some((Ok(event), self));
        }
    }

    fn is_wanted(&self, event: &Event) -> bool {
        let is_new = event.number.is_none_or(|number| number >= self.next_request);
        is_new && self.filter.accepts(event.kind, &event.data.value)
    }

    /// An event. Its id has the number of the first request after it, with which a client continues.
    fn event(&self, name: &str, next: Option<u64>, data: &str) -> sse::Event {
        let event = sse::Event::default().event(name).data(data);
        match next {
            Some(next) => event.id(format!("{:x}-{next}", self.run)),
            None => event,
        }
    }
}

/// Tells a listener how many events it lost.
fn lagged(lost: u64) -> sse::Event {
    sse::Event::default().event("lagged").data(json!({"lost": lost}).to_string())
}
