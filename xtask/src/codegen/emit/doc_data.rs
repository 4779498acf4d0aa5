//! Descriptions as data, for programs that display help: the command line, an editor, a console.
//!
//! The description of an item is in the file of the item, so that a changed text changes one file. `docs.rs` has their types
//! and finds them by name.

use crate::codegen::doc::plain;
use crate::codegen::layout::{Page, string};
use crate::codegen::limits::{codes, sentences};
use crate::spec::model::{Action, Api, Enum, Kind, Member, Type};
use crate::spec::spec_file::EnumValue;

/// The types and lookup functions; they do not depend on a spec.
const FIXED: &str = r#"/// Describes an action.
#[derive(Clone, Copy, Debug)]
pub struct ActionDoc {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Further notes, one paragraph each.
    pub notes: &'static [&'static str],
    /// What to check when the outcome is unknown; empty if nothing is documented.
    pub reconcile: &'static str,
    /// Members of the request, in wire order.
    pub request: &'static [MemberDoc],
    /// Members of the response, in wire order.
    pub response: &'static [MemberDoc],
}

/// Describes a shared type.
#[derive(Clone, Copy, Debug)]
pub struct TypeDoc {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub summary: &'static str,
    /// Its members, in wire order.
    pub members: &'static [MemberDoc],
}

/// Describes a member.
#[derive(Clone, Copy, Debug)]
pub struct MemberDoc {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its type, as specifications write it: `list<DataDisk>`.
    pub type_: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its limits and relations to other members, in sentences. Whether it is always required is in its `FieldInfo`.
    pub limits: &'static str,
}

impl MemberDoc {
    pub(crate) const fn new(name: &'static str, type_: &'static str, doc: &'static str) -> Self {
        Self { name, type_, doc, limits: "" }
    }

    pub(crate) const fn limits(mut self, limits: &'static str) -> Self {
        self.limits = limits;
        self
    }
}

/// Describes a set of values.
#[derive(Clone, Copy, Debug)]
pub struct EnumDoc {
    /// Name of the set.
    pub name: &'static str,
    /// What the values describe, in one sentence.
    pub summary: &'static str,
    /// Each value and its meaning.
    pub values: &'static [(&'static str, &'static str)],
}

/// The docs of the action with this name.
#[must_use]
pub fn action(name: &str) -> Option<&'static ActionDoc> {
    let index = ACTIONS.binary_search_by(|doc| doc.name.cmp(name)).ok()?;
    ACTIONS.get(index).copied()
}

/// The docs of the shared type with this name.
#[must_use]
pub fn type_(name: &str) -> Option<&'static TypeDoc> {
    let index = TYPES.binary_search_by(|doc| doc.name.cmp(name)).ok()?;
    TYPES.get(index).copied()
}

/// The docs of the value set with this name.
#[must_use]
pub fn enum_(name: &str) -> Option<&'static EnumDoc> {
    let index = ENUMS.binary_search_by(|doc| doc.name.cmp(name)).ok()?;
    ENUMS.get(index).copied()
}

/// The docs of the members of an action's request or of a shared type; empty for an unknown name.
#[must_use]
pub fn members(name: &str) -> &'static [MemberDoc] {
    action(name)
        .map(|doc| doc.request)
        .or_else(|| type_(name).map(|doc| doc.members))
        .unwrap_or_default()
}
"#;

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
    page.fixed(&match used.collect::<Vec<_>>().as_slice() {
        [] => String::new(),
        [one] => format!("use crate::generated::{one};\n"),
        many => format!("use crate::generated::{{{}}};\n", many.join(", ")),
    });
    page.fixed(FIXED);
    let actions = api.actions.iter().map(|it| (it.spec.action.as_str(), it.rust.constant.as_str()));
    page.fixed(&sorted("ACTIONS", "ActionDoc", actions.collect()));
    let types = api.types.iter().map(|it| (it.spec.type_.as_str(), it.rust.constant.as_str()));
    page.fixed(&sorted("TYPES", "TypeDoc", types.collect()));
    let enums = api.enums.iter().map(|it| (it.spec.enum_.as_str(), it.rust.constant.as_str()));
    page.fixed(&sorted("ENUMS", "EnumDoc", enums.collect()));
    page.finish()
}

/// A list of references to descriptions, sorted by the names on the wire.
fn sorted(list: &str, type_: &str, mut items: Vec<(&str, &str)>) -> String {
    items.sort_unstable();
    let rows: String =
        items.iter().map(|(_, constant)| format!("    &{constant}_DOC,\n")).collect();
    format!("static {list}: &[&{type_}] = &[\n{rows}];\n")
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
