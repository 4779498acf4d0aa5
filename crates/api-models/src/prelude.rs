//! The names that every generated file uses.

#[cfg(feature = "docs")]
pub(crate) use cvm_protocol::docs::{ActionDoc, EnumDoc, MemberDoc, TypeDoc};
pub(crate) use cvm_protocol::{
    Action, ActionInfo, Condition, FieldInfo, FilterInfo, Kind, Missing, ModelInfo, NameIndex,
    PageInfo, PageStyle, Paginate, ReconcileInfo, RetryClass, RetryClassOverride, Sensitive, model,
    open_enum,
};

pub(crate) use crate::generated::{enums::*, index::SERVICE, types::*};
