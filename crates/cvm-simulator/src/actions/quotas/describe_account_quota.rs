//! DescribeAccountQuota: the quotas of the account and how much of each is used.

use std::sync::Arc;

use cvm_models::actions::{DescribeAccountQuota, DescribeAccountQuotaResponse};
use cvm_models::enums::{DisasterRecoverGroupType, InstanceChargeType};
use cvm_models::types::{
    AccountQuota, AccountQuotaOverview, DisasterRecoverGroupQuota, ImageQuota, PostPaidQuota,
    PrePaidQuota, SpotPaidQuota,
};

use crate::api_error::ApiError;
use crate::filter::{Filters, Tests};
use crate::handler::{ActionHandler, Outcome};
use crate::state::{IndexKey, RequestContext, api_quota, month, room};

/// The quotas of a zone.
const HOURLY: u64 = 500;
const PREPAID_A_MONTH: u64 = 200;
const PREPAID_AT_ONCE: u64 = 100;
const SPOT_VCPUS: u64 = 2000;

impl ActionHandler for DescribeAccountQuota {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = Filters::of((context.codes, context.now), &self.filters, FILTERS)?;
        let in_zone = filters.iter().filter(|filter| filter.name == "zone");
        let of_type = filters.iter().filter(|filter| filter.name == "quota-type");
        context.check_zones(filters.iter())?;
        let mut quota = AccountQuota::default();
        for zone in context.region.zones().map(|zone| zone.name()) {
            if in_zone.clone().all(|filter| filter.is(&zone)) {
                let used = used_in(context, &zone);
                add_zone(&mut quota, (used, context.quotas.hourly_instances), &zone);
            }
        }
        let quotas = context.quotas;
        let resources = context.resources();
        let images = resources.images.newest_first().count();
        let groups = resources.placement_groups.count();
        quota.image_quota_set = vec![ImageQuota {
            used_quota: images as u64,
            total_quota: quotas.images as u64,
            ..Default::default()
        }];
        quota.disaster_recover_group_quota_set = vec![DisasterRecoverGroupQuota {
            group_quota: Some(api_quota(quotas.placement_groups)),
            current_num: i64::try_from(groups).ok(),
            cvm_in_host_group_quota: Some(room(&DisasterRecoverGroupType::Host)),
            cvm_in_switch_group_quota: Some(room(&DisasterRecoverGroupType::Sw)),
            cvm_in_rack_group_quota: Some(room(&DisasterRecoverGroupType::Rack)),
            ..Default::default()
        }];
        for (name, clear) in SETS {
            if !of_type.clone().all(|filter| filter.is(name)) {
                clear(&mut quota);
            }
        }
        Ok(Outcome::Response(DescribeAccountQuotaResponse {
            app_id: context.account.app_id(),
            account_quota_overview: AccountQuotaOverview {
                region: context.region.name.to_owned(),
                account_quota: quota,
                ..Default::default()
            },
            ..Self::Response::default()
        }))
    }
}

/// The names of zones, and of kinds of quotas.
const FILTERS: &Tests<str> = &[
    ("zone", |filter, name, _| filter.is(name)),
    ("quota-type", |filter, name, _| filter.is(name)),
];

/// Removes one kind of quotas from the response.
type Clear = fn(&mut AccountQuota);

/// The kinds of quotas, and how each is removed.
const SETS: [(&str, Clear); 5] = [
    ("PostPaidQuotaSet", |quota| quota.post_paid_quota_set.clear()),
    ("PrePaidQuotaSet", |quota| quota.pre_paid_quota_set.clear()),
    ("SpotPaidQuotaSet", |quota| quota.spot_paid_quota_set.clear()),
    ("ImageQuotaSet", |quota| quota.image_quota_set.clear()),
    ("DisasterRecoverGroupQuotaSet", |quota| quota.disaster_recover_group_quota_set.clear()),
];

/// The usage of the quotas by the instances of a zone.
#[derive(Clone, Copy, Default)]
struct Used {
    hourly: u64,
    /// Prepaid instances that were bought this month.
    prepaid: u64,
    spot_vcpus: u64,
}

/// The usage of a zone, from the index of instances.
fn used_in(context: &RequestContext<'_>, zone: &str) -> Used {
    let instances = &*context.instances;
    let name: Arc<str> = zone.into();
    let hourly = vec![IndexKey::ChargeType(InstanceChargeType::PostpaidByHour)];
    let this_month = IndexKey::PrepaidSince(Arc::clone(&name), month(context.now));
    let spot = |vcpus| IndexKey::SpotVcpus(Arc::clone(&name), vcpus);
    let spot = instances.counts(spot(i64::MIN)..=spot(i64::MAX));
    let spot_vcpus = spot.map(|(key, count)| match key {
        IndexKey::SpotVcpus(_, vcpus) => vcpus.unsigned_abs() * count,
        _ => 0,
    });
    Used {
        hourly: instances.count(&[vec![IndexKey::Zone(Arc::clone(&name))], hourly]),
        prepaid: instances.count(&[vec![this_month]]),
        spot_vcpus: spot_vcpus.sum(),
    }
}

fn add_zone(quota: &mut AccountQuota, (used, hourly): (Used, Option<usize>), zone: &str) {
    let zone = zone.to_owned();
    let (total_quota, remaining_quota) = match hourly {
        Some(total) => (total as u64, (total as u64).saturating_sub(used.hourly)),
        None => raised_quota(used.hourly, HOURLY),
    };
    quota.post_paid_quota_set.push(PostPaidQuota {
        used_quota: used.hourly,
        remaining_quota,
        total_quota,
        zone: zone.clone(),
        ..Default::default()
    });
    let (total_quota, remaining_quota) = raised_quota(used.prepaid, PREPAID_A_MONTH);
    quota.pre_paid_quota_set.push(PrePaidQuota {
        used_quota: used.prepaid,
        once_quota: PREPAID_AT_ONCE,
        remaining_quota,
        total_quota,
        zone: zone.clone(),
        ..Default::default()
    });
    let (total_quota, remaining_quota) = raised_quota(used.spot_vcpus, SPOT_VCPUS);
    quota.spot_paid_quota_set.push(SpotPaidQuota {
        used_quota: used.spot_vcpus,
        remaining_quota,
        total_quota,
        zone,
        ..Default::default()
    });
}

/// A total quota and the rest of it. No launch fails for such a quota, so a used-up one counts as raised.
fn raised_quota(used: u64, quota: u64) -> (u64, u64) {
    let total = (used / quota + 1) * quota;
    (total, total - used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quota_is_never_used_up() {
        assert_eq!(raised_quota(0, 500), (500, 500));
        assert_eq!(raised_quota(499, 500), (500, 1));
        assert_eq!(raised_quota(500, 500), (1000, 500));
    }
}
