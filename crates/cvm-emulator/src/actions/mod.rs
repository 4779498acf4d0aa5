//! One action, one file: what each does once its request is checked against its table.
//!
//! To model an action, add its file, implement [`Behaviour`](crate::dispatch::Behaviour) for its
//! request there, and give it a row here.

mod describe_images;
mod describe_instance_type_configs;
mod describe_instances;
mod describe_instances_status;
mod describe_regions;
mod describe_zones;
mod reboot_instances;
mod reset_instances_type;
mod run_instances;
mod start_instances;
mod stop_instances;
mod terminate_instances;

use cvm_models::actions::*;

use crate::dispatch::Handler;

/// The actions that are modelled.
pub(crate) const MODELLED: &[Handler] = &[
    Handler::of::<DescribeImages>(),
    Handler::of::<DescribeInstanceTypeConfigs>(),
    Handler::of::<DescribeInstances>(),
    Handler::of::<DescribeInstancesStatus>(),
    Handler::of::<DescribeRegions>(),
    Handler::of::<DescribeZones>(),
    Handler::of::<RebootInstances>(),
    Handler::of::<ResetInstancesType>(),
    Handler::of::<RunInstances>(),
    Handler::of::<StartInstances>(),
    Handler::of::<StopInstances>(),
    Handler::of::<TerminateInstances>(),
];
