//! Decides which faults a request gets, and records them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cvm_simulator::{Catalog, CloudFault, Command};
use serde_json::json;

use super::check::check;
use super::effect::FaultEffect;
use super::ending::Ending;
use super::error::FaultError;
use super::firing::{FaultId, FaultStatus, Firing};
use super::plan::Plan;
use super::rule::FaultRule;
use super::throttle::RateWindow;
use crate::events::{EventKind, Events};
use crate::key_pairs::AcceptedRequest;
use crate::simulation::Simulation;

/// Maximum number of rules at a time.
const MAX_RULES: usize = 1000;

/// Maximum number of firings that are kept.
const MAX_FIRINGS: usize = 1000;

/// The fault rules of a cloud.
#[derive(Debug)]
pub(crate) struct Injector {
    seed: u64,
    /// `None` for the built-in one.
    catalog: Option<Catalog>,
    /// Whether there is a rule, so that a cloud without faults needs no lock.
    has_rules: AtomicBool,
    events: Events,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<ActiveRule>,
    /// The number of rules that were ever added.
    added: u64,
    firings: VecDeque<Firing>,
    fired: u64,
    /// Whether the simulator keeps previous states for stale reads.
    keeps_previous: bool,
}

#[derive(Debug)]
struct ActiveRule {
    id: FaultId,
    rule: FaultRule,
    cloud_fault: Option<CloudFault>,
    matched: u64,
    fired: u64,
    window: RateWindow,
}

/// What a rule can match of a request.
struct Subject<'a> {
    accepted: &'a AcceptedRequest,
    account: u64,
    /// Empty for a request without a signature.
    secret_id: &'a str,
}

impl Injector {
    pub(crate) fn new(seed: u64, catalog: Option<Catalog>, events: Events) -> Self {
        let has_rules = AtomicBool::new(false);
        Self { seed, catalog, has_rules, events, state: Mutex::default() }
    }

    /// Checks a rule without adding it.
    pub(super) fn check(&self, rule: &FaultRule) -> Result<(), FaultError> {
        check(rule, self.catalog.unwrap_or_default())
    }

    /// Adds rules that were checked, all of them or none.
    pub(super) fn add(
        &self,
        rules: Vec<FaultRule>,
        simulation: &Simulation,
    ) -> Result<Vec<FaultId>, FaultError> {
        let mut state = self.lock();
        let count = state.rules.len();
        if count.saturating_add(rules.len()) > MAX_RULES {
            let more = rules.len();
            let problem = format!(
                "there are {count} rules, and {more} more would exceed the maximum of {MAX_RULES}; remove some"
            );
            return Err(FaultError::new(problem));
        }
        let mut ids = Vec::with_capacity(rules.len());
        for rule in rules {
            state.added += 1;
            let id = FaultId(state.added);
            let cloud_fault = rule.effect.cloud_fault();
            let window = RateWindow::new();
            state.rules.push(ActiveRule { id, rule, cloud_fault, matched: 0, fired: 0, window });
            ids.push(id);
        }
        self.rules_changed(&mut state, simulation);
        Ok(ids)
    }

    pub(super) fn remove(&self, id: FaultId, simulation: &Simulation) -> bool {
        let mut state = self.lock();
        let before = state.rules.len();
        state.rules.retain(|active| active.id != id);
        let is_removed = state.rules.len() < before;
        if is_removed {
            self.rules_changed(&mut state, simulation);
        }
        is_removed
    }

    pub(super) fn clear(&self, simulation: &Simulation) {
        let mut state = self.lock();
        state.rules.clear();
        state.firings.clear();
        state.fired = 0;
        self.rules_changed(&mut state, simulation);
    }

    pub(super) fn list(&self) -> Vec<FaultStatus> {
        let status = |active: &ActiveRule| FaultStatus {
            id: active.id,
            matched: active.matched,
            fired: active.fired,
            rule: active.rule.clone(),
        };
        self.lock().rules.iter().map(status).collect()
    }

    pub(super) fn firings(&self) -> Vec<Firing> {
        self.lock().firings.iter().cloned().collect()
    }

    pub(super) fn fired(&self) -> u64 {
        self.lock().fired
    }

    /// Decides what happens to a request, and records what fires.
    pub(crate) fn plan(&self, accepted: &AcceptedRequest, secret_id: &str) -> Plan {
        let mut plan = Plan::default();
        if !self.has_rules.load(Ordering::Acquire) {
            return plan;
        }
        let subject = Subject { accepted, account: accepted.account.uin(), secret_id };
        let mut state = self.lock();
        let mut fired = Vec::new();
        let mut is_applied = true;
        for active in &mut state.rules {
            if !subject.matches(active) {
                continue;
            }
            active.matched += 1;
            if active.affects(self.seed) && active.add_to(&mut plan, &subject, self.seed) {
                active.fired += 1;
                let effect = &active.rule.effect;
                is_applied &= effect.is_applied();
                fired.push((active.id, active.rule.name.clone(), effect.name()));
                if plan.ending.is_some() {
                    plan.is_refused = !effect.is_applied();
                    break;
                }
            }
        }
        for (rule, name, effect) in fired {
            state.record(rule, name, effect, &subject, is_applied, &self.events);
        }
        plan
    }

    /// Notes whether there are rules. The simulator keeps previous states only while a rule needs them.
    fn rules_changed(&self, state: &mut State, simulation: &Simulation) {
        self.has_rules.store(!state.rules.is_empty(), Ordering::Release);
        let ids: Vec<FaultId> = state.rules.iter().map(|active| active.id).collect();
        self.events.publish(EventKind::FaultRules, || json!({"rules": ids}));
        let needs_previous =
            state.rules.iter().any(|active| active.rule.effect == FaultEffect::StaleRead);
        if needs_previous != state.keeps_previous {
            state.keeps_previous = needs_previous;
            simulation.try_apply(Command::KeepPreviousState(needs_previous));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn record(
        &mut self,
        rule: FaultId,
        name: Option<String>,
        effect: &'static str,
        subject: &Subject<'_>,
        applied: bool,
        events: &Events,
    ) {
        self.fired += 1;
        if self.firings.len() >= MAX_FIRINGS {
            self.firings.pop_front();
        }
        let request = &subject.accepted.request;
        let firing = Firing {
            number: self.fired,
            rule,
            name,
            effect,
            service: request.action().service.name,
            action: request.action().name,
            region: request.region().name,
            account: subject.account,
            credential: subject.secret_id.to_owned(),
            applied,
        };
        events.publish(EventKind::Fault, || serde_json::to_value(&firing).unwrap_or_default());
        self.firings.push_back(firing);
    }
}

impl Subject<'_> {
    /// Whether the rule concerns the request.
    fn matches(&self, active: &ActiveRule) -> bool {
        let (rule, request) = (&active.rule, &self.accepted.request);
        let info = request.action();
        let is = |wanted: &Option<String>, value: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == value)
        };
        is(&rule.service, info.service.name)
            && is(&rule.action, info.name)
            && is(&rule.region, request.region().name)
            && rule.account.is_none_or(|account| account == self.account)
            && is(&rule.credential, self.secret_id)
            && active.cloud_fault.as_ref().is_none_or(|fault| fault.concerns(info))
    }
}

/// The purpose of a random number, so that the same request gets different ones.
#[derive(Clone, Copy)]
enum Draw {
    Probability,
    Delay,
}

impl ActiveRule {
    /// Whether the rule affects the request that it matched last.
    fn affects(&self, seed: u64) -> bool {
        self.fired < self.rule.max_firings()
            && self.rule.selects(self.matched)
            && self.rule.probability.is_none_or(|it| self.draw(seed, Draw::Probability) < it)
    }

    /// A random number from 0 to 1 for the request that it matched last. It depends on the seed, the rule and the
    /// number of the request, and on no other rule.
    fn draw(&self, seed: u64, purpose: Draw) -> f64 {
        let mut state = mix(seed ^ mix(self.id.0));
        state = mix(state ^ mix(self.matched));
        (mix(state ^ purpose as u64) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Adds the effect to what happens to a request; `false` if it has none.
    fn add_to(&mut self, plan: &mut Plan, subject: &Subject<'_>, seed: u64) -> bool {
        if let Some(fault) = &self.cloud_fault {
            plan.cloud_faults.push(fault.clone());
            return true;
        }
        let ending = match &self.rule.effect {
            FaultEffect::Delay { ms, up_to_ms } => {
                plan.delay = plan.delay.saturating_add(self.delay(*ms, *up_to_ms, seed));
                return true;
            }
            FaultEffect::DelayResponse { ms, up_to_ms } => {
                let delay = self.delay(*ms, *up_to_ms, seed);
                plan.response_delay = plan.response_delay.saturating_add(delay);
                return true;
            }
            FaultEffect::ResetBeforeCommit | FaultEffect::ResetAfterCommit => Ending::Reset,
            FaultEffect::LoseResponse => Ending::Close,
            FaultEffect::Throttle { per_second } => match self.throttle(*per_second, subject) {
                Some(ending) => ending,
                None => return false,
            },
            FaultEffect::Error { code, message, .. } => {
                let default = || "This error was injected by a fault rule.".to_owned();
                let message = message.clone().unwrap_or_else(default);
                Ending::Error { code: code.clone(), message }
            }
            FaultEffect::HttpStatus { status, .. } => Ending::Status(*status),
            FaultEffect::HtmlPage { status, .. } => Ending::Html(*status),
            FaultEffect::DamagedJson => Ending::DamagedJson,
            FaultEffect::TruncatedJson => Ending::TruncatedJson,
            FaultEffect::SoldOut { .. }
            | FaultEffect::QuotaReached
            | FaultEffect::LaunchFailed
            | FaultEffect::StuckOperation
            | FaultEffect::StaleRead => return false,
        };
        plan.ending = Some(ending);
        true
    }

    fn delay(&self, ms: u64, up_to_ms: Option<u64>, seed: u64) -> Duration {
        let range = up_to_ms.map_or(0, |max| max.saturating_sub(ms));
        let more = Duration::from_millis(range).mul_f64(self.draw(seed, Draw::Delay));
        Duration::from_millis(ms).saturating_add(more)
    }

    /// Counts the request; returns the error if there are too many in this second.
    fn throttle(&mut self, per_second: Option<u32>, subject: &Subject<'_>) -> Option<Ending> {
        let request = &subject.accepted.request;
        let info = request.action();
        let limit = per_second.or(info.rate_limit_per_second)?;
        let key = (subject.account, info.service.name, info.name, request.region().name);
        let count = self.window.count(key);
        (count > limit).then(|| Ending::Error {
            code: "RequestLimitExceeded".to_owned(),
            message: format!(
                "There are `{count}` requests of {} in a second, more than the limit `{limit}`; \
                 send fewer requests.",
                info.name
            ),
        })
    }
}

/// Scatters a number (SplitMix64).
const fn mix(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}
