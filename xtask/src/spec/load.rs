//! Reads all spec files into Rust types, and checks that each file name matches its content.

use std::collections::HashMap;

use serde::de::DeserializeOwned;

use super::diagnostic::{Report, suggest};
use super::names::is_wire_name;
use super::source::Tree;
use super::spec_file::{ActionFile, EnumFile, ErrorsFile, ServiceFile, TypeFile, WaitersFile};

/// A spec file.
#[derive(Debug)]
pub struct File<T> {
    /// Path of the file in messages.
    pub path: String,
    /// Its content.
    pub content: T,
}

/// All files of one service.
#[derive(Debug)]
pub struct Files {
    /// `service.json`.
    pub service: File<ServiceFile>,
    /// `errors.json`.
    pub errors: File<ErrorsFile>,
    /// `waiters.json`; empty if there is none.
    pub waiters: File<WaitersFile>,
    /// `actions/*.json`.
    pub actions: Vec<File<ActionFile>>,
    /// `types/*.json`.
    pub types: Vec<File<TypeFile>>,
    /// `enums/*.json`.
    pub enums: Vec<File<EnumFile>>,
    /// Names of files that could not be read. References to them are not reported.
    pub unreadable: Vec<String>,
}

/// Loads all files. `None` if one of the three lists cannot be read; any other unreadable file is reported and skipped.
pub fn load(tree: &Tree, report: &mut Report) -> Option<Files> {
    let service = list(tree, "service.json", report);
    let errors = list(tree, "errors.json", report);
    let waiters = if tree.text("waiters.json").is_some() {
        list(tree, "waiters.json", report)
    } else {
        let content = WaitersFile { schema: String::new(), waiters: Vec::new() };
        Some(File { path: format!("{}/waiters.json", tree.shown_as()), content })
    };
    let action = |file: &ActionFile| (file.action.clone(), file.rust.clone());
    let actions = folder(tree, "actions", "action", action, report);
    let type_ = |file: &TypeFile| (file.type_.clone(), file.rust.clone());
    let types = folder(tree, "types", "type", type_, report);
    let enum_ = |file: &EnumFile| (file.enum_.clone(), file.rust.clone());
    let enums = folder(tree, "enums", "enum", enum_, report);
    differ_without_case(tree, report);
    let read: Vec<&str> = actions
        .iter()
        .map(|file| file.path.as_str())
        .chain(types.iter().map(|file| file.path.as_str()))
        .chain(enums.iter().map(|file| file.path.as_str()))
        .collect();
    let unreadable = tree
        .files()
        .filter(|(path, _)| path.contains('/') && !read.contains(path))
        .filter_map(|(path, _)| path.rsplit('/').next()?.strip_suffix(".json"))
        .filter(|name| !matches!(*name, "service" | "errors" | "waiters"))
        .map(str::to_owned)
        .collect();
    let (service, errors, waiters) = (service?, errors?, waiters?);
    Some(Files { service, errors, waiters, actions, types, enums, unreadable })
}

fn list<T: DeserializeOwned>(tree: &Tree, name: &str, report: &mut Report) -> Option<File<T>> {
    let path = format!("{}/{name}", tree.shown_as());
    let Some(text) = tree.text(name) else {
        report.error_at(&path, 1, 1, "the file is missing").help(format!(
            "create it according to specs/schema/{}",
            name.replace(".json", ".schema.json")
        ));
        return None;
    };
    parse(&path, text, report).map(|content| File { path, content })
}

fn folder<T: DeserializeOwned>(
    tree: &Tree,
    folder: &str,
    key: &str,
    names_of: impl Fn(&T) -> (String, Option<String>),
    report: &mut Report,
) -> Vec<File<T>> {
    let mut files: Vec<File<T>> = Vec::new();
    for (path, text) in tree.folder(folder) {
        let Some(content) = parse::<T>(path, text, report) else { continue };
        let (name, rust) = names_of(&content);
        // Names become file names and code, so invalid ones are rejected here.
        if !is_wire_name(&name) {
            report
                .error(
                    path,
                    format!("/{key}"),
                    format!("`{}` is not a valid name", name.escape_debug()),
                )
                .help("use at most 128 letters, digits and underscores; start with a letter");
            continue;
        }
        // If two names differ only in case, one of the files is named after its Rust name.
        let is_called = |name: &String| path.ends_with(&format!("/{folder}/{name}.json"));
        if !is_called(&name) && !rust.as_ref().is_some_and(is_called) {
            report
                .error(path, format!("/{key}"), format!("the file name does not match `{name}`"))
                .help(format!("rename it to {folder}/{name}.json"));
            continue;
        }
        files.push(File { path: path.to_owned(), content });
    }
    files
}

/// Reports file names that differ only in case.
fn differ_without_case(tree: &Tree, report: &mut Report) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (path, _) in tree.files() {
        if let Some(other) = seen.insert(path.to_ascii_lowercase(), path) {
            let message = format!(
                "this file and {other} have the same name on a case-insensitive file system"
            );
            report
                .error_at(path, 1, 1, message)
                .help("add a `rust` key to one of them, and name its file after it");
        }
    }
}

/// Parses one file. An error of serde becomes a diagnostic at its position.
pub fn parse<T: DeserializeOwned>(path: &str, text: &str, report: &mut Report) -> Option<T> {
    match serde_json::from_str(text) {
        Ok(content) => Some(content),
        Err(error) => {
            let full = error.to_string();
            let message = full.rsplit_once(" at line ").map_or(full.as_str(), |(head, _)| head);
            let (short, help) = match error.is_data() {
                true => explain(message),
                false => (message.to_owned(), "correct the JSON at this place".to_owned()),
            };
            report.error_at(path, error.line().max(1), error.column().max(1), short).help(help);
            None
        }
    }
}

/// Shortens a message of serde and adds the fix.
fn explain(message: &str) -> (String, String) {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let starts = |what: &str| message.starts_with(what);
    match names.split_first() {
        Some((name, known)) if starts("unknown field ") => {
            (format!("unknown key `{name}`"), suggest(name, known.iter().copied()))
        }
        Some((name, known)) if starts("unknown variant ") => {
            (format!("unknown value `{name}`"), suggest(name, known.iter().copied()))
        }
        Some((name, _)) if starts("missing field ") => {
            (format!("the key `{name}` is missing"), format!("add `{name}`"))
        }
        Some(_) if starts("duplicate ") => (message.to_owned(), "remove one of the two".to_owned()),
        _ => (message.to_owned(), "see the schema of the file in specs/schema".to_owned()),
    }
}
