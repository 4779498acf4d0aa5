//! The five ways in which one and the same action can be sent.

use std::fmt;
use std::str::FromStr;

/// How requests are written and signed.
///
/// All of them reach the same actions. The first is the one to use; the others exist for networks and
/// tools that speak nothing newer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// TC3-HMAC-SHA256, parameters as a JSON body.
    #[default]
    Tc3,
    /// TC3-HMAC-SHA256, parameters in the query. Refuses requests with secrets; see
    /// [`ClientBuilder::allow_secrets_in_url`](crate::ClientBuilder::allow_secrets_in_url).
    Tc3Get,
    /// HmacSHA1 (signature v1), parameters as a form body.
    V1Sha1,
    /// HmacSHA256 (signature v1), parameters as a form body.
    V1Sha256,
    /// HmacSHA256 at the older gateway, parameters as a form body.
    OldGateway,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Tc3, Self::Tc3Get, Self::V1Sha1, Self::V1Sha256, Self::OldGateway];

    /// Its name on command lines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tc3 => "tc3",
            Self::Tc3Get => "tc3-get",
            Self::V1Sha1 => "v1-sha1",
            Self::V1Sha256 => "v1-sha256",
            Self::OldGateway => "old-gateway",
        }
    }

    /// Whether the signature travels in headers, as in TC3.
    pub(crate) const fn is_tc3(self) -> bool {
        matches!(self, Self::Tc3 | Self::Tc3Get)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        Self::ALL.into_iter().find(|dialect| dialect.as_str() == name).ok_or(UnknownDialect)
    }
}

/// A name that no [`Dialect`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownDialect;

impl fmt::Display for UnknownDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown dialect; give tc3, tc3-get, v1-sha1, v1-sha256 or old-gateway")
    }
}

impl std::error::Error for UnknownDialect {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
        }
        assert_eq!("TC3".parse::<Dialect>(), Err(UnknownDialect));
    }
}
