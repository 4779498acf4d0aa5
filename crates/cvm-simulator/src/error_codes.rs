//! The error codes for parameters that break a limit of the model info.
//!
//! One mapping for all actions: the violation and the name of the member suggest codes, from the most specific to
//! `InvalidParameterValue`. The first that the action documents is returned.

use cvm_protocol::{FieldInfo, Kind, Violation, ViolationKind};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::is_type_name;

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
pub(crate) const TOO_MANY_TAGS: &[&str] =
    &["InvalidParameterValue.TagQuotaLimitExceeded", "InvalidParameterValue.LimitExceeded"];

/// Codes for too many security groups on an instance. A launch documents only the broader one.
pub(crate) const TOO_MANY_GROUPS: &[&str] =
    &["LimitExceeded.AssociateUSGLimitExceeded", "LimitExceeded.SingleUSGQuota"];

/// The error for a parameter that breaks a limit.
pub(crate) fn error(codes: DocumentedCodes, violation: &Violation) -> ApiError {
    codes.error(suggestions(violation), format!("The parameter {violation}."))
}

/// Checks the form of an instance type name, which no model info states.
pub(crate) fn type_name(codes: DocumentedCodes, name: &str) -> Result<(), ApiError> {
    if is_type_name(name) {
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
            .chain(&["InvalidParameterValue"])
            .map(|code| code.replace("{}", name))
            .collect()
    };
    match fault {
        // Text that is present and empty. An absent text has no value.
        ViolationKind::Missing | ViolationKind::MissingIf(_) if value.is_some() => {
            codes(&["Invalid{}Empty", "InvalidParameterValue.NotEmpty", "MissingParameter"])
        }
        ViolationKind::Missing | ViolationKind::MissingIf(_) => codes(&["MissingParameter"]),
        ViolationKind::AtLeastOneOf(_) | ViolationKind::NoneOf(_) => codes(&[
            "MissingParameter.AtLeastOne",
            "InvalidParameter.SpecifyOneParameter",
            "MissingParameter",
        ]),
        ViolationKind::Exclusive(other) => combination_codes(field.wire, other),
        ViolationKind::ExactlyOneOf(_) => codes(CONFLICT),
        ViolationKind::TooManyItems(_) if is_filters(field) => {
            codes(&["InvalidFilterValue.LimitExceeded", "InvalidParameterValue.LimitExceeded"])
        }
        ViolationKind::TooManyItems(_) => {
            let owned: &[&str] = match field.wire {
                "Tags" | "TagSpecification" | "LaunchTemplateTagSpecification" => TOO_MANY_TAGS,
                "SecurityGroupIds" | "SecurityGroups" => TOO_MANY_GROUPS,
                _ => &[],
            };
            let general = ["InvalidParameterValue.LimitExceeded", "InvalidParameter.ValueTooLarge"];
            codes(&[owned, &general].concat())
        }
        ViolationKind::TooSmall(_) | ViolationKind::TooLarge(_) => codes(&[
            "Invalid{}",
            "InvalidParameterValue{}",
            "InvalidParameterValue.InvalidParameterValue{}",
            "InvalidParameterValue.Range",
        ]),
        ViolationKind::TooLong(_) => {
            let owned = ["Invalid{}.TooLong", "Invalid{}TooLong"];
            let general = [
                "InvalidParameterValue.TooLong",
                "InvalidParameter.ValueTooLarge",
                "InvalidParameterValue.TooLarge",
            ];
            codes(&[&owned, NAMED, &general].concat())
        }
        ViolationKind::TooShort(_) | ViolationKind::NotAllowed => codes(NAMED),
        ViolationKind::TooManyBytes(_) => {
            codes(&["InvalidParameterValue.TooLarge", "InvalidParameterValue.Invalid{}Format"])
        }
        ViolationKind::NotBase64 => codes(&["InvalidParameterValue.Invalid{}Format"]),
        ViolationKind::BadFormat(format) => malformed(format),
        ViolationKind::BadPattern(_) => {
            let (owned, general) =
                (["Invalid{}IncludeIllegalChar"], ["InvalidParameterValue.IncorrectFormat"]);
            codes(&[&owned, NAMED, &general].concat())
        }
    }
}

/// The name of a member in codes, where it differs from the name of the member.
fn name_in_codes(name: &str) -> &str {
    match name {
        "DedicatedResourcePoolPackName" => "DedicatedResourcePackName",
        "KeyName" => "KeyPairName",
        _ => name,
    }
}

/// Codes for members of which only one is allowed.
const CONFLICT: &[&str] = &[
    "InvalidParameter.AtMostOne",
    "InvalidParameterCombination",
    "InvalidParameterConflict",
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
    let general = ["InvalidParameterValue.IncorrectFormat", "InvalidParameterValue"];
    owned.into_iter().flatten().chain(general.map(str::to_owned)).collect()
}

fn is_filters(field: &FieldInfo) -> bool {
    matches!(field.kind, Kind::List(Kind::Object(table)) if table.name == "Filter")
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::{
        ConvertOperatingSystems, CreateDisasterRecoverGroup, CreateImage, CreateKeyPair,
        DeleteDisasterRecoverGroups, DescribeChcHosts, DescribeImages, DescribeInstances,
        DescribeKeyPairs, ExportImages, ModifyHostsAttribute, PurchaseResourcePoolPacks,
        ResetInstance, ResizeInstanceDisks, RunInstances, StopInstances,
        TerminateResourcePoolPacks,
    };
    use cvm_models::types::{Filter, LoginSettings};
    use cvm_protocol::{Action, Model, ModelInfo};

    use super::*;

    fn code<A: Action>(wire: &str, fault: ViolationKind) -> &'static str {
        code_of::<A>(A::INFO.request, wire, fault, None)
    }

    fn code_of<A: Action>(
        table: &'static ModelInfo,
        wire: &str,
        fault: ViolationKind,
        value: Option<&str>,
    ) -> &'static str {
        let field = table.field(wire).unwrap();
        let value = value.map(str::to_owned);
        let violation = Violation { path: wire.to_owned(), field, fault, value };
        error(DocumentedCodes(A::INFO), &violation).code
    }

    #[test]
    fn most_specific_documented_code_is_used() {
        assert_eq!(
            code::<RunInstances>("ClientToken", ViolationKind::TooLong(64)),
            "InvalidClientToken.TooLong"
        );
        assert_eq!(
            code::<RunInstances>("HostName", ViolationKind::TooLong(60)),
            "InvalidParameterValue.IllegalHostName"
        );
        assert_eq!(
            code::<RunInstances>("InstanceCount", ViolationKind::TooLarge(500)),
            "InvalidParameterValue.Range"
        );
        assert_eq!(
            code::<DescribeImages>("Limit", ViolationKind::TooLarge(100)),
            "InvalidParameterValue.InvalidParameterValueLimit"
        );
        // Documented by one of the two actions.
        assert_eq!(
            code::<DescribeInstances>("Limit", ViolationKind::TooLarge(100)),
            "InvalidParameterValue"
        );
        assert_eq!(
            code::<DescribeInstances>("Filters", ViolationKind::TooManyItems(10)),
            "InvalidFilterValue.LimitExceeded"
        );
        assert_eq!(
            code::<StopInstances>("InstanceIds", ViolationKind::TooManyItems(100)),
            "InvalidParameterValue.LimitExceeded"
        );
    }

    #[test]
    fn mutually_exclusive_members_have_three_codes() {
        let exclusive = |other| ViolationKind::Exclusive(other);
        assert_eq!(
            code::<DescribeImages>("Filters", exclusive("ImageIds")),
            "InvalidParameter.InvalidParameterCoexistImageIdsFilters"
        );
        assert_eq!(
            code::<StopInstances>("ForceStop", exclusive("StopType")),
            "InvalidParameterCombination"
        );
        assert_eq!(
            code::<DescribeInstances>("Filters", exclusive("InstanceIds")),
            "InvalidParameter"
        );
        assert_eq!(
            code::<DescribeChcHosts>("Filters", exclusive("ChcIds")),
            "InvalidParameter.AtMostOne"
        );
    }

    #[test]
    fn key_pair_with_image_login_has_its_own_code() {
        let login = LoginSettings::default();
        let exclusive = |name, other| {
            [
                code_of::<RunInstances>(login.table(), name, ViolationKind::Exclusive(other), None),
                code_of::<ResetInstance>(
                    login.table(),
                    name,
                    ViolationKind::Exclusive(other),
                    None,
                ),
            ]
        };
        assert_eq!(
            exclusive("KeyIds", "KeepImageLogin"),
            ["InvalidParameter.ParameterConflict"; 2]
        );
        assert_eq!(
            exclusive("KeepImageLogin", "KeyIds"),
            ["InvalidParameter.ParameterConflict"; 2]
        );
        let expected = ["InvalidParameterCombination", "InvalidParameter"];
        assert_eq!(exclusive("Password", "KeyIds"), expected);
    }

    #[test]
    fn missing_and_conflicting_alternatives_have_codes() {
        let names: &[&str] = &[];
        let both = ViolationKind::ExactlyOneOf(names);
        let none = ViolationKind::NoneOf(names);
        for (code, expected) in [
            (
                code::<CreateImage>("InstanceId", none.clone()),
                "InvalidParameter.SpecifyOneParameter",
            ),
            (code::<CreateImage>("InstanceId", both.clone()), "InvalidParameterConflict"),
            (code::<ResizeInstanceDisks>("DataDisks", none.clone()), "MissingParameter.AtLeastOne"),
            (code::<ResizeInstanceDisks>("DataDisks", both.clone()), "InvalidParameter"),
            (code::<ModifyHostsAttribute>("HostName", none), "MissingParameter"),
            (code::<ModifyHostsAttribute>("HostName", both), "InvalidParameter"),
        ] {
            assert_eq!(code, expected);
        }
    }

    #[test]
    fn codes_with_other_spellings_of_a_member_are_found() {
        type Purchase = PurchaseResourcePoolPacks;
        for (code, expected) in [
            (
                code::<CreateKeyPair>("KeyName", ViolationKind::TooLong(25)),
                "InvalidKeyPairNameTooLong",
            ),
            (
                code::<CreateKeyPair>("KeyName", ViolationKind::BadPattern("x")),
                "InvalidKeyPairNameIncludeIllegalChar",
            ),
            (code::<CreateKeyPair>("KeyName", ViolationKind::Missing), "MissingParameter"),
            (
                code::<Purchase>("DedicatedResourcePoolPackName", ViolationKind::TooLong(60)),
                "InvalidParameterValue.DedicatedResourcePackName",
            ),
            (
                code::<ConvertOperatingSystems>("TargetOSType", ViolationKind::NotAllowed),
                "InvalidParameter.InvalidTargetOSType",
            ),
        ] {
            assert_eq!(code, expected);
        }
        let table = CreateKeyPair::INFO.request;
        let empty = code_of::<CreateKeyPair>(table, "KeyName", ViolationKind::Missing, Some(""));
        assert_eq!(empty, "InvalidKeyPairNameEmpty");
        let table = Filter::default().table();
        let empty = code_of::<DescribeChcHosts>(table, "Name", ViolationKind::Missing, Some(""));
        assert_eq!(empty, "InvalidParameterValue.NotEmpty");
        let empty = code_of::<DescribeInstances>(table, "Name", ViolationKind::Missing, Some(""));
        assert_eq!(empty, "MissingParameter");
    }

    #[test]
    fn long_texts_and_large_pages_have_general_codes() {
        for (code, expected) in [
            (
                code::<CreateDisasterRecoverGroup>("Name", ViolationKind::TooLong(60)),
                "InvalidParameterValue.TooLong",
            ),
            (
                code::<CreateImage>("ImageName", ViolationKind::TooLong(60)),
                "InvalidParameter.ValueTooLarge",
            ),
            (
                code::<ExportImages>("RoleName", ViolationKind::TooLong(60)),
                "InvalidParameterValue.TooLarge",
            ),
            (
                code::<DescribeKeyPairs>("Limit", ViolationKind::TooLarge(100)),
                "InvalidParameterValueLimit",
            ),
            (
                code::<DescribeKeyPairs>("Offset", ViolationKind::TooSmall(0)),
                "InvalidParameterValueOffset",
            ),
            (
                code::<DescribeChcHosts>("Limit", ViolationKind::TooSmall(1)),
                "InvalidParameterValueLimit",
            ),
        ] {
            assert_eq!(code, expected);
        }
    }

    #[test]
    fn identifier_errors_have_the_code_of_the_resource() {
        for (code, expected) in [
            (
                code::<DeleteDisasterRecoverGroups>(
                    "DisasterRecoverGroupIds",
                    ViolationKind::BadFormat("ps-xxxxxxxx"),
                ),
                "InvalidParameterValue.DisasterRecoverGroupIdMalformed",
            ),
            (
                code::<TerminateResourcePoolPacks>(
                    "DedicatedResourcePackIds",
                    ViolationKind::BadFormat("rpp-xxxxxxxx"),
                ),
                "InvalidParameterValue.ResourcePoolPackIdMalformed",
            ),
            (
                code::<DescribeChcHosts>("ChcIds", ViolationKind::BadFormat("chc-xxxxxxxx")),
                "InvalidParameterValue.IncorrectFormat",
            ),
            (
                code::<RunInstances>("HpcClusterId", ViolationKind::BadFormat("hpc-xxxxxxxx")),
                "InvalidParameterValue.IncorrectFormat",
            ),
        ] {
            assert_eq!(code, expected);
        }
    }

    /// An action that documents a code for a malformed identifier has a member or a filter that returns it.
    #[test]
    fn malformed_identifier_gets_the_documented_code() {
        let known = [
            ("ImageId", "img-"),
            ("InstanceId", "ins-"),
            ("HostId", "host-"),
            ("LaunchTemplateId", "lt-"),
            ("DisasterRecoverGroupId", "ps-"),
            ("ResourcePoolPackId", "rpp-"),
            ("SgId", "sg-"),
            ("KeyPairId", "skey-"),
            ("SnapshotId", "snap-"),
            ("SubnetId", "subnet-"),
            ("VpcId", "vpc-"),
        ];
        let mut found = 0;
        for info in cvm_models::ACTIONS {
            for code in info.errors().filter(|code| code.ends_with("Malformed")) {
                let Some((_, prefix)) = known.iter().find(|(noun, _)| code.contains(noun)) else {
                    continue;
                };
                let answered =
                    DocumentedCodes(info).first_documented(malformed(&format!("{prefix}xxxxxxxx")));
                // Some actions document both forms of one code.
                assert!(answered.ends_with("Malformed"), "{}: {code} is {answered}", info.name);
                found += 1;
            }
        }
        assert!(found > 100, "only {found} such codes");
    }

    #[test]
    fn every_violation_has_a_documented_code_in_every_action() {
        for info in cvm_models::ACTIONS {
            let codes = DocumentedCodes(info);
            for field in info.request.members {
                for fault in [
                    ViolationKind::Missing,
                    ViolationKind::TooSmall(1),
                    ViolationKind::TooLong(1),
                    ViolationKind::TooShort(1),
                    ViolationKind::TooManyBytes(1),
                    ViolationKind::NotBase64,
                    ViolationKind::TooManyItems(1),
                    ViolationKind::NotAllowed,
                    ViolationKind::BadFormat("ins-xxxxxxxx"),
                    ViolationKind::BadPattern("x"),
                    ViolationKind::Exclusive("Filters"),
                    ViolationKind::NoneOf(&[]),
                    ViolationKind::ExactlyOneOf(&[]),
                ] {
                    let violation =
                        Violation { path: field.wire.to_owned(), field, fault, value: None };
                    let code = codes.first_documented(suggestions(&violation));
                    assert!(codes.published(code).is_some(), "{} {} {code}", info.name, field.wire);
                }
            }
        }
    }
}
