//! Placement groups in one region.
//!
//! Membership is stored only in the instances, so that the two sides cannot disagree, and a removed instance is in no
//! group.

use std::sync::Arc;
use std::time::Duration;

use cvm_models::enums::{DisasterRecoverGroupStrategy, DisasterRecoverGroupType, InstanceState};
use cvm_models::types::DisasterRecoverGroup;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::ids::{IdGenerator, Stream};
use crate::state::operation::{FinalState, Operation, Phase};
use crate::state::{StoredInstance, TagList, Tagged, TaggedItems, Tokens};

/// Maximum number of instances in a group. There are fewer switches and racks than hosts.
pub(crate) const fn room(level: &DisasterRecoverGroupType) -> i64 {
    match level {
        DisasterRecoverGroupType::Host => 50,
        _ => 20,
    }
}

/// The placement groups of a region.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlacementGroups {
    /// In the order of creation, without their members.
    groups: Vec<DisasterRecoverGroup>,
    pub(crate) tokens: Tokens,
}

impl PlacementGroups {
    /// The group with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&DisasterRecoverGroup> {
        self.groups.iter().find(|group| group.disaster_recover_group_id == id)
    }

    /// The group with this id, to change it.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut DisasterRecoverGroup> {
        self.groups.iter_mut().find(|group| group.disaster_recover_group_id == id)
    }

    /// All groups, the newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &DisasterRecoverGroup> {
        self.groups.iter().rev()
    }

    /// The number of groups.
    pub(crate) fn count(&self) -> usize {
        self.groups.len()
    }

    /// Adds a group.
    pub(crate) fn add(&mut self, group: DisasterRecoverGroup) {
        self.groups.push(group);
    }

    /// Removes a group.
    pub(crate) fn remove(&mut self, id: &str) {
        self.groups.retain(|group| group.disaster_recover_group_id != id);
    }
}

impl Tagged for PlacementGroups {
    fn all(&self) -> TaggedItems<'_> {
        let groups = self.newest_first();
        Box::new(groups.map(|it| (&*it.disaster_recover_group_id, &it.tags as &dyn TagList)))
    }

    fn tags_mut(&mut self, id: &str) -> Option<&mut dyn TagList> {
        Some(&mut self.get_mut(id)?.tags)
    }
}

/// A slot in a group, for one instance or for several.
#[derive(Debug)]
pub(crate) struct PlacementSlot {
    group_id: Arc<str>,
    partition: Partition,
}

#[derive(Debug)]
enum Partition {
    /// The group has no partitions.
    None,
    This(i64),
    /// A random one of this many.
    Any(i64),
}

impl PlacementSlot {
    /// A slot in a group, in the requested partition.
    pub(crate) fn in_group(
        codes: DocumentedCodes,
        group: &DisasterRecoverGroup,
        partition: Option<i64>,
    ) -> Result<Self, ApiError> {
        let id = &group.disaster_recover_group_id;
        let count = group.partition_count.unwrap_or(0);
        let partition = match (&group.strategy, partition) {
            (Some(DisasterRecoverGroupStrategy::Partition), None) => Partition::Any(count),
            (Some(DisasterRecoverGroupStrategy::Partition), Some(number)) => {
                if !(1..=count).contains(&number) {
                    let message = format!("The placement group `{id}` has no partition {number}.");
                    return Err(codes.error(["InvalidParameterValue.Range"], message));
                }
                Partition::This(number)
            }
            (_, None) => Partition::None,
            (_, Some(_)) => {
                let message = format!("The placement group `{id}` has no partitions.");
                let candidates = ["InvalidParameterCombination", "InvalidParameterValue"];
                return Err(codes.error(candidates, message));
            }
        };
        Ok(Self { group_id: id.as_str().into(), partition })
    }

    /// Puts an instance into the slot.
    pub(crate) fn take(&self, instance: &mut StoredInstance, ids: &mut IdGenerator) {
        instance.placement_group = Some(self.group_id.clone());
        instance.partition = match self.partition {
            Partition::None => None,
            Partition::This(number) => Some(number),
            Partition::Any(count) => {
                let draw = ids.number(Stream::PhysicalHost);
                let count = u64::try_from(count).unwrap_or(1).max(1);
                i64::try_from(draw % count).ok().map(|index| index + 1)
            }
        };
    }
}

impl StoredInstance {
    /// Whether it is in a group.
    pub(crate) fn is_in_group(&self, group_id: &str) -> bool {
        self.placement_group.as_deref() == Some(group_id)
    }

    /// Removes it from its group.
    pub(crate) fn leave_placement_group(&mut self) {
        self.placement_group = None;
        self.partition = None;
    }
}

/// The state shows nothing of the change.
const NO_VISIBLE_STATE: &[Phase] = &[Phase { state: None, duration: Duration::from_secs(10) }];

/// A running instance changes its group on the same physical server.
pub(crate) static REGROUP_RUNNING: Operation =
    Operation { phases: NO_VISIBLE_STATE, end: FinalState::In(InstanceState::Running) };

/// A stopped instance changes its group.
pub(crate) static REGROUP_STOPPED: Operation =
    Operation { phases: NO_VISIBLE_STATE, end: FinalState::In(InstanceState::Stopped) };

/// A running instance changes its group and its physical server.
pub(crate) static REGROUP_FORCED: Operation = Operation {
    phases: &[Phase { state: Some(InstanceState::Rebooting), duration: Duration::from_secs(20) }],
    end: FinalState::In(InstanceState::Running),
};
