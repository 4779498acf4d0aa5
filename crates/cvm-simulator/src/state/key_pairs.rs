//! The key pairs of an account, in one region, and which instances they open.
//!
//! Which pairs open an instance stands with the instance alone, and which instances a pair opens is
//! read from there: the two cannot disagree, whatever becomes of an instance.

use std::collections::HashSet;

use cvm_models::types::KeyPair;

use crate::state::{Effect, Instances, StoredInstance};

/// The key pairs of an account, as they are shown: without their private halves, which are kept nowhere.
/// The quota keeps them few.
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

    /// Takes in a new one.
    pub(crate) fn insert(&mut self, pair: KeyPair) {
        self.oldest_first.push(pair);
    }

    pub(crate) fn remove(&mut self, key_ids: &[String]) {
        self.oldest_first.retain(|pair| !key_ids.contains(&pair.key_id));
    }
}

impl Instances {
    /// An instance that one of these key pairs opens, or into which one is being written.
    pub(crate) fn user_of_key_pairs(&self, key_ids: &[String]) -> Option<&StoredInstance> {
        let key_ids: HashSet<&str> = key_ids.iter().map(String::as_str).collect();
        self.newest_first().find(|instance| {
            let written = instance.operation.as_ref().and_then(|running| match &running.change {
                Effect::KeyPairs(written) => Some(written),
                _ => None,
            });
            let mut used =
                instance.api.login_settings.key_ids.iter().chain(written.into_iter().flatten());
            used.any(|key_id| key_ids.contains(key_id.as_str()))
        })
    }
}
