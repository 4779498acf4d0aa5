//! Issues temporary credentials, and recognizes them.
//!
//! They are not stored, so their number has no limit, and reads may issue them: the secret id and the token contain keyed
//! hashes, by which the issuer recognizes its own, and the secret key follows from the secret id.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use cvm_protocol::Sensitive;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::account::AccountId;
use crate::caller::{Caller, RoleSession};
use crate::timestamp::Timestamp;

/// How every secret id begins.
const ID_PREFIX: &str = "AKID";
/// The number of characters of each half of a secret id: a random text, and its keyed hash.
const HALF: usize = 16;
/// The length of a keyed hash.
const TAG: usize = 32;

/// Whose temporary credentials are, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The account that they belong to.
    pub account: AccountId,
    /// Whom they stand for.
    pub caller: Caller,
    /// When they expire, on the virtual clock.
    pub expires: Timestamp,
}

/// Temporary credentials. `Debug` shows no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IssuedCredential {
    pub(crate) secret_id: String,
    pub(crate) secret_key: Sensitive,
    pub(crate) token: Sensitive,
}

/// Issues temporary credentials, and recognizes them. Clones recognize each other's.
#[derive(Clone)]
pub struct CredentialIssuer {
    /// The key of all hashes: one block of SHA-256.
    key: [u8; 64],
}

impl CredentialIssuer {
    /// An issuer whose credentials follow from a seed and a secret. Without the secret, who knows the seed could compute
    /// the credentials.
    #[must_use]
    pub fn new(seed: u64, secret: &str) -> Self {
        let hash = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(secret).finalize();
        let mut key = [0; 64];
        for (slot, byte) in key.iter_mut().zip(hash.iter()) {
            *slot = *byte;
        }
        Self { key }
    }

    /// Issues the credentials of a session. The same nonce gives the same secret id.
    pub(crate) fn issue(&self, session: &Session, nonce: &str) -> IssuedCredential {
        let random = letters(&self.hash("id", &[nonce.as_bytes()]), HALF);
        let secret_id = format!("{ID_PREFIX}{random}{}", self.check(&random));
        let mut token = encode(session);
        token.extend(self.hash("token", &[secret_id.as_bytes(), &token]));
        IssuedCredential {
            secret_key: self.key_of(&secret_id).into(),
            token: Base64UrlUnpadded::encode_string(&token).into(),
            secret_id,
        }
    }

    /// The secret key that belongs to a secret id of this issuer; `None` for any other secret id.
    #[must_use]
    pub fn secret_key(&self, secret_id: &str) -> Option<Sensitive> {
        let (random, check) = secret_id.strip_prefix(ID_PREFIX)?.split_at_checked(HALF)?;
        (self.check(random) == check).then(|| self.key_of(secret_id).into())
    }

    /// The session of a secret id and its token; `None` if the token does not belong to it.
    #[must_use]
    pub fn session(&self, secret_id: &str, token: &str) -> Option<Session> {
        let bytes = Base64UrlUnpadded::decode_vec(token).ok()?;
        let (claims, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG)?)?;
        // The comparison takes the same time wherever the tags differ.
        let mac = self.mac("token", &[secret_id.as_bytes(), claims]);
        mac.verify_slice(tag).ok().and_then(|()| decode(claims))
    }

    fn check(&self, random: &str) -> String {
        letters(&self.hash("check", &[random.as_bytes()]), HALF)
    }

    fn key_of(&self, secret_id: &str) -> String {
        letters(&self.hash("key", &[secret_id.as_bytes()]), TAG)
    }

    /// A keyed hash for one purpose.
    pub(crate) fn hash(&self, purpose: &str, parts: &[&[u8]]) -> [u8; TAG] {
        let mut hash = [0; TAG];
        let code = self.mac(purpose, parts).finalize();
        for (slot, byte) in hash.iter_mut().zip(code.as_bytes().iter()) {
            *slot = *byte;
        }
        hash
    }

    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new((&self.key).into());
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            // The lengths keep parts apart.
            Mac::update(&mut mac, &(part.len() as u64).to_le_bytes());
            Mac::update(&mut mac, part);
        }
        mac
    }
}

impl fmt::Debug for CredentialIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialIssuer")
    }
}

/// Letters and digits from random bytes. Some are a little more likely than others, which costs less than a bit of 190.
fn letters(bytes: &[u8], count: usize) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let letter = |byte: &u8| LETTERS.get(usize::from(*byte) % LETTERS.len()).copied();
    bytes.iter().take(count).filter_map(letter).map(char::from).collect()
}

const ROLE: u8 = 1;
const FEDERATED_USER: u8 = 2;

/// A session in bytes: kind, account, expiry, role, principal and name.
fn encode(session: &Session) -> Vec<u8> {
    let (kind, role_id, principal, name) = match &session.caller {
        Caller::Role(role) => (ROLE, role.role_id, role.principal, role.name.as_str()),
        Caller::FederatedUser(name) => (FEDERATED_USER, 0, 0, name.as_str()),
        Caller::Account | Caller::Unsigned => (0, 0, 0, ""),
    };
    let mut bytes = vec![kind];
    bytes.extend(session.account.index().to_le_bytes());
    for number in [session.expires.unix(), role_id, principal] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(name.as_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<Session> {
    let (kind, rest) = bytes.split_first()?;
    let (account, rest) = rest.split_first_chunk()?;
    let (expires, rest) = rest.split_first_chunk()?;
    let (role_id, rest) = rest.split_first_chunk()?;
    let (principal, name) = rest.split_first_chunk()?;
    let name = String::from_utf8(name.to_vec()).ok()?;
    let (role_id, principal) = (u64::from_le_bytes(*role_id), u64::from_le_bytes(*principal));
    let caller = match *kind {
        ROLE => Caller::Role(RoleSession { role_id, principal, name }),
        FEDERATED_USER => Caller::FederatedUser(name),
        _ => return None,
    };
    Some(Session {
        account: AccountId::nth(u32::from_le_bytes(*account)),
        caller,
        expires: Timestamp::from_unix(u64::from_le_bytes(*expires)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        let name = "nightly".to_owned();
        Session {
            account: AccountId::nth(3),
            caller: Caller::Role(RoleSession { role_id: 7, principal: 100_000_000_001, name }),
            expires: Timestamp::from_unix(1_700_000_000),
        }
    }

    #[test]
    fn issuer_recognizes_its_own_credentials_only() {
        let issuer = CredentialIssuer::new(1, "secret");
        let issued = issuer.issue(&session(), "request");
        let (id, token) = (issued.secret_id.as_str(), issued.token.expose());
        assert!(id.len() == 36 && id.starts_with("AKID"), "{id}");
        assert_eq!(issuer.secret_key(id), Some(issued.secret_key.clone()));
        assert_eq!(issuer.session(id, token), Some(session()));
        for other in [CredentialIssuer::new(2, "secret"), CredentialIssuer::new(1, "another")] {
            assert_eq!(other.secret_key(id), None);
            assert_eq!(other.session(id, token), None);
        }
        for wrong in
            ["", "AKID", "AKIDEXAMPLE", id.split_at(35).0, &format!("{id}0"), &id.to_lowercase()]
        {
            assert_eq!(issuer.secret_key(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn token_belongs_to_one_secret_id_and_cannot_be_changed() {
        let issuer = CredentialIssuer::new(1, "secret");
        let (one, other) = (issuer.issue(&session(), "one"), issuer.issue(&session(), "other"));
        assert_ne!(one.secret_key, other.secret_key);
        assert_eq!(issuer.session(&other.secret_id, one.token.expose()), None);
        let bytes = Base64UrlUnpadded::decode_vec(one.token.expose()).unwrap();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            let token = Base64UrlUnpadded::encode_string(&changed);
            assert_eq!(issuer.session(&one.secret_id, &token), None, "byte {index}");
        }
        for token in ["", "x", "\u{e9}", &Base64UrlUnpadded::encode_string(&bytes[1..])] {
            assert_eq!(issuer.session(&one.secret_id, token), None, "{token}");
        }
    }

    #[test]
    fn every_session_survives_its_token() {
        let issuer = CredentialIssuer::new(1, "");
        let user = Session { caller: Caller::FederatedUser("alice".into()), ..session() };
        for session in [session(), user] {
            let issued = issuer.issue(&session, "n");
            assert_eq!(issuer.session(&issued.secret_id, issued.token.expose()), Some(session));
        }
        // Nobody gets credentials that stand for a permanent key.
        let account = Session { caller: Caller::Account, ..session() };
        let issued = issuer.issue(&account, "n");
        assert_eq!(issuer.session(&issued.secret_id, issued.token.expose()), None);
    }

    #[test]
    fn debug_shows_no_secret() {
        let issuer = CredentialIssuer::new(1, "secret");
        let issued = issuer.issue(&session(), "request");
        let text = format!("{issuer:?} {issued:?}");
        for secret in [issued.secret_key.expose(), issued.token.expose()] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.starts_with("CredentialIssuer Issued"), "{text}");
    }
}
