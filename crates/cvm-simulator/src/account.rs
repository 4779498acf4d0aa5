//! The account that all credentials belong to. The service knows an account by two numbers, which it
//! never mixes: people and permissions go by the one, buckets and orders by the other.

/// Its account number: who made a launch template, whom an image is shared with.
pub(crate) const UIN: &str = "100000000001";

/// Its AppId: whose quotas they are, who made a version of a launch template.
pub(crate) const APP_ID: u64 = 1_250_000_000;
