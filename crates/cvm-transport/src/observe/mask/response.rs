//! Masks the secrets in a response, wherever they occur.

use cvm_protocol::{Json, Kind, ModelInfo};

use super::{MASK, Secrets};

/// Objects nested deeper than this are not searched for secret members.
const MAX_DEPTH: usize = 8;

/// Masks secret members, members of the same name in any case and place, and every text that repeats such a value or
/// one of `secrets`. Without a table, masks each value except the request id and an error's code and message. Returns
/// the number of masked places.
pub(crate) fn mask_response(
    response: &mut Json,
    table: Option<&'static ModelInfo>,
    request: &'static ModelInfo,
    secrets: &Secrets,
) -> usize {
    let mut values = SecretValues { whole: Vec::new(), secrets: secrets.clone() };
    let Some(table) = table else {
        return mask_untyped(response) + mask_values(response, &values);
    };
    let mut names = Vec::new();
    collect_names(table, 0, &mut names);
    collect_names(request, 0, &mut names);
    let by_name = mask_members(response, Some(table), &names, &mut values);
    by_name + mask_values(response, &values)
}

/// Masks each value of a response without a table.
fn mask_untyped(response: &mut Json) -> usize {
    mask_envelope(response, |_, member| mask_each(member))
}

/// Masks each value of a response that its table does not describe: a new member may be a secret. Its name stays visible.
pub(super) fn mask_unknown(response: &mut Json, table: &'static ModelInfo) {
    mask_envelope(response, |name, member| mask_undescribed(name, member, table));
}

/// Masks the members of a response with `mask`, except the request id and an error's code and message.
fn mask_envelope(response: &mut Json, mask: impl Fn(&str, &mut Json) -> usize) -> usize {
    let Json::Object(members) = response else { return mask_each(response) };
    let in_error = |(name, member): &mut (String, Json)| match (name.as_str(), member) {
        ("Code" | "Message", Json::Text(_)) => 0,
        (_, member) => mask_each(member),
    };
    let in_response = |(name, member): &mut (String, Json)| match (name.as_str(), member) {
        ("RequestId", Json::Text(_)) => 0,
        ("Error", Json::Object(error)) => error.iter_mut().map(in_error).sum(),
        (name, member) => mask(name, member),
    };
    members.iter_mut().map(in_response).sum()
}

/// Masks each value in a member of an object that the table of the object does not describe.
fn mask_undescribed(name: &str, member: &mut Json, table: &'static ModelInfo) -> usize {
    match table.field(name) {
        Some(field) => mask_beside_kind(member, &field.kind),
        None => mask_each(member),
    }
}

/// Masks each value in a value that is not of this kind.
fn mask_beside_kind(value: &mut Json, kind: &Kind) -> usize {
    match (value, kind) {
        (Json::List(items), Kind::List(kind)) => {
            items.iter_mut().map(|item| mask_beside_kind(item, kind)).sum()
        }
        (Json::Object(members), Kind::Object(table)) => {
            let in_object =
                |(name, member): &mut (String, Json)| mask_undescribed(name, member, table);
            members.iter_mut().map(in_object).sum()
        }
        (value, Kind::List(_) | Kind::Object(_)) => mask_each(value),
        (Json::Text(_) | Json::Number(_) | Json::Bool(_), _) => 0,
        (value, _) => mask_each(value),
    }
}

/// Masks each value in a value, and keeps its objects and lists. Returns the number of masked values.
pub(super) fn mask_each(value: &mut Json) -> usize {
    match value {
        Json::Null => 0,
        Json::List(items) => items.iter_mut().map(mask_each).sum(),
        Json::Object(members) => members.iter_mut().map(|(_, member)| mask_each(member)).sum(),
        value => {
            *value = Json::Text(MASK.to_owned());
            1
        }
    }
}

/// The secret values of a response.
struct SecretValues {
    /// Matched exactly, however short.
    whole: Vec<String>,
    /// Matched inside other texts, in any encoding.
    secrets: Secrets,
}

impl SecretValues {
    fn add(&mut self, value: &Json) {
        match value {
            Json::Text(text) | Json::Number(text) => {
                self.secrets.add(text);
                self.whole.push(text.clone());
            }
            Json::List(items) => items.iter().for_each(|item| self.add(item)),
            Json::Object(members) => members.iter().for_each(|(_, member)| self.add(member)),
            Json::Null | Json::Bool(_) | Json::Raw(_) => {}
        }
    }

    fn is_one(&self, text: &str) -> bool {
        self.whole.iter().any(|value| value == text)
    }
}

fn collect_names(table: &'static ModelInfo, depth: usize, names: &mut Vec<&'static str>) {
    for field in table.members {
        if field.secret {
            names.push(field.wire);
        } else if let Kind::Object(inner) = field.kind.innermost()
            && depth < MAX_DEPTH
        {
            collect_names(inner, depth + 1, names);
        }
    }
}

/// Masks secret members. `table` is the model of the value; unknown members have none.
fn mask_members(
    value: &mut Json,
    table: Option<&'static ModelInfo>,
    names: &[&str],
    values: &mut SecretValues,
) -> usize {
    let members = match value {
        Json::List(items) => {
            return items.iter_mut().map(|item| mask_members(item, table, names, values)).sum();
        }
        // It is unknown which part of it is the secret.
        Json::Raw(text) => {
            let text = text.to_ascii_lowercase();
            let is_named = names.iter().any(|name| text.contains(&name.to_ascii_lowercase()));
            if is_named {
                *value = Json::Text(MASK.to_owned());
            }
            return usize::from(is_named);
        }
        Json::Object(members) => members,
        _ => return 0,
    };
    let mut masked = 0;
    for (name, member) in members {
        let field = table.and_then(|table| table.field(name));
        let is_secret = match field {
            Some(field) => field.secret,
            None => names.iter().any(|secret| secret.eq_ignore_ascii_case(name)),
        };
        if is_secret {
            if !member.is_blank() {
                values.add(member);
                *member = Json::Text(MASK.to_owned());
                masked += 1;
            }
            continue;
        }
        let inner = field.and_then(|field| match field.kind.innermost() {
            Kind::Object(inner) => Some(*inner),
            _ => None,
        });
        masked += mask_members(member, inner, names, values);
    }
    masked
}

/// Masks every repetition of a value.
fn mask_values(value: &mut Json, values: &SecretValues) -> usize {
    match value {
        Json::Text(text) | Json::Number(text) if values.is_one(text) => {
            *value = Json::Text(MASK.to_owned());
            1
        }
        Json::Text(text) => mask_text(text, values),
        Json::Raw(text) if values.secrets.is_repeated_in(text) => {
            *value = Json::Text(MASK.to_owned());
            1
        }
        Json::List(items) => items.iter_mut().map(|item| mask_values(item, values)).sum(),
        Json::Object(members) => members
            .iter_mut()
            .map(|(name, member)| mask_text(name, values) + mask_values(member, values))
            .sum(),
        _ => 0,
    }
}

fn mask_text(text: &mut String, values: &SecretValues) -> usize {
    let clean = values.secrets.scrub_whole(text);
    let is_changed = clean != text.as_str();
    if is_changed {
        *text = clean.into_owned();
    }
    usize::from(is_changed)
}

#[cfg(test)]
mod tests {
    use cvm_protocol::{FieldInfo, NameIndex};

    use super::*;

    static PAIR: ModelInfo = ModelInfo {
        name: "Pair",
        members: &[FieldInfo::new("PrivateKey", Kind::Str).secret()],
        index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
    };
    static RESPONSE: ModelInfo = ModelInfo {
        name: "Response",
        members: &[FieldInfo::new("Pair", Kind::List(&Kind::Object(&PAIR)))],
        index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
    };

    #[test]
    fn secret_values_are_masked_everywhere() {
        let mut secrets = Secrets::default();
        secrets.add("S3cret-of-request");
        let deep = "[".repeat(200) + "\"canary\"" + &"]".repeat(200);
        for (text, masked) in [
            (r#"{"Pair":{"PrivateKey":"canary"}}"#, 1),
            (r#"{"Pair":{"PrivateKey":"canary"},"Copy":{"PrivateKey":"canary"}}"#, 2),
            (r#"{"Copy":"say canary","Pair":[{"PrivateKey":"canary"}]}"#, 2),
            (r#"{"Pair":{"privateKey":"canary"},"canary":1}"#, 2),
            (r#"{"New":[{"PRIVATEKEY":["canary"]}],"Url":"a=can%61ry"}"#, 2),
            (r#"{"New":"S3cret-of-request canary","Pair":[{"PrivateKey":"canary"}]}"#, 2),
            (r#"{"Pair":{"PrivateKey":"canary","\ud800":0}}"#, 1),
            (&format!(r#"{{"Pair":{{"PrivateKey":"canary"}},"New":{deep}}}"#), 2),
        ] {
            let mut json = Json::parse_lenient(text.as_bytes()).unwrap();
            assert_eq!(
                mask_response(&mut json, Some(&RESPONSE), &PAIR, &secrets),
                masked,
                "{}",
                json.pretty()
            );
            let shown = json.pretty().to_ascii_lowercase();
            assert!(!shown.contains("canary") && !shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn similar_values_are_not_masked() {
        let text = r#"{"Pair":{"PrivateKey":"-----BEGIN RSA PRIVATE KEY-----\nabcdefghijklmnop"},
            "PublicKey":"-----BEGIN RSA PRIVATE KEY----- of another"}"#;
        let mut json = Json::parse_lenient(text.as_bytes()).unwrap();
        assert_eq!(mask_response(&mut json, Some(&RESPONSE), &PAIR, &Secrets::default()), 1);
        assert!(json.pretty().contains("of another"), "{}", json.pretty());
    }
}
