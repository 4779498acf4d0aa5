//! `--generate-cli-skeleton`: a JSON template of a request, for `--cli-input-json`.

use cvm_models::protocol::{FieldInfo, Kind, ModelInfo};

use crate::describe;
use cvm_models::protocol::Json;

/// Maximum nesting depth.
const MAX_DEPTH: usize = 8;

/// Every current member of a request, with a sample value.
pub fn of(table: &'static ModelInfo) -> Json {
    object(table, 0)
}

fn object(table: &'static ModelInfo, depth: usize) -> Json {
    let members = table.members.iter().filter(|field| !field.deprecated && !field.legacy);
    Json::Object(
        members.map(|field| (field.wire.to_owned(), value(&field.kind, field, depth))).collect(),
    )
}

fn value(kind: &Kind, field: &FieldInfo, depth: usize) -> Json {
    match kind {
        Kind::Object(_) if depth >= MAX_DEPTH => Json::Null,
        Kind::Object(table) => object(table, depth + 1),
        Kind::List(item) => Json::List(vec![value(item, field, depth)]),
        Kind::Bool => Json::Bool(field.default == Some("true")),
        Kind::I64 | Kind::U64 | Kind::F64 => {
            let shown = field.default.and_then(|text| text.parse().ok()).or(field.min).unwrap_or(0);
            Json::Number(shown.to_string())
        }
        Kind::Str => {
            let shown = field.default.unwrap_or_else(|| match describe::value(field) {
                "VALUE" => "",
                shown => shown,
            });
            Json::Text(shown.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters;
    use crate::value_sources::Sources;

    #[test]
    fn every_skeleton_is_valid_input() {
        for info in cvm_models::ACTIONS {
            let skeleton = of(info.request);
            let read = parameters::request(
                info.request,
                Vec::new(),
                Some(&skeleton),
                &mut Sources::default(),
            );
            assert!(read.is_ok(), "{}: {read:?}", info.name);
        }
    }

    #[test]
    fn skeleton_members_have_sample_values() {
        let skeleton = of(cvm_models::action("StopInstances").unwrap().request).pretty();
        assert!(skeleton.contains("\"InstanceIds\": [\n    \"ins-xxxxxxxx\"\n  ]"), "{skeleton}");
        assert!(!skeleton.contains("ForceStop"), "deprecated: {skeleton}");
    }
}
