//! The form of spec files as serde shapes. The JSON Schemas under `specs/schema` are made from these
//! types, and the order of the fields here is the order of keys that `fmt-specs` keeps.
//!
//! A key that is absent, false or empty says nothing and is not written.

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

/// Whether a key says nothing and is left out.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
