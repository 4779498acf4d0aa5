//! The latest requests in a ring, and counts of all requests. The admin API shows both.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use cvm_protocol::ActionInfo;
use cvm_signer::tc3;
use cvm_simulator::{AccountId, Timestamp};
use http::{HeaderMap, Method, header};
use serde::{Serialize, Serializer};

use crate::dialect::{Call, Dialect, Parameters};
use crate::events::Events;
use crate::explain::Explanation;

/// Maximum number of requests in the log.
const MAX_ENTRIES: usize = 1_000;

/// The explanations of this many wrong signatures are kept. One can have some kilobytes.
const MAX_EXPLANATIONS: usize = 50;

/// Maximum length in characters of a name that a client chose.
const MAX_NAME: usize = 128;

/// The upper bounds of the duration histogram, in microseconds. The last bucket has none.
pub(crate) const DURATION_BOUNDS: [u32; 9] =
    [50, 100, 250, 500, 1_000, 5_000, 25_000, 100_000, 1_000_000];

/// Records requests. A request costs one short lock.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    inner: Mutex<Inner>,
    events: Events,
    /// The time of its creation.
    run: u64,
}

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Entry>,
    /// By the number of their request.
    explanations: VecDeque<(u64, Arc<SignatureFailure>)>,
    next: u64,
    counts: HashMap<CountKey, Count>,
}

/// The addresses of the action and of the error code, and the HTTP status. Both are static, so no text is hashed.
type CountKey = (usize, usize, u16);

/// How many requests of one action ended in one way, and how long they took.
#[derive(Clone, Debug)]
pub(crate) struct Count {
    /// `None` for a request that named no known action.
    pub(crate) info: Option<&'static ActionInfo>,
    /// The error code.
    pub(crate) code: Option<&'static str>,
    /// The HTTP status.
    pub(crate) status: u16,
    pub(crate) total: Duration,
    /// One for each of [`DURATION_BOUNDS`], and one for longer durations.
    pub(crate) buckets: [u64; DURATION_BOUNDS.len() + 1],
}

/// A handled request. It contains no secret and no parameter.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// Counts the requests since the start, from 0.
    pub(crate) number: u64,
    #[serde(serialize_with = "write_time")]
    time: SystemTime,
    #[serde(serialize_with = "write_method")]
    method: Method,
    dialect: Option<&'static str>,
    pub(crate) service: Option<Cow<'static, str>>,
    pub(crate) action: Option<Cow<'static, str>>,
    pub(crate) region: Option<Cow<'static, str>>,
    /// The account number (UIN).
    pub(crate) account: Option<u64>,
    pub(crate) secret_id: Option<String>,
    status: u16,
    /// The error code.
    pub(crate) code: Option<&'static str>,
    request_id: String,
    /// Without reading the request and writing the response.
    duration_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_failure: Option<Arc<SignatureFailure>>,
}

/// Why a signature is wrong. Secret values are hidden.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SignatureFailure {
    #[serde(flatten)]
    explanation: Explanation,
    /// The scope that the client signed for: date, service and the end of all scopes. Only TC3 has one.
    client_scope: Option<String>,
    /// The headers that the client signed.
    client_signed_headers: Option<String>,
}

/// What is known about a request while it is handled.
#[derive(Debug)]
pub(crate) struct Record {
    started: Instant,
    method: Method,
    pub(crate) dialect: Option<Dialect>,
    pub(crate) info: Option<&'static ActionInfo>,
    /// The name of the service, if the action is unknown.
    pub(crate) service: Option<Cow<'static, str>>,
    /// The name of the action, if it is unknown.
    pub(crate) action: Option<Cow<'static, str>>,
    pub(crate) region: Option<Cow<'static, str>>,
    pub(crate) account: Option<AccountId>,
    pub(crate) secret_id: Option<String>,
    pub(crate) explanation: Option<Box<Explanation>>,
}

impl Record {
    /// A request that has just been read.
    pub(crate) fn of(method: &Method) -> Self {
        Self {
            started: Instant::now(),
            method: method.clone(),
            dialect: None,
            info: None,
            service: None,
            action: None,
            region: None,
            account: None,
            secret_id: None,
            explanation: None,
        }
    }

    /// Adds what the parameters of a refused request name. Nothing of it is verified.
    pub(crate) fn add_unverified(&mut self, call: &Call<'_>) {
        let Parameters::Pairs(pairs) = &call.parameters else { return };
        let secret_id = pairs.iter().find(|(name, _)| name == "SecretId");
        if call.dialect != Dialect::Tc3 {
            self.secret_id = secret_id.map(|(_, value)| shortened(value));
            self.region = call.region.as_deref().map(|region| Cow::Owned(shortened(region)));
        }
    }

    /// Adds what the head of a refused request names. Nothing of it is verified.
    fn add_head(&mut self, headers: &HeaderMap) {
        let text = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?;
            (!value.is_empty()).then(|| Cow::Owned(shortened(value)))
        };
        if self.info.is_none() && self.action.is_none() {
            self.action = text("x-tc-action");
        }
        self.region = self.region.take().or_else(|| text("x-tc-region"));
        if let Some(authorization) = authorization(headers) {
            let secret_id = || shortened(authorization.secret_id());
            self.secret_id.get_or_insert_with(secret_id);
            let service = || Cow::Owned(shortened(authorization.scope().service()));
            self.service.get_or_insert_with(service);
        }
    }
}

/// How a request ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: u16,
    pub(crate) code: Option<&'static str>,
    pub(crate) request_id: String,
}

impl RequestLog {
    pub(crate) fn new(events: Events) -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let run = u64::try_from(since.as_micros()).unwrap_or_default();
        Self { inner: Mutex::default(), events, run }
    }

    /// Adds a request. `headers` are those of the request.
    pub(crate) fn add(&self, mut record: Record, outcome: Outcome, headers: &HeaderMap) {
        let Outcome { status, code, request_id } = outcome;
        let elapsed = record.started.elapsed();
        if code.is_some() {
            record.add_head(headers);
        }
        let failure = record.explanation.take().map(|explanation| {
            let authorization = authorization(headers);
            let scope = authorization.as_ref().map(|it| shortened(&it.scope().to_string()));
            let signed = authorization.as_ref().map(|it| shortened(it.signed_headers()));
            Arc::new(SignatureFailure {
                explanation: *explanation,
                client_scope: scope,
                client_signed_headers: signed,
            })
        });
        let info = record.info;
        let mut entry = Entry {
            number: 0,
            time: SystemTime::now(),
            method: record.method,
            dialect: record.dialect.map(Dialect::name),
            service: info.map(|it| Cow::Borrowed(it.service.name)).or(record.service),
            action: info.map(|it| Cow::Borrowed(it.name)).or(record.action),
            region: record.region,
            account: record.account.map(AccountId::uin),
            secret_id: record.secret_id,
            status,
            code,
            request_id,
            duration_us: u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            signature_failure: None,
        };
        let mut inner = self.lock();
        entry.number = inner.next;
        inner.next += 1;
        inner.count(info, code, status, elapsed);
        if inner.entries.len() >= MAX_ENTRIES {
            inner.entries.pop_front();
        }
        if let Some(failure) = failure {
            if inner.explanations.len() >= MAX_EXPLANATIONS {
                inner.explanations.pop_front();
            }
            entry.signature_failure = Some(Arc::clone(&failure));
            inner.explanations.push_back((entry.number, failure));
        }
        // Under the lock, so that listeners get the requests in the order of their numbers.
        self.events.publish_request(entry.number, || as_json(&entry));
        entry.signature_failure = None;
        inner.entries.push_back(entry);
    }

    /// The last requests that match, at most this many, the oldest first.
    pub(crate) fn last(&self, limit: usize, matches: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        let inner = self.lock();
        let found = inner.entries.iter().rev().filter(|entry| matches(entry)).take(limit);
        let mut entries: Vec<Entry> = found.cloned().collect();
        entries.reverse();
        for entry in &mut entries {
            let of_entry = inner.explanations.iter().find(|(number, _)| *number == entry.number);
            entry.signature_failure = of_entry.map(|(_, failure)| Arc::clone(failure));
        }
        entries
    }

    /// The number of the oldest request in the log, and that of the next one, which are the same if the log is empty.
    pub(crate) fn bounds(&self) -> (u64, u64) {
        let inner = self.lock();
        (inner.entries.front().map_or(inner.next, |entry| entry.number), inner.next)
    }

    /// Tells the numbers of this log from those of an earlier process.
    pub(crate) const fn run(&self) -> u64 {
        self.run
    }

    /// Removes all requests. Their numbers go on, and the counts stay.
    pub(crate) fn clear(&self) {
        let mut inner = self.lock();
        inner.entries.clear();
        inner.explanations.clear();
    }

    /// The counts of all requests since the start.
    pub(crate) fn counts(&self) -> Vec<Count> {
        self.lock().counts.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn count(
        &mut self,
        info: Option<&'static ActionInfo>,
        code: Option<&'static str>,
        status: u16,
        elapsed: Duration,
    ) {
        let action = info.map_or(0, |info| std::ptr::from_ref(info).addr());
        let key = (action, code.map_or(0, |code| code.as_ptr().addr()), status);
        let count = self.counts.entry(key).or_insert_with(|| Count {
            info,
            code,
            status,
            total: Duration::ZERO,
            buckets: [0; DURATION_BOUNDS.len() + 1],
        });
        count.total = count.total.saturating_add(elapsed);
        let is_within = |bound: &u32| elapsed <= Duration::from_micros(u64::from(*bound));
        let bucket = DURATION_BOUNDS.iter().position(is_within).unwrap_or(DURATION_BOUNDS.len());
        if let Some(bucket) = count.buckets.get_mut(bucket) {
            *bucket += 1;
        }
    }
}

/// A request as data.
pub(crate) fn as_json(entry: &Entry) -> serde_json::Value {
    serde_json::to_value(entry).unwrap_or_default()
}

/// The start of a text that a client chose.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(MAX_NAME).collect()
}

fn authorization(headers: &HeaderMap) -> Option<tc3::Authorization<'_>> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    tc3::Authorization::parse(header.trim()).ok()
}

fn write_time<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    serializer.collect_str(&Timestamp::from_unix(since.as_secs()))
}

fn write_method<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(log: &RequestLog, code: Option<&'static str>, explanation: Option<Explanation>) {
        let record = Record { explanation: explanation.map(Box::new), ..Record::of(&Method::POST) };
        let outcome = Outcome { status: 200, code, request_id: "r-1".to_owned() };
        log.add(record, outcome, &HeaderMap::new());
    }

    fn explanation() -> Explanation {
        Explanation::new(None, Some("request".to_owned()), "string".to_owned())
    }

    #[test]
    fn ring_keeps_the_latest_requests_and_counts_all() {
        let log = RequestLog::default();
        for _ in 0..MAX_ENTRIES + 5 {
            add(&log, None, None);
        }
        let entries = log.last(usize::MAX, |_| true);
        let numbers: Vec<u64> = entries.iter().map(|entry| entry.number).collect();
        let expected: Vec<u64> = (5..MAX_ENTRIES as u64 + 5).collect();
        assert_eq!(numbers, expected);
        let counted: u64 = log.counts().iter().flat_map(|count| count.buckets).sum();
        assert_eq!(counted, MAX_ENTRIES as u64 + 5);
        log.clear();
        assert!(log.last(1, |_| true).is_empty());
        add(&log, None, None);
        assert_eq!(log.last(1, |_| true)[0].number, MAX_ENTRIES as u64 + 5);
    }

    #[test]
    fn few_explanations_are_kept() {
        let log = RequestLog::default();
        for _ in 0..MAX_EXPLANATIONS + 5 {
            add(&log, Some("AuthFailure.SignatureFailure"), Some(explanation()));
        }
        let entries = log.last(usize::MAX, |_| true);
        let kept: Vec<_> =
            entries.iter().filter(|entry| entry.signature_failure.is_some()).collect();
        assert_eq!((entries.len(), kept.len()), (MAX_EXPLANATIONS + 5, MAX_EXPLANATIONS));
        assert_eq!(kept[0].number, 5);
    }

    #[test]
    fn names_from_the_head_are_shortened() {
        let log = RequestLog::default();
        let mut headers = HeaderMap::new();
        headers.insert("x-tc-action", "A".repeat(10_000).parse().unwrap());
        let outcome =
            Outcome { status: 200, code: Some("InvalidAction"), request_id: String::new() };
        log.add(Record::of(&Method::POST), outcome, &headers);
        let entries = log.last(1, |_| true);
        assert_eq!(entries[0].action.as_ref().map(|action| action.len()), Some(MAX_NAME));
    }
}
