//! Regions and zones.

mod describe;

use cvm_models::actions::{DescribeRegions, DescribeZones};

use super::Group;
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[Handler::of::<DescribeRegions>(), Handler::of::<DescribeZones>()],
    decisions: &[],
};
