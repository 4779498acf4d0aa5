//! The two keyed hashes of v1 and their base64 encoding.

use core::fmt;

use base64ct::{Base64, Encoding};
use hmac::Mac;
use subtle::{Choice, ConstantTimeEq};

use crate::{
    fixed_text::FixedText,
    mac::{self, HashWriter},
};

/// The keyed hash of a v1 signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-1, the default of the service.
    HmacSha1,
    /// HMAC with SHA-256.
    HmacSha256,
}

impl Algorithm {
    /// Returns the algorithm that a value of `SignatureMethod` selects. As on the service, an absent or
    /// unknown name means HmacSHA1.
    pub fn select(signature_method: Option<&str>) -> Self {
        match signature_method {
            Some("HmacSHA256") => Self::HmacSha256,
            _ => Self::HmacSha1,
        }
    }

    /// The value of the parameter `SignatureMethod`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HmacSHA1",
            Self::HmacSha256 => "HmacSHA256",
        }
    }

    pub(crate) fn of<N: AsRef<str>, V: AsRef<str>>(params: &[(N, V)]) -> Self {
        let method = params.iter().find(|(name, _)| name.as_ref() == "SignatureMethod");
        Self::select(method.map(|(_, value)| value.as_ref()))
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A v1 signature: 28 or 44 characters of base64, which contain `+`, `/` and `=`.
#[derive(Clone, Copy)]
pub struct Signature {
    text: FixedText<44>,
}

impl Signature {
    /// The signature as text. Percent-encode it like every other value.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }
}

impl AsRef<str> for Signature {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Shows nothing: anyone who has a signature can send its request again.
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

/// A signature before encoding, with the length that its algorithm has.
pub(crate) enum SignatureBytes {
    Sha1([u8; 20]),
    Sha256([u8; 32]),
}

impl SignatureBytes {
    /// Computes the keyed hash of the text that `write` writes.
    pub(crate) fn compute(
        algorithm: Algorithm,
        secret_key: &[u8],
        write: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result,
    ) -> Self {
        // Writing into a hash cannot fail.
        mac::scrubbed(|| match algorithm {
            Algorithm::HmacSha1 => {
                let mut hash = HashWriter(mac::hmac_sha1(secret_key));
                let _ = write(&mut hash);
                Self::Sha1(hash.0.finalize().into_bytes().into())
            }
            Algorithm::HmacSha256 => {
                let mut hash = HashWriter(mac::hmac_sha256(b"", secret_key));
                let _ = write(&mut hash);
                Self::Sha256(hash.0.finalize().into_bytes().into())
            }
        })
    }

    /// Parses base64 of the length that the algorithm requires, in time that depends only on the length.
    pub(crate) fn parse(algorithm: Algorithm, text: &str) -> Option<Self> {
        fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
            let mut bytes = [0; 33];
            Base64::decode(text, &mut bytes).ok()?.try_into().ok()
        }
        match algorithm {
            Algorithm::HmacSha1 => decode(text).map(Self::Sha1),
            Algorithm::HmacSha256 => decode(text).map(Self::Sha256),
        }
    }

    pub(crate) fn encode(&self) -> Signature {
        let bytes: &[u8] = match self {
            Self::Sha1(bytes) => bytes,
            Self::Sha256(bytes) => bytes,
        };
        let mut text = FixedText::new();
        // 32 bytes encode to 44 characters, so the buffer is never too short.
        if let Ok(encoded) = Base64::encode(bytes, &mut [0; 44]) {
            text.push(encoded);
        }
        Signature { text }
    }
}

impl ConstantTimeEq for SignatureBytes {
    fn ct_eq(&self, other: &Self) -> Choice {
        match (self, other) {
            (Self::Sha1(a), Self::Sha1(b)) => a.ct_eq(b),
            (Self::Sha256(a), Self::Sha256(b)) => a.ct_eq(b),
            _ => Choice::from(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_methods_mean_sha1() {
        for method in [None, Some(""), Some("HmacSHA1"), Some("hmacsha256"), Some("HmacSHA512")] {
            assert_eq!(Algorithm::select(method), Algorithm::HmacSha1);
        }
        assert_eq!(Algorithm::select(Some("HmacSHA256")), Algorithm::HmacSha256);
    }

    #[test]
    fn signatures_of_another_form_are_rejected() {
        let sha1 = "EliP9YW3pW28FpsEdkXt/+WcGeI=";
        let sha256 = "0EEm/HtGRr/VJXTAD9tYMth1Bzm3lLHz5RCDv1GdM8s=";
        for (algorithm, text) in [(Algorithm::HmacSha1, sha1), (Algorithm::HmacSha256, sha256)] {
            let bytes = SignatureBytes::parse(algorithm, text).unwrap();
            assert_eq!(bytes.encode().as_str(), text);
        }
        for (algorithm, text) in [
            (Algorithm::HmacSha1, sha256),
            (Algorithm::HmacSha256, sha1),
            (Algorithm::HmacSha1, ""),
            (Algorithm::HmacSha1, "EliP9YW3pW28FpsEdkXt/+WcGeI"),
            (Algorithm::HmacSha1, "EliP9YW3pW28FpsEdkXt/ WcGeI="),
            (Algorithm::HmacSha1, "EliP9YW3pW28FpsEdkXt_-WcGeI="),
            (Algorithm::HmacSha256, &sha256.repeat(3)),
        ] {
            assert!(SignatureBytes::parse(algorithm, text).is_none(), "{text}");
        }
    }
}
