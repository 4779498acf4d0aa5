//! ModifyHostsAttribute and RenewHosts.

use cvm_models::actions::{
    ModifyHostsAttribute, ModifyHostsAttributeResponse, RenewHosts, RenewHostsResponse,
};
use cvm_models::enums::{HostState, RenewFlag};

use crate::actions::hosts::lookup::{find_hosts, renewable};
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::project::unsigned_project;
use crate::state::RequestContext;

/// Changes the name, the renewal or the project of dedicated hosts.
impl ActionHandler for ModifyHostsAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let now = context.now;
        let project_id = unsigned_project(context.codes, self.project_id)?;
        for host in
            find_hosts(context, &self.host_ids, |host| host.state(now) == HostState::Expired)?
        {
            if let Some(name) = self.host_name.as_ref().filter(|name| !name.is_empty()) {
                host.item.host_name.clone_from(name);
            }
            if let Some(flag) = &self.renew_flag {
                host.term.renewal = flag.clone();
            }
            if project_id.is_some() {
                host.item.placement.project_id = project_id;
            }
        }
        Ok(Outcome::Response(ModifyHostsAttributeResponse::default()))
    }
}

/// Extends the term of dedicated hosts.
impl ActionHandler for RenewHosts {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        // The model info requires a period.
        let months = self.host_charge_prepaid.period.unwrap_or(1);
        let flag = self.host_charge_prepaid.renew_flag.unwrap_or(RenewFlag::NotifyAndAutoRenew);
        for host in renewable(context, &self.host_ids)? {
            host.term.extend(months);
            host.term.renewal = flag.clone();
        }
        Ok(Outcome::Response(RenewHostsResponse::default()))
    }
}
