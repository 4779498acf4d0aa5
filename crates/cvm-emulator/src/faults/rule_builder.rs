//! Builds a fault rule in code: first the requests, then the effect, which adds the rule.

use std::time::Duration;

use cvm_protocol::ActionInfo;
use cvm_simulator::AccountId;

use super::Faults;
use super::effect::FaultEffect;
use super::error::FaultError;
use super::firing::FaultId;
use super::rule::FaultRule;

/// A fault rule without its effect, see [`Faults::on`]. The method of an effect adds the rule to the cloud.
///
/// Every effect returns [`FaultError`] if the rule has an invalid value, or if there are too many rules.
#[derive(Clone, Debug)]
#[must_use = "the rule is only added by its effect"]
pub struct FaultBuilder {
    faults: Faults,
    /// Its effect is replaced when the rule is added.
    rule: FaultRule,
}

type Added = Result<FaultId, FaultError>;

impl FaultBuilder {
    pub(super) fn new(faults: Faults, action: Option<&'static ActionInfo>) -> Self {
        let rule = FaultRule {
            service: action.map(|info| info.service.name.to_owned()),
            action: action.map(|info| info.name.to_owned()),
            ..FaultRule::new(FaultEffect::ResetBeforeCommit)
        };
        Self { faults, rule }
    }

    /// Names the rule, for its firings.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.rule.name = Some(name.into());
        self
    }

    /// Concerns only requests to this region.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.rule.region = Some(region.into());
        self
    }

    /// Concerns only requests of this account.
    pub fn account(mut self, account: AccountId) -> Self {
        self.rule.account = Some(account.uin());
        self
    }

    /// Concerns only requests that this secret id signs.
    pub fn credential(mut self, secret_id: impl Into<String>) -> Self {
        self.rule.credential = Some(secret_id.into());
        self
    }

    /// Affects the n-th matching request, counted from 1, see [`FaultRule::nth`].
    pub const fn nth(mut self, number: u64) -> Self {
        self.rule.nth = Some(number);
        self
    }

    /// Affects only each n-th matching request.
    pub const fn every(mut self, number: u64) -> Self {
        self.rule.every = Some(number);
        self
    }

    /// Affects at most this many requests.
    pub const fn times(mut self, count: u64) -> Self {
        self.rule.count = Some(count);
        self
    }

    /// Affects a matching request with this probability.
    pub const fn probability(mut self, probability: f64) -> Self {
        self.rule.probability = Some(probability);
        self
    }

    /// Adds the rule with this effect.
    ///
    /// # Errors
    ///
    /// A value is invalid, or there are too many rules.
    pub fn effect(self, effect: FaultEffect) -> Added {
        self.faults.add(FaultRule { effect, ..self.rule })
    }

    /// Applies the request later.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn delay(self, delay: Duration) -> Added {
        self.effect(FaultEffect::Delay { ms: milliseconds(delay), up_to_ms: None })
    }

    /// Applies the request at once, and sends the response later.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn delay_response(self, delay: Duration) -> Added {
        self.effect(FaultEffect::DelayResponse { ms: milliseconds(delay), up_to_ms: None })
    }

    /// Resets the connection. The request is not applied.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn reset_before_commit(self) -> Added {
        self.effect(FaultEffect::ResetBeforeCommit)
    }

    /// Applies the request, and resets the connection without a response.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn reset_after_commit(self) -> Added {
        self.effect(FaultEffect::ResetAfterCommit)
    }

    /// Applies the request, and closes the connection without a response.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn lose_response(self) -> Added {
        self.effect(FaultEffect::LoseResponse)
    }

    /// Refuses requests above the documented rate of their action with `RequestLimitExceeded`.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn throttle(self) -> Added {
        self.effect(FaultEffect::Throttle { per_second: None })
    }

    /// Refuses requests above this rate with `RequestLimitExceeded`.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn throttle_above(self, per_second: u32) -> Added {
        self.effect(FaultEffect::Throttle { per_second: Some(per_second) })
    }

    /// Returns an error of the service. The request is not applied.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn error(self, code: impl Into<String>, message: impl Into<String>) -> Added {
        let (code, message) = (code.into(), Some(message.into()));
        self.effect(FaultEffect::Error { code, message, applied: false })
    }

    /// Returns a status from 500 to 599 without a body. The request is not applied.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn http_status(self, status: u16) -> Added {
        self.effect(FaultEffect::HttpStatus { status, applied: false })
    }

    /// Returns an HTML page with status 502. The request is not applied.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn html_page(self) -> Added {
        self.effect(FaultEffect::HtmlPage { status: 502, applied: false })
    }

    /// Applies the request, and returns JSON with a wrong bracket.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn damaged_json(self) -> Added {
        self.effect(FaultEffect::DamagedJson)
    }

    /// Applies the request, and returns the first half of its JSON.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn truncated_json(self) -> Added {
        self.effect(FaultEffect::TruncatedJson)
    }

    /// Makes instance types sold out in zones; without zones, in all. A name can contain one `*`.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn sold_out(self, types: &[&str], zones: &[&str]) -> Added {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        self.effect(FaultEffect::SoldOut { types: owned(types), zones: owned(zones) })
    }

    /// Ends a request that would create something with the quota error of its action.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn quota_reached(self) -> Added {
        self.effect(FaultEffect::QuotaReached)
    }

    /// Lets launches end in `LAUNCH_FAILED`.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn launch_failed(self) -> Added {
        self.effect(FaultEffect::LaunchFailed)
    }

    /// Lets operations on instances never end.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn stuck_operation(self) -> Added {
        self.effect(FaultEffect::StuckOperation)
    }

    /// Shows reads the account as it was before the last request that changed it.
    ///
    /// # Errors
    ///
    /// Like [`Self::effect`].
    pub fn stale_read(self) -> Added {
        self.effect(FaultEffect::StaleRead)
    }
}

fn milliseconds(delay: Duration) -> u64 {
    u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)
}
