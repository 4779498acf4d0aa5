//! Masks secrets in everything that people see: wire dumps, debug output, messages that a server sends back.

mod echo;
mod response;
mod secrets;

use std::borrow::Cow;
use std::collections::HashSet;

use cvm_protocol::query_form::COMMON_PARAMETERS;
use cvm_protocol::{Json, Kind, ModelInfo, Value, percent};

pub(crate) use cvm_protocol::cut;
pub(crate) use response::mask_response;
pub(crate) use secrets::Secrets;

/// Replaces a secret.
pub(crate) const MASK: &str = "***";

/// The maximum number of characters shown of an unreadable body.
const EXCERPT: usize = 200;

/// The [common parameters](COMMON_PARAMETERS) that are secret.
const COMMON_SECRETS: [&str; 2] = ["Signature", "Token"];

/// Masks the secret members of a request, and each value of an unknown member, which may be a secret.
pub(crate) fn mask_json(value: &mut serde_json::Value, table: &ModelInfo) {
    let Some(members) = value.as_object_mut() else { return mask_values(value) };
    for (name, member) in members {
        let Some(field) = table.field(name) else {
            mask_values(member);
            continue;
        };
        if field.secret {
            if !member.is_null() {
                *member = MASK.into();
            }
        } else if let Kind::Object(inner) = field.kind.innermost() {
            match member {
                serde_json::Value::Array(items) => {
                    items.iter_mut().for_each(|item| mask_json(item, inner));
                }
                single => mask_json(single, inner),
            }
        }
    }
}

/// Masks each value in a value, and keeps its objects and lists.
fn mask_values(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Null => {}
        serde_json::Value::Array(items) => items.iter_mut().for_each(mask_values),
        serde_json::Value::Object(members) => members.values_mut().for_each(mask_values),
        value => *value = MASK.into(),
    }
}

/// The JSON body of a request with secrets masked.
pub(crate) fn request_json(body: &[u8], table: &ModelInfo) -> String {
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(mut value) => {
            mask_json(&mut value, table);
            value.to_string()
        }
        Err(_) => MASK.to_owned(),
    }
}

/// The JSON body of a response with secrets masked, and with each value masked that no table describes. If it is no envelope, a
/// short excerpt.
pub(crate) fn response_json(
    body: &[u8],
    table: Option<&'static ModelInfo>,
    request: &'static ModelInfo,
    secrets: &Secrets,
) -> String {
    match Json::parse_lenient(body) {
        Ok(mut json) if matches!(json.member("Response"), Some(Json::Object(_))) => {
            if let Json::Object(members) = &mut json {
                for (name, member) in members {
                    if name != "Response" {
                        response::mask_each(member);
                        continue;
                    }
                    mask_response(member, table, request, secrets);
                    if let Some(table) = table {
                        response::mask_unknown(member, table);
                    }
                }
            }
            let mut value = json.to_value();
            // Each text first: a message that quotes the request is escaped once more in the body.
            secrets.scrub_texts(&mut value);
            // A quotation in the message may be cut off.
            if let Some(serde_json::Value::String(text)) =
                value.pointer_mut("/Response/Error/Message")
            {
                *text = secrets.scrub_cut(text).into_owned();
            }
            secrets.scrub(&value.to_string()).into_owned()
        }
        _ => excerpt(body, table, secrets),
    }
}

/// The pairs of a query or form with secrets masked, still percent-encoded.
pub(crate) fn pairs(text: &str, table: &'static ModelInfo) -> String {
    let masked = text.split('&').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = percent::decode(name).unwrap_or(Cow::Borrowed(name));
        if decoded == "SecretId" {
            format!("{name}={}", secret_id(value))
        } else if COMMON_SECRETS.contains(&&*decoded) || is_secret_path(&decoded, table) {
            format!("{name}={MASK}")
        } else {
            pair.to_owned()
        }
    });
    masked.collect::<Vec<_>>().join("&")
}

/// Whether a pair has a secret, or a member that the model does not know.
fn is_secret_path(path: &str, table: &'static ModelInfo) -> bool {
    if COMMON_PARAMETERS.contains(&path) {
        return false;
    }
    let mut kind = Kind::Object(table);
    for step in path.split('.') {
        let is_index = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
        kind = match kind {
            Kind::Object(table) => match table.field(step) {
                Some(field) if !field.secret => field.kind,
                _ => return true,
            },
            Kind::List(item) if is_index => *item,
            _ => return true,
        };
    }
    false
}

/// The prefix of a secret id, which shows its kind.
pub(crate) fn secret_id(id: &str) -> &'static str {
    if id.starts_with("AKID") { "AKID****" } else { "****" }
}

/// The value of an `Authorization` header with secrets masked.
pub(crate) fn authorization(value: &str) -> String {
    let Some((head, _)) = value.rsplit_once("Signature=") else { return MASK.to_owned() };
    let masked_id = head.split_once("Credential=").and_then(|(before, after)| {
        let (id, scope) = after.split_once('/')?;
        Some(format!("{before}Credential={}/{scope}", secret_id(id)))
    });
    masked_id.map_or_else(|| MASK.to_owned(), |head| format!("{head}Signature={MASK}"))
}

/// The maximum size of a message of the service, in bytes.
pub(crate) const MAX_MESSAGE: usize = 4 * 1024;
/// The maximum size of a name in a message, such as a code or request id of the service, in bytes.
pub(crate) const MAX_NAME: usize = 256;

/// The printable beginning of a response body, for an error message. A body that contains the name of a secret member
/// and is not valid JSON is not shown, because it is unknown where the secret ends. Neither is a part of a response with a member
/// that the table does not have, which may be a secret. Without a table, any part of a response may be secret.
pub(crate) fn excerpt(body: &[u8], table: Option<&'static ModelInfo>, secrets: &Secrets) -> String {
    let text = String::from_utf8_lossy(body);
    let named = match table {
        Some(table) => secret_named(&text, table, 0),
        None => text.contains(RESPONSE).then_some("Response"),
    };
    if let Some(name) = named {
        return format!("{} bytes, not shown because they contain `{name}`", body.len());
    }
    let text = String::from_utf8_lossy(body.get(..body.len().min(16 * 1024)).unwrap_or(body));
    if table.is_some_and(|table| text.contains(RESPONSE) && has_unknown_name(&text, table)) {
        return format!("{} bytes, not shown because they contain an unknown member", body.len());
    }
    let scrubbed = secrets.scrub_cut(&text);
    let mut excerpt: String = scrubbed
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(EXCERPT)
        .collect();
    if scrubbed.chars().nth(EXCERPT).is_some() {
        excerpt.push('…');
    }
    excerpt
}

/// The name that marks a part of a response.
const RESPONSE: &str = "\"Response\"";

/// Whether a part of a JSON text has the name of a member that neither the table nor an envelope has.
fn has_unknown_name(text: &str, table: &'static ModelInfo) -> bool {
    let mut known = HashSet::from(["Response", "RequestId", "Error", "Code", "Message"]);
    collect_names(table, 0, &mut known);
    text.match_indices('"').any(|(end, _)| {
        let (name, rest) = text.split_at_checked(end).unwrap_or_default();
        let is_name = rest.get(1..).is_some_and(|rest| rest.trim_start().starts_with(':'));
        is_name && !name.rsplit('"').next().is_some_and(|name| known.contains(name))
    })
}

fn collect_names(table: &'static ModelInfo, depth: usize, names: &mut HashSet<&'static str>) {
    const MAX_DEPTH: usize = 8;
    for field in table.members {
        names.insert(field.wire);
        if let Kind::Object(inner) = field.kind.innermost()
            && depth < MAX_DEPTH
        {
            collect_names(inner, depth + 1, names);
        }
    }
}

/// A secret member of the model, or of a nested one, whose name a text contains.
fn secret_named(text: &str, table: &ModelInfo, depth: usize) -> Option<&'static str> {
    const MAX_DEPTH: usize = 8;
    table.members.iter().find_map(|field| match field.kind.innermost() {
        _ if field.secret => text.contains(field.wire).then_some(field.wire),
        Kind::Object(inner) if depth < MAX_DEPTH => secret_named(text, inner, depth + 1),
        _ => None,
    })
}

/// Whether a request sets a secret member.
pub(crate) fn has_secret(value: Value<'_>) -> bool {
    match value {
        Value::Object(model) => model.table().members.iter().enumerate().any(|(index, field)| {
            let member = model.member(index);
            (field.secret && !member.is_blank()) || has_secret(member)
        }),
        Value::List(list) => (0..list.len()).any(|index| has_secret(list.at(index))),
        Value::Secret(text) => !text.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use cvm_protocol::{FieldInfo, NameIndex, Record, json};

    use super::*;

    static LOGIN: ModelInfo = ModelInfo {
        name: "LoginSettings",
        members: &[
            FieldInfo::new("Password", Kind::Str).secret(),
            FieldInfo::new("Zone", Kind::Str),
        ],
        index: NameIndex { multiplier: 0x1027c4d1c386bbc5, shift: 63, slots: &[0, 1] },
    };

    static RUN: ModelInfo = ModelInfo {
        name: "Run",
        members: &[
            FieldInfo::new("Logins", Kind::List(&Kind::Object(&LOGIN))),
            FieldInfo::new("Zone", Kind::Str),
            FieldInfo::new("Names", Kind::List(&Kind::Str)),
        ],
        index: NameIndex { multiplier: 0xcd613e30d8f16adf, shift: 62, slots: &[2, 0, 1, 255] },
    };

    const CANARY: &str = "Qcloud@Canary\"123++";

    fn request() -> Record {
        let mut request = Record::new(&RUN);
        let value = serde_json::json!({ "Logins": [{ "Password": CANARY }] });
        json::from_value(&mut request, &value).unwrap();
        request
    }

    #[test]
    fn secrets_are_masked_in_json_and_forms() {
        let body = json::to_vec(&request()).unwrap();
        assert_eq!(request_json(&body, &RUN), r#"{"Logins":[{"Password":"***"}]}"#);
        assert_eq!(
            pairs("Logins.0.Password=x%2B&Signature=a%3D&SecretId=AKIDx&Nonce=1", &RUN),
            "Logins.0.Password=***&Signature=***&SecretId=AKID****&Nonce=1"
        );
    }

    #[test]
    fn set_secret_is_detected() {
        assert!(has_secret(Value::Object(&request())));
        assert!(!has_secret(Value::Object(&Record::new(&RUN))));
    }

    #[test]
    fn unusual_json_is_shown_without_secrets() {
        for new in [r#""\ud800""#, "1e999", r#"{"A":1,"A":2}"#] {
            let body = format!(
                r#"{{"Response":{{"Logins":[{{"Password":"canary","New":{new}}}],"Zone":"here"}}}}"#
            );
            let shown = response_json(body.as_bytes(), Some(&RUN), &RUN, &Secrets::default());
            assert!(!shown.contains("canary") && shown.contains(r#""Zone":"here""#), "{shown}");
        }
    }

    #[test]
    fn values_of_unknown_members_of_a_response_are_masked() {
        let body = r#"{"Response":{
            "Logins":[{"Zone":"here","Pin":"canary"},"canary",null],
            "Zone":{"New":"canary"},
            "Names":["shown",["canary"],{"New":"canary"}],
            "New":[{"Key":"canary"},1234,true,null],
            "Error":{"Code":"Bad","Message":"too bad","Detail":"canary"},
            "RequestId":"r-1"},"Beside":"canary"}"#;
        let shown = response_json(body.as_bytes(), Some(&RUN), &RUN, &Secrets::default());
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        let expected = serde_json::json!({ "Response": {
            "Logins": [{ "Zone": "here", "Pin": MASK }, MASK, null],
            "Zone": { "New": MASK },
            "Names": ["shown", [MASK], { "New": MASK }],
            "New": [{ "Key": MASK }, MASK, MASK, null],
            "Error": { "Code": "Bad", "Message": "too bad", "Detail": MASK },
            "RequestId": "r-1" }, "Beside": MASK });
        assert_eq!(shown, expected);
    }

    #[test]
    fn unknown_names_in_pairs_are_masked() {
        for name in
            ["New", "0", "7.Zone", "Logins.Zone", "Logins.x.Zone", "Zone.0", "Names.0.0", ""]
        {
            assert_eq!(pairs(&format!("{name}=canary"), &RUN), format!("{name}=***"));
        }
        for name in ["Zone", "Logins.0.Zone", "Names.10", "Region"] {
            assert_eq!(pairs(&format!("{name}=here"), &RUN), format!("{name}=here"));
        }
    }

    #[test]
    fn invalid_json_with_a_secret_name_is_not_shown() {
        for body in
            [r#"{"Response":{"Logins":[{"Password":"canary"},{"#, r#"[{"Password":"canary"}]"#]
        {
            for shown in [
                excerpt(body.as_bytes(), Some(&RUN), &Secrets::default()),
                response_json(body.as_bytes(), Some(&RUN), &RUN, &Secrets::default()),
            ] {
                assert!(!shown.contains("canary") && shown.contains("`Password`"), "{shown}");
            }
        }
    }

    #[test]
    fn part_of_a_response_with_an_unknown_member_is_not_shown() {
        for (body, is_shown) in [
            (r#"{"Response":{"Zone":"canary","Names":["a"#, true),
            (r#"{"Response":{"RequestId":"r","Error":{"Code":"Bad","Message":"canary"#, true),
            (r#"{"Response": {"Zone" : "canary", "Na"#, true),
            (r#"{"Response":{"Zone":"here","InitialPin":"canary","#, false),
            (r#"{"Response":{"Zone":"here","New": {"Zone" : "canary"#, false),
            ("<html>\"title\": canary</html>", true),
        ] {
            let shown = excerpt(body.as_bytes(), Some(&RUN), &Secrets::default());
            assert_eq!(shown.contains("canary"), is_shown, "{body}: {shown}");
            assert_eq!(shown.contains("an unknown member"), !is_shown, "{body}: {shown}");
        }
    }

    #[test]
    fn excerpt_is_short_and_printable() {
        let body = format!("<html>\u{1b}[31m\n{}", "x".repeat(10_000));
        let shown = excerpt(body.as_bytes(), Some(&RUN), &Secrets::default());
        assert!(shown.chars().count() <= EXCERPT + 1);
        assert!(!shown.contains(['\u{1b}', '\n']));
    }

    #[test]
    fn authorization_keeps_its_form() {
        assert_eq!(
            authorization(
                "TC3-HMAC-SHA256 Credential=AKIDabc/2019-02-25/cvm/tc3_request, SignedHeaders=host, Signature=ff"
            ),
            "TC3-HMAC-SHA256 Credential=AKID****/2019-02-25/cvm/tc3_request, SignedHeaders=host, Signature=***"
        );
        assert_eq!(authorization("Bearer abc"), MASK);
    }
}
