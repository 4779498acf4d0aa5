//! The rules that every call must satisfy. There is no table of expected results: they follow from the
//! conclusion of the fault, the retry class of the action, and the ledger.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::time::{Duration, Instant};

use cvm_models::Error;
use cvm_models::config::Dialect;
use cvm_models::protocol::RetryClass;
use cvm_models::retry::Outcome;

use crate::call::{Call, CallResult};
use crate::fault::{Conclusion, Fault};
use crate::ledger::{InstanceState, LedgerState, RequestRecord};
use crate::rerun::BrokenRules;
use crate::response::AHEAD;
use crate::service::INSTANCE;
use crate::signature::Signed;
use crate::test_client::SECRETS;
use crate::third_party::Received;

/// A call that ended, with everything known about it.
pub struct Case<'a> {
    pub call: Call,
    pub dialect: Dialect,
    /// The fault, and the attempt that it affects. The service throttles those before it.
    pub fault: &'a Fault,
    pub affected: usize,
    pub ended: &'a CallResult,
    pub ledger: &'a LedgerState,
    /// Requests before the call.
    pub skipped: usize,
    pub third_parties: &'a Received,
}

/// All rules that the case breaks. A slow machine can affect only the rules of `check_result`.
pub fn check(case: &Case<'_>) -> BrokenRules {
    let mut broken = BrokenRules::default();
    let mut rule = |holds: bool, text: &str| broken.require(holds, text);
    case.check_effects(&mut rule);
    case.check_third_parties(&mut rule);
    case.check_attempts(&mut rule);
    case.check_report(&mut rule);
    case.check_result(&mut |holds, text| broken.require_in_time(holds, text));
    broken
}

type Rule<'r> = dyn FnMut(bool, &str) + 'r;

impl Case<'_> {
    fn sent(&self) -> &[RequestRecord] {
        self.ledger.after(self.skipped)
    }

    fn signed(&self) -> impl Iterator<Item = &Signed> {
        self.sent().iter().filter_map(|request| request.signed.as_ref()?.as_ref().ok())
    }

    fn error(&self) -> Option<&Error> {
        self.ended.result.as_ref().err()
    }

    fn is_unknown(&self) -> bool {
        self.error().is_some_and(|error| error.outcome_unknown().is_some())
    }

    fn committed(&self) -> bool {
        self.sent().iter().any(|request| request.committed)
    }

    /// Nothing takes effect twice, whatever the client reports.
    fn check_effects(&self, rule: &mut Rule<'_>) {
        let ledger = self.ledger;
        rule(ledger.instances.len() <= 1, "at most one instance");
        rule(ledger.charges <= 1, "charged once at most");
        rule(ledger.destroys == 0, "nothing is destroyed");
        rule(ledger.stops <= 1 && ledger.starts == 0, "stopped once at most");
        rule(ledger.key_pairs == 0, "no key pair");
        let instance = ledger.instance_states.get(INSTANCE).copied().unwrap_or_default();
        let is_expected = match self.call {
            Call::Terminate => matches!(instance, InstanceState::Running | InstanceState::Recycled),
            Call::Stop => matches!(instance, InstanceState::Running | InstanceState::Stopped),
            _ => instance == InstanceState::Running,
        };
        rule(is_expected, "the instance is unchanged or as requested");
    }

    /// No other server receives anything.
    fn check_third_parties(&self, rule: &mut Rule<'_>) {
        let Received { connections, bytes } = self.third_parties;
        rule(*connections == 0 && bytes.is_empty(), "third parties receive nothing");
        let Some(error) = self.error() else { return };
        let mut shown = format!("{error}\n{error:?}");
        let mut cause = error.source();
        while let Some(source) = cause {
            shown.push_str(&format!("\n{source}\n{source:?}"));
            cause = source.source();
        }
        let leaks = SECRETS.iter().any(|secret| shown.contains(secret));
        rule(!leaks, "the error shows no secret");
    }

    /// Each attempt has its own signature, all have the same token, and there are not too many of them.
    fn check_attempts(&self, rule: &mut Rule<'_>) {
        let sent = self.sent();
        let extra = usize::from(matches!(
            self.fault.conclusion,
            Conclusion::ClockRejected
                | Conclusion::ClockRejectedWithoutTime
                | Conclusion::TokenRejected
        ));
        rule(sent.len() <= self.call.max_attempts() + extra, "no more attempts than the policy");
        let whole = || sent.iter().filter(|request| request.action.is_some());
        rule(
            whole().all(|request| request.action.as_deref() == Some(self.call.action())),
            "no other action is sent",
        );
        rule(whole().all(|request| matches!(request.signed, Some(Ok(_)))), "signatures are valid");
        let signed: Vec<_> = self.signed().collect();
        let distinct = |what: &str, values: Vec<String>, rule: &mut Rule<'_>| {
            let set: HashSet<&String> = values.iter().collect();
            rule(set.len() == values.len(), &format!("each attempt has its own {what}"));
        };
        let timestamps = signed.iter().map(|signed| signed.timestamp.to_string()).collect();
        distinct("timestamp", timestamps, rule);
        distinct("signature", signed.iter().map(|s| s.signature.clone()).collect(), rule);
        distinct("nonce", signed.iter().filter_map(|s| s.nonce.clone()).collect(), rule);
        let has_nonce = !matches!(self.dialect, Dialect::Tc3 | Dialect::Tc3Get);
        rule(signed.iter().all(|signed| signed.nonce.is_some() == has_nonce), "v1 has a nonce");
        let tokens: HashSet<_> = whole().map(|request| &request.client_token).collect();
        rule(tokens.len() <= 1, "one client token in all attempts");
        let has_token = whole().all(|request| request.client_token.is_some());
        rule(has_token || self.call != Call::Run, "a launch carries a client token");
        let carries_none = whole().all(|request| request.client_token.is_none());
        rule(carries_none || self.call == Call::Run, "other actions carry none");
    }

    /// What the client reports is true according to the ledger.
    fn check_report(&self, rule: &mut Rule<'_>) {
        let changes = self.call != Call::Describe;
        match &self.ended.result {
            Ok(done) => {
                rule(self.committed(), "no success without a commit");
                if self.call == Call::Run {
                    let id = self.ledger.instances.first().map(|launched| launched.id.clone());
                    rule(done.ids == Vec::from_iter(id), "the launch returns the ledger's id");
                }
                let last = format!("r-{}", self.skipped + self.sent().len() - 1);
                rule(done.report.request_id == last, "the response belongs to the last request");
                rule(done.report.attempts.len() >= self.sent().len(), "attempts are reported");
            }
            Err(error) => {
                let is_hidden = changes && self.committed() && !self.is_unknown();
                rule(!is_hidden, "a request that took effect is not reported as failed");
                rule(changes || !self.is_unknown(), "the outcome of a read is never unknown");
                let is_ambiguous =
                    |outcome| matches!(outcome, Outcome::Ambiguous | Outcome::Misrouted);
                let was_ambiguous =
                    error.attempts().iter().any(|attempt| is_ambiguous(attempt.outcome));
                rule(was_ambiguous || !self.is_unknown(), "an unknown outcome has a reason");
                if let Some(unknown) = error.outcome_unknown() {
                    let sent =
                        self.sent().iter().find_map(|request| request.client_token.as_deref());
                    rule(
                        sent.is_none() || unknown.client_token() == sent,
                        "the unknown outcome names the client token",
                    );
                }
            }
        }
    }

    /// The result that the fault requires for this class.
    fn check_result(&self, rule: &mut Rule<'_>) {
        let sent = self.sent().len();
        let once = self.call.is_sent_once();
        let unknown_without_retry = |rule: &mut Rule<'_>| {
            rule(self.is_unknown(), "the outcome is unknown");
            rule(sent == self.affected, "nothing is sent after the ambiguous attempt");
        };
        let retried_once = |rule: &mut Rule<'_>| {
            rule(self.ended.result.is_ok(), "one more attempt succeeds");
            rule(sent == self.affected + 1, "exactly one more attempt");
        };
        let stops = |rule: &mut Rule<'_>| {
            rule(
                self.error().is_some_and(|error| error.retry_after().is_some()),
                "the error has the Retry-After value",
            );
            rule(sent == self.affected, "nothing is sent before Retry-After has passed");
        };
        match self.conclusion() {
            Conclusion::Done => {
                rule(self.ended.result.is_ok(), "a valid response is a success");
                rule(sent == self.affected, "nothing is sent after the response");
            }
            Conclusion::Ambiguous if once => unknown_without_retry(rule),
            Conclusion::Ambiguous => retried_once(rule),
            Conclusion::AmbiguousFinal => {
                rule(
                    self.is_unknown() == (self.call != Call::Describe),
                    "unknown, except for a read",
                );
                rule(sent == self.affected, "no retry after a code that forbids it");
            }
            Conclusion::AmbiguousLongWait if once => unknown_without_retry(rule),
            Conclusion::AmbiguousLongWait => {
                stops(rule);
                rule(
                    self.is_unknown() == (self.call != Call::Describe),
                    "unknown, except for a read",
                );
            }
            Conclusion::MaybeUnsent | Conclusion::Either if once => {
                rule(self.ended.result.is_ok() || self.is_unknown(), "done, or unknown");
            }
            Conclusion::MaybeUnsent | Conclusion::Either => {
                rule(self.ended.result.is_ok(), "a safe request succeeds");
            }
            Conclusion::Throttled => retried_once(rule),
            Conclusion::ClockRejected => {
                retried_once(rule);
                let timestamps: Vec<u64> = self.signed().map(|signed| signed.timestamp).collect();
                let corrected = matches!(timestamps[..], [.., rejected, next]
                    if next.abs_diff(rejected + AHEAD) < 20);
                rule(corrected, "the next attempt uses the time of the service");
            }
            Conclusion::TokenRejected => {
                retried_once(rule);
                let tokens: HashSet<_> = self.signed().map(|signed| &signed.token).collect();
                rule(tokens.len() == 2, "the next attempt has a fresh credential");
            }
            Conclusion::ThrottledLongWait => {
                stops(rule);
                rule(!self.is_unknown(), "a throttled request has a known outcome");
                rule(
                    self.error().is_some_and(Error::is_throttled),
                    "the error says that it was throttled",
                );
            }
            Conclusion::ClockRejectedWithoutTime => {
                rule(!self.is_unknown(), "a service error is not an unknown outcome");
            }
            Conclusion::ServiceError(code) => {
                let has_code =
                    self.error().and_then(Error::code).is_some_and(|given| *given == code);
                rule(has_code, "the error has the code");
                rule(!self.is_unknown(), "a service error is not an unknown outcome");
                rule(sent == self.affected, "a rejected request is not retried");
            }
            Conclusion::Misrouted => {
                rule(self.error().is_some_and(Error::is_misrouted), "reported as misrouted");
                rule(sent == self.affected, "not retried");
                rule(self.is_unknown() || !once, "guarded and hazard: unknown");
            }
            Conclusion::ForeignThrottled
            | Conclusion::ForeignThrottledLongWait
            | Conclusion::MissingMember
            | Conclusion::FewerIds => unreachable!("reduced by `conclusion`"),
        }
        self.check_pause(rule);
    }

    /// The conclusion, reduced to what it means for this class.
    fn conclusion(&self) -> Conclusion {
        let class = self.call.class();
        match self.fault.conclusion {
            // The rejection came from another server, so for a hazard it proves nothing.
            Conclusion::ForeignThrottled | Conclusion::ForeignThrottledLongWait
                if class == RetryClass::Hazard =>
            {
                Conclusion::Ambiguous
            }
            Conclusion::ForeignThrottled => Conclusion::Throttled,
            Conclusion::ForeignThrottledLongWait => Conclusion::ThrottledLongWait,
            Conclusion::MissingMember if class == RetryClass::Read => Conclusion::Either,
            Conclusion::MissingMember => Conclusion::Ambiguous,
            Conclusion::FewerIds if class == RetryClass::Token => Conclusion::Ambiguous,
            Conclusion::FewerIds => Conclusion::Done,
            conclusion => conclusion,
        }
    }

    /// The client waits a second if it was asked to.
    fn check_pause(&self, rule: &mut Rule<'_>) {
        let [.., affected, next] = self.sent() else { return };
        if affected.fault.ends_with("wait a second") {
            let gap: Duration = Instant::duration_since(&next.at, affected.at);
            rule(gap >= Duration::from_millis(990), "Retry-After is followed");
        }
    }
}
