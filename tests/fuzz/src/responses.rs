//! Responses: whatever a server responds, the client decodes it without a panic and draws no unproved conclusion.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use cvm_models::http::{
    BoxFuture, HttpClient, HttpError, HttpResponse, PreparedRequest, ResponseBody, SendProgress,
};
use cvm_models::rate_limit::NoRateLimit;
use cvm_models::{Client, Error};
use cvm_protocol::{ActionInfo, Json, Model, Record, RetryClass, envelope, json};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::cloud::{REGION, actions, credential};
use crate::samples;

/// A first line `SERVICE ACTION STATUS`, header lines, an empty line, and the body.
pub fn run(input: &[u8]) {
    let Some(scripted) = Scripted::read(input) else { return };
    check_text(&scripted.body);
    check_models(scripted.info, &scripted.body);
    check_call(&scripted);
}

/// Everything that can be parsed can be printed, and means the same when it is parsed again.
fn check_text(body: &[u8]) {
    let Ok(parsed) = Json::parse(body) else { return };
    let printed = parsed.pretty();
    let again =
        Json::parse(printed.as_bytes()).unwrap_or_else(|error| panic!("{error}: {printed}"));
    assert_eq!(again.to_value(), parsed.to_value(), "{printed}");
    assert_eq!(again.pretty(), printed);
}

/// The struct of a response and a record decode the same, and nothing is lost in what they encode.
fn check_models(info: &'static ActionInfo, body: &[u8]) {
    let mut record = Record::new(info.response);
    let decoded = envelope::decode(&mut record, body);
    let _ = format!("{record:?} {decoded:?}");
    if let Some(model) = typed_response(info) {
        let mut model = model();
        let typed = envelope::decode(&mut *model, body);
        match (&decoded, &typed) {
            (Ok(envelope), Ok(other)) => {
                assert_eq!(envelope.error.is_some(), other.error.is_some());
                if envelope.error.is_none() {
                    let (typed, record) = (json::to_value(&*model), json::to_value(&record));
                    assert!(contains(&typed, &record), "{}: {typed} and {record}", info.name);
                }
                assert_eq!(envelope.is_contradictory, other.is_contradictory);
                assert_eq!(envelope.report.is_clean(), other.report.is_clean(), "{}", info.name);
            }
            (Err(_), Err(_)) => {}
            (record, typed) => panic!("{}: {record:?} and {typed:?}", info.name),
        }
    }
    if decoded.is_ok() {
        let text = json::to_vec(&record).unwrap();
        let mut again = Record::new(info.response);
        json::from_slice(&mut again, &text).unwrap();
        assert_eq!(json::to_value(&again), json::to_value(&record), "{}", info.name);
    }
}

/// Whether a value has everything that the other one has. A struct also has the defaults of members that are missing.
fn contains(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(members), Value::Object(parts)) => parts
            .iter()
            .all(|(name, part)| members.get(name).is_some_and(|member| contains(member, part))),
        (Value::Array(items), Value::Array(parts)) => {
            items.len() == parts.len()
                && items.iter().zip(parts).all(|(item, part)| contains(item, part))
        }
        (value, part) => value == part,
    }
}

type NewModel = fn() -> Box<dyn Model>;

/// The struct of the response of an action of CVM.
fn typed_response(info: &ActionInfo) -> Option<NewModel> {
    macro_rules! find {
        ($($model:path),* $(,)?) => {
            [$((|| Box::new(<$model>::default()) as Box<dyn Model>) as NewModel),*]
        };
    }
    thread_local! {
        static MODELS: Vec<(&'static str, NewModel)> = {
            let models = cvm_models::every_model!(find);
            models.map(|new| (new().table().name, new)).to_vec()
        };
    }
    if info.service.name != "cvm" {
        return None;
    }
    MODELS.with(|models| {
        models.iter().find(|(name, _)| *name == info.response.name).map(|(_, new)| *new)
    })
}

/// A call that gets this response to each of its attempts.
fn check_call(scripted: &Scripted) {
    thread_local! {
        static RUNTIME: Runtime =
            Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        static SERVER: RefCell<Option<(Client, Server)>> = const { RefCell::new(None) };
    }
    let (client, server) = SERVER.with_borrow_mut(|kept| {
        kept.get_or_insert_with(|| {
            let server = Server::default();
            (server.client(), server)
        })
        .clone()
    });
    *server.0.lock().unwrap() = Some(scripted.clone());
    let info = scripted.info;
    // The members do not matter: a client checks none of them before it sends a request.
    let result = RUNTIME.with(|runtime| runtime.block_on(client.call(info, json!({}))));
    match result {
        Ok(response) => {
            assert!(is_success(info, &scripted.body), "{}", scripted.shown());
            let _ = (response.json().pretty(), response.masked(), response.to_value());
        }
        Err(error) => check_error(scripted, &error),
    }
}

fn is_success(info: &'static ActionInfo, body: &[u8]) -> bool {
    let envelope = envelope::decode(&mut Record::new(info.response), body);
    envelope.is_ok_and(|envelope| envelope.error.is_none() && !envelope.is_contradictory)
}

/// A change that was sent either ends with an error of the service, or with an unknown outcome.
fn check_error(scripted: &Scripted, error: &Error) {
    let text = format!("{error}");
    assert!(!text.contains(['\n', '\r', '\0']), "more than a line: {text:?}");
    let _ = format!("{error:?}");
    let is_read =
        scripted.info.retry_class(&Record::new(scripted.info.request)) == RetryClass::Read;
    if is_read || error.is_usage() {
        return;
    }
    let is_refused = error.is_service() || error.is_throttled();
    assert!(
        is_refused || error.outcome_unknown().is_some(),
        "a change counts as not done: {text}\n{}",
        scripted.shown()
    );
}

/// A response of a server.
#[derive(Clone)]
struct Scripted {
    info: &'static ActionInfo,
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Scripted {
    fn read(input: &[u8]) -> Option<Self> {
        let at = input.windows(2).position(|pair| pair == b"\n\n")?;
        let (head, body) = (&input[..at], &input[at + 2..]);
        let mut lines = head.split(|byte| *byte == b'\n');
        let mut words = std::str::from_utf8(lines.next()?).ok()?.split(' ');
        let (service, action) = (words.next()?, words.next()?);
        let info = actions().find(|it| it.service.name == service && it.name == action)?;
        let status = words.next()?.parse().ok().filter(|status| (200..600).contains(status))?;
        let mut headers = HeaderMap::new();
        for line in lines {
            let at = line.iter().position(|byte| *byte == b':')?;
            let name = HeaderName::from_bytes(&line[..at]).ok()?;
            headers.append(name, HeaderValue::from_bytes(line[at + 1..].trim_ascii()).ok()?);
        }
        Some(Self { info, status, headers, body: Bytes::copy_from_slice(body) })
    }

    fn shown(&self) -> String {
        format!("{} {}\n{}", self.info.name, self.status, String::from_utf8_lossy(&self.body))
    }
}

/// A server that gives one response until it is replaced.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Option<Scripted>>>);

impl Server {
    fn client(&self) -> Client {
        Client::builder()
            .without_environment()
            .endpoint("https://cvm.example.com")
            .credential(credential())
            .region(REGION)
            .breaker(false)
            .max_attempts(2)
            .rate_limiter(NoRateLimit)
            .http(self.clone())
            .build()
            .unwrap()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server")
    }
}

impl HttpClient for Server {
    fn send<'a>(
        &'a self,
        _: PreparedRequest,
        progress: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        progress.mark_buffered();
        progress.mark_sending();
        let Scripted { status, headers, body, .. } = self.0.lock().unwrap().clone().unwrap();
        let body = Box::new(OnePiece(Some(body)));
        Box::pin(async move { Ok(HttpResponse { status, headers, body }) })
    }
}

struct OnePiece(Option<Bytes>);

impl ResponseBody for OnePiece {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, HttpError>> {
        let piece = self.0.take();
        Box::pin(async { Ok(piece) })
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let success = samples::responses().into_iter().map(|sample| {
        let (service, action, json) = (sample.service, sample.action, sample.json);
        format!("{service} {action} 200\n\n{{\"Response\":{json}}}")
    });
    let others = [
        "cvm TerminateInstances 200\ndate: Tue, 14 Nov 2023 22:13:20 GMT\n\n{\"Response\":{\"Error\":{\"Code\":\"RequestLimitExceeded\",\"Message\":\"m\"},\"RequestId\":\"r\"}}",
        "cvm RunInstances 200\n\n{\"code\":4100,\"message\":\"m\",\"codeDesc\":\"AuthFailure\"}",
        "cvm StopInstances 502\nretry-after: 1\n\n<html>Bad Gateway</html>",
        "cvm StartInstances 301\nlocation: https://example.com/\n\n",
        "cvm DescribeZones 429\nretry-after: 1\n\n",
        "cvm RebootInstances 200\n\n{\"Response\":{\"RequestId\":\"r\"},\"RequestId\":\"s\"}",
    ];
    success.chain(others.map(str::to_owned)).map(String::into_bytes).collect()
}
