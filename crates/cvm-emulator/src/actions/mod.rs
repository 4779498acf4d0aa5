//! One action, one file, in the folder of its family: what each does once its request is checked against
//! its table.
//!
//! To model an action, add its file, implement [`ActionHandler`](crate::dispatch::ActionHandler) for its
//! request there, and give it a row in its family.

mod attributes;
mod catalogue;
mod chc;
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
mod tags;
mod tasks;

use crate::decision::Decision;
use crate::dispatch::Handler;

/// Actions that belong together.
pub(crate) struct Family {
    /// Those that are modelled.
    modelled: &'static [Handler],
    /// What they do that the tables of the specification do not settle.
    pub(crate) decisions: &'static [Decision],
}

/// All of them.
pub(crate) const FAMILIES: &[Family] = &[
    attributes::FAMILY,
    catalogue::FAMILY,
    chc::FAMILY,
    hosts::FAMILY,
    hpc_clusters::FAMILY,
    images::FAMILY,
    instances::FAMILY,
    key_pairs::FAMILY,
    launch_templates::FAMILY,
    placement_groups::FAMILY,
    prices::FAMILY,
    resource_packs::FAMILY,
    systems::FAMILY,
    tasks::FAMILY,
];

/// Every action that is modelled.
pub(crate) fn modelled() -> impl Iterator<Item = &'static Handler> {
    FAMILIES.iter().flat_map(|family| family.modelled)
}
