//! Hashes as lower-case hex in a fixed buffer. Every TC3 stage embeds the hash of the stage before it.

use core::fmt;

use sha2::{Digest, Sha256};

/// 32 bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HexDigest([u8; 64]);

impl HexDigest {
    /// The SHA-256 hash of the empty string, used for the body of every GET.
    pub const EMPTY: Self =
        Self(*b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    /// Computes the SHA-256 hash of bytes.
    pub fn sha256(bytes: &[u8]) -> Self {
        Self::encode(&Sha256::digest(bytes).into())
    }

    /// Encodes 32 bytes as hex.
    pub fn encode(bytes: &[u8; 32]) -> Self {
        let mut digits = [0; 64];
        let (pairs, _) = digits.as_chunks_mut::<2>();
        for (pair, byte) in pairs.iter_mut().zip(bytes) {
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        Self(digits)
    }

    /// Parses 64 lower-case digits; `None` for any other text.
    ///
    /// Takes the same time for every text of 64 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: [u8; 64] = text.as_bytes().try_into().ok()?;
        let bad = digits.iter().fold(0, |bad, digit| bad | (value(*digit) & 0xf0));
        (bad == 0).then_some(Self(digits))
    }

    /// Decodes the digits to 32 bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let (pairs, _) = self.0.as_chunks::<2>();
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = value(*high) << 4 | value(*low);
        }
        bytes
    }

    /// The digits as bytes, with a length known at compile time.
    pub(crate) const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        // Both constructors accept only ASCII digits.
        core::str::from_utf8(&self.0).unwrap_or("")
    }
}

/// Encodes four bits. Arithmetic instead of a lookup table: no memory access depends on the value, and
/// loops vectorize.
const fn digit(nibble: u8) -> u8 {
    nibble + b'0' + (nibble > 9) as u8 * (b'a' - b'0' - 10)
}

/// The value of a hexadecimal digit; 255 for any other byte.
const fn value(digit: u8) -> u8 {
    let decimal = digit.wrapping_sub(b'0');
    let letter = digit.wrapping_sub(b'a');
    let is_decimal = ((decimal < 10) as u8).wrapping_neg();
    let is_letter = ((letter < 6) as u8).wrapping_neg();
    (decimal & is_decimal) | (letter.wrapping_add(10) & is_letter) | !(is_decimal | is_letter)
}

impl AsRef<str> for HexDigest {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for HexDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for HexDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HexDigest({self})")
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String};

    use super::*;

    #[test]
    fn every_byte_is_written_and_read() {
        for byte in 0..=255 {
            let digest = HexDigest::encode(&[byte; 32]);
            assert_eq!(digest.as_str(), format!("{byte:02x}").repeat(32));
            assert_eq!(HexDigest::parse(digest.as_str()), Some(digest));
            assert_eq!(digest.to_bytes(), [byte; 32]);
        }
    }

    #[test]
    fn other_texts_are_rejected() {
        let good = "0123456789abcdef".repeat(4);
        assert!(HexDigest::parse(&good).is_some());
        for at in [0, 31, 63] {
            for bad in ["A", "F", "g", "/", ":", "`", " ", "-", "\0", "\u{7f}"] {
                let mut text = good.clone();
                text.replace_range(at..=at, bad);
                assert_eq!(HexDigest::parse(&text), None, "{text:?}");
            }
        }
        for text in [String::new(), good.clone() + "0", "é".repeat(32)] {
            assert_eq!(HexDigest::parse(&text), None, "{text:?}");
        }
    }

    #[test]
    fn hash_of_nothing_is_the_published_one() {
        assert_eq!(HexDigest::sha256(b""), HexDigest::EMPTY);
    }
}
