//! The tags of an account: pairs of a key and a value. Each tag of a resource is one of them; the others are on no
//! resource.

use std::collections::{BTreeMap, BTreeSet};

use crate::state::{Shared, TagList};

/// Maximum number of keys of an account, and of values of a key.
pub(crate) const ACCOUNT_TAG_QUOTA: usize = 1_000;

/// The tags of an account. They remain when no resource has them any more.
#[derive(Clone, Debug, Default)]
pub(crate) struct AccountTags {
    values_by_key: BTreeMap<String, Shared<BTreeSet<String>>>,
}

/// The quota that new tags would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TagQuota<'a> {
    Keys,
    /// The values of this key.
    Values(&'a str),
}

impl AccountTags {
    /// Whether the account has a tag.
    pub(crate) fn has(&self, key: &str, value: &str) -> bool {
        self.values_by_key.get(key).is_some_and(|values| values.contains(value))
    }

    /// Removes a tag.
    pub(crate) fn remove(&mut self, key: &str, value: &str) {
        let Some(values) = self.values_by_key.get_mut(key) else { return };
        values.remove(value);
        if values.is_empty() {
            self.values_by_key.remove(key);
        }
    }

    /// All keys, sorted.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.values_by_key.keys().map(String::as_str)
    }

    /// The values of a key, sorted.
    pub(crate) fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        self.values_by_key.get(key).into_iter().flat_map(|values| values.iter().map(String::as_str))
    }

    /// The quota that these tags would exceed, if the account had all of them.
    pub(crate) fn exceeded<'a>(&self, tags: &'a dyn TagList) -> Option<TagQuota<'a>> {
        let mut new_keys = BTreeSet::new();
        let mut new_values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (key, value) in tags.iter().filter(|(key, value)| !self.has(key, value)) {
            let values = new_values.entry(key).or_default();
            values.insert(value);
            let known = self.values_by_key.get(key);
            if known.map_or(0, |known| known.len()) + values.len() > ACCOUNT_TAG_QUOTA {
                return Some(TagQuota::Values(key));
            }
            if known.is_none() {
                new_keys.insert(key);
            }
            if self.values_by_key.len() + new_keys.len() > ACCOUNT_TAG_QUOTA {
                return Some(TagQuota::Keys);
            }
        }
        None
    }
}

impl Shared<AccountTags> {
    /// Adds a tag, unless the account has it. A change copies what another version of the state shares.
    pub(crate) fn record(&mut self, key: &str, value: &str) {
        if !self.has(key, value) {
            let values = self.values_by_key.entry(key.to_owned()).or_default();
            values.insert(value.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Pairs, pairs};

    fn list(tags: &[(String, String)]) -> Pairs {
        pairs(tags.iter().cloned())
    }

    #[test]
    fn key_without_values_is_gone() {
        let mut tags = Shared::<AccountTags>::default();
        tags.record("team", "blue");
        tags.record("team", "red");
        tags.remove("team", "blue");
        assert_eq!(tags.keys().collect::<Vec<_>>(), ["team"]);
        assert_eq!(tags.values("team").collect::<Vec<_>>(), ["red"]);
        tags.remove("team", "red");
        assert_eq!(tags.keys().count(), 0);
    }

    #[test]
    fn only_new_tags_count_against_the_quotas() {
        let mut tags = Shared::<AccountTags>::default();
        for number in 0..ACCOUNT_TAG_QUOTA {
            tags.record("run", &number.to_string());
        }
        let exceeded = |tags: &AccountTags, key: &str, value: &str| {
            let new = list(&[(key.to_owned(), value.to_owned())]);
            tags.exceeded(&new).map(|quota| quota == TagQuota::Keys)
        };
        assert_eq!(exceeded(&tags, "run", "999"), None);
        assert_eq!(exceeded(&tags, "run", "1000"), Some(false), "too many values");
        assert_eq!(exceeded(&tags, "team", "blue"), None);
        for number in 1..ACCOUNT_TAG_QUOTA {
            tags.record(&number.to_string(), "x");
        }
        assert_eq!(exceeded(&tags, "1", "y"), None);
        assert_eq!(exceeded(&tags, "team", "blue"), Some(true), "too many keys");
        let last: Vec<_> = (0..3).map(|number| (format!("new-{number}"), String::new())).collect();
        tags.remove("1", "x");
        tags.remove("2", "x");
        assert_eq!(tags.exceeded(&list(&last)), Some(TagQuota::Keys), "together");
        assert_eq!(tags.exceeded(&list(last.get(..2).unwrap())), None);
    }
}
