//! The credential scope: the day and the service for which a derived key is valid.

use core::fmt;

use crate::{Date, SignError, fixed_text::FixedText};

const TERMINATION: &str = "tc3_request";

/// A credential scope. Prints as `2019-02-25/cvm/tc3_request`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CredentialScope {
    date: Date,
    text: FixedText<64>,
}

impl CredentialScope {
    /// Creates the scope of a day and a service.
    ///
    /// # Errors
    ///
    /// [`SignError::Service`] if the name is empty, is longer than 41 bytes, or contains `/`, `,` or a
    /// character other than visible ASCII.
    pub fn new(date: Date, service: &str) -> Result<Self, SignError> {
        let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'/' && byte != b',';
        let mut text = FixedText::new();
        let fits = text.push_bytes(&date.to_ascii())
            && text.push("/")
            && text.push(service)
            && text.push("/")
            && text.push(TERMINATION);
        if fits && !service.is_empty() && service.bytes().all(allowed) {
            Ok(Self { date, text })
        } else {
            Err(SignError::Service)
        }
    }

    /// Creates the scope of a Unix timestamp in seconds and a service.
    ///
    /// # Errors
    ///
    /// As [`CredentialScope::new`], and [`SignError::Timestamp`] after the year 9999.
    pub fn at(timestamp: u64, service: &str) -> Result<Self, SignError> {
        Self::new(Date::from_timestamp(timestamp).ok_or(SignError::Timestamp)?, service)
    }

    /// The UTC day.
    pub const fn date(&self) -> Date {
        self.date
    }

    /// The service, such as `cvm`.
    pub fn service(&self) -> &str {
        self.as_str().split('/').nth(1).unwrap_or("")
    }

    /// Whether this is the scope of the day and the service. Cheaper than to build that scope and compare.
    pub(crate) fn matches(&self, date: Date, service: &str) -> bool {
        // Skips the ten bytes of the day and a slash.
        let rest = self.as_bytes().get(11..).unwrap_or_default();
        self.date == date
            && rest.strip_prefix(service.as_bytes()).is_some_and(|rest| {
                rest.strip_prefix(b"/").is_some_and(|rest| rest == TERMINATION.as_bytes())
            })
    }

    /// The scope as text.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Parses day, service and termination of an `Authorization` header.
    pub(crate) fn parse(date: &str, service: &str, termination: &str) -> Option<Self> {
        if termination != TERMINATION {
            return None;
        }
        Self::new(Date::parse(date)?, service).ok()
    }

    /// The texts from which the key is derived after the secret key, in order.
    pub(crate) fn stages(&self) -> impl Iterator<Item = &str> {
        self.as_str().split('/')
    }
}

impl fmt::Display for CredentialScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CredentialScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialScope({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_parts_round_trip() {
        let scope = CredentialScope::at(1_551_113_065, "cvm").unwrap();
        assert_eq!(scope.as_str(), "2019-02-25/cvm/tc3_request");
        assert_eq!(scope.service(), "cvm");
        assert_eq!(scope.date(), Date::parse("2019-02-25").unwrap());
        assert_eq!(CredentialScope::parse("2019-02-25", "cvm", "tc3_request"), Some(scope));
    }

    #[test]
    fn invalid_service_names_are_rejected() {
        let longest = "s".repeat(41);
        assert!(CredentialScope::at(0, &longest).is_ok());
        for service in ["", "c/vm", "c,vm", "c vm", "cvm\n", "服务", &(longest.clone() + "s")] {
            assert_eq!(CredentialScope::at(0, service), Err(SignError::Service), "{service}");
        }
        assert_eq!(CredentialScope::at(1_551_113_065_000, "cvm"), Err(SignError::Timestamp));
    }
}
