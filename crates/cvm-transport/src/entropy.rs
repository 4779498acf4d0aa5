//! Random bytes for nonces, client tokens, trace ids and jitter, replaceable in tests.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::pointers::for_pointers;

/// A source of random bytes.
pub trait Entropy: fmt::Debug + Send + Sync + 'static {
    /// Fills the buffer with random bytes.
    ///
    /// # Errors
    ///
    /// If the source provides none.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

for_pointers! {
    Entropy {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            (**self).fill(bytes)
        }
    }
}

/// The random source of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|_| EntropyError)
    }
}

/// A predictable sequence. For tests and snapshots only: its tokens repeat from run to run.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// Starts the sequence of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next 64 bits, for tests with random histories.
    #[cfg(test)]
    pub(crate) fn next(&self) -> u64 {
        random(self).unwrap()
    }

    /// A number below the limit, for tests with random histories.
    #[cfg(test)]
    pub(crate) fn below(&self, limit: u64) -> u64 {
        self.next() % limit
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64: consecutive states give unrelated-looking words.
            let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            for (slot, byte) in chunk.iter_mut().zip((mixed ^ (mixed >> 31)).to_le_bytes()) {
                *slot = byte;
            }
        }
        Ok(())
    }
}

/// The random source provided no bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntropyError;

impl fmt::Display for EntropyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system provided no random bytes")
    }
}

impl std::error::Error for EntropyError {}

/// A random UUID (version 4).
pub(crate) fn uuid_v4(entropy: &dyn Entropy) -> Result<String, EntropyError> {
    uuid_v4_bits(entropy).map(hyphenated)
}

/// The bits of a random UUID (version 4).
pub(crate) fn uuid_v4_bits(entropy: &dyn Entropy) -> Result<u128, EntropyError> {
    let mut bytes = [0u8; 16];
    entropy.fill(&mut bytes)?;
    let version = 0x4 << 76;
    let variant = 0b10 << 62;
    Ok((u128::from_be_bytes(bytes) & !(0xf << 76) & !(0b11 << 62)) | version | variant)
}

/// Formats the bits of a UUID.
pub(crate) fn hyphenated(bits: u128) -> String {
    /// The position of each byte's two digits.
    const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    let digit = |nibble: u8| nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
    let mut text = [b'-'; 36];
    for (place, byte) in PLACES.into_iter().zip(bits.to_be_bytes()) {
        if let Some([high, low]) = text.get_mut(place..).and_then(|rest| rest.first_chunk_mut()) {
            (*high, *low) = (digit(byte >> 4), digit(byte & 0xf));
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// A random nonce below 2^63, so that it is positive as a signed integer too.
pub(crate) fn nonce(entropy: &dyn Entropy) -> Result<u64, EntropyError> {
    Ok((random(entropy)? >> 1).max(1))
}

/// 64 random bits.
pub(crate) fn random(entropy: &dyn Entropy) -> Result<u64, EntropyError> {
    let mut bytes = [0u8; 8];
    entropy.fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tokens_are_uuids_and_never_repeat() {
        let mut seen = HashSet::new();
        for _ in 0..20_000 {
            let token = uuid_v4(&SystemEntropy).unwrap();
            let parts: Vec<usize> = token.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{token}");
            assert_eq!(token.as_bytes()[14], b'4', "{token}");
            assert!(matches!(token.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{token}");
            assert!(token.is_ascii() && token.len() <= 64);
            assert!(seen.insert(token));
        }
    }

    #[test]
    fn a_seed_repeats_its_sequence() {
        let token = |seed| uuid_v4(&SeededEntropy::new(seed)).unwrap();
        assert_eq!(token(1), token(1));
        assert_ne!(token(1), token(2));
        let one = SeededEntropy::new(1);
        assert_ne!(uuid_v4(&one).unwrap(), uuid_v4(&one).unwrap());
    }
}
