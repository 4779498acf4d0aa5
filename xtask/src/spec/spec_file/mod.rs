//! The format of spec files as serde types.
//!
//! The JSON schemas in `specs/schema` are generated from these types and their docs. `fmt-specs` writes keys in the order of
//! the fields here, and omits keys that are false or empty.

mod action;
mod errors;
mod member;
mod named;
mod service;
mod waiters;

pub use action::{ActionFile, Basis, Filter, PageStyle, Paginate, Poll, Reconcile, RetryClass};
pub use errors::{Common, ErrorKind, ErrorRow, ErrorsFile};
pub use member::{Member, Pairs};
pub use named::{EnumFile, EnumValue, TypeFile, Usage};
pub use service::ServiceFile;
pub use waiters::{Missing, Operation, Waiter, WaitersFile};

/// Whether a key has its default value and is omitted.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
