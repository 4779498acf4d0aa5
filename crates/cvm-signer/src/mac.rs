//! Keyed hashes, built so that no copy of a key outlives the state made from it.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// Block size of SHA-1 and SHA-256, up to which HMAC takes a key as it is.
const BLOCK: usize = 64;

/// An HMAC-SHA256 keyed with `prefix` followed by `key`.
pub(crate) fn hmac_sha256(prefix: &[u8], key: &[u8]) -> Hmac<Sha256> {
    let block = key_block::<Sha256>(prefix, key);
    Hmac::new((&*block).into())
}

/// An HMAC-SHA1 keyed with `key`.
pub(crate) fn hmac_sha1(key: &[u8]) -> Hmac<Sha1> {
    let block = key_block::<Sha1>(b"", key);
    Hmac::new((&*block).into())
}

/// The SHA-256 hash of `prefix` followed by a secret.
pub(crate) fn sha256(prefix: &[u8], secret: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut digest = Zeroizing::new([0; 32]);
    Sha256::new().chain_update(prefix).chain_update(secret).finalize_into((&mut *digest).into());
    scrub_stack();
    digest
}

/// The output of one keyed hash, for keys that are made from keys.
pub(crate) fn chained(mut mac: Hmac<Sha256>, data: &[u8]) -> Zeroizing<[u8; 32]> {
    Mac::update(&mut mac, data);
    let mut key = Zeroizing::new([0; 32]);
    // The output is wiped by its own drop; a copy of it by value would not be.
    key.copy_from_slice(mac.finalize().as_bytes());
    key
}

/// A key padded with zeros to one block, or hashed first when it is longer: what HMAC itself does,
/// done here in memory that is wiped.
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

/// Overwrites the part of the stack that the calls before have used.
///
/// `hmac` keeps the padded key in a local array, and the compiler may leave copies of what it moves;
/// neither is wiped by any drop.
#[inline(never)]
pub(crate) fn scrub_stack() {
    let mut dead = [0u64; 256];
    dead.zeroize();
}

/// Lets the writer of the string to sign of v1 write into a hash, which cannot fail: parameters can hold
/// a megabyte.
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
