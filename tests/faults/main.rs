//! Calls that can be trusted with money: every way in which a network or a server can break a call, and
//! what the client may then do and say.
//!
//! The server is [`fault_server`]: raw TCP, a script for each request, and a [`ledger`] of what really
//! happened. The client under test is the whole client, through real sockets.
//!
//! | module | promise |
//! |---|---|
//! | `matrix` | each fault × dialect × class × attempt: nothing twice, nothing claimed, nothing hidden |
//! | `entry_points` | single calls: the same for `call` and the blocking client, and for late duplicate responses |
//! | `lists_and_waiters` | lists, waits and reconciliations: only a whole list proves that something is not there |
//! | `rerun` | a case that fails by time runs again alone, with longer timeouts, and only that counts |
//! | `faulty_clients` | the rules of the matrix notice an HTTP implementation with bad habits |
//! | `framing` | a frame that lies or breaks is doubt, never a refusal |
//! | `batch` | what was done in part is told part by part |
//! | `token_reuse` | another launch goes out under another token |
//! | `costly_actions` | nothing is paid for twice, and no machine is interrupted twice |
//! | `fault_sequences` | doubt stays doubt, an outage is not answered with a storm, a lost key is said to be lost |
//! | `cancellation` | a dropped call sends nothing more, and the client stays whole |
//! | `keep_alive_race` | a connection that closes as the request leaves doubles nothing |
//! | `resources` | hostile peers cost neither time nor memory without end |
//! | `injection` | no text of the caller moves a request to another host or adds a header |
//! | `other_clients` | the same faults for clients of other makes; see `tests/peers` |

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs
)]

mod batch;
mod call;
mod cancellation;
mod connection_faults;
mod costly_actions;
mod entry_points;
mod envelope_faults;
mod fault;
mod fault_sequences;
mod fault_server;
mod faulty_clients;
mod framing;
mod framing_faults;
mod injection;
mod keep_alive_race;
mod ledger;
mod list_faults;
mod lists_and_waiters;
mod matrix;
mod other_clients;
mod received;
mod rerun;
mod resources;
mod response;
mod rules;
mod service;
mod signature;
mod status_faults;
mod test_client;
mod third_party;
mod token_reuse;
