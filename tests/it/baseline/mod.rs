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

pub use fixture::Fixture;

/// A valid request, and its expected result.
pub struct Baseline {
    pub action: &'static str,
    pub request: fn(&Fixture) -> Value,
    rejected: Option<&'static str>,
    /// Whether no action shows its effect.
    has_no_visible_effect: bool,
}

const fn accepted(action: &'static str, request: fn(&Fixture) -> Value) -> Baseline {
    Baseline { action, request, rejected: None, has_no_visible_effect: false }
}

const fn rejected(
    action: &'static str,
    code: &'static str,
    request: fn(&Fixture) -> Value,
) -> Baseline {
    Baseline { rejected: Some(code), ..accepted(action, request) }
}

impl Baseline {
    const fn without_visible_effect(mut self) -> Self {
        self.has_no_visible_effect = true;
        self
    }

    /// The error code if the emulator rejects the valid request because something does not exist or is not
    /// supported.
    pub const fn rejected(&self) -> Option<&'static str> {
        self.rejected
    }

    /// Whether a Describe action shows the effect of the request.
    pub fn changes(&self) -> bool {
        let only_reads = cvm_models::action(self.action).unwrap().retry == RetryClass::Read;
        !only_reads && !self.has_no_visible_effect && self.rejected().is_none()
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

/// An action of CVM without a handler needs no valid request. One with a valid request must not lose its handler.
#[test]
fn actions_with_a_handler_are_those_with_a_valid_request() {
    for row in cvm_emulator::coverage().into_iter().filter(|row| row.service == "cvm") {
        let has_request = baselines().any(|baseline| baseline.action == row.action);
        assert_eq!(row.supported, has_request, "{}", row.action);
    }
}
