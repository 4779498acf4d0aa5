//! Which code a broken limit of a table is answered with.
//!
//! One mapping for all actions: what is wrong and the member's name suggest codes, from the most
//! particular to `InvalidParameterValue`, and the first that the action publishes is answered.

use cvm_protocol::{Fault, FieldInfo, Kind, Violation};

use crate::refusal::{Codes, Refusal};

/// Longest message; a refused value may be longer than an answer should be.
const MAX_MESSAGE: usize = 1024;

/// Refuses a request for the member that breaks a limit.
pub(crate) fn refusal(codes: Codes, violation: &Violation) -> Refusal {
    let message: String = format!("The parameter {violation}.").chars().take(MAX_MESSAGE).collect();
    codes.refuse(suggestions(violation.field, &violation.fault), message)
}

fn suggestions(field: &FieldInfo, fault: &Fault) -> Vec<String> {
    let name = field.wire;
    let own: &[&str] = match fault {
        Fault::Missing | Fault::MissingIf(_) | Fault::AtLeastOneOf(_) => &["MissingParameter"],
        Fault::Exclusive(other) => {
            return vec![
                format!("InvalidParameter.InvalidParameterCoexist{name}{other}"),
                format!("InvalidParameter.InvalidParameterCoexist{other}{name}"),
                "InvalidParameterCombination".to_owned(),
                "InvalidParameter".to_owned(),
            ];
        }
        Fault::ExactlyOneOf(_) => &["InvalidParameterCombination", "InvalidParameter"],
        Fault::TooManyItems(_) if is_filters(field) => {
            &["InvalidFilterValue.LimitExceeded", "InvalidParameterValue.LimitExceeded"]
        }
        Fault::TooManyItems(_) => &["InvalidParameterValue.LimitExceeded"],
        Fault::TooSmall(_) | Fault::TooLarge(_) => &[
            "Invalid{}",
            "InvalidParameterValue.InvalidParameterValue{}",
            "InvalidParameterValue.Range",
        ],
        Fault::TooLong(_) => &[
            "Invalid{}.TooLong",
            "Invalid{}",
            "InvalidParameterValue.Illegal{}",
            "InvalidParameterValue.Invalid{}",
        ],
        Fault::TooShort(_) | Fault::NotAllowed => {
            &["Invalid{}", "InvalidParameterValue.Illegal{}", "InvalidParameterValue.Invalid{}"]
        }
        Fault::TooManyBytes(_) => {
            &["InvalidParameterValue.TooLarge", "InvalidParameterValue.Invalid{}Format"]
        }
        Fault::BadFormat(format) => return malformed(format),
        Fault::BadPattern(_) => &["InvalidParameterValue.IncorrectFormat"],
    };
    let last = ["InvalidParameterValue"];
    own.iter().chain(&last).map(|code| code.replace("{}", name)).collect()
}

/// Codes for an identifier that has not its layout.
pub(crate) fn malformed(format: &str) -> Vec<String> {
    let prefix = format.split('-').next().unwrap_or_default();
    let nouns: &[&str] = match prefix {
        "img" => &["ImageId"],
        "ins" => &["InstanceId"],
        "host" => &["HostId"],
        "lt" => &["LaunchTemplateId"],
        "sg" => &["SgId", "SecurityGroupId"],
        "skey" => &["KeyPairId"],
        "snap" => &["SnapshotId"],
        "subnet" => &["SubnetId"],
        "vpc" => &["VpcId"],
        _ => &[],
    };
    let codes = |noun: &&str| {
        [format!("Invalid{noun}.Malformed"), format!("InvalidParameterValue.{noun}Malformed")]
    };
    nouns.iter().flat_map(codes).chain(["InvalidParameterValue".to_owned()]).collect()
}

fn is_filters(field: &FieldInfo) -> bool {
    matches!(field.kind, Kind::List(Kind::Object(table)) if table.name == "Filter")
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::{DescribeImages, DescribeInstances, RunInstances, StopInstances};
    use cvm_protocol::Action;

    use super::*;

    fn code<A: Action>(wire: &str, fault: Fault) -> &'static str {
        let field = A::INFO.request.field(wire).unwrap();
        let violation = Violation { path: wire.to_owned(), field, fault, value: None };
        refusal(Codes(A::INFO), &violation).code
    }

    #[test]
    fn the_most_particular_published_code_is_answered() {
        assert_eq!(
            code::<RunInstances>("ClientToken", Fault::TooLong(64)),
            "InvalidClientToken.TooLong"
        );
        assert_eq!(
            code::<RunInstances>("HostName", Fault::TooLong(60)),
            "InvalidParameterValue.IllegalHostName"
        );
        assert_eq!(
            code::<RunInstances>("InstanceCount", Fault::TooLarge(500)),
            "InvalidParameterValue.Range"
        );
        assert_eq!(
            code::<DescribeImages>("Limit", Fault::TooLarge(100)),
            "InvalidParameterValue.InvalidParameterValueLimit"
        );
        // Published by the one action and not by the other.
        assert_eq!(
            code::<DescribeInstances>("Limit", Fault::TooLarge(100)),
            "InvalidParameterValue"
        );
        assert_eq!(
            code::<DescribeInstances>("Filters", Fault::TooManyItems(10)),
            "InvalidFilterValue.LimitExceeded"
        );
        assert_eq!(
            code::<StopInstances>("InstanceIds", Fault::TooManyItems(100)),
            "InvalidParameterValue.LimitExceeded"
        );
    }

    #[test]
    fn members_that_exclude_each_other_have_three_codes() {
        let beside = |other| Fault::Exclusive(other);
        assert_eq!(
            code::<DescribeImages>("Filters", beside("ImageIds")),
            "InvalidParameter.InvalidParameterCoexistImageIdsFilters"
        );
        assert_eq!(
            code::<StopInstances>("ForceStop", beside("StopType")),
            "InvalidParameterCombination"
        );
        assert_eq!(code::<DescribeInstances>("Filters", beside("InstanceIds")), "InvalidParameter");
    }

    #[test]
    fn every_action_can_answer_every_fault() {
        for info in cvm_models::ACTIONS {
            let codes = Codes(info);
            for field in info.request.members {
                for fault in [
                    Fault::Missing,
                    Fault::TooSmall(1),
                    Fault::TooLong(1),
                    Fault::TooShort(1),
                    Fault::TooManyBytes(1),
                    Fault::TooManyItems(1),
                    Fault::NotAllowed,
                    Fault::BadFormat("ins-xxxxxxxx"),
                    Fault::BadPattern("x"),
                    Fault::Exclusive("Filters"),
                ] {
                    let code = codes.pick(suggestions(field, &fault));
                    assert!(codes.published(code).is_some(), "{} {} {code}", info.name, field.wire);
                }
            }
        }
    }
}
