//! Instances: launch, lists, operations, attributes, subscriptions, bandwidth and types.

pub mod attributes;
mod bandwidth;
mod launch;
mod launch_from_template;
mod launch_networks;
mod launch_placement;
mod launch_timer;
mod launch_token;
mod lifecycle;
pub mod list;
pub mod reinstall;
mod subscription;
pub mod types;
