//! The services whose specs the simulator has: CVM, and what tools call beside it.

use cvm_protocol::{ActionInfo, ServiceInfo};

/// A service whose specs the simulator has. Handlers exist for some of its actions.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// Its name, version and hosts.
    pub info: &'static ServiceInfo,
    /// The actions of the specs, sorted by name.
    pub actions: &'static [&'static ActionInfo],
    /// Whether the specs have every action of the service, so that another name is no action at all.
    pub is_complete: bool,
}

impl Service {
    /// The action with this name, if the specs have it.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&'static ActionInfo> {
        let index = self.actions.binary_search_by(|info| info.name.cmp(name)).ok()?;
        self.actions.get(index).copied()
    }
}

/// All services, CVM first.
#[must_use]
pub fn services() -> [Service; 6] {
    let service = |info, actions, is_complete| Service { info, actions, is_complete };
    [
        service(&cvm_models::SERVICE, cvm_models::ACTIONS, true),
        service(&api_models::SERVICE, api_models::ACTIONS, false),
        service(&cbs_models::SERVICE, cbs_models::ACTIONS, false),
        service(&sts_models::SERVICE, sts_models::ACTIONS, false),
        service(&tag_models::SERVICE, tag_models::ACTIONS, false),
        service(&vpc_models::SERVICE, vpc_models::ACTIONS, false),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_found_by_name_in_their_service_only() {
        for service in services() {
            for info in service.actions {
                assert!(std::ptr::eq(service.action(info.name).unwrap(), *info), "{}", info.name);
                // An action has the same name in another service only if their versions differ.
                let others = services().into_iter().filter(|it| {
                    it.info.name != service.info.name && it.info.version == service.info.version
                });
                assert_eq!(others.filter(|it| it.action(info.name).is_some()).count(), 0);
            }
        }
    }
}
