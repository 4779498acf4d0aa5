//! Valid requests for every action, by group, and the cloud in which they are valid.

mod attributes;
mod catalog;
mod chc;
mod factory;
mod fixture;
mod hosts;
mod hpc_clusters;
mod images;
mod instances;
mod key_pairs;
mod launch_templates;
mod placement_groups;
mod prices;
mod resource_packs;
mod systems;
mod tasks;
mod visible_state;

use cvm_protocol::RetryClass;
use serde_json::{Value, json};

pub use fixture::Scene;

/// A valid request, and its expected result.
pub struct Baseline {
    pub action: &'static str,
    pub request: fn(&Scene) -> Value,
    refused: Option<&'static str>,
    /// Whether no action shows its effect.
    is_unseen: bool,
}

const fn done(action: &'static str, request: fn(&Scene) -> Value) -> Baseline {
    Baseline { action, request, refused: None, is_unseen: false }
}

const fn refused(
    action: &'static str,
    code: &'static str,
    request: fn(&Scene) -> Value,
) -> Baseline {
    Baseline { refused: Some(code), ..done(action, request) }
}

impl Baseline {
    const fn unseen(mut self) -> Self {
        self.is_unseen = true;
        self
    }

    /// The error code if the emulator rejects the valid request because something does not exist or is not
    /// supported.
    pub fn refused(&self) -> Option<&'static str> {
        if is_modelled(self.action) { self.refused } else { Some("UnsupportedOperation") }
    }

    /// Whether a Describe action shows the effect of the request.
    pub fn changes(&self) -> bool {
        let only_reads = cvm_models::action(self.action).unwrap().retry == RetryClass::Read;
        !only_reads && !self.is_unseen && self.refused().is_none()
    }
}

const FAMILIES: &[&[Baseline]] = &[
    attributes::BASELINES,
    catalog::BASELINES,
    chc::BASELINES,
    hosts::BASELINES,
    hpc_clusters::BASELINES,
    images::BASELINES,
    instances::BASELINES,
    key_pairs::BASELINES,
    launch_templates::BASELINES,
    placement_groups::BASELINES,
    prices::BASELINES,
    resource_packs::BASELINES,
    systems::BASELINES,
    tasks::BASELINES,
];

/// All valid requests.
pub fn baselines() -> impl Iterator<Item = &'static Baseline> {
    FAMILIES.iter().copied().flatten()
}

fn is_modelled(action: &str) -> bool {
    cvm_emulator::coverage().iter().any(|row| row.action == action && row.modelled)
}

fn filter(name: &str, values: &[&str]) -> Value {
    json!({ "Name": name, "Values": values })
}

fn zone() -> Value {
    filter("zone", &["ap-guangzhou-3"])
}

fn network() -> Value {
    json!({ "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-1a2b3c4d", "AsVpcGateway": false })
}

fn tags(kind: &str) -> Value {
    json!([{ "ResourceType": kind, "Tags": [{ "Key": "team", "Value": "blue" }] }])
}

#[test]
fn every_supported_action_has_a_valid_request() {
    for row in cvm_emulator::coverage().into_iter().filter(|row| row.modelled) {
        assert!(baselines().any(|baseline| baseline.action == row.action), "{}", row.action);
    }
}
