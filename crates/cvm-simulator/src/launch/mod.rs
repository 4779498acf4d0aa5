//! The parts of a launch that several actions share: RunInstances, its price, launch templates and reinstallations.

pub(crate) mod action_timer;
pub(crate) mod chc_hosts;
pub(crate) mod custom_size;
pub(crate) mod dedicated_cluster;
pub(crate) mod disk_performance;
pub(crate) mod disks;
pub(crate) mod hpc_cluster;
pub(crate) mod instance_type;
pub(crate) mod interfaces;
pub(crate) mod login;
pub(crate) mod names;
pub(crate) mod network;
pub(crate) mod placement;
pub(crate) mod plan;
pub(crate) mod project;
pub(crate) mod role;
pub(crate) mod spot_price;
pub(crate) mod tags;
pub(crate) mod template;
