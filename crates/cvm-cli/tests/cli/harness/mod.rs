//! Runs `cvm` with an emulator or a scripted server, and loses responses.

mod emulator;
mod http;
mod journal;
mod private_key;
mod process;
mod server;
mod unknown_outcome;

pub use emulator::{Emulator, LAUNCH};
pub use http::{
    dated_response, http_response, json_response, request_header, service_time, unix_now,
};
pub use journal::{edit, entries, entry_file, listed_before, make_old, only_entry, read_entry};
pub use private_key::{KEY, keeps_key};
pub use process::{
    Ran, cvm, finish, not_ignored, run, run_with_input, settings, shell, signal, start, stopping,
    until,
};
pub use server::{Answer, Server};
pub use unknown_outcome::{
    assert_unsettled, lose, losing, lost, lost_after_listing, resume, terminated,
};
