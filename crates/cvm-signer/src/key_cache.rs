//! Derived keys, kept for the day on which they are good: deriving one costs more than signing.

use alloc::vec::Vec;
use core::iter;

use crate::{
    Credential, Date, SignError,
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
///     let key = cache.key_at(credential, timestamp, "cvm")?;
///     tc3::sign_with_key(key, credential, timestamp, request)
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
        let slots = iter::repeat_with(Slot::default).take(keys.saturating_sub(1));
        // Never grows: a list that moved would leave unwiped keys behind.
        Self { first: Slot::default(), rest: slots.collect(), clock: 0 }
    }

    /// The key of a credential for a scope, derived unless it is there. The key that was not used for
    /// longest makes room.
    pub fn key(&mut self, credential: &Credential, scope: &CredentialScope) -> &SigningKey {
        self.lookup(credential.secret_key().as_bytes(), credential.fingerprint(), scope)
    }

    /// The key of a credential for the day of a Unix timestamp in seconds and a service. A scope is made
    /// only for a key that is not there.
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
        let holds_it = |slot: &Slot| {
            let is_it =
                |key: &SigningKey| key.scope().matches(date, service) && key.belongs_to(credential);
            slot.key.as_ref().is_some_and(is_it)
        };
        let Some(place) = iter::once(&self.first).chain(&self.rest).position(holds_it) else {
            let scope = CredentialScope::new(date, service)?;
            return Ok(self.key(credential, &scope));
        };
        self.clock += 1;
        let slot = match place.checked_sub(1).and_then(|place| self.rest.get_mut(place)) {
            Some(slot) => slot,
            None => &mut self.first,
        };
        slot.used = self.clock;
        // It is there, as was just seen.
        slot.key.as_ref().ok_or(SignError::KeySecret)
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
            Some(key) if key.scope() == scope && key.derived_from(fingerprint) => Rank::Match,
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
        let kept: Vec<Date> = iter::once(&cache.first)
            .chain(&cache.rest)
            .filter_map(|slot| Some(slot.key.as_ref()?.scope().date()))
            .collect();
        let day = |day: u64| Date::from_timestamp(day * DAY).unwrap();
        assert_eq!(kept.len(), 2);
        assert!(kept.contains(&day(1)) && kept.contains(&day(3)), "{kept:?}");
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
    fn cached_keys_equal_derived_keys() {
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
        assert!(held(&cache, &secret, &one));
        assert!(!held(&cache, &secret, &two));
        assert!(held(&cache, &secret, &three));
        cache.clear();
        assert!(!held(&cache, &secret, &one));
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
        let shown = format!("{cache:?}");
        assert!(shown.contains("1970-01-02/cvm/tc3_request"), "{shown}");
        assert!(!shown.contains("canary") && !shown.contains("mac"), "{shown}");
    }
}
