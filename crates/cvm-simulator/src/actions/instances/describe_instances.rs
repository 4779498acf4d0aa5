//! DescribeInstances, and the actions that read one detail of an instance: status, attributes and the console address.

use std::net::Ipv4Addr;
use std::sync::Arc;

use cvm_models::actions::{
    DescribeInstanceVncUrl, DescribeInstanceVncUrlResponse, DescribeInstances,
    DescribeInstancesAttributes, DescribeInstancesAttributesResponse, DescribeInstancesResponse,
    DescribeInstancesStatus, DescribeInstancesStatusResponse,
};
use cvm_models::enums::{InstanceAttributeName, InstanceState};
use cvm_models::types::{Attribute, InstanceAttribute, InstanceStatus};
use cvm_protocol::percent;

use crate::api_error::ApiError;
use crate::filter::{self, CheckedFilter, fits};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags;
use crate::page::Page;
use crate::state::{RequestContext, StoredInstance};

/// Lists instances, filtered, the newest first, in pages.
impl ActionHandler for DescribeInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = filter::check(context.codes, &self.filters)?;
        let listed = context.listed(&self.instance_ids);
        let passing =
            listed.filter(|instance| filters.iter().all(|filter| holds(filter, instance)));
        let page = Page::of(context.codes.0, self.offset, self.limit);
        let (instance_set, total_count) = page.cut(passing, StoredInstance::api);
        Ok(Outcome::Response(DescribeInstancesResponse {
            total_count,
            instance_set,
            ..Self::Response::default()
        }))
    }
}

fn holds(filter: &CheckedFilter<'_>, instance: &StoredInstance) -> bool {
    let any = |texts: &[Arc<str>]| filter.is_any(texts.iter().map(|text| &**text));
    let address = |address: Option<Ipv4Addr>| address.is_some_and(|it| filter.is(&it.to_string()));
    match filter.name {
        "zone" => filter.is(&instance.zone),
        "project-id" => filter.is(&instance.project_id.to_string()),
        "host-id" => instance.host_id().is_some_and(|id| filter.is(id)),
        "vpc-id" => filter.is(&instance.vpc_id),
        "subnet-id" => filter.is(&instance.subnet_id),
        "instance-id" => filter.is(&instance.id),
        "uuid" => filter.is(&instance.uuid),
        "security-group-id" => any(&instance.security_groups),
        "instance-name" => filter.any(|pattern| fits(&instance.name, pattern)),
        "instance-charge-type" => filter.is(instance.charge_type.as_str()),
        "instance-state" => filter.is(instance.state.as_str()),
        "private-ip-address" => instance.private_addresses().any(|it| filter.is(&it.to_string())),
        "public-ip-address" => address(instance.public_address),
        "dedicated-cluster-id" => {
            let id = instance.extras.as_ref().and_then(|it| it.dedicated_cluster_id.as_deref());
            id.is_some_and(|id| filter.is(id))
        }
        "ipv6-address" => {
            let addresses = instance.extras.iter().flat_map(|it| &it.ipv6_addresses);
            addresses.into_iter().any(|it| filter.is(&it.to_string()))
        }
        "creation-start-time" => {
            let created = instance.created.to_string();
            filter.any(|start| created.as_str() >= start)
        }
        "creation-end-time" => {
            let created = instance.created.to_string();
            filter.any(|end| created.as_str() <= end)
        }
        _ => tags::matches(filter, instance.tags.iter().map(|(key, value)| (&**key, &**value))),
    }
}

/// Lists only the states of instances.
impl ActionHandler for DescribeInstancesStatus {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let listed = context.listed(&self.instance_ids);
        let page = Page::of(context.codes.0, self.offset, self.limit);
        let (instance_status_set, total_count) = page.cut(listed, status);
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
    use cvm_models::types::Filter;
    use cvm_protocol::Action;

    use super::*;
    use crate::api_error::DocumentedCodes;
    use crate::state::Pool;
    use crate::timestamp::Timestamp;

    const UUID: &str = "01234567-89ab-cdef-0123-456789abcdef";

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
        full.pool = Pool::DedicatedHost("host-1".into());
        let filters = DescribeInstances::INFO.filters.iter();
        for filter in filters {
            let (name, value) = match filter.name {
                "tag:tag-key" => ("tag:team", "blue".to_owned()),
                "project-id" => ("project-id", "0".to_owned()),
                "host-id" => ("host-id", "host-1".to_owned()),
                "tag-key" => ("tag-key", "team".to_owned()),
                "tag-value" => ("tag-value", "blue".to_owned()),
                "creation-start-time" => ("creation-start-time", "2000-01-01".to_owned()),
                "creation-end-time" => ("creation-end-time", "2030-01-01".to_owned()),
                "dedicated-cluster-id" => {
                    full.extras_mut().dedicated_cluster_id = Some("cluster-1".into());
                    ("dedicated-cluster-id", "cluster-1".to_owned())
                }
                "ipv6-address" => {
                    full.extras_mut().ipv6_addresses = vec!["2001:db8::1".parse().unwrap()];
                    ("ipv6-address", "2001:db8::1".to_owned())
                }
                name => (name, member(&mut full, name)),
            };
            let filters =
                [Filter { name: name.to_owned(), values: vec![value], ..Default::default() }];
            let requested =
                filter::check(DocumentedCodes(DescribeInstances::INFO), &filters).unwrap();
            assert!(holds(&requested[0], &full), "{name}");
        }
    }

    /// Gives the instance a value that matches the filter.
    fn member(instance: &mut StoredInstance, filter: &str) -> String {
        let value = match filter {
            "zone" => "ap-guangzhou-3",
            "instance-id" => "ins-00000001",
            "instance-name" => "web-1",
            "private-ip-address" => "10.0.0.1",
            "vpc-id" => "vpc-1",
            "subnet-id" => "subnet-1",
            "uuid" => UUID,
            "security-group-id" => "sg-1",
            "instance-charge-type" => "PREPAID",
            "instance-state" => "RUNNING",
            "public-ip-address" => "198.18.0.1",
            name => panic!("the filter {name} is new: teach it to DescribeInstances"),
        };
        match filter {
            "vpc-id" => instance.vpc_id = value.into(),
            "subnet-id" => instance.subnet_id = value.into(),
            "uuid" => instance.uuid = value.into(),
            "security-group-id" => instance.security_groups = [value.into()].into(),
            "instance-charge-type" => instance.charge_type = value.into(),
            "instance-state" => instance.state = value.into(),
            "public-ip-address" => instance.public_address = value.parse().ok(),
            _ => {}
        }
        value.to_owned()
    }
}
