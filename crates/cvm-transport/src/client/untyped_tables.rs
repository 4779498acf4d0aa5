//! The tables of actions that are known only by their names: they list what every service has.

use cvm_protocol::{ActionInfo, FieldInfo, Kind, ModelInfo, NameIndex};

/// The error codes that leave the outcome of any service unknown.
pub(crate) const PARTIAL_ERRORS: &str = "FailedOperation InternalError InternalServerError ResponseSizeLimitExceeded ServiceUnavailable";

/// The member that carries the client token, in every service that has one.
pub(crate) const CLIENT_TOKEN: &str = "ClientToken";

pub(crate) static REQUEST: ModelInfo = ModelInfo {
    name: "the request",
    members: &[FieldInfo::new(CLIENT_TOKEN, Kind::Str)],
    index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
};

pub(crate) static RESPONSE: ModelInfo = ModelInfo {
    name: "the response",
    members: &[FieldInfo::new("RequestId", Kind::Str).always_present()],
    index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
};

/// The table that says which members of a response are secret. `None` for an action that is known only by its names:
/// each value of its response may be a secret.
pub(crate) fn response_table(info: &ActionInfo) -> Option<&'static ModelInfo> {
    (!std::ptr::eq(info.response, &RESPONSE)).then_some(info.response)
}
