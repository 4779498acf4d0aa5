//! Tencent Cloud CVM 2017-03-12 in Rust: every action, type, value set and error code.
//!
//! The request is the action: fill in a struct of [`actions`] and send it.
//!
//! ```ignore
//! use cvm_models::{actions::*, types::*, waiters, Client};
//!
//! let launched = client.send(RunInstances { image_id: Some(image), ..Default::default() }).await?;
//! client.wait(waiters::InstancesRunning::of(&launched.instance_id_set)).await?;
//! ```
//!
//! [`index`] leads from a task to its action, [`retry_classes`] tells what the client repeats, and
//! [`error_code`] what each code means. Structs have public fields and a `Default`; a new field is a
//! minor change, so write `..Default::default()`.

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
