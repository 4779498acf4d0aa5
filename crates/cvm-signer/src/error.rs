//! Errors of signing. Each is a mistake of the caller that the service would reject.

use alloc::boxed::Box;
use core::fmt;

use crate::tc3::HeaderError;

/// Why a request cannot be signed. Names fields, never their values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// The timestamp is after the year 9999.
    Timestamp,
    /// The service name is empty, too long, or contains `/`, `,` or a character other than visible ASCII.
    Service,
    /// The signing key was derived from another secret.
    KeySecret,
    /// The signing key was derived for another day.
    KeyDate,
    /// The headers cannot be signed.
    Header(HeaderError),
    /// The query string contains a space or a control character.
    Query,
    /// A POST has a query string, which the signature does not cover.
    QueryWithPost,
    /// A GET has a body, which the signature does not cover.
    BodyWithGet,
    /// The parameters contain `Signature`, which signing computes.
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
                f.write_str("timestamp is after the year 9999: give seconds, not milliseconds")
            }
            Self::Service => f.write_str(
                "service name is empty, too long or contains an invalid character: \
                 give a name such as cvm",
            ),
            Self::KeySecret => {
                f.write_str("signing key was derived from another secret key: derive it again")
            }
            Self::KeyDate => f.write_str(
                "signing key was derived for another day than that of the timestamp: derive it again",
            ),
            Self::Header(error) => error.fmt(f),
            Self::Query => {
                f.write_str("query string contains a space or a control character: percent-encode it")
            }
            Self::QueryWithPost => f.write_str(
                "query string of a POST is not signed: move its parameters to the body",
            ),
            Self::BodyWithGet => f.write_str(
                "body of a GET is not signed: move its parameters to the query string",
            ),
            Self::ReservedParameter => {
                f.write_str("parameter Signature is reserved: remove it before signing")
            }
            Self::RepeatedParameter(name) => {
                write!(f, "parameter {name} is given twice: give each parameter once")
            }
            Self::SecretId => f.write_str(
                "parameter SecretId is missing or names another credential: \
                 use the id of the credential that signs",
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
