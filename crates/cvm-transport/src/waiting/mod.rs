//! Polls until resources reach a state, and finds out whether a request took effect.

pub(crate) mod absence;
pub(crate) mod find_created;
pub(crate) mod poll_times;
pub(crate) mod poller;
pub(crate) mod reconcile;
pub(crate) mod reconcile_times;
pub(crate) mod report;
mod report_items;
pub(crate) mod row_state;
pub(crate) mod wait;
pub(crate) mod wait_until;
pub(crate) mod whole_list;

pub use find_created::{CreatedResources, FindCreated};
pub use reconcile::{Reconcile, Reconciliation};
pub use report::{WaitProgress, WaitReport, WaitVerdict, WaitedResource};
pub use wait::{Wait, WaitProgressStream};
pub use wait_until::WaitUntil;
