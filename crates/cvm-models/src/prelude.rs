//! The names that every generated file uses.

pub(crate) use cvm_protocol::{
    Action, ActionInfo, Condition, FieldInfo, FilterInfo, Kind, Missing, ModelInfo, NameIndex,
    PageInfo, PageStyle, Paginate, ReconcileInfo, RetryClass, RetryClassOverride, Sensitive, model,
    open_enum,
};

#[cfg(feature = "docs")]
pub(crate) use crate::generated::docs::{ActionDoc, EnumDoc, MemberDoc, TypeDoc};
pub(crate) use crate::generated::{enums::*, index::SERVICE, types::*};
