//! Keyed hashes that leave no copy of a key in memory.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// Block size of SHA-1 and SHA-256. HMAC hashes a longer key first.
const BLOCK: usize = 64;

/// Creates an HMAC-SHA256 keyed with `prefix` followed by `key`.
pub(crate) fn hmac_sha256(prefix: &[u8], key: &[u8]) -> Hmac<Sha256> {
    let block = key_block::<Sha256>(prefix, key);
    Hmac::new((&*block).into())
}

/// Creates an HMAC-SHA1 keyed with `key`.
pub(crate) fn hmac_sha1(key: &[u8]) -> Hmac<Sha1> {
    let block = key_block::<Sha1>(b"", key);
    Hmac::new((&*block).into())
}

/// Computes the SHA-256 hash of `prefix` followed by a secret.
pub(crate) fn sha256(prefix: &[u8], secret: &[u8]) -> Zeroizing<[u8; 32]> {
    scrubbed(|| {
        let mut digest = Zeroizing::new([0; 32]);
        let hash = Sha256::new().chain_update(prefix).chain_update(secret);
        hash.finalize_into((&mut *digest).into());
        digest
    })
}

/// Computes one keyed hash whose output is the next key.
pub(crate) fn chained(mut mac: Hmac<Sha256>, data: &[u8]) -> Zeroizing<[u8; 32]> {
    Mac::update(&mut mac, data);
    let mut key = Zeroizing::new([0; 32]);
    // Borrows the output, which wipes itself on drop. A copy by value would not be wiped.
    key.copy_from_slice(mac.finalize().as_bytes());
    key
}

/// Pads a key with zeros to one block, or hashes it first if it is longer. HMAC does the same, but in
/// memory that it does not wipe.
fn key_block<D: Digest>(prefix: &[u8], key: &[u8]) -> Zeroizing<[u8; BLOCK]> {
    let mut block = Zeroizing::new([0; BLOCK]);
    if prefix.len() + key.len() <= BLOCK {
        for (slot, byte) in block.iter_mut().zip(prefix.iter().chain(key)) {
            *slot = *byte;
        }
    } else {
        let mut hash = D::new().chain_update(prefix).chain_update(key).finalize();
        for (slot, byte) in block.iter_mut().zip(hash.iter()) {
            *slot = *byte;
        }
        hash.as_mut_slice().zeroize();
    }
    block
}

/// Runs a computation on a secret, then overwrites the part of the stack that it used.
///
/// `hmac` keeps the padded key in a local array, and the compiler can leave copies of moved values on the
/// stack; no drop wipes these. The computation is never inlined: its frame has to lie where
/// [`scrub_stack`] writes.
pub(crate) fn scrubbed<T>(compute: impl FnOnce() -> T) -> T {
    #[inline(never)]
    fn in_own_frame<T>(compute: impl FnOnce() -> T) -> T {
        compute()
    }
    let result = in_own_frame(compute);
    scrub_stack();
    result
}

/// Overwrites the 2 KiB of the stack below the frame of the caller.
#[inline(never)]
fn scrub_stack() {
    let mut dead = [0u64; 256];
    dead.zeroize();
}

/// Writes the string to sign of v1 into a hash without building its text: parameters can have a
/// megabyte. Writing never fails.
pub(crate) struct HashWriter<D>(pub(crate) D);

impl fmt::Write for HashWriter<Hmac<Sha256>> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        Mac::update(&mut self.0, text.as_bytes());
        Ok(())
    }
}

impl fmt::Write for HashWriter<Hmac<Sha1>> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        Mac::update(&mut self.0, text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn keys_of_any_length_match_the_hmac_crate() {
        for len in [0, 1, 3, 60, 61, 62, 63, 64, 65, 200] {
            let key = vec![b'k'; len];
            let whole = [b"TC3", key.as_slice()].concat();
            let expected = Hmac::<Sha256>::new_from_slice(&whole).unwrap().chain_update("data");
            let ours = hmac_sha256(b"TC3", &key).chain_update("data");
            assert_eq!(ours.finalize(), expected.finalize(), "{len}");

            let expected = Hmac::<Sha1>::new_from_slice(&key).unwrap().chain_update("data");
            assert_eq!(
                hmac_sha1(&key).chain_update("data").finalize(),
                expected.finalize(),
                "{len}"
            );
        }
    }

    #[test]
    fn hash_states_are_zeroized_on_drop() {
        fn wiped<T: zeroize::ZeroizeOnDrop>() {}
        // `Hmac` has no marker of its own: it consists of two of these cores and a buffer.
        wiped::<Sha256>();
        wiped::<Sha1>();
    }
}
