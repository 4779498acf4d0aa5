//! Exports the resolved specs as one JSON document, for other programs.
//!
//! Requests and responses are types, a list is a flag, and each member contains its value set. Rust names, retry classes and
//! legacy members are omitted. Descriptions are in `doc`.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use crate::spec::model::{Action, Api, Kind, Member};
use crate::spec::spec_file::{Basis, Common, PageStyle, Usage};

/// JSON whose objects keep the order on the wire.
enum Json {
    Value(Value),
    Object(Vec<(String, Json)>),
}

/// Returns the document.
pub fn export(api: &Api) -> Result<String, crate::error::Error> {
    let mut types = BTreeMap::new();
    for action in &api.actions {
        let name = &action.spec.action;
        let request = members(api, &action.request, false);
        types.insert(format!("{name}Request"), type_("request", None, request));
        let mut response = members(api, &action.response, true);
        let request_id = base("string", false, false, false, false);
        response.push((api.service.envelope.request_id.clone(), Json::Object(request_id)));
        types.insert(format!("{name}Response"), type_("response", None, response));
    }
    for shared in &api.types {
        let (usage, answers) = match shared.spec.usage {
            Usage::In => ("in", false),
            Usage::Out => ("out", true),
            Usage::Both => ("both", true),
        };
        let listed = members(api, &shared.members, answers);
        let doc = Some(shared.spec.summary.as_str());
        types.insert(shared.spec.type_.clone(), type_(usage, doc, listed));
    }
    let actions =
        api.actions.iter().map(|action| (action.spec.action.clone(), self::action(action)));
    let errors = |wanted: fn(Common) -> bool| {
        let rows = api.errors.iter().filter(move |row| !row.spec.legacy && wanted(row.spec.common));
        let row = |row: &crate::spec::model::ErrorCode| {
            let spec = &row.spec;
            let kind = serde_json::to_value(spec.kind).unwrap_or(Value::Null);
            let mut entry = Vec::new();
            put(&mut entry, "kind", kind);
            put(&mut entry, "retryable", spec.retryable);
            put(&mut entry, "doc", format!("{} {}", spec.doc, spec.fix));
            (spec.code.clone(), Json::Object(entry))
        };
        Json::Object(rows.map(row).collect())
    };
    let document = Json::Object(vec![
        ("service".to_owned(), service(api)),
        ("actions".to_owned(), Json::Object(actions.collect())),
        ("types".to_owned(), Json::Object(types.into_iter().collect())),
        ("errors".to_owned(), errors(|common| common != Common::Yes)),
        ("common_errors".to_owned(), errors(|common| common != Common::No)),
    ]);
    let text = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}

fn service(api: &Api) -> Json {
    let service = &api.service;
    let mut entry = Vec::new();
    put(&mut entry, "name", service.service.as_str());
    put(&mut entry, "version", service.version.as_str());
    put(&mut entry, "endpoint", service.endpoint.as_str());
    put(&mut entry, "endpoint_regional", service.endpoint_regional.as_str());
    put(&mut entry, "endpoint_intl", service.endpoint_intl.as_str());
    put(&mut entry, "method", service.method.as_str());
    put(&mut entry, "content_type", service.content_type.as_str());
    put(&mut entry, "action_header", service.action_header.as_str());
    put(&mut entry, "envelope", serde_json::to_value(&service.envelope).unwrap_or(Value::Null));
    if let Some(semantics) = &service.filter_semantics {
        let semantics = serde_json::to_value(semantics).unwrap_or(Value::Null);
        put(&mut entry, "filter_semantics", semantics);
    }
    put(&mut entry, "doc", service.summary.as_str());
    Json::Object(entry)
}

fn action(action: &Action) -> Json {
    let spec = &action.spec;
    let mut entry = Vec::new();
    put(&mut entry, "input", format!("{}Request", spec.action));
    put(&mut entry, "output", format!("{}Response", spec.action));
    put(&mut entry, "errors", json!(spec.errors));
    put(&mut entry, "rate_limit_per_second", json!(spec.rate_limit_per_second));
    entry.push(("paginated".to_owned(), paginated(action)));
    put(&mut entry, "async", spec.asynchronous.is_some());
    if let Some(asynchronous) = &spec.asynchronous {
        let basis = match asynchronous.basis {
            Basis::Stated => "stated",
            Basis::Inferred => "inferred",
        };
        put(&mut entry, "async_basis", basis);
        if let Some(poll) = &asynchronous.poll {
            put(&mut entry, "poll", serde_json::to_value(poll).unwrap_or(Value::Null));
        }
    }
    put(&mut entry, "idempotency_token", json!(spec.idempotency_token));
    put(&mut entry, "dry_run", spec.dry_run);
    put(&mut entry, "deprecated", spec.deprecated);
    if !spec.filters.is_empty() {
        let names: Vec<&String> = spec.filters.iter().map(|filter| &filter.name).collect();
        put(&mut entry, "filters", json!(names));
    }
    if let Some(most) = spec.filters_max {
        put(&mut entry, "filters_max", most);
    }
    if let Some(most) = spec.filter_values_max {
        put(&mut entry, "filter_values_max", most);
    }
    let filters = || spec.filters.iter();
    let enums = filters().filter(|filter| !filter.values.is_empty());
    object(&mut entry, "filter_enums", enums.map(|f| (f.name.clone(), json!(f.values))));
    let formats = filters().filter_map(|f| Some((f.name.clone(), json!(f.format.as_ref()?))));
    object(&mut entry, "filter_formats", formats);
    let required: Vec<&String> = filters().filter(|f| f.required).map(|f| &f.name).collect();
    if !required.is_empty() {
        put(&mut entry, "filters_required", json!(required));
    }
    put(&mut entry, "doc", spec.summary.as_str());
    Json::Object(entry)
}

fn paginated(action: &Action) -> Json {
    let Some(paginate) = &action.spec.paginate else { return Json::Value(Value::Null) };
    let mut entry = Vec::new();
    match paginate.style {
        PageStyle::Offset => {
            put(&mut entry, "style", "offset");
            put(&mut entry, "offset", json!(paginate.offset));
        }
        PageStyle::Number => {
            put(&mut entry, "style", "number");
            put(&mut entry, "number", json!(paginate.number));
            put(&mut entry, "first", paginate.first.unwrap_or(1));
        }
        PageStyle::Token => {
            put(&mut entry, "style", "token");
            put(&mut entry, "token_in", json!(paginate.token_in));
            put(&mut entry, "token_out", json!(paginate.token_out));
        }
    }
    put(&mut entry, "limit", json!(paginate.limit));
    put(&mut entry, "total", json!(paginate.total));
    if paginate.total_exact == Some(false) {
        put(&mut entry, "total_exact", false);
    }
    put(&mut entry, "items", paginate.items.as_str());
    for (key, limit) in [
        ("default_limit", paginate.default_limit),
        ("min_limit", paginate.min_limit),
        ("max_limit", paginate.max_limit),
    ] {
        if let Some(limit) = limit {
            put(&mut entry, key, limit);
        }
    }
    Json::Object(entry)
}

fn type_(usage: &str, doc: Option<&str>, members: Vec<(String, Json)>) -> Json {
    let mut entry = Vec::new();
    put(&mut entry, "usage", usage);
    if let Some(doc) = doc {
        put(&mut entry, "doc", doc);
    }
    entry.push(("members".to_owned(), Json::Object(members)));
    Json::Object(entry)
}

fn members(api: &Api, members: &[Member], answers: bool) -> Vec<(String, Json)> {
    let listed = members.iter().filter(|member| !member.spec.legacy);
    listed.map(|one| (one.spec.name.clone(), member(api, one, answers))).collect()
}

/// The keys that every member has.
fn base(
    type_: &str,
    list: bool,
    required: bool,
    nullable: bool,
    deprecated: bool,
) -> Vec<(String, Json)> {
    let mut entry = Vec::new();
    put(&mut entry, "type", type_);
    put(&mut entry, "list", list);
    put(&mut entry, "required", required);
    put(&mut entry, "nullable", nullable);
    put(&mut entry, "deprecated", deprecated);
    entry
}

fn member(api: &Api, member: &Member, answers: bool) -> Json {
    let spec = &member.spec;
    let written = spec.type_.trim_start_matches("list<").trim_end_matches('>');
    let type_ = if matches!(member.kind.innermost(), Kind::Enum(_)) { "string" } else { written };
    let list = member.kind.is_list();
    let mut entry = base(type_, list, spec.required, spec.nullable, spec.deprecated);
    if answers && !spec.output_undeclared {
        put(&mut entry, "output_required", spec.output_required);
    }
    let values = api.values_of(member);
    match &spec.enum_ {
        Some(values) => put(&mut entry, "enum", json!(values)),
        None if !values.is_empty() => put(&mut entry, "enum", json!(values)),
        None => {}
    }
    // All other keys are copied from the spec, except those that are converted above or that are not exported.
    const TURNED: [&str; 17] = [
        "name",
        "type",
        "required",
        "nullable",
        "deprecated",
        "output_required",
        "output_undeclared",
        "enum",
        "values",
        "rust",
        "open",
        "sensitive",
        "legacy",
        "quirk",
        "since",
        "doc",
        "special_values",
    ];
    if let Ok(Value::Object(rest)) = serde_json::to_value(spec) {
        for (key, value) in rest {
            if !TURNED.contains(&key.as_str()) {
                entry.push((key, Json::Value(value)));
            }
        }
    }
    let special = spec.special_values.0.iter().map(|(value, text)| (value.clone(), json!(text)));
    object(&mut entry, "special_values", special);
    put(&mut entry, "doc", spec.doc.as_str());
    Json::Object(entry)
}

fn put(entry: &mut Vec<(String, Json)>, key: &str, value: impl Into<Value>) {
    entry.push((key.to_owned(), Json::Value(value.into())));
}

/// Adds an object, unless it is empty.
fn object(
    entry: &mut Vec<(String, Json)>,
    key: &str,
    pairs: impl Iterator<Item = (String, Value)>,
) {
    let pairs: Vec<_> = pairs.map(|(key, value)| (key, Json::Value(value))).collect();
    if !pairs.is_empty() {
        entry.push((key.to_owned(), Json::Object(pairs)));
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Object(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}
