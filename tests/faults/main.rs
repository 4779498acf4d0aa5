//! Calls that can be trusted with money: every way in which a network or a server can break a call, and
//! what the client may then do and say.
//!
//! The server is [`faultd`]: raw TCP, a script for each request, and a [`ledger`] of what really
//! happened. The client under test is the whole client, through real sockets.
//!
//! | module | promise |
//! |---|---|
//! | `matrix` | each fault × dialect × class × attempt: nothing twice, nothing claimed, nothing hidden |
//! | `entry_points` | single calls: the same for `call` and the blocking client, and for late duplicate responses |
//! | `absence` | lists, waits and reconciliations: only a whole list proves that something is not there |
//! | `rerun` | a case that fails by time runs again alone, with longer timeouts, and only that counts |
//! | `careless` | the rules of the matrix notice an HTTP implementation with bad habits |
//! | `framing` | a frame that lies or breaks is doubt, never a refusal |
//! | `batch` | what was done in part is told part by part |
//! | `fallbacks` | another launch goes out under another token |
//! | `repeats` | nothing is paid for twice, and no machine is interrupted twice |
//! | `sticky` | doubt stays doubt, an outage is not answered with a storm, a lost key is said to be lost |
//! | `cancellation` | a dropped call sends nothing more, and the client stays whole |
//! | `keep_alive_race` | a connection that closes as the request leaves doubles nothing |
//! | `resources` | hostile peers cost neither time nor memory without end |
//! | `injection` | no text of the caller moves a request to another host or adds a header |
//! | `standalone` | the same faults for clients of other makes; see `tests/peers` |

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

mod absence;
mod answer;
mod arrival;
mod batch;
mod call;
mod cancellation;
mod careless;
mod connection_faults;
mod customer;
mod entry_points;
mod envelope_faults;
mod fallbacks;
mod fault;
mod faultd;
mod framing;
mod framing_faults;
mod injection;
mod judge;
mod keep_alive_race;
mod ledger;
mod list_faults;
mod matrix;
mod repeats;
mod rerun;
mod resources;
mod service;
mod signature;
mod standalone;
mod status_faults;
mod sticky;
mod third_party;
