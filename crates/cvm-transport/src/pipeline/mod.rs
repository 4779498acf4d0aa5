//! The life of a call, written once for all actions, over `dyn Model` for request and response.
//!
//! 1. **Address**: the host follows from endpoint, region and dialect.
//! 2. **Client token**: an action that has one gets it here, the same for all attempts.
//! 3. **Retry class**: how safe a retry of this very request is.
//! 4. **Encoding**: the request is encoded once. Later only the signature changes.
//! 5. For each attempt (`attempt.rs`):
//!    1. **Credential**: one immutable snapshot.
//!    2. **Rate limit**: wait for a slot.
//!    3. **Host**: the endpoint, or a backup if there is one and the request may go there.
//!    4. **Signature**: for this host, with the current time of its clock.
//!    5. **Exchange**: send the request and receive the response, within absolute deadlines.
//!    6. **Outcome**: what the attempt proves, from the response body (`classify.rs`).
//!    7. **Decision**: the retry policy says stop, or how long to pause (`retry/policy.rs`).
//! 6. **Report** or error: with every attempt, and with the client token if the outcome is unknown.
//!
//! No task is spawned: dropping the future stops the call, closes its connection and returns its tokens to the retry
//! budget. A call that is dropped before its end is reported to metrics and tracing (`abandoned.rs`).

mod abandoned;
mod attempt;
mod attempt_result;
mod call;
mod classify;

use std::time::Duration;

use bytes::Bytes;
use cvm_protocol::{ActionInfo, ErrorCode, Gaps, Model, reset};
use tokio::time::Instant;

use self::abandoned::DropGuard;
use self::attempt::{AttemptBounds, EndedAttempt};
use self::attempt_result::AttemptResult;
use self::call::Call;
use crate::client::extra::ExtraMembers;
use crate::client::shared::{Options, Shared};
use crate::error::{ErrorKind, OutcomeUnknown};
use crate::http::PreparedRequest;
use crate::observe::CallReport;
use crate::observe::metrics::CallMetrics;
use crate::observe::report::ResponseWithUnknown;
use crate::observe::trace::{AttemptSpan, CallSpan, call_ended};
use crate::retry::advice::advice;
use crate::retry::budget::RetryToken;
use crate::retry::failover::Failover;
use crate::retry::policy::{AttemptInfo, Decision, Retry, StopReason, Verdict, latest_send};
use crate::retry::sent_tokens::TokenHold;
use crate::retry::{Attempt, Outcome};
use crate::signing::client_token::CLIENT_TOKEN_WINDOW;
use crate::time::deadline::after;
use crate::{Error, Region, entropy};

/// A successful call: its report, the response body as received, and the extra members that were sent.
pub(crate) struct CallOutput {
    pub(crate) report: CallReport,
    pub(crate) body: Bytes,
    pub(crate) extra: Option<ExtraMembers>,
}

/// Sends a request until the retry policy says stop, and decodes the response into `response`.
pub(crate) async fn run(
    shared: &Shared,
    options: &Options,
    info: &'static ActionInfo,
    request: &mut dyn Model,
    response: &mut dyn Model,
) -> Result<CallOutput, Error> {
    let began = Instant::now();
    let call =
        Call::open(shared, options, info, request).map_err(|error| error.with_action(info.name))?;
    let region = call.region.map(Region::as_str);
    let span = CallSpan::new(info, region);
    let guard = DropGuard::new(&call, &span, began);
    let (attempts, ended) = span.instrument(call.run_attempts(&*request, response, began)).await;
    guard.disarm();
    let took = match (&ended, attempts.last()) {
        // Nothing came after an attempt that succeeded.
        (Ok(_), Some(last)) => last.began + last.took,
        _ => began.elapsed(),
    };
    let count = u32::try_from(attempts.len()).unwrap_or(u32::MAX);
    let error = ended.as_ref().err();
    let succeeded = ended.as_ref().ok();
    let result = CallMetrics {
        service: info.service.name,
        action: info.name,
        region,
        attempts: count,
        succeeded: succeeded.is_some(),
        outcome_unknown: error.is_some_and(|error| error.outcome_unknown().is_some()),
        abandoned: false,
        code: error.and_then(Error::code).map(ErrorCode::as_str),
        request_id: match error {
            Some(error) => error.request_id(),
            None => {
                succeeded.map(|success| success.request_id.as_str()).filter(|id| !id.is_empty())
            }
        },
        client_token: call.token.as_deref(),
        took,
    };
    if let Some(metrics) = &shared.metrics {
        metrics.call(&result);
    }
    call_ended(&span, &result);
    let Success { body, request_id, drift, has_unknown_members, gaps } = ended?;
    let client_token = call.token;
    let unknown = has_unknown_members
        .then(|| ResponseWithUnknown { body: body.clone(), table: info.response });
    let action = info.name;
    let report =
        CallReport { action, request_id, client_token, attempts, took, drift, gaps, unknown };
    Ok(CallOutput { report, body, extra: call.extra })
}

/// Signs a request like its first attempt, without sending it.
pub(crate) async fn prepare(
    shared: &Shared,
    options: &Options,
    info: &'static ActionInfo,
    request: &mut dyn Model,
) -> Result<PreparedRequest, Error> {
    let prepare = async {
        let call = Call::open(shared, options, info, request)?;
        let deadline = after(Instant::now(), call.operation_timeout());
        let snapshot = call.credential(deadline).await?;
        let skew = shared.skews.of(call.address.authority());
        let mut prepared = call.signed(&call.address, snapshot.as_deref(), 1, skew)?;
        prepared.client_token = call.token;
        Ok::<_, Error>(prepared)
    };
    prepare.await.map_err(|error| error.with_action(info.name))
}

/// The attempt that succeeded.
struct Success {
    body: Bytes,
    request_id: String,
    drift: Vec<String>,
    has_unknown_members: bool,
    gaps: Gaps,
}

impl Call<'_> {
    async fn run_attempts(
        &self,
        request: &dyn Model,
        response: &mut dyn Model,
        began: Instant,
    ) -> (Vec<Attempt>, Result<Success, Error>) {
        let timeout = self.operation_timeout();
        let deadline = after(began, timeout);
        let mut token = match self.hold_token() {
            Ok(token) => token,
            Err(error) => return (Vec::new(), Err(error.with_action(self.info.name))),
        };
        let mut retry = Retry::new(self.class, self.options.max_attempts);
        let mut failover = Failover::new(&self.address, &self.backups);
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut budget: Option<RetryToken> = None;
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
            let token_left = token.as_ref().map(|token| self.token_left(token));
            let mut bounds = AttemptBounds {
                deadline,
                latest_send: latest_send(attempt_began, deadline, timeout, token_left),
                token: token.as_mut(),
            };
            let span = AttemptSpan::new(self.info, self.region.map(Region::as_str), number);
            let attempt = self.attempt(request, response, &mut bounds, number, &mut failover);
            let result = span.instrument(attempt).await;
            // No time was left for the retry: the call ends with the result of the last request that was sent.
            if let Some(late) = result.error.as_ref().filter(|_| result.is_late())
                && let Some(sent) = last_sent.take()
            {
                let note = format!("not retried: {late}");
                if let Some(budget) = budget {
                    budget.settle(false);
                }
                let verdict = retry.verdict();
                let error =
                    self.final_error(request, sent, &retry, verdict, StopReason::Final, &attempts);
                return (attempts, Err(error.with_note(&note)));
            }
            let ended = Instant::now();
            let took = ended.saturating_duration_since(attempt_began);
            self.record_attempt(&EndedAttempt {
                number,
                result: &result,
                response: &*response,
                took,
                host: failover.last_host(),
                span: &span,
            });
            // Without a request there was no attempt.
            if !result.is_local {
                attempts.push(Attempt {
                    outcome: result.outcome,
                    began: attempt_began - began,
                    took,
                    status: result.status,
                    code: result.code.clone(),
                    request_id: result.request_id.clone(),
                });
            }
            let budget_token = budget.get_or_insert_with(|| {
                let credential = result.credential.unwrap_or_default();
                let budgets = &self.shared.budgets;
                RetryToken::new(budgets.budget(self.address.authority(), credential))
            });
            let left = deadline.saturating_duration_since(ended);
            let attempt = self.attempt_info(&result, left, token.as_ref());
            let decision = retry.next(&attempt, |cost| budget_token.take(cost));
            self.progress.end_attempt(retry.maybe_applied());
            match decision {
                Decision::Retry { pause } => {
                    if result.is_exchanged {
                        last_sent = Some(result);
                    }
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                }
                Decision::Stop(verdict, reason) => {
                    if let Some(budget) = budget {
                        budget.settle(verdict == Verdict::Success);
                    }
                    if verdict == Verdict::Success {
                        let AttemptResult {
                            body,
                            request_id,
                            drift,
                            has_unknown_members,
                            gaps,
                            ..
                        } = result;
                        let request_id = request_id.unwrap_or_default();
                        let success =
                            Success { body, request_id, drift, has_unknown_members, gaps };
                        return (attempts, Ok(success));
                    }
                    let error =
                        self.final_error(request, result, &retry, verdict, reason, &attempts);
                    return (attempts, Err(error));
                }
            }
        }
    }

    /// What the retry policy needs to know about an attempt.
    fn attempt_info(
        &self,
        result: &AttemptResult,
        left: Duration,
        token: Option<&TokenHold<'_>>,
    ) -> AttemptInfo {
        let succeeded = result.outcome == Outcome::Success;
        AttemptInfo {
            outcome: result.outcome,
            retry_after: result.retry_after,
            left,
            token_left: token.filter(|_| !succeeded).map(|token| self.token_left(token)),
            // A success needs no jitter, and the system call for it would be a noticeable part of a call.
            random: match succeeded {
                true => 0,
                false => entropy::random(&*self.shared.entropy).unwrap_or(u64::MAX / 2),
            },
            recoverable: result.recoverable,
            is_final: result.is_final,
            forbids_retry: result.forbids_retry,
            breaker_open: result.breaker_open,
        }
    }

    fn token_left(&self, token: &TokenHold<'_>) -> Duration {
        token.time_left(self.shared.read_clocks())
    }

    /// The error of a call that ended with this result.
    fn final_error(
        &self,
        request: &dyn Model,
        result: AttemptResult,
        retry: &Retry,
        verdict: Verdict,
        reason: StopReason,
        attempts: &[Attempt],
    ) -> Error {
        let mut error = result
            .error
            .unwrap_or_else(|| Error::new(ErrorKind::Response, "no response"))
            .with_action(self.info.name)
            .with_status(result.status)
            .with_client_token(self.token.clone())
            .with_retry_after(result.retry_after)
            .with_attempts(attempts.to_vec());
        if retry.maybe_applied() && !result.outcome.may_have_acted() {
            error = error.with_note("an earlier attempt may have taken effect");
        }
        match reason {
            StopReason::Budget => {
                error = error.with_note("not retried: the retry budget is exhausted");
            }
            StopReason::Deadline => {
                error = error.with_note("not retried: the deadline would pass");
            }
            StopReason::TokenWindow => {
                let window = CLIENT_TOKEN_WINDOW.as_secs();
                error = error.with_note(&format!(
                    "not retried: this client uses a client token for {window} s only"
                ));
            }
            StopReason::Final | StopReason::Attempts => {}
        }
        if let Some(requested) = result.retry_after {
            let note = format!("the server asked to wait {} s", requested.as_secs());
            error = error.with_note(&note);
        }
        if verdict == Verdict::Unknown {
            // Only an error of the service was understood completely.
            let is_understood = error.kind() == ErrorKind::Service && !result.is_contradictory;
            let unread = if is_understood { Bytes::new() } else { result.body };
            error = error.with_unread_response(unread).with_unknown(OutcomeUnknown {
                client_token: self.token.clone(),
                fingerprint: OutcomeUnknown::fingerprint_with(
                    self.info,
                    request,
                    self.extra.as_ref(),
                ),
                recovery: advice(self.info, request),
                attempts: attempts.to_vec(),
                forbids_retry: result.forbids_retry,
            });
        }
        error
    }
}
