//! Generates the RSA key pairs of `CreateKeyPair`.
//!
//! This takes a considerable part of a second, so it happens before the request reaches the state: the command brings
//! the key pair, see [`Request::with_key_pair`](crate::Request::with_key_pair).

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use cvm_protocol::Sensitive;
use rsa::PrivateKey;
use rsa::pkcs1::{EncodeRsaPrivateKey, LineEnding};
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::traits::PublicKeyParts;
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::api_error::ApiError;
use crate::ids::{SeededRng, Stream};
use crate::public_key;

/// The size of the modulus, as in the samples of the documentation.
const BITS: usize = 2048;

/// Generates the key pairs of all accounts. The n-th key pair of an account follows from the seed, so it protects
/// nothing.
///
/// ```no_run
/// use cvm_simulator::{AccountId, KeyPairGenerator};
///
/// # fn f() -> Result<(), cvm_simulator::ApiError> {
/// let (generator, same) = (KeyPairGenerator::new(1), KeyPairGenerator::new(1));
/// let key_pair = generator.next(AccountId::FIRST)?;
/// assert_eq!(key_pair, same.next(AccountId::FIRST)?);
/// assert_ne!(key_pair, generator.next(AccountId::FIRST)?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct KeyPairGenerator {
    seed: u64,
    generated: Mutex<BTreeMap<AccountId, u64>>,
}

impl KeyPairGenerator {
    /// A generator with the seed of a simulator.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, generated: Mutex::new(BTreeMap::new()) }
    }

    /// Starts again with the first key pair of each account.
    pub fn reset(&self) {
        self.generated.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Generates the next key pair of an account. Blocks the thread for a considerable part of a second.
    ///
    /// # Errors
    ///
    /// `InternalServerError` if a library fails, which no seed is known to cause.
    pub fn next(&self, account: AccountId) -> Result<NewKeyPair, ApiError> {
        let index = {
            let mut generated = self.generated.lock().unwrap_or_else(PoisonError::into_inner);
            let count = generated.entry(account).or_default();
            *count += 1;
            *count - 1
        };
        NewKeyPair::generate(index, Numbers::new(SeededRng::new(account.seed(self.seed)), index))
    }

    /// Continues after a key pair that an earlier generator with this seed has generated.
    pub fn skip(&self, account: AccountId, key_pair: &NewKeyPair) {
        let mut generated = self.generated.lock().unwrap_or_else(PoisonError::into_inner);
        let count = generated.entry(account).or_default();
        *count = (*count).max(key_pair.index.saturating_add(1));
    }
}

/// A key pair that was generated for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKeyPair {
    /// How many key pairs of the account were generated before.
    index: u64,
    /// Without a comment.
    public: String,
    private: Sensitive,
}

impl NewKeyPair {
    fn generate(index: u64, mut numbers: Numbers) -> Result<Self, ApiError> {
        let failed = |error: &dyn std::fmt::Display| {
            ApiError::new("InternalServerError", format!("No key pair can be generated: {error}."))
        };
        let key = PrivateKey::new(&mut numbers, BITS).map_err(|error| failed(&error))?;
        let public = public_key::write(&key.e_bytes(), &key.n_bytes());
        let public = public.map_err(|error| failed(&error))?;
        let mut private = key.to_pkcs1_pem(LineEnding::LF).map_err(|error| failed(&error))?;
        Ok(Self { index, public, private: std::mem::take(&mut *private).into() })
    }

    /// The public key as one line: algorithm, base64 and a comment.
    pub(crate) fn public_key(&self, comment: &str) -> String {
        format!("{} {comment}", self.public)
    }

    /// The form in which it is stored: without the private key, which only the response to the request has.
    pub(crate) fn to_stored(&self) -> StoredKeyPair {
        StoredKeyPair { index: self.index, public: self.public.clone() }
    }

    /// The private key in PEM, in the layout of PKCS#1.
    pub(crate) fn into_private_key(self) -> Sensitive {
        self.private
    }

    /// A key pair for tests of everything except the generation. Its private key is not one.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        let public = public_key::write(&[1, 0, 1], &[0xd0, 0xe1, 0xf3, 0x4b]);
        Self { index: 0, public: public.unwrap(), private: "a private key".into() }
    }
}

/// A generated key pair in a stored command.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredKeyPair {
    index: u64,
    public: String,
}

impl From<StoredKeyPair> for NewKeyPair {
    fn from(StoredKeyPair { index, public }: StoredKeyPair) -> Self {
        Self { index, public, private: Sensitive::default() }
    }
}

/// The random numbers for one key pair.
struct Numbers {
    rng: SeededRng,
    next: u64,
}

impl Numbers {
    /// Each key pair has 2^32 numbers of the stream, and uses a few thousand.
    const fn new(rng: SeededRng, index: u64) -> Self {
        Self { rng, next: index << 32 }
    }
}

impl TryRng for Numbers {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let number = self.rng.next(Stream::KeyMaterial, self.next);
        self.next = self.next.wrapping_add(1);
        Ok(number)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for part in bytes.chunks_mut(8) {
            let number = self.try_next_u64()?;
            for (byte, random) in part.iter_mut().zip(number.to_le_bytes()) {
                *byte = random;
            }
        }
        Ok(())
    }
}

/// Required by the generator of keys. The numbers are not secret: whoever knows the seed knows them.
impl TryCryptoRng for Numbers {}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};
    use ring::rsa::PublicKeyComponents;
    use ring::signature::RsaKeyPair;

    use super::*;

    #[test]
    fn generated_key_pair_is_rsa_2048_in_pem() {
        let generator = KeyPairGenerator::new(1);
        let [first, second] = [0, 1].map(|_| generator.next(AccountId::FIRST).unwrap());
        assert_ne!(first, second);
        assert_eq!(KeyPairGenerator::new(1).next(AccountId::FIRST).unwrap(), first);
        let pem = first.private.expose();
        assert!(!format!("{first:?}").contains(pem));
        assert!(pem.ends_with("-----END RSA PRIVATE KEY-----\n"), "{pem}");
        let lines: Vec<_> = pem.lines().collect();
        assert_eq!(lines[0], "-----BEGIN RSA PRIVATE KEY-----");
        let body = &lines[1..lines.len() - 1];
        assert!(body.iter().rev().skip(1).all(|line| line.len() == 64), "{pem}");
        // Another implementation checks that the numbers fit together.
        let key = RsaKeyPair::from_der(&Base64::decode_vec(&body.concat()).unwrap()).unwrap();
        assert_eq!(key.public().modulus_len() * 8, 2048);
        let public = PublicKeyComponents::<Vec<u8>>::from(key.public());
        assert_eq!(first.public, public_key::write(&public.e, &public.n).unwrap());
        assert_eq!(public.e, [1, 0, 1]);
    }

    #[test]
    fn accounts_have_different_random_numbers() {
        let of = |account: AccountId, index| {
            let mut numbers = Numbers::new(SeededRng::new(account.seed(1)), index);
            [0, 1].map(|_| numbers.try_next_u64().unwrap())
        };
        let [first, second, other] =
            [of(AccountId::FIRST, 0), of(AccountId::FIRST, 1), of(AccountId::nth(1), 0)];
        assert_eq!(first, of(AccountId::FIRST, 0));
        assert!(first != second && first != other && second != other);
        assert_ne!(first[0], first[1]);
    }

    #[test]
    fn random_bytes_are_the_random_numbers() {
        let mut numbers = Numbers::new(SeededRng::new(1), 0);
        let [one, two] = [0, 1].map(|_| numbers.try_next_u64().unwrap().to_le_bytes());
        let mut bytes = [0; 11];
        Numbers::new(SeededRng::new(1), 0).try_fill_bytes(&mut bytes).unwrap();
        assert_eq!(bytes[..8], one);
        assert_eq!(bytes[8..], two[..3]);
    }
}
