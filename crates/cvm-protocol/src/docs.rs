//! Descriptions of a service as data, for programs that display help: the command line, an editor, a console.
//!
//! A crate of models has one [`Docs`] with all its descriptions, if its feature `docs` is on:
//!
//! ```
//! use cvm_protocol::docs::{ActionDoc, Docs};
//!
//! // A generator writes this.
//! static STOP_INSTANCES: ActionDoc = ActionDoc {
//!     name: "StopInstances",
//!     summary: "Shuts down instances.",
//!     notes: &[],
//!     poll: "",
//!     reconcile: "",
//!     request: &[],
//!     response: &[],
//! };
//! static DOCS: Docs = Docs { actions: &[&STOP_INSTANCES], types: &[], enums: &[] };
//!
//! assert_eq!(DOCS.action("StopInstances").unwrap().summary, "Shuts down instances.");
//! ```

/// The descriptions of a service.
#[derive(Clone, Copy, Debug)]
pub struct Docs {
    /// All actions, sorted by name.
    pub actions: &'static [&'static ActionDoc],
    /// All shared types, sorted by name.
    pub types: &'static [&'static TypeDoc],
    /// All value sets, sorted by name.
    pub enums: &'static [&'static EnumDoc],
}

/// Describes an action.
#[derive(Clone, Copy, Debug)]
pub struct ActionDoc {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Further notes, one paragraph each.
    pub notes: &'static [&'static str],
    /// What to poll until an asynchronous operation is done, in a sentence; empty if no action shows it.
    pub poll: &'static str,
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
    /// Its limits and relations to other members, in sentences. Whether it is always required is in its
    /// [`FieldInfo`](crate::FieldInfo).
    pub limits: &'static str,
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

impl Docs {
    /// The docs of the action with this name.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&'static ActionDoc> {
        find(self.actions, name, |doc| doc.name)
    }

    /// The docs of the shared type with this name.
    #[must_use]
    pub fn type_(&self, name: &str) -> Option<&'static TypeDoc> {
        find(self.types, name, |doc| doc.name)
    }

    /// The docs of the value set with this name.
    #[must_use]
    pub fn enum_(&self, name: &str) -> Option<&'static EnumDoc> {
        find(self.enums, name, |doc| doc.name)
    }

    /// The docs of the members of an action's request or of a shared type; empty for an unknown name.
    #[must_use]
    pub fn members(&self, name: &str) -> &'static [MemberDoc] {
        self.action(name)
            .map(|doc| doc.request)
            .or_else(|| self.type_(name).map(|doc| doc.members))
            .unwrap_or_default()
    }
}

impl MemberDoc {
    /// A member without limits.
    #[must_use]
    pub const fn new(name: &'static str, type_: &'static str, doc: &'static str) -> Self {
        Self { name, type_, doc, limits: "" }
    }

    /// Its limits and relations to other members.
    #[must_use]
    pub const fn limits(mut self, limits: &'static str) -> Self {
        self.limits = limits;
        self
    }
}

fn find<T>(
    sorted: &'static [&'static T],
    name: &str,
    name_of: fn(&T) -> &'static str,
) -> Option<&'static T> {
    let index = sorted.binary_search_by(|doc| name_of(doc).cmp(name)).ok()?;
    sorted.get(index).copied()
}
