//! Shared types of Tencent Cloud API 3.0 services, and the engine that encodes, decodes and validates them.
//!
//! A generated model is a struct and a static [`ModelInfo`]; [`Model`] gives access to its members by index. Everything
//! else is written once over `dyn Model`: JSON ([`json`]), query encoding ([`query_form`]), the response [`envelope`],
//! [`validate`]ion and redacted `Debug`. The crate does no IO and contains nothing specific to one service.

mod action;
#[cfg(feature = "arbitrary")]
pub mod arbitrary;
mod compare;
mod condition;
mod debug;
mod decode;
mod decode_error;
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
mod written;

pub use action::{
    Action, ActionInfo, FilterInfo, OldGateway, Paginate, RetryClass, RetryClassOverride,
    ServiceInfo,
};
pub use condition::{Condition, Predicate};
pub use debug::debug;
pub use decode::{decode, decode_new, decode_request};
pub use decode_error::DecodeError;
pub use drift::{Drift, DriftKind, Report};
pub use encode::encode;
pub use envelope::Envelope;
pub use error_code::{ErrorCode, ErrorInfo, ErrorKind};
pub use missing::Missing;
pub use model::{FromWireText, Item, List, Member, Model, Optional, Slot, Value, member_named};
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
pub use waiter::{OperationInfo, Waiter, WaiterInfo};
pub use written::Json;

// The macros use these. Without `serde` here, a crate of models would need that dependency.
#[doc(hidden)]
pub use compare::{equal, hash};
#[doc(hidden)]
pub use serde;
#[doc(hidden)]
pub use text_serde::deserialize_text;
