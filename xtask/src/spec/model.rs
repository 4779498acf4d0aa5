//! The resolved specs: every name of a type or an enum is a valid reference.

use std::collections::BTreeSet;

use super::condition::Condition;
use super::spec_file;

/// One service, ready for code generation.
#[derive(Debug)]
pub struct Api {
    /// The folder of its specs in messages and generated files.
    pub shown_as: String,
    /// The service itself.
    pub service: spec_file::ServiceFile,
    /// By name.
    pub actions: Vec<Action>,
    /// By name.
    pub types: Vec<Type>,
    /// By name.
    pub enums: Vec<Enum>,
    /// By code.
    pub errors: Vec<ErrorCode>,
    /// By name.
    pub waiters: Vec<Waiter>,
    /// Names of files that could not be read.
    pub unreadable: Vec<String>,
}

/// An action.
#[derive(Debug)]
pub struct Action {
    /// Content of the file.
    pub spec: spec_file::ActionFile,
    /// Path of the file in messages.
    pub path: String,
    /// Its names in Rust.
    pub rust: Names,
    /// Members of the request.
    pub request: Vec<Member>,
    /// Members of the response, without `RequestId`.
    pub response: Vec<Member>,
    /// Rows of `retry.members`, with parsed conditions.
    pub retry_overrides: Vec<(Vec<Condition>, spec_file::RetryClass)>,
    /// Parsed conditions of `retry.reconcile.done`.
    pub done: Vec<Condition>,
    /// Parsed conditions of `retry.reconcile.became`.
    pub became: Vec<Condition>,
    /// Parsed conditions of `retry.reconcile.from`.
    pub from: Vec<Condition>,
    /// Parsed conditions of `retry.reconcile.failed`.
    pub failed: Vec<Condition>,
    /// Parsed conditions of `retry.reconcile.done_when`: on the request, and on an entry.
    pub done_when: Vec<(Condition, Condition)>,
    /// Parsed conditions of `retry.reconcile.undone_by`.
    pub undone_by: Vec<Condition>,
}

/// A shared type.
#[derive(Debug)]
pub struct Type {
    /// Content of the file.
    pub spec: spec_file::TypeFile,
    /// Path of the file in messages.
    pub path: String,
    /// Its names in Rust.
    pub rust: Names,
    /// Its members.
    pub members: Vec<Member>,
}

/// A named value set.
#[derive(Debug)]
pub struct Enum {
    /// Content of the file.
    pub spec: spec_file::EnumFile,
    /// Path of the file in messages.
    pub path: String,
    /// Its names in Rust.
    pub rust: Names,
    /// The variant of each value, in the order of the file.
    pub variants: Vec<String>,
}

/// An error code.
#[derive(Debug)]
pub struct ErrorCode {
    /// Content of the file.
    pub spec: spec_file::ErrorRow,
    /// Name of the constant.
    pub rust: String,
}

/// A waiter.
#[derive(Debug)]
pub struct Waiter {
    /// Content of the file.
    pub spec: spec_file::Waiter,
    /// Names of the type and its static.
    pub rust: Names,
}

/// The Rust names of an item.
#[derive(Debug)]
pub struct Names {
    /// The type: `StopInstances`.
    pub type_: String,
    /// The module and file: `stop_instances`.
    pub module: String,
    /// The static: `STOP_INSTANCES`.
    pub constant: String,
}

/// A member.
#[derive(Debug)]
pub struct Member {
    /// Content of the file.
    pub spec: spec_file::Member,
    /// Name of the field.
    pub rust: String,
    /// Its type.
    pub kind: Kind,
    /// `required_if`, if it is a condition and not prose.
    pub required_if: Option<Condition>,
    /// `empty_if`, a condition on the request.
    pub empty_if: Option<Condition>,
    /// The client fills the omitted member with a new client token, unless all conditions of one of these lists hold.
    pub generated_unless: Option<Vec<Vec<Condition>>>,
}

/// The type of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string; also a time.
    Str,
    /// A signed integer.
    I64,
    /// An unsigned integer.
    U64,
    /// A floating-point number.
    F64,
    /// A boolean.
    Bool,
    /// A shared type, by its index in [`Api::types`].
    Type(usize),
    /// A named value set, by its index in [`Api::enums`].
    Enum(usize),
    /// A list.
    List(Box<Kind>),
}

impl Kind {
    /// The item type of a list, however deep; any other kind itself.
    pub fn innermost(&self) -> &Self {
        match self {
            Self::List(item) => item.innermost(),
            other => other,
        }
    }

    /// Whether it is a list.
    pub const fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }
}

/// The side of a set of members, which determines the Rust types of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Part of requests, and perhaps of responses.
    Request,
    /// Part of responses only.
    Response,
}

impl Action {
    /// The main list of the response: the paged one, or else the first list of a shared type.
    pub fn listed(&self) -> Option<&Member> {
        match &self.spec.paginate {
            Some(paginate) => member_named(&self.response, &paginate.items),
            None => self.response.iter().find(|member| {
                member.kind.is_list() && matches!(member.kind.innermost(), Kind::Type(_))
            }),
        }
    }

    /// The member of an entry that has the id for the `reconcile` rule of another action.
    pub fn id_of<'a>(&'a self, facts: &'a spec_file::Reconcile) -> Option<&'a str> {
        let paged = || self.spec.paginate.as_ref().and_then(|paginate| paginate.id.as_deref());
        facts.id.as_deref().or_else(paged)
    }
}

impl Type {
    /// The side that determines the types of its fields.
    pub const fn side(&self) -> Side {
        match self.spec.usage {
            spec_file::Usage::In | spec_file::Usage::Both => Side::Request,
            spec_file::Usage::Out => Side::Response,
        }
    }
}

impl Member {
    /// Whether a response always contains it, and not as null.
    pub const fn is_always_present(&self) -> bool {
        let spec = &self.spec;
        spec.output_required
            && !spec.nullable
            && !spec.nullable_in_text
            && spec.null_if.is_none()
            && spec.present_if.is_none()
            && !spec.legacy
    }

    /// Whether it must not appear in logs.
    pub const fn is_secret(&self) -> bool {
        self.spec.secret || self.spec.sensitive
    }
}

impl Api {
    /// The action with this name.
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.spec.action == name)
    }

    /// The type at an index of [`Kind::Type`].
    #[expect(clippy::indexing_slicing, reason = "resolve only makes places that exist")]
    pub fn type_at(&self, index: usize) -> &Type {
        &self.types[index]
    }

    /// The enum at an index of [`Kind::Enum`].
    #[expect(clippy::indexing_slicing, reason = "resolve only makes places that exist")]
    pub fn enum_at(&self, index: usize) -> &Enum {
        &self.enums[index]
    }

    /// The members of the type of a kind, or of its list items.
    pub fn members_of(&self, kind: &Kind) -> Option<&[Member]> {
        match kind.innermost() {
            Kind::Type(index) => Some(&self.type_at(*index).members),
            _ => None,
        }
    }

    /// Whether a member is a fraction, or has a type that contains one. Such a struct has neither `Eq` nor `Hash`.
    pub fn has_float(&self, members: &[Member]) -> bool {
        self.find_float(members, &mut BTreeSet::new())
    }

    fn find_float(&self, members: &[Member], visited: &mut BTreeSet<usize>) -> bool {
        members.iter().any(|member| match member.kind.innermost() {
            Kind::F64 => true,
            Kind::Type(index) => {
                visited.insert(*index) && self.find_float(&self.type_at(*index).members, visited)
            }
            _ => false,
        })
    }

    /// Follows a path of member names, through types and lists.
    pub fn follow<'a>(&'a self, members: &'a [Member], path: &str) -> Option<&'a Member> {
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let member = member_named(members, first)?;
        match rest {
            None => Some(member),
            Some(rest) => self.follow(self.members_of(&member.kind)?, rest),
        }
    }

    /// The allowed values of a member; empty if its set is open.
    pub fn values_of(&self, member: &Member) -> Vec<String> {
        match member.kind.innermost() {
            Kind::Enum(_) if member.spec.open && member.spec.values.is_none() => Vec::new(),
            _ => self.known_values_of(member),
        }
    }

    /// Like [`Self::values_of`], but also the known values of an open set.
    pub fn known_values_of(&self, member: &Member) -> Vec<String> {
        if let Some(values) = &member.spec.values {
            return values.clone();
        }
        if let Some(values) = &member.spec.enum_ {
            return values.iter().map(plain).collect();
        }
        match member.kind.innermost() {
            Kind::Enum(index) => {
                let values = &self.enum_at(*index).spec.values;
                values.iter().map(|value| value.value.clone()).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The member with this name on the wire.
pub fn member_named<'a>(members: &'a [Member], name: &str) -> Option<&'a Member> {
    members.iter().find(|member| member.spec.name == name)
}

/// A scalar of a spec, as the query encoding writes it.
pub fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
