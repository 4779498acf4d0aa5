//! What the client promises, tried over real sockets.
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
#[cfg(feature = "blocking")]
mod blocking;
mod changing;
mod clocks;
mod codeless;
mod codes;
mod contradictions;
mod creations;
mod credentials;
mod dialects;
mod doors;
mod duplicates;
mod early;
mod echoes;
mod encrypted;
mod failover;
mod fake;
mod faults;
mod garbage;
mod gateway;
mod headers;
mod hooks;
mod kept;
mod lies;
mod limits;
mod lists;
mod load;
mod names;
mod proxies;
mod redirects;
mod regions;
mod retries;
mod rotation;
mod runtimes;
mod secrets;
mod sequences;
mod server;
mod shown;
mod signing_time;
mod slots;
mod spans;
mod stalls;
mod storm;
mod throttled;
mod tls;
mod tokens;
mod virtual_time;
mod waits;
mod wishes;

use cvm_transport::{Client, ClientBuilder, Credential, Timeouts};
use std::time::Duration;

/// The longest that an attempt takes. Far more than any machine needs; a silent server passes it at once.
const ATTEMPT: Duration = Duration::from_secs(60);

/// A builder for a client of this server.
fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .without_environment()
        .endpoint(url)
        .credential(Credential::new("AKIDEXAMPLE", "canary-secret-key").unwrap())
        .region("ap-guangzhou")
        .timeouts(Timeouts {
            connect: ATTEMPT / 2,
            first_byte: ATTEMPT / 2,
            first_byte_slow: ATTEMPT / 2,
            body_idle: ATTEMPT / 2,
            attempt: ATTEMPT,
            attempt_slow: ATTEMPT,
            operation: ATTEMPT * 10,
            ..Timeouts::default()
        })
}

fn client(url: &str) -> Client {
    builder(url).build().unwrap()
}
