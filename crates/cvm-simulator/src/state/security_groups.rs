//! The security groups of one region: those that the network service created, and the default group of each project,
//! which CVM creates.
//!
//! The binding between groups and instances is stored only in the instances.

use std::sync::Arc;

use vpc_models::types::{SecurityGroupPolicy, Tag};

use crate::state::{TagList, Tagged, TaggedItems};
use crate::timestamp::Timestamp;

/// The security groups of a region. The quota keeps the list of a project short.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecurityGroups {
    oldest_first: Vec<SecurityGroup>,
}

/// A security group with its rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecurityGroup {
    pub(crate) id: Arc<str>,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) project_id: i64,
    pub(crate) is_default: bool,
    pub(crate) created: Timestamp,
    /// The last change of the group or of its rules.
    pub(crate) updated: Option<Timestamp>,
    pub(crate) tags: Vec<Tag>,
    /// The version of the rules: the number of their changes.
    pub(crate) version: u64,
    /// Inbound rules by priority, in the form of the API without their positions.
    pub(crate) inbound: Vec<SecurityGroupPolicy>,
    /// The same for outbound rules.
    pub(crate) outbound: Vec<SecurityGroupPolicy>,
}

/// The direction of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Inbound,
    Outbound,
}

impl SecurityGroup {
    /// The default group of a project. As every new group, it has no rules.
    pub(crate) fn new_default(id: Arc<str>, project_id: i64, created: Timestamp) -> Self {
        Self {
            id,
            name: "default".to_owned(),
            description: "The default security group of the project".to_owned(),
            project_id,
            is_default: true,
            created,
            ..Self::default()
        }
    }

    /// The rules of a direction.
    pub(crate) fn rules(&self, direction: Direction) -> &[SecurityGroupPolicy] {
        match direction {
            Direction::Inbound => &self.inbound,
            Direction::Outbound => &self.outbound,
        }
    }

    /// Replaces the rules of a direction.
    pub(crate) fn set_rules(
        &mut self,
        direction: Direction,
        rules: Vec<SecurityGroupPolicy>,
        now: Timestamp,
    ) {
        match direction {
            Direction::Inbound => self.inbound = rules,
            Direction::Outbound => self.outbound = rules,
        }
        self.version += 1;
        self.updated = Some(now);
    }

    /// Replaces all rules with one change.
    pub(crate) fn set_all_rules(
        &mut self,
        inbound: Vec<SecurityGroupPolicy>,
        outbound: Vec<SecurityGroupPolicy>,
        now: Timestamp,
    ) {
        self.outbound = outbound;
        self.set_rules(Direction::Inbound, inbound, now);
    }

    /// Whether a rule names another group.
    fn refers_to(&self, id: &str) -> bool {
        let mut rules = self.inbound.iter().chain(&self.outbound);
        rules.any(|rule| rule.security_group_id.as_deref() == Some(id))
    }
}

impl SecurityGroups {
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &SecurityGroup> {
        self.oldest_first.iter().rev()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&SecurityGroup> {
        self.oldest_first.iter().find(|group| *group.id == *id)
    }

    /// Whether the group with this id exists.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.get(id).is_some()
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut SecurityGroup> {
        self.oldest_first.iter_mut().find(|group| *group.id == *id)
    }

    pub(crate) fn insert(&mut self, group: SecurityGroup) {
        self.oldest_first.push(group);
    }

    pub(crate) fn remove(&mut self, id: &str) {
        self.oldest_first.retain(|group| *group.id != *id);
    }

    /// The other groups with a rule that names this group.
    pub(crate) fn referrers(&self, id: &str) -> impl Iterator<Item = &SecurityGroup> {
        self.oldest_first.iter().filter(move |group| *group.id != *id && group.refers_to(id))
    }

    /// The default group of a project, if it exists.
    pub(crate) fn default_of(&self, project_id: i64) -> Option<&SecurityGroup> {
        self.oldest_first.iter().find(|group| group.is_default && group.project_id == project_id)
    }
}

impl Tagged for SecurityGroups {
    fn all(&self) -> TaggedItems<'_> {
        Box::new(self.newest_first().map(|group| (&*group.id, &group.tags as &dyn TagList)))
    }

    fn tags_mut(&mut self, id: &str) -> Option<&mut dyn TagList> {
        Some(&mut self.get_mut(id)?.tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(id: &str, peer: &str) -> SecurityGroup {
        let rule = SecurityGroupPolicy {
            security_group_id: Some(peer.to_owned()),
            ..SecurityGroupPolicy::default()
        };
        SecurityGroup { id: id.into(), outbound: vec![rule], ..SecurityGroup::default() }
    }

    #[test]
    fn rule_about_its_own_group_is_no_reference_of_another_group() {
        let mut groups = SecurityGroups::default();
        groups.insert(group("sg-1", "sg-1"));
        groups.insert(group("sg-2", "sg-3"));
        assert!(groups.referrers("sg-1").next().is_none());
        assert_eq!(groups.referrers("sg-3").next().map(|group| &*group.id), Some("sg-2"));
    }
}
