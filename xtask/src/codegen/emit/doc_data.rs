//! Descriptions as data, for programs that display help: the command line, an editor, a console.
//!
//! The description of an item is in the file of the item, so that a changed text changes one file. `docs.rs` lists them all.

use super::asynchronous;
use crate::codegen::doc_text::plain;
use crate::codegen::layout::{Page, string};
use crate::codegen::limit_sentences::{codes, sentences};
use crate::spec::model::{Action, Api, Enum, Kind, Member, Type};
use crate::spec::spec_file::EnumValue;

/// The text of `docs.rs`.
pub fn index(api: &Api) -> String {
    let about = "Descriptions as data, for programs that display help.".to_owned();
    let mut page = Page::with_docs(&api.shown_as, &[about]);
    // An imported service may have no enums, and a small one no types.
    let folders = [
        ("actions::*", api.actions.is_empty()),
        ("enums::*", api.enums.is_empty()),
        ("types::*", api.types.is_empty()),
    ];
    let used = folders.iter().filter(|(_, is_empty)| !is_empty).map(|(folder, _)| *folder);
    page.fixed("use cvm_protocol::docs::Docs;\n");
    page.fixed(&match used.collect::<Vec<_>>().as_slice() {
        [] => String::new(),
        [one] => format!("use crate::generated::{one};\n"),
        many => format!("use crate::generated::{{{}}};\n", many.join(", ")),
    });
    let actions = api.actions.iter().map(|it| (it.spec.action.as_str(), it.rust.constant.as_str()));
    let types = api.types.iter().map(|it| (it.spec.type_.as_str(), it.rust.constant.as_str()));
    let enums = api.enums.iter().map(|it| (it.spec.enum_.as_str(), it.rust.constant.as_str()));
    let lists = [
        sorted("actions", actions.collect()),
        sorted("types", types.collect()),
        sorted("enums", enums.collect()),
    ];
    page.fixed(&format!(
        "/// The descriptions of all items, found by their names.\n\
         pub static DOCS: Docs = Docs {{\n{}}};\n",
        lists.concat()
    ));
    page.finish()
}

/// A list of references to descriptions, sorted by the names on the wire.
fn sorted(list: &str, mut items: Vec<(&str, &str)>) -> String {
    items.sort_unstable();
    let rows: String =
        items.iter().map(|(_, constant)| format!("        &{constant}_DOC,\n")).collect();
    if rows.is_empty() {
        return format!("    {list}: &[],\n");
    }
    format!("    {list}: &[\n{rows}    ],\n")
}

/// The description of an action.
pub fn action(api: &Api, action: &Action) -> String {
    let spec = &action.spec;
    let reconcile = spec.retry.reconcile.as_ref().map_or("", |reconcile| &reconcile.text);
    let notes = spec.notes.iter().map(|note| text(note)).collect();
    item(
        &action.rust.constant,
        "ActionDoc",
        &[
            ("name", text(&spec.action)),
            ("summary", text(&spec.summary)),
            ("notes", rows(notes)),
            ("poll", text(&asynchronous::poll(api, action))),
            ("reconcile", text(reconcile)),
            ("request", members(api, &action.request)),
            ("response", members(api, &action.response)),
        ],
    )
}

/// The description of a shared type.
pub fn type_(api: &Api, type_: &Type) -> String {
    let spec = &type_.spec;
    item(
        &type_.rust.constant,
        "TypeDoc",
        &[
            ("name", text(&spec.type_)),
            ("summary", text(&spec.summary)),
            ("members", members(api, &type_.members)),
        ],
    )
}

/// The description of a value set.
pub fn enum_(enum_: &Enum) -> String {
    let spec = &enum_.spec;
    let value = |value: &EnumValue| format!("({}, {})", text(&value.value), text(&value.doc));
    item(
        &enum_.rust.constant,
        "EnumDoc",
        &[
            ("name", text(&spec.enum_)),
            ("summary", text(&spec.summary)),
            ("values", rows(spec.values.iter().map(value).collect())),
        ],
    )
}

fn item(constant: &str, type_: &str, fields: &[(&str, String)]) -> String {
    let fields: String =
        fields.iter().map(|(name, value)| format!("    {name}: {value},\n")).collect();
    format!(
        "#[cfg(feature = \"docs\")]\n\
         pub(crate) static {constant}_DOC: {type_} = {type_} {{\n{fields}}};\n"
    )
}

/// The limits of a member in sentences. A reader of these data does not see the Rust type, so they name the values of a closed set.
fn limits(api: &Api, member: &Member) -> String {
    let mut sentences = sentences(member);
    let is_listed = member.spec.values.is_some() || member.spec.enum_.is_some();
    if let Kind::Enum(index) = member.kind.innermost()
        && !member.spec.open
        && !is_listed
    {
        let values = api.enum_at(*index).spec.values.iter();
        let values: Vec<String> = values.map(|value| value.value.clone()).collect();
        sentences.push(format!("Allowed: {}.", codes(&values, "and")));
    }
    sentences.join(" ")
}

fn members(api: &Api, members: &[Member]) -> String {
    let row = |member: &Member| {
        let spec = &member.spec;
        let row = format!(
            "MemberDoc::new({}, {}, {})",
            text(&spec.name),
            text(&spec.type_),
            text(&spec.doc)
        );
        match limits(api, member) {
            limits if limits.is_empty() => row,
            limits => format!("{row}\n            .limits({})", text(&limits)),
        }
    };
    rows(members.iter().map(row).collect())
}

fn text(text: &str) -> String {
    string(&plain(text)).to_string()
}

fn rows(rows: Vec<String>) -> String {
    if rows.is_empty() {
        return "&[]".to_owned();
    }
    format!("&[\n        {},\n    ]", rows.join(",\n        "))
}
