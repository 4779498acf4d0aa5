//! The derived key, and the signature that it computes.

use core::fmt;

use hmac::{Hmac, Mac, digest::FixedOutput};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{CredentialScope, StringToSign};
use crate::{Credential, HexDigest, credential::Fingerprint, mac};

/// A key derived from a secret key for one scope. It is stored as a keyed hash state, which saves two blocks
/// of SHA-256 for each signature.
///
/// Wiped on drop. A move can leave a copy on the stack until later calls overwrite it; a
/// [`KeyCache`](crate::KeyCache) returns keys by reference.
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
        mac::scrubbed(|| {
            let key = chain(secret_key, scope);
            let mac = mac::hmac_sha256(b"", &*key);
            Self { mac, scope: *scope, fingerprint: fingerprint.clone() }
        })
    }

    /// The scope for which the key was derived.
    pub const fn scope(&self) -> &CredentialScope {
        &self.scope
    }

    /// Computes the signature of a string to sign.
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

/// Derives the bytes of the key, to compare this stage with another implementation. Wiped on drop.
pub fn derive_key(credential: &Credential, scope: &CredentialScope) -> Zeroizing<[u8; 32]> {
    mac::scrubbed(|| chain(credential.secret_key().as_bytes(), scope))
}

/// Hashes day, service and termination in turn. The first key is the secret key, each other key is the hash
/// before it.
fn chain(secret_key: &[u8], scope: &CredentialScope) -> Zeroizing<[u8; 32]> {
    let mut stages = scope.stages();
    let date = stages.next().unwrap_or("");
    let first = mac::chained(mac::hmac_sha256(b"TC3", secret_key), date.as_bytes());
    stages.fold(first, |key, stage| mac::chained(mac::hmac_sha256(b"", &*key), stage.as_bytes()))
}

/// A signature. Compare with [`ct_eq`](ConstantTimeEq::ct_eq), which takes the same time wherever two
/// signatures differ.
#[derive(Clone, Copy)]
pub struct Signature([u8; 32]);

impl Signature {
    /// Parses 64 lower-case hexadecimal digits.
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

/// Shows nothing: anyone who has a signature can send its request again.
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}
