//! Compares the responses of the services beside CVM with the published samples, as `sample_shapes` does for CVM.
//!
//! The samples contain no text of the vendor: for each sample of an action of our specs, the service, the action, and the
//! content of `Response` with at most two items of each list, in which words are replaced by `text`. The responses are
//! those to the requests of `neighbor_calls`.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::Value;

use crate::neighbor_calls::responses;
use crate::neighbor_services::services;
use crate::sample_shapes::{
    Decision, Difference, Explained, Shapes, add, assert_decisions, compare,
};

/// One sample of the published documentation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    service: String,
    action: String,
    response: Value,
}

/// The samples of each service.
fn samples() -> BTreeMap<String, Shapes> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/neighbor-samples.json");
    let samples: Vec<Sample> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut shapes: BTreeMap<String, Shapes> = BTreeMap::new();
    for sample in samples {
        let (_, actions) =
            services().into_iter().find(|(name, _)| *name == sample.service).unwrap();
        let info = actions.iter().find(|info| info.name == sample.action).unwrap();
        let service = shapes.entry(sample.service).or_default();
        add(service.entry(info.name).or_default(), info.response, "", &sample.response);
    }
    shapes
}

/// The differences and the decisions that explain them, by service.
const EXPLAINED: &[(&str, &[Explained])] =
    &[("api", API), ("cbs", CBS), ("sts", STS), ("tag", TAG), ("vpc", VPC)];

const API: &[Explained] = &[];

const CBS: &[Explained] = &[
    ("DescribeDisks", "Disk.InstanceIdList", Difference::Unfilled, ("cbs", "no disk is shared")),
    ("DescribeSnapshots", "Snapshot.SnapshotMode", Difference::Added, NEWER),
];

const NEWER: Decision = ("responses", "members that are newer");

const STS: &[Explained] = &[];

const TAG: &[Explained] = &[
    ("*", "Tag.Category", Difference::Added, NEWER),
    ("*", "TagResource.Category", Difference::Added, NEWER),
    ("*", "TagWithDelete.Category", Difference::Added, NEWER),
];

const NO_IPV6: Decision = ("networks", "created VPCs have no IPv6 range");

const NO_SECONDARY_RANGE: Decision = ("networks", "no VPC has secondary ranges");

const NO_TAGS: Decision = ("networks", "a subnet without tags has no TagSet");

const FOR_TERRAFORM: Decision =
    ("vpc rules", "responses have CidrBlock, Ipv6CidrBlock, SecurityGroupId and PolicyDescription");

const VPC: &[Explained] = &[
    ("*", "SecurityGroupPolicy.CidrBlock", Difference::Added, FOR_TERRAFORM),
    ("*", "SecurityGroupPolicy.Ipv6CidrBlock", Difference::Added, FOR_TERRAFORM),
    ("*", "SecurityGroupPolicy.SecurityGroupId", Difference::Added, FOR_TERRAFORM),
    ("DescribeSubnets", "Subnet.TagSet", Difference::SometimesOmitted, NO_TAGS),
    ("*", "Vpc.AssistantCidrSet", Difference::Unfilled, NO_SECONDARY_RANGE),
    ("*", "Vpc.Ipv6CidrBlockSet", Difference::Unfilled, NO_IPV6),
];

#[tokio::test]
async fn responses_of_neighbors_have_the_members_of_the_samples_in_the_same_form() {
    let samples = samples();
    let mut ours: BTreeMap<&str, Shapes> = BTreeMap::new();
    for (info, response) in responses().await {
        let service = ours.entry(info.service.name).or_default();
        add(service.entry(info.name).or_default(), info.response, "", &response);
    }
    let (mut problems, mut compared) = (Vec::new(), 0);
    for (service, rows) in EXPLAINED {
        let (found, count) = compare(&samples[*service], ours.entry(service).or_default(), rows);
        problems.extend(found.iter().map(|problem| format!("{service}: {problem}")));
        compared += count;
    }
    assert!(problems.is_empty(), "{}\n{}", problems.len(), problems.join("\n"));
    assert!(compared > 20, "{compared}");
}

#[test]
fn explanations_of_neighbors_are_decisions_of_the_emulator() {
    for (_, rows) in EXPLAINED {
        assert_decisions(rows);
    }
}
