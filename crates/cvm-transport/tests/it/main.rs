//! What the client promises, tried over real sockets.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests are tests")]

mod actions;
#[cfg(feature = "blocking")]
mod blocking;
mod creations;
mod credentials;
mod dialects;
mod failover;
mod faults;
mod hooks;
mod lists;
mod matrix;
mod retries;
mod secrets;
mod server;
mod tls;
mod waits;

use cvm_transport::{Client, ClientBuilder, Credential, Timeouts};
use std::time::Duration;

/// A builder for a client of this server, impatient enough for tests.
fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .endpoint(url)
        .credential(Credential::new("AKIDEXAMPLE", "canary-secret-key").unwrap())
        .region("ap-guangzhou")
        .timeouts(Timeouts {
            connect: Duration::from_millis(500),
            first_byte: Duration::from_millis(300),
            first_byte_slow: Duration::from_millis(300),
            body_idle: Duration::from_millis(200),
            attempt: Duration::from_millis(600),
            attempt_slow: Duration::from_millis(600),
            ..Timeouts::default()
        })
}

fn client(url: &str) -> Client {
    builder(url).build().unwrap()
}
