//! Why a request cannot be signed: every case is a mistake of the caller that the service would refuse.

use alloc::boxed::Box;
use core::fmt;

use crate::tc3::HeaderError;

/// A request that cannot be signed as it stands. Names fields, never their values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// The timestamp lies past the year 9999.
    Timestamp,
    /// The service name is empty, too long, or holds characters other than visible ASCII.
    Service,
    /// The signing key was derived from another secret.
    KeySecret,
    /// The signing key was derived for another day.
    KeyDate,
    /// The headers cannot be signed.
    Header(HeaderError),
    /// The query string holds a blank or a control character.
    Query,
    /// A POST with a query string, which no signature would cover.
    QueryWithPost,
    /// A GET with a body, which no signature would cover.
    BodyWithGet,
    /// The parameters hold `Signature`, which is what is to be computed.
    ReservedParameter,
    /// Two parameters have the same name in the signed text.
    RepeatedParameter(Box<str>),
    /// The parameter `SecretId` is missing or names another credential.
    SecretId,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timestamp => {
                f.write_str("timestamp lies past the year 9999: give seconds, not milliseconds")
            }
            Self::Service => f.write_str(
                "service name is empty, too long or has unusual characters: give a name like cvm",
            ),
            Self::KeySecret => {
                f.write_str("signing key belongs to another secret: derive it again")
            }
            Self::KeyDate => f.write_str(
                "signing key belongs to another day than the timestamp: derive it again",
            ),
            Self::Header(error) => error.fmt(f),
            Self::Query => {
                f.write_str("query string holds a blank or a control character: percent-encode it")
            }
            Self::QueryWithPost => f.write_str(
                "a post has a query string, which is not signed: move its parameters to the body",
            ),
            Self::BodyWithGet => f.write_str(
                "a get has a body, which is not signed: move its parameters to the query string",
            ),
            Self::ReservedParameter => {
                f.write_str("parameter Signature is reserved: leave it out of what is signed")
            }
            Self::RepeatedParameter(name) => {
                write!(f, "parameter {name} is given twice: give each parameter once")
            }
            Self::SecretId => f.write_str(
                "parameter SecretId is missing or names another credential: \
                 take it from the credential that signs",
            ),
        }
    }
}

impl core::error::Error for SignError {}

impl From<HeaderError> for SignError {
    fn from(error: HeaderError) -> Self {
        Self::Header(error)
    }
}
