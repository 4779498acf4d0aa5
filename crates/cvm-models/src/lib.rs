//! Tencent Cloud CVM 2017-03-12 in Rust: every action, type, value set and error code.
//!
//! Each action has a request struct in [`actions`]. Fill it in and send it:
//!
//! ```ignore
#![doc = include_str!("../examples/launch_and_wait.rs")]
//! ```
//!
//! | to | use |
//! |---|---|
//! | find the action for a task | [`index`] |
//! | see which requests the client retries | [`retry_classes`] |
//! | understand an error code | [`error_code`] |
//! | wait for a state | [`waiters`] |
//! | work with an action by name | [`action`], [`ACTIONS`] |
//! | show help | `DOCS`, with feature `docs` |
//!
//! Structs have public fields and a `Default`. A new field is a minor change, so write
//! `..Default::default()`.
//!
//! The client keeps to the documented rates, also when it calls an emulator: 60 `DescribeZones` take 2 s.
//! In tests, `.rate_limiter(rate_limit::NoRateLimit)` on the builder turns that off.
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `client` | yes | `Client`, which sends these actions; without it, only the types |
//! | `blocking` | no | `blocking::Client`, for programs without async |
//! | `test-util` | no | `Client::mock` and the module `testing`: mocked clients, and errors and responses made by hand |
//! | `docs` | no | descriptions as data, for programs that print help |

#[rustfmt::skip]
mod generated;
mod prelude;

pub use cvm_protocol as protocol;
#[cfg(feature = "client")]
pub use cvm_transport::*;
#[cfg(feature = "docs")]
pub use generated::docs::DOCS;
pub use generated::index::{ACTIONS, SERVICE, action};
pub use generated::{actions, enums, error_code, index, retry_classes, types, waiters};
