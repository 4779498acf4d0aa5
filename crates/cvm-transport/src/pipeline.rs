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
//! quota back.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cvm_protocol::{ActionInfo, ErrorCode, Model, RetryClass, Slot, Value, member_named};
use tokio::time::{Instant, timeout_at};

use crate::breaker::Sign;
use crate::client::{Client, Shared};
use crate::clock::unix_seconds;
use crate::credentials::CredentialSnapshot;
use crate::endpoint::Address;
use crate::error::{Kind, OutcomeUnknown};
use crate::http::Sending;
use crate::interceptor::{AddedHeaders, EndedAttempt};
use crate::metrics::{AttemptMetrics, CallMetrics};
use crate::observer::Exchange;
use crate::pacing::PacedCall;
use crate::quota::Withdrawal;
use crate::reading::{Reading, Tried};
use crate::retry::{Retry, Seen, Step, Verdict, Why};
use crate::route::Route;
use crate::sign::{Attempting, Draft, sign};
use crate::transfer::{Limits, exchange};
use crate::{
    Attempt, CallReport, Error, Outcome, PreparedRequest, Region, client_token, entropy, skew,
    trace,
};

/// A call that succeeded: its report, and the answer as it came.
pub(crate) struct Delivered {
    pub(crate) report: CallReport,
    pub(crate) body: Bytes,
}

/// Sends a request until the policy says stop, and fills `response`.
pub(crate) async fn run(
    client: &Client,
    info: &'static ActionInfo,
    request: &mut dyn Model,
    response: &mut dyn Model,
) -> Result<Delivered, Error> {
    let began = Instant::now();
    let call = Call::open(client, info, request).map_err(|error| error.with_action(info.name))?;
    let (attempts, ended) = call.deliver(&*request, response, began).await;
    let took = began.elapsed();
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
            took,
        });
    }
    trace::call_ended(info.name, region, count, took, ended.as_ref().err());
    let (body, request_id, drift) = ended?;
    let client_token = call.token;
    let report = CallReport { action: info.name, request_id, client_token, attempts, took, drift };
    Ok(Delivered { report, body })
}

/// Signs a request as its first attempt would be, and sends nothing.
pub(crate) async fn prepare(
    client: &Client,
    info: &'static ActionInfo,
    request: &mut dyn Model,
) -> Result<PreparedRequest, Error> {
    let prepare = async {
        let call = Call::open(client, info, request)?;
        let deadline = Instant::now() + call.operation_timeout();
        let snapshot = call.credential(deadline).await?;
        let mut prepared = call.signed(&call.address, snapshot.as_deref(), 1)?;
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
    address: Address,
    backups: Vec<Address>,
    token: Option<String>,
    pub(crate) class: RetryClass,
    draft: Draft,
    pub(crate) is_dry_run: bool,
}

/// One attempt that is about to leave.
struct Going<'a> {
    host: &'a Address,
    deadline: Instant,
    number: u32,
    snapshot: Option<&'a CredentialSnapshot>,
}

type Ended = Result<(Bytes, String, Vec<String>), Error>;

impl<'a> Call<'a> {
    fn open(
        client: &'a Client,
        info: &'static ActionInfo,
        request: &mut dyn Model,
    ) -> Result<Self, Error> {
        let shared = client.shared();
        let region = client.region_for(info)?;
        let address = shared
            .endpoint
            .address(info.service, region, shared.writing.dialect)
            .map_err(|error| Error::usage(error.to_string()))?;
        let token = client_token::mint(info, request, &*shared.entropy)?;
        if let Some(token) = &token {
            shared.tokens_in_doubt.admit(token, info, request)?;
        }
        let class = info.retry_class(request);
        let backups = shared.backups.of(&address, &shared.endpoint, region, class);
        let draft = Draft::write(request, &shared.writing, &address)?;
        let is_dry_run =
            info.dry_run && matches!(member_named(request, "DryRun"), Value::Bool(true));
        Ok(Self { client, shared, info, region, address, backups, token, class, draft, is_dry_run })
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

    async fn deliver(
        &self,
        request: &dyn Model,
        response: &mut dyn Model,
        began: Instant,
    ) -> (Vec<Attempt>, Ended) {
        let deadline = began + self.operation_timeout();
        let mut retry = Retry::new(self.class, self.client.options().max_attempts);
        let mut route = Route::new(&self.address, &self.backups);
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut withdrawal: Option<Withdrawal> = None;
        loop {
            let number = u32::try_from(attempts.len()).unwrap_or(u32::MAX).saturating_add(1);
            if number > 1 {
                reset(response);
            }
            let attempt_began = Instant::now();
            let tried = self.attempt(request, response, deadline, number, &mut route).await;
            let took = attempt_began.elapsed();
            self.tell(number, &tried, took);
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
                    let quota = self.shared.quotas.quota(self.address.authority(), credential);
                    none.insert(Withdrawal::new(quota))
                }
            };
            let seen = Seen {
                outcome: tried.outcome,
                retry_after: tried.retry_after,
                left: deadline.saturating_duration_since(Instant::now()),
                quota: withdrawal_now.left(),
                random: entropy::random(&*self.shared.entropy).unwrap_or(u64::MAX / 2),
                curable: tried.curable,
            };
            let step = if tried.is_shut_out { retry.give_up() } else { retry.next(&seen) };
            match step {
                Step::Again { pause, cost } => {
                    withdrawal_now.take(cost);
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                }
                Step::End(Verdict::Success, _) => {
                    if let Some(withdrawal) = withdrawal {
                        withdrawal.succeed();
                    }
                    let id = tried.request_id.unwrap_or_default();
                    return (attempts, Ok((tried.body, id, tried.drift)));
                }
                Step::End(verdict, why) => {
                    if let Some(withdrawal) = withdrawal {
                        withdrawal.fail();
                    }
                    let earlier = retry.in_doubt() && !tried.outcome.may_have_acted();
                    let error = self.conclude(request, tried, verdict, why, earlier, &attempts);
                    return (attempts, Err(error));
                }
            }
        }
    }

    fn conclude(
        &self,
        request: &dyn Model,
        tried: Tried,
        verdict: Verdict,
        why: Why,
        earlier: bool,
        attempts: &[Attempt],
    ) -> Error {
        let mut error = tried
            .error
            .unwrap_or_else(|| Error::new(Kind::Response, "no answer"))
            .with_action(self.info.name)
            .with_status(tried.status)
            .with_client_token(self.token.clone())
            .with_attempts(attempts.to_vec());
        if earlier {
            error = error.with_note("an earlier attempt may have been carried out");
        }
        match why {
            Why::Quota => {
                error = error.with_note("not sent again, because too many calls failed of late");
            }
            Why::Deadline => {
                error = error
                    .with_note("not sent again, because the call has no time left")
                    .with_retry_after(tried.retry_after);
            }
            Why::Final | Why::Attempts => {}
        }
        if verdict == Verdict::Unknown {
            if let Some(token) = &self.token {
                self.shared.tokens_in_doubt.remember(token, self.info, request);
            }
            error = error.with_unknown(OutcomeUnknown {
                client_token: self.token.clone(),
                fingerprint: client_token::fingerprint(self.info, request),
                attempts: attempts.to_vec(),
            });
        }
        error
    }

    async fn attempt<'r>(
        &'r self,
        request: &dyn Model,
        response: &mut dyn Model,
        deadline: Instant,
        number: u32,
        route: &mut Route<'r>,
    ) -> Tried {
        let snapshot = match self.credential(deadline).await {
            Ok(snapshot) => snapshot,
            Err(error) => return Tried::early(error),
        };
        let identity = snapshot.as_deref().map_or(0, identity);
        let paced = PacedCall {
            credential: identity,
            region: self.region.map_or("", Region::as_str),
            action: self.info.name,
            per_second: self.info.rate_limit_per_second,
        };
        let before = Instant::now();
        match timeout_at(deadline, self.shared.limiter.acquire(&paced)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let error = Error::new(Kind::NotSent, error.to_string()).with_source(error);
                return Tried { credential: Some(identity), ..Tried::early(error) };
            }
            Err(_) => {
                let error =
                    Error::new(Kind::NotSent, "no turn in time: too many calls of this action")
                        .with_timed_out(true);
                return Tried { credential: Some(identity), ..Tried::early(error) };
            }
        }
        let waited = before.elapsed();
        // A long wait can outlive a credential, so the snapshot is taken anew.
        let snapshot = if waited > Duration::from_secs(1) {
            match self.credential(deadline).await {
                Ok(snapshot) => snapshot,
                Err(error) => return Tried::early(error),
            }
        } else {
            snapshot
        };
        let breakers = self.shared.breakers.as_ref();
        let Some((host, permit)) = route.host(breakers, self.class == RetryClass::Read) else {
            return Tried { credential: Some(identity), ..Tried::shut_out() };
        };
        let going = Going { host, deadline, number, snapshot: snapshot.as_deref() };
        let mut tried = self.send(request, response, &going).await;
        if let Some(permit) = permit {
            permit.end(if tried.is_exchanged { tried.sign() } else { Sign::Silent });
        }
        if tried.is_exchanged && tried.outcome == Outcome::NotSent {
            route.move_on();
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

    async fn credential(
        &self,
        deadline: Instant,
    ) -> Result<Option<Arc<CredentialSnapshot>>, Error> {
        let Some(provider) = &self.shared.credentials else { return Ok(None) };
        match timeout_at(deadline, provider.credential()).await {
            Ok(Ok(snapshot)) => Ok(Some(snapshot)),
            Ok(Err(error)) => {
                let kind = if error.is_transient() { Kind::NotSent } else { Kind::Credentials };
                Err(Error::new(kind, error.to_string()).with_source(error))
            }
            Err(_) => Err(Error::new(Kind::NotSent, "no credential in time").with_timed_out(true)),
        }
    }

    fn exchange(&self, attempt: u32) -> Exchange<'_> {
        let region = self.region.map(Region::as_str);
        Exchange { action: self.info.name, region, attempt }
    }

    fn signed(
        &self,
        host: &Address,
        snapshot: Option<&CredentialSnapshot>,
        number: u32,
    ) -> Result<PreparedRequest, Error> {
        let shared = self.shared;
        let no_entropy =
            |error| Error::new(Kind::NotSent, "request cannot be signed").with_source(error);
        let skew = shared.skews.of(host.authority());
        let is_tc3 = shared.writing.dialect.is_tc3();
        let trace_id = if is_tc3 {
            entropy::uuid_v4(&*shared.entropy).map_err(no_entropy)?
        } else {
            String::new()
        };
        let nonce =
            if is_tc3 { 0 } else { entropy::nonce(&*shared.entropy).map_err(no_entropy)? };
        let mut prepared = sign(
            &self.draft,
            &Attempting {
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
            AddedHeaders::write(&**interceptor, &exchange, &mut prepared.headers)?;
        }
        Ok(prepared)
    }

    async fn send(
        &self,
        request: &dyn Model,
        response: &mut dyn Model,
        going: &Going<'_>,
    ) -> Tried {
        let Going { host, deadline, number, snapshot } = *going;
        let window = self.exchange(number);
        let prepared = match self.signed(host, snapshot, number) {
            Ok(prepared) => prepared,
            Err(error) => return Tried::early(error),
        };
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
            deadline: deadline.min(Instant::now() + whole),
            first_byte,
            body_idle: timeouts.body_idle,
            max_body: self.shared.max_response_bytes,
        };
        let sending = Sending::new(matches!(self.class, RetryClass::Guarded | RetryClass::Hazard));
        let sent = self.shared.clock.now();
        let exchanged = exchange(&*self.shared.http, &prepared, &sending, &limits).await;
        let received = self.shared.clock.now();
        let reading = Reading { call: self, address: host, request, snapshot, sent, received };
        let (mut tried, answer) = match exchanged {
            Ok(answer) => (reading.answer(&answer, response), Some(answer)),
            Err(broken) => (reading.broken(broken), None),
        };
        if let Some(observer) = &self.shared.observer {
            observer.response(&window, &reading.for_people(answer.as_ref(), &tried));
        }
        tried.is_exchanged = true;
        tried
    }

    fn tell(&self, number: u32, tried: &Tried, took: Duration) {
        let region = self.region.map(Region::as_str);
        let code = tried.code.as_ref().map(ErrorCode::as_str);
        trace::attempt_ended(self.info.name, region, number, tried.outcome, code, took);
        if let Some(interceptor) = &self.shared.interceptor {
            let ended = EndedAttempt {
                outcome: tried.outcome,
                status: tried.status,
                code,
                request_id: tried.request_id.as_deref(),
                took,
            };
            interceptor.after_response(&self.exchange(number), &ended);
        }
        if let Some(metrics) = &self.shared.metrics {
            metrics.attempt(&AttemptMetrics {
                action: self.info.name,
                region,
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

/// Puts every member back to its default, so that a half-read answer leaves nothing for the next one.
fn reset(model: &mut dyn Model) {
    for index in 0..model.table().members.len() {
        match model.member_mut(index) {
            Slot::Skip => {}
            Slot::Str(text) => text.clear(),
            Slot::Text(text) => text.put(""),
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
