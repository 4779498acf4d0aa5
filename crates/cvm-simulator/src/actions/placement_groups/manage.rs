//! CreateDisasterRecoverGroup, ModifyDisasterRecoverGroupAttribute and DeleteDisasterRecoverGroups.

use cvm_models::actions::{
    CreateDisasterRecoverGroup, CreateDisasterRecoverGroupResponse, DeleteDisasterRecoverGroups,
    DeleteDisasterRecoverGroupsResponse, ModifyDisasterRecoverGroupAttribute,
    ModifyDisasterRecoverGroupAttributeResponse,
};
use cvm_models::enums::{DisasterRecoverGroupStrategy, TagResourceType};
use cvm_models::types::DisasterRecoverGroup;

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::launch::tags::tags;
use crate::state::{RequestContext, room};

/// Creates an empty group.
impl ActionHandler for CreateDisasterRecoverGroup {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let token = self.client_token.as_deref();
        let parameters = context.fingerprint();
        if let Some(token) = token {
            let groups = &mut context.resources().placement_groups;
            if let Some(ids) = groups.tokens.find_repeated(codes, token, &parameters)? {
                return again(context, ids.first().map_or("", String::as_str));
            }
        }
        let strategy = self.strategy.clone().unwrap_or(DisasterRecoverGroupStrategy::Spread);
        if self.partition_count.is_some() && strategy != DisasterRecoverGroupStrategy::Partition {
            let message = "`PartitionCount` is only for groups with the strategy PARTITION.";
            return Err(codes.error(["InvalidParameterValue"], message));
        }
        let tags = tags(context, &self.tag_specification, &[TagResourceType::Ps])?;
        let quota = context.quotas.placement_groups;
        if context.resources().placement_groups.count() >= quota {
            let message = format!("There are already {quota} placement groups, the maximum.");
            return Err(codes.error(["ResourceInsufficient.InsufficientGroupQuota"], message));
        }
        // The model info requires the type.
        let level = self.r#type.clone().unwrap_or_default();
        context.record_tags(&tags);
        let group = DisasterRecoverGroup {
            disaster_recover_group_id: context.ids.id("ps-", Stream::PlacementGroupId),
            name: self.name.clone(),
            cvm_quota_total: room(&level),
            r#type: level,
            create_time: now.to_string(),
            affinity: self.affinity.unwrap_or(1),
            strategy: Some(strategy),
            partition_count: self.partition_count,
            tags,
            ..DisasterRecoverGroup::default()
        };
        let answer = answer(&group, 0);
        let groups = &mut context.resources().placement_groups;
        if let Some(token) = token {
            let ids = [group.disaster_recover_group_id.clone()];
            groups.tokens.keep(token, &parameters, &ids);
        }
        groups.add(group);
        Ok(Outcome::Response(answer))
    }
}

/// The response to a repeated request whose group exists.
fn again(
    context: &RequestContext<'_>,
    id: &str,
) -> Result<Outcome<CreateDisasterRecoverGroupResponse>, ApiError> {
    let group = context.placement_group(id, &["InvalidParameterValue"])?;
    let current = context.instances.in_placement_groups().count(id);
    Ok(Outcome::Response(answer(group, i64::try_from(current).unwrap_or(i64::MAX))))
}

fn answer(group: &DisasterRecoverGroup, current_num: i64) -> CreateDisasterRecoverGroupResponse {
    CreateDisasterRecoverGroupResponse {
        disaster_recover_group_id: group.disaster_recover_group_id.clone(),
        r#type: group.r#type.clone(),
        name: group.name.clone(),
        cvm_quota_total: group.cvm_quota_total,
        current_num,
        create_time: group.create_time.clone(),
        strategy: group.strategy.clone().unwrap_or(DisasterRecoverGroupStrategy::Spread),
        partition_count: group.partition_count,
        ..CreateDisasterRecoverGroupResponse::default()
    }
}

/// Changes the name, and raises the affinity.
impl ActionHandler for ModifyDisasterRecoverGroupAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let id = &self.disaster_recover_group_id;
        let present =
            context.placement_group(id, &["ResourceNotFound.InvalidPlacementSet"])?.affinity;
        let affinity = self.affinity.unwrap_or(present);
        if affinity < present {
            let message = format!("The affinity of `{id}` is {present} and can only be raised.");
            return Err(context.codes.error(["InvalidParameterValue"], message));
        }
        if let Some(group) = context.resources().placement_groups.get_mut(id) {
            group.name = self.name;
            group.affinity = affinity;
        }
        Ok(Outcome::Response(ModifyDisasterRecoverGroupAttributeResponse::default()))
    }
}

/// Deletes empty groups, all or none.
impl ActionHandler for DeleteDisasterRecoverGroups {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        for id in &self.disaster_recover_group_ids {
            context.placement_group(id, &["ResourceNotFound.InvalidPlacementSet"])?;
        }
        let members = context.instances.in_placement_groups();
        for id in &self.disaster_recover_group_ids {
            if members.count(id) > 0 {
                let message = format!("The placement group `{id}` still contains instances.");
                return Err(context.codes.error(["FailedOperation.PlacementSetNotEmpty"], message));
            }
        }
        let groups = &mut context.resources().placement_groups;
        self.disaster_recover_group_ids.iter().for_each(|id| groups.remove(id));
        Ok(Outcome::Response(DeleteDisasterRecoverGroupsResponse::default()))
    }
}
