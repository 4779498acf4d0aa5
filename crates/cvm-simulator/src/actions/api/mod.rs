//! Where products are available.

mod zones;

use api_models::actions::DescribeZones;

use super::Group;
use crate::decision::{Decision, assumed};
use crate::handler::Handler;

pub(super) const GROUP: Group =
    Group { handlers: &[Handler::of::<DescribeZones>()], decisions: DECISIONS };

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("api", "cvm, cbs and vpc are available in every zone of the region; of other products, the emulator knows no zones"),
];
