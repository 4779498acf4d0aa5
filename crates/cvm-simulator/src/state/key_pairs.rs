//! Key pairs of an account: each can be used in all regions.
//!
//! The binding between key pairs and instances is stored only in the instances, so that the two sides cannot
//! disagree.

use std::collections::HashSet;

use cvm_models::types::KeyPair;

use crate::state::{Effect, Instances, StoredInstance, TagList, Tagged, TaggedItems};

/// The key pairs of an account, in the form of the API. Private keys are not stored. The quota keeps the list short.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyPairs {
    oldest_first: Vec<KeyPair>,
}

impl KeyPairs {
    pub(crate) fn get(&self, key_id: &str) -> Option<&KeyPair> {
        self.oldest_first.iter().find(|pair| pair.key_id == key_id)
    }

    pub(crate) fn get_mut(&mut self, key_id: &str) -> Option<&mut KeyPair> {
        self.oldest_first.iter_mut().find(|pair| pair.key_id == key_id)
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &KeyPair> {
        self.oldest_first.iter().rev()
    }

    /// Adds a key pair.
    pub(crate) fn insert(&mut self, pair: KeyPair) {
        self.oldest_first.push(pair);
    }

    pub(crate) fn remove(&mut self, key_ids: &[String]) {
        self.oldest_first.retain(|pair| !key_ids.contains(&pair.key_id));
    }
}

impl Tagged for KeyPairs {
    fn all(&self) -> TaggedItems<'_> {
        Box::new(self.newest_first().map(|it| (&*it.key_id, &it.tags as &dyn TagList)))
    }

    fn tags_mut(&mut self, id: &str) -> Option<&mut dyn TagList> {
        Some(&mut self.get_mut(id)?.tags)
    }
}

impl Instances {
    /// An instance that one of these key pairs opens, or that is being bound to one.
    pub(crate) fn user_of_key_pairs(&self, key_ids: &[String]) -> Option<&StoredInstance> {
        let key_ids: HashSet<&str> = key_ids.iter().map(String::as_str).collect();
        self.newest_first().find(|instance| {
            let written = instance.operation.as_ref().and_then(|running| match &running.change {
                Effect::KeyPairs(written) => Some(written),
                _ => None,
            });
            let written = written.into_iter().flatten().map(String::as_str);
            let mut used = instance.key_ids.iter().map(|id| &**id).chain(written);
            used.any(|key_id| key_ids.contains(key_id))
        })
    }
}
