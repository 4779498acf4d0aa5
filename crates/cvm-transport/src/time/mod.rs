//! The wall clock, and deadlines on the monotonic clock.

pub(crate) mod clock;
pub(crate) mod deadline;
