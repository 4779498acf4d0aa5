//! The emulator as its clients see it: signed requests in, answers out.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and clippy.toml reaches test functions only"
)]

mod authentication;
mod launch;
mod lifecycle;
mod listing;
mod loopback;
mod parameters;
mod routing;
mod seeds;
mod support;
mod tokens;
