//! One emulated cloud: from a request to its answer, in the order in which the service checks.
//!
//! Method, size, dialect, signature, version, action, region, parameters; then what the action itself
//! checks: existence, state, and only then a change.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use cvm_protocol::ActionInfo;
use cvm_signer::{Credential, Method, v1};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header};

use crate::Timestamp;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::auth::Authenticator;
use crate::catalog::{REGIONS, Region, region};
use crate::clock::VirtualClock;
use crate::dialect::{self, Call, Dialect, Incoming};
use crate::dispatch::parse_request;
use crate::repair::Repair;
use crate::response::{ActionResponse, CONTENT_TYPE};
use crate::seeded_rng::{SeededRng, Stream};

use crate::state::{RepairTask, RequestContext, State, View};

/// A real-time clock, in Unix seconds, against which signatures are judged.
pub(crate) type WallClock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// An emulated cloud: one account, its credentials, its clock and its instances. Clones share it.
#[derive(Clone)]
pub struct Cloud(Arc<Inner>);

struct Inner {
    credential: Credential,
    keyring: Authenticator,
    clock: VirtualClock,
    wall_clock: WallClock,
    dice: SeededRng,
    requests: AtomicU64,
    world: Mutex<State>,
}

impl Cloud {
    pub(crate) fn new(
        credential: Credential,
        keyring: Authenticator,
        clock: VirtualClock,
        wall_clock: WallClock,
        dice: SeededRng,
    ) -> Self {
        let world = Mutex::new(State::new(dice));
        let requests = AtomicU64::new(0);
        Self(Arc::new(Inner { credential, keyring, clock, wall_clock, dice, requests, world }))
    }

    /// A credential of the account: the first that the builder was given, or the one made at start.
    #[must_use]
    pub fn credential(&self) -> Credential {
        self.0.credential.clone()
    }

    /// The virtual clock.
    #[must_use]
    pub fn clock(&self) -> VirtualClock {
        self.0.clock.clone()
    }

    /// Announces maintenance of an instance, as the operator of a cloud does: it waits among the tasks
    /// of the region until `RepairTaskControl` approves it. Returns the id of the task, or `None` when
    /// the region or the instance does not exist.
    #[must_use]
    pub fn schedule_repair(&self, repair: &Repair) -> Option<String> {
        let region = region(&repair.region, false)?;
        let mut world = self.0.world.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.0.clock.now();
        let View { store, holdings, mint } = world.region(region.name, &self.0.clock, now);
        let machine = store.get(store.serial(&repair.instance_id)?)?;
        let id = mint.id("rep-", Stream::TaskId);
        let task = RepairTask::new(id.clone(), repair, &machine.api, now);
        holdings.entry(region.name).or_default().repair_tasks.announce(task);
        Some(id)
    }

    /// Answers a request without any socket: what [`crate::app`] does once the body is read.
    #[must_use]
    pub fn handle(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.respond(request).response
    }

    /// As [`Cloud::handle`], and tells whether the request proved a credential.
    pub(crate) fn respond(&self, request: &Request<Bytes>) -> Handled {
        if let Some(response) = no_api_call(request.method(), request.uri()) {
            return Handled { response, is_authenticated: false };
        }
        let request_id = self.next_request_id();
        let headers = texts(request.uri(), request.headers());
        let headers: Vec<_> = headers.iter().map(|(name, text)| (*name, text.as_ref())).collect();
        let call = self.authenticate(request, &headers);
        let is_authenticated = call.is_ok();
        let answer = call.and_then(|(call, info)| self.execute(&call, info, &request_id));
        let answer = answer.unwrap_or_else(ActionResponse::Error);
        Handled { response: respond(&answer, &request_id, request.headers()), is_authenticated }
    }

    /// Checks what the head of a request tells, before its body is read; the error is the response that
    /// needs no body.
    pub(crate) fn check_request(
        &self,
        parts: &Parts,
        announced: Option<u64>,
    ) -> Result<Admission, Box<Response<Bytes>>> {
        if let Some(response) = no_api_call(&parts.method, &parts.uri) {
            return Err(Box::new(response));
        }
        let admitted = self.admit_head(parts, announced);
        admitted.map_err(|refusal| Box::new(self.error_response(refusal, &parts.headers)))
    }

    fn admit_head(&self, parts: &Parts, announced: Option<u64>) -> Result<Admission, ApiError> {
        let headers = texts(&parts.uri, &parts.headers);
        let headers: Vec<_> = headers.iter().map(|(name, text)| (*name, text.as_ref())).collect();
        let incoming = head(&parts.method, &parts.uri, &headers)?;
        let dialect = dialect::of_head(&incoming)?;
        let limit = match (dialect, incoming.method) {
            (Dialect::Tc3, Method::Post) => body_limit(&parts.headers),
            // The credentials are in the body itself, or the body has no meaning.
            _ => dialect::MAX_FORM,
        };
        if announced.is_some_and(|length| usize::try_from(length).map_or(true, |it| it > limit)) {
            return Err(dialect::too_large("body", limit));
        }
        let is_key_known = dialect == Dialect::Tc3;
        if is_key_known {
            self.0.keyring.admit_tc3(&incoming, (self.0.wall_clock)())?;
        }
        Ok(Admission { limit, is_key_known })
    }

    /// Refuses a request that could not even be read.
    pub(crate) fn error_response(&self, refusal: ApiError, headers: &HeaderMap) -> Response<Bytes> {
        respond(&ActionResponse::Error(refusal), &self.next_request_id(), headers)
    }

    fn next_request_id(&self) -> String {
        let place = self.0.requests.fetch_add(1, Ordering::Relaxed);
        self.0.dice.uuid(Stream::RequestId, place)
    }

    fn authenticate<'a>(
        &self,
        request: &'a Request<Bytes>,
        headers: &'a [(&'a str, &'a str)],
    ) -> Result<(Call<'a>, Option<&'static ActionInfo>), ApiError> {
        let head = head(request.method(), request.uri(), headers)?;
        let limit = body_limit(request.headers());
        if request.body().len() > limit {
            return Err(dialect::too_large("body", limit));
        }
        let incoming = Incoming { body: request.body(), ..head };
        let dialect = dialect::of_head(&incoming)?;
        if dialect != Dialect::Tc3 {
            self.0.keyring.admit_v1(dialect, &incoming, (self.0.wall_clock)())?;
        }
        let mut call = dialect::read(&incoming)?;
        let info = call.action.as_deref().and_then(cvm_models::action);
        self.0.keyring.check(&incoming, &mut call, info, (self.0.wall_clock)())?;
        Ok((call, info))
    }

    fn execute(
        &self,
        call: &Call<'_>,
        info: Option<&'static ActionInfo>,
        request_id: &str,
    ) -> Result<ActionResponse, ApiError> {
        let (info, region) = route(call, info)?;
        let deed = parse_request(info, call.dialect, &call.parameters)?;
        let (codes, clock) = (DocumentedCodes(info), &self.0.clock);
        self.with_state(region.name, |View { store, holdings, mint }, now| {
            deed.apply(&mut RequestContext {
                codes,
                request_id,
                region,
                clock,
                now,
                instances: store,
                regions: holdings,
                ids: mint,
            })
        })
    }

    /// Lets something happen in a region, after everything that was due there.
    pub(crate) fn with_state<R>(
        &self,
        region: &'static str,
        happen: impl FnOnce(View<'_>, Timestamp) -> R,
    ) -> R {
        // What panicked while it held the lock has left at worst one instance half-made.
        let mut world = self.0.world.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.0.clock.now();
        happen(world.region(region, &self.0.clock, now), now)
    }
}

/// A request whose body may come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admission {
    /// How long the body may be.
    pub(crate) limit: usize,
    /// Whether the head names a known key. Of a form only its body can tell.
    pub(crate) is_key_known: bool,
}

/// A response, and whether the request that it answers proved that its sender has a credential.
#[derive(Debug)]
pub(crate) struct Handled {
    pub(crate) response: Response<Bytes>,
    pub(crate) is_authenticated: bool,
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud").field("clock", &self.0.clock).finish_non_exhaustive()
    }
}

/// Version, action and region, in this order.
fn route(
    call: &Call<'_>,
    info: Option<&'static ActionInfo>,
) -> Result<(&'static ActionInfo, &'static Region), ApiError> {
    let missing = |name: &str| {
        let message = format!("The request is missing the common parameter `{name}`.");
        ApiError::new("MissingParameter", message)
    };
    let known = cvm_models::SERVICE.version;
    match call.version.as_deref() {
        Some(version) if version == known => {}
        Some(version) => {
            let message = format!("The version `{version}` is not known; this is {known}.");
            return Err(ApiError::new("NoSuchVersion", message));
        }
        None if call.dialect == Dialect::OldGateway => {}
        None => return Err(missing("Version")),
    }
    let action = call.action.as_deref().ok_or_else(|| missing("Action"))?;
    let info = info.ok_or_else(|| {
        let message = format!("The action `{action}` does not exist in version {known}.");
        ApiError::new("InvalidAction", message)
    })?;
    if !info.regional {
        // Such an action does not look at its region, right or wrong.
        return REGIONS.first().map(|any| (info, any)).ok_or_else(|| missing("Region"));
    }
    let name = call.region.as_deref().ok_or_else(|| missing("Region"))?;
    match region(name, call.dialect == Dialect::OldGateway) {
        Some(region) => Ok((info, region)),
        None => {
            let message = format!("{action} is not offered in the region `{name}`.");
            Err(ApiError::new("UnsupportedRegion", message))
        }
    }
}

fn is_known(uri: &Uri) -> bool {
    matches!(uri.path(), v1::API3_PATH | v1::GATEWAY_PATH | "")
}

/// The response to what is no call of the API at all.
fn no_api_call(method: &http::Method, uri: &Uri) -> Option<Response<Bytes>> {
    let (status, text): (_, &'static [u8]) = if *method == http::Method::CONNECT {
        // Any 2xx would tell the client that it has a tunnel (RFC 9110, 9.3.6).
        let text = b"the emulator is no proxy: give its url as the endpoint of the client\n";
        (StatusCode::NOT_IMPLEMENTED, text)
    } else if is_known(uri) {
        return None;
    } else {
        (StatusCode::NOT_FOUND, b"no such path\n")
    };
    let mut response = Response::new(Bytes::from_static(text));
    *response.status_mut() = status;
    Some(response)
}

/// A request without its body.
fn head<'a>(
    method: &http::Method,
    uri: &'a Uri,
    headers: &'a [(&'a str, &'a str)],
) -> Result<Incoming<'a>, ApiError> {
    let method = Method::parse(method.as_str()).ok_or_else(unsupported_method)?;
    let host = headers.iter().find(|(name, _)| *name == header::HOST.as_str());
    let authority = uri.authority().map(http::uri::Authority::as_str);
    Ok(Incoming {
        method,
        path: if uri.path().is_empty() { v1::API3_PATH } else { uri.path() },
        query: uri.query().unwrap_or_default(),
        host: host.map(|(_, host)| *host).or(authority).unwrap_or_default(),
        headers,
        body: &[],
    })
}

fn unsupported_method() -> ApiError {
    ApiError::new("UnsupportedProtocol", "Only the methods GET and POST are supported.")
}

/// Longest body of a request with these headers: JSON may be longer than a form.
fn body_limit(headers: &HeaderMap) -> usize {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = content_type.is_some_and(|text| {
        text.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
    });
    if is_form { dialect::MAX_FORM } else { dialect::MAX_JSON }
}

/// Header values as text; what is not UTF-8 in them can never match a signature, nor need it. A host in
/// the request line replaces that of the header (RFC 9112, 3.2.2).
fn texts<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Vec<(&'a str, Cow<'a, str>)> {
    let authority = uri.authority().map(http::uri::Authority::as_str);
    let text = |name: &HeaderName, value| match authority {
        Some(authority) if *name == header::HOST => Cow::Borrowed(authority),
        _ => String::from_utf8_lossy(HeaderValue::as_bytes(value)),
    };
    headers.iter().map(|(name, value)| (name.as_str(), text(name, value))).collect()
}

fn respond(answer: &ActionResponse, request_id: &str, request: &HeaderMap) -> Response<Bytes> {
    /// The SDKs' own label of a call, which the service gives back.
    const TRACE_ID: HeaderName = HeaderName::from_static("x-tc-traceid");
    let mut response = Response::new(answer.to_json(request_id));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    if let Some(trace_id) = request.get(&TRACE_ID).filter(|value| value.len() <= 128) {
        headers.insert(TRACE_ID, trace_id.clone());
    }
    response
}
