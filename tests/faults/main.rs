//! Calls that can be trusted with money: every way in which a network or a server can break a call, and the
//! correct behavior of the client.
//!
//! The server is [`fault_server`]: raw TCP, a script for each request, and a [`ledger`] of the real effects.
//! The tests use the whole client over real sockets.
//!
//! | module | behavior |
//! |---|---|
//! | `matrix` | each fault × dialect × class × attempt: no duplicate effect, no false success, no hidden outcome |
//! | `entry_points` | single calls: the same for `call` and the blocking client, and for late duplicate responses |
//! | `lists_and_waiters` | lists, waits and reconciliations: only a complete list proves that something does not exist |
//! | `rerun` | a case that fails because of timing runs again alone, with longer timeouts, and only that counts |
//! | `faulty_clients` | the rules of the matrix detect an HTTP client with defects |
//! | `framing` | a wrong or broken frame makes the outcome ambiguous, never a service error |
//! | `batch` | a reconciliation shows which part of a batch took effect |
//! | `token_reuse` | another launch uses another token |
//! | `costly_actions` | nothing is charged twice, and no instance is interrupted twice |
//! | `fault_sequences` | an unknown outcome stays unknown, and a lost private key is reported |
//! | `cancellation` | a dropped call sends nothing more, and the client stays usable |
//! | `keep_alive_race` | a connection that closes as the request is sent causes no duplicate |
//! | `resources` | slow and stalled peers cost neither time nor memory without limit |
//! | `other_clients` | the same faults for other client implementations; see `tests/peers` |

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
