//! DescribeDisasterRecoverGroups and DescribeDisasterRecoverGroupQuota.

use cvm_models::actions::{
    DescribeDisasterRecoverGroupQuota, DescribeDisasterRecoverGroupQuotaResponse,
    DescribeDisasterRecoverGroups, DescribeDisasterRecoverGroupsResponse,
};
use cvm_models::enums::DisasterRecoverGroupType;
use cvm_models::types::DisasterRecoverGroup;

use crate::api_error::ApiError;
use crate::filter::{Filters, IdFilter, Tests};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags;
use crate::page::Page;
use crate::state::{Grouped, RequestContext, api_quota, room};

/// Lists groups with their current members, the newest first.
impl ActionHandler for DescribeDisasterRecoverGroups {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = Filters::of((context.codes, context.now), &self.filters, FILTERS)?;
        let name = self.name.as_deref().unwrap_or_default();
        let ids = IdFilter::new(&self.disaster_recover_group_ids);
        let resources = context.regions.get(context.region.name);
        let all =
            resources.into_iter().flat_map(|resources| resources.placement_groups.newest_first());
        let passing = all.filter(|group| {
            ids.includes(&group.disaster_recover_group_id)
                && group.name.contains(name)
                && filters.match_item(group)
        });
        let page = Page::of(context.codes.0, self.offset, self.limit);
        let members = context.instances.in_placement_groups();
        let (disaster_recover_group_set, total_count) =
            page.cut(passing, |group| with_members(group, &members));
        Ok(Outcome::Response(DescribeDisasterRecoverGroupsResponse {
            disaster_recover_group_set,
            total_count,
            ..Self::Response::default()
        }))
    }
}

const FILTERS: &Tests<DisasterRecoverGroup> = &[
    ("tag-key", |filter, group, _| tags::api_tags_match(filter, &group.tags)),
    ("tag-value", |filter, group, _| tags::api_tags_match(filter, &group.tags)),
    ("tag:tag-key", |filter, group, _| tags::api_tags_match(filter, &group.tags)),
];

fn with_members(group: &DisasterRecoverGroup, members: &Grouped<'_>) -> DisasterRecoverGroup {
    let instance_ids = members.member_ids(&group.disaster_recover_group_id);
    let current_num = i64::try_from(instance_ids.len()).unwrap_or(i64::MAX);
    DisasterRecoverGroup { instance_ids, current_num, ..group.clone() }
}

/// Returns the maximum number of groups, and of instances in a group.
impl ActionHandler for DescribeDisasterRecoverGroupQuota {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let current = context.resources().placement_groups.count();
        Ok(Outcome::Response(DescribeDisasterRecoverGroupQuotaResponse {
            group_quota: api_quota(context.quotas.placement_groups),
            current_num: i64::try_from(current).unwrap_or(i64::MAX),
            cvm_in_host_group_quota: room(&DisasterRecoverGroupType::Host),
            cvm_in_sw_group_quota: Some(room(&DisasterRecoverGroupType::Sw)),
            cvm_in_rack_group_quota: room(&DisasterRecoverGroupType::Rack),
            cvm_in_switch_group_quota: Some(room(&DisasterRecoverGroupType::Sw)),
            ..Self::Response::default()
        }))
    }
}
