//! What a program can see of its calls: events, metrics, interceptors and reports, with secrets masked.

pub(crate) mod interceptor;
pub(crate) mod mask;
pub(crate) mod metrics;
pub(crate) mod observer;
pub(crate) mod report;
pub(crate) mod trace;
pub(crate) mod trace_id;
pub(crate) mod unsigned_request;

pub use interceptor::{AttemptEnd, HeaderMapMut, Interceptor, ReceivedResponse};
pub use metrics::{AttemptMetrics, CallMetrics, Metrics};
pub use observer::{Exchange, MaskedResponse, WireObserver};
pub use report::CallReport;
pub use unsigned_request::UnsignedRequest;
