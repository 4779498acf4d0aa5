//! The answer on the wire: `{"Response": {…, "RequestId": "…"}}`, with HTTP status 200 for success and
//! failure alike.

use std::io;

use bytes::Bytes;
use cvm_protocol::{FieldInfo, Model, Value};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use cvm_simulator::{ApiError, Reply};

/// The only content type that all official SDKs understand: the Python one overlooks errors when a
/// charset follows.
pub(crate) const CONTENT_TYPE: &str = "application/json";

/// Longest response.
const MAX_RESPONSE: usize = 50 << 20;

/// The body of the HTTP response.
pub(crate) fn to_json(reply: &Reply, request_id: &str) -> Bytes {
    to_json_within(reply, request_id, MAX_RESPONSE)
}

fn to_json_within(reply: &Reply, request_id: &str, max: usize) -> Bytes {
    let mut body = Limited { bytes: Vec::new(), most: max };
    // Names are text and depth is finite, which is all that JSON asks, so only the length can be wrong.
    match serde_json::to_writer(&mut body, &Outer(Inner { answer: reply, request_id })) {
        Ok(()) => body.bytes.into(),
        Err(_) => {
            let message = format!("The response would have more than {max} bytes; ask for less.");
            let error = Reply::Error(ApiError::new("ResponseSizeLimitExceeded", message));
            serde_json::to_vec(&Outer(Inner { answer: &error, request_id }))
                .unwrap_or_default()
                .into()
        }
    }
}

/// A body that refuses to grow beyond a length, so that no more memory than that is used.
struct Limited {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Limited {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if more.len() > self.most.saturating_sub(self.bytes.len()) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Outer<'a>(Inner<'a>);

impl Serialize for Outer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("Response", &self.0)?;
        map.end()
    }
}

struct Inner<'a> {
    answer: &'a Reply,
    request_id: &'a str,
}

impl Serialize for Inner<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.answer {
            Reply::Response(model) => members(&**model, &mut map)?,
            Reply::DryRun => {}
            Reply::Error(refusal) => map.serialize_entry("Error", &ErrorBody(refusal))?,
        }
        map.serialize_entry(REQUEST_ID, self.request_id)?;
        map.end()
    }
}

/// The member of every answer that belongs to the envelope, though each response type has it too.
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

fn members<M: SerializeMap>(model: &dyn Model, map: &mut M) -> Result<(), M::Error> {
    for (index, field) in model.table().members.iter().enumerate() {
        if field.wire == REQUEST_ID {
            continue;
        }
        if let Some(value) = written(field, model.member(index)) {
            map.serialize_entry(field.wire, &Answered(value))?;
        }
    }
    Ok(())
}

/// What is promised is written, empty lists among it; what may be null is written as null, empty
/// lists again. A request would leave all of it out, so this is not the encoder of `cvm-protocol`.
fn written<'a>(field: &FieldInfo, value: Value<'a>) -> Option<Value<'a>> {
    let is_nothing = match value {
        Value::Absent => true,
        Value::List(list) => list.is_empty() && !field.always_present,
        _ => false,
    };
    match (is_nothing, field.nullable) {
        (false, _) => Some(value),
        (true, true) => Some(Value::Absent),
        (true, false) => None,
    }
}

struct Answered<'a>(Value<'a>);

impl Serialize for Answered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Absent => serializer.serialize_none(),
            Value::Str(text) | Value::Secret(text) => serializer.serialize_str(text),
            Value::I64(number) => serializer.serialize_i64(number),
            Value::U64(number) => serializer.serialize_u64(number),
            Value::F64(number) => serializer.serialize_f64(number),
            Value::Bool(flag) => serializer.serialize_bool(flag),
            Value::Object(model) => {
                let mut map = serializer.serialize_map(None)?;
                members(model, &mut map)?;
                map.end()
            }
            Value::List(list) => {
                let mut sequence = serializer.serialize_seq(Some(list.len()))?;
                for index in 0..list.len() {
                    sequence.serialize_element(&Answered(list.at(index)))?;
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
        name: "Answer",
        members: &[
            FieldInfo::new("TotalCount", Kind::I64).always_present(),
            FieldInfo::new("Set", Kind::List(&Kind::Str)).always_present(),
            FieldInfo::new("Ipv6", Kind::List(&Kind::Str)).nullable(),
            FieldInfo::new("Note", Kind::Str),
            FieldInfo::new("RequestId", Kind::Str).always_present(),
        ],
        // The members are written in order; nothing looks them up.
        index: NameIndex { multiplier: 1, shift: 63, slots: &[] },
    };

    fn text(answer: &Reply) -> String {
        String::from_utf8(to_json(answer, "r-1").to_vec()).unwrap()
    }

    #[test]
    fn promised_lists_are_written_when_empty_and_nullable_members_as_null() {
        let mut record = Record::new(&TABLE);
        for index in 0..3 {
            let Slot::Optional(option) = record.member_mut(index) else { panic!() };
            option.insert();
        }
        assert_eq!(
            text(&Reply::Response(Box::new(record))),
            r#"{"Response":{"TotalCount":0,"Set":[],"Ipv6":null,"RequestId":"r-1"}}"#
        );
    }

    #[test]
    fn a_response_that_is_too_long_is_refused_with_its_code() {
        let answer = Reply::Error(ApiError::new("InvalidAction", "x".repeat(100)));
        let whole = to_json(&answer, "r-1");
        assert_eq!(to_json_within(&answer, "r-1", whole.len()), whole);
        let refused = to_json_within(&answer, "r-1", whole.len() - 1);
        let json: serde_json::Value = serde_json::from_slice(&refused).unwrap();
        assert_eq!(json["Response"]["Error"]["Code"], "ResponseSizeLimitExceeded");
        assert_eq!(json["Response"]["RequestId"], "r-1");
    }

    #[test]
    fn a_dry_run_answers_the_request_id_alone() {
        assert_eq!(text(&Reply::DryRun), r#"{"Response":{"RequestId":"r-1"}}"#);
    }

    #[test]
    fn a_refusal_is_an_error_in_the_envelope() {
        let refusal = ApiError::new("InvalidAction", "no \"such\" action");
        assert_eq!(
            text(&Reply::Error(refusal)),
            r#"{"Response":{"Error":{"Code":"InvalidAction","Message":"no \"such\" action"},"RequestId":"r-1"}}"#
        );
    }
}
