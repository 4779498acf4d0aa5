//! Formats spec files: one key per line, one member per line, keys in the order of the Rust types.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::diagnostic::Report;
use super::json::{self, Kind, Node};
use super::load::parse;
use super::source::Tree;
use super::spec_file::{ActionFile, EnumFile, ErrorsFile, ServiceFile, TypeFile, WaitersFile};

/// Maximum line width.
const WIDTH: usize = 140;

/// Formats all files. Files that cannot be read are reported and skipped.
pub fn format_all(tree: &Tree, report: &mut Report) -> Vec<(String, String)> {
    let prefix = format!("{}/", tree.shown_as());
    let mut formatted = Vec::new();
    for (path, text) in tree.files() {
        let below = path.strip_prefix(&prefix).unwrap_or(path);
        let done = match below.split_once('/').map_or(below, |(folder, _)| folder) {
            "actions" => format_one::<ActionFile>(path, text, report),
            "types" => format_one::<TypeFile>(path, text, report),
            "enums" => format_one::<EnumFile>(path, text, report),
            "errors.json" => format_one::<ErrorsFile>(path, text, report),
            "waiters.json" => format_one::<WaitersFile>(path, text, report),
            _ => format_one::<ServiceFile>(path, text, report),
        };
        formatted.extend(done.map(|text| (path.to_owned(), text)));
    }
    formatted
}

fn format_one<T: DeserializeOwned + Serialize>(
    path: &str,
    text: &str,
    report: &mut Report,
) -> Option<String> {
    format(&parse::<T>(path, text, report)?)
}

/// Formats one file; `None` only if it cannot be written as JSON.
pub fn format<T: Serialize>(file: &T) -> Option<String> {
    let compact = serde_json::to_string(file).ok()?;
    let mut out = String::new();
    let root = json::parse(&compact)?;
    match &root.kind {
        Kind::Object(entries) => keys(entries, 0, &mut out),
        _ => out.push_str(&one_line(&root)),
    }
    out.push('\n');
    Some(out)
}

/// An object with each key on its own line.
fn keys(entries: &[(&str, Node<'_>)], indent: usize, out: &mut String) {
    let inner = indent + 2;
    out.push('{');
    for (index, (key, value)) in entries.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&format!("{:inner$}\"{key}\": ", ""));
        self::value(value, inner, inner + key.len() + 4, out);
    }
    out.push_str(&format!("\n{:indent$}}}", ""));
}

/// A value on one line if it fits, else on several.
fn value(node: &Node<'_>, indent: usize, column: usize, out: &mut String) {
    let line = one_line(node);
    match &node.kind {
        Kind::Array(items) if items.iter().any(|item| matches!(item.kind, Kind::Object(_))) => {
            let inner = indent + 2;
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "\n" } else { ",\n" });
                out.push_str(&format!("{:inner$}", ""));
                row(item, inner, out);
            }
            out.push_str(&format!("\n{:indent$}]", ""));
        }
        _ if column + line.len() < WIDTH => out.push_str(&line),
        Kind::Array(items) => {
            let inner = indent + 2;
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "\n" } else { ",\n" });
                out.push_str(&format!("{:inner$}{}", "", one_line(item)));
            }
            out.push_str(&format!("\n{:indent$}]", ""));
        }
        Kind::Object(entries) => keys(entries, indent, out),
        Kind::Scalar => out.push_str(&line),
    }
}

/// A list item on one line if it fits, else as many keys per line as fit, with descriptions on their own lines.
fn row(node: &Node<'_>, indent: usize, out: &mut String) {
    let line = one_line(node);
    let entries = match &node.kind {
        Kind::Object(entries) if indent + line.len() >= WIDTH => entries,
        _ => return out.push_str(&line),
    };
    let inner = indent + 2;
    let mut column = indent;
    for (index, (key, value)) in entries.iter().enumerate() {
        let text = format!("\"{key}\": {}", one_line(value));
        let alone = matches!(*key, "doc" | "fix" | "summary" | "quirk");
        if index == 0 {
            out.push_str("{ ");
        } else if alone || column + text.len() + 4 > WIDTH {
            out.push_str(&format!(",\n{:inner$}", ""));
            column = indent;
        } else {
            out.push_str(", ");
        }
        column += text.len() + 2;
        out.push_str(&text);
    }
    out.push_str(" }");
}

/// Everything on one line, with spaces inside braces and after commas and colons.
fn one_line(node: &Node<'_>) -> String {
    match &node.kind {
        Kind::Scalar => node.text.to_owned(),
        Kind::Array(items) => {
            let items: Vec<String> = items.iter().map(one_line).collect();
            format!("[{}]", items.join(", "))
        }
        Kind::Object(entries) if entries.is_empty() => "{}".to_owned(),
        Kind::Object(entries) => {
            let entry = |(key, value): &(&str, Node<'_>)| format!("\"{key}\": {}", one_line(value));
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}
