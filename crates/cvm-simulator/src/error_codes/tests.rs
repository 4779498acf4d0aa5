//! Every violation gets the most specific code that the action documents.

use cvm_models::actions::{
    ConvertOperatingSystems, CreateDisasterRecoverGroup, CreateImage, CreateKeyPair,
    DeleteDisasterRecoverGroups, DescribeChcHosts, DescribeImages, DescribeInstances,
    DescribeKeyPairs, ExportImages, ModifyHostsAttribute, PurchaseResourcePoolPacks, ResetInstance,
    ResizeInstanceDisks, RunInstances, StopInstances, TerminateResourcePoolPacks,
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
    assert_eq!(code::<DescribeInstances>("Filters", exclusive("InstanceIds")), "InvalidParameter");
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
            code_of::<ResetInstance>(login.table(), name, ViolationKind::Exclusive(other), None),
        ]
    };
    assert_eq!(exclusive("KeyIds", "KeepImageLogin"), ["InvalidParameter.ParameterConflict"; 2]);
    assert_eq!(exclusive("KeepImageLogin", "KeyIds"), ["InvalidParameter.ParameterConflict"; 2]);
    let expected = ["InvalidParameterCombination", "InvalidParameter"];
    assert_eq!(exclusive("Password", "KeyIds"), expected);
}

#[test]
fn missing_and_conflicting_alternatives_have_codes() {
    let names: &[&str] = &[];
    let both = ViolationKind::ExactlyOneOf(names);
    let none = ViolationKind::NoneOf(names);
    for (code, expected) in [
        (code::<CreateImage>("InstanceId", none.clone()), "InvalidParameter.SpecifyOneParameter"),
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
        (code::<CreateKeyPair>("KeyName", ViolationKind::TooLong(25)), "InvalidKeyPairNameTooLong"),
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
