//! The derived key and the signature that it makes.

use core::fmt;

use hmac::{Hmac, Mac, digest::FixedOutput};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{CredentialScope, StringToSign};
use crate::{Credential, HexDigest, credential::Fingerprint, mac};

/// A key derived from a secret for one scope, held as a keyed hash state: two blocks of SHA-256 fewer
/// for each signature than the bytes would need.
///
/// Wiped on drop. Moving one leaves what the compiler leaves on the stack, which later calls overwrite;
/// a [`KeyCache`](crate::KeyCache) hands keys out by reference.
#[derive(Clone)]
pub struct SigningKey {
    mac: Hmac<Sha256>,
    scope: CredentialScope,
    fingerprint: Fingerprint,
}

impl SigningKey {
    /// Derives the key of a credential for a scope.
    pub fn derive(credential: &Credential, scope: &CredentialScope) -> Self {
        Self::derive_from(credential.secret_key().as_bytes(), credential.fingerprint(), scope)
    }

    pub(crate) fn derive_from(
        secret_key: &[u8],
        fingerprint: &Fingerprint,
        scope: &CredentialScope,
    ) -> Self {
        let key = Self::derive_unscrubbed(secret_key, fingerprint, scope);
        mac::scrub_stack();
        key
    }

    /// In a frame of its own, so that the copies which it leaves on the stack can be overwritten.
    #[inline(never)]
    fn derive_unscrubbed(
        secret_key: &[u8],
        fingerprint: &Fingerprint,
        scope: &CredentialScope,
    ) -> Self {
        let key = chain(secret_key, scope);
        let mac = mac::hmac_sha256(b"", &*key);
        Self { mac, scope: *scope, fingerprint: fingerprint.clone() }
    }

    /// The scope for which the key was derived.
    pub const fn scope(&self) -> &CredentialScope {
        &self.scope
    }

    /// Signs a string.
    pub fn sign(&self, string_to_sign: &StringToSign) -> Signature {
        let mut mac = self.mac.clone();
        Mac::update(&mut mac, string_to_sign.as_bytes());
        let mut signature = Signature([0; 32]);
        mac.finalize_into((&mut signature.0).into());
        signature
    }

    pub(crate) fn belongs_to(&self, credential: &Credential) -> bool {
        self.derived_from(credential.fingerprint())
    }

    pub(crate) fn derived_from(&self, fingerprint: &Fingerprint) -> bool {
        self.fingerprint.ct_eq(fingerprint).into()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// The bytes of the derived key, the third of its chain, to compare this stage with another
/// implementation. Wiped on drop.
pub fn derive_key(credential: &Credential, scope: &CredentialScope) -> Zeroizing<[u8; 32]> {
    let key = chain(credential.secret_key().as_bytes(), scope);
    mac::scrub_stack();
    key
}

/// Secret, day, service and termination, each hashed with the result before it as the key.
fn chain(secret_key: &[u8], scope: &CredentialScope) -> Zeroizing<[u8; 32]> {
    let mut stages = scope.stages();
    let date = stages.next().unwrap_or("");
    let first = mac::chained(mac::hmac_sha256(b"TC3", secret_key), date.as_bytes());
    stages.fold(first, |key, stage| mac::chained(mac::hmac_sha256(b"", &*key), stage.as_bytes()))
}

/// A signature. Compare with [`ct_eq`](ConstantTimeEq::ct_eq), whose time says nothing about where
/// two of them differ.
#[derive(Clone, Copy)]
pub struct Signature([u8; 32]);

impl Signature {
    /// Reads 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        HexDigest::parse(text).map(|digest| Self(digest.to_bytes()))
    }

    /// The signature as text.
    pub fn to_hex(&self) -> HexDigest {
        HexDigest::encode(&self.0)
    }
}

impl ConstantTimeEq for Signature {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_hex().as_str())
    }
}

/// Shows nothing: whoever holds a signature can send its request again.
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}
