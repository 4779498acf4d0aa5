//! Encodes and signs requests.

pub(crate) mod client_token;
pub(crate) mod dialect;
pub(crate) mod request;
pub(crate) mod skew;
