//! AllocateAddresses and ReleaseAddresses.

use std::fmt::Display;
use std::net::Ipv4Addr;
use std::sync::Arc;

use vpc_models::actions::{
    AllocateAddresses, AllocateAddressesResponse, ReleaseAddresses, ReleaseAddressesResponse,
};
use vpc_models::enums::{
    AddressStatus, AddressType, InternetChargeType, InternetServiceProvider, RenewFlag,
};
use vpc_models::types::AddressChargePrepaid;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::launch::network::PREMIUM_REGIONS;
use crate::launch::tags;
use crate::parameters::distinct;
use crate::state::{AddressTask, AddressTerm, ElasticIp, RequestContext};
use crate::timestamp::Timestamp;
use crate::unsupported::{CHOSEN_ADDRESSES, PROTECTED_ADDRESS, RESIDENTIAL_ADDRESS};

/// The name of an address without a name.
const UNNAMED: &str = "未命名";

/// The default network exit.
pub(super) const DEFAULT_EGRESS: &str = "center_egress1";

/// Allocates elastic IPs.
impl ActionHandler for AllocateAddresses {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let token = self.client_token.as_deref();
        let parameters = context.fingerprint();
        if let Some(token) = token
            && let Some(made) =
                context.resources().elastic_ips.tokens.find_repeated(codes, token, &parameters)?
        {
            return Ok(allocated(made));
        }
        let template = template(&self, context)?;
        let count = usize::try_from(self.address_count.unwrap_or(1)).unwrap_or(0);
        check_count(context, count)?;
        context.record_tags(&template.tags);
        let (clock, now) = (context.clock, context.now);
        let task = context.resources().elastic_ips.new_task();
        // The number of the task is stored before the ids, because a repeated request gets it as well.
        let mut made = vec![task.to_string()];
        for _ in 0..count {
            let id: Arc<str> = context.ids.id("eip-", Stream::ElasticIpId).into();
            let address = context.instances.addresses.next_public();
            made.push(id.to_string());
            let elastic_ips = &mut context.resources().elastic_ips;
            let mut elastic_ip = template.clone();
            (elastic_ip.id, elastic_ip.address) = (Arc::clone(&id), address);
            elastic_ips.insert(elastic_ip);
            elastic_ips.begin(&id, (task, AddressTask::Allocate), (clock, now));
        }
        let elastic_ips = &mut context.resources().elastic_ips;
        elastic_ips.allocations.add(count, now);
        if let Some(token) = token {
            elastic_ips.tokens.keep(token, &parameters, &made);
        }
        Ok(allocated(made))
    }
}

/// The response for a task and the ids of its addresses.
fn allocated(made: Vec<String>) -> Outcome<AllocateAddressesResponse> {
    let mut made = made.into_iter();
    Outcome::Response(AllocateAddressesResponse {
        task_id: made.next().unwrap_or_default(),
        address_set: made.collect(),
        ..AllocateAddressesResponse::default()
    })
}

/// Checks the number of new addresses against the quotas.
fn check_count(context: &mut RequestContext<'_>, count: usize) -> Result<(), ApiError> {
    let (codes, region, now) = (context.codes, context.region.name, context.now);
    if count == 0 {
        let message = "`AddressCount` must be at least 1.";
        return Err(codes.error(["InvalidParameterValue.Range"], message));
    }
    let quota = context.quotas.elastic_ips;
    let elastic_ips = &context.resources().elastic_ips;
    let used = elastic_ips.count();
    if used.saturating_add(count) > quota {
        let message = format!(
            "{region} has {used} elastic IPs and can have at most {quota}; release one first."
        );
        return Err(codes.error(["AddressQuotaLimitExceeded"], message));
    }
    // As the text of the error code says.
    let daily = quota.saturating_mul(2);
    if elastic_ips.allocations.today(now).saturating_add(count) > daily {
        let message = format!("{region} allocates at most {daily} elastic IPs a day.");
        return Err(codes.error(["AddressQuotaLimitExceeded.DailyAllocate"], message));
    }
    Ok(())
}

/// Checks a request. Returns what its addresses have in common.
fn template(
    request: &AllocateAddresses,
    context: &RequestContext<'_>,
) -> Result<ElasticIp, ApiError> {
    let codes = context.codes;
    let address_type = request.address_type.clone().unwrap_or(AddressType::Eip);
    check_type(context, &address_type)?;
    if !request.vip_cluster.is_empty() {
        return Err(CHOSEN_ADDRESSES.error());
    }
    let provider = request.internet_service_provider.clone();
    let provider = provider.unwrap_or(InternetServiceProvider::Bgp);
    let charge_type = request.internet_charge_type.clone();
    let charge_type = charge_type.unwrap_or(InternetChargeType::TrafficPostpaidByHour);
    let requested = request.internet_max_bandwidth_out.unwrap_or(1);
    let bandwidth_mbps = bandwidth(codes, requested, &charge_type)?;
    let package = request.bandwidth_package_id.as_deref();
    if let Some(id) = package
        && charge_type != InternetChargeType::BandwidthPackage
    {
        let message = format!(
            "`BandwidthPackageId` is `{id}`, which needs BANDWIDTH_PACKAGE, not {charge_type}."
        );
        let code = "UnsupportedOperation.BandwidthPackageIdNotSupported";
        return Err(codes.error([code], message));
    }
    tags::check_all(context, "Tags", "", &request.tags)?;
    let egress = request.egress.as_deref().unwrap_or(DEFAULT_EGRESS);
    let has_exits =
        address_type == AddressType::HighQualityEip || provider != InternetServiceProvider::Bgp;
    if egress != DEFAULT_EGRESS && !has_exits {
        let message = format!(
            "`Egress` is `{egress}`, which only addresses with premium routes or static lines have."
        );
        return Err(codes.error(["InvalidParameterValue.UnsupportedEgress"], message));
    }
    let is_monthly = charge_type == InternetChargeType::BandwidthPrepaidByMonth;
    let term = request.address_charge_prepaid.as_ref().filter(|_| is_monthly);
    let name = request.address_name.as_deref().unwrap_or(UNNAMED);
    // Each address gets an id and an address of its own.
    let mut template = ElasticIp::new("".into(), Ipv4Addr::UNSPECIFIED, context.now);
    template.name = name.to_owned();
    template.address_type = address_type;
    template.provider = provider;
    template.charge_type = charge_type;
    template.bandwidth_mbps = bandwidth_mbps;
    template.bandwidth_package_id = package.map(str::to_owned);
    template.dedicated_cluster_id = request.dedicated_cluster_id.as_deref().map(str::to_owned);
    template.egress = egress.to_owned();
    template.term = term.map(|requested| paid_term(requested, context.now));
    template.tags.clone_from(&request.tags);
    Ok(template)
}

/// Checks that the region and the account have addresses of a type.
fn check_type(context: &RequestContext<'_>, address_type: &AddressType) -> Result<(), ApiError> {
    let region = context.region.name;
    match address_type {
        AddressType::AnycastEip => {
            let message = "The account is not on the list of those that may use accelerated \
                           addresses (`AnycastEIP`).";
            Err(context.codes.error(["UnauthorizedOperation.AnycastEip"], message))
        }
        AddressType::HighQualityEip if !PREMIUM_REGIONS.contains(&region) => {
            let regions = PREMIUM_REGIONS.join(" and ");
            let message = format!("{region} has no `HighQualityEIP`; only {regions} have them.");
            Err(context.codes.error(["FailedOperation.InvalidRegion"], message))
        }
        AddressType::AntiDdosEip => Err(PROTECTED_ADDRESS.error()),
        AddressType::ResidentialEip => Err(RESIDENTIAL_ADDRESS.error()),
        _ => Ok(()),
    }
}

/// The bandwidth of a request in Mbps; its maximum depends on how it is charged.
pub(super) fn bandwidth<N: Copy + Display + TryInto<u64>>(
    codes: DocumentedCodes,
    requested: N,
    charge_type: &InternetChargeType,
) -> Result<u64, ApiError> {
    let max = match charge_type {
        InternetChargeType::BandwidthPackage => 2000,
        InternetChargeType::BandwidthPrepaidByMonth => 200,
        _ => 100,
    };
    requested.try_into().ok().filter(|mbps| (1..=max).contains(mbps)).ok_or_else(|| {
        let message = format!(
            "`InternetMaxBandwidthOut` is {requested}, but must be from 1 to {max} Mbps for {charge_type}."
        );
        codes.error(["InvalidParameterValue.BandwidthOutOfRange", "InvalidParameterValue.Range"], message)
    })
}

/// A term that begins at this time.
pub(super) fn paid_term(requested: &AddressChargePrepaid, begins: Timestamp) -> AddressTerm {
    let months = requested.period.and_then(|months| u32::try_from(months).ok()).unwrap_or(1);
    let renew_flag = match requested.auto_renew_flag {
        Some(0) => RenewFlag::NotifyAndManualRenew,
        Some(2) => RenewFlag::DisableNotifyAndManualRenew,
        _ => RenewFlag::NotifyAndAutoRenew,
    };
    AddressTerm { ends: begins.months_later(months), renew_flag, is_returned: false }
}

/// Releases elastic IPs. One that is paid by the month is isolated first; a second release ends it.
impl ActionHandler for ReleaseAddresses {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, clock, now) = (context.codes, context.clock, context.now);
        let ids = distinct(self.address_ids);
        let mut is_monthly = Vec::with_capacity(ids.len());
        for id in &ids {
            let address = context.elastic_ip(id)?;
            if address.has_task() {
                return Err(context.task_is_running(address));
            }
            let status = address.status();
            if status != AddressStatus::Unbind {
                let message = format!("The elastic IP `{id}` is {status}; unbind it first.");
                return Err(codes.error(["InvalidAddressState"], message));
            }
            is_monthly.push(address.term.is_some());
        }
        if is_monthly.contains(&true) && is_monthly.contains(&false) {
            let message =
                "A request releases either addresses that are paid by the month, or others.";
            let code = "InvalidParameterValue.AddressInternetChargeTypeConflict";
            return Err(codes.error([code], message));
        }
        let elastic_ips = &mut context.resources().elastic_ips;
        let task = elastic_ips.new_task();
        for id in &ids {
            let is_returned = elastic_ips.get(id).is_some_and(|it| it.is_isolated(now));
            let term = elastic_ips.get_mut(id).and_then(|address| address.term.as_mut());
            match term.filter(|_| !is_returned) {
                Some(term) => {
                    term.ends = term.end(now);
                    term.is_returned = true;
                }
                None => elastic_ips.begin(id, (task, AddressTask::Release), (clock, now)),
            }
        }
        Ok(Outcome::Response(ReleaseAddressesResponse {
            task_id: task.to_string(),
            ..Self::Response::default()
        }))
    }
}

#[cfg(test)]
mod tests {
    use cvm_protocol::Action;

    use super::*;

    #[test]
    fn maximum_bandwidth_follows_the_charge_type() {
        let codes = DocumentedCodes(AllocateAddresses::INFO);
        let found = |mbps: i64, charge_type| {
            bandwidth(codes, mbps, &charge_type).map_err(|error| error.code)
        };
        for (charge_type, max) in [
            (InternetChargeType::BandwidthPackage, 2000),
            (InternetChargeType::BandwidthPrepaidByMonth, 200),
            (InternetChargeType::BandwidthPostpaidByHour, 100),
            (InternetChargeType::TrafficPostpaidByHour, 100),
        ] {
            assert_eq!(found(max, charge_type.clone()), Ok(max.unsigned_abs()), "{charge_type}");
            let code = Err("InvalidParameterValue.BandwidthOutOfRange");
            assert_eq!(found(max + 1, charge_type.clone()), code, "{charge_type}");
        }
    }
}
