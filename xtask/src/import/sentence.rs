//! Writes descriptions of imported items from their structure.
//!
//! The texts of the model belong to somebody else and are not copied. The maintainer of the imported specs replaces these
//! descriptions over time.

use super::model::{Action, Member, ValueType};
use crate::spec::spec_file::Usage;

/// The reference to the service's documentation.
const ELSEWHERE: &str = "see the service's own documentation for its meaning";

/// Describes a member.
pub fn member(member: &Member, usage: Usage) -> String {
    let way = match usage {
        Usage::In => "sent",
        Usage::Out => "returned",
        Usage::Both => "sent and returned",
    };
    let what = match (&member.value_type, member.list) {
        (ValueType::Type(name), false) => format!("Object of the type `{name}`"),
        (ValueType::Type(name), true) => format!("List of `{name}` objects"),
        (ValueType::Scalar(name), list) => match (*name, list) {
            ("int64", false) => "Integer".to_owned(),
            ("int64", true) => "List of integers".to_owned(),
            ("uint64", false) => "Non-negative integer".to_owned(),
            ("uint64", true) => "List of non-negative integers".to_owned(),
            ("float", false) => "Number".to_owned(),
            ("float", true) => "List of numbers".to_owned(),
            ("bool", false) => "Boolean".to_owned(),
            ("bool", true) => "List of booleans".to_owned(),
            ("datetime", false) => "Time".to_owned(),
            ("datetime_iso", false) => "Time in ISO 8601".to_owned(),
            ("date", false) => "Date".to_owned(),
            ("datetime" | "datetime_iso", true) => "List of times".to_owned(),
            ("date", true) => "List of dates".to_owned(),
            (_, false) => "String".to_owned(),
            (_, true) => "List of strings".to_owned(),
        },
    };
    format!("{what} {way} as `{}`; {ELSEWHERE}.", member.name)
}

/// Describes an action.
pub fn action(read: bool) -> String {
    let doing = if read { "Reads something" } else { "Changes something" };
    format!("{doing}, judging by the name alone; {ELSEWHERE}.")
}

/// Why an action has its retry class.
pub fn retry(read: bool, has_token: bool) -> &'static str {
    match (read, has_token) {
        (true, _) => "Imported: it only reads, judging by its name.",
        (false, true) => {
            "Imported: it is not known whether a retry is safe; its `ClientToken` may make it so."
        }
        (false, false) => "Imported: it is not known whether a retry is safe.",
    }
}

/// How to find out whether a request took effect.
pub fn reconcile() -> &'static str {
    "Imported: no Describe action is known that shows the effect; check with the service's own tools."
}

/// What an error code of the gateway means, unless the text in the specs of CVM holds, and what to do about it. `None` if both
/// texts hold for every service.
pub fn error(code: &str, service: &str, version: &str) -> Option<(Option<&'static str>, String)> {
    let (doc, fix) = match code {
        "InternalError" => (
            Some("An internal error of the service occurred while it processed the request."),
            "Retry reads after a pause; for a change, first check whether it took effect.",
        ),
        "InvalidAction" => {
            let fix = format!("Check the spelling of the action and the version `{version}`.");
            return Some((None, fix));
        }
        "NoSuchProduct" => {
            let endpoint = format!("{service}.tencentcloudapi.com");
            let fix = format!("Correct the endpoint; for this service it is `{endpoint}`.");
            return Some((None, fix));
        }
        "NoSuchVersion" => {
            return Some((None, format!("Set the `X-TC-Version` header to `{version}`.")));
        }
        "ResourceInUse" => (
            Some("Another operation or resource is using the resource."),
            "Read its state, wait until it is free, then retry.",
        ),
        "ResourceUnavailable" => (
            Some("The resource cannot be used at present; the message gives the reason."),
            "Read its state, then retry later or use another resource.",
        ),
        "ResponseSizeLimitExceeded" => (
            None,
            "For a read, use filters or smaller pages; for a change, first check whether it took effect.",
        ),
        "UnknownParameter" => (
            Some("The request contains a member that the action does not have."),
            "Remove the member named in the message, or correct its spelling.",
        ),
        _ => return None,
    };
    Some((doc, fix.to_owned()))
}

/// Further notes about an action.
pub fn notes(action: &Action) -> Vec<&'static str> {
    let unsigned = action.unsigned.then_some("The service accepts it without a signature.");
    let offline = action.offline.then_some("The service has turned it off.");
    unsigned.into_iter().chain(offline).collect()
}

/// Describes a shared type.
pub fn type_(members: usize, usage: Usage) -> String {
    let way = match usage {
        Usage::In => "requests contain",
        Usage::Out => "responses contain",
        Usage::Both => "requests and responses contain",
    };
    let size = match members {
        0 => "no members".to_owned(),
        1 => "one member".to_owned(),
        many => format!("{many} members"),
    };
    format!("Object with {size} that {way}; {ELSEWHERE}.")
}

/// Describes a service.
pub fn service() -> &'static str {
    "Imported from a published API model: names and structure are the service's, descriptions are generated."
}
