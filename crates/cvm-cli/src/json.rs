//! JSON as it was written: what responses are printed from, and what a user's JSON is read as.

pub use cvm_models::protocol::Json;
