//! Everything that crosses a crate boundary, one module a promise.
//!
//! | module | promise |
//! |---|---|
//! | `seeds`, `story` | the seed documents work as printed, and so does the story they tell, in every dialect |
//! | `published` | the published samples pass the check, and the tables promise no more than they show |
//! | `vectors`, `tampering` | the official signatures are accepted, and with one changed byte they are not |
//! | `mutations` | each wrong parameter has its code, and a refusal changes nothing |
//! | `answers`, `framing` | whatever comes back, the call ends in the right error and in no other |
//! | `promises` | an answer that lacks what was promised is no success of a change |
//! | `proof` | only a well-formed list proves that something is not there |
//! | `throttles` | every code that says "too many calls" is taken for it, and no other code is |
//! | `states` | each waiter reads each state as its specification says |
//! | `hostile`, `sizes` | whatever goes in, nothing leaves that was not meant |
//! | `delivery` | a lost answer makes no second instance and no second destruction |
//! | `pacing` | launching and listing many needs no pause of one's own and meets no throttle |
//! | `wire` | what each action looks like in each dialect, byte for byte |
//! | `empty_texts` | an empty text means the same in each encoding, and counts as given for the retry class |
//! | `roundtrip` | no model loses anything in either encoding |
//! | `secrets` | no secret is shown, and none stands in a URL |
//! | `examples` | the example programs do what they say |
//!
//! Beside them stand what they share: `cloud` (the emulator and its clients), `signed` (raw requests),
//! `peer` (a server that says what it is told), `sample`, `baseline` and `mutation` (requests from the
//! tables, right and wrong), `every` (all models), `predicates` (what an error says of itself).

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs
)]

mod answers;
mod baseline;
mod cloud;
mod delivery;
mod empty_texts;
mod every;
mod examples;
mod framing;
mod hostile;
mod mutation;
mod mutations;
mod pacing;
mod peer;
mod predicates;
mod promises;
mod proof;
mod published;
mod roundtrip;
mod sample;
mod secrets;
mod seeds;
mod signed;
mod sizes;
mod states;
mod story;
mod tampering;
mod throttles;
mod vectors;
mod wait_evidence;
mod wire;
