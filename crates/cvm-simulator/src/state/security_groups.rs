//! The security groups that CVM itself creates in one region: the default group of each project.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The default security group of each project that has one.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecurityGroups {
    defaults: BTreeMap<i64, Arc<str>>,
}

impl SecurityGroups {
    /// Whether the group with this id exists.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.defaults.values().any(|group| **group == *id)
    }

    /// The default group of a project. It gets this id if it does not exist yet.
    pub(crate) fn default_of(
        &mut self,
        project_id: i64,
        new_id: impl FnOnce() -> String,
    ) -> Arc<str> {
        self.defaults.entry(project_id).or_insert_with(|| new_id().into()).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_group_is_created_once_for_each_project() {
        let mut groups = SecurityGroups::default();
        let first = groups.default_of(0, || "sg-1".to_owned());
        let other = groups.default_of(7, || "sg-2".to_owned());
        let again = groups.default_of(0, String::new);
        assert_eq!((&*first, &*other, &*again), ("sg-1", "sg-2", "sg-1"));
    }
}
