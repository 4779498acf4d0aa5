//! Responses made by hand, for tests of code that receives them.

use bytes::Bytes;
use cvm_protocol::{Model, Value};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde_json::json;

use crate::http::HttpResponse;

/// For tests; with feature `test-util`.
impl HttpResponse {
    /// The response of the service to a successful request. `request_id` is used unless the response has one.
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
            let members = members.map(|(index, field)| (field.wire, model.member(index)));
            members
                .filter(|(_, value)| !value.is_absent())
                .map(|(name, value)| (name.to_owned(), tree(value)))
                .collect()
        }
    }
}
