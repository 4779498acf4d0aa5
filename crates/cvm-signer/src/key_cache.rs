//! Derived keys, kept for the day on which they are good: deriving one costs more than signing.

use alloc::vec::Vec;

use crate::{
    Credential,
    credential::Fingerprint,
    mac,
    tc3::{CredentialScope, SigningKey},
};

/// A handful of derived TC3 keys, by secret, day and service. Wiped on drop.
///
/// A plain value: whoever shares it puts it behind a lock. A key is found by its secret and not by the
/// secret id, so that a key replaced under the same id is never confused with its successor.
///
/// ```
/// use cvm_signer::{Credential, KeyCache, SignError, tc3};
///
/// fn authorization(
///     cache: &mut KeyCache,
///     credential: &Credential,
///     timestamp: u64,
///     request: &tc3::Request<'_>,
/// ) -> Result<String, SignError> {
///     let scope = tc3::CredentialScope::at(timestamp, "cvm")?;
///     tc3::sign_with_key(cache.key(credential, &scope), credential, timestamp, request)
/// }
/// ```
#[derive(Debug)]
pub struct KeyCache {
    /// Stands apart so that there always is a slot to choose.
    first: Slot,
    rest: Vec<Slot>,
    clock: u64,
}

impl KeyCache {
    /// A cache for eight keys, enough for one client around midnight while its secret is replaced.
    pub fn new() -> Self {
        Self::with_capacity(8)
    }

    /// A cache for this many keys, one at least.
    pub fn with_capacity(keys: usize) -> Self {
        let slots = core::iter::repeat_with(Slot::default).take(keys.saturating_sub(1));
        // Never grows: a list that moved would leave unwiped keys behind.
        Self { first: Slot::default(), rest: slots.collect(), clock: 0 }
    }

    /// The key of a credential for a scope, derived unless it is there. The key that was not used for
    /// longest makes room.
    pub fn key(&mut self, credential: &Credential, scope: &CredentialScope) -> &SigningKey {
        self.lookup(credential.secret_key().as_bytes(), credential.fingerprint(), scope)
    }

    /// Forgets and wipes all keys.
    pub fn clear(&mut self) {
        self.first.key = None;
        self.rest.iter_mut().for_each(|slot| slot.key = None);
    }

    pub(crate) fn lookup(
        &mut self,
        secret_key: &[u8],
        fingerprint: &Fingerprint,
        scope: &CredentialScope,
    ) -> &SigningKey {
        let (key, is_new) = self.lookup_unscrubbed(secret_key, fingerprint, scope);
        if is_new {
            mac::scrub_stack();
        }
        key
    }

    /// In a frame of its own, so that the copy of a key on its way into the slot can be overwritten.
    #[inline(never)]
    fn lookup_unscrubbed(
        &mut self,
        secret_key: &[u8],
        fingerprint: &Fingerprint,
        scope: &CredentialScope,
    ) -> (&SigningKey, bool) {
        self.clock += 1;
        let first = (self.first.rank(fingerprint, scope), &mut self.first);
        let (rank, slot) = self.rest.iter_mut().fold(first, |best, slot| {
            let rank = slot.rank(fingerprint, scope);
            if rank < best.0 { (rank, slot) } else { best }
        });
        let is_new = rank != Rank::Match;
        if is_new {
            // Wipes the key that makes room.
            slot.key = None;
        }
        slot.used = self.clock;
        let derive = || SigningKey::derive_from(secret_key, fingerprint, scope);
        (slot.key.get_or_insert_with(derive), is_new)
    }
}

impl Default for KeyCache {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Debug, Default)]
struct Slot {
    key: Option<SigningKey>,
    used: u64,
}

impl Slot {
    fn rank(&self, fingerprint: &Fingerprint, scope: &CredentialScope) -> Rank {
        match &self.key {
            Some(key) if key.scope() == scope && key.made_from(fingerprint) => Rank::Match,
            Some(_) => Rank::Used(self.used),
            None => Rank::Free,
        }
    }
}

/// Which slot serves best: the least of these.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Match,
    Free,
    Used(u64),
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::{HexDigest, tc3::StringToSign};

    const DAY: u64 = 86_400;

    fn credential(key: &str) -> Credential {
        Credential::new("AKIDEXAMPLE", key).unwrap()
    }

    fn scope(day: u64, service: &str) -> CredentialScope {
        CredentialScope::at(day * DAY, service).unwrap()
    }

    fn signature(key: &SigningKey) -> HexDigest {
        key.sign(&StringToSign::new(0, key.scope(), &HexDigest::sha256(b""))).to_hex()
    }

    fn held(cache: &KeyCache, credential: &Credential, scope: &CredentialScope) -> bool {
        core::iter::once(&cache.first)
            .chain(&cache.rest)
            .any(|slot| slot.rank(credential.fingerprint(), scope) == Rank::Match)
    }

    #[test]
    fn every_key_is_the_derived_one() {
        let mut cache = KeyCache::with_capacity(3);
        // Two rounds over more keys than slots: hits, misses and replacements.
        for _ in 0..2 {
            for secret in ["one", "two"] {
                for (day, service) in [(1, "cvm"), (1, "sts"), (2, "cvm"), (1, "cvm")] {
                    let (credential, scope) = (credential(secret), scope(day, service));
                    let expected = signature(&SigningKey::derive(&credential, &scope));
                    assert_eq!(signature(cache.key(&credential, &scope)), expected);
                    assert!(held(&cache, &credential, &scope));
                }
            }
        }
    }

    #[test]
    fn a_key_replaced_under_the_same_id_is_another_key() {
        let mut cache = KeyCache::new();
        let (old, new, scope) = (credential("old"), credential("new"), scope(1, "cvm"));
        let before = signature(cache.key(&old, &scope));
        let after = signature(cache.key(&new, &scope));
        assert_ne!(before, after);
        assert_eq!(after, signature(&SigningKey::derive(&new, &scope)));
        assert_eq!(before, signature(cache.key(&old, &scope)));
    }

    #[test]
    fn the_key_unused_for_longest_makes_room() {
        let mut cache = KeyCache::with_capacity(2);
        let secret = credential("secret");
        let [one, two, three] = [scope(1, "cvm"), scope(2, "cvm"), scope(3, "cvm")];
        cache.key(&secret, &one);
        cache.key(&secret, &two);
        cache.key(&secret, &one);
        cache.key(&secret, &three);
        assert!(held(&cache, &secret, &one));
        assert!(!held(&cache, &secret, &two));
        assert!(held(&cache, &secret, &three));
        cache.clear();
        assert!(!held(&cache, &secret, &one));
    }

    #[test]
    fn a_cache_for_no_keys_still_answers() {
        let mut cache = KeyCache::with_capacity(0);
        let (secret, scope) = (credential("secret"), scope(1, "cvm"));
        let expected = signature(&SigningKey::derive(&secret, &scope));
        assert_eq!(signature(cache.key(&secret, &scope)), expected);
    }

    #[test]
    fn debug_shows_scopes_alone() {
        let mut cache = KeyCache::with_capacity(1);
        cache.key(&credential("canary"), &scope(1, "cvm"));
        let shown = format!("{cache:?}");
        assert!(shown.contains("1970-01-02/cvm/tc3_request"), "{shown}");
        assert!(!shown.contains("canary") && !shown.contains("mac"), "{shown}");
    }
}
