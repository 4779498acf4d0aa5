//! Changes of elastic IPs: ModifyAddressAttribute, ModifyAddressesBandwidth, ModifyAddressInternetChargeType and
//! RenewAddresses.

use vpc_models::actions::{
    ModifyAddressAttribute, ModifyAddressAttributeResponse, ModifyAddressInternetChargeType,
    ModifyAddressInternetChargeTypeResponse, ModifyAddressesBandwidth,
    ModifyAddressesBandwidthResponse, RenewAddresses, RenewAddressesResponse,
};
use vpc_models::enums::InternetChargeType;

use super::addresses::{bandwidth, paid_term};
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::parameters::distinct;
use crate::state::RequestContext;
use crate::unsupported::{DIRECT_CONNECTION_ON, VISIBLE_ADDRESS};

/// How often the charge type of an address can change.
const MAX_CHARGE_TYPE_CHANGES: u8 = 2;

/// Renames an address.
impl ActionHandler for ModifyAddressAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        check_idle(context, &self.address_id)?;
        if self.eip_direct_connection.as_deref() == Some("TRUE") {
            return Err(DIRECT_CONNECTION_ON.error());
        }
        if self.eip_visible_on_eni.is_some() {
            return Err(VISIBLE_ADDRESS.error());
        }
        let fits = |letter: char| letter.is_alphanumeric() || "-_".contains(letter);
        if let Some(name) = self.address_name.as_ref().filter(|name| !name.chars().all(fits)) {
            let message = format!(
                "`AddressName` is `{name}`, but can have only letters, digits, hyphens and underscores."
            );
            return Err(context.codes.error(["InvalidParameterValue"], message));
        }
        let address = context.resources().elastic_ips.get_mut(&self.address_id);
        if let Some((address, name)) = address.zip(self.address_name) {
            address.name = name;
        }
        Ok(Outcome::Response(ModifyAddressAttributeResponse::default()))
    }
}

/// Changes the bandwidth of addresses at once.
impl ActionHandler for ModifyAddressesBandwidth {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let ids = distinct(self.address_ids);
        // The model info requires it.
        let requested = self.internet_max_bandwidth_out.unwrap_or_default();
        let mut mbps = 0;
        for id in &ids {
            check_idle(context, id)?;
            check_paid(context, id)?;
            mbps = bandwidth(context.codes, requested, &context.elastic_ip(id)?.charge_type)?;
        }
        let elastic_ips = &mut context.resources().elastic_ips;
        for id in &ids {
            if let Some(address) = elastic_ips.get_mut(id) {
                address.bandwidth_mbps = mbps;
            }
        }
        Ok(Outcome::Response(ModifyAddressesBandwidthResponse {
            task_id: elastic_ips.new_task().to_string(),
            ..Self::Response::default()
        }))
    }
}

/// Changes the charge type of an address at once.
impl ActionHandler for ModifyAddressInternetChargeType {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now, id) = (context.codes, context.now, self.address_id);
        check_idle(context, &id)?;
        check_paid(context, &id)?;
        let address = context.elastic_ip(&id)?;
        let before = &address.charge_type;
        // The model info requires the new one and the bandwidth.
        let after = self.internet_charge_type.unwrap_or_default();
        if *before == InternetChargeType::BandwidthPackage {
            let message =
                format!("The elastic IP `{id}` is in a bandwidth package; remove it first.");
            let code = "UnsupportedOperation.InvalidAddressInternetChargeType";
            return Err(codes.error([code], message));
        }
        if *before == after {
            let message = format!("The elastic IP `{id}` already has the charge type {after}.");
            let code = "InvalidParameterValue.InternetChargeTypeNotChanged";
            return Err(codes.error([code], message));
        }
        if address.charge_type_changes >= MAX_CHARGE_TYPE_CHANGES {
            let message = format!(
                "The charge type of the elastic IP `{id}` was changed {MAX_CHARGE_TYPE_CHANGES} times, the \
                 maximum."
            );
            let code = "LimitExceeded.ModifyAddressInternetChargeTypeQuota";
            return Err(codes.error([code], message));
        }
        let requested = self.internet_max_bandwidth_out.unwrap_or_default();
        let mbps = bandwidth(codes, requested, &after)?;
        let is_monthly = after == InternetChargeType::BandwidthPrepaidByMonth;
        let term = self.address_charge_prepaid.filter(|_| is_monthly);
        if let Some(address) = context.resources().elastic_ips.get_mut(&id) {
            address.charge_type = after;
            address.charge_type_changes += 1;
            address.bandwidth_mbps = mbps;
            address.term = term.map(|requested| paid_term(&requested, now));
        }
        Ok(Outcome::Response(ModifyAddressInternetChargeTypeResponse::default()))
    }
}

/// Extends the term of addresses that are paid by the month. Isolated ones can be used again.
impl ActionHandler for RenewAddresses {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let now = context.now;
        let ids = distinct(self.address_ids);
        for id in &ids {
            let address = context.elastic_ip(id)?;
            if address.term.is_none() {
                let message = format!(
                    "The elastic IP `{id}` has the charge type {}; only one that is paid by the month has \
                     a term to renew.",
                    address.charge_type
                );
                let code = "UnsupportedOperation.InvalidAddressInternetChargeType";
                return Err(context.codes.error([code], message));
            }
        }
        let elastic_ips = &mut context.resources().elastic_ips;
        for id in &ids {
            let Some(address) = elastic_ips.get_mut(id) else { continue };
            let ends = address.term.as_ref().map_or(now, |term| term.end(now));
            address.term = Some(paid_term(&self.address_charge_prepaid, ends.max(now)));
        }
        Ok(Outcome::Response(RenewAddressesResponse::default()))
    }
}

/// Checks that no task of an address is in progress.
fn check_idle(context: &RequestContext<'_>, id: &str) -> Result<(), ApiError> {
    let address = context.elastic_ip(id)?;
    match address.has_task() {
        true => Err(context.task_is_running(address)),
        false => Ok(()),
    }
}

/// Checks that an address is not isolated.
fn check_paid(context: &RequestContext<'_>, id: &str) -> Result<(), ApiError> {
    if !context.elastic_ip(id)?.is_isolated(context.now) {
        return Ok(());
    }
    let message = format!("The elastic IP `{id}` is isolated: renew it with RenewAddresses first.");
    Err(context.codes.error(["OperationDenied.AddressInArrears"], message))
}
