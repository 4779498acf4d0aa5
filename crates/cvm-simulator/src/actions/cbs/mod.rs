//! Cloud disks as the disk service (CBS) shows them: those of the instances.

mod describe_disks;

use cbs_models::actions::DescribeDisks;

use super::Group;
use crate::decision::{Decision, assumed};
use crate::handler::Handler;

pub(super) const GROUP: Group =
    Group { handlers: &[Handler::of::<DescribeDisks>()], decisions: DECISIONS };

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("cbs", "DescribeDisks lists the cloud disks of all instances; local disks belong to no disk service"),
    assumed("cbs", "a disk is `ATTACHED` as long as its instance exists, also while an operation changes it"),
    assumed("cbs", "a disk that came with an instance is not elastic, so `Portable` is false; it has no tags, no snapshots are counted, and its term and project are those of the instance"),
    assumed("cbs", "the filters for tags and dedicated clusters are UnsupportedOperation"),
    assumed("cbs", "`DeadlineTime` is empty for a disk billed by the hour; times are in UTC"),
    assumed("cbs", "disks are sorted by time, the newest first, unless `Order` is `ASC`; disks of an instance keep their order"),
    assumed("cbs", "no disk is shared, so InstanceIdList is empty"),
    assumed("cbs", "`disk-name` and `instance-name` match anywhere in the name, or as a whole with `*`"),
];
