//! Encodes models as query pairs, and decodes them: `Filters.0.Name=zone`. Queries, forms and v1 signatures use it.
//!
//! Query encoding has neither null nor an empty list: both produce no pair and decode as absent. An empty text is `Name=`;
//! an empty object is an error. Encoding counts from 0 without gaps; decoding accepts any distinct indexes, in order.

mod json;
mod read;
mod write;

use std::fmt;

use crate::Slot;

pub use json::{encode_extra, encode_json};
pub use read::decode;
pub use write::encode;

/// One name and its value, neither percent-encoded.
pub type Pair = (String, String);

/// The parameters of every request. Query encodings that contain the signature have them beside the members of the action, so a
/// member of the same name would replace one of them.
pub const COMMON_PARAMETERS: [&str; 11] = [
    "Action",
    "Language",
    "Nonce",
    "Region",
    "RequestClient",
    "SecretId",
    "Signature",
    "SignatureMethod",
    "Timestamp",
    "Token",
    "Version",
];

/// A model that cannot be encoded, or pairs that cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlatError {
    /// The wrong name, such as `Filters.1.Name`.
    pub path: String,
    /// What is wrong with it.
    pub problem: FlatErrorKind,
}

/// What is wrong with a name or its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlatErrorKind {
    /// An empty list item, which query encoding cannot express.
    EmptyItem,
    /// An empty object, which query encoding cannot express.
    EmptyObject,
    /// An empty list, which query encoding cannot express.
    EmptyList,
    /// A null, which query encoding cannot express.
    Null,
    /// A member name that is empty, has a dot, or is a number: query encoding would make it another path.
    BadName,
    /// A number that is infinite or not a number.
    NotFinite,
    /// The same name twice.
    Duplicate,
    /// A name that has a value and is also the parent of others.
    Conflict,
    /// A list index that is not a number.
    BadIndex,
    /// Deeper nesting than in any action.
    TooDeep,
    /// The value is not of this kind.
    Expected(&'static str),
}

impl FlatErrorKind {
    const fn expected(slot: &Slot<'_>) -> Self {
        Self::Expected(match slot {
            Slot::I64(_) => "an integer",
            Slot::U64(_) => "a non-negative integer",
            Slot::F64(_) => "a number",
            Slot::Bool(_) => "`true` or `false`",
            Slot::Object(_) => "an object, its members named after a dot",
            Slot::List(_) => "a list, its items numbered after a dot",
            _ => "a single value",
        })
    }
}

impl fmt::Display for FlatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ", self.path)?;
        match self.problem {
            FlatErrorKind::EmptyItem => f.write_str(
                "is an empty list item, which this form of request cannot express; remove it or fill it",
            ),
            FlatErrorKind::EmptyObject => f.write_str(
                "is an empty object, which this form of request cannot express; leave it out or fill it",
            ),
            FlatErrorKind::EmptyList => f.write_str(
                "is an empty list, which this form of request cannot express; leave it out or fill it",
            ),
            FlatErrorKind::Null => {
                f.write_str("is null, which this form of request cannot express; leave it out")
            }
            FlatErrorKind::BadName => f.write_str(
                "has a name that this form of request cannot express; use letters, digits and `_`, and at least one \
                 letter",
            ),
            FlatErrorKind::NotFinite => f.write_str("is not a finite number"),
            FlatErrorKind::Duplicate => f.write_str("is given twice; give each name once"),
            FlatErrorKind::Conflict => f.write_str("is given both as a value and as an object or list"),
            FlatErrorKind::BadIndex => f.write_str("is not a list item; number items from 0"),
            FlatErrorKind::TooDeep => f.write_str("is nested too deeply"),
            FlatErrorKind::Expected(kind) => write!(f, "must be {kind}"),
        }
    }
}

impl std::error::Error for FlatError {}
