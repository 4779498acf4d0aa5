//! The error codes for parameters that break a limit of the model info.
//!
//! One mapping for all actions: the violation and the name of the member suggest codes, from the most specific to
//! `InvalidParameterValue`. The first that the action documents is returned.

use cvm_protocol::{FieldInfo, Kind, Violation, ViolationKind};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::is_type_name;
use crate::launch::custom_size::custom_size;

/// Codes for an invalid value, whatever is wrong with it.
const NAMED: &[&str] = &[
    "Invalid{}",
    "InvalidParameterValue.Illegal{}",
    "InvalidParameterValue.Invalid{}",
    "InvalidParameterValue.{}",
    "InvalidParameterValue.{}Value",
    "InvalidParameter.Invalid{}",
];

/// Codes for too many tags on a resource.
pub(crate) const TOO_MANY_TAGS: &[&str] = &[
    "InvalidParameterValue.TagQuotaLimitExceeded",
    "LimitExceeded.TagKeyPerResourceExceeded",
    "LimitExceeded.TagNumPerRequest",
    "InvalidParameterValue.LimitExceeded",
];

/// Codes for too many security groups on an instance. A launch documents only the broader one.
pub(crate) const TOO_MANY_GROUPS: &[&str] =
    &["LimitExceeded.AssociateUSGLimitExceeded", "LimitExceeded.SingleUSGQuota"];

/// The error for a parameter that breaks a limit.
pub(crate) fn error(codes: DocumentedCodes, violation: &Violation) -> ApiError {
    codes.error(suggestions(violation), format!("The parameter {violation}."))
}

/// Checks the form of the name of an instance type or of a custom size, which no model info states.
pub(crate) fn type_name(codes: DocumentedCodes, name: &str) -> Result<(), ApiError> {
    if is_type_name(name) || custom_size(name).is_some() {
        return Ok(());
    }
    let message = format!("The instance type `{name}` is malformed.");
    Err(codes.error(["InvalidInstanceType.Malformed"], message))
}

fn suggestions(violation: &Violation) -> Vec<String> {
    let Violation { field, fault, value, .. } = violation;
    let name = name_in_codes(field.wire);
    let codes = |owned: &[&str]| -> Vec<String> {
        owned
            .iter()
            .chain(&["InvalidParameter.ParamError", "InvalidParameterValue"])
            .map(|code| code.replace("{}", name))
            .collect()
    };
    match fault {
        // Text that is present and empty. An absent text has no value.
        ViolationKind::Missing | ViolationKind::MissingIf(_) if value.is_some() => codes(&[
            "Invalid{}Empty",
            "InvalidParameterValue.{}Empty",
            "InvalidParameterValue.NotEmpty",
            "MissingParameter",
        ]),
        ViolationKind::Missing | ViolationKind::MissingIf(_) => codes(&["MissingParameter"]),
        ViolationKind::AtLeastOneOf(_) | ViolationKind::NoneOf(_) => codes(&[
            "MissingParameter.AtLeastOne",
            "InvalidParameter.SpecifyOneParameter",
            "InvalidParameterValue.MissingAssociateEntity",
            "MissingParameter",
        ]),
        ViolationKind::Exclusive(other) => combination_codes(field.wire, other),
        ViolationKind::ExactlyOneOf(_) => codes(CONFLICT),
        ViolationKind::TooManyItems(_) if is_filters(field) => {
            codes(&["InvalidFilterValue.LimitExceeded", "InvalidParameterValue.LimitExceeded"])
        }
        ViolationKind::TooManyItems(_) => {
            let owned: &[&str] = match field.wire {
                "Tags"
                | "TagSpecification"
                | "LaunchTemplateTagSpecification"
                | "TagKeys"
                | "TagFilters"
                | "ReplaceTags"
                | "DeleteTags" => TOO_MANY_TAGS,
                "ResourceIds" | "ResourceList" => &["LimitExceeded.ResourceNumPerRequest"],
                "SecurityGroupIds" | "SecurityGroups" => TOO_MANY_GROUPS,
                _ => &[],
            };
            let general = ["InvalidParameterValue.LimitExceeded", "InvalidParameter.ValueTooLarge"];
            codes(&[owned, &general].concat())
        }
        ViolationKind::TooLarge(_) if field.wire == "DurationSeconds" => {
            codes(&["InvalidParameter.OverTimeError"])
        }
        ViolationKind::TooSmall(_) | ViolationKind::TooLarge(_) => codes(&[
            "Invalid{}",
            "InvalidParameterValue{}",
            "InvalidParameterValue.InvalidParameterValue{}",
            "InvalidParameterValue.Range",
        ]),
        ViolationKind::TooLong(_) => {
            let owned =
                ["Invalid{}.TooLong", "Invalid{}TooLong", "InvalidParameterValue.{}LengthExceeded"];
            let general = [
                "InvalidParameterValue.TooLong",
                "InvalidParameter.ValueTooLarge",
                "InvalidParameter.{}TooLong",
                "InvalidParameterValue.TooLarge",
            ];
            codes(&[&owned, NAMED, &general].concat())
        }
        ViolationKind::TooShort(_) => codes(&[NAMED, &["InvalidParameterValue.{}Empty"]].concat()),
        ViolationKind::NotAllowed => codes(NAMED),
        ViolationKind::TooManyBytes(_) => codes(&[
            "InvalidParameterValue.TooLarge",
            "InvalidParameterValue.Invalid{}Format",
            "InvalidParameterValue.TooLong",
        ]),
        ViolationKind::NotBase64 => codes(&["InvalidParameterValue.Invalid{}Format"]),
        ViolationKind::BadFormat(format) => malformed(format),
        ViolationKind::BadPattern(_) => {
            let owned = ["Invalid{}IncludeIllegalChar"];
            let general =
                ["InvalidParameterValue.IncorrectFormat", "InvalidParameterValue.Malformed"];
            codes(&[&owned, NAMED, &general].concat())
        }
    }
}

/// The name of a member in codes, where it differs from the name of the member.
fn name_in_codes(name: &str) -> &str {
    match name {
        "DedicatedResourcePoolPackName" => "DedicatedResourcePackName",
        "KeyName" => "KeyPairName",
        "TagKeys" => "TagKey",
        _ => name,
    }
}

/// Codes for members of which only one is allowed.
const CONFLICT: &[&str] = &[
    "InvalidParameter.AtMostOne",
    "InvalidParameter.Coexist",
    "InvalidParameterCombination",
    "InvalidParameterConflict",
    "InvalidParameter.Coexist",
    "InvalidParameter.Conflict",
    "InvalidParameter",
];

/// Codes for a member that is not allowed together with another one.
fn combination_codes(name: &str, other: &str) -> Vec<String> {
    let mut codes = vec![
        format!("InvalidParameter.InvalidParameterCoexist{name}{other}"),
        format!("InvalidParameter.InvalidParameterCoexist{other}{name}"),
    ];
    // Documented only for these two.
    if matches!((name, other), ("KeyIds", "KeepImageLogin") | ("KeepImageLogin", "KeyIds")) {
        codes.push("InvalidParameter.ParameterConflict".to_owned());
    }
    codes.extend(CONFLICT.iter().map(|code| (*code).to_owned()));
    codes
}

/// Codes for an identifier with the wrong layout.
pub(crate) fn malformed(format: &str) -> Vec<String> {
    let prefix = format.split('-').next().unwrap_or_default();
    let noun = match prefix {
        "bwp" => Some("BandwidthPackageId"),
        "eip" => Some("AddressId"),
        "eni" => Some("NetworkInterfaceId"),
        "img" => Some("ImageId"),
        "ins" => Some("InstanceId"),
        "host" => Some("HostId"),
        "lt" => Some("LaunchTemplateId"),
        "ps" => Some("DisasterRecoverGroupId"),
        "rpp" => Some("ResourcePoolPackId"),
        "sg" => Some("SgId"),
        "skey" => Some("KeyPairId"),
        "snap" => Some("SnapshotId"),
        "subnet" => Some("SubnetId"),
        "vpc" => Some("VpcId"),
        // The others have no code of their own.
        _ => None,
    };
    let owned = noun.map(|noun| {
        [format!("Invalid{noun}.Malformed"), format!("InvalidParameterValue.{noun}Malformed")]
    });
    let general = [
        "InvalidParameterValue.IncorrectFormat",
        "InvalidParameterValue.Malformed",
        "InvalidParameterValue",
    ];
    // The network service names these groups in another way than CVM.
    let group = (prefix == "sg").then(|| "InvalidSecurityGroupID.Malformed".to_owned());
    owned.into_iter().flatten().chain(group).chain(general.map(str::to_owned)).collect()
}

fn is_filters(field: &FieldInfo) -> bool {
    matches!(field.kind, Kind::List(Kind::Object(table)) if table.name == "Filter")
}

#[cfg(test)]
mod tests;
