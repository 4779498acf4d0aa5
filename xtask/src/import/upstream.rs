//! The published format of an API model (`api.json`), as far as it is imported.
//!
//! Its texts belong to somebody else. They are skipped while reading, except for a few facts (`described`), so that none
//! can reach a spec.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::marker::PhantomData;
use std::path::Path;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::described::Described;
use crate::error::{Error, at};

/// A whole model.
#[derive(Debug, Deserialize)]
pub struct ModelFile {
    /// The service and its version.
    pub metadata: Metadata,
    /// Its actions.
    pub actions: Named<Action>,
    /// Requests, responses and shared types.
    pub objects: Named<Object>,
}

/// The service and its version.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    /// Version date.
    #[serde(rename = "apiVersion")]
    pub version: String,
    /// Name in host names and signatures.
    #[serde(rename = "serviceShortName", default)]
    pub service: Option<String>,
}

/// An action.
#[derive(Debug, Deserialize)]
pub struct Action {
    /// Name of the object with its request.
    pub input: String,
    /// Name of the object with its response.
    pub output: String,
    /// `online`, `deprecated` or `offline`.
    #[serde(default)]
    pub status: Option<String>,
    /// It is called without a signature.
    #[serde(default)]
    pub skip_sign: bool,
    #[serde(rename = "document", default)]
    _document: IgnoredAny,
    #[serde(rename = "name", default)]
    _name: IgnoredAny,
    #[serde(flatten)]
    rest: BTreeMap<String, IgnoredAny>,
}

/// A request, a response or a shared type.
#[derive(Debug, Deserialize)]
pub struct Object {
    /// Its members, in wire order.
    #[serde(default)]
    pub members: Vec<Member>,
    #[serde(rename = "type", default)]
    _type: IgnoredAny,
    #[serde(rename = "usage", default)]
    _usage: IgnoredAny,
    #[serde(rename = "document", default)]
    _document: IgnoredAny,
    #[serde(flatten)]
    rest: BTreeMap<String, IgnoredAny>,
}

/// A member of an object.
#[derive(Debug, Deserialize)]
pub struct Member {
    /// Name on the wire.
    pub name: String,
    /// `string`, `int`, `bool`, `float`, `binary`, `object` or `list`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Name of the scalar or object, also for a list.
    #[serde(rename = "member")]
    pub member_type: String,
    /// A request must contain it.
    #[serde(default, deserialize_with = "flag")]
    pub required: bool,
    /// A response always contains it.
    #[serde(default, deserialize_with = "flag")]
    pub output_required: bool,
    /// It may be null in a response.
    #[serde(rename = "value_allowed_null", default, deserialize_with = "flag")]
    pub nullable: bool,
    /// The service advises against using it.
    #[serde(rename = "disabled", default, deserialize_with = "flag")]
    pub deprecated: bool,
    /// Facts from its description.
    #[serde(rename = "document", default)]
    pub described: Described,
    #[serde(rename = "example", default)]
    _example: IgnoredAny,
    #[serde(flatten)]
    rest: BTreeMap<String, IgnoredAny>,
}

/// Values by name, in the order of the file. Duplicate names are rejected.
#[derive(Debug)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Named<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of named values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<T>, A::Error> {
                let mut entries = Vec::new();
                let mut names = BTreeSet::new();
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    if !names.insert(name.clone()) {
                        let name = name.escape_debug();
                        return Err(de::Error::custom(format_args!("`{name}` is given twice")));
                    }
                    entries.push((name, value));
                }
                Ok(Named(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

/// A flag; some models write 0 and 1.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a flag is true, false, 0 or 1")]
    enum Flag {
        Word(bool),
        Digit(u64),
    }
    match Flag::deserialize(deserializer)? {
        Flag::Word(flag) => Ok(flag),
        Flag::Digit(digit @ 0..=1) => Ok(digit == 1),
        Flag::Digit(other) => {
            Err(de::Error::custom(format_args!("a flag is true, false, 0 or 1, not {other}")))
        }
    }
}

/// Reads a model.
pub fn read(path: &Path) -> Result<ModelFile, Error> {
    let text = fs::read_to_string(path).map_err(|error| at(path, &error))?;
    parse(&text).map_err(|error| format!("{}{error}", path.display()).into())
}

/// Parses a model. An error starts with line and column, to be appended to the file name.
pub fn parse(text: &str) -> Result<ModelFile, String> {
    serde_json::from_str(text).map_err(|error| {
        let full = error.to_string();
        let message = full.rsplit_once(" at line ").map_or(full.as_str(), |(head, _)| head);
        let (line, column) = (error.line().max(1), error.column().max(1));
        format!(
            ":{line}:{column}: error: {message}\n  help: an API model is the `api.json` of one \
             service and version: `metadata`, `actions` and `objects`"
        )
    })
}

impl ModelFile {
    /// Unknown keys. They are reported, because one of them may change the meaning of its item.
    pub fn unknown_keys(&self) -> BTreeSet<String> {
        let actions = self.actions.0.iter().flat_map(|(_, action)| keys("action", &action.rest));
        let objects = self.objects.0.iter().flat_map(|(_, object)| keys("object", &object.rest));
        let members = self.objects.0.iter().flat_map(|(_, object)| &object.members);
        let members = members.flat_map(|member| keys("member", &member.rest));
        actions.chain(objects).chain(members).collect()
    }
}

fn keys<'a>(
    owner: &'a str,
    rest: &'a BTreeMap<String, IgnoredAny>,
) -> impl Iterator<Item = String> + 'a {
    rest.keys().map(move |key| format!("{owner} key `{}`", key.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_model_is_reported_with_its_position() {
        let error = |text| parse(text).unwrap_err();
        assert!(error("{").starts_with(":1:1: error: EOF while parsing"), "{}", error("{"));
        let twice = r#"{"metadata":{"apiVersion":"v"},"objects":{},
            "actions":{"A":{"input":"I","output":"O"},"A":{"input":"I","output":"O"}}}"#;
        assert!(error(twice).contains("`A` is given twice"), "{}", error(twice));
        let flag = r#"{"metadata":{"apiVersion":"v"},"actions":{},"objects":{"T":{"members":[
            {"name":"N","type":"int","member":"int64","required":2}]}}}"#;
        assert!(error(flag).contains("not 2"), "{}", error(flag));
        let deep = "[".repeat(100_000);
        assert!(!error(&deep).is_empty(), "depth is no way to exhaust the stack");
    }

    #[test]
    fn unknown_keys_are_reported() {
        let model = parse(
            r#"{"metadata":{"apiVersion":"v"},"version":"1.0",
                "actions":{"A":{"input":"I","output":"O","price":1,"document":"x"}},
                "objects":{"T":{"members":[{"name":"N","type":"int","member":"int64","min":2,"required":1}]}}}"#,
        )
        .unwrap();
        let summary: Vec<String> = model.unknown_keys().into_iter().collect();
        assert_eq!(summary, ["action key `price`", "member key `min`"]);
    }
}
