//! Classifies the response or the HTTP error of one attempt: turns it into an outcome and an error.

use std::time::SystemTime;

use cvm_protocol::{
    DecodeError, Envelope, ErrorCode, Gaps, Model, Report, RetryClass, ServiceError, envelope,
};
use http::HeaderValue;
use http::header::RETRY_AFTER;

use super::attempt_result::AttemptResult;
use super::call::Call;
use crate::Error;
use crate::client::untyped_tables::response_table;
use crate::config::Dialect;
use crate::config::endpoint::Address;
use crate::credentials::provider::CredentialSnapshot;
use crate::error::ErrorKind;
use crate::http::client::HttpErrorKind;
use crate::http::exchange::{ExchangeError, RawResponse};
use crate::observe::mask::{
    MASK, MAX_MESSAGE, MAX_NAME, Secrets, cut, {self},
};
use crate::observe::observer::MaskedResponse;
use crate::retry::Outcome;
use crate::retry::backoff;
use crate::retry::outcome::{
    is_code, is_known_code, outcome_of_code, outcome_of_gateway_number, outcome_of_status,
};
use crate::signing::skew;
use crate::time::clock::unix_seconds;

/// What the response to a write lacks: members that are always present, names of what it created, and secrets that
/// exist only in this response. Without them the outcome is unknown, or the result is lost.
fn missing_parts(request: &dyn Model, response: &dyn Model, gaps: &Gaps) -> Vec<String> {
    let missing = gaps.missing.iter().map(|member| format!("`{member}`"));
    let unnamed = cvm_protocol::unnamed(request, response, gaps);
    missing.chain(unnamed).chain(cvm_protocol::lost_secrets(response, gaps)).collect()
}

/// Describes a response that contains both an error and a result.
fn contradiction(response: &dyn Model) -> String {
    let text = "the response also contains a result, so it contradicts itself";
    match cvm_protocol::named(response).as_slice() {
        [] => text.to_owned(),
        names => format!("{text}; it contains the ids `{}`", names.join("`, `")),
    }
}

/// Adds the ids in the response to a write: the user may have nothing else to identify what it created.
fn with_names(text: &str, response: &dyn Model) -> String {
    let mut names = cvm_protocol::named(response);
    names.retain(|name| !text.contains(&format!("`{name}`")));
    match names.as_slice() {
        [] => text.to_owned(),
        names => format!("{text}; it contains the ids `{}`", names.join("`, `")),
    }
}

/// Classifies the response or the HTTP error of one attempt.
pub(crate) struct ResponseClassifier<'a> {
    pub(super) call: &'a Call<'a>,
    /// The host that got the request.
    pub(crate) address: &'a Address,
    pub(crate) request: &'a dyn Model,
    pub(crate) snapshot: Option<&'a CredentialSnapshot>,
    pub(crate) sent: SystemTime,
    pub(crate) received: SystemTime,
    /// The clock correction, in seconds, that the request was signed with.
    pub(crate) skew: i64,
    /// The values of the request's headers that may be secret.
    pub(crate) secret_headers: Vec<HeaderValue>,
}

impl ResponseClassifier<'_> {
    pub(crate) fn classify_response(
        &self,
        raw: &RawResponse,
        response: &mut dyn Model,
    ) -> AttemptResult {
        let status = raw.status;
        let redirected = (300..400).contains(&status);
        let decoded = if redirected { None } else { Some(envelope::decode(response, &raw.body)) };
        let measured = skew::measure(&raw.headers, self.sent, self.received);
        // Whoever wrote the error: if its code warns of a retry, none is made.
        let error = decoded.as_ref().and_then(|decoded| decoded.as_ref().ok()?.error.as_ref());
        let forbids_retry = error.is_some_and(ServiceError::forbids_retry);
        let mut result = match decoded {
            // A response without a request id is not from the service. Only the old gateway gives none, when it
            // rejects a request before it knows the action.
            Some(Ok(envelope))
                if envelope.request_id.is_some()
                    || self.is_old_gateway_error(&envelope, status) =>
            {
                self.envelope(envelope, &*response, status, measured)
            }
            Some(Err(error)) if error.is_json && (200..300).contains(&status) => {
                match envelope::request_id(&raw.body) {
                    Some(id) => self.undecodable(error, &id, status, &*response),
                    None => self.classify_foreign(raw, None),
                }
            }
            // A number alone may be the text of a proxy.
            decoded => {
                let is_envelope = matches!(&decoded, Some(Ok(read)) if !read.is_old_gateway);
                self.classify_foreign(raw, is_envelope.then_some(&*response))
            }
        };
        result.status = Some(status);
        result.clock_difference = measured;
        result.forbids_retry = forbids_retry;
        let mut asked = raw.headers.get_all(RETRY_AFTER).iter();
        if let (Some(value), None) = (asked.next(), asked.next()) {
            let text = value.to_str().unwrap_or_default();
            result.retry_after = backoff::retry_after(text, self.received);
        }
        result.body = raw.body.clone();
        if raw.is_early && result.outcome == Outcome::Success {
            let text = "the response arrived before the whole request was written, so it may belong to another one";
            result.outcome = Outcome::Ambiguous;
            result.error = Some(Error::new(ErrorKind::Response, text));
        }
        result
    }

    /// Whether this is an error of the old gateway: for its dialect, in its form, and with status 200, which it sends
    /// for every error (`_check_status` of `qcloudapi-sdk-python` 2.0.15 accepts no other). A proxy may write
    /// `{"code":504,…}` too, but then with another status.
    fn is_old_gateway_error(&self, envelope: &Envelope, status: u16) -> bool {
        let dialect = self.call.shared.encoding.dialect;
        dialect == Dialect::OldGateway && envelope.is_old_gateway && status == 200
    }

    /// A response of the service: an error or a result.
    fn envelope(
        &self,
        mut envelope: Envelope,
        response: &dyn Model,
        status: u16,
        measured: Option<i64>,
    ) -> AttemptResult {
        let call = self.call;
        call.info.allow_documented_gaps(self.request, &mut envelope.report);
        let mut result = match envelope.error.take() {
            Some(error)
                if call.is_dry_run
                    && error.code.is_dry_run_success()
                    && !envelope.is_contradictory
                    && status < 500 =>
            {
                AttemptResult::new(Outcome::Success, None)
            }
            Some(error) => {
                let outcome = if envelope.is_contradictory {
                    Outcome::Ambiguous
                } else if envelope.is_old_gateway {
                    let ahead = measured.map(|measured| measured.saturating_sub(self.skew));
                    outcome_of_gateway_number(&error.code, ahead)
                } else {
                    outcome_of_code(&error.code, status, call.info)
                };
                self.service_error(error, outcome, &envelope, response, measured)
            }
            None if !(200..300).contains(&status) => {
                let outcome = outcome_of_status(status, false);
                let text = "response body reports success, but the HTTP status is an error";
                let text = self.naming(text, response);
                AttemptResult::new(outcome, Some(Error::new(ErrorKind::Response, text)))
            }
            None => self.success(&envelope.report, response),
        };
        if result.outcome != Outcome::ClockRefused
            && let Some(skew) = measured
            && call.shared.correct_clock
        {
            // Without TLS anybody could have written the date.
            let is_trusted = !self.address.is_plain();
            call.shared.skews.observe(self.address.authority(), skew, is_trusted);
        }
        // That of an error is free of secrets.
        result.request_id = envelope.request_id.map(|id| result.request_id.take().unwrap_or(id));
        result
    }

    /// An error of the service. The client corrects its clock or drops its credential if that is the cause.
    fn service_error(
        &self,
        received: ServiceError,
        outcome: Outcome,
        envelope: &Envelope,
        response: &dyn Model,
        measured: Option<i64>,
    ) -> AttemptResult {
        let call = self.call;
        let has_code = envelope.is_old_gateway || is_code(received.code.as_str());
        let secrets = self.secrets();
        let error = self.without_secrets(&received, &secrets);
        let request_id = error.request_id.clone();
        let code = has_code.then(|| error.code.clone());
        let is_masked = error != received;
        let mut failure = Error::in_response(error, has_code);
        if is_masked {
            failure = failure.with_received(received);
        }
        if envelope.is_contradictory {
            let text = contradiction(response);
            let text = secrets.scrub(&text);
            failure = failure.with_contradiction(&cut(&text, MAX_MESSAGE));
        }
        let mut recoverable = false;
        match outcome {
            Outcome::ClockRefused => {
                let (known, note) = self.learn_clock(measured);
                recoverable = known;
                failure = failure.with_note(&note);
            }
            Outcome::TokenRefused => {
                let provider = call.shared.credentials.as_ref();
                recoverable = provider
                    .zip(self.snapshot)
                    .is_some_and(|(provider, snapshot)| provider.invalidate(snapshot));
            }
            // It is unknown whether the clock is the cause. Drop a correction that cannot be checked.
            Outcome::Ambiguous
                if envelope.is_old_gateway && self.skew != 0 && measured.is_none() =>
            {
                call.shared.skews.set(self.address.authority(), 0);
            }
            _ => {}
        }
        let mut result = AttemptResult::new(outcome, Some(failure));
        result.code = code;
        result.request_id = Some(request_id);
        result.recoverable = recoverable;
        // A dry run that returns a result was not a dry run: a retry would create another resource.
        result.is_final = envelope.is_contradictory && call.is_dry_run;
        result.is_contradictory = envelope.is_contradictory;
        result
    }

    /// The error of the service for people: any part of it may repeat a secret of the request.
    fn without_secrets(&self, received: &ServiceError, secrets: &Secrets) -> ServiceError {
        let code = received.code.as_str();
        let is_known = is_known_code(&received.code, self.call.info);
        let masked = if is_known { secrets.scrub_certain(code) } else { secrets.scrub(code) };
        let masked = cut(&masked, MAX_NAME);
        let code = match masked == code {
            true => received.code.clone(),
            false => ErrorCode::from(masked.into_owned()),
        };
        let message = secrets.scrub_cut(&received.message);
        let id = secrets.scrub(&received.request_id);
        ServiceError::new(code, cut(&message, MAX_MESSAGE), cut(&id, MAX_NAME))
    }

    /// A success of the service, unless the response to a write lacks a part without which the outcome is unknown.
    fn success(&self, report: &Report, response: &dyn Model) -> AttemptResult {
        let gaps = Gaps::of(report);
        // A dry run creates nothing that its response could name.
        let missing_parts = match self.call.class {
            RetryClass::Read => Vec::new(),
            _ if self.call.is_dry_run => Vec::new(),
            _ => missing_parts(self.request, response, &gaps),
        };
        if missing_parts.is_empty() {
            let mut result = AttemptResult::new(Outcome::Success, None);
            result.drift = report.drifts.iter().map(ToString::to_string).collect();
            // More deviations than a report keeps may include unknown members.
            result.has_unknown_members =
                report.omitted > 0 || report.unknown_members().next().is_some();
            result.gaps = gaps;
            result
        } else {
            let text = format!("response lacks {}", missing_parts.join(", "));
            let error = Error::new(ErrorKind::Response, self.naming(&text, response));
            AttemptResult::new(Outcome::Ambiguous, Some(error))
        }
    }

    /// Stores the endpoint's time after it rejected ours. Returns whether a retry may succeed.
    fn learn_clock(&self, measured: Option<i64>) -> (bool, String) {
        let shared = self.call.shared;
        let here = unix_seconds(self.received);
        match measured {
            Some(skew) if shared.correct_clock => {
                shared.skews.set(self.address.authority(), skew);
                let there = unix_seconds(skew::correct(self.received, skew));
                (true, format!("this machine's clock says {here} s, the endpoint's {there} s"))
            }
            // The service rejected a correction from an earlier response, and this response has no usable date: the
            // correction was wrong, and must not affect all later calls.
            _ if shared.skews.of(self.address.authority()) != 0 => {
                shared.skews.set(self.address.authority(), 0);
                (
                    true,
                    format!(
                        "this machine's clock says {here} s, and a corrected time was rejected"
                    ),
                )
            }
            Some(skew) => {
                let there = unix_seconds(skew::correct(self.received, skew));
                (false, format!("this machine's clock says {here} s, the endpoint's {there} s"))
            }
            None => (
                false,
                format!("this machine's clock says {here} s, the endpoint's time is unknown"),
            ),
        }
    }

    /// A complete response of the service that cannot be decoded. If a value has the wrong type, the service would
    /// send the same again. A member that occurs twice means a garbled response.
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
        let error = Error::new(ErrorKind::Response, text).with_source(error);
        let mut result = AttemptResult::new(Outcome::Ambiguous, Some(error));
        result.request_id = Some(request_id);
        result.is_final = is_final;
        result
    }

    /// Adds the ids in a response to the description of what is wrong with it, if the request is a write. Any of them
    /// may repeat a secret of the request.
    fn naming(&self, text: &str, response: &dyn Model) -> String {
        if self.call.class == RetryClass::Read {
            return text.to_owned();
        }
        let text = with_names(text, response);
        let text = self.secrets().scrub(&text).into_owned();
        cut(&text, MAX_MESSAGE).into_owned()
    }

    /// A response that is not from the service, or not complete. `envelope` is a decoded one without a request id.
    fn classify_foreign(&self, raw: &RawResponse, envelope: Option<&dyn Model>) -> AttemptResult {
        let status = raw.status;
        // A 429 from an unknown sender is trusted unless a retry could do harm.
        let outcome = outcome_of_status(status, self.call.class != RetryClass::Hazard);
        let kind = match outcome {
            Outcome::Misrouted => ErrorKind::Misrouted,
            _ => ErrorKind::Response,
        };
        let text = if (300..400).contains(&status) {
            format!("HTTP {status}: redirects are not followed")
        } else if let Some(response) = envelope {
            self.naming(&format!("HTTP {status}: response has no request id"), response)
        } else {
            let excerpt = mask::excerpt(&raw.body, response_table(self.call.info), &self.secrets());
            format!("HTTP {status}: not a response of the service: {excerpt}")
        };
        AttemptResult::new(outcome, Some(Error::new(kind, text)))
    }

    /// An exchange without a complete response.
    pub(crate) fn classify_transport_error(&self, failure: ExchangeError) -> AttemptResult {
        let (outcome, kind) = match failure.kind {
            HttpErrorKind::NotSent
            | HttpErrorKind::ConnectTimeout
            | HttpErrorKind::NotTls
            | HttpErrorKind::ProxyAuthentication => (Outcome::NotSent, ErrorKind::NotSent),
            HttpErrorKind::Untrusted => (Outcome::Untrusted, ErrorKind::Untrusted),
            HttpErrorKind::InvalidRequest => (Outcome::Refused, ErrorKind::Settings),
            HttpErrorKind::PossiblySent => (Outcome::Ambiguous, ErrorKind::Response),
        };
        let status = failure.head.as_ref().map(|(status, _)| *status);
        // A redirect shows who responded, even if its body is incomplete.
        let (outcome, kind) = match status {
            Some(300..=399) => (Outcome::Misrouted, ErrorKind::Misrouted),
            _ => (outcome, kind),
        };
        let mut error = Error::new(kind, failure.message).with_timed_out(failure.timed_out);
        if let Some(source) = failure.source {
            error = error.with_source(source);
        }
        let mut result = AttemptResult::new(outcome, Some(error));
        result.body = failure.body;
        result.is_local = failure.kind == HttpErrorKind::InvalidRequest;
        result.is_final =
            matches!(failure.kind, HttpErrorKind::ProxyAuthentication | HttpErrorKind::NotTls);
        result.status = status;
        result
    }

    /// The response for the observer, with secrets masked.
    pub(crate) fn masked(
        &self,
        raw: Option<&RawResponse>,
        result: &AttemptResult,
    ) -> MaskedResponse {
        let secrets = self.secrets();
        let headers = raw.map(|raw| {
            let row = |(name, value): (&http::HeaderName, &HeaderValue)| {
                let text = match name.as_str() {
                    "set-cookie" => MASK.to_owned(),
                    _ => secrets.scrub(&String::from_utf8_lossy(value.as_bytes())).into_owned(),
                };
                (name.as_str().to_owned(), text)
            };
            raw.headers.iter().map(row).collect()
        });
        MaskedResponse {
            status: result.status,
            headers: headers.unwrap_or_default(),
            body: raw.map_or_else(String::new, |raw| {
                let info = self.call.info;
                mask::response_json(&raw.body, response_table(info), info.request, &secrets)
            }),
            outcome: result.outcome,
            failure: result.error.as_ref().map(ToString::to_string),
        }
    }

    fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::of(self.request);
        if let Some(extra) = &self.call.extra {
            extra.add_to_secrets(&mut secrets);
        }
        let headers = self.secret_headers.iter().filter_map(|value| value.to_str().ok());
        headers.for_each(|value| secrets.add(value));
        if let Some(snapshot) = self.snapshot {
            secrets.add(snapshot.credential().secret_key());
            if let Some(token) = snapshot.credential().token() {
                secrets.add(token);
            }
        }
        secrets
    }
}
