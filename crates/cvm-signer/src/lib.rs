//! Signs requests to the Tencent Cloud API, and verifies signatures on the server side.
//!
//! Signing is a pure function: from a [`Credential`], a timestamp and the parts of a request it computes
//! text. There is no clock, no IO and no state other than the caller's, and the crate builds without `std`.
//!
//! | dialect | sign | verify |
//! |---|---|---|
//! | TC3-HMAC-SHA256 (signature v3) | [`tc3::sign`], [`tc3::sign_with_key`] | [`verify::tc3`] |
//! | HmacSHA1, HmacSHA256 (signature v1, old gateway) | [`v1::sign`] | [`verify::v1`] |
//!
//! Every stage between request and signature is a public type, so that a rejected signature can be
//! compared with another implementation stage by stage.
//!
//! The example from the documentation of the service:
//!
//! ```
//! use cvm_signer::{Credential, tc3};
//!
//! let credential = Credential::new(
//!     "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
//!     "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
//! )?;
//! let body = br#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
//! let headers =
//!     [("Content-Type", "application/json; charset=utf-8"), ("Host", "cvm.tencentcloudapi.com")];
//! let request = tc3::Request::post(body, &headers);
//!
//! assert_eq!(
//!     tc3::sign(&credential, "cvm", 1_551_113_065, &request)?,
//!     "TC3-HMAC-SHA256 \
//!      Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, \
//!      SignedHeaders=content-type;host, \
//!      Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod credential;
mod date;
mod error;
mod fixed_text;
mod hex_digest;
mod key_cache;
mod mac;
mod method;
pub mod tc3;
pub mod v1;
pub mod verify;

pub use credential::{Credential, CredentialError, CredentialField};
pub use date::Date;
pub use error::SignError;
pub use hex_digest::HexDigest;
pub use key_cache::KeyCache;
pub use method::Method;
