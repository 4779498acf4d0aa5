//! The services beside CVM: the model info of all of them, and their calls to the emulator.

use std::time::Duration;

use cbs_models::actions::DescribeDisks;
use cvm_models::actions::{DescribeInstances, RunInstances};
use cvm_models::config::Dialect;
use cvm_models::types::{Placement, TagSpecification, VirtualPrivateCloud};
use cvm_protocol::{ActionInfo, Kind, ModelInfo, RetryClass};
use tag_models::actions::{
    DescribeResourceTagsByResourceIds, GetResources, ModifyResourceTags, TagResources,
};
use vpc_models::actions::{DescribeUsedIpAddress, DescribeVpcs};

use crate::cloud::{REGION, builder, client};

/// The actions of every crate of models.
pub fn services() -> [(&'static str, &'static [&'static ActionInfo]); 6] {
    [
        ("cvm", cvm_models::ACTIONS),
        ("api", api_models::ACTIONS),
        ("cbs", cbs_models::ACTIONS),
        ("sts", sts_models::ACTIONS),
        ("tag", tag_models::ACTIONS),
        ("vpc", vpc_models::ACTIONS),
    ]
}

/// The model of an action's request or response, and those of its nested objects, each once.
fn models(actions: &[&'static ActionInfo]) -> Vec<&'static ModelInfo> {
    let mut found: Vec<&'static ModelInfo> =
        actions.iter().flat_map(|action| [action.request, action.response]).collect();
    let mut at = 0;
    while let Some(model) = found.get(at) {
        for field in model.members {
            if let Kind::Object(inner) = field.kind.innermost()
                && !found.iter().any(|known| std::ptr::eq(*known, *inner))
            {
                found.push(inner);
            }
        }
        at += 1;
    }
    found
}

#[test]
fn every_member_is_found_by_its_name() {
    for (service, actions) in services() {
        for model in models(actions) {
            for (index, field) in model.members.iter().enumerate() {
                let place = format!("{service}: {}.{}", model.name, field.wire);
                assert_eq!(model.find(field.wire.as_bytes()), Some(index), "{place}");
                assert_eq!(model.find(format!("{}x", field.wire).as_bytes()), None, "{place}");
            }
        }
    }
}

#[test]
fn every_action_belongs_to_its_service_and_is_unique() {
    let mut names = Vec::new();
    for (service, actions) in services() {
        assert!(!actions.is_empty(), "{service}");
        for action in actions {
            assert_eq!(action.service.name, service, "{}", action.name);
            assert_eq!(action.service.endpoint, format!("{service}.tencentcloudapi.com"));
            names.push((action.service.version, action.name));
        }
    }
    // So version and action identify the service of a request that does not name it.
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn only_actions_that_change_nothing_are_retried_without_a_question() {
    let begins = |name: &str, verbs: &[&str]| verbs.iter().any(|verb| name.starts_with(verb));
    for (service, actions) in services() {
        for action in actions.iter().filter(|action| action.retry == RetryClass::Read) {
            let verbs = ["Describe", "Get", "Inquir", "AssumeRole"];
            assert!(begins(action.name, &verbs), "{service}:{}", action.name);
        }
    }
}

/// What Terraform calls for an instance.
#[tokio::test]
async fn one_client_reads_disks_tags_and_addresses_of_an_instance() {
    // The old gateway has none of these services.
    for dialect in Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::OldGateway) {
        let emulator = builder().start().await.unwrap();
        let client = client(&emulator, dialect);
        let tag = |key: &str, value: &str| cvm_models::types::Tag {
            key: key.into(),
            value: value.into(),
            ..Default::default()
        };
        let request = RunInstances {
            placement: Some(Placement { zone: "ap-guangzhou-3".into(), ..Default::default() }),
            image_id: Some("img-pmqg1cw7".into()),
            virtual_private_cloud: Some(VirtualPrivateCloud {
                vpc_id: "vpc-00000001".into(),
                subnet_id: "subnet-00000001".into(),
                ..Default::default()
            }),
            tag_specification: vec![TagSpecification {
                resource_type: Some("instance".into()),
                tags: vec![tag("team", "blue")],
                ..Default::default()
            }],
            ..Default::default()
        };
        let id = client.send(request).await.unwrap().instance_id_set.remove(0);
        emulator.clock().advance(Duration::from_secs(60));

        let of_instance = cbs_models::types::Filter {
            name: "instance-id".into(),
            values: vec![id.clone()],
            ..Default::default()
        };
        let request = DescribeDisks { filters: vec![of_instance], ..Default::default() };
        let disks: Vec<_> = client.items(request).try_collect().await.unwrap();
        let disks: Vec<_> = disks.iter().map(|disk| disk.instance_id.as_str()).collect();
        assert_eq!(disks, [id.as_str()], "{dialect:?}");

        let request = DescribeResourceTagsByResourceIds {
            service_type: "cvm".into(),
            resource_prefix: "instance".into(),
            resource_region: REGION.into(),
            resource_ids: vec![id.clone()],
            ..Default::default()
        };
        let tags: Vec<_> = client.items(request).try_collect().await.unwrap();
        let tags: Vec<_> = tags.iter().map(|tag| (&*tag.tag_key, &*tag.tag_value)).collect();
        assert_eq!(tags, [("team", "blue")], "{dialect:?}");

        let green = tag_models::types::Tag {
            tag_key: "team".into(),
            tag_value: "green".into(),
            ..Default::default()
        };
        let change = ModifyResourceTags {
            resource: format!("qcs::cvm:{REGION}:uin/100000000001:instance/{id}"),
            replace_tags: vec![green],
            ..Default::default()
        };
        client.send(change).await.unwrap();
        let request = DescribeInstances { instance_ids: vec![id], ..Default::default() };
        let instance = client.send(request).await.unwrap().instance_set.remove(0);
        assert_eq!(instance.tags, [tag("team", "green")], "{dialect:?}");

        let request = DescribeUsedIpAddress { vpc_id: "vpc-00000001".into(), ..Default::default() };
        let used: Vec<_> = client.items(request).try_collect().await.unwrap();
        let used: Vec<_> = used.into_iter().filter_map(|used| used.ip_address).collect();
        assert_eq!(used, instance.private_ip_addresses, "{dialect:?}");

        let vpcs = client.send(DescribeVpcs::default()).await.unwrap();
        assert_eq!(vpcs.total_count, 0, "only created VPCs are listed");
    }
}

#[tokio::test]
async fn pages_of_tagged_resources_are_read_to_the_end() {
    let emulator = builder().start().await.unwrap();
    let client = client(&emulator, Dialect::Tc3);
    let request = RunInstances {
        placement: Some(Placement { zone: "ap-guangzhou-3".into(), ..Default::default() }),
        image_id: Some("img-pmqg1cw7".into()),
        instance_count: Some(7),
        ..Default::default()
    };
    let ids = client.send(request).await.unwrap().instance_id_set;
    let name = |id: &String| format!("qcs::cvm:{REGION}:uin/100000000001:instance/{id}");
    let names: Vec<_> = ids.iter().map(name).collect();
    let blue = tag_models::types::Tag {
        tag_key: "team".into(),
        tag_value: "blue".into(),
        ..Default::default()
    };
    let gone = name(&"ins-00000000".to_owned());
    let resource_list: Vec<_> = names.iter().cloned().chain([gone.clone()]).collect();
    let request = TagResources { resource_list, tags: vec![blue], ..Default::default() };
    let failed = client.send(request).await.unwrap().failed_resources;
    let failed: Vec<_> = failed.into_iter().filter_map(|one| one.resource).collect();
    assert_eq!(failed, [gone]);

    let request = GetResources { max_results: Some(3), ..Default::default() };
    let resources: Vec<_> = client.items(request).try_collect().await.unwrap();
    let resources: Vec<_> = resources.into_iter().map(|one| one.resource).collect();
    assert_eq!(resources, names);
}
