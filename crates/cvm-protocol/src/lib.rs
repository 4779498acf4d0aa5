//! Shared types of Tencent Cloud API 3.0 services, and the engine that encodes, decodes and validates them.
//!
//! A generated model is a struct and a static [`ModelInfo`]; [`Model`] gives access to its members by index. Everything
//! else is written once over `dyn Model`: JSON ([`json`]), query encoding ([`query_form`]), the response [`envelope`],
//! [`validate`]ion and redacted `Debug`. The crate does no IO and contains nothing specific to one service.
//!
//! ```
//! use cvm_protocol::{FieldInfo, Kind, ModelInfo, NameIndex, json, model, query_form, validate};
//!
//! #[derive(Clone, Default)]
//! struct StopInstances {
//!     instance_ids: Vec<String>,
//! }
//!
//! // A generator writes this.
//! static STOP_INSTANCES: ModelInfo = ModelInfo {
//!     name: "StopInstances",
//!     members: &[FieldInfo::new("InstanceIds", Kind::List(&Kind::Str)).required().max_items(100)],
//!     index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
//! };
//! model!(request StopInstances STOP_INSTANCES { 0 instance_ids });
//!
//! let request = StopInstances { instance_ids: vec!["ins-11112222".into()] };
//! assert_eq!(json::to_vec(&request)?, br#"{"InstanceIds":["ins-11112222"]}"#);
//! assert_eq!(query_form::encode(&request)?, [("InstanceIds.0".into(), "ins-11112222".into())]);
//!
//! let violations = validate(&StopInstances::default());
//! assert_eq!(violations[0].to_string(), "`InstanceIds` is required; give a list");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | encode and decode JSON | [`json`], or `serde` |
//! | encode and decode query parameters | [`query_form`], [`percent`] |
//! | read a response, or the error in it | [`envelope`] |
//! | check documented limits | [`validate`] |
//! | work with an action that has no Rust type | [`Record`], [`ActionInfo`] |
//! | print a response exactly as it was received | [`Json`] |
//! | show descriptions as help | [`docs`] |
//! | suggest a name for a misspelled one | [`similar_names`] |
//!
//! The feature `arbitrary` adds strategies that make values of any model, for property tests with `proptest`.

mod action;
#[cfg(feature = "arbitrary")]
pub mod arbitrary;
mod compare;
mod condition;
mod cut;
mod debug;
mod decode;
mod decode_error;
pub mod docs;
mod drift;
mod encode;
pub mod envelope;
mod error_code;
mod evaluate;
pub mod json;
mod json_writer;
mod missing;
mod model;
mod model_info;
mod model_macro;
mod name_index;
mod one_line;
mod open_enum;
mod page_info;
pub mod percent;
mod proof;
pub mod query_form;
mod reconcile;
mod record;
mod sensitive;
mod serialize;
mod service_error;
mod set_member;
mod similar_names;
mod text_serde;
mod unknown;
mod utf8;
mod validate;
mod waiter;
mod waiter_check;
mod waiter_spec;
mod written;

pub use action::{
    Action, ActionInfo, FilterInfo, OldGateway, Paginate, RetryClass, RetryClassOverride,
    ServiceInfo,
};
pub use condition::{Condition, Predicate, all_conditions};
pub use cut::cut;
pub use debug::debug;
pub use decode::{decode, decode_new, decode_request};
pub use decode_error::DecodeError;
pub use drift::{Drift, DriftKind, Report};
pub use encode::encode;
pub use envelope::Envelope;
pub use error_code::{ErrorCode, ErrorInfo, ErrorKind};
pub use missing::Missing;
pub use model::{
    FromWireText, Item, List, Member, Model, Optional, Slot, Value, member_at, member_named,
};
pub use model_info::{FieldInfo, Kind, ModelInfo};
pub use name_index::NameIndex;
pub use one_line::OneLine;
pub use page_info::{PageInfo, PageStyle};
pub use proof::{Gaps, ListDefect, lost_secrets, named, total_of, unnamed};
pub use reconcile::ReconcileInfo;
pub use record::Record;
pub use sensitive::Sensitive;
pub use serialize::{Revealed, serialize};
pub use service_error::ServiceError;
pub use set_member::{reset, reset_member, set_number, set_text};
pub use similar_names::{did_you_mean, similar_names};
pub use unknown::{UnknownMember, describe_unknown};
pub use utf8::{NotUtf8, utf8_text};
pub use validate::{Violation, ViolationKind, validate};
pub use waiter::{Waiter, WaiterInfo};
pub use waiter_check::WaiterInfoError;
pub use waiter_spec::{OperationInfo, WaiterSpec};
pub use written::Json;

// The macros use these. Without `serde` here, a crate of models would need that dependency.
#[doc(hidden)]
pub use compare::{equal, hash};
#[doc(hidden)]
pub use serde;
#[doc(hidden)]
pub use text_serde::deserialize_text;
