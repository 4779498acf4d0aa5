//! Times in a request that may have passed since it was sent.

use cvm_models::protocol::{Kind, ModelInfo};
use serde_json::Value;

/// The path of a time in a request that is not known to be in the future: what was scheduled for it may have run.
pub fn find(model: &'static ModelInfo, request: &Value, read_at: Option<&str>) -> Option<String> {
    model.members.iter().find_map(|field| {
        let value = request.get(field.wire)?;
        let mut kind = &field.kind;
        while let Kind::List(item) = kind {
            kind = item;
        }
        let items = match value {
            Value::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        match kind {
            Kind::Object(model) => {
                let path = items.iter().find_map(|item| find(model, item, read_at))?;
                Some(format!("{}.{path}", field.wire))
            }
            // A date alone has no hour to compare.
            Kind::Str if field.format.is_some_and(|format| format.starts_with("YYYY-MM-DDThh")) => {
                let is_future = |item: &Value| {
                    let times = item.as_str().and_then(utc).zip(read_at);
                    item.is_null() || times.is_some_and(|(time, now)| now < time)
                };
                (!items.iter().all(is_future)).then(|| field.wire.to_owned())
            }
            _ => None,
        }
    })
}

/// A UTC time of the API, `YYYY-MM-DDThh:mm:ssZ`, without the last letter; `None` if it has another form. Such
/// times compare correctly as texts.
pub fn utc(text: &str) -> Option<&str> {
    let form = b"0000-00-00T00:00:00Z";
    let fits = |(byte, form): (u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        form => byte == *form,
    };
    let is_time = text.len() == form.len() && text.bytes().zip(form).all(fits);
    text.strip_suffix('Z').filter(|_| is_time)
}
