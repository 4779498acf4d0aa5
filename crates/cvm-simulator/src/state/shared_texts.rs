//! Texts that several resources have in common: they are stored once.

use std::sync::Arc;

/// A list of ids or other texts, which several resources can share.
pub(crate) type Texts = Arc<[Arc<str>]>;

/// Keys and their values, which several resources can share.
pub(crate) type Pairs = Arc<[(Arc<str>, Arc<str>)]>;

pub(crate) fn texts(list: impl IntoIterator<Item = String>) -> Texts {
    list.into_iter().map(Arc::from).collect()
}

pub(crate) fn pairs(list: impl IntoIterator<Item = (String, String)>) -> Pairs {
    list.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
}
