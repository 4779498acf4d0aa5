//! One attempt of a call: credential, turn, host, signature, exchange, outcome.

use std::sync::Arc;
use std::time::Duration;

use cvm_protocol::{ErrorCode, Model, RetryClass};
use tokio::time::Instant;

use super::abandoned::Departure;
use super::{Bounds, Call};
use crate::clock::unix_seconds;
use crate::config::endpoint::Address;
use crate::credentials::CredentialSnapshot;
use crate::error::Kind;
use crate::http::client::SendProgress;
use crate::http::exchange::{Limits, exchange};
use crate::observe::interceptor::{AttemptEnd, HeaderMapMut};
use crate::observe::metrics::AttemptMetrics;
use crate::observe::observer::Exchange;
use crate::observe::trace;
use crate::pending_timeout::{after, timeout_if_pending};
use crate::rate_limit::{HeldSlot, RateLimitKey};
use crate::reading::{AttemptResult, ResponseClassifier};
use crate::retry::breaker::Health;
use crate::retry::failover::Failover;
use crate::signing::request::{SigningInput, sign};
use crate::signing::skew;
use crate::{Error, Outcome, PreparedRequest, Region, entropy};

/// One attempt that is about to leave.
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
        bounds: &mut Bounds<'_, '_>,
        number: u32,
        route: &mut Failover<'r>,
    ) -> AttemptResult {
        let leave_by = bounds.leave_by;
        let snapshot = match self.credential(leave_by).await {
            Ok(snapshot) => snapshot,
            Err(error) => return AttemptResult::early(error),
        };
        let identity = snapshot.as_deref().map_or(0, identity);
        let paced = RateLimitKey {
            credential: identity,
            region: self.region.map_or("", Region::as_str),
            action: self.info.name,
            per_second: self.info.rate_limit_per_second,
            is_retry: number > 1,
            number: RateLimitKey::next_number(),
        };
        let mut waiting_since = None;
        let turn = timeout_if_pending(self.shared.limiter.acquire(&paced), |now| {
            waiting_since = Some(now);
            leave_by
        });
        match turn.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let error = Error::new(Kind::NotSent, error.to_string()).with_source(error);
                return AttemptResult { credential: Some(identity), ..AttemptResult::early(error) };
            }
            Err(_) => {
                let error = Error::new(
                    Kind::NotSent,
                    "no rate-limit slot in time: too many calls of this action",
                )
                .with_timed_out(true);
                return AttemptResult { credential: Some(identity), ..AttemptResult::early(error) };
            }
        }
        let mut slot = HeldSlot::new(&*self.shared.limiter, paced);
        let waited = waiting_since.map_or(Duration::ZERO, |since| since.elapsed());
        // A long wait can outlive a credential, so the snapshot is taken anew.
        let snapshot = if waited > Duration::from_secs(1) {
            match self.credential(leave_by).await {
                Ok(snapshot) => snapshot,
                Err(error) => return AttemptResult::early(error),
            }
        } else {
            snapshot
        };
        let breakers = self.shared.breakers.as_ref();
        let Some((host, permit)) = route.host(breakers, self.class == RetryClass::Read) else {
            return AttemptResult {
                credential: Some(identity),
                ..AttemptResult::breaker_open_result()
            };
        };
        let going = AttemptContext { host, number, snapshot: snapshot.as_deref() };
        let mut tried = self.send(request, response, &going, bounds, &mut slot).await;
        slot.is_used &= tried.outcome != Outcome::NotSent;
        drop(slot);
        if let Some(permit) = permit {
            permit.end(if tried.is_exchanged { tried.sign() } else { Health::Ignored });
        }
        if tried.is_exchanged && tried.outcome == Outcome::NotSent {
            route.advance();
        }
        tried.credential = Some(identity);
        tried.paced = waited;
        match tried.outcome {
            Outcome::Throttled => self.shared.limiter.throttled(&paced),
            Outcome::Success | Outcome::Refused => self.shared.limiter.accepted(&paced),
            _ => {}
        }
        tried
    }

    pub(super) async fn credential(
        &self,
        deadline: Instant,
    ) -> Result<Option<Arc<CredentialSnapshot>>, Error> {
        let Some(provider) = &self.shared.credentials else { return Ok(None) };
        let skew = self.shared.skews.of(self.address.authority());
        // One clock judges expiry here and in the provider: the service's.
        let now = || skew::correct(self.shared.clock.now(), skew);
        let has_ended =
            |snapshot: &CredentialSnapshot| snapshot.expires_at().is_some_and(|end| end <= now());
        let mut asked_again = false;
        loop {
            return match timeout_if_pending(provider.credential_at(now()), |_| deadline).await {
                // Whatever a source gives: a metadata service may hold an old answer, a file an old login.
                Ok(Ok(snapshot)) if has_ended(&snapshot) => {
                    // Who keeps it drops it, and may have another.
                    if !asked_again && provider.refused(&snapshot) {
                        asked_again = true;
                        continue;
                    }
                    let origin = snapshot.origin().map(|origin| format!(" of {origin}"));
                    let text = format!(
                        "credential{} is no longer good: fetch another, or set this machine's clock",
                        origin.unwrap_or_default()
                    );
                    Err(Error::new(Kind::Credentials, text))
                }
                Ok(Ok(snapshot)) => Ok(Some(snapshot)),
                Ok(Err(error)) => {
                    let kind = match error.is_transient() {
                        true => Kind::NoCredentialYet,
                        false => Kind::Credentials,
                    };
                    Err(Error::new(kind, error.to_string()).with_source(error))
                }
                Err(_) => {
                    let text =
                        "no credential in time: its source did not answer while the call had time";
                    Err(Error::new(Kind::NoCredentialYet, text).with_timed_out(true))
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
            |error| Error::new(Kind::NotSent, "request cannot be signed").with_source(error);
        let is_tc3 = shared.writing.dialect.is_tc3();
        let trace_id = if is_tc3 {
            shared.trace_ids.next(&*shared.entropy).map_err(no_entropy)?
        } else {
            String::new()
        };
        let nonce =
            if is_tc3 { 0 } else { entropy::nonce(&*shared.entropy).map_err(no_entropy)? };
        let mut prepared = sign(
            &self.draft,
            &SigningInput {
                info: self.info,
                writing: &shared.writing,
                address: host,
                region: self.region,
                credential: snapshot.map(CredentialSnapshot::credential),
                timestamp: unix_seconds(skew::correct(shared.clock.now(), skew)),
                nonce,
                trace_id: &trace_id,
                keys: &shared.keys,
            },
        )?;
        if let Some(interceptor) = &shared.interceptor {
            let exchange = self.exchange(number);
            HeaderMapMut::write(&**interceptor, &exchange, &mut prepared.headers)?;
        }
        Ok(prepared)
    }

    async fn send(
        &self,
        request: &dyn Model,
        response: &mut dyn Model,
        going: &AttemptContext<'_>,
        bounds: &mut Bounds<'_, '_>,
        slot: &mut HeldSlot<'_>,
    ) -> AttemptResult {
        let AttemptContext { host, number, snapshot } = *going;
        let deadline = bounds.deadline;
        let window = self.exchange(number);
        let skew = self.shared.skews.of(host.authority());
        let prepared = match self.signed(host, snapshot, number, skew) {
            Ok(prepared) => prepared,
            Err(error) => return AttemptResult::early(error),
        };
        let now = Instant::now();
        if let Err(error) = bounds.leave(self.shared, now) {
            return AttemptResult::early(error);
        }
        if let Some(observer) = &self.shared.observer {
            observer.request(&window, &prepared.masked());
        }
        let timeouts = &self.shared.timeouts;
        let (first_byte, whole) = if self.is_slow() {
            (timeouts.first_byte_slow, timeouts.attempt_slow)
        } else {
            (timeouts.first_byte, timeouts.attempt)
        };
        let limits = Limits {
            leave_by: bounds.leave_by,
            deadline: deadline.min(after(now, whole)),
            first_byte: deadline.min(after(now, first_byte.min(whole))),
            body_idle: timeouts.body_idle,
            max_body: self.shared.max_response_bytes,
            keeps_unusable: self.class != RetryClass::Read,
        };
        let is_fresh = self.class != RetryClass::Read || self.client.options().fresh_connections;
        let sending = SendProgress::new(is_fresh);
        let departure = Departure { progress: &self.progress, sending: &sending, slot };
        let sent = self.shared.clock.now();
        let exchanged = exchange(&*self.shared.http, prepared, &sending, &limits).await;
        drop(departure);
        let received = self.shared.clock.now();
        let reading = ResponseClassifier {
            call: self,
            address: host,
            request,
            snapshot,
            sent,
            received,
            skew,
        };
        let (mut tried, answer) = match exchanged {
            Ok(mut answer) => {
                let tried = reading.classify_response(&answer, response);
                if tried.is_clean() {
                    answer.connection.keep_connection();
                }
                (tried, Some(answer))
            }
            Err(broken) => (reading.classify_transport_error(broken), None),
        };
        bounds.landed(&tried);
        if let Some(observer) = &self.shared.observer {
            observer.response(&window, &reading.masked(answer.as_ref(), &tried));
        }
        tried.is_exchanged = true;
        tried
    }

    pub(super) fn record_attempt(
        &self,
        number: u32,
        tried: &AttemptResult,
        took: Duration,
        host: Option<&Address>,
    ) {
        let region = self.region.map(Region::as_str);
        let host = host.map(Address::authority);
        let code = tried.code.as_ref().map(ErrorCode::as_str);
        trace::attempt_ended(self.info.name, region, host, number, tried.outcome, code, took);
        if let Some(interceptor) = &self.shared.interceptor {
            let ended = AttemptEnd {
                outcome: tried.outcome,
                status: tried.status,
                code,
                request_id: tried.request_id.as_deref(),
                took,
                clock_difference: tried.clock_difference,
            };
            interceptor.after_response(&self.exchange(number), &ended);
        }
        if let Some(metrics) = &self.shared.metrics {
            metrics.attempt(&AttemptMetrics {
                action: self.info.name,
                region,
                host,
                number,
                outcome: tried.outcome,
                code,
                took: took.saturating_sub(tried.paced),
                paced: tried.paced,
            });
        }
    }
}

/// A number for a credential that is no secret and the same for the same secret id.
fn identity(snapshot: &CredentialSnapshot) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    snapshot.credential().secret_id().hash(&mut hasher);
    hasher.finish()
}
