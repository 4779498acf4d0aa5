//! Descriptions as data, for programs that display help: the command line, an editor, a console.

use crate::codegen::doc::plain;
use crate::codegen::layout::{Page, string};
use crate::spec::model::{Api, Member};

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
    /// What it is; its limits are in the static table.
    pub doc: &'static str,
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
    ACTIONS.get(index)
}

/// The docs of the shared type with this name.
#[must_use]
pub fn type_(name: &str) -> Option<&'static TypeDoc> {
    let index = TYPES.binary_search_by(|doc| doc.name.cmp(name)).ok()?;
    TYPES.get(index)
}

/// The docs of the value set with this name.
#[must_use]
pub fn enum_(name: &str) -> Option<&'static EnumDoc> {
    let index = ENUMS.binary_search_by(|doc| doc.name.cmp(name)).ok()?;
    ENUMS.get(index)
}

/// The docs of the members of an action's request or of a shared type; empty for an unknown name.
#[must_use]
pub fn members(name: &str) -> &'static [MemberDoc] {
    action(name)
        .map(|doc| doc.request)
        .or_else(|| type_(name).map(|doc| doc.members))
        .unwrap_or_default()
}

const fn member(
    name: &'static str,
    type_: &'static str,
    doc: &'static str,
) -> MemberDoc {
    MemberDoc { name, type_, doc }
}
"#;

/// The text of the file.
pub fn file(api: &Api) -> String {
    let about = "Descriptions as data, for programs that display help.".to_owned();
    let mut page = Page::with_docs(&api.shown_as, &[about]);
    page.fixed(FIXED);

    let mut actions: Vec<_> = api.actions.iter().collect();
    actions.sort_by(|a, b| a.spec.action.cmp(&b.spec.action));
    let mut text = "static ACTIONS: &[ActionDoc] = &[\n".to_owned();
    for action in actions {
        let settled = action.spec.retry.reconcile.as_ref();
        let reconcile = settled.map_or("", |reconcile| reconcile.text.as_str());
        let notes = action.spec.notes.iter().map(|note| string(&plain(note)).to_string()).collect();
        text.push_str(&format!(
            "    ActionDoc {{\n        name: {},\n        summary: {},\n        notes: {},\n        \
             reconcile: {},\n        request: {},\n        response: {},\n    }},\n",
            string(&action.spec.action),
            string(&plain(&action.spec.summary)),
            rows(notes),
            string(&plain(reconcile)),
            members(&action.request),
            members(&action.response),
        ));
    }
    text.push_str("];\n");
    page.fixed(&text);

    let mut types: Vec<_> = api.types.iter().collect();
    types.sort_by(|a, b| a.spec.type_.cmp(&b.spec.type_));
    let mut text = "static TYPES: &[TypeDoc] = &[\n".to_owned();
    for type_ in types {
        text.push_str(&format!(
            "    TypeDoc {{\n        name: {},\n        summary: {},\n        members: {},\n    }},\n",
            string(&type_.spec.type_),
            string(&plain(&type_.spec.summary)),
            members(&type_.members),
        ));
    }
    text.push_str("];\n");
    page.fixed(&text);

    let mut enums: Vec<_> = api.enums.iter().collect();
    enums.sort_by(|a, b| a.spec.enum_.cmp(&b.spec.enum_));
    let mut text = "static ENUMS: &[EnumDoc] = &[\n".to_owned();
    for enum_ in enums {
        let value = |value: &crate::spec::spec_file::EnumValue| {
            format!("({}, {})", string(&value.value), string(&plain(&value.doc)))
        };
        text.push_str(&format!(
            "    EnumDoc {{\n        name: {},\n        summary: {},\n        values: {},\n    }},\n",
            string(&enum_.spec.enum_),
            string(&plain(&enum_.spec.summary)),
            rows(enum_.spec.values.iter().map(value).collect()),
        ));
    }
    text.push_str("];\n");
    page.fixed(&text);
    page.finish()
}

fn members(members: &[Member]) -> String {
    let row = |member: &Member| {
        let mut doc = plain(&member.spec.doc);
        if let Some(quirk) = &member.spec.quirk {
            doc.push(' ');
            doc.push_str(&plain(quirk));
        }
        format!(
            "member({}, {}, {})",
            string(&member.spec.name),
            string(&member.spec.type_),
            string(&doc)
        )
    };
    rows(members.iter().map(row).collect())
}

fn rows(rows: Vec<String>) -> String {
    if rows.is_empty() {
        return "&[]".to_owned();
    }
    format!("&[\n            {},\n        ]", rows.join(",\n            "))
}
