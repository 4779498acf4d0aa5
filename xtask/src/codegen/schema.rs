//! Generates the JSON schemas of the spec files from the Rust types that read them.

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::Files;
use crate::spec::spec_file::{
    ActionFile, EnumFile, ErrorsFile, ServiceFile, TypeFile, WaitersFile,
};

/// Every schema, by file name.
pub fn schemas() -> Result<Files, crate::error::Error> {
    let mut files = Files::new();
    for (name, text) in [
        ("action", schema::<ActionFile>()?),
        ("type", schema::<TypeFile>()?),
        ("enum", schema::<EnumFile>()?),
        ("errors", schema::<ErrorsFile>()?),
        ("waiters", schema::<WaitersFile>()?),
        ("service", schema::<ServiceFile>()?),
    ] {
        files.insert(format!("{name}.schema.json"), text);
    }
    Ok(files)
}

fn schema<T: JsonSchema>() -> Result<String, crate::error::Error> {
    let generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let schema = generator.into_root_schema_for::<T>();
    let text = serde_json::to_string_pretty(&Sorted(schema.as_value()));
    Ok(text.map_err(|error| error.to_string())? + "\n")
}

/// A value whose keys are written in sorted order, whatever features of `serde_json` are enabled.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => {
                let sorted: BTreeMap<&String, Sorted<'_>> =
                    members.iter().map(|(key, value)| (key, Sorted(value))).collect();
                sorted.serialize(serializer)
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            scalar => scalar.serialize(serializer),
        }
    }
}
