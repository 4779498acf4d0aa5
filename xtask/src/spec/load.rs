//! Reads every spec file into its serde shape, and checks that the file is called after its content.

use std::collections::HashMap;

use serde::de::DeserializeOwned;

use super::diagnostic::{Report, nearest};
use super::names::is_wire_name;
use super::shape::{ActionFile, EnumFile, ErrorsFile, ServiceFile, TypeFile, WaitersFile};
use super::source::Tree;

/// A spec file: where it is shown to be, and what it holds.
#[derive(Debug)]
pub struct File<T> {
    /// Path that messages show.
    pub path: String,
    /// Its content.
    pub content: T,
}

/// All files of one service, by name.
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
    /// Names of files that could not be read. Whatever refers to them is not to blame.
    pub unreadable: Vec<String>,
}

/// Loads all files. `None` if the service itself cannot be read; any other file that cannot be read
/// is reported and left out.
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
        report.error_at(&path, 1, 1, "the file is missing");
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
        // A name becomes a file name and code: nothing that is not one goes further.
        if !is_wire_name(&name) {
            report
                .error(path, format!("/{key}"), format!("`{}` is not a name", name.escape_debug()))
                .help("letters, digits and underscores, a letter first, at most 128");
            continue;
        }
        // Where two names differ only in case, one file is called after its name in Rust.
        let is_called = |name: &String| path.ends_with(&format!("/{folder}/{name}.json"));
        if !is_called(&name) && !rust.as_ref().is_some_and(is_called) {
            report
                .error(path, format!("/{key}"), format!("the file is not called after `{name}`"))
                .help(format!("rename it to {folder}/{name}.json"));
            continue;
        }
        files.push(File { path: path.to_owned(), content });
    }
    files
}

/// Some disks take names that differ only in case for one.
fn differ_without_case(tree: &Tree, report: &mut Report) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (path, _) in tree.files() {
        if let Some(other) = seen.insert(path.to_ascii_lowercase(), path) {
            let message = format!("a disk that ignores case takes this file and {other} for one");
            report
                .error_at(path, 1, 1, message)
                .help("give one of the two a `rust` key, and call its file after that");
        }
    }
}

/// Parses one file; what serde says becomes a diagnostic at the place where it says it.
pub fn parse<T: DeserializeOwned>(path: &str, text: &str, report: &mut Report) -> Option<T> {
    match serde_json::from_str(text) {
        Ok(content) => Some(content),
        Err(error) => {
            let full = error.to_string();
            let message = full.rsplit_once(" at line ").map_or(full.as_str(), |(head, _)| head);
            let (short, help) = unknown_field(message);
            let column = error.column().max(1);
            let diagnostic = report.error_at(path, error.line().max(1), column, short);
            diagnostic.help = help;
            None
        }
    }
}

/// Shortens serde's list of every known field to the one that was probably meant.
fn unknown_field(message: &str) -> (String, Option<String>) {
    let quoted = |text: &str| -> Vec<String> {
        text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let Some(("", rest)) = message.split_once("unknown field ") else {
        return (message.to_owned(), None);
    };
    let names = quoted(rest);
    let Some((field, known)) = names.split_first() else {
        return (message.to_owned(), None);
    };
    let help = nearest(field, known.iter().map(String::as_str)).map_or_else(
        || format!("known keys: {}", known.join(", ")),
        |name| format!("did you mean `{name}`?"),
    );
    (format!("unknown key `{field}`"), Some(help))
}
