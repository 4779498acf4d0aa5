//! Writes the spec files of an imported service.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::model::{Action, Member, Model, Type, ValueType};
use super::paging::{Paging, paging};
use super::rename::Renamer;
use super::{secret, sentence, verb};
use crate::codegen::Files;
use crate::error::Error;
use crate::spec::format;
use crate::spec::spec_file::{
    self, ActionFile, Common, ErrorRow, ErrorsFile, ServiceFile, TypeFile, Usage,
};

/// All spec files of a service, by path below its folder. `common` has the error codes of the gateway.
pub fn files(service: &str, model: &Model, common: &[ErrorRow]) -> Result<Files, Error> {
    let mut files = Files::new();
    let mut names = Renamer::new(["SERVICE"]);
    let mut put = |folder: &str, name: &str, rust: Option<&str>, text: String| {
        // On a case-insensitive file system, a file name that differs only in case would replace the first file.
        let path = |name: &str| format!("{folder}/{name}.json");
        let is_taken = files.keys().any(|other| other.eq_ignore_ascii_case(&path(name)));
        files.insert(path(rust.filter(|_| is_taken).unwrap_or(name)), text);
    };
    // Actions choose their names first, because users type them.
    for (name, action) in &model.actions {
        let rust = names.type_name(name, "Action", true);
        let file: ActionFile = parsed(self::action(name, action, &model.types, rust.as_deref())?)?;
        put("actions", name, rust.as_deref(), formatted(&file)?);
    }
    for (name, type_) in &model.types {
        let rust = names.type_name(name, "Type", false);
        let file: TypeFile = parsed(self::type_(name, type_, rust.as_deref())?)?;
        put("types", name, rust.as_deref(), formatted(&file)?);
    }
    let file: ServiceFile = parsed(self::service(service, model))?;
    files.insert("service.json".to_owned(), formatted(&file)?);
    let file = ErrorsFile {
        schema: "../../schema/errors.schema.json".to_owned(),
        errors: common
            .iter()
            .filter(|row| row.common != Common::No && !row.legacy)
            .map(|row| gateway(row, service, &model.version))
            .collect(),
    };
    files.insert("errors.json".to_owned(), formatted(&file)?);
    Ok(files)
}

/// An error code of the gateway, for a service that documents no codes itself.
fn gateway(row: &ErrorRow, service: &str, version: &str) -> ErrorRow {
    let mut row = ErrorRow { common: Common::Yes, ..row.clone() };
    if let Some((doc, fix)) = sentence::error(&row.code, service, version) {
        row.doc = doc.map_or(row.doc, str::to_owned);
        row.fix = fix;
    }
    row
}

/// Converts to the type that the loader reads, so that an unknown key fails here.
fn parsed<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|error| {
        format!("import created an invalid spec: {error}; this is a bug in xtask").into()
    })
}

fn formatted<T: Serialize>(file: &T) -> Result<String, Error> {
    format::format(file).ok_or_else(|| {
        "import created a spec that is not valid JSON; this is a bug in xtask".into()
    })
}

fn action(
    name: &str,
    action: &Action,
    types: &BTreeMap<String, Type>,
    rust: Option<&str>,
) -> Result<Value, Error> {
    let read = verb::is_read(name);
    let dry_run = action.request.iter().any(|member| {
        member.name == "DryRun" && !member.list && member.value_type == ValueType::Scalar("bool")
    });
    let mut file = json!({
        "$schema": "../../../schema/action.schema.json",
        "action": name,
        "group": if read { "read" } else { "change" },
        "summary": sentence::action(read),
        "notes": sentence::notes(action),
        "rust": rust,
        "retry": { "class": if read { "read" } else { "hazard" }, "why": sentence::retry(read, action.has_client_token()) },
        "deprecated": action.deprecated,
        "dry_run": dry_run,
        "request": members(&action.request, Usage::In, Renamer::new([]))?,
        "response": members(&action.response, Usage::Out, Renamer::new(["request_id"]))?,
        "errors": [],
    });
    if let (Some(retry), false) = (file.get_mut("retry").and_then(Value::as_object_mut), read) {
        retry.insert("reconcile".to_owned(), json!({ "text": sentence::reconcile() }));
    }
    // Paging would repeat a change for each page.
    if let (Value::Object(keys), Paging::Known(paginate), true) =
        (&mut file, paging(name, action, types), read)
    {
        keys.insert("paginate".to_owned(), paginate);
    }
    Ok(file)
}

fn type_(name: &str, type_: &Type, rust: Option<&str>) -> Result<Value, Error> {
    let usage = match type_.usage {
        Usage::In => "in",
        Usage::Out => "out",
        Usage::Both => "both",
    };
    Ok(json!({
        "$schema": "../../../schema/type.schema.json",
        "type": name,
        "usage": usage,
        "summary": sentence::type_(type_.members.len(), type_.usage),
        "rust": rust,
        "members": members(&type_.members, type_.usage, Renamer::new([]))?,
    }))
}

fn members(members: &[Member], usage: Usage, mut names: Renamer) -> Result<Value, Error> {
    let siblings = |one: &Member| {
        let name = one.name.clone();
        members.iter().map(|member| member.name.as_str()).filter(move |other| *other != name)
    };
    let specs = members.iter().map(|member| {
        let (type_, text) = match &member.value_type {
            ValueType::Scalar("date") => ("string", true),
            ValueType::Scalar(scalar) => (*scalar, *scalar == "string"),
            ValueType::Type(name) => (name.as_str(), false),
        };
        spec_file::Member {
            name: member.name.clone(),
            type_: if member.list { format!("list<{type_}>") } else { type_.to_owned() },
            rust: names.field(&member.name),
            required: member.required,
            output_required: member.output_required,
            nullable: member.nullable,
            deprecated: member.deprecated,
            sensitive: text && secret::looks_secret(&member.name, siblings(member)),
            format: (member.value_type == ValueType::Scalar("date"))
                .then(|| "YYYY-MM-DD".to_owned()),
            doc: sentence::member(member, usage),
            ..spec_file::Member::default()
        }
    });
    let specs: Vec<spec_file::Member> = specs.collect();
    serde_json::to_value(specs).map_err(|error| error.to_string().into())
}

fn service(service: &str, model: &Model) -> Value {
    json!({
        "$schema": "../../schema/service.schema.json",
        "service": service,
        "version": model.version,
        "summary": sentence::service(),
        "endpoint": format!("{service}.tencentcloudapi.com"),
        "endpoint_regional": format!("{service}.{{region}}.tencentcloudapi.com"),
        "endpoint_intl": format!("{service}.intl.tencentcloudapi.com"),
        "endpoint_internal": format!("{service}.internal.tencentcloudapi.com"),
        "method": "POST",
        "content_type": "application/json",
        "action_header": "X-TC-Action",
        "envelope": {
            "root": "Response", "error": "Error", "error_code": "Code",
            "error_message": "Message", "request_id": "RequestId",
        },
        "groups": [
            { "group": "read", "title": "Reads", "summary": "Actions that change nothing, judging by their names." },
            { "group": "change", "title": "Changes", "summary": "Every other action." },
        ],
    })
}
