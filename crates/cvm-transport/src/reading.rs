//! Reads what came back from one attempt: from bytes and failures to an outcome and an error.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use cvm_protocol::{DecodeError, ErrorCode, Gaps, Model, RetryClass, ServiceError, envelope};
use http::header::RETRY_AFTER;

use crate::clock::unix_seconds;
use crate::config::endpoint::Address;
use crate::credentials::{CredentialProviderError, CredentialSnapshot};
use crate::error::Kind;
use crate::http::client::HttpErrorKind;
use crate::http::exchange::{ExchangeError, RawResponse};
use crate::observe::mask::{
    MAX_MESSAGE, MAX_NAME, Secrets, cut, {self},
};
use crate::observe::observer::MaskedResponse;
use crate::pipeline::Call;
use crate::retry::backoff;
use crate::retry::breaker::Health;
use crate::retry::outcome::{
    is_code, outcome_of_code, outcome_of_gateway_number, outcome_of_status,
};
use crate::signing::skew;
use crate::{Dialect, Error, Outcome};

/// What one attempt brought.
pub(crate) struct AttemptResult {
    pub(crate) outcome: Outcome,
    pub(crate) error: Option<Error>,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) recoverable: bool,
    /// The same request would get the same answer again.
    pub(crate) is_final: bool,
    /// Its error code says that another attempt may do harm, even with the same client token.
    pub(crate) forbids_retry: bool,
    /// The response holds an error and a result.
    pub(crate) is_contradictory: bool,
    /// The caller's mistake or a credential that is not there: no request was made.
    pub(crate) is_local: bool,
    /// Every host that the request may go to is shut out for now.
    pub(crate) breaker_open: bool,
    /// The request was given to the HTTP client: what came of it speaks about the host.
    pub(crate) is_exchanged: bool,
    pub(crate) credential: Option<u64>,
    pub(crate) paced: Duration,
    pub(crate) body: Bytes,
    pub(crate) drift: Vec<String>,
    pub(crate) gaps: Gaps,
    /// Seconds by which the endpoint's clock is ahead of this machine's, if the response tells.
    pub(crate) clock_difference: Option<i64>,
}

impl AttemptResult {
    pub(crate) fn new(outcome: Outcome, error: Option<Error>) -> Self {
        Self {
            outcome,
            error,
            status: None,
            code: None,
            request_id: None,
            retry_after: None,
            recoverable: false,
            is_final: false,
            forbids_retry: false,
            is_contradictory: false,
            is_local: false,
            breaker_open: false,
            is_exchanged: false,
            credential: None,
            paced: Duration::ZERO,
            body: Bytes::new(),
            drift: Vec::new(),
            gaps: Gaps::default(),
            clock_difference: None,
        }
    }

    /// An attempt that ended before anything was sent. What the caller did wrong stays wrong.
    pub(crate) fn early(error: Error) -> Self {
        let is_local = matches!(error.kind(), Kind::Usage | Kind::Credentials);
        let outcome = if is_local { Outcome::Refused } else { Outcome::NotSent };
        // The source of a credential may have repeated its own requests.
        let is_final = std::error::Error::source(&error)
            .and_then(|source| source.downcast_ref::<CredentialProviderError>())
            .is_some_and(CredentialProviderError::is_final);
        Self { is_local, is_final, ..Self::new(outcome, Some(error)) }
    }

    /// Whether time ran out before there was anything to send: for a rate-limit slot or a credential.
    pub(crate) fn is_late(&self) -> bool {
        !self.is_exchanged && self.error.as_ref().is_some_and(Error::is_timeout)
    }

    /// An attempt for which no host was to be had.
    pub(crate) fn breaker_open_result() -> Self {
        let text = "the endpoint failed too often of late and is left alone for a while";
        Self { breaker_open: true, ..Self::early(Error::new(Kind::NotSent, text)) }
    }

    /// Whether a whole answer of the service came that leaves no doubt.
    pub(crate) fn is_clean(&self) -> bool {
        let is_the_services = self.request_id.is_some() || self.code.is_some();
        is_the_services && !self.outcome.may_have_acted()
    }

    /// What an exchange says about the host. An answer of the service is no failure of the host, whatever
    /// it says.
    pub(crate) fn sign(&self) -> Health {
        match self.outcome {
            Outcome::Success => Health::Success,
            // A proxy that wants a password says nothing about the host.
            Outcome::NotSent if self.is_final => Health::Ignored,
            Outcome::NotSent | Outcome::Ambiguous
                if self.request_id.is_none() && self.code.is_none() =>
            {
                Health::Failure
            }
            _ => Health::Ignored,
        }
    }
}

/// What the response to a change lacks: members that are always present, names of what it made, and secrets
/// that it alone gives. Without them the outcome is unknown, or the result is lost.
fn lacking(response: &dyn Model, gaps: &Gaps) -> Vec<String> {
    let missing = gaps.missing.iter().map(|member| format!("`{member}`"));
    let unnamed = cvm_protocol::unnamed(response, gaps);
    missing.chain(unnamed).chain(cvm_protocol::lost_secrets(response, gaps)).collect()
}

/// What to say of a response that holds an error and a result.
fn contradiction(response: &dyn Model) -> String {
    let text = "the response also holds a result, so it contradicts itself";
    match cvm_protocol::named(response).as_slice() {
        [] => text.to_owned(),
        names => format!("{text}; it names `{}`", names.join("`, `")),
    }
}

/// Adds the ids that the response to a change names: they may be all that somebody has to go by.
fn with_names(text: &str, response: &dyn Model) -> String {
    let mut names = cvm_protocol::named(response);
    names.retain(|name| !text.contains(&format!("`{name}`")));
    match names.as_slice() {
        [] => text.to_owned(),
        names => format!("{text}; it names `{}`", names.join("`, `")),
    }
}

/// Reads what came back from one attempt.
pub(crate) struct ResponseClassifier<'a> {
    pub(crate) call: &'a Call<'a>,
    /// Where the request went.
    pub(crate) address: &'a Address,
    pub(crate) request: &'a dyn Model,
    pub(crate) snapshot: Option<&'a CredentialSnapshot>,
    pub(crate) sent: SystemTime,
    pub(crate) received: SystemTime,
    /// By how many seconds the request's time was corrected.
    pub(crate) skew: i64,
}

impl ResponseClassifier<'_> {
    pub(crate) fn classify_response(
        &self,
        answer: &RawResponse,
        response: &mut dyn Model,
    ) -> AttemptResult {
        let status = answer.status;
        let redirected = (300..400).contains(&status);
        let decoded =
            if redirected { None } else { Some(envelope::decode(response, &answer.body)) };
        let measured = skew::measure(&answer.headers, self.sent, self.received);
        // Whoever wrote the error: a code that warns is worth more than an attempt.
        let error = decoded.as_ref().and_then(|decoded| decoded.as_ref().ok()?.error.as_ref());
        let forbids_retry = error.is_some_and(ServiceError::forbids_retry);
        let mut tried = match decoded {
            // Without a request id it is not the service that speaks; the older gateway alone gives none
            // when it refuses before it knows the action.
            Some(Ok(envelope))
                if envelope.request_id.is_some() || self.is_the_gateways(&envelope, status) =>
            {
                self.envelope(envelope, &*response, status, measured)
            }
            Some(Err(error)) if error.is_json && (200..300).contains(&status) => {
                match envelope::request_id(&answer.body) {
                    Some(id) => self.undecodable(error, &id, status, &*response),
                    None => self.classify_foreign(answer, None),
                }
            }
            // A number alone is the text of a proxy.
            decoded => {
                let is_envelope = matches!(&decoded, Some(Ok(read)) if !read.is_old_gateway);
                self.classify_foreign(answer, is_envelope.then_some(&*response))
            }
        };
        tried.status = Some(status);
        tried.clock_difference = measured;
        tried.forbids_retry = forbids_retry;
        let mut asked = answer.headers.get_all(RETRY_AFTER).iter();
        if let (Some(value), None) = (asked.next(), asked.next()) {
            let text = value.to_str().unwrap_or_default();
            tried.retry_after = backoff::retry_after(text, self.received);
        }
        tried.body = answer.body.clone();
        if answer.is_early && tried.outcome == Outcome::Success {
            let text = "the response came before the whole request was written, so it may be that to another one";
            tried.outcome = Outcome::Ambiguous;
            tried.error = Some(Error::new(Kind::Response, text));
        }
        tried
    }

    /// Whether this is an error of the old gateway: asked by its dialect, in its form, and with status 200,
    /// which it gives whatever happened (`_check_status` of `qcloudapi-sdk-python` 2.0.15 takes no other).
    /// A proxy writes `{"code":504,…}` too, and then the status counts.
    fn is_the_gateways(&self, envelope: &cvm_protocol::Envelope, status: u16) -> bool {
        let dialect = self.call.shared.writing.dialect;
        dialect == Dialect::OldGateway && envelope.is_old_gateway && status == 200
    }

    fn envelope(
        &self,
        envelope: cvm_protocol::Envelope,
        response: &dyn Model,
        status: u16,
        measured: Option<i64>,
    ) -> AttemptResult {
        let call = self.call;
        let cvm_protocol::Envelope {
            error,
            mut request_id,
            is_old_gateway,
            is_contradictory,
            mut report,
        } = envelope;
        call.info.allow_dry_run_gaps(self.request, &mut report);
        let mut tried = match error {
            Some(error)
                if call.is_dry_run
                    && error.code.is_dry_run_success()
                    && !is_contradictory
                    && status < 500 =>
            {
                AttemptResult::new(Outcome::Success, None)
            }
            Some(mut error) => {
                let outcome = if is_contradictory {
                    Outcome::Ambiguous
                } else if is_old_gateway {
                    let ahead = measured.map(|measured| measured.saturating_sub(self.skew));
                    outcome_of_gateway_number(&error.code, ahead)
                } else {
                    outcome_of_code(&error.code, status, call.info)
                };
                let has_code = is_old_gateway || is_code(error.code.as_str());
                // Any of them may be an echo of what was sent.
                let secrets = self.secrets();
                let code = secrets.scrub(error.code.as_str());
                let code = cut(&code, MAX_NAME);
                if code != error.code.as_str() {
                    error.code = ErrorCode::from(code.into_owned());
                }
                let message = secrets.scrub_cut(&error.message);
                error.message = cut(&message, MAX_MESSAGE).into_owned();
                let id = secrets.scrub(&error.request_id);
                error.request_id = cut(&id, MAX_NAME).into_owned();
                request_id = request_id.map(|_| error.request_id.clone());
                let code = has_code.then(|| error.code.clone());
                let mut failure = if has_code {
                    Error::from_service(error)
                } else {
                    let text = "the response holds an error without a code, which proves nothing";
                    match error.message.as_str() {
                        "" => Error::new(Kind::Response, text),
                        message => Error::new(Kind::Response, format!("{text}: {message}")),
                    }
                };
                if is_contradictory {
                    let text = contradiction(response);
                    let text = secrets.scrub(&text);
                    failure = failure.with_contradiction(&cut(&text, MAX_MESSAGE));
                }
                let mut curable = false;
                match outcome {
                    Outcome::ClockRefused => {
                        let (known, note) = self.learn_clock(measured);
                        curable = known;
                        failure = failure.with_note(&note);
                    }
                    Outcome::TokenRefused => {
                        let provider = call.shared.credentials.as_ref();
                        curable = provider
                            .zip(self.snapshot)
                            .is_some_and(|(provider, snapshot)| provider.refused(snapshot));
                    }
                    // Nobody knows whether the clock is to blame. A correction that cannot be checked is dropped.
                    Outcome::Ambiguous
                        if is_old_gateway && self.skew != 0 && measured.is_none() =>
                    {
                        call.shared.skews.set(self.address.authority(), 0);
                    }
                    _ => {}
                }
                let mut tried = AttemptResult::new(outcome, Some(failure));
                tried.code = code;
                tried.recoverable = curable;
                // A dry run that gives a result was none: another one would make another.
                tried.is_final = is_contradictory && call.is_dry_run;
                tried.is_contradictory = is_contradictory;
                tried
            }
            None if !(200..300).contains(&status) => {
                let outcome = outcome_of_status(status, false);
                let text = "answer reports success under a status that says the opposite";
                let text = self.naming(text, response);
                AttemptResult::new(outcome, Some(Error::new(Kind::Response, text)))
            }
            None => {
                let gaps = Gaps::of(&report);
                // A dry run makes nothing that its response could name.
                let lacking = match call.class {
                    RetryClass::Read => Vec::new(),
                    _ if call.is_dry_run => Vec::new(),
                    _ => lacking(response, &gaps),
                };
                if lacking.is_empty() {
                    let mut tried = AttemptResult::new(Outcome::Success, None);
                    tried.drift = report.drifts.iter().map(ToString::to_string).collect();
                    tried.gaps = gaps;
                    tried
                } else {
                    let text =
                        self.naming(&format!("answer lacks {}", lacking.join(", ")), response);
                    AttemptResult::new(Outcome::Ambiguous, Some(Error::new(Kind::Response, text)))
                }
            }
        };
        if tried.outcome != Outcome::ClockRefused
            && let Some(skew) = measured
            && call.shared.correct_clock
        {
            // Without encryption anybody could have written the date.
            let is_believed = !self.address.is_plain();
            call.shared.skews.observe(self.address.authority(), skew, is_believed);
        }
        tried.request_id = request_id;
        tried
    }

    /// Remembers the endpoint's clock after it refused ours. Returns whether that may help.
    fn learn_clock(&self, measured: Option<i64>) -> (bool, String) {
        let shared = self.call.shared;
        let here = unix_seconds(self.received);
        match measured {
            Some(skew) if shared.correct_clock => {
                shared.skews.set(self.address.authority(), skew);
                let there = unix_seconds(skew::correct(self.received, skew));
                (true, format!("this machine's clock says {here} s, the endpoint's {there} s"))
            }
            // What was learnt from an earlier answer is refused itself, and this one tells no time: the
            // correction was wrong, and must not spoil every call from now on.
            _ if shared.skews.of(self.address.authority()) != 0 => {
                shared.skews.set(self.address.authority(), 0);
                (true, format!("this machine's clock says {here} s, and a correction was refused"))
            }
            Some(skew) => {
                let there = unix_seconds(skew::correct(self.received, skew));
                (false, format!("this machine's clock says {here} s, the endpoint's {there} s"))
            }
            None => {
                (false, format!("this machine's clock says {here} s, the endpoint's is not known"))
            }
        }
    }

    /// A whole response of the service that cannot be decoded. With a value of another kind than its place
    /// can hold the service would give the same one again; a member given twice is a garbled response.
    fn undecodable(
        &self,
        error: DecodeError,
        request_id: &str,
        status: u16,
        response: &dyn Model,
    ) -> AttemptResult {
        let request_id = self.secrets().scrub_cut(request_id);
        let request_id = cut(&request_id, MAX_NAME).into_owned();
        let text = format!("HTTP {status}: the response cannot be decoded: {error}");
        let text = self.naming(&text, response);
        let is_final = error.expected.is_some();
        let error = Error::new(Kind::Response, text).with_source(error);
        let mut tried = AttemptResult::new(Outcome::Ambiguous, Some(error));
        tried.request_id = Some(request_id);
        tried.is_final = is_final;
        tried
    }

    /// What is wrong with a response, and the ids that it names if the request changes something. Any of them may
    /// be an echo of what was sent.
    fn naming(&self, text: &str, response: &dyn Model) -> String {
        if self.call.class == RetryClass::Read {
            return text.to_owned();
        }
        let text = with_names(text, response);
        let text = self.secrets().scrub(&text).into_owned();
        cut(&text, MAX_MESSAGE).into_owned()
    }

    /// An answer that is not the service's, or not whole. `envelope` is what one without a request id holds.
    fn classify_foreign(
        &self,
        answer: &RawResponse,
        envelope: Option<&dyn Model>,
    ) -> AttemptResult {
        let status = answer.status;
        // A 429 of an unknown sender is believed unless a second sending could do harm.
        let outcome = outcome_of_status(status, self.call.class != RetryClass::Hazard);
        let kind = match outcome {
            Outcome::Misrouted => Kind::Misrouted,
            _ => Kind::Response,
        };
        let text = if (300..400).contains(&status) {
            format!("HTTP {status}: redirects are not followed")
        } else if let Some(response) = envelope {
            self.naming(&format!("HTTP {status}: answer has no request id"), response)
        } else {
            let shown = mask::excerpt(&answer.body, self.call.info.response, &self.secrets());
            format!("HTTP {status}: not an answer of the service: {shown}")
        };
        AttemptResult::new(outcome, Some(Error::new(kind, text)))
    }

    pub(crate) fn classify_transport_error(&self, broken: ExchangeError) -> AttemptResult {
        let (outcome, kind) = match broken.kind {
            HttpErrorKind::NotSent
            | HttpErrorKind::ConnectTimeout
            | HttpErrorKind::NotTls
            | HttpErrorKind::ProxyAuthentication => (Outcome::NotSent, Kind::NotSent),
            HttpErrorKind::Untrusted => (Outcome::Untrusted, Kind::Untrusted),
            HttpErrorKind::InvalidRequest => (Outcome::Refused, Kind::Settings),
            HttpErrorKind::PossiblySent => (Outcome::Ambiguous, Kind::Response),
        };
        let status = broken.head.as_ref().map(|(status, _)| *status);
        // A redirect says who answered, however its body ends.
        let (outcome, kind) = match status {
            Some(300..=399) => (Outcome::Misrouted, Kind::Misrouted),
            _ => (outcome, kind),
        };
        let mut error = Error::new(kind, broken.message).with_timed_out(broken.timed_out);
        if let Some(source) = broken.source {
            error = error.with_source(source);
        }
        let mut tried = AttemptResult::new(outcome, Some(error));
        tried.body = broken.body;
        tried.is_local = broken.kind == HttpErrorKind::InvalidRequest;
        tried.is_final =
            matches!(broken.kind, HttpErrorKind::ProxyAuthentication | HttpErrorKind::NotTls);
        tried.status = status;
        tried
    }

    pub(crate) fn masked(
        &self,
        answer: Option<&RawResponse>,
        tried: &AttemptResult,
    ) -> MaskedResponse {
        let secrets = self.secrets();
        let headers = answer.map(|answer| {
            let row = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
                let text = String::from_utf8_lossy(value.as_bytes());
                (name.as_str().to_owned(), secrets.scrub(&text).into_owned())
            };
            answer.headers.iter().map(row).collect()
        });
        MaskedResponse {
            status: tried.status,
            headers: headers.unwrap_or_default(),
            body: answer.map_or_else(String::new, |answer| {
                let info = self.call.info;
                mask::response_json(&answer.body, info.response, info.request, &secrets)
            }),
            outcome: tried.outcome,
            failure: tried.error.as_ref().map(ToString::to_string),
        }
    }

    fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::of(self.request);
        if let Some(snapshot) = self.snapshot {
            secrets.add(snapshot.credential().secret_key());
            if let Some(token) = snapshot.credential().token() {
                secrets.add(token);
            }
        }
        secrets
    }
}
