//! Responses made by hand, for tests of code that receives them.

use bytes::Bytes;
use cvm_protocol::{Kind, Model, ModelInfo, Value};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde_json::json;

use crate::http::HttpResponse;

/// How deep objects that are only there because they are always present may be nested.
const MAX_DEFAULT_DEPTH: u32 = 8;

/// For tests; with feature `test-util`.
impl HttpResponse {
    /// The response of the service to a successful request. `request_id` is used unless the response has one. A member
    /// that a response always has, but that is `None`, gets an empty value: an empty text, `0`, `false`.
    pub fn from_success(response: &dyn Model, request_id: &str) -> Self {
        let mut members = tree(Value::Object(response));
        if let Some(members) = members.as_object_mut() {
            let own = members.get("RequestId").and_then(serde_json::Value::as_str);
            if own.is_none_or(str::is_empty) {
                members.insert("RequestId".to_owned(), request_id.into());
            }
        }
        Self::from_service(&members)
    }

    /// The response of the service to a request that failed.
    pub fn from_error(code: &str, message: &str, request_id: &str) -> Self {
        let error = json!({ "Code": code, "Message": message });
        Self::from_service(&json!({ "Error": error, "RequestId": request_id }))
    }

    /// A response with this status and body, such as that of a proxy.
    pub fn from_text(status: u16, body: impl Into<String>) -> Self {
        Self::new(status, HeaderMap::new(), Bytes::from(body.into()))
    }

    fn from_service(members: &serde_json::Value) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = json!({ "Response": members }).to_string();
        Self::new(200, headers, Bytes::from(body))
    }
}

/// A value as the service writes it. A request leaves out empty lists; a response has them.
fn tree(value: Value<'_>) -> serde_json::Value {
    match value {
        Value::Absent => serde_json::Value::Null,
        Value::Str(text) | Value::Secret(text) => text.into(),
        Value::I64(number) => number.into(),
        Value::U64(number) => number.into(),
        Value::F64(number) => number.into(),
        Value::Bool(flag) => flag.into(),
        Value::List(list) => (0..list.len()).map(|index| tree(list.at(index))).collect(),
        Value::Object(model) => {
            let members = model.table().members.iter().enumerate();
            let members = members.map(|(index, field)| (field, model.member(index)));
            members
                .filter_map(|(field, value)| match value {
                    Value::Absent if !field.always_present => None,
                    Value::Absent => Some((field, empty(&field.kind, 0))),
                    value => Some((field, tree(value))),
                })
                .map(|(field, value)| (field.wire.to_owned(), value))
                .collect()
        }
    }
}

/// The empty value of a kind. An object has the members that are always present.
fn empty(kind: &Kind, depth: u32) -> serde_json::Value {
    match kind {
        Kind::Str => "".into(),
        Kind::I64 | Kind::U64 | Kind::F64 => 0.into(),
        Kind::Bool => false.into(),
        Kind::List(_) => json!([]),
        // A type that contains itself would never end.
        Kind::Object(_) if depth == MAX_DEFAULT_DEPTH => json!({}),
        Kind::Object(ModelInfo { members, .. }) => members
            .iter()
            .filter(|field| field.always_present)
            .map(|field| (field.wire.to_owned(), empty(&field.kind, depth + 1)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use cvm_protocol::{FieldInfo, NameIndex};

    use super::*;

    #[test]
    fn empty_object_has_the_members_that_are_always_present() {
        static TYPE: ModelInfo = ModelInfo {
            name: "Type",
            members: &[
                FieldInfo::new("Name", Kind::Str).always_present(),
                FieldInfo::new("Count", Kind::U64).always_present(),
                FieldInfo::new("Note", Kind::Str),
                FieldInfo::new("Parts", Kind::List(&Kind::Str)).always_present(),
                FieldInfo::new("Own", Kind::Object(&TYPE)).always_present(),
            ],
            index: NameIndex { multiplier: 0, shift: 0, slots: &[] },
        };
        let object = |own| json!({ "Name": "", "Count": 0, "Parts": [], "Own": own });
        let kind = Kind::Object(&TYPE);
        assert_eq!(empty(&kind, MAX_DEFAULT_DEPTH - 2), object(object(json!({}))));
    }
}
