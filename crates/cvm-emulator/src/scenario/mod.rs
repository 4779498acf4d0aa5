//! Scenario files: accounts with credentials and resources, a catalog and faults that a cloud starts with.

mod apply;
mod file;
#[cfg(test)]
mod tests;

pub(crate) use apply::{account_credentials, apply, apply_faults};
pub use file::Scenario;
