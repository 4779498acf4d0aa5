//! Caches derived keys, because deriving a key costs more than signing with it.

use alloc::vec::Vec;

use crate::{
    Credential, Date, SignError,
    credential::Fingerprint,
    mac,
    tc3::{CredentialScope, SigningKey},
};

/// A small cache of derived TC3 keys by secret key, day and service. Wipes keys on replacement and on drop.
///
/// A plain value without a lock: to share it, put it behind one. The secret id is not part of the lookup,
/// so the cache never confuses two keys that had the same id.
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
///     let key = cache.key_at(credential, timestamp, "cvm")?;
///     tc3::sign_with_key(key, credential, timestamp, request)
/// }
/// ```
#[derive(Debug)]
pub struct KeyCache {
    /// Allocated once for `capacity` keys. A vector that grew would leave unwiped keys in its old memory.
    slots: Vec<Slot>,
    capacity: usize,
    /// Number of lookups, the clock for [`Slot::last_used`].
    lookups: u64,
}

#[derive(Debug)]
struct Slot {
    key: SigningKey,
    last_used: u64,
}

impl KeyCache {
    /// Creates a cache for eight keys, enough for one client around midnight while its secret is replaced.
    pub fn new() -> Self {
        Self::with_capacity(8)
    }

    /// Creates a cache for this many keys, but at least one.
    pub fn with_capacity(keys: usize) -> Self {
        let capacity = keys.max(1);
        Self { slots: Vec::with_capacity(capacity), capacity, lookups: 0 }
    }

    /// Returns the key of a credential for a scope. Derives it if it is not in the cache; a full cache then
    /// drops the least recently used key.
    pub fn key(&mut self, credential: &Credential, scope: &CredentialScope) -> &SigningKey {
        self.lookup(credential.secret_key().as_bytes(), credential.fingerprint(), scope)
    }

    /// Returns the key of a credential for a service and the day of a Unix timestamp in seconds. Builds the
    /// scope only if the key is not in the cache.
    ///
    /// # Errors
    ///
    /// As [`CredentialScope::at`].
    pub fn key_at(
        &mut self,
        credential: &Credential,
        timestamp: u64,
        service: &str,
    ) -> Result<&SigningKey, SignError> {
        let date = Date::from_timestamp(timestamp).ok_or(SignError::Timestamp)?;
        let cached = self.slots.iter().position(|Slot { key, .. }| {
            key.scope().matches(date, service) && key.belongs_to(credential)
        });
        match cached {
            Some(index) => Ok(self.touch(index)),
            None => Ok(self.key(credential, &CredentialScope::new(date, service)?)),
        }
    }

    /// Removes and wipes all keys.
    pub fn clear(&mut self) {
        self.slots.clear();
    }

    pub(crate) fn lookup(
        &mut self,
        secret_key: &[u8],
        fingerprint: &Fingerprint,
        scope: &CredentialScope,
    ) -> &SigningKey {
        let cached = self
            .slots
            .iter()
            .position(|Slot { key, .. }| key.scope() == scope && key.derived_from(fingerprint));
        let index = cached.unwrap_or_else(|| {
            mac::scrubbed(|| self.insert(SigningKey::derive_from(secret_key, fingerprint, scope)))
        });
        self.touch(index)
    }

    /// Marks a key as just used.
    #[expect(clippy::indexing_slicing, reason = "the index was just found in this vector")]
    fn touch(&mut self, index: usize) -> &SigningKey {
        self.lookups += 1;
        let slot = &mut self.slots[index];
        slot.last_used = self.lookups;
        &slot.key
    }

    /// Stores a key, and returns its index.
    fn insert(&mut self, key: SigningKey) -> usize {
        let slot = Slot { key, last_used: 0 };
        let is_full = self.slots.len() == self.capacity;
        let oldest = self.slots.iter_mut().enumerate().min_by_key(|(_, slot)| slot.last_used);
        match oldest {
            Some((index, oldest)) if is_full => {
                *oldest = slot;
                index
            }
            _ => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        }
    }
}

impl Default for KeyCache {
    fn default() -> Self {
        Self::new()
    }
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

    #[test]
    fn key_for_a_timestamp_is_the_key_of_its_scope() {
        let mut cache = KeyCache::with_capacity(3);
        let (one, other) = (credential("one"), credential("other"));
        for day in [1, 2, 1, 3, 4, 1] {
            for credential in [&one, &other] {
                for service in ["cvm", "cv", "cvm/x", "vm", ""] {
                    let timestamp = day * DAY + 7;
                    let Ok(scope) = CredentialScope::at(timestamp, service) else {
                        assert!(cache.key_at(credential, timestamp, service).is_err());
                        continue;
                    };
                    let key = cache.key_at(credential, timestamp, service).unwrap();
                    assert_eq!(*key.scope(), scope);
                    let expected = signature(&SigningKey::derive(credential, &scope));
                    assert_eq!(signature(key), expected, "{scope}");
                }
            }
        }
        assert_eq!(cache.key_at(&one, u64::MAX, "cvm").unwrap_err(), SignError::Timestamp);
    }

    #[test]
    fn lookup_by_timestamp_counts_as_use() {
        let mut cache = KeyCache::with_capacity(2);
        let secret = credential("one");
        for timestamp in [DAY, 2 * DAY, DAY, 3 * DAY] {
            cache.key_at(&secret, timestamp, "cvm").unwrap();
        }
        let kept: Vec<Date> = cache.slots.iter().map(|slot| slot.key.scope().date()).collect();
        let day = |day: u64| Date::from_timestamp(day * DAY).unwrap();
        assert_eq!(kept.len(), 2);
        assert!(kept.contains(&day(1)) && kept.contains(&day(3)), "{kept:?}");
    }

    fn signature(key: &SigningKey) -> HexDigest {
        key.sign(&StringToSign::new(0, key.scope(), &HexDigest::sha256(b""))).to_hex()
    }

    fn contains(cache: &KeyCache, credential: &Credential, scope: &CredentialScope) -> bool {
        cache
            .slots
            .iter()
            .any(|Slot { key, .. }| key.scope() == scope && key.belongs_to(credential))
    }

    #[test]
    fn cached_keys_equal_derived_keys() {
        let mut cache = KeyCache::with_capacity(3);
        // Two rounds over more keys than slots: hits, misses and replacements.
        for _ in 0..2 {
            for secret in ["one", "two"] {
                for (day, service) in [(1, "cvm"), (1, "sts"), (2, "cvm"), (1, "cvm")] {
                    let (credential, scope) = (credential(secret), scope(day, service));
                    let expected = signature(&SigningKey::derive(&credential, &scope));
                    assert_eq!(signature(cache.key(&credential, &scope)), expected);
                    assert!(contains(&cache, &credential, &scope));
                }
            }
        }
    }

    #[test]
    fn new_key_under_the_same_id_is_another_key() {
        let mut cache = KeyCache::new();
        let (old, new, scope) = (credential("old"), credential("new"), scope(1, "cvm"));
        let before = signature(cache.key(&old, &scope));
        let after = signature(cache.key(&new, &scope));
        assert_ne!(before, after);
        assert_eq!(after, signature(&SigningKey::derive(&new, &scope)));
        assert_eq!(before, signature(cache.key(&old, &scope)));
    }

    #[test]
    fn least_recently_used_key_is_evicted() {
        let mut cache = KeyCache::with_capacity(2);
        let secret = credential("secret");
        let [one, two, three] = [scope(1, "cvm"), scope(2, "cvm"), scope(3, "cvm")];
        cache.key(&secret, &one);
        cache.key(&secret, &two);
        cache.key(&secret, &one);
        cache.key(&secret, &three);
        assert!(contains(&cache, &secret, &one));
        assert!(!contains(&cache, &secret, &two));
        assert!(contains(&cache, &secret, &three));
        cache.clear();
        assert!(!contains(&cache, &secret, &one));
    }

    #[test]
    fn cache_without_capacity_still_returns_keys() {
        let mut cache = KeyCache::with_capacity(0);
        let (secret, scope) = (credential("secret"), scope(1, "cvm"));
        let expected = signature(&SigningKey::derive(&secret, &scope));
        assert_eq!(signature(cache.key(&secret, &scope)), expected);
    }

    #[test]
    fn debug_shows_only_scopes() {
        let mut cache = KeyCache::with_capacity(1);
        cache.key(&credential("canary"), &scope(1, "cvm"));
        let text = format!("{cache:?}");
        assert!(text.contains("1970-01-02/cvm/tc3_request"), "{text}");
        assert!(!text.contains("canary") && !text.contains("mac"), "{text}");
    }
}
