//! The answer's envelope: `{"Response": {…}}` with either an `Error` or the members of the action.
//!
//! Success and failure are told apart by the presence of `Error` alone, whatever the HTTP status or the
//! content type say: the official Python client overlooks errors when a gateway adds a charset.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::decode::{Key, KeySeed, ModelVisitor, Progress, only_an_object, restore};
use crate::drift::{Ledger, Place};
use crate::json::conclude;
use crate::{
    DecodeError, ErrorCode, FieldInfo, Json, Kind, Model, NameIndex, Report, ServiceError, Table,
    member_named, model,
};

/// An answer of the service, read.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// What the service refused with; without it the call succeeded.
    pub error: Option<ServiceError>,
    /// The id under which the service knows the call.
    pub request_id: Option<String>,
    /// Whether the error has the form of the pre-2017 gateway, `{"code": 4100, …}`; its number is the code.
    pub is_old_gateway: bool,
    /// Whether there is an error and a result too. Such a response contradicts itself: neither half of it
    /// proves anything.
    pub is_contradictory: bool,
    /// What deviated from the specification. A promised member that is missing here on an action
    /// that changes something means that the outcome is unknown.
    pub report: Report,
}

/// Reads an answer into `response`.
///
/// Both spellings of the request id, `RequestId` and the older `RequestID`, are taken. The form of
/// the pre-2017 gateway, `{"code": 4100, …}`, is read as an error too.
///
/// # Errors
///
/// When the text is not JSON, is not an envelope, or gives a member twice at any level.
pub fn decode(response: &mut dyn Model, body: &[u8]) -> Result<Envelope, DecodeError> {
    let ledger = Ledger::of_response(body.len());
    let mut content = Content::default();
    let place = Place::root(&ledger);
    let outer = Outer { response: &mut *response, content: &mut content, place: &place };
    // As in `json::from_slice`.
    let outcome = match std::str::from_utf8(body) {
        Ok(text) => read(outer, &mut serde_json::Deserializer::from_str(text)),
        Err(_) => read(outer, &mut serde_json::Deserializer::from_slice(body)),
    };
    let wants_digits = ledger.wants_digits();
    let report = conclude(ledger, outcome).map_err(|error| error.of_text(body, self::response))?;
    if wants_digits {
        restore(response, &self::response(body));
    }
    let request_id = content
        .request_id
        .or_else(|| member_named(response, "RequestId").as_str().map(str::to_owned))
        .filter(|id| !id.is_empty());
    let is_contradictory = content.is_contradictory
        || (content.error.is_some() && has_result(&self::response(body), response.table()));
    let error = content.error.map(|error| ServiceError {
        code: ErrorCode::from(error.code),
        message: error.message,
        request_id: request_id.clone().unwrap_or_default(),
    });
    let is_old_gateway = content.is_old_gateway;
    Ok(Envelope { error, request_id, is_old_gateway, is_contradictory, report })
}

/// Whether a response with an error gives a member of its action too, in whatever case its name is written.
fn has_result(response: &Json, table: &Table) -> bool {
    let Json::Object(members) = response else { return false };
    members.iter().any(|(name, value)| {
        let is_member = |field: &FieldInfo| field.wire.eq_ignore_ascii_case(name);
        !name.eq_ignore_ascii_case("RequestId")
            && table.members.iter().any(is_member)
            && !value.is_blank()
    })
}

/// Everything in `Response` of an answer that [`decode`] has taken, as the service wrote it. For another
/// text it is that text.
#[must_use]
pub fn response(body: &[u8]) -> Json {
    match Json::scan(body) {
        Json::Object(members) if members.iter().any(|(name, _)| name == "Response") => {
            let found = members.into_iter().find(|(name, _)| name == "Response");
            found.map_or(Json::Null, |(_, response)| response)
        }
        whole => whole,
    }
}

/// The request id in a body that is JSON, whether or not [`decode`] can read the rest.
#[must_use]
pub fn request_id(body: &[u8]) -> Option<String> {
    let response = Json::scan(body);
    let response = response.member("Response")?;
    let mut ids = ["RequestId", "RequestID"].into_iter().filter_map(|name| response.member(name));
    ids.find_map(Json::as_text).filter(|id| !id.is_empty()).map(str::to_owned)
}

fn read<'de, R: serde_json::de::Read<'de>>(
    outer: Outer<'_, '_>,
    source: &mut serde_json::Deserializer<R>,
) -> Result<(), serde_json::Error> {
    source.deserialize_any(outer).and_then(|()| source.end())
}

/// What the envelope holds beside the members of the action.
#[derive(Default)]
struct Content {
    error: Option<ErrorBody>,
    request_id: Option<String>,
    is_old_gateway: bool,
    is_contradictory: bool,
}

/// `{"Code": …, "Message": …}`: a model like any other, so that the engine refuses duplicates in it.
#[derive(Clone, Default)]
struct ErrorBody {
    code: String,
    message: String,
}

static ERROR_BODY: Table = Table {
    name: "Error",
    members: &[
        FieldInfo::new("Code", Kind::Str).promised(),
        FieldInfo::new("Message", Kind::Str).promised(),
    ],
    index: NameIndex { multiplier: 0x9e3779b97f4a7ca1, shift: 63, slots: &[1, 0] },
};

model!(ErrorBody ERROR_BODY { 0 code 1 message });

/// Reads the member `Error`, which may be null.
struct ErrorSeed<'p>(Place<'p>);

impl<'de> DeserializeSeed<'de> for ErrorSeed<'_> {
    type Value = Option<ErrorBody>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for ErrorSeed<'_> {
    type Value = Option<ErrorBody>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or null")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let mut body = ErrorBody::default();
        deserializer.deserialize_any(ModelVisitor { model: &mut body, place: &self.0 })?;
        Ok(Some(body))
    }
}

struct Outer<'m, 'p> {
    response: &'m mut dyn Model,
    content: &'m mut Content,
    place: &'p Place<'p>,
}

impl<'de> Visitor<'de> for Outer<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the member `Response`")
    }

    only_an_object!();

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { response, content, place } = self;
        let mut answered = false;
        let mut legacy = Legacy::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "Response" if answered => {
                    return Err(A::Error::custom("member `Response` is given twice"));
                }
                "Response" => {
                    map.next_value_seed(Inner {
                        response: &mut *response,
                        content: &mut *content,
                        place,
                    })?;
                    answered = true;
                }
                "code" => once(&mut legacy.code, "code", map.next_value()?)?,
                "codeDesc" => once(&mut legacy.description, "codeDesc", map.next_value()?)?,
                "message" => once(&mut legacy.message, "message", map.next_value()?)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match (answered, legacy.into_error()) {
            (true, None) => Ok(()),
            // The number says that it failed and the response says that it was done. Other programs write
            // numbers of HTTP there.
            (true, Some(error)) if content.error.is_none() && error.code.len() >= 4 => {
                content.error = Some(error);
                content.is_contradictory = true;
                Ok(())
            }
            (true, Some(_)) => Ok(()),
            (false, Some(error)) => {
                content.error = Some(error);
                content.is_old_gateway = true;
                Ok(())
            }
            (false, None) => Err(A::Error::custom("the answer has no member `Response`")),
        }
    }
}

/// Keeps a value that may be given once.
fn once<T, E: Error>(place: &mut Option<T>, name: &str, value: T) -> Result<(), E> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::custom(format_args!("member `{name}` is given twice"))),
    }
}

struct Inner<'m, 'p> {
    response: &'m mut dyn Model,
    content: &'m mut Content,
    place: &'p Place<'p>,
}

impl<'de> DeserializeSeed<'de> for Inner<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inner<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object in the member `Response`")
    }

    only_an_object!();

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { response, content, place } = self;
        let table = response.table();
        let mut progress = Progress::new(table);
        let mut unknown = String::new();
        // Null counts as given: what follows it would be a second word on the same matter.
        let (mut error, mut request_id) = (None, None);
        while let Some(key) =
            map.next_key_seed(InnerKeySeed(KeySeed { table, unknown: &mut unknown }))?
        {
            match key {
                InnerKey::Error => {
                    let value = map.next_value_seed(ErrorSeed(place.member("Error")))?;
                    once(&mut error, "Error", value)?;
                }
                InnerKey::RequestId => once(&mut request_id, "RequestId", map.next_value()?)?,
                InnerKey::Member(key) => {
                    progress.read(response, key, &unknown, &mut map, place)?;
                }
            }
        }
        content.error = error.flatten();
        content.request_id = request_id.flatten();
        if let Some(id) = &content.request_id {
            put_request_id(response, id);
        }
        if content.error.is_none() {
            progress.note_missing_but(place, content.request_id.is_some().then_some("RequestId"));
        }
        Ok(())
    }
}

/// Gives the model the request id that the envelope read under either spelling.
fn put_request_id(response: &mut dyn Model, id: &str) {
    if let Some(index) = response.table().find(b"RequestId") {
        let mut slot = response.member_mut(index);
        if let crate::Slot::Optional(option) = slot {
            slot = option.insert();
        }
        if let crate::Slot::Str(member) = slot {
            id.clone_into(member);
        }
    }
}

enum InnerKey {
    Error,
    RequestId,
    Member(Key),
}

struct InnerKeySeed<'t>(KeySeed<'t>);

impl<'de> DeserializeSeed<'de> for InnerKeySeed<'_> {
    type Value = InnerKey;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<InnerKey, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for InnerKeySeed<'_> {
    type Value = InnerKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<InnerKey, E> {
        Ok(match name {
            "Error" => InnerKey::Error,
            "RequestId" | "RequestID" => InnerKey::RequestId,
            _ => InnerKey::Member(self.0.visit_str(name)?),
        })
    }
}

/// The answer of the pre-2017 gateway.
#[derive(Default)]
struct Legacy {
    code: Option<serde_json::Value>,
    description: Option<serde_json::Value>,
    message: Option<serde_json::Value>,
}

impl Legacy {
    /// The error in it: the number is the code, and 0 is success and no error.
    ///
    /// The number decides and not `codeDesc`, which is prose: the table of codes that the gateway's
    /// documentation publishes (<https://cloud.tencent.com/document/product/236/1718>) has numbers only.
    /// What has no number, such as `{"code":"BAD_GATEWAY"}` of a proxy, is not the gateway's.
    fn into_error(self) -> Option<ErrorBody> {
        let text = |value: Option<serde_json::Value>| match value {
            Some(serde_json::Value::String(text)) => text,
            Some(serde_json::Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let number: u32 = text(self.code).parse().ok().filter(|number| *number != 0)?;
        let (description, message) = (text(self.description), text(self.message));
        let message = match (description.as_str(), message.as_str()) {
            ("", _) => message,
            (_, "") => description,
            _ => format!("{description}: {message}"),
        };
        Some(ErrorBody { code: number.to_string(), message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Record;

    static ANSWER: Table = Table {
        name: "Answer",
        members: &[
            FieldInfo::new("InstanceIdSet", Kind::List(&Kind::Str)).promised(),
            FieldInfo::new("RequestId", Kind::Str).promised(),
        ],
        index: NameIndex { multiplier: 1, shift: 63, slots: &[1, 0] },
    };

    fn read(body: &str) -> Result<(Record, Envelope), DecodeError> {
        let mut record = Record::new(&ANSWER);
        let envelope = decode(&mut record, body.as_bytes())?;
        Ok((record, envelope))
    }

    #[test]
    fn both_spellings_of_the_request_id_are_taken() {
        for spelling in ["RequestId", "RequestID"] {
            let (record, envelope) = read(&format!(
                r#"{{"Response":{{"InstanceIdSet":["ins-1"],"{spelling}":"r-1"}}}}"#
            ))
            .unwrap();
            assert_eq!(envelope.request_id.as_deref(), Some("r-1"));
            assert_eq!(member_named(&record, "RequestId").as_str(), Some("r-1"));
            assert!(envelope.report.is_clean(), "{:?}", envelope.report);
        }
    }

    #[test]
    fn an_error_is_an_error_and_promises_do_not_count() {
        let (_, envelope) = read(
            r#"{"Response":{"Error":{"Code":"AuthFailure","Message":"no"},"RequestId":"r-2"}}"#,
        )
        .unwrap();
        let error = envelope.error.unwrap();
        assert_eq!(error.to_string(), "AuthFailure: no (request id r-2)");
        assert!(envelope.report.missing.is_empty());
    }

    #[test]
    fn a_broken_promise_is_told() {
        let (_, envelope) = read(r#"{"Response":{"InstanceIdSet":null,"RequestId":"r"}}"#).unwrap();
        assert_eq!(envelope.report.missing_members().collect::<Vec<_>>(), ["InstanceIdSet"]);
    }

    static WIDE: Table = Table {
        name: "Wide",
        members: &[
            FieldInfo::new("Items", Kind::List(&Kind::Object(&ANSWER))).promised(),
            FieldInfo::new("Promise", Kind::Str).promised(),
        ],
        index: NameIndex { multiplier: 0x9e3779b97f4a7ca1, shift: 63, slots: &[0, 1] },
    };

    #[test]
    fn a_short_text_does_not_unfold_into_a_mountain() {
        let read = |items: usize, item: &str| {
            let items = vec![item; items].join(",");
            let body = format!(r#"{{"Response":{{"Items":[{items}],"RequestId":"r"}}}}"#);
            decode(&mut Record::new(&WIDE), body.as_bytes())
        };
        // Two members each, and room for about a million.
        assert!(read(500_000, "{}").is_ok());
        let error = read(800_000, "{}").unwrap_err();
        assert_eq!(error.path, "Items.674290", "{error}");
        assert!(error.message.contains("more items"), "{error}");
        // Room grows with the text.
        assert!(read(800_000, r#"{"RequestId":"12345678"}"#).is_ok());
    }

    #[test]
    fn what_the_answer_itself_lacks_is_told_among_many() {
        let items = vec!["{}"; 1_000].join(",");
        let body = format!(r#"{{"Response":{{"Items":[{items}],"RequestId":"r"}}}}"#);
        let envelope = decode(&mut Record::new(&WIDE), body.as_bytes()).unwrap();
        assert_eq!(envelope.report.missing_members().collect::<Vec<_>>(), ["Promise"]);
        assert!(envelope.report.missing.len() < 100 && envelope.report.omitted > 1_000);
    }

    #[test]
    fn members_given_twice_are_refused_at_every_level() {
        for body in [
            r#"{"Response":{"RequestId":"a"},"Response":{"RequestId":"b"}}"#,
            r#"{"Response":{"RequestId":"a","RequestID":"b"}}"#,
            r#"{"Response":{"InstanceIdSet":[],"InstanceIdSet":[],"RequestId":"a"}}"#,
            r#"{"Response":{"Error":{"Code":"A"},"Error":{"Code":"B"},"RequestId":"a"}}"#,
            r#"{"Response":{"Error":{"Code":"A","Code":"B"},"RequestId":"a"}}"#,
            r#"{"Response":{"Error":{"Code":"A","Message":"m","Message":"n"},"RequestId":"a"}}"#,
        ] {
            let error = read(body).unwrap_err();
            assert!(
                error.message.contains("twice") || error.message.contains("duplicate"),
                "{body}: {error}"
            );
        }
    }

    #[test]
    fn an_error_beside_a_result_is_contradictory() {
        let read = |members: &str, outer: &str| {
            let body = format!(r#"{{{outer}"Response":{{{members}"RequestId":"r"}}}}"#);
            let (_, envelope) = read(&body).unwrap();
            (envelope.error.is_some(), envelope.is_contradictory)
        };
        let error = r#""Error":{"Code":"InvalidParameter","Message":"m"},"#;
        for (result, is_contradictory) in [
            ("", false),
            (r#""InstanceIdSet":null,"#, false),
            (r#""InstanceIdSet":[],"#, false),
            (r#""InstanceIdSet":[""],"#, false),
            (r#""New":"text","#, false),
            (r#""InstanceIdSet":["ins-1"],"#, true),
            (r#""instanceIdSet":["ins-1"],"#, true),
        ] {
            for members in [format!("{error}{result}"), format!("{result}{error}")] {
                assert_eq!(read(&members, ""), (true, is_contradictory), "{members}");
            }
            assert_eq!(read(result, ""), (false, false), "{result}");
        }
        assert_eq!(read(r#""InstanceIdSet":["ins-1"],"#, r#""code":4100,"#), (true, true));
        assert_eq!(read(r#""InstanceIdSet":["ins-1"],"#, r#""code":200,"#), (false, false));
        assert_eq!(read(error, r#""code":4100,"#), (true, false));
    }

    #[test]
    fn what_is_no_envelope_is_refused() {
        for body in ["", "null", "[]", "{}", "<html>", r#"{"Response":null}"#, "\u{feff}{}", "{} x"]
        {
            assert!(read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn the_number_of_the_old_gateway_decides_and_not_its_description() {
        for (body, code, message) in [
            (
                r#"{"code":"4100","message":"no","codeDesc":"AuthFailure"}"#,
                "4100",
                "AuthFailure: no",
            ),
            (r#"{"code":5000,"message":"gone"}"#, "5000", "gone"),
            (r#"{"code":6000,"codeDesc":"InternalErr"}"#, "6000", "InternalErr"),
            (r#"{"code":4400,"codeDesc":"Success","message":""}"#, "4400", "Success"),
            (r#"{"code":4500}"#, "4500", ""),
        ] {
            let (_, envelope) = read(body).unwrap();
            assert!(envelope.is_old_gateway, "{body}");
            let error = envelope.error.unwrap();
            assert_eq!((error.code.as_str(), error.message.as_str()), (code, message), "{body}");
        }
        for body in [
            r#"{"code":0,"message":""}"#,
            r#"{"code":"0","codeDesc":"Success"}"#,
            r#"{"code":0.0}"#,
            r#"{"code":-1}"#,
            r#"{"code":4100.5}"#,
            r#"{"code":"BAD_GATEWAY","message":"no upstream"}"#,
            r#"{"code":"","codeDesc":"AuthFailure"}"#,
            r#"{"code":null,"codeDesc":"AuthFailure"}"#,
            r#"{"codeDesc":"AuthFailure"}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
        let (_, envelope) =
            read(r#"{"code":4100,"Response":{"Error":{"Code":"LimitExceeded"},"RequestId":"r"}}"#)
                .unwrap();
        assert!(!envelope.is_old_gateway, "an answer of the action stands above it");
        assert_eq!(envelope.error.unwrap().code, "LimitExceeded");
    }
}
