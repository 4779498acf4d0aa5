//! Writes the response body: `{"Response": {…, "RequestId": "…"}}`. The HTTP status is 200 for success and failure.

use std::io;

use bytes::Bytes;
use cvm_protocol::{FieldInfo, Model, Value};
use cvm_simulator::{ApiError, Reply};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// The only content type that all official SDKs handle: the Python SDK misses errors if a charset follows.
pub(crate) const CONTENT_TYPE: &str = "application/json";

/// Maximum length of a response, in bytes.
const MAX_RESPONSE: usize = 50 << 20;

/// The body of the HTTP response.
pub(crate) fn to_json(reply: &Reply, request_id: &str) -> Bytes {
    to_json_within(reply, request_id, MAX_RESPONSE)
}

/// The body for an error with any code.
pub(crate) fn error_to_json(code: &str, message: &str, request_id: &str) -> Bytes {
    let error = serde_json::json!({ "Code": code, "Message": message });
    let response = serde_json::json!({ "Error": error, REQUEST_ID: request_id });
    serde_json::json!({ "Response": response }).to_string().into()
}

fn to_json_within(reply: &Reply, request_id: &str, max: usize) -> Bytes {
    let mut body = LimitedBuffer { bytes: Vec::new(), max };
    // Names are strings and the depth is finite, so this fails only if the body is too long.
    match serde_json::to_writer(&mut body, &Envelope(Content { reply, request_id })) {
        Ok(()) => body.bytes.into(),
        Err(_) => {
            let message =
                format!("The response would have more than {max} bytes; request fewer items.");
            let error = Reply::Error(ApiError::new("ResponseSizeLimitExceeded", message));
            serde_json::to_vec(&Envelope(Content { reply: &error, request_id }))
                .unwrap_or_default()
                .into()
        }
    }
}

/// A buffer that fails to grow beyond `max` bytes, so that no more memory is used.
struct LimitedBuffer {
    bytes: Vec<u8>,
    max: usize,
}

impl io::Write for LimitedBuffer {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if more.len() > self.max.saturating_sub(self.bytes.len()) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Envelope<'a>(Content<'a>);

impl Serialize for Envelope<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("Response", &self.0)?;
        map.end()
    }
}

struct Content<'a> {
    reply: &'a Reply,
    request_id: &'a str,
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.reply {
            Reply::Response(model) => members(&**model, shown_empty(&**model), &mut map)?,
            Reply::DryRun => {}
            Reply::Error(error) => map.serialize_entry("Error", &ErrorBody(error))?,
        }
        map.serialize_entry(REQUEST_ID, self.request_id)?;
        map.end()
    }
}

/// Written by the envelope, although each response type also has it.
const REQUEST_ID: &str = "RequestId";

struct ErrorBody<'a>(&'a ApiError);

impl Serialize for ErrorBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("Code", self.0.code)?;
        map.serialize_entry("Message", &self.0.message)?;
        map.end()
    }
}

/// Names of lists.
type Names = &'static [&'static str];

/// Lists that the published samples show when they are empty, although no document says that they are always present;
/// for each response.
const SHOWN_EMPTY: &[(&str, Names)] = &[
    ("CreateHpcClusterResponse", &["Tags"]),
    ("CreateVpcResponse", &["AssistantCidrSet"]),
    ("DescribeChcHostsResponse", &["Tags"]),
    ("DescribeDisasterRecoverGroupsResponse", &["Tags"]),
    ("DescribeHpcClustersResponse", &["Tags"]),
    ("DescribeInstancesResponse", &["HostIds", "RdmaIpAddresses"]),
    ("DescribeKeyPairsResponse", &["AssociatedInstanceIds", "Tags"]),
    ("DescribeVpcsResponse", &["AssistantCidrSet"]),
];

fn shown_empty(response: &dyn Model) -> Names {
    let name = response.table().name;
    SHOWN_EMPTY.iter().find(|(of, _)| *of == name).map_or(&[], |(_, names)| names)
}

fn members<M: SerializeMap>(
    model: &dyn Model,
    shown_empty: Names,
    map: &mut M,
) -> Result<(), M::Error> {
    for (index, field) in model.table().members.iter().enumerate() {
        if field.wire == REQUEST_ID {
            continue;
        }
        if let Some(value) = value_to_write(field, shown_empty, model.member(index)) {
            map.serialize_entry(field.wire, &ResponseValue { value, shown_empty })?;
        }
    }
    Ok(())
}

/// The value to write, if any. Guaranteed members and those of [`SHOWN_EMPTY`] are written even if they are empty lists,
/// and all other nullable members are written as null if they are absent or empty. A request omits all of these, so this
/// is not the encoder of `cvm-protocol`.
fn value_to_write<'a>(
    field: &FieldInfo,
    shown_empty: Names,
    value: Value<'a>,
) -> Option<Value<'a>> {
    let is_empty = match value {
        Value::Absent => true,
        Value::List(list) if list.is_empty() => {
            !field.always_present && !shown_empty.contains(&field.wire)
        }
        _ => false,
    };
    match (is_empty, field.nullable) {
        (false, _) => Some(value),
        (true, true) => Some(Value::Absent),
        (true, false) => None,
    }
}

struct ResponseValue<'a> {
    value: Value<'a>,
    shown_empty: Names,
}

impl Serialize for ResponseValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown_empty = self.shown_empty;
        match self.value {
            Value::Absent => serializer.serialize_none(),
            Value::Str(text) | Value::Secret(text) => serializer.serialize_str(text),
            Value::I64(number) => serializer.serialize_i64(number),
            Value::U64(number) => serializer.serialize_u64(number),
            Value::F64(number) => serializer.serialize_f64(number),
            Value::Bool(flag) => serializer.serialize_bool(flag),
            Value::Object(model) => {
                let mut map = serializer.serialize_map(None)?;
                members(model, shown_empty, &mut map)?;
                map.end()
            }
            Value::List(list) => {
                let mut sequence = serializer.serialize_seq(Some(list.len()))?;
                for index in 0..list.len() {
                    let value = list.at(index);
                    sequence.serialize_element(&ResponseValue { value, shown_empty })?;
                }
                sequence.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cvm_protocol::{Kind, ModelInfo, NameIndex, Record, Slot};

    use super::*;

    static TABLE: ModelInfo = ModelInfo {
        name: "Example",
        members: &[
            FieldInfo::new("TotalCount", Kind::I64).always_present(),
            FieldInfo::new("Set", Kind::List(&Kind::Str)).always_present(),
            FieldInfo::new("Ipv6", Kind::List(&Kind::Str)).nullable(),
            FieldInfo::new("Note", Kind::Str),
            FieldInfo::new("RequestId", Kind::Str).always_present(),
        ],
        // Members are written in order and never looked up.
        index: NameIndex { multiplier: 1, shift: 63, slots: &[] },
    };

    fn text(reply: &Reply) -> String {
        String::from_utf8(to_json(reply, "r-1").to_vec()).unwrap()
    }

    #[test]
    fn guaranteed_lists_are_written_when_empty_and_nullable_members_as_null() {
        let mut record = Record::new(&TABLE);
        for index in 0..3 {
            let Slot::Optional(option) = record.member_mut(index) else { panic!() };
            option.get_or_insert_default();
        }
        assert_eq!(
            text(&Reply::Response(Box::new(record))),
            r#"{"Response":{"TotalCount":0,"Set":[],"Ipv6":null,"RequestId":"r-1"}}"#
        );
    }

    #[test]
    fn list_that_samples_show_empty_is_written_when_empty() {
        for (response, names) in SHOWN_EMPTY {
            let services = cvm_simulator::services();
            let mut actions = services.iter().flat_map(|service| service.actions);
            assert!(actions.any(|info| info.response.name == *response), "{response}");
            assert!(!names.is_empty(), "{response}");
        }
        let tags = FieldInfo::new("Tags", Kind::List(&Kind::Str));
        let lists = [&tags, &TABLE.members[2]];
        let empty: Vec<String> = Vec::new();
        let is_list = |field: &FieldInfo, shown_empty| {
            let value = value_to_write(field, shown_empty, Value::List(&empty));
            value.map(|value| matches!(value, Value::List(_)))
        };
        assert_eq!(lists.map(|field| is_list(field, &["Tags", "Ipv6"])), [Some(true); 2]);
        assert_eq!(lists.map(|field| is_list(field, &[])), [None, Some(false)]);
    }

    #[test]
    fn oversized_response_becomes_an_error() {
        let reply = Reply::Error(ApiError::new("InvalidAction", "x".repeat(100)));
        let whole = to_json(&reply, "r-1");
        assert_eq!(to_json_within(&reply, "r-1", whole.len()), whole);
        let too_long = to_json_within(&reply, "r-1", whole.len() - 1);
        let json: serde_json::Value = serde_json::from_slice(&too_long).unwrap();
        assert_eq!(json["Response"]["Error"]["Code"], "ResponseSizeLimitExceeded");
        assert_eq!(json["Response"]["RequestId"], "r-1");
    }

    #[test]
    fn dry_run_returns_only_the_request_id() {
        assert_eq!(text(&Reply::DryRun), r#"{"Response":{"RequestId":"r-1"}}"#);
    }

    #[test]
    fn error_is_written_in_the_envelope() {
        let error = ApiError::new("InvalidAction", "no \"such\" action");
        assert_eq!(
            text(&Reply::Error(error)),
            r#"{"Response":{"Error":{"Code":"InvalidAction","Message":"no \"such\" action"},"RequestId":"r-1"}}"#
        );
    }
}
