//! An emulated cloud: turns an HTTP request into a response, with the checks in the order of the service.
//!
//! The order is method, size, dialect, signature, service, version, action, region and parameters. Then the handler of
//! the action checks existence and state, and only after that changes anything.

mod accounts;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use cvm_signer::{Credential, Method, v1};
use cvm_simulator::{
    AccountId, ApiError, Caller, Catalog, ChcServer, Command, MetadataContent, MetadataQuery,
    NewKeyPair, Repair, Reply, RequestIds, Response as CommandResponse,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header};

use crate::admin_access::AdminAccess;
use crate::auth::{Authenticator, Identity, check_unsigned};
use crate::clock::VirtualClock;
use crate::dialect::{self, Call, Dialect, Incoming};
use crate::faults::{Faults, Injector, Plan};
use crate::handled::Handled;
use crate::key_pairs::{AcceptedRequest, KeyPairs};
use crate::limits::{MAX_FORM, MAX_JSON};
use crate::request_log::{Outcome, Record, RequestLog, shortened};
use crate::response::{self, CONTENT_TYPE};
use crate::routing::Target;
use crate::simulation::Simulation;

/// A real-time clock, in Unix seconds, for checking signatures and for the `Date` of responses.
pub(crate) type WallClock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// An emulated cloud: its accounts with their credentials and resources, and its clock. Clones share it.
#[derive(Clone)]
pub struct Cloud(Arc<Inner>);

struct Inner {
    admin: AdminAccess,
    credential: Credential,
    authenticator: Authenticator,
    wall_clock: WallClock,
    rejected_ids: RequestIds,
    /// `None` for the built-in one.
    catalog: Option<Catalog>,
    injector: Arc<Injector>,
    key_pairs: KeyPairs,
    request_log: RequestLog,
    simulation: Simulation,
}

impl Cloud {
    pub(crate) fn new(
        admin: AdminAccess,
        credential: Credential,
        authenticator: Authenticator,
        wall_clock: WallClock,
        seed: u64,
        simulation: Simulation,
        catalog: Option<Catalog>,
    ) -> Self {
        Self(Arc::new(Inner {
            admin,
            credential,
            authenticator,
            wall_clock,
            rejected_ids: RequestIds::of_rejected(seed),
            catalog,
            injector: Arc::new(Injector::new(seed, catalog, simulation.events().clone())),
            key_pairs: KeyPairs::new(seed),
            request_log: RequestLog::new(simulation.events().clone()),
            simulation,
        }))
    }

    /// Continues after the key pairs and request ids of an earlier process.
    pub(crate) fn continue_after(
        &self,
        key_pairs: &[(AccountId, NewKeyPair)],
        first_request_id: u64,
    ) {
        self.0.key_pairs.skip(key_pairs);
        self.0.rejected_ids.skip_to(first_request_id);
    }

    /// What an instance reads about itself.
    pub(crate) fn read_metadata(&self, query: MetadataQuery) -> Option<MetadataContent> {
        match self.0.simulation.apply(Command::ReadMetadata(query)) {
            Ok(CommandResponse::Metadata(content)) => content,
            _ => None,
        }
    }

    /// A credential of the first account: the first one given to the builder, or the generated one.
    #[must_use]
    pub fn credential(&self) -> Credential {
        self.0.credential.clone()
    }

    /// The token of the admin API, a secret. A client sends it as `Authorization: Bearer TOKEN`.
    #[must_use]
    pub fn admin_token(&self) -> &str {
        self.0.admin.token()
    }

    /// Deletes everything that the accounts have, and takes back every change of the virtual clock. With the same seed,
    /// the same requests then have the same effects again. Credentials, accounts and roles stay.
    pub fn reset(&self) {
        self.0.simulation.try_apply(Command::Reset);
        self.0.key_pairs.reset();
    }

    pub(crate) fn admin_access(&self) -> &AdminAccess {
        &self.0.admin
    }

    pub(crate) fn request_log(&self) -> &RequestLog {
        &self.0.request_log
    }

    pub(crate) fn simulation(&self) -> &Simulation {
        &self.0.simulation
    }

    pub(crate) fn catalog(&self) -> Catalog {
        self.0.catalog.unwrap_or_default()
    }

    /// The virtual clock.
    #[must_use]
    pub fn clock(&self) -> VirtualClock {
        VirtualClock::new(self.0.simulation.clone())
    }

    /// The injected faults.
    #[must_use]
    pub fn faults(&self) -> Faults {
        Faults::new(Arc::clone(&self.0.injector), self.0.simulation.clone())
    }

    /// Announces maintenance of an instance, as the operator of a cloud does. It waits among the tasks of the region
    /// until `RepairTaskControl` approves it. Returns the task id, or `None` if the region, or the instance of the
    /// account, does not exist, or the data directory has failed.
    #[must_use]
    pub fn schedule_repair(&self, repair: &Repair) -> Option<String> {
        match self.0.simulation.apply(Command::ScheduleRepair(repair.clone())) {
            Ok(CommandResponse::RepairScheduled(id)) => id,
            _ => None,
        }
    }

    /// Adds a server to a zone, as the operator of a cloud does. Returns its id, or `None` if the zone does not
    /// exist or the data directory has failed. The state of the server is `INIT`: its networks are not set up.
    #[must_use]
    pub fn add_chc_host(&self, server: &ChcServer) -> Option<String> {
        match self.0.simulation.apply(Command::AddChcHost(server.clone())) {
            Ok(CommandResponse::ChcHostAdded(id)) => id,
            _ => None,
        }
    }

    /// Handles a request without a socket, like [`crate::router`] after it has read the body. `CreateKeyPair` blocks
    /// the thread for a considerable part of a second. Injected faults do not delay it, and where they end the connection
    /// without a response, it returns the status 502 with a text that says so.
    #[must_use]
    pub fn handle(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut record = Record::of(request.method());
        match self.accept(request, &mut record) {
            Ok(accepted) => {
                let (accepted, plan) = self.plan(accepted, &record);
                let (handled, record) = if plan.is_refused {
                    (Handled::refused(&accepted), Some(record))
                } else {
                    let is_authenticated = accepted.is_authenticated();
                    let applied = self.0.key_pairs.complete(accepted).and_then(|accepted| {
                        self.0.simulation.apply(accepted.into_command()).map_err(ApiError::from)
                    });
                    (self.conclude(applied, is_authenticated, request.headers(), record), None)
                };
                self.finish(handled, plan, request.headers(), record).into_response()
            }
            Err(handled) => handled.into_response(),
        }
    }

    /// Like [`Cloud::handle`], and tells whether the request was authenticated. Never blocks the thread for long.
    pub(crate) async fn respond(&self, request: &Request<Bytes>) -> Handled {
        let mut record = Record::of(request.method());
        match self.accept(request, &mut record) {
            Ok(accepted) => {
                let (accepted, plan) = self.plan(accepted, &record);
                if !plan.delay.is_zero() {
                    tokio::time::sleep(plan.delay).await;
                }
                let (handled, record) = if plan.is_refused {
                    (Handled::refused(&accepted), Some(record))
                } else {
                    let is_authenticated = accepted.is_authenticated();
                    let applied = match self.0.key_pairs.complete_in_background(accepted).await {
                        Ok(accepted) => {
                            let command = accepted.into_command();
                            self.0.simulation.apply_in_task(command).await.map_err(ApiError::from)
                        }
                        Err(error) => Err(error),
                    };
                    (self.conclude(applied, is_authenticated, request.headers(), record), None)
                };
                if !plan.response_delay.is_zero() {
                    tokio::time::sleep(plan.response_delay).await;
                }
                self.finish(handled, plan, request.headers(), record)
            }
            Err(handled) => *handled,
        }
    }

    /// Decides which injected faults a request gets, and adds those of the simulated cloud to it.
    fn plan(&self, mut accepted: AcceptedRequest, record: &Record) -> (AcceptedRequest, Plan) {
        let secret_id = record.secret_id.as_deref().unwrap_or_default();
        let mut plan = self.0.injector.plan(&accepted, secret_id);
        for fault in std::mem::take(&mut plan.cloud_faults) {
            accepted.request = accepted.request.with_fault(fault);
        }
        (accepted, plan)
    }

    /// Replaces or damages the response, if a fault asks for it. The record is that of a request that was not applied.
    fn finish(
        &self,
        handled: Handled,
        plan: Plan,
        headers: &HeaderMap,
        record: Option<Record>,
    ) -> Handled {
        let Some(ending) = plan.ending else { return handled };
        let request_id = self.0.rejected_ids.next();
        let handled = ending.apply(handled, |code, message| {
            let body = response::error_to_json(code, message, &request_id);
            self.dated(with_headers(body, headers))
        });
        if let Some(record) = record {
            let status = handled.response.status().as_u16();
            // The code of the fault can be any text, and the log has only known ones.
            let outcome = Outcome { status, code: Some("InjectedFault"), request_id };
            self.0.request_log.add(record, outcome, headers);
        }
        handled
    }

    /// Makes all checks that need no state. The error is the response.
    fn accept(
        &self,
        request: &Request<Bytes>,
        record: &mut Record,
    ) -> Result<AcceptedRequest, Box<Handled>> {
        if let Some(response) = non_api_response(request.method(), request.uri()) {
            let response = self.dated(response);
            return Err(Box::new(Handled::new(response, false)));
        }
        let headers = header_texts(request.uri(), request.headers());
        let headers: Vec<_> = headers.iter().map(|(name, text)| (*name, text.as_ref())).collect();
        let call = self.authenticate(request, &headers, record);
        let is_authenticated = call.as_ref().is_ok_and(|call| call.caller != Caller::Unsigned);
        let parsed = call.and_then(|call| parse(self.catalog(), &call, record));
        parsed.map_err(|error| {
            let record = std::mem::replace(record, Record::of(request.method()));
            let response = self.error_response(record, error, request.headers());
            Box::new(Handled::new(response, is_authenticated))
        })
    }

    /// The response to a request that passed these checks.
    fn conclude(
        &self,
        applied: Result<CommandResponse, ApiError>,
        is_authenticated: bool,
        headers: &HeaderMap,
        record: Record,
    ) -> Handled {
        let response = match applied {
            Ok(CommandResponse::Reply { reply, request_id }) => {
                self.answer(record, &reply, request_id, headers)
            }
            Ok(_) => {
                let error = ApiError::new("InternalError", "The request has no reply.");
                self.error_response(record, error, headers)
            }
            Err(error) => self.error_response(record, error, headers),
        };
        Handled::new(response, is_authenticated)
    }

    /// Checks the head of a request before its body is read. The error is a response that does not need the body.
    pub(crate) fn check_request(
        &self,
        parts: &Parts,
        declared_length: Option<u64>,
    ) -> Result<Admission, Box<Response<Bytes>>> {
        if let Some(response) = non_api_response(&parts.method, &parts.uri) {
            return Err(Box::new(self.dated(response)));
        }
        let checked = self.check_head(parts, declared_length);
        checked.map_err(|error| {
            let record = Record::of(&parts.method);
            Box::new(self.error_response(record, error, &parts.headers))
        })
    }

    fn check_head(
        &self,
        parts: &Parts,
        declared_length: Option<u64>,
    ) -> Result<Admission, ApiError> {
        let headers = header_texts(&parts.uri, &parts.headers);
        let headers: Vec<_> = headers.iter().map(|(name, text)| (*name, text.as_ref())).collect();
        let incoming = head(&parts.method, &parts.uri, &headers)?;
        let dialect = dialect::detect(&incoming)?;
        let is_key_known = dialect == Dialect::Tc3 && !dialect::is_unsigned(dialect, &incoming);
        let limit = match incoming.method {
            Method::Post if is_key_known => body_limit(&parts.headers),
            // The body contains the credentials or another proof, or must be empty.
            _ => MAX_FORM,
        };
        if declared_length
            .is_some_and(|length| usize::try_from(length).map_or(true, |it| it > limit))
        {
            return Err(dialect::too_large("body", limit));
        }
        if is_key_known {
            self.0.authenticator.check_tc3_head(&incoming, (self.0.wall_clock)())?;
        }
        Ok(Admission { limit, is_key_known })
    }

    /// The response to a request that is rejected before it reaches the simulator.
    pub(crate) fn error_response(
        &self,
        record: Record,
        error: ApiError,
        headers: &HeaderMap,
    ) -> Response<Bytes> {
        self.answer(record, &Reply::Error(error), self.0.rejected_ids.next(), headers)
    }

    /// The response with this reply. Every API call ends here, so here it is logged.
    fn answer(
        &self,
        record: Record,
        reply: &Reply,
        request_id: String,
        headers: &HeaderMap,
    ) -> Response<Bytes> {
        let response = self.dated(respond(reply, &request_id, headers));
        let code = match reply {
            Reply::Error(error) => Some(error.code),
            Reply::Response(_) | Reply::DryRun => None,
        };
        let outcome = Outcome { status: response.status().as_u16(), code, request_id };
        self.0.request_log.add(record, outcome, headers);
        response
    }

    /// Adds the `Date` of the clock that checks signatures, from which clients correct their own. A server would add the
    /// time of this machine.
    fn dated(&self, mut response: Response<Bytes>) -> Response<Bytes> {
        /// The end of the year 9999, the last that the format has.
        const MAX_DATE: u64 = 253_402_300_799;
        let now = Duration::from_secs((self.0.wall_clock)().min(MAX_DATE));
        let date = httpdate::fmt_http_date(UNIX_EPOCH + now);
        if let Ok(date) = HeaderValue::try_from(date) {
            response.headers_mut().insert(header::DATE, date);
        }
        response
    }

    fn authenticate<'a>(
        &self,
        request: &'a Request<Bytes>,
        headers: &'a [(&'a str, &'a str)],
        record: &mut Record,
    ) -> Result<Authenticated<'a>, ApiError> {
        let head = head(request.method(), request.uri(), headers)?;
        let limit = body_limit(request.headers());
        if request.body().len() > limit {
            return Err(dialect::too_large("body", limit));
        }
        let incoming = Incoming { body: request.body(), ..head };
        let dialect = dialect::detect(&incoming)?;
        record.dialect = Some(dialect);
        if dialect != Dialect::Tc3 {
            self.0.authenticator.check_v1_head(dialect, &incoming, (self.0.wall_clock)())?;
        }
        let mut call = dialect::read(&incoming)?;
        let target = Target::of(&incoming, &call);
        let info = target.action(&call);
        record.info = info;
        let now = (self.0.wall_clock)();
        let Identity { account, caller, secret_id } = if dialect::is_unsigned(dialect, &incoming) {
            check_unsigned(info)?;
            // The action finds the account in its parameters.
            Identity { account: AccountId::FIRST, caller: Caller::Unsigned, secret_id: None }
        } else {
            let virtual_now = || self.0.simulation.now();
            let explanation = &mut record.explanation;
            let authenticator = &self.0.authenticator;
            let checked =
                authenticator.check(&incoming, &mut call, info, now, virtual_now, explanation);
            checked.inspect_err(|_| record.add_unverified(&call))?
        };
        record.account = secret_id.is_some().then_some(account);
        record.secret_id = secret_id;
        Ok(Authenticated { call, target, account, caller })
    }
}

/// Checks the parameters of a request.
fn parse(
    catalog: Catalog,
    authenticated: &Authenticated<'_>,
    record: &mut Record,
) -> Result<AcceptedRequest, ApiError> {
    let Authenticated { call, target, account, caller } = authenticated;
    let routed = target.route(catalog, call);
    record.region = match &routed {
        Ok((_, region)) => Some(Cow::Borrowed(region.name)),
        Err(_) => call.region.as_deref().map(|name| Cow::Owned(shortened(name))),
    };
    if record.info.is_none() {
        record.action = call.action.as_deref().map(|name| Cow::Owned(shortened(name)));
    }
    let (info, region) = routed?;
    let request = cvm_simulator::Request::parse(info, region, &call.action_parameters()?)?
        .with_caller(caller.clone());
    Ok(AcceptedRequest { account: *account, request })
}

/// A request with a valid signature, or of an action that needs none.
struct Authenticated<'a> {
    call: Call<'a>,
    target: Target,
    account: AccountId,
    caller: Caller,
}

/// The result of a valid head: the body can be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admission {
    /// Maximum length of the body.
    pub(crate) limit: usize,
    /// Whether the head names a known key. For a form, only the body can tell.
    pub(crate) is_key_known: bool,
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud").field("simulation", &self.0.simulation).finish_non_exhaustive()
    }
}

fn is_known(uri: &Uri) -> bool {
    matches!(uri.path(), v1::API3_PATH | v1::GATEWAY_PATH | "")
}

/// The response to a request that is not an API call.
fn non_api_response(method: &http::Method, uri: &Uri) -> Option<Response<Bytes>> {
    let (status, text): (_, &'static [u8]) = if *method == http::Method::CONNECT {
        // Any 2xx would tell the client that it has a tunnel (RFC 9110, 9.3.6).
        let text =
            b"the emulator opens no tunnels: use its URL as endpoint, or http over it as proxy\n";
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

/// Reads a request without its body.
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

/// Maximum body length for these headers. JSON may be longer than a form.
fn body_limit(headers: &HeaderMap) -> usize {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = content_type.is_some_and(|text| {
        text.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
    });
    if is_form { MAX_FORM } else { MAX_JSON }
}

/// Header values as text. A value that is not UTF-8 never matches a signature. A host in the request line replaces
/// the header (RFC 9112, 3.2.2).
fn header_texts<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Vec<(&'a str, Cow<'a, str>)> {
    let authority = uri.authority().map(http::uri::Authority::as_str);
    let text = |name: &HeaderName, value| match authority {
        Some(authority) if *name == header::HOST => Cow::Borrowed(authority),
        _ => String::from_utf8_lossy(HeaderValue::as_bytes(value)),
    };
    headers.iter().map(|(name, value)| (name.as_str(), text(name, value))).collect()
}

fn respond(reply: &Reply, request_id: &str, request: &HeaderMap) -> Response<Bytes> {
    with_headers(response::to_json(reply, request_id), request)
}

/// A response with this JSON.
fn with_headers(body: Bytes, request: &HeaderMap) -> Response<Bytes> {
    /// A label that the SDKs send and the service returns.
    const TRACE_ID: HeaderName = HeaderName::from_static("x-tc-traceid");
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    if let Some(trace_id) = request.get(&TRACE_ID).filter(|value| value.len() <= 128) {
        headers.insert(TRACE_ID, trace_id.clone());
    }
    response
}
