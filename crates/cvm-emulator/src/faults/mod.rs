//! Injected faults: delays, lost responses, throttling, errors, broken responses, and failures of the cloud itself.
//!
//! A [`FaultRule`] names the requests that it concerns, which of them it affects, and its [`FaultEffect`]. Rules come
//! from a file, a [`Preset`], or the methods of [`Faults`]. They concern requests that are authenticated and valid. In
//! the order of the rules, every effect that fires is added, until one fires that takes the place of the response or
//! damages it.
//!
//! A fault never changes what the account shows: an effect says whether the request is applied, and the state agrees.

mod check;
mod effect;
mod ending;
mod error;
mod firing;
mod injector;
mod plan;
mod preset;
mod rule;
mod rule_builder;
mod throttle;

use std::sync::Arc;

use cvm_protocol::Action;

use crate::simulation::Simulation;

pub use effect::FaultEffect;
pub use error::FaultError;
pub use firing::{FaultId, FaultStatus, Firing};
pub(crate) use injector::Injector;
pub(crate) use plan::Plan;
pub use preset::Preset;
pub use rule::FaultRule;
pub use rule_builder::FaultBuilder;

/// The injected faults of a cloud. Clones share them.
///
/// ```
/// use cvm_emulator::Emulator;
/// use cvm_models::actions::RunInstances;
///
/// # fn f() -> Result<(), Box<dyn std::error::Error>> {
/// let cloud = Emulator::builder().seed(1).build()?;
/// cloud.faults().on::<RunInstances>().nth(1).lose_response()?;
/// // … the first launch succeeds, but its response does not arrive …
/// assert_eq!(cloud.faults().firings().len(), 0);
/// # Ok(())
/// # }
/// # f().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Faults {
    injector: Arc<Injector>,
    simulation: Simulation,
}

impl Faults {
    pub(crate) const fn new(injector: Arc<Injector>, simulation: Simulation) -> Self {
        Self { injector, simulation }
    }

    /// Starts a rule for the requests of an action. The effect, such as [`FaultBuilder::lose_response`], adds it.
    pub fn on<A: Action>(&self) -> FaultBuilder {
        FaultBuilder::new(self.clone(), Some(A::INFO))
    }

    /// Starts a rule for the requests of all actions.
    pub fn on_any(&self) -> FaultBuilder {
        FaultBuilder::new(self.clone(), None)
    }

    /// Adds a rule behind the others.
    ///
    /// # Errors
    ///
    /// A field has a value that no request can match or that has no meaning, or there are too many rules.
    pub fn add(&self, rule: FaultRule) -> Result<FaultId, FaultError> {
        self.injector.check(&rule)?;
        let ids = self.injector.add(vec![rule], &self.simulation)?;
        ids.first().copied().ok_or_else(|| FaultError::new("no rule was added"))
    }

    /// Adds rules behind the others, all of them or none.
    ///
    /// # Errors
    ///
    /// Like [`Self::add`]. The error names the rule by its number in the list.
    pub fn add_all(&self, rules: Vec<FaultRule>) -> Result<Vec<FaultId>, FaultError> {
        for (index, rule) in rules.iter().enumerate() {
            self.injector.check(rule).map_err(|error| error.at(index))?;
        }
        self.injector.add(rules, &self.simulation)
    }

    /// Adds the rules of a preset.
    ///
    /// # Errors
    ///
    /// There are too many rules.
    pub fn add_preset(&self, preset: Preset) -> Result<Vec<FaultId>, FaultError> {
        self.add_all(preset.rules())
    }

    /// All rules, and how often each has matched and fired.
    #[must_use]
    pub fn list(&self) -> Vec<FaultStatus> {
        self.injector.list()
    }

    /// Removes a rule; `false` if there is none with this id. Its firings remain.
    #[must_use = "`false` means that there is no such rule"]
    pub fn remove(&self, id: FaultId) -> bool {
        self.injector.remove(id, &self.simulation)
    }

    /// Removes all rules and all firings.
    pub fn clear(&self) {
        self.injector.clear(&self.simulation);
    }

    /// The latest firings, the oldest first: at most 1000.
    #[must_use]
    pub fn firings(&self) -> Vec<Firing> {
        self.injector.firings()
    }

    /// The number of firings, including those that [`Self::firings`] no longer has.
    #[must_use]
    pub fn fired(&self) -> u64 {
        self.injector.fired()
    }
}
