//! Tencent Cloud CVM 2017-03-12 in Rust: every action, type, value set and error code.
//!
//! Each action has a request struct in [`actions`]. Fill it in and send it:
//!
//! ```ignore
#![doc = include_str!("../examples/launch_and_wait.rs")]
//! ```
//!
//! [`index`] lists the actions by task, [`retry_classes`] says which requests the client retries, and
//! [`error_code`] explains each code. Structs have public fields and a `Default`. A new field is a minor
//! change, so write `..Default::default()`.

#[rustfmt::skip]
mod generated;
mod prelude;

pub use cvm_protocol as protocol;
#[cfg(feature = "client")]
pub use cvm_transport::*;
#[cfg(feature = "docs")]
pub use generated::docs;
pub use generated::index::{ACTIONS, SERVICE, action};
pub use generated::{actions, enums, error_code, index, retry_classes, types, waiters};
