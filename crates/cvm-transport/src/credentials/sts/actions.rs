//! The actions of the Security Token Service that return a temporary credential.
//!
//! Written by hand, because the generated crates are above this one: only two actions are needed, and a crate of models below
//! the transport would be one more for every user. `tests/it/sts_calls.rs` compares these calls with the specs of the service.

use cvm_protocol::{
    ActionInfo, Condition, FieldInfo, Kind, ModelInfo, NameIndex, RetryClass, RetryClassOverride,
    ServiceInfo,
};

static STS: ServiceInfo = ServiceInfo {
    name: "sts",
    version: "2018-08-13",
    endpoint: "sts.tencentcloudapi.com",
    endpoint_regional: "sts.{region}.tencentcloudapi.com",
    endpoint_intl: "sts.intl.tencentcloudapi.com",
    endpoint_internal: "sts.internal.tencentcloudapi.com",
    old_gateway: None,
    partial_errors: "",
};

pub(super) static ASSUME_ROLE_REQUEST: ModelInfo = ModelInfo {
    name: "AssumeRole",
    members: &[
        FieldInfo::new("RoleArn", Kind::Str),
        FieldInfo::new("RoleSessionName", Kind::Str),
        FieldInfo::new("DurationSeconds", Kind::U64),
        FieldInfo::new("Policy", Kind::Str),
        FieldInfo::new("ExternalId", Kind::Str),
        FieldInfo::new("Tags", Kind::List(&Kind::Object(&TAG))),
        FieldInfo::new("SourceIdentity", Kind::Str),
        FieldInfo::new("SerialNumber", Kind::Str),
        FieldInfo::new("TokenCode", Kind::Str).secret(),
    ],
    index: NameIndex {
        multiplier: 0xb9d1_79e0_6c0f_d4f5,
        shift: 60,
        slots: &[7, 6, 255, 255, 5, 8, 2, 0, 4, 1, 255, 255, 255, 255, 255, 3],
    },
};

static TAG: ModelInfo = ModelInfo {
    name: "Tag",
    members: &[FieldInfo::new("Key", Kind::Str), FieldInfo::new("Value", Kind::Str)],
    index: NameIndex { multiplier: 0x78e5_1061_7311_d8a3, shift: 63, slots: &[0, 1] },
};

pub(super) static WEB_IDENTITY_REQUEST: ModelInfo = ModelInfo {
    name: "AssumeRoleWithWebIdentity",
    members: &[
        FieldInfo::new("ProviderId", Kind::Str),
        FieldInfo::new("WebIdentityToken", Kind::Str).secret(),
        FieldInfo::new("RoleArn", Kind::Str),
        FieldInfo::new("RoleSessionName", Kind::Str),
        FieldInfo::new("DurationSeconds", Kind::U64),
    ],
    index: NameIndex {
        multiplier: 0xdc6b_f1e1_a399_f82b,
        shift: 61,
        slots: &[255, 3, 0, 255, 4, 1, 2, 255],
    },
};

static CREDENTIALS: ModelInfo = ModelInfo {
    name: "Credentials",
    members: &[
        FieldInfo::new("Token", Kind::Str).secret().always_present(),
        FieldInfo::new("TmpSecretId", Kind::Str).always_present(),
        FieldInfo::new("TmpSecretKey", Kind::Str).secret().always_present(),
    ],
    index: NameIndex { multiplier: 0x26d0_b944_a286_3a7f, shift: 62, slots: &[0, 2, 255, 1] },
};

pub(in crate::credentials) static RESPONSE: ModelInfo = ModelInfo {
    name: "AssumeRoleResponse",
    members: &[
        FieldInfo::new("Credentials", Kind::Object(&CREDENTIALS)).always_present(),
        FieldInfo::new("ExpiredTime", Kind::I64).always_present(),
        FieldInfo::new("RequestId", Kind::Str).always_present(),
    ],
    index: NameIndex { multiplier: 0xed03_8db4_de38_3785, shift: 62, slots: &[2, 1, 0, 255] },
};

const fn action(name: &'static str, request: &'static ModelInfo) -> ActionInfo {
    // A new credential changes nothing: a retry is safe.
    ActionInfo::new(name, &STS, request, &RESPONSE).group("token").retry(RetryClass::Read)
}

pub(super) static ASSUME_ROLE: ActionInfo = action("AssumeRole", &ASSUME_ROLE_REQUEST)
    // A code may be accepted only once: a retry would fail for another reason than the first attempt.
    .retry_overrides(&[RetryClassOverride {
        when: &[Condition::present("TokenCode")],
        class: RetryClass::Guarded,
    }]);
pub(super) static ASSUME_ROLE_WITH_WEB_IDENTITY: ActionInfo =
    action("AssumeRoleWithWebIdentity", &WEB_IDENTITY_REQUEST);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_found_by_its_name() {
        for table in [&ASSUME_ROLE_REQUEST, &TAG, &WEB_IDENTITY_REQUEST, &CREDENTIALS, &RESPONSE] {
            for (index, field) in table.members.iter().enumerate() {
                assert_eq!(table.find(field.wire.as_bytes()), Some(index), "{}", field.wire);
            }
        }
    }
}
