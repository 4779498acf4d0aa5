//! Everything that crosses a crate boundary, one module a promise.
//!
//! | module | promise |
//! |---|---|
//! | `documented_samples`, `getting_started` | the seed documents work as printed, and so does the story they tell, in every dialect |
//! | `published` | the published samples pass the check, and the tables promise no more than they show |
//! | `signing_vectors`, `tampering` | the official signatures are accepted, and with one changed byte they are not |
//! | `wrong_parameters` | each wrong parameter has its code, and a refusal changes nothing |
//! | `responses`, `framing` | whatever comes back, the call ends in the right error and in no other |
//! | `always_present` | an answer that lacks what was promised is no success of a change |
//! | `list_evidence` | only a well-formed list proves that something is not there |
//! | `throttling` | every code that says "too many calls" is taken for it, and no other code is |
//! | `waiter_states` | each waiter reads each state as its specification says |
//! | `hostile_input`, `request_sizes` | whatever goes in, nothing leaves that was not meant |
//! | `delivery` | a lost answer makes no second instance and no second destruction |
//! | `rate_limits` | launching and listing many needs no pause of one's own and meets no throttle |
//! | `wire` | what each action looks like in each dialect, byte for byte |
//! | `empty_texts` | an empty text means the same in each encoding, and counts as given for the retry class |
//! | `roundtrip` | no model loses anything in either encoding |
//! | `secrets` | no secret is shown, and none stands in a URL |
//! | `examples` | the example programs do what they say |
//!
//! Beside them stand what they share: `cloud` (the emulator and its clients), `raw_requests` (raw requests),
//! `scripted_server` (a server that says what it is told), `sample`, `baseline` and `mutate` (requests from the
//! tables, right and wrong), `all_models` (all models), `predicates` (what an error says of itself).

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs
)]

mod all_models;
mod always_present;
mod baseline;
mod cloud;
mod delivery;
mod documented_samples;
mod empty_texts;
mod examples;
mod framing;
mod getting_started;
mod hostile_input;
mod list_evidence;
mod mutate;
mod predicates;
mod published;
mod rate_limits;
mod raw_requests;
mod request_sizes;
mod responses;
mod roundtrip;
mod sample;
mod scripted_server;
mod secrets;
mod signing_vectors;
mod tampering;
mod throttling;
mod wait_evidence;
mod waiter_states;
mod wire;
mod wrong_parameters;
