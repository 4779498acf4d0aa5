//! Properties of every request: the signed one is accepted, and a change of one byte is rejected.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod other_clients;
mod tc3;
mod time;
mod v1;

use cvm_signer::Credential;
use proptest::{prelude::*, sample::Index};

const DAY: u64 = 86_400;
/// 9999-12-31, the last day whose year has four digits.
const LAST_DAY: u64 = 2_932_896;

prop_compose! {
    fn credential()(key in "[!-~]([ -~]{0,90}[!-~])?") -> Credential {
        Credential::new("AKIDEXAMPLE", key).unwrap()
    }
}

/// Another character: not the other case of the same letter, and no space, which could be trimmed.
fn other_than(byte: u8) -> u8 {
    if byte == b'7' { b'8' } else { b'7' }
}

fn change(text: &str, at: &Index) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = at.index(bytes.len());
    bytes[at] = other_than(bytes[at]);
    String::from_utf8(bytes).expect("ASCII")
}
