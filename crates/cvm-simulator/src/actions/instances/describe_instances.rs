//! DescribeInstances, and the actions that read one detail of an instance: status, attributes and the console address.

use cvm_models::actions::{
    DescribeInstanceVncUrl, DescribeInstanceVncUrlResponse, DescribeInstances,
    DescribeInstancesAttributes, DescribeInstancesAttributesResponse, DescribeInstancesResponse,
    DescribeInstancesStatus, DescribeInstancesStatusResponse,
};
use cvm_models::enums::{InstanceAttributeName, InstanceState};
use cvm_models::types::{Attribute, InstanceAttribute, InstanceStatus};
use cvm_protocol::percent;

use crate::actions::instances::find_page::find_page;
use crate::api_error::ApiError;
use crate::filter::{CheckedFilter, Filters, Tests, fits};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags;
use crate::page::Page;
use crate::state::{RequestContext, StoredInstance};
use crate::timestamp::Timestamp;

/// Lists instances, filtered, the newest first, in pages.
impl ActionHandler for DescribeInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = Filters::of((context.codes, context.now), &self.filters, FILTERS)?;
        context.check_zones(filters.iter())?;
        let page = Page::of(context.codes.0, self.offset, self.limit);
        let instances = &*context.instances;
        let (instance_set, total_count) =
            find_page(instances, &self.instance_ids, &filters, page, StoredInstance::api);
        Ok(Outcome::Response(DescribeInstancesResponse {
            total_count,
            instance_set,
            ..Self::Response::default()
        }))
    }
}

pub(super) const FILTERS: &Tests<StoredInstance> = &[
    ("zone", |filter, instance, _| filter.is(&instance.zone)),
    ("project-id", |filter, instance, _| filter.is(&instance.project_id.to_string())),
    ("host-id", |filter, instance, _| instance.host_id().is_some_and(|id| filter.is(id))),
    ("vpc-id", |filter, instance, _| filter.is(&instance.vpc_id)),
    ("subnet-id", |filter, instance, _| filter.is(&instance.subnet_id)),
    ("instance-id", |filter, instance, _| filter.is(&instance.id)),
    ("uuid", |filter, instance, _| filter.is(&instance.uuid)),
    ("security-group-id", |filter, instance, _| {
        filter.is_any(instance.security_groups.iter().map(|id| &**id))
    }),
    ("instance-name", |filter, instance, _| filter.any(|pattern| fits(&instance.name, pattern))),
    ("instance-charge-type", |filter, instance, _| filter.is(instance.charge_type.as_str())),
    ("instance-state", |filter, instance, _| filter.is(instance.state.as_str())),
    ("private-ip-address", |filter, instance, _| {
        instance.private_addresses().any(|it| filter.is(&it.to_string()))
    }),
    ("public-ip-address", |filter, instance, _| {
        instance.public_addresses().any(|it| filter.is(&it.to_string()))
    }),
    ("dedicated-cluster-id", |filter, instance, _| {
        let id = instance.extras.as_ref().and_then(|it| it.dedicated_cluster_id.as_deref());
        id.is_some_and(|id| filter.is(id))
    }),
    ("ipv6-address", |filter, instance, _| {
        let addresses = instance.extras.iter().flat_map(|it| &it.ipv6_addresses);
        addresses.into_iter().any(|it| filter.is(&it.to_string()))
    }),
    ("tag-key", tags_match),
    ("tag-value", tags_match),
    ("tag:tag-key", tags_match),
    ("creation-start-time", |filter, instance, _| {
        let created = instance.created.to_string();
        filter.any(|start| created.as_str() >= start)
    }),
    ("creation-end-time", |filter, instance, _| {
        let created = instance.created.to_string();
        filter.any(|end| created.as_str() <= end)
    }),
];

fn tags_match(filter: &CheckedFilter<'_>, instance: &StoredInstance, _: Timestamp) -> bool {
    tags::matches(filter, instance.tags.iter().map(|(key, value)| (&**key, &**value)))
}

/// Lists only the states of instances.
impl ActionHandler for DescribeInstancesStatus {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let page = Page::of(context.codes.0, self.offset, self.limit);
        let filters = Filters::none(context.now);
        let (instance_status_set, total_count) =
            find_page(context.instances, &self.instance_ids, &filters, page, status);
        Ok(Outcome::Response(DescribeInstancesStatusResponse {
            total_count,
            instance_status_set,
            ..Self::Response::default()
        }))
    }
}

fn status(instance: &StoredInstance) -> InstanceStatus {
    InstanceStatus {
        instance_id: instance.id.to_string(),
        instance_state: instance.state.clone(),
        ..Default::default()
    }
}

/// Returns the user data, which DescribeInstances leaves out.
impl ActionHandler for DescribeInstancesAttributes {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&self.instance_ids)?;
        let wants_data = self.attributes.contains(&InstanceAttributeName::UserData);
        let entries = context.instances(&serials).map(|instance| InstanceAttribute {
            instance_id: Some(instance.id.to_string()),
            attributes: Some(Attribute {
                user_data: wants_data
                    .then(|| instance.user_data.as_deref().cloned().unwrap_or_default()),
                ..Default::default()
            }),
            ..Default::default()
        });
        Ok(Outcome::Response(DescribeInstancesAttributesResponse {
            instance_set: entries.collect(),
            ..Self::Response::default()
        }))
    }
}

const STATES_WITH_CONSOLE: &[InstanceState] = &[InstanceState::Running, InstanceState::RescueMode];

/// Returns an address for the console of an instance, a new one for each request.
impl ActionHandler for DescribeInstanceVncUrl {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&[self.instance_id])?;
        context.check_state(&serials, STATES_WITH_CONSOLE)?;
        // The token replaces a password.
        let token = context.ids.console_token(context.request_id);
        // There is no console. The host name is reserved, so that a client that connects reaches nobody.
        let region = context.region.name;
        let url = format!("wss://{region}.vnc.invalid:26789/vnc?s={token}");
        Ok(Outcome::Response(DescribeInstanceVncUrlResponse {
            instance_vnc_url: percent::encode(&url).into(),
            ..Self::Response::default()
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use cvm_models::types::Filter;
    use cvm_protocol::Action;

    use super::*;
    use crate::api_error::DocumentedCodes;

    fn instance() -> StoredInstance {
        StoredInstance {
            id: "ins-00000001".into(),
            name: "web-1".into(),
            zone: "ap-guangzhou-3".into(),
            created: Timestamp::parse("2020-06-15T12:00:00Z").unwrap(),
            private_address: Some(Ipv4Addr::new(10, 0, 0, 1)),
            tags: [("team".into(), "blue".into())].into(),
            ..StoredInstance::default()
        }
    }

    fn passes(name: &str, values: &[&str]) -> bool {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let filters = [Filter { name: name.to_owned(), values, ..Default::default() }];
        let at = (DocumentedCodes(DescribeInstances::INFO), Timestamp::default());
        Filters::of(at, &filters, FILTERS).unwrap().match_item(&instance())
    }

    #[test]
    fn filter_matches_any_of_its_values() {
        assert!(passes("zone", &["ap-guangzhou-2", "ap-guangzhou-3"]));
        assert!(!passes("zone", &["ap-guangzhou-2"]));
        assert!(passes("private-ip-address", &["10.0.0.2", "10.0.0.1"]));
    }

    #[test]
    fn tag_filter_compares_key_and_value_of_one_tag() {
        assert!(passes("tag:team", &["red", "blue"]));
        assert!(!passes("tag:team", &["team"]));
        assert!(!passes("tag:color", &["blue"]));
        assert!(passes("tag-key", &["team"]) && !passes("tag-key", &["blue"]));
        assert!(passes("tag-value", &["blue"]) && !passes("tag-value", &["team"]));
    }

    #[test]
    fn time_filter_bounds_are_inclusive() {
        assert!(passes("creation-start-time", &["2020-06-15 12:00:00"]));
        assert!(!passes("creation-start-time", &["2020-06-15 12:00:01"]));
        assert!(passes("creation-end-time", &["2020-06-15T12:00:00Z"]));
        assert!(!passes("creation-end-time", &["2020-06-15 11:59:59"]));
    }
}
