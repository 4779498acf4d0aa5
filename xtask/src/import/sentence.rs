//! Descriptions of what an import knows by structure alone.
//!
//! The model's own texts are somebody else's and are not taken over. What is written here is plain
//! and says where to look; whoever keeps the imported specs replaces it by and by.

use super::model::{Action, Holds, Member};
use crate::spec::spec_file::Usage;

/// Where the meaning of anything is told.
const ELSEWHERE: &str = "see the service's own documentation for its meaning";

/// What a member is.
pub fn member(member: &Member, usage: Usage) -> String {
    let way = match usage {
        Usage::In => "sent",
        Usage::Out => "answered",
        Usage::Both => "carried",
    };
    let what = match (&member.holds, member.list) {
        (Holds::Type(name), false) => format!("Object of the type `{name}`"),
        (Holds::Type(name), true) => format!("List of `{name}` objects"),
        (Holds::Scalar(name), list) => match (*name, list) {
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
            (_, false) => "Text".to_owned(),
            (_, true) => "List of texts".to_owned(),
        },
    };
    format!("{what} {way} as `{}`; {ELSEWHERE}.", member.name)
}

/// What an action does.
pub fn action(read: bool) -> String {
    let doing = if read { "Reads something" } else { "Changes something" };
    format!("{doing}, judging by the name alone; {ELSEWHERE}.")
}

/// Why an action has its retry class.
pub fn retry(read: bool) -> &'static str {
    if read {
        "Imported: its name begins as those of reads do."
    } else {
        "Imported: nothing is known of a second sending."
    }
}

/// How to find out what became of a change.
pub fn reconcile() -> &'static str {
    "Imported: no list is known that shows it; look with the service's own tools."
}

/// What else the model says of an action.
pub fn notes(action: &Action) -> Vec<&'static str> {
    let unsigned = action.unsigned.then_some("The service takes it without a signature.");
    let offline = action.offline.then_some("The service has switched it off.");
    unsigned.into_iter().chain(offline).collect()
}

/// What a shared type is.
pub fn type_(members: usize, usage: Usage) -> String {
    let way = match usage {
        Usage::In => "requests carry",
        Usage::Out => "answers carry",
        Usage::Both => "requests and answers carry",
    };
    let size = match members {
        0 => "no members".to_owned(),
        1 => "one member".to_owned(),
        many => format!("{many} members"),
    };
    format!("Object with {size} that {way}; {ELSEWHERE}.")
}

/// What a service is.
pub fn service() -> &'static str {
    "Imported from a published API model: names and structure are the service's, descriptions generated."
}
