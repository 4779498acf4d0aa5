//! Decodes the response envelope: `{"Response": {…}}` with either an `Error` or the members of the action.
//!
//! Only the presence of `Error` distinguishes failure from success, whatever the HTTP status or the content type is. The
//! official Python client misses errors if a gateway adds a charset to the content type.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::decode::{
    Key, KeySeed, MemberSeed, ModelVisitor, SeenMembers, ValueContext, is_whole, only_an_object,
    restore,
};
use crate::drift::{DecodeReport, Path};
use crate::json::{conclude, locate};
use crate::{
    DecodeError, ErrorCode, FieldInfo, Json, Kind, Model, ModelInfo, NameIndex, Report,
    ServiceError, member_named, model,
};

/// A decoded response of the service.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Envelope {
    /// The error of the service; without one the call succeeded.
    pub error: Option<ServiceError>,
    /// The request id.
    pub request_id: Option<String>,
    /// Whether the error has the form of the old gateway, `{"code": 4100, …}`; its number is the code.
    pub is_old_gateway: bool,
    /// Whether there is both an error and a success: a result beside the error, or an error where the service writes
    /// none, such as `Error`, `errors` or `"code": "InternalError"` beside `Response`. Such a response contradicts
    /// itself, so neither half of it proves anything.
    pub is_contradictory: bool,
    /// The deviations from the specification. If an action changes something and its response lacks a member that is
    /// always present, the outcome is unknown.
    pub report: Report,
}

/// Decodes a body into `response`.
///
/// Accepts both spellings of the request id, `RequestId` and the older `RequestID`. Also decodes the error form of the
/// old gateway, `{"code": 4100, …}`.
///
/// # Errors
///
/// If the text is not JSON, is not an envelope, or repeats a member at any level.
pub fn decode(response: &mut dyn Model, body: &[u8]) -> Result<Envelope, DecodeError> {
    let ledger = DecodeReport::of_response(body.len());
    let mut content = Content::default();
    let place = Path::root(&ledger);
    let outer = EnvelopeVisitor { response: &mut *response, content: &mut content, place: &place };
    // As in `json::from_slice`.
    let outcome = match std::str::from_utf8(body) {
        Ok(text) => read(outer, &mut serde_json::Deserializer::from_str(text)),
        Err(_) => read(outer, &mut serde_json::Deserializer::from_slice(body)),
    };
    let wants_digits = ledger.wants_digits();
    let report = conclude(ledger, outcome).map_err(|error| locate(error, body, self::response))?;
    if wants_digits {
        content.restore(response, &self::response(body))?;
    }
    let misplaced = content
        .has_misplaced_error
        .then(|| misplaced_error(body, response.table(), content.error.is_some()));
    let misplaced = misplaced.flatten();
    let request_id = content
        .request_id
        .or_else(|| member_named(response, "RequestId").as_str().map(str::to_owned))
        .filter(|id| !id.trim().is_empty());
    let is_contradictory = content.is_contradictory
        || misplaced.is_some()
        || (content.error.is_some() && has_result(&self::response(body), response.table()));
    let error = content.error.or(misplaced).map(|error| ServiceError {
        code: ErrorCode::from(error.code),
        message: error.message,
        request_id: request_id.clone().unwrap_or_default(),
    });
    let is_old_gateway = content.is_old_gateway;
    Ok(Envelope { error, request_id, is_old_gateway, is_contradictory, report })
}

/// Whether a response with an error also has a member of its action, in any case of its name.
fn has_result(response: &Json, table: &ModelInfo) -> bool {
    let Json::Object(members) = response else { return false };
    members.iter().any(|(name, value)| {
        let is_member = |field: &FieldInfo| field.wire.eq_ignore_ascii_case(name);
        !name.eq_ignore_ascii_case("RequestId")
            && table.members.iter().any(is_member)
            && !value.is_blank()
    })
}

/// Names that tell of an error where the service writes none, in whatever case they are written.
const ERROR_NAMES: [&str; 5] = ["Error", "Errors", "Code", "CodeDesc", "Success"];

/// Whether a member may tell of an error.
fn may_be_error(name: &str) -> bool {
    ERROR_NAMES.iter().any(|error| name.eq_ignore_ascii_case(error))
}

/// Whether a member tells of an error: any text or object under the name of errors, a code that is no success,
/// and `"success": false`.
fn is_error(name: &str, value: &Json) -> bool {
    if name.eq_ignore_ascii_case("Success") {
        return matches!(value, Json::Bool(false));
    }
    if !name.to_ascii_lowercase().starts_with("code") {
        return !value.is_blank();
    }
    let is_success =
        |text: &str| ["ok", "success"].iter().any(|word| text.trim().eq_ignore_ascii_case(word));
    match value {
        Json::Text(text) | Json::Number(text) => match text.trim().parse::<f64>() {
            // Other programs write the status of HTTP there.
            Ok(number) => number.abs() >= 400.0,
            Err(_) => !text.trim().is_empty() && !is_success(text),
        },
        _ => false,
    }
}

/// The error beside `Response`, or in it under another name than `Error`, unless it says nothing. Beside an error
/// of the service, only another error counts: a code that says the same contradicts nothing.
#[cold]
fn misplaced_error(body: &[u8], table: &ModelInfo, has_error: bool) -> Option<ErrorBody> {
    let whole = Json::scan(body);
    let members = |json: Option<&Json>| match json {
        Some(Json::Object(members)) => members.clone(),
        _ => Vec::new(),
    };
    let is_member =
        |name: &str| table.members.iter().any(|field| field.wire.eq_ignore_ascii_case(name));
    let within = members(whole.member("Response"))
        .into_iter()
        .filter(|(name, _)| name != "Error" && !is_member(name));
    let mut found = members(Some(&whole)).into_iter().chain(within.clone());
    let counts = |name: &str| {
        may_be_error(name) && (!has_error || name.to_ascii_lowercase().starts_with("error"))
    };
    let (name, error) = found.find(|(name, value)| counts(name) && is_error(name, value))?;
    let text_in = |members: Vec<(String, Json)>, name: &str| match members
        .into_iter()
        .find(|(own, _)| own.eq_ignore_ascii_case(name))
    {
        Some((_, Json::Text(text) | Json::Number(text))) => text,
        _ => String::new(),
    };
    if !name.to_ascii_lowercase().starts_with("error") {
        let all = members(Some(&whole)).into_iter().chain(within).collect();
        let message = text_in(all, "Message");
        let code = match error {
            Json::Text(text) | Json::Number(text) => text,
            _ => String::new(),
        };
        return Some(ErrorBody { code, message });
    }
    let first = match &error {
        Json::List(items) => items.first().unwrap_or(&error),
        error => error,
    };
    let text = |name: &str| text_in(members(Some(first)), name);
    let (code, message) = (text("Code"), text("Message"));
    let message =
        if message.is_empty() { first.as_text().unwrap_or_default().to_owned() } else { message };
    Some(ErrorBody { code, message })
}

/// The content of `Response`, as the service wrote it, of a body that [`decode`] accepted. For any other text, that
/// text.
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
    id_in(response).filter(|id| !id.is_empty()).map(str::to_owned)
}

/// The request id in a response, under either spelling, with its digits if it is a number.
fn id_in(response: &Json) -> Option<&str> {
    let mut ids = ["RequestId", "RequestID"].into_iter().filter_map(|name| response.member(name));
    ids.find_map(|id| match id {
        Json::Number(digits) => Some(digits.as_str()),
        id => id.as_text(),
    })
}

fn read<'de, R: serde_json::de::Read<'de>>(
    outer: EnvelopeVisitor<'_, '_>,
    source: &mut serde_json::Deserializer<R>,
) -> Result<(), serde_json::Error> {
    source.deserialize_any(outer).and_then(|()| source.end())
}

/// The members of the envelope other than those of the action.
#[derive(Default)]
struct Content {
    error: Option<ErrorBody>,
    request_id: Option<String>,
    is_old_gateway: bool,
    is_contradictory: bool,
    /// There is an error member where the service writes none.
    has_misplaced_error: bool,
}

impl Content {
    /// Sets every text to the digits of the number that arrived for it.
    #[cold]
    fn restore(&mut self, response: &mut dyn Model, written: &Json) -> Result<(), DecodeError> {
        restore(response, written)?;
        if let Some((error, written)) = self.error.as_mut().zip(written.member("Error")) {
            restore(error, written)?;
        }
        if let Some((id, written)) = self.request_id.as_mut().zip(id_in(written)) {
            written.clone_into(id);
            put_request_id(response, id);
        }
        Ok(())
    }
}

/// The request id under either spelling: a model, so that it is decoded like every other text.
#[derive(Default)]
struct RequestIdBody {
    id: Option<String>,
}

static REQUEST_ID: FieldInfo = FieldInfo::new("RequestId", Kind::Str);

static REQUEST_ID_BODY: ModelInfo = ModelInfo {
    name: "RequestId",
    members: &[REQUEST_ID],
    index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
};

model!(RequestIdBody REQUEST_ID_BODY { 0 id });

/// `{"Code": …, "Message": …}`: a model, so that the decoder rejects repeated members.
#[derive(Clone, Default)]
struct ErrorBody {
    code: String,
    message: String,
}

static ERROR_BODY: ModelInfo = ModelInfo {
    name: "Error",
    members: &[
        FieldInfo::new("Code", Kind::Str).always_present(),
        FieldInfo::new("Message", Kind::Str).always_present(),
    ],
    index: NameIndex { multiplier: 0x9e3779b97f4a7ca1, shift: 63, slots: &[1, 0] },
};

model!(ErrorBody ERROR_BODY { 0 code 1 message });

/// Reads the member `Error`, which may be null.
struct ErrorSeed<'p>(Path<'p>);

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

struct EnvelopeVisitor<'m, 'p> {
    response: &'m mut dyn Model,
    content: &'m mut Content,
    place: &'p Path<'p>,
}

impl<'de> Visitor<'de> for EnvelopeVisitor<'_, '_> {
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
                    map.next_value_seed(ResponseVisitor {
                        response: &mut *response,
                        content: &mut *content,
                        place,
                    })?;
                    answered = true;
                }
                "code" => once(&mut legacy.code, "code", map.next_value()?)?,
                "codeDesc" => once(&mut legacy.description, "codeDesc", map.next_value()?)?,
                "message" => once(&mut legacy.message, "message", map.next_value()?)?,
                name => {
                    content.has_misplaced_error |= may_be_error(name);
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        content.has_misplaced_error |=
            answered && (legacy.code.is_some() || legacy.description.is_some());
        match (answered, legacy.into_error()) {
            (true, None) => Ok(()),
            // The number says that the call failed, and the response says that it succeeded. Other programs write HTTP
            // statuses there.
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
            (false, None) => Err(A::Error::custom("the response has no member `Response`")),
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

struct ResponseVisitor<'m, 'p> {
    response: &'m mut dyn Model,
    content: &'m mut Content,
    place: &'p Path<'p>,
}

impl<'de> DeserializeSeed<'de> for ResponseVisitor<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ResponseVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object in the member `Response`")
    }

    only_an_object!();

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { response, content, place } = self;
        let table = response.table();
        let mut progress = SeenMembers::new(table);
        let mut unknown = String::new();
        // Null counts as given: a second one would be a repeated member.
        let (mut error, mut request_id) = (None, None);
        while let Some(key) =
            map.next_key_seed(InnerKeySeed(KeySeed { table, unknown: &mut unknown }))?
        {
            match key {
                InnerKey::Error => {
                    let value = map.next_value_seed(ErrorSeed(place.member("Error")))?;
                    once(&mut error, "Error", value)?;
                }
                InnerKey::RequestId => {
                    let mut body = RequestIdBody::default();
                    let spot = ValueContext::new(&REQUEST_ID, place.member("RequestId"));
                    map.next_value_seed(MemberSeed { model: &mut body, index: 0, spot: &spot })?;
                    once(&mut request_id, "RequestId", body.id)?;
                }
                InnerKey::Member(key) => {
                    content.has_misplaced_error |= key.is_none() && may_be_error(&unknown);
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
            progress
                .report_missing_except(place, content.request_id.is_some().then_some("RequestId"));
        }
        Ok(())
    }
}

/// Sets the request id of the model, from either spelling.
fn put_request_id(response: &mut dyn Model, id: &str) {
    if let Some(index) = response.table().find(b"RequestId") {
        let mut slot = response.member_mut(index);
        if let crate::Slot::Optional(option) = slot {
            slot = option.get_or_insert_default();
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

/// The response of the old gateway.
#[derive(Default)]
struct Legacy {
    code: Option<serde_json::Value>,
    description: Option<serde_json::Value>,
    message: Option<serde_json::Value>,
}

impl Legacy {
    /// The error in it: the number is the code, and 0 is success and no error.
    ///
    /// The number decides, not the text `codeDesc`: the table of codes in the gateway's documentation (<https://cloud.tencent.com/document/product/236/1718>) has numbers only.
    /// A body without a number, such as `{"code":"BAD_GATEWAY"}` of a proxy, is not from the gateway.
    fn into_error(self) -> Option<ErrorBody> {
        let text = |value: Option<serde_json::Value>| match value {
            Some(serde_json::Value::String(text)) => text,
            Some(serde_json::Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let number = whole(&text(self.code)).filter(|number| *number != 0)?;
        let (description, message) = (text(self.description), text(self.message));
        let message = match (description.as_str(), message.as_str()) {
            ("", _) => message,
            (_, "") => description,
            _ => format!("{description}: {message}"),
        };
        Some(ErrorBody { code: number.to_string(), message })
    }
}

/// The integer that a text stands for: `4100`, `4100.0` and `4.1e3` are the same.
fn whole(text: &str) -> Option<u32> {
    let number: f64 = text.parse().ok().filter(|_| is_whole(text))?;
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    is_whole.then_some(number as u32)
}

#[cfg(test)]
mod tests;
