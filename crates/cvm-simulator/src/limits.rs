//! Limits on lists and texts for which no document states one.
//!
//! They limit the work and the memory of one request, so they are checked before anything else reads the lists, and
//! outside the lock of the state. They are limits of the emulator: the model info, and so the documentation and the
//! validation of clients, does not contain them.

use cvm_protocol::{FieldInfo, Model, Value, Violation, ViolationKind};

/// Maximum number of items of a list: as many as the documented limits on ids allow.
const ITEMS: u32 = 100;
/// Maximum number of accounts in a request. An image allows fewer, with an error code of its own.
const ACCOUNTS: u32 = 1000;
/// Maximum length of a text in characters.
const TEXT: u32 = 256;
/// Maximum length of the URL of a file, which can contain a signature.
const URL: u32 = 4096;
/// Maximum length of a public key.
const PUBLIC_KEY: u32 = 16 * 1024;
/// Maximum length of an access policy.
const POLICY: u32 = 4096;
/// Maximum length of the token of an identity provider.
const WEB_IDENTITY_TOKEN: u32 = 16 * 1024;

/// The first member that exceeds such a limit.
pub(crate) fn first_violation(model: &dyn Model) -> Option<Violation> {
    object(model, "")
}

fn object(model: &dyn Model, path: &str) -> Option<Violation> {
    model.table().members.iter().enumerate().find_map(|(index, field)| {
        let path =
            if path.is_empty() { field.wire.to_owned() } else { format!("{path}.{}", field.wire) };
        value(field, path, model.member(index))
    })
}

fn value(field: &'static FieldInfo, path: String, value: Value<'_>) -> Option<Violation> {
    let violation = |path, fault| Some(Violation { path, field, fault, value: None });
    match value {
        Value::List(list) => {
            let max = most_items(field);
            if list.len() > max as usize {
                return violation(path, ViolationKind::TooManyItems(max));
            }
            (0..list.len())
                .find_map(|index| self::value(field, format!("{path}.{index}"), list.at(index)))
        }
        Value::Object(model) => object(model, &path),
        Value::Str(text) | Value::Secret(text) => {
            let max = most_characters(field)?;
            // A character has at most four bytes, so most texts need no counting.
            let is_long = text.len() > max as usize && text.chars().count() > max as usize;
            if is_long { violation(path, ViolationKind::TooLong(max)) } else { None }
        }
        _ => None,
    }
}

/// The documented limit, or else the assumed one.
fn most_items(field: &FieldInfo) -> u32 {
    let assumed = if field.wire == "AccountIds" { ACCOUNTS } else { ITEMS };
    field.max_items.unwrap_or(assumed)
}

/// The assumed limit of a text; `None` if the model info limits it.
fn most_characters(field: &FieldInfo) -> Option<u32> {
    if field.max_length.is_some() || field.max_bytes.is_some() {
        return None;
    }
    Some(match field.wire {
        "Policy" => POLICY,
        "PublicKey" => PUBLIC_KEY,
        "WebIdentityToken" => WEB_IDENTITY_TOKEN,
        name if name.ends_with("Url") => URL,
        _ => TEXT,
    })
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::DescribeImages;
    use cvm_models::types::Filter;

    use super::*;

    #[test]
    fn lists_and_texts_without_a_documented_limit_are_limited() {
        let ids = |count: usize| DescribeImages {
            image_ids: vec!["img-12345678".into(); count],
            ..Default::default()
        };
        assert!(first_violation(&ids(100)).is_none());
        let violation = first_violation(&ids(101)).unwrap();
        assert_eq!(
            (violation.path.as_str(), violation.fault),
            ("ImageIds", ViolationKind::TooManyItems(100))
        );
        let filtered = |value: String| DescribeImages {
            filters: vec![Filter { values: vec![value], ..Default::default() }],
            ..Default::default()
        };
        // Characters count, not bytes.
        assert!(first_violation(&filtered("\u{4e00}".repeat(256))).is_none());
        let violation = first_violation(&filtered("x".repeat(257))).unwrap();
        assert_eq!(violation.path, "Filters.0.Values.0");
        assert_eq!(violation.fault, ViolationKind::TooLong(256));
        assert_eq!(violation.value, None, "a long value is not repeated");
    }
}
