//! State that lasts: a data directory with the log of all accepted commands.
//!
//! The state of the simulator is a function of its configuration, its seed and its commands, so exactly these are stored:
//! the configuration in the description of the directory, the commands in its log. A start applies the commands of the
//! log again. One thread writes: while it makes a batch of commands durable, the next batch collects. A response waits
//! until everything that it shows is durable.

mod build;
mod description;
mod directory;
mod error;
mod log;
mod open;
#[cfg(test)]
mod tests;

pub(crate) use description::Settings;
pub use error::DataDirectoryError;
pub(crate) use log::{Failure, Log};
pub(crate) use open::{Opened, open};
