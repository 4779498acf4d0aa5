//! What a program can see of its calls: events, metrics, interceptors and reports, with secrets masked.

pub(crate) mod interceptor;
pub(crate) mod mask;
pub(crate) mod metrics;
pub(crate) mod observer;
pub(crate) mod report;
pub(crate) mod trace;
pub(crate) mod trace_id;
pub(crate) mod unsigned_request;
