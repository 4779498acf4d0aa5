//! What every generated file speaks of.

pub(crate) use cvm_protocol::{
    Action, ActionInfo, Condition, FieldInfo, FilterInfo, Kind, Missing, NameIndex, PageInfo,
    PageStyle, Paginate, Reclass, ReconcileInfo, RetryClass, Sensitive, Table, model, open_enum,
};

pub(crate) use crate::generated::{enums::*, index::SERVICE, types::*};
