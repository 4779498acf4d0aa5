//! The behavior of the client over real sockets.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "helpers of tests are tests"
)]

mod abandoned;
mod actions;
mod ambiguous_codes;
#[cfg(feature = "blocking")]
mod blocking;
mod changing_lists;
mod changing_page_numbers;
mod client_tokens;
mod clock_skew;
mod connection_reuse;
mod contradictions;
mod contradictory_lists;
mod credential_rotation;
mod credentials;
mod dialects;
mod duplicate_responses;
mod durations;
mod early_responses;
mod echoes;
mod effective_config;
mod entry_points;
mod error_text;
mod errors_without_code;
mod failover;
mod fake_service;
mod find_created;
mod headers;
mod hooks;
mod host_names;
mod invalid_responses;
mod json_members;
mod lists;
mod malformed_responses;
#[cfg(feature = "test-util")]
mod mocks;
mod newer_api;
mod numbered_lists;
mod numbers_as_text;
mod old_gateway;
mod overload;
mod page_numbers;
mod policies;
mod proxies;
mod redirects;
mod regions;
mod retries;
mod retry_after;
mod retry_storm;
mod runtimes;
mod secrets;
mod server;
mod signing_time;
mod slots;
mod stalls;
mod state_sequences;
mod streams;
mod throttled;
mod time_limits;
mod tls;
mod tls_server;
mod tower_layer;
mod virtual_time;
mod wait_until;
mod waiters;
mod wrong_totals;

use cvm_transport::config::Timeouts;
use cvm_transport::{Client, ClientBuilder, Credential};
use std::time::Duration;

/// The timeout of an attempt. No machine needs that long; tests with a silent server skip it at once.
const ATTEMPT: Duration = Duration::from_secs(60);

/// A builder for a client of this server.
fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .without_environment()
        .endpoint(url)
        .credential(Credential::new("AKIDEXAMPLE", "canary-secret-key").unwrap())
        .region("ap-guangzhou")
        .timeouts(
            Timeouts::default()
                .with_connect(ATTEMPT / 2)
                .with_first_byte(ATTEMPT / 2)
                .with_first_byte_slow(ATTEMPT / 2)
                .with_body_idle(ATTEMPT / 2)
                .with_attempt(ATTEMPT)
                .with_attempt_slow(ATTEMPT)
                .with_operation(ATTEMPT * 10),
        )
}

fn client(url: &str) -> Client {
    builder(url).build().unwrap()
}
