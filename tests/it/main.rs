//! Tests that cross crate boundaries, one behavior per module.
//!
//! | module | behavior |
//! |---|---|
//! | `documented_samples`, `getting_started` | the samples and the steps of the getting-started documents work in every dialect |
//! | `sample_shapes` | the emulator's responses have the members of the published samples, in the same form |
//! | `neighbor_shapes` | the same for the services beside CVM |
//! | `published` | the published samples pass validation, and the model info agrees with them |
//! | `signing_vectors`, `tampering` | the official signatures are accepted, and with one changed byte they are not |
//! | `member_rules` | a rule between members looks at their values: a default is as good as an absent member |
//! | `wrong_parameters` | each wrong parameter returns its error code, and an error changes nothing |
//! | `limit_edges`, `rule_edges` | each limit rejects the first value outside, and no value inside |
//! | `responses`, `framing` | whatever the response, the call ends with the right error and no other |
//! | `always_present` | a response without an always present member is no success of a change |
//! | `list_evidence` | only a well-formed list proves that something does not exist |
//! | `partial_errors` | an error code after which a change may have taken effect in part leaves the outcome unknown |
//! | `throttling` | every throttling code is recognized, and no other code is |
//! | `waiter_states` | each waiter treats each state as its specification says |
//! | `hostile_input`, `request_sizes` | invalid input is refused before anything is sent |
//! | `delivery` | a lost response causes no second instance and no second destruction |
//! | `injected_faults` | the client ends with the right outcome at each injected fault of the emulator, and the state agrees |
//! | `rate_limits` | many launches and lists need no pause in user code and are not throttled |
//! | `wire` | the bytes of each action in each dialect |
//! | `empty_texts` | an empty text means the same in each encoding, and counts as given for the retry class |
//! | `roundtrip` | no model loses anything in either encoding |
//! | `files` | requests in JSON, TOML and YAML files refuse misspelled members, and no secret is written by accident |
//! | `unsupported_parameters` | the emulator refuses no parameter and no filter that its coverage does not list |
//! | `zones` | a zone of another region is refused, or finds nothing |
//! | `secrets` | no secret is shown or written into a URL |
//! | `neighbor_services` | the model info of every service is complete, and its actions are unique |
//! | `https` | the client calls the emulator over HTTPS if it trusts its certificate authority, and only then |
//! | `sts_calls` | the transport calls the Security Token Service as the specs of that service say |
//! | `clients` | the call sequences of tools pass with this SDK and with the official clients |
//! | `in_process` | an emulator in the process of a test, as TESTING.md shows it |
//! | `examples` | the example programs work |
//!
//! Shared by them: `cloud` (the emulator and its clients), `raw_requests` (signed requests without a client),
//! `scripted_server` (a server with given responses), `neighbor_calls` (valid requests of the services beside CVM),
//! `sample`, `baseline` and `mutate` (valid and wrong
//! requests from the model info), `all_models`, `predicates` (the predicates of an error).

#![allow(
    clippy::cloned_ref_to_slice_refs,
    clippy::large_enum_variant,
    clippy::print_stderr,
    reason = "tests print what they skip"
)]
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
mod clients;
mod cloud;
mod delivery;
mod documented_samples;
mod empty_texts;
mod examples;
mod files;
mod framing;
mod getting_started;
mod hostile_input;
mod https;
mod in_process;
mod injected_faults;
mod limit_edges;
mod list_evidence;
mod member_rules;
mod mutate;
mod neighbor_calls;
mod neighbor_services;
mod neighbor_shapes;
mod networks;
mod partial_errors;
mod predicates;
mod published;
mod rate_limits;
mod raw_requests;
mod request_sizes;
mod responses;
mod roundtrip;
mod rule_edges;
mod sample;
mod sample_shapes;
mod scripted_server;
mod secrets;
mod signing_vectors;
mod sts_calls;
mod tampering;
mod temporary_credentials;
mod throttling;
mod unsupported_parameters;
mod wait_evidence;
mod waiter_states;
mod wire;
mod wrong_parameters;
mod zones;
