//! What every generated file speaks of.

pub(crate) use cvm_protocol::{
    Action, ActionInfo, Condition, FieldInfo, FilterInfo, Kind, Missing, ModelInfo, NameIndex,
    PageInfo, PageStyle, Paginate, ReconcileInfo, RetryClass, RetryClassOverride, Sensitive, model,
    open_enum,
};

pub(crate) use crate::generated::{enums::*, index::SERVICE, types::*};
