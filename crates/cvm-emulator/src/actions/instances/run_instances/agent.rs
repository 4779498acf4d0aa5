//! The automation agent, the one of the agents whose absence an action notices.

use cvm_models::types::EnhancedService;

/// Whether it is installed with a public image: unless a request keeps it out.
pub(in crate::actions) fn wants_agent(wanted: Option<&EnhancedService>) -> bool {
    let wanted = wanted.and_then(|wanted| wanted.automation_service.as_ref());
    wanted.and_then(|wanted| wanted.enabled) != Some(false)
}
