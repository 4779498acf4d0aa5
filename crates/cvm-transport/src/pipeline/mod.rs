//! The life of a call, written once for all actions, over `dyn Model` on both sides.
//!
//! 1. **Address**: the host follows from endpoint, region and dialect.
//! 2. **Token**: an action that has a client token gets one, the same for all attempts.
//! 3. **Class**: how safe a second sending of this very request is.
//! 4. **Draft**: the request is written once. From here on only the signature changes.
//! 5. For each attempt:
//!    1. **Credential**: one immutable snapshot.
//!    2. **Turn**: the rate limiter says when.
//!    3. **Host**: the endpoint, or a backup if there are any and the request may go there.
//!    4. **Signature**: for this host, with the time of this attempt on its clock.
//!    5. **Exchange**: out and in, within absolute deadlines.
//!    6. **Outcome**: what the attempt proves, from the body and not from headers.
//!    7. **Verdict**: the retry machine says stop, or how long to pause.
//! 6. **Report** or error: with every attempt, and with the token when the outcome is in doubt.
//!
//! No task is spawned: whoever drops the future stops the call, closes its connection and gets its
//! quota back. A call that is dropped before its end is reported to metrics and tracing.

mod abandoned;
mod attempt;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cvm_protocol::{ActionInfo, Gaps, Model, RetryClass, Slot};
use tokio::time::Instant;

use self::abandoned::{DropGuard, Progress};
use crate::client::{Client, Shared};
use crate::config::endpoint::Address;
use crate::error::{Kind, OutcomeUnknown};
use crate::observe::metrics::CallMetrics;
use crate::observe::trace;
use crate::pending_timeout::after;
use crate::reading::AttemptResult;
use crate::retry::advice;
use crate::retry::budget::RetryToken;
use crate::retry::failover::Failover;
use crate::retry::policy::{AttemptInfo, Decision, MIN_TIME, Retry, StopReason, Verdict, min_time};
use crate::retry::sent_tokens::{TokenHold, TokenUse};
use crate::signing::client_token;
use crate::signing::request::EncodedRequest;
use crate::{Attempt, CallReport, Error, Outcome, PreparedRequest, Region, entropy};

/// A call that succeeded: its report, and the answer as it came.
pub(crate) struct CallOutput {
    pub(crate) report: CallReport,
    pub(crate) body: Bytes,
}

/// Sends a request until the policy says stop, and fills `response`.
pub(crate) async fn run(
    client: &Client,
    info: &'static ActionInfo,
    request: &mut dyn Model,
    response: &mut dyn Model,
) -> Result<CallOutput, Error> {
    let began = Instant::now();
    let call = Call::open(client, info, request).map_err(|error| error.with_action(info.name))?;
    let guard = DropGuard::new(&call, began);
    let (attempts, ended) = call.run_attempts(&*request, response, began).await;
    guard.ended();
    let took = match (&ended, attempts.last()) {
        // Nothing came after an attempt that succeeded.
        (Ok(_), Some(last)) => last.began + last.took,
        _ => began.elapsed(),
    };
    let count = u32::try_from(attempts.len()).unwrap_or(u32::MAX);
    let region = call.region.map(Region::as_str);
    if let Some(metrics) = &call.shared.metrics {
        let unknown = ended.as_ref().err().is_some_and(|error| error.outcome_unknown().is_some());
        metrics.call(&CallMetrics {
            action: info.name,
            region,
            attempts: count,
            succeeded: ended.is_ok(),
            outcome_unknown: unknown,
            abandoned: false,
            client_token: call.token.as_deref(),
            took,
        });
    }
    trace::call_ended(info.name, region, count, took, ended.as_ref().err());
    let Ended { body, request_id, drift, gaps } = ended?;
    let client_token = call.token;
    let report =
        CallReport { action: info.name, request_id, client_token, attempts, took, drift, gaps };
    Ok(CallOutput { report, body })
}

/// Signs a request as its first attempt would be, and sends nothing.
pub(crate) async fn prepare(
    client: &Client,
    info: &'static ActionInfo,
    request: &mut dyn Model,
) -> Result<PreparedRequest, Error> {
    let prepare = async {
        let call = Call::open(client, info, request)?;
        let deadline = after(Instant::now(), call.operation_timeout());
        let snapshot = call.credential(deadline).await?;
        let skew = call.shared.skews.of(call.address.authority());
        let mut prepared = call.signed(&call.address, snapshot.as_deref(), 1, skew)?;
        prepared.client_token = call.token;
        Ok::<_, Error>(prepared)
    };
    prepare.await.map_err(|error| error.with_action(info.name))
}

/// One call: what is the same for all its attempts.
pub(crate) struct Call<'a> {
    client: &'a Client,
    pub(crate) shared: &'a Shared,
    pub(crate) info: &'static ActionInfo,
    region: Option<&'a Region>,
    address: Arc<Address>,
    backups: Vec<Address>,
    token: Option<String>,
    /// What the token goes out with, and where to.
    token_use: Option<TokenUse>,
    pub(crate) class: RetryClass,
    draft: EncodedRequest,
    pub(crate) is_dry_run: bool,
    progress: Progress,
}

/// The attempt that succeeded.
struct Ended {
    body: Bytes,
    request_id: String,
    drift: Vec<String>,
    gaps: Gaps,
}

impl<'a> Call<'a> {
    fn open(
        client: &'a Client,
        info: &'static ActionInfo,
        request: &mut dyn Model,
    ) -> Result<Self, Error> {
        let shared = client.shared();
        let region = client.region_for(info)?;
        let address = shared.addresses.of(info.service, region)?;
        let token = client_token::mint(info, request, &*shared.entropy)?;
        let token_use = token.as_ref().map(|_| TokenUse {
            hash: client_token::whole_hash(info, request),
            service: info.service.name,
            region: region.map(|region| region.as_str().to_owned()),
            authority: address.shared_authority(),
        });
        if let Some((token, used)) = token.as_ref().zip(token_use.as_ref()) {
            shared.tokens_in_doubt.admit(token, used, shared.moment())?;
        }
        let class = info.retry_class(request);
        let endpoint = shared.addresses.endpoint(info.service);
        let backups = shared.backups.of(&address, endpoint, region, class);
        let draft = EncodedRequest::write(request, &shared.writing, &address)?;
        let is_dry_run = info.is_dry_run(request);
        Ok(Self {
            client,
            shared,
            info,
            region,
            address,
            backups,
            token,
            token_use,
            class,
            draft,
            is_dry_run,
            progress: Progress::default(),
        })
    }

    /// Whether an answer may take long to begin: launches, and work that is queued before it is answered.
    const fn is_slow(&self) -> bool {
        matches!(self.class, RetryClass::Token)
            || (self.info.asynchronous && !matches!(self.class, RetryClass::Read))
    }

    fn operation_timeout(&self) -> Duration {
        let timeouts = &self.shared.timeouts;
        let own = if self.class == RetryClass::Token {
            timeouts.operation_with_token
        } else {
            timeouts.operation
        };
        self.client.options().operation_timeout.unwrap_or(own)
    }

    async fn run_attempts(
        &self,
        request: &dyn Model,
        response: &mut dyn Model,
        began: Instant,
    ) -> (Vec<Attempt>, Result<Ended, Error>) {
        let whole = self.operation_timeout();
        let deadline = after(began, whole);
        let mut token = match self.hold_token() {
            Ok(token) => token,
            Err(error) => return (Vec::new(), Err(error.with_action(self.info.name))),
        };
        let mut retry = Retry::new(self.class, self.client.options().max_attempts);
        let mut route = Failover::new(&self.address, &self.backups);
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut withdrawal: Option<RetryToken> = None;
        let mut last_sent: Option<AttemptResult> = None;
        loop {
            let number = u32::try_from(attempts.len()).unwrap_or(u32::MAX).saturating_add(1);
            let attempt_began = if number > 1 {
                reset(response);
                Instant::now()
            } else {
                began
            };
            self.progress.begin_attempt(number);
            let mut bounds = Bounds {
                deadline,
                leave_by: deadline.checked_sub(min_time(whole)).unwrap_or(attempt_began),
                token: token.as_mut(),
            };
            bounds.keep_to_the_window(self.shared, attempt_began);
            let tried = self.attempt(request, response, &mut bounds, number, &mut route).await;
            // Time ran out before the request could be sent again: what the last one brought is the end.
            if let Some(error) = tried.error.as_ref().filter(|_| tried.is_late())
                && let Some(sent) = last_sent.take()
            {
                let note = format!("not sent again: {error}");
                if let Some(withdrawal) = withdrawal {
                    withdrawal.fail();
                }
                let earlier = retry.maybe_applied() && !sent.outcome.may_have_acted();
                let verdict = retry.verdict();
                let error =
                    self.final_error(request, sent, verdict, StopReason::Final, earlier, &attempts);
                return (attempts, Err(error.with_note(&note)));
            }
            let ended = Instant::now();
            let took = ended.saturating_duration_since(attempt_began);
            self.record_attempt(number, &tried, took, route.last_host());
            // What ended before there was a request to send is no attempt.
            if !tried.is_local {
                attempts.push(Attempt {
                    outcome: tried.outcome,
                    began: attempt_began - began,
                    took,
                    status: tried.status,
                    code: tried.code.clone(),
                    request_id: tried.request_id.clone(),
                });
            }
            let withdrawal_now = match &mut withdrawal {
                Some(withdrawal) => withdrawal,
                none => {
                    let credential = tried.credential.unwrap_or_default();
                    let quota = self.shared.quotas.budget(self.address.authority(), credential);
                    none.insert(RetryToken::new(quota))
                }
            };
            let left = deadline.saturating_duration_since(ended);
            // The window is a limit for leaving: what left inside it may take its time.
            let window = match (&token, tried.outcome) {
                (None, _) | (_, Outcome::Success) => None,
                (Some(token), _) => match token.left(self.shared.moment()) {
                    Duration::ZERO => Some(Duration::ZERO),
                    left => Some(left + MIN_TIME),
                },
            };
            let seen = AttemptInfo {
                outcome: tried.outcome,
                retry_after: tried.retry_after,
                left: window.map_or(left, |window| window.min(left)),
                // A success needs no jitter, and asking the system for it is no small part of a call.
                random: match tried.outcome {
                    Outcome::Success => 0,
                    _ => entropy::random(&*self.shared.entropy).unwrap_or(u64::MAX / 2),
                },
                recoverable: tried.recoverable,
                is_final: tried.is_final,
                forbids_retry: tried.forbids_retry,
            };
            let step = if tried.breaker_open {
                retry.give_up()
            } else {
                retry.next(&seen, |cost| withdrawal_now.take(cost))
            };
            self.progress.end_attempt(retry.maybe_applied());
            match step {
                Decision::Retry { pause } => {
                    if tried.is_exchanged {
                        last_sent = Some(tried);
                    }
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                }
                Decision::Stop(Verdict::Success, _) => {
                    if let Some(withdrawal) = withdrawal {
                        withdrawal.succeed();
                    }
                    let AttemptResult { body, request_id, drift, gaps, .. } = tried;
                    let request_id = request_id.unwrap_or_default();
                    return (attempts, Ok(Ended { body, request_id, drift, gaps }));
                }
                Decision::Stop(verdict, why) => {
                    if let Some(withdrawal) = withdrawal {
                        withdrawal.fail();
                    }
                    let earlier = retry.maybe_applied() && !tried.outcome.may_have_acted();
                    let why = match why {
                        StopReason::Deadline if window.is_some_and(|window| window < left) => {
                            StopReason::Window
                        }
                        why => why,
                    };
                    let error = self.final_error(request, tried, verdict, why, earlier, &attempts);
                    return (attempts, Err(error));
                }
            }
        }
    }

    /// Keeps the token of a request that changes something to this request and its place.
    fn hold_token(&self) -> Result<Option<TokenHold<'_>>, Error> {
        let (Some(token), Some(used)) = (&self.token, &self.token_use) else { return Ok(None) };
        if self.class == RetryClass::Read {
            return Ok(None);
        }
        self.shared.tokens_in_doubt.hold(token, used, self.shared.moment()).map(Some)
    }

    fn final_error(
        &self,
        request: &dyn Model,
        tried: AttemptResult,
        verdict: Verdict,
        why: StopReason,
        earlier: bool,
        attempts: &[Attempt],
    ) -> Error {
        let mut error = tried
            .error
            .unwrap_or_else(|| Error::new(Kind::Response, "no answer"))
            .with_action(self.info.name)
            .with_status(tried.status)
            .with_client_token(self.token.clone())
            .with_retry_after(tried.retry_after)
            .with_attempts(attempts.to_vec());
        if earlier {
            error = error.with_note("an earlier attempt may have been carried out");
        }
        match why {
            StopReason::Budget => {
                error = error.with_note("not sent again, because too many calls failed of late");
            }
            StopReason::Deadline => {
                error = error.with_note("not sent again, because the call has no time left");
            }
            StopReason::Window => {
                let window = client_token::CLIENT_TOKEN_WINDOW.as_secs();
                error = error.with_note(&format!(
                    "not sent again, because the service surely knows its client token for {window} s only"
                ));
            }
            StopReason::Final | StopReason::Attempts => {}
        }
        if let Some(wish) = tried.retry_after {
            error = error.with_note(&format!("asked to wait {} s", wish.as_secs()));
        }
        if verdict == Verdict::Unknown {
            // An error of the service, and nothing else, was read.
            let is_read = error.kind() == Kind::Service && !tried.is_contradictory;
            let unread = if is_read { Bytes::new() } else { tried.body };
            error = error.with_unread_response(unread).with_unknown(OutcomeUnknown {
                client_token: self.token.clone(),
                fingerprint: client_token::fingerprint(self.info, request),
                recovery: advice::advice(self.info, request),
                attempts: attempts.to_vec(),
                forbids_retry: tried.forbids_retry,
            });
        }
        error
    }
}

/// What one attempt may use of the call's time and of its token.
struct Bounds<'b, 'c> {
    /// When the call ends.
    deadline: Instant,
    /// When the attempt has to leave at the latest: after that it could only end in another unknown outcome.
    leave_by: Instant,
    token: Option<&'b mut TokenHold<'c>>,
}

impl Bounds<'_, '_> {
    /// However much time the caller gives: what carries a token leaves while the service knows the token.
    fn keep_to_the_window(&mut self, shared: &Shared, now: Instant) {
        if let Some(token) = &self.token {
            self.leave_by = self.leave_by.min(now + token.left(shared.moment()));
        }
    }

    /// Asked right before the attempt leaves, after all waiting.
    fn leave(&mut self, shared: &Shared, now: Instant) -> Result<(), Error> {
        if let Some(token) = &mut self.token {
            token.leave(shared.moment()).map_err(|text| Error::new(Kind::NotSent, text))?;
        }
        if now > self.leave_by {
            self.stays();
            let text = "no time left to send it: waiting for a credential or a rate-limit slot took \
                        too long";
            return Err(Error::new(Kind::NotSent, text).with_timed_out(true));
        }
        Ok(())
    }

    /// What was about to leave cannot be sent at all.
    fn stays(&mut self) {
        if let Some(token) = &mut self.token {
            token.stayed();
        }
    }

    /// Takes in what became of the attempt that left.
    fn landed(&mut self, tried: &AttemptResult) {
        match &mut self.token {
            Some(token) if tried.is_local => token.stayed(),
            Some(token) => token.landed(tried.outcome),
            None => {}
        }
    }
}

/// Puts every member back to its default, so that a half-read answer leaves nothing for the next one.
fn reset(model: &mut dyn Model) {
    for index in 0..model.table().members.len() {
        match model.member_mut(index) {
            Slot::Unknown => {}
            Slot::Str(text) => text.clear(),
            Slot::Text(text) => text.set_from_str(""),
            Slot::I64(number) => *number = 0,
            Slot::U64(number) => *number = 0,
            Slot::F64(number) => *number = 0.0,
            Slot::Bool(flag) => *flag = false,
            Slot::Object(model) => reset(model),
            Slot::List(list) => list.clear(),
            Slot::Optional(option) => option.clear(),
        }
    }
}
