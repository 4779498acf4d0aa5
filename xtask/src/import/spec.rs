//! Spec files from what an import knows of a service.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::model::{Action, Holds, Member, Model, Type};
use super::rename::Renamer;
use super::{paging, secret, sentence, verb};
use crate::Error;
use crate::codegen::Files;
use crate::spec::format;
use crate::spec::spec_file::{
    self, ActionFile, Common, ErrorRow, ErrorsFile, ServiceFile, TypeFile, Usage,
};

/// Every spec file of a service, by its path below the service's folder. `common` are the error codes
/// that the whole gateway answers with.
pub fn files(service: &str, model: &Model, common: &[ErrorRow]) -> Result<Files, Error> {
    let mut files = Files::new();
    let mut names = Renamer::new(["SERVICE"]);
    let mut put = |folder: &str, name: &str, rust: Option<&str>, text: String| {
        // A second file of a name that differs only in case would be the first one on some disks.
        let path = |name: &str| format!("{folder}/{name}.json");
        let is_taken = files.keys().any(|other| other.eq_ignore_ascii_case(&path(name)));
        files.insert(path(rust.filter(|_| is_taken).unwrap_or(name)), text);
    };
    // Actions choose first: their names are what a user types.
    for (name, action) in &model.actions {
        let rust = names.type_name(name, "Action", true);
        let file: ActionFile = shaped(self::action(name, action, rust.as_deref())?)?;
        put("actions", name, rust.as_deref(), written(&file)?);
    }
    for (name, type_) in &model.types {
        let rust = names.type_name(name, "Type", false);
        let file: TypeFile = shaped(self::type_(name, type_, rust.as_deref())?)?;
        put("types", name, rust.as_deref(), written(&file)?);
    }
    let file: ServiceFile = shaped(self::service(service, model))?;
    files.insert("service.json".to_owned(), written(&file)?);
    let file = ErrorsFile {
        schema: "../../schema/errors.schema.json".to_owned(),
        errors: common
            .iter()
            .filter(|row| row.common != Common::No && !row.legacy)
            .map(gateway)
            .collect(),
    };
    files.insert("errors.json".to_owned(), written(&file)?);
    Ok(files)
}

/// A code as a service has it that documents no codes of its own.
fn gateway(row: &ErrorRow) -> ErrorRow {
    ErrorRow { common: Common::Yes, ..row.clone() }
}

/// Reads what was put together as the shape that the loader will read it as. A key that is no longer
/// part of the form fails here, and not in a file.
fn shaped<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value)
        .map_err(|error| format!("import made no spec: {error}; this is a mistake of xtask").into())
}

fn written<T: Serialize>(file: &T) -> Result<String, Error> {
    format::format(file).ok_or_else(|| "a spec that is no JSON; this is a mistake of xtask".into())
}

fn action(name: &str, action: &Action, rust: Option<&str>) -> Result<Value, Error> {
    let read = verb::is_read(name);
    let dry_run = action.request.iter().any(|member| {
        member.name == "DryRun" && !member.list && member.holds == Holds::Scalar("bool")
    });
    let mut file = json!({
        "$schema": "../../../schema/action.schema.json",
        "action": name,
        "group": if read { "read" } else { "change" },
        "summary": sentence::action(read),
        "notes": sentence::notes(action),
        "rust": rust,
        "retry": { "class": if read { "read" } else { "hazard" }, "why": sentence::retry(read) },
        "deprecated": action.deprecated,
        "dry_run": dry_run,
        "request": members(&action.request, Usage::In, Renamer::new([]))?,
        "response": members(&action.response, Usage::Out, Renamer::new(["request_id"]))?,
        "errors": [],
    });
    if let (Some(retry), false) = (file.get_mut("retry").and_then(Value::as_object_mut), read) {
        retry.insert("reconcile".to_owned(), json!({ "text": sentence::reconcile() }));
    }
    // Paging through something that changes would change it once a page.
    if let (Value::Object(keys), Some(paginate), true) = (&mut file, paging::paginate(action), read)
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
    let specs = members.iter().map(|member| {
        let (type_, text) = match &member.holds {
            Holds::Scalar("date") => ("string", true),
            Holds::Scalar(scalar) => (*scalar, *scalar == "string"),
            Holds::Type(name) => (name.as_str(), false),
        };
        spec_file::Member {
            name: member.name.clone(),
            type_: if member.list { format!("list<{type_}>") } else { type_.to_owned() },
            rust: names.field(&member.name),
            required: member.required,
            output_required: member.output_required,
            nullable: member.nullable,
            deprecated: member.deprecated,
            sensitive: text && secret::looks_secret(&member.name),
            format: (member.holds == Holds::Scalar("date")).then(|| "YYYY-MM-DD".to_owned()),
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
