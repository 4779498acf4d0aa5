//! CreateSecurityGroup, DescribeSecurityGroups, ModifySecurityGroupAttribute and DeleteSecurityGroup.

use vpc_models::actions::{
    CreateSecurityGroup, CreateSecurityGroupResponse, DeleteSecurityGroup,
    DeleteSecurityGroupResponse, DescribeSecurityGroups, DescribeSecurityGroupsResponse,
    ModifySecurityGroupAttribute, ModifySecurityGroupAttributeResponse,
};
use vpc_models::enums::{OrderDirection, SecurityGroupOrderField};
use vpc_models::types;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::filter::{self, CheckedFilter, Filters, IdFilter, Tests};
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::launch::tags;
use crate::page::Page;
use crate::state::{IndexKey, RequestContext, SecurityGroup, TagList};

/// Maximum number of groups of a project in a region.
const MAX_GROUPS: usize = 50;

/// Codes for a group that does not exist.
pub(super) const NOT_FOUND: &[&str] = &["ResourceNotFound"];

/// Creates a group without rules.
impl ActionHandler for CreateSecurityGroup {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let project_id = project(codes, self.project_id.as_ref())?;
        tags::check_all(context, "Tags", "", &self.tags)?;
        let groups = context.security_groups();
        if groups.filter(|group| group.project_id == project_id).count() >= MAX_GROUPS {
            let region = context.region.name;
            let message = format!(
                "The project {project_id} already has {MAX_GROUPS} security groups in {region}, \
                 the maximum; delete one first."
            );
            return Err(codes.error(["LimitExceeded"], message));
        }
        let group = SecurityGroup {
            id: context.ids.id("sg-", Stream::SecurityGroupId).into(),
            name: self.group_name,
            description: self.group_description,
            project_id,
            created: context.now,
            tags: self.tags,
            ..SecurityGroup::default()
        };
        // The sample of this action shows the time of the creation, those of DescribeSecurityGroups show none.
        let security_group =
            types::SecurityGroup { update_time: context.now.with_space(), ..api(&group) };
        context.record_tags(&group.tags);
        context.resources().security_groups.insert(group);
        Ok(Outcome::Response(CreateSecurityGroupResponse {
            security_group,
            ..Self::Response::default()
        }))
    }
}

/// The project of a request. Projects belong to another service, so every one exists.
fn project(codes: DocumentedCodes, requested: Option<&String>) -> Result<i64, ApiError> {
    let Some(text) = requested else { return Ok(0) };
    text.parse().ok().filter(|id| *id >= 0).ok_or_else(|| {
        let message = format!("`ProjectId` is malformed: `{text}` is not the number of a project.");
        codes.error(["InvalidParameterValue.Malformed"], message)
    })
}

/// Lists groups without their rules.
impl ActionHandler for DescribeSecurityGroups {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let filters = self.filters.into_iter().map(|filter| (filter.name, filter.values));
        let filters = filter::of_service(filters);
        let filters = Filters::of((codes, now), &filters, FILTERS)?;
        for id in &self.security_group_ids {
            context.security_group(id, NOT_FOUND)?;
        }
        let ids = IdFilter::new(&self.security_group_ids);
        let mut groups: Vec<_> = context
            .security_groups()
            .filter(|group| ids.includes(&group.id))
            .filter(|group| filters.match_item(group))
            .collect();
        if let Some(field) = self.order_field {
            let is_update = field == SecurityGroupOrderField::UpdateTime;
            let updated = |group: &SecurityGroup| group.updated.filter(|_| is_update);
            groups.reverse();
            groups.sort_by_key(|group| updated(group).unwrap_or(group.created));
            if self.order_direction == Some(OrderDirection::Desc) {
                groups.reverse();
            }
        }
        let page = Page::of_texts(codes.0, self.offset.as_deref(), self.limit.as_deref());
        let (security_group_set, total) = page.cut(groups.into_iter(), api);
        Ok(Outcome::Response(DescribeSecurityGroupsResponse {
            security_group_set,
            total_count: u64::try_from(total).unwrap_or(0),
            ..Self::Response::default()
        }))
    }
}

const FILTERS: &Tests<SecurityGroup> = &[
    ("security-group-id", |filter, group, _| filter.is(&group.id)),
    ("project-id", |filter, group, _| filter.is(&group.project_id.to_string())),
    ("security-group-name", |filter, group, _| filter.is(&group.name)),
    ("tag-key", |filter, group, _| tags_match(filter, group)),
    ("tag:tag-key", |filter, group, _| tags_match(filter, group)),
];

fn tags_match(filter: &CheckedFilter<'_>, group: &SecurityGroup) -> bool {
    let tags: &dyn TagList = &group.tags;
    tags::matches(filter, tags.iter())
}

/// A group in the form of the API.
fn api(group: &SecurityGroup) -> types::SecurityGroup {
    types::SecurityGroup {
        security_group_id: group.id.to_string(),
        security_group_name: group.name.clone(),
        security_group_desc: group.description.clone(),
        project_id: group.project_id.to_string(),
        is_default: group.is_default,
        created_time: group.created.with_space(),
        update_time: group.updated.map(|time| time.with_space()).unwrap_or_default(),
        tag_set: group.tags.clone(),
        ..Default::default()
    }
}

/// Changes the name or the description.
impl ActionHandler for ModifySecurityGroupAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        context.security_group(&self.security_group_id, NOT_FOUND)?;
        let now = context.now;
        if let Some(group) = context.resources().security_groups.get_mut(&self.security_group_id) {
            // A group has a name, but it can have no description.
            if let Some(name) = self.group_name.filter(|name| !name.is_empty()) {
                group.name = name;
            }
            if let Some(description) = self.group_description {
                group.description = description;
            }
            group.updated = Some(now);
        }
        Ok(Outcome::Response(ModifySecurityGroupAttributeResponse::default()))
    }
}

/// Deletes a group that nothing uses.
impl ActionHandler for DeleteSecurityGroup {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let id = self.security_group_id;
        let not_found = ["InvalidSecurityGroupID.NotFound", "ResourceNotFound"];
        if context.security_group(&id, &not_found)?.is_default {
            let message = format!("The security group `{id}` is the default one of its project.");
            return Err(codes.error(["UnsupportedOperation"], message));
        }
        if let Some(user) = user_of(context, &id) {
            let message = format!("{user} uses the security group `{id}`; change that first.");
            return Err(codes.error(["ResourceInUse"], message));
        }
        context.resources().security_groups.remove(&id);
        Ok(Outcome::Response(DeleteSecurityGroupResponse::default()))
    }
}

/// What uses a group, for a message.
fn user_of(context: &RequestContext<'_>, id: &str) -> Option<String> {
    if let Some(instance) = context.instances.with_key(IndexKey::SecurityGroup(id.into())).next() {
        return Some(format!("The instance `{}`", instance.id));
    }
    let resources = context.regions.get(context.region.name)?;
    let mut hosts = resources.chc_hosts.list.iter().map(|host| &host.api);
    let is_group = |group: &String| *group == *id;
    if let Some(host) = hosts.find(|host| {
        let mut groups = host.bmc_security_group_ids.iter().chain(&host.deploy_security_group_ids);
        groups.any(is_group)
    }) {
        return Some(format!("The CHC host `{}`", host.chc_id));
    }
    let referrer = resources.security_groups.referrers(id).next()?;
    Some(format!("A rule of the security group `{}`", referrer.id))
}
