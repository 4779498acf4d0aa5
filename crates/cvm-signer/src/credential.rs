//! Credentials: checked when they are created, wiped when they are dropped, and never printed.

use alloc::string::String;
use core::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

use crate::mac;

/// A secret id, its secret key and, for a temporary credential, the session token.
///
/// Every clone wipes its key and token from memory on drop. There is deliberately no `PartialEq` and no
/// `Display`. `Debug` shows only whether the id begins with `AKID`.
///
/// ```
/// let credential = cvm_signer::Credential::new("AKIDEXAMPLE", "a-secret-key")?;
/// assert_eq!(format!("{credential:?}"), r#"Credential { secret_id: "AKID****", .. }"#);
/// # Ok::<(), cvm_signer::CredentialError>(())
/// ```
#[derive(Clone)]
pub struct Credential {
    secret_id: String,
    secret_key: Zeroizing<String>,
    token: Option<Zeroizing<String>>,
    fingerprint: Fingerprint,
}

impl Credential {
    /// Creates a long-term credential.
    ///
    /// # Errors
    ///
    /// If a part is empty, begins or ends with whitespace, or contains a character that cannot be sent.
    pub fn new(
        secret_id: impl Into<String>,
        secret_key: impl Into<String>,
    ) -> Result<Self, CredentialError> {
        let secret_id = secret_id.into();
        // Owned before the first check, so that a rejected key is wiped as well.
        let secret_key = Zeroizing::new(secret_key.into());
        check(CredentialField::SecretId, &secret_id, |c| {
            c.is_ascii_graphic() && !matches!(c, '/' | ',')
        })?;
        check(CredentialField::SecretKey, &secret_key, |c| !c.is_control())?;
        let fingerprint = Fingerprint::of(secret_key.as_bytes());
        Ok(Self { secret_id, secret_key, token: None, fingerprint })
    }

    /// Creates a temporary credential. Its token is sent with every request.
    ///
    /// # Errors
    ///
    /// As [`Credential::new`].
    pub fn temporary(
        secret_id: impl Into<String>,
        secret_key: impl Into<String>,
        token: impl Into<String>,
    ) -> Result<Self, CredentialError> {
        let token = Zeroizing::new(token.into());
        let credential = Self::new(secret_id, secret_key)?;
        check(CredentialField::Token, &token, |c| c.is_ascii_graphic() || c == ' ')?;
        Ok(Self { token: Some(token), ..credential })
    }

    /// The public id of the key. It is sent in clear text with every request.
    pub fn secret_id(&self) -> &str {
        &self.secret_id
    }

    /// The secret key. A caller that copies it has to wipe the copy.
    pub fn secret_key(&self) -> &str {
        &self.secret_key
    }

    /// The session token of a temporary credential.
    pub fn token(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.as_str())
    }

    pub(crate) fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masked = if self.secret_id.starts_with("AKID") { "AKID****" } else { "****" };
        f.debug_struct("Credential").field("secret_id", &masked).finish_non_exhaustive()
    }
}

fn check(
    field: CredentialField,
    text: &str,
    allowed: fn(char) -> bool,
) -> Result<(), CredentialError> {
    if text.is_empty() {
        Err(CredentialError::Empty(field))
    } else if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        Err(CredentialError::SurroundingWhitespace(field))
    } else if !text.chars().all(allowed) {
        Err(CredentialError::Character(field))
    } else {
        Ok(())
    }
}

/// Distinguishes two secret keys without storing either. The secret id is not enough, because a key can
/// be replaced under the same id.
#[derive(Clone)]
pub(crate) struct Fingerprint([u64; 2]);

impl Fingerprint {
    /// The fingerprint of no secret key.
    pub(crate) const NONE: Self = Self([0; 2]);

    fn of(secret_key: &[u8]) -> Self {
        let digest = mac::sha256(b"cvm-signer fingerprint", secret_key);
        let (words, _) = digest.as_chunks::<8>();
        let mut words = words.iter().map(|word| u64::from_le_bytes(*word));
        Self([words.next().unwrap_or_default(), words.next().unwrap_or_default()])
    }
}

impl ConstantTimeEq for Fingerprint {
    fn ct_eq(&self, other: &Self) -> Choice {
        let ([a, b], [c, d]) = (&self.0, &other.0);
        a.ct_eq(c) & b.ct_eq(d)
    }
}

impl Drop for Fingerprint {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A part of a [`Credential`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialField {
    /// The secret id.
    SecretId,
    /// The secret key.
    SecretKey,
    /// The session token.
    Token,
}

impl fmt::Display for CredentialField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SecretId => "secret id",
            Self::SecretKey => "secret key",
            Self::Token => "token",
        })
    }
}

/// Why a [`Credential`] was rejected. Names the part, never its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialError {
    /// The part is empty.
    Empty(CredentialField),
    /// The part begins or ends with whitespace, such as a space or a line break.
    SurroundingWhitespace(CredentialField),
    /// The part contains a character that no credential has.
    Character(CredentialField),
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty(field) => {
                write!(f, "{field} is empty: copy it from the API key page of the console")
            }
            Self::SurroundingWhitespace(field) => {
                write!(f, "{field} begins or ends with whitespace: remove spaces and line breaks")
            }
            Self::Character(field) => {
                write!(f, "{field} contains a character that cannot be sent: copy it again")
            }
        }
    }
}

impl core::error::Error for CredentialError {}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    const ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
    const KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";

    #[test]
    fn parts_are_returned_as_given() {
        let credential = Credential::temporary(ID, KEY, "tok/EXAMPLE==").unwrap();
        assert_eq!(credential.secret_id(), ID);
        assert_eq!(credential.secret_key(), KEY);
        assert_eq!(credential.token(), Some("tok/EXAMPLE=="));
        assert_eq!(Credential::new(ID, KEY).unwrap().token(), None);
    }

    #[test]
    fn unusable_parts_are_rejected_by_name() {
        use CredentialError::{Character, Empty, SurroundingWhitespace};
        use CredentialField::{SecretId, SecretKey, Token};
        for (id, key, token, expected) in [
            ("", KEY, "t", Empty(SecretId)),
            (ID, "", "t", Empty(SecretKey)),
            (ID, KEY, "", Empty(Token)),
            (" AKID", KEY, "t", SurroundingWhitespace(SecretId)),
            (ID, "key\n", "t", SurroundingWhitespace(SecretKey)),
            (ID, "\u{a0}key", "t", SurroundingWhitespace(SecretKey)),
            (ID, KEY, "t ", SurroundingWhitespace(Token)),
            ("AK ID", KEY, "t", Character(SecretId)),
            ("AK/ID", KEY, "t", Character(SecretId)),
            ("AK,ID", KEY, "t", Character(SecretId)),
            (ID, "k\0y", "t", Character(SecretKey)),
            (ID, "k\u{7f}y", "t", Character(SecretKey)),
            (ID, KEY, "t\r\nx: y", Character(Token)),
        ] {
            assert_eq!(Credential::temporary(id, key, token).unwrap_err(), expected);
        }
    }

    #[test]
    fn debug_and_errors_show_nothing_secret() {
        let credential = Credential::temporary(ID, KEY, "tok/EXAMPLE==").unwrap();
        let text = format!("{credential:?} {credential:#?}");
        for secret in ["z8krb", KEY, "tok", "EXAMPLE"] {
            assert!(!text.contains(secret), "{text}");
        }
        let other = Credential::new("other-id", KEY).unwrap();
        assert_eq!(format!("{other:?}"), r#"Credential { secret_id: "****", .. }"#);

        let error = Credential::new(ID, "canary\u{1}").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
    }

    #[test]
    fn fingerprint_depends_only_on_the_key() {
        let same = |a: &Credential, b: &Credential| bool::from(a.fingerprint.ct_eq(&b.fingerprint));
        let credential = Credential::new(ID, KEY).unwrap();
        assert!(same(&credential, &Credential::new("AKIDother", KEY).unwrap()));
        assert!(same(&credential, &Credential::temporary(ID, KEY, "token").unwrap()));
        assert!(!same(&credential, &Credential::new(ID, "another").unwrap()));
    }
}
