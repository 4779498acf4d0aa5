//! The rules that every call must satisfy. There is no table of expected results: they follow from the
//! conclusion of the fault, the retry class of the action, and the ledger.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::time::{Duration, Instant};

use cvm_models::protocol::RetryClass;
use cvm_models::{Dialect, Error, Outcome};

use crate::call::{Call, Ended};
use crate::fault::{Claim, Fault};
use crate::ledger::{Arrival, Book, Machine};
use crate::rerun::Broken;
use crate::response::AHEAD;
use crate::service::MACHINE;
use crate::signature::Signed;
use crate::test_client::SECRETS;
use crate::third_party::Received;

/// A call that ended, with everything known about it.
pub struct Case<'a> {
    pub call: Call,
    pub dialect: Dialect,
    /// The fault, and the attempt that it affects. The service throttles those before it.
    pub fault: &'a Fault,
    pub struck: usize,
    pub ended: &'a Ended,
    pub book: &'a Book,
    /// Requests before the call.
    pub skipped: usize,
    pub strangers: &'a Received,
}

/// All rules that the case breaks. A slow machine can affect only the rules of `check_result`.
pub fn judge(case: &Case<'_>) -> Broken {
    let mut broken = Broken::default();
    let mut rule = |holds: bool, text: &str| broken.at_any_speed(holds, text);
    case.harm(&mut rule);
    case.strangers(&mut rule);
    case.attempts(&mut rule);
    case.honesty(&mut rule);
    case.verdict(&mut |holds, text| broken.by_time(holds, text));
    broken
}

type Rule<'r> = dyn FnMut(bool, &str) + 'r;

impl Case<'_> {
    fn sent(&self) -> &[Arrival] {
        self.book.after(self.skipped)
    }

    fn signed(&self) -> impl Iterator<Item = &Signed> {
        self.sent().iter().filter_map(|arrival| arrival.signed.as_ref()?.as_ref().ok())
    }

    fn error(&self) -> Option<&Error> {
        self.ended.result.as_ref().err()
    }

    fn is_unknown(&self) -> bool {
        self.error().is_some_and(|error| error.outcome_unknown().is_some())
    }

    fn committed(&self) -> bool {
        self.sent().iter().any(|arrival| arrival.committed)
    }

    /// Nothing takes effect twice, whatever the client reports.
    fn harm(&self, rule: &mut Rule<'_>) {
        let book = self.book;
        rule(book.instances.len() <= 1, "at most one instance");
        rule(book.charges <= 1, "charged once at most");
        rule(book.destroys == 0, "nothing is destroyed");
        rule(book.stops <= 1 && book.starts == 0, "stopped once at most");
        rule(book.key_pairs == 0, "no key pair");
        let machine = book.machines.get(MACHINE).copied().unwrap_or_default();
        let is_right = match self.call {
            Call::Terminate => matches!(machine, Machine::Running | Machine::Recycled),
            Call::Stop => matches!(machine, Machine::Running | Machine::Stopped),
            _ => machine == Machine::Running,
        };
        rule(is_right, "the machine is untouched or as it was asked for");
    }

    /// No other server receives anything.
    fn strangers(&self, rule: &mut Rule<'_>) {
        let Received { connections, bytes } = self.strangers;
        rule(*connections == 0 && bytes.is_empty(), "third parties are not spoken to");
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
    fn attempts(&self, rule: &mut Rule<'_>) {
        let sent = self.sent();
        let cures = usize::from(matches!(
            self.fault.claim,
            Claim::ClockRefused | Claim::ClockRefusedBlindly | Claim::TokenRefused
        ));
        rule(sent.len() <= self.call.most_attempts() + cures, "no more attempts than the policy");
        let whole = || sent.iter().filter(|arrival| arrival.action.is_some());
        rule(
            whole().all(|arrival| arrival.action.as_deref() == Some(self.call.action())),
            "no other action is sent",
        );
        rule(whole().all(|arrival| matches!(arrival.signed, Some(Ok(_)))), "signatures are valid");
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
        let tokens: HashSet<_> = whole().map(|arrival| &arrival.client_token).collect();
        rule(tokens.len() <= 1, "one client token in all attempts");
        let has_token = whole().all(|arrival| arrival.client_token.is_some());
        rule(has_token || self.call != Call::Run, "a launch carries a client token");
        let carries_none = whole().all(|arrival| arrival.client_token.is_none());
        rule(carries_none || self.call == Call::Run, "other actions carry none");
    }

    /// What the client reports is true according to the ledger.
    fn honesty(&self, rule: &mut Rule<'_>) {
        let changes = self.call != Call::Describe;
        match &self.ended.result {
            Ok(done) => {
                rule(self.committed(), "no success without a commit");
                if self.call == Call::Run {
                    let id = self.book.instances.first().map(|launched| launched.id.clone());
                    rule(done.ids == Vec::from_iter(id), "the launch returns the ledger's id");
                }
                let last = format!("r-{}", self.skipped + self.sent().len() - 1);
                rule(done.report.request_id == last, "the answer is the one to the last request");
                rule(done.report.attempts.len() >= self.sent().len(), "attempts are reported");
            }
            Err(error) => {
                let hidden = changes && self.committed() && !self.is_unknown();
                rule(!hidden, "what was done is not reported as failed");
                rule(changes || !self.is_unknown(), "a read leaves nothing in doubt");
                let doubtful = |outcome| matches!(outcome, Outcome::Ambiguous | Outcome::Misrouted);
                let in_doubt = error.attempts().iter().any(|attempt| doubtful(attempt.outcome));
                rule(in_doubt || !self.is_unknown(), "doubt has a reason");
                if let Some(unknown) = error.outcome_unknown() {
                    let sent =
                        self.sent().iter().find_map(|arrival| arrival.client_token.as_deref());
                    rule(
                        sent.is_none() || unknown.client_token() == sent,
                        "the doubt names the client token",
                    );
                }
            }
        }
    }

    /// The result that the fault requires for this class.
    fn verdict(&self, rule: &mut Rule<'_>) {
        let sent = self.sent().len();
        let once = self.call.is_sent_once();
        let unknown_at_once = |rule: &mut Rule<'_>| {
            rule(self.is_unknown(), "the outcome is unknown");
            rule(sent == self.struck, "nothing is sent after the doubt");
        };
        let cured = |rule: &mut Rule<'_>| {
            rule(self.ended.result.is_ok(), "one more attempt succeeds");
            rule(sent == self.struck + 1, "exactly one more attempt");
        };
        let gives_up = |rule: &mut Rule<'_>| {
            rule(
                self.error().is_some_and(|error| error.retry_after().is_some()),
                "the wish is told",
            );
            rule(sent == self.struck, "nothing is sent before its time");
        };
        match self.claim() {
            Claim::Done => {
                rule(self.ended.result.is_ok(), "an answer is an answer");
                rule(sent == self.struck, "nothing is sent after the answer");
            }
            Claim::Nothing if once => unknown_at_once(rule),
            Claim::Nothing => cured(rule),
            Claim::NothingFinal => {
                rule(self.is_unknown() == (self.call != Call::Describe), "unknown, except a read");
                rule(sent == self.struck, "no retry after a code that forbids it");
            }
            Claim::NothingForLong if once => unknown_at_once(rule),
            Claim::NothingForLong => {
                gives_up(rule);
                rule(self.is_unknown() == (self.call != Call::Describe), "doubt, but for a read");
            }
            Claim::MaybeUnsent | Claim::Either if once => {
                rule(self.ended.result.is_ok() || self.is_unknown(), "done, or unknown");
            }
            Claim::MaybeUnsent | Claim::Either => {
                rule(self.ended.result.is_ok(), "what can be repeated ends well");
            }
            Claim::Throttled => cured(rule),
            Claim::ClockRefused => {
                cured(rule);
                let timestamps: Vec<u64> = self.signed().map(|signed| signed.timestamp).collect();
                let corrected = matches!(timestamps[..], [.., refused, next]
                    if next.abs_diff(refused + AHEAD) < 20);
                rule(corrected, "the next attempt has the time that was told");
            }
            Claim::TokenRefused => {
                cured(rule);
                let tokens: HashSet<_> = self.signed().map(|signed| &signed.token).collect();
                rule(tokens.len() == 2, "the next attempt has a fresh credential");
            }
            Claim::ThrottledForLong => {
                gives_up(rule);
                rule(!self.is_unknown(), "who is turned away knows the outcome");
                rule(self.error().is_some_and(Error::is_throttled), "and knows why");
            }
            Claim::ClockRefusedBlindly => {
                rule(!self.is_unknown(), "a refusal leaves no doubt");
            }
            Claim::Refused(code) => {
                let told = self.error().and_then(Error::code).is_some_and(|given| *given == code);
                rule(told, "the refusal's code is told");
                rule(!self.is_unknown(), "a refusal leaves no doubt");
                rule(sent == self.struck, "a refused request is not sent again");
            }
            Claim::Misrouted => {
                rule(self.error().is_some_and(Error::is_misrouted), "told as misrouted");
                rule(sent == self.struck, "not sent again");
                rule(self.is_unknown() || !once, "guarded and hazard: unknown");
            }
            Claim::ThrottledByStranger
            | Claim::ThrottledByStrangerForLong
            | Claim::Lacking
            | Claim::FewerIds => unreachable!("reduced by `claim`"),
        }
        self.pause(rule);
    }

    /// The conclusion, reduced to what it means for this class.
    fn claim(&self) -> Claim {
        let class = self.call.class();
        match self.fault.claim {
            // The rejection came from another server, so for a hazard it proves nothing.
            Claim::ThrottledByStranger | Claim::ThrottledByStrangerForLong
                if class == RetryClass::Hazard =>
            {
                Claim::Nothing
            }
            Claim::ThrottledByStranger => Claim::Throttled,
            Claim::ThrottledByStrangerForLong => Claim::ThrottledForLong,
            Claim::Lacking if class == RetryClass::Read => Claim::Either,
            Claim::Lacking => Claim::Nothing,
            Claim::FewerIds if class == RetryClass::Token => Claim::Nothing,
            Claim::FewerIds => Claim::Done,
            claim => claim,
        }
    }

    /// The client waits a second if it was asked to.
    fn pause(&self, rule: &mut Rule<'_>) {
        let [.., struck, next] = self.sent() else { return };
        if struck.fault.ends_with("wait a second") {
            let gap: Duration = Instant::duration_since(&next.at, struck.at);
            rule(gap >= Duration::from_millis(990), "the server's wish is heard");
        }
    }
}
