//! What happens to a cloud, for those who listen to it. While nobody listens, it costs nothing.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cvm_simulator::{Command, TimeMode, Timestamp, Transition};
use serde_json::{Value, json};
use tokio::sync::broadcast;

/// How many events a listener may be behind. Older ones are lost for it.
const CAPACITY: usize = 4096;

/// The events of a cloud. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Made for the first listener.
    sender: OnceLock<broadcast::Sender<Event>>,
    /// Whether a task applies what is due.
    is_watched: Mutex<bool>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) kind: EventKind,
    /// The number of the request in the log; `None` for other events.
    pub(crate) number: Option<u64>,
    pub(crate) data: Arc<Data>,
}

/// The data of an event, written once for all listeners.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) value: Value,
    pub(crate) text: String,
}

impl From<Value> for Data {
    fn from(value: Value) -> Self {
        let text = value.to_string();
        Self { value, text }
    }
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// The clock was moved, or its mode changed.
    Clock,
    /// A fault rule fired.
    Fault,
    /// Fault rules were added or removed.
    FaultRules,
    /// An instance changed its state.
    Instance,
    /// A request was answered.
    Request,
    /// The accounts lost everything that they had.
    Reset,
}

impl EventKind {
    /// All kinds, by name.
    pub(crate) const ALL: [Self; 6] =
        [Self::Clock, Self::Fault, Self::FaultRules, Self::Instance, Self::Request, Self::Reset];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Fault => "fault",
            Self::FaultRules => "fault_rules",
            Self::Instance => "instance",
            Self::Request => "request",
            Self::Reset => "reset",
        }
    }
}

impl Events {
    /// The events from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.sender.get_or_init(|| broadcast::Sender::new(CAPACITY)).subscribe()
    }

    /// Whether somebody listens.
    pub(crate) fn has_listeners(&self) -> bool {
        self.0.sender.get().is_some_and(|sender| sender.receiver_count() > 0)
    }

    /// Tells the listeners, if there are any.
    pub(crate) fn publish(&self, kind: EventKind, data: impl FnOnce() -> Value) {
        self.send(kind, None, data);
    }

    /// Tells the listeners about a request.
    pub(crate) fn publish_request(&self, number: u64, data: impl FnOnce() -> Value) {
        self.send(EventKind::Request, Some(number), data);
    }

    fn send(&self, kind: EventKind, number: Option<u64>, data: impl FnOnce() -> Value) {
        if let Some(sender) = self.0.sender.get().filter(|it| it.receiver_count() > 0) {
            // It fails if the last listener has just left.
            let _ = sender.send(Event { kind, number, data: Arc::new(data().into()) });
        }
    }

    /// Tells the listeners what a command did.
    pub(crate) fn publish_command(
        &self,
        cause: Option<EventKind>,
        transitions: &[Transition],
        clock: impl FnOnce() -> Value,
    ) {
        for transition in transitions {
            self.publish(EventKind::Instance, || describe(transition));
        }
        if let Some(kind) = cause {
            self.publish(kind, clock);
        }
    }

    /// Whether the caller, a listener, must start the task that applies what is due. It ends when
    /// [`Self::is_still_watched`] says so.
    pub(crate) fn start_watching(&self) -> bool {
        let mut is_watched = self.0.is_watched.lock().unwrap_or_else(PoisonError::into_inner);
        !std::mem::replace(&mut *is_watched, true)
    }

    /// Whether somebody listens. If not, the next listener starts a new task.
    pub(crate) fn is_still_watched(&self) -> bool {
        let mut is_watched = self.0.is_watched.lock().unwrap_or_else(PoisonError::into_inner);
        *is_watched = self.has_listeners();
        *is_watched
    }
}

/// The event that a command is, beside what it does to instances.
pub(crate) const fn cause(command: &Command) -> Option<EventKind> {
    match command {
        Command::AdvanceClock(_) | Command::RunUntilIdle(_) | Command::SetTimeMode(_) => {
            Some(EventKind::Clock)
        }
        Command::Reset => Some(EventKind::Reset),
        _ => None,
    }
}

/// The virtual clock as data.
pub(crate) fn clock_json(now: Timestamp, mode: TimeMode) -> Value {
    let (mode, scale) = match mode {
        TimeMode::Real => ("real", None),
        TimeMode::Scaled(scale) => ("scaled", Some(scale)),
        TimeMode::Instant => ("instant", None),
        TimeMode::Manual => ("manual", None),
    };
    json!({"now": now.to_string(), "mode": mode, "scale": scale})
}

fn describe(transition: &Transition) -> Value {
    json!({
        "time": transition.time.to_string(),
        "account": transition.account.uin(),
        "region": transition.region,
        "id": transition.id,
        "from": transition.from,
        "to": transition.to,
    })
}
