//! RenewHosts: a longer term for dedicated hosts.

use cvm_models::actions::{RenewHosts, RenewHostsResponse};
use cvm_models::enums::RenewFlag;

use super::named::renewable;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for RenewHosts {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        // The tables require a period.
        let months = self.host_charge_prepaid.period.unwrap_or(1);
        let flag = self.host_charge_prepaid.renew_flag.unwrap_or(RenewFlag::NotifyAndAutoRenew);
        for host in renewable(scene, &self.host_ids)? {
            host.term.extend(months);
            host.term.renewal = flag.clone();
        }
        Ok(Outcome::Response(RenewHostsResponse::default()))
    }
}
