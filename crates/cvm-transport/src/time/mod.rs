//! The wall clock, and deadlines on the monotonic clock.

pub(crate) mod clock;
pub(crate) mod deadline;

pub use clock::{Clock, FixedClock, SystemClock};
pub use cvm_signer::Date;
