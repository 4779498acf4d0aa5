//! Encodes and signs requests, and keeps client tokens and clock corrections.

pub(crate) mod client_token;
pub(crate) mod dialect;
pub(crate) mod request;
pub(crate) mod skew;
