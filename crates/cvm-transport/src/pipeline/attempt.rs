//! One attempt of a call: credential, rate limit, host, signature, exchange, outcome.

use std::sync::Arc;
use std::time::Duration;

use cvm_protocol::{ErrorCode, Model, RetryClass};
use tokio::time::Instant;

use super::abandoned::SendGuard;
use super::attempt_result::AttemptResult;
use super::call::Call;
use super::classify::ResponseClassifier;
use crate::client::shared::Shared;
use crate::config::endpoint::Address;
use crate::credentials::provider::CredentialSnapshot;
use crate::error::ErrorKind;
use crate::http::PreparedRequest;
use crate::http::client::SendProgress;
use crate::http::exchange::{Limits, exchange};
use crate::observe::interceptor::{AttemptEnd, HeaderMapMut, ReceivedResponse, stopped};
use crate::observe::metrics::AttemptMetrics;
use crate::observe::observer::Exchange;
use crate::observe::trace::{AttemptSpan, attempt_ended};
use crate::rate_limit::rate_limiter::{HeldSlot, RateLimitKey};
use crate::retry::Outcome;
use crate::retry::breaker::Health;
use crate::retry::failover::Failover;
use crate::retry::sent_tokens::TokenHold;
use crate::signing::request::{SigningInput, base_headers, sign};
use crate::signing::skew;
use crate::time::clock::unix_seconds;
use crate::time::deadline::{after, timeout_if_pending};
use crate::{Error, Region, entropy};

/// The part of the call's time and of its client token that one attempt may use.
pub(super) struct AttemptBounds<'b, 'c> {
    /// When the call ends.
    pub(super) deadline: Instant,
    /// The latest time to send the request: later, it could only end in another unknown outcome.
    pub(super) latest_send: Instant,
    pub(super) token: Option<&'b mut TokenHold<'c>>,
}

impl AttemptBounds<'_, '_> {
    /// Checks the bounds right before the request is sent, after all waiting.
    fn begin_send(&mut self, shared: &Shared, now: Instant) -> Result<(), Error> {
        if let Some(token) = &mut self.token {
            token
                .begin_attempt(shared.read_clocks())
                .map_err(|text| Error::new(ErrorKind::NotSent, text))?;
        }
        if now > self.latest_send {
            self.record_not_sent();
            let text = "no time left to send the request: waiting for a credential or a rate-limit slot took \
                        too long";
            return Err(Error::new(ErrorKind::NotSent, text).with_timed_out(true));
        }
        Ok(())
    }

    fn record_not_sent(&mut self) {
        if let Some(token) = &mut self.token {
            token.record_not_sent();
        }
    }

    /// Records the outcome of the request that was sent.
    fn record_result(&mut self, result: &AttemptResult) {
        match &mut self.token {
            Some(token) if result.is_local => token.record_not_sent(),
            Some(token) => token.end_attempt(result.outcome),
            None => {}
        }
    }
}

/// An attempt that has ended, as its reports need it.
#[derive(Clone, Copy)]
pub(super) struct EndedAttempt<'a> {
    pub(super) number: u32,
    pub(super) result: &'a AttemptResult,
    pub(super) response: &'a dyn Model,
    pub(super) took: Duration,
    /// The host that got the request, if there was one.
    pub(super) host: Option<&'a Address>,
    pub(super) span: &'a AttemptSpan,
}

/// An attempt that is about to be sent.
struct AttemptContext<'a> {
    host: &'a Address,
    number: u32,
    snapshot: Option<&'a CredentialSnapshot>,
}

impl Call<'_> {
    pub(super) async fn attempt<'r>(
        &'r self,
        request: &dyn Model,
        response: &mut dyn Model,
        bounds: &mut AttemptBounds<'_, '_>,
        number: u32,
        failover: &mut Failover<'r>,
    ) -> AttemptResult {
        let latest_send = bounds.latest_send;
        let snapshot = match self.credential(latest_send).await {
            Ok(snapshot) => snapshot,
            Err(error) => return AttemptResult::early(error),
        };
        let identity = snapshot.as_deref().map_or(0, identity);
        let key = RateLimitKey {
            credential: identity,
            region: self.region.map_or("", Region::as_str),
            action: self.info.name,
            per_second: self.info.rate_limit_per_second,
            is_retry: number > 1,
            attempt_id: RateLimitKey::next_attempt_id(),
        };
        let mut waiting_since = None;
        let slot = timeout_if_pending(self.shared.limiter.acquire(&key), |now| {
            waiting_since = Some(now);
            latest_send
        });
        match slot.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let error = Error::new(ErrorKind::NotSent, error.to_string()).with_source(error);
                return AttemptResult { credential: Some(identity), ..AttemptResult::early(error) };
            }
            Err(_) => {
                let text = "rate limit: no free slot before the deadline";
                let error = Error::new(ErrorKind::NotSent, text).with_timed_out(true);
                return AttemptResult { credential: Some(identity), ..AttemptResult::early(error) };
            }
        }
        let mut slot = HeldSlot::new(&*self.shared.limiter, key);
        let waited = waiting_since.map_or(Duration::ZERO, |since| since.elapsed());
        // The credential may have expired during a long wait.
        let snapshot = if waited > Duration::from_secs(1) {
            match self.credential(latest_send).await {
                Ok(snapshot) => snapshot,
                Err(error) => return AttemptResult::early(error),
            }
        } else {
            snapshot
        };
        let breakers = self.shared.breakers.as_ref();
        let Some((host, permit)) = failover.host(breakers, self.class == RetryClass::Read) else {
            return AttemptResult {
                credential: Some(identity),
                ..AttemptResult::breaker_open_result()
            };
        };
        let context = AttemptContext { host, number, snapshot: snapshot.as_deref() };
        let mut result = self.send(request, response, &context, bounds, &mut slot).await;
        slot.is_used &= result.outcome != Outcome::NotSent;
        drop(slot);
        if let Some(permit) = permit {
            permit.end(if result.is_exchanged { result.health() } else { Health::Ignored });
        }
        if result.is_exchanged && result.outcome == Outcome::NotSent {
            failover.advance();
        }
        result.credential = Some(identity);
        result.rate_limit_wait = waited;
        match result.outcome {
            Outcome::Throttled => self.shared.limiter.record_throttled(&key),
            Outcome::Success | Outcome::Refused => self.shared.limiter.record_accepted(&key),
            _ => {}
        }
        result
    }

    pub(super) async fn credential(
        &self,
        deadline: Instant,
    ) -> Result<Option<Arc<CredentialSnapshot>>, Error> {
        let Some(provider) = &self.shared.credentials else { return Ok(None) };
        let skew = self.shared.skews.of(self.address.authority());
        // Expiry is judged by the service's clock, here and in the provider.
        let now = || skew::correct(self.shared.clock.now(), skew);
        let has_expired =
            |snapshot: &CredentialSnapshot| snapshot.expires_at().is_some_and(|end| end <= now());
        let mut was_invalidated = false;
        loop {
            return match timeout_if_pending(provider.credential_at(now()), |_| deadline).await {
                // Any source may return an expired one: a stale response of the metadata service, an old login.
                Ok(Ok(snapshot)) if has_expired(&snapshot) => {
                    // A provider with a cache drops it, and may have another one.
                    if !was_invalidated && provider.invalidate(&snapshot) {
                        was_invalidated = true;
                        continue;
                    }
                    let origin = snapshot.origin().map(|origin| format!(" of {origin}"));
                    let text = format!(
                        "credential{} has expired: get a new one, or correct this machine's clock",
                        origin.unwrap_or_default()
                    );
                    Err(Error::new(ErrorKind::Credentials, text))
                }
                Ok(Ok(snapshot)) => Ok(Some(snapshot)),
                Ok(Err(error)) => {
                    let kind = match error.is_transient() {
                        true => ErrorKind::NoCredentialYet,
                        false => ErrorKind::Credentials,
                    };
                    Err(Error::new(kind, error.to_string()).with_source(error))
                }
                Err(_) => {
                    let text =
                        "no credential before the deadline: its source did not respond in time";
                    Err(Error::new(ErrorKind::NoCredentialYet, text).with_timed_out(true))
                }
            };
        }
    }

    fn exchange(&self, attempt: u32) -> Exchange<'_> {
        let region = self.region.map(Region::as_str);
        Exchange { action: self.info.name, region, attempt }
    }

    pub(super) fn signed(
        &self,
        host: &Address,
        snapshot: Option<&CredentialSnapshot>,
        number: u32,
        skew: i64,
    ) -> Result<PreparedRequest, Error> {
        let shared = self.shared;
        let no_entropy =
            |error| Error::new(ErrorKind::NotSent, "cannot sign the request").with_source(error);
        let is_tc3 = shared.encoding.dialect.is_tc3();
        let trace_id = if is_tc3 {
            shared.trace_ids.next(&*shared.entropy).map_err(no_entropy)?
        } else {
            String::new()
        };
        let nonce =
            if is_tc3 { 0 } else { entropy::nonce(&*shared.entropy).map_err(no_entropy)? };
        let mut headers = HeaderMapMut::new(base_headers(host));
        for interceptor in &shared.interceptors {
            let exchange = self.exchange(number);
            interceptor.before_signing(&exchange, &mut headers).map_err(|why| stopped(&why))?;
        }
        sign(
            &self.encoded,
            headers.into_inner(),
            &SigningInput {
                info: self.info,
                encoding: &shared.encoding,
                address: host,
                region: self.region,
                credential: snapshot.map(CredentialSnapshot::credential),
                timestamp: unix_seconds(skew::correct(shared.clock.now(), skew)),
                nonce,
                trace_id: &trace_id,
                keys: &shared.keys,
            },
        )
    }

    async fn send(
        &self,
        request: &dyn Model,
        response: &mut dyn Model,
        context: &AttemptContext<'_>,
        bounds: &mut AttemptBounds<'_, '_>,
        slot: &mut HeldSlot<'_>,
    ) -> AttemptResult {
        let AttemptContext { host, number, snapshot } = *context;
        let deadline = bounds.deadline;
        let observed = self.exchange(number);
        let skew = self.shared.skews.of(host.authority());
        let prepared = match self.signed(host, snapshot, number, skew) {
            Ok(prepared) => prepared,
            Err(error) => return AttemptResult::early(error),
        };
        let now = Instant::now();
        if let Err(error) = bounds.begin_send(self.shared, now) {
            return AttemptResult::early(error);
        }
        if let Some(observer) = &self.shared.observer {
            observer.request(&observed, &prepared.masked());
        }
        let timeouts = &self.shared.timeouts;
        let (first_byte, whole) = if self.is_slow() {
            (timeouts.first_byte_slow, timeouts.attempt_slow)
        } else {
            (timeouts.first_byte, timeouts.attempt)
        };
        let limits = Limits {
            latest_send: bounds.latest_send,
            deadline: deadline.min(after(now, whole)),
            first_byte: deadline.min(after(now, first_byte.min(whole))),
            body_idle: timeouts.body_idle,
            max_body: self.shared.max_response_bytes,
            keeps_unusable: self.class != RetryClass::Read,
        };
        let is_fresh = self.class != RetryClass::Read || self.options.fresh_connections;
        let progress = SendProgress::new(is_fresh);
        let guard = SendGuard { call: &self.progress, request: &progress, slot };
        let secret_headers = prepared.secret_headers();
        let sent = self.shared.clock.now();
        let exchanged = exchange(&*self.shared.http, prepared, &progress, &limits).await;
        drop(guard);
        let received = self.shared.clock.now();
        let classifier = ResponseClassifier {
            call: self,
            address: host,
            request,
            snapshot,
            sent,
            received,
            skew,
            secret_headers,
        };
        let (mut result, raw) = match exchanged {
            Ok(mut raw) => {
                let result = classifier.classify_response(&raw, response);
                if result.is_clean() {
                    raw.connection.keep_connection();
                }
                (result, Some(raw))
            }
            Err(error) => (classifier.classify_transport_error(error), None),
        };
        bounds.record_result(&result);
        if let Some(observer) = &self.shared.observer {
            observer.response(&observed, &classifier.masked(raw.as_ref(), &result));
        }
        result.headers = raw.map(|raw| raw.headers);
        result.is_exchanged = true;
        result
    }

    /// Reports an attempt to tracing, interceptors and metrics.
    pub(super) fn record_attempt(&self, ended: &EndedAttempt<'_>) {
        let EndedAttempt { number, result, response, took, host, span } = *ended;
        let code = result.code.as_ref().map(ErrorCode::as_str);
        let request_id = result.request_id.as_deref();
        let attempt = AttemptMetrics {
            service: self.info.service.name,
            action: self.info.name,
            region: self.region.map(Region::as_str),
            host: host.map(Address::authority),
            number,
            outcome: result.outcome,
            status: result.status,
            code,
            request_id,
            took: took.saturating_sub(result.rate_limit_wait),
            rate_limit_wait: result.rate_limit_wait,
        };
        attempt_ended(span, &attempt);
        let end = AttemptEnd {
            outcome: result.outcome,
            status: result.status,
            code,
            request_id,
            took,
            clock_difference: result.clock_difference,
            response: result.headers.as_ref().map(|headers| ReceivedResponse {
                headers,
                body: &result.body,
                decoded: response,
                is_success: result.outcome == Outcome::Success,
            }),
        };
        for interceptor in self.shared.interceptors.iter().rev() {
            interceptor.after_response(&self.exchange(number), &end);
        }
        if let Some(metrics) = &self.shared.metrics {
            metrics.attempt(&attempt);
        }
    }
}

/// A number that identifies a credential: a hash of its secret id.
fn identity(snapshot: &CredentialSnapshot) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    snapshot.credential().secret_id().hash(&mut hasher);
    hasher.finish()
}
