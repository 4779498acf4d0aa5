//! DescribeInstances, and the actions that read one detail of an instance: status, attributes and the console address.

use cvm_models::actions::{
    DescribeInstanceVncUrl, DescribeInstanceVncUrlResponse, DescribeInstances,
    DescribeInstancesAttributes, DescribeInstancesAttributesResponse, DescribeInstancesResponse,
    DescribeInstancesStatus, DescribeInstancesStatusResponse,
};
use cvm_models::enums::{InstanceAttributeName, InstanceState};
use cvm_models::types::{Attribute, Instance, InstanceAttribute, InstanceStatus};
use cvm_protocol::percent;

use crate::api_error::ApiError;
use crate::filter::{self, CheckedFilter, fits};
use crate::handler::{ActionHandler, Outcome};
use crate::page::Page;
use crate::state::RequestContext;

/// Lists instances, filtered, the newest first, in pages.
impl ActionHandler for DescribeInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = filter::check(context.codes, &self.filters)?;
        let listed = context.listed(&self.instance_ids).map(|machine| &machine.api);
        let passing =
            listed.filter(|instance| filters.iter().all(|filter| holds(filter, instance)));
        let page = Page::of(context.codes.0, self.offset, self.limit);
        let (instance_set, total_count) = page.cut(passing, Instance::clone);
        Ok(Outcome::Response(DescribeInstancesResponse {
            total_count,
            instance_set,
            ..Self::Response::default()
        }))
    }
}

fn holds(filter: &CheckedFilter<'_>, instance: &Instance) -> bool {
    let texts = |list: &[String]| filter.is_any(list.iter().map(String::as_str));
    let network = &instance.virtual_private_cloud;
    let tags = &instance.tags;
    match filter.name {
        "zone" => filter.is(&instance.placement.zone),
        "project-id" => filter.is(&instance.placement.project_id.unwrap_or(0).to_string()),
        "host-id" => instance.placement.host_id.as_ref().is_some_and(|id| filter.is(id)),
        "dedicated-cluster-id" => filter.is(&instance.dedicated_cluster_id),
        "vpc-id" => filter.is(&network.vpc_id),
        "subnet-id" => filter.is(&network.subnet_id),
        "instance-id" => filter.is(&instance.instance_id),
        "uuid" => filter.is(&instance.uuid),
        "security-group-id" => texts(&instance.security_group_ids),
        "instance-name" => filter.any(|pattern| fits(&instance.instance_name, pattern)),
        "instance-charge-type" => filter.is(instance.instance_charge_type.as_str()),
        "instance-state" => filter.is(instance.instance_state.as_str()),
        "private-ip-address" => texts(&instance.private_ip_addresses),
        "public-ip-address" => texts(&instance.public_ip_addresses),
        "ipv6-address" => texts(&instance.ipv6_addresses),
        "tag-key" => filter.is_any(tags.iter().map(|tag| tag.key.as_str())),
        "tag-value" => filter.is_any(tags.iter().map(|tag| tag.value.as_str())),
        "creation-start-time" => filter.any(|start| instance.created_time.as_str() >= start),
        "creation-end-time" => filter.any(|end| instance.created_time.as_str() <= end),
        name => name.strip_prefix("tag:").is_some_and(|key| {
            filter.is_any(tags.iter().filter(|tag| tag.key == key).map(|tag| tag.value.as_str()))
        }),
    }
}

/// Lists only the states of instances.
impl ActionHandler for DescribeInstancesStatus {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let listed = context.listed(&self.instance_ids).map(|instance| &instance.api);
        let page = Page::of(context.codes.0, self.offset, self.limit);
        let (instance_status_set, total_count) = page.cut(listed, status);
        Ok(Outcome::Response(DescribeInstancesStatusResponse {
            total_count,
            instance_status_set,
            ..Self::Response::default()
        }))
    }
}

fn status(instance: &Instance) -> InstanceStatus {
    InstanceStatus {
        instance_id: instance.instance_id.clone(),
        instance_state: instance.instance_state.clone(),
    }
}

/// Returns the user data, which DescribeInstances leaves out.
impl ActionHandler for DescribeInstancesAttributes {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&self.instance_ids)?;
        let wants_data = self.attributes.contains(&InstanceAttributeName::UserData);
        let entries = context.instances(&serials).map(|instance| InstanceAttribute {
            instance_id: Some(instance.api.instance_id.clone()),
            attributes: Some(Attribute {
                user_data: wants_data.then(|| instance.user_data.clone().unwrap_or_default()),
            }),
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
    use cvm_models::types::{Filter, Tag};
    use cvm_protocol::Action;

    use super::*;
    use crate::api_error::DocumentedCodes;

    const UUID: &str = "01234567-89ab-cdef-0123-456789abcdef";

    fn instance() -> Instance {
        let mut instance = Instance {
            instance_id: "ins-00000001".into(),
            instance_name: "web-1".into(),
            created_time: "2020-06-15T12:00:00Z".into(),
            private_ip_addresses: vec!["10.0.0.1".into()],
            tags: vec![Tag { key: "team".into(), value: "blue".into() }],
            ..Instance::default()
        };
        instance.placement.zone = "ap-guangzhou-3".into();
        instance
    }

    fn passes(name: &str, values: &[&str]) -> bool {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let filters = [Filter { name: name.to_owned(), values }];
        let requested = filter::check(DocumentedCodes(DescribeInstances::INFO), &filters).unwrap();
        holds(&requested[0], &instance())
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

    #[test]
    fn every_documented_filter_is_supported() {
        // A filter that only the fallback arm handles would never match an instance without tags.
        let mut full = instance();
        full.placement.host_id = Some("host-1".into());
        for filter in DescribeInstances::INFO.filters {
            let (name, value) = match filter.name {
                "tag:tag-key" => ("tag:team", "blue".to_owned()),
                "project-id" => ("project-id", "0".to_owned()),
                "host-id" => ("host-id", "host-1".to_owned()),
                "tag-key" => ("tag-key", "team".to_owned()),
                "tag-value" => ("tag-value", "blue".to_owned()),
                "creation-start-time" => ("creation-start-time", "2000-01-01".to_owned()),
                "creation-end-time" => ("creation-end-time", "2030-01-01".to_owned()),
                name => (name, member(&mut full, name)),
            };
            let filters = [Filter { name: name.to_owned(), values: vec![value] }];
            let requested =
                filter::check(DocumentedCodes(DescribeInstances::INFO), &filters).unwrap();
            assert!(holds(&requested[0], &full), "{name}");
        }
    }

    /// Gives the instance a value that matches the filter.
    fn member(instance: &mut Instance, filter: &str) -> String {
        match filter {
            "zone" => return instance.placement.zone.clone(),
            "instance-id" => return instance.instance_id.clone(),
            "instance-name" => return instance.instance_name.clone(),
            "private-ip-address" => return "10.0.0.1".into(),
            "dedicated-cluster-id" => instance.dedicated_cluster_id = "cluster-1".into(),
            "vpc-id" => instance.virtual_private_cloud.vpc_id = "vpc-1".into(),
            "subnet-id" => instance.virtual_private_cloud.subnet_id = "subnet-1".into(),
            "uuid" => instance.uuid = UUID.into(),
            "security-group-id" => instance.security_group_ids = vec!["sg-1".into()],
            "instance-charge-type" => instance.instance_charge_type = "PREPAID".into(),
            "instance-state" => instance.instance_state = "RUNNING".into(),
            "public-ip-address" => instance.public_ip_addresses = vec!["198.18.0.1".into()],
            "ipv6-address" => instance.ipv6_addresses = vec!["fd00::1".into()],
            name => panic!("the filter {name} is new: teach it to DescribeInstances"),
        }
        let value = match filter {
            "dedicated-cluster-id" => "cluster-1",
            "vpc-id" => "vpc-1",
            "subnet-id" => "subnet-1",
            "uuid" => UUID,
            "security-group-id" => "sg-1",
            "instance-charge-type" => "PREPAID",
            "instance-state" => "RUNNING",
            "public-ip-address" => "198.18.0.1",
            _ => "fd00::1",
        };
        value.to_owned()
    }
}
