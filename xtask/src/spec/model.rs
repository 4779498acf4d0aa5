//! The resolved model: every name of a type or an enum has become a reference that exists.

use super::condition::Condition;
use super::spec_file;

/// One service, ready for emitting.
#[derive(Debug)]
pub struct Api {
    /// The folder of its specs, as messages and generated files show it.
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
    /// What the file says.
    pub spec: spec_file::ActionFile,
    /// Path of the file, as messages show it.
    pub path: String,
    /// Its names in Rust.
    pub rust: Names,
    /// Members of the request.
    pub request: Vec<Member>,
    /// Members of the response, without `RequestId`.
    pub response: Vec<Member>,
    /// Rows of `retry.members`, with their conditions read.
    pub reclass: Vec<(Vec<Condition>, spec_file::RetryClass)>,
    /// Conditions of `retry.reconcile.done`, read.
    pub done: Vec<Condition>,
    /// Conditions of `retry.reconcile.became`, read.
    pub became: Vec<Condition>,
    /// Conditions of `retry.reconcile.from`, read.
    pub from: Vec<Condition>,
    /// Conditions of `retry.reconcile.failed`, read.
    pub failed: Vec<Condition>,
    /// Conditions of `retry.reconcile.done_when`, read: on the request, and on an entry.
    pub done_when: Vec<(Condition, Condition)>,
    /// Conditions of `retry.reconcile.undone_by`, read.
    pub undone_by: Vec<Condition>,
}

/// A shared type.
#[derive(Debug)]
pub struct Type {
    /// What the file says.
    pub spec: spec_file::TypeFile,
    /// Path of the file, as messages show it.
    pub path: String,
    /// Its names in Rust.
    pub rust: Names,
    /// Its members.
    pub members: Vec<Member>,
}

/// A named value set.
#[derive(Debug)]
pub struct Enum {
    /// What the file says.
    pub spec: spec_file::EnumFile,
    /// Path of the file, as messages show it.
    pub path: String,
    /// Its names in Rust.
    pub rust: Names,
    /// The variant of each value, in the order of the file.
    pub variants: Vec<String>,
}

/// An error code.
#[derive(Debug)]
pub struct ErrorCode {
    /// What the file says.
    pub spec: spec_file::ErrorRow,
    /// Name of the constant.
    pub rust: String,
}

/// A waiter.
#[derive(Debug)]
pub struct Waiter {
    /// What the file says.
    pub spec: spec_file::Waiter,
    /// Names of the type and its static.
    pub rust: Names,
}

/// The names of one thing in Rust.
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
    /// What the file says.
    pub spec: spec_file::Member,
    /// The field.
    pub rust: String,
    /// What it holds.
    pub kind: Kind,
    /// `required_if`, if it is a condition and not prose.
    pub required_if: Option<Condition>,
}

/// What a member holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, times among it.
    Str,
    /// A signed integer.
    I64,
    /// An unsigned integer.
    U64,
    /// A floating-point number.
    F64,
    /// A boolean.
    Bool,
    /// A shared type, by its place in [`Api::types`].
    Type(usize),
    /// A named value set, by its place in [`Api::enums`].
    Enum(usize),
    /// A list.
    List(Box<Kind>),
}

impl Kind {
    /// What a list holds at its innermost; anything else itself.
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

/// Where a set of members stands, which decides the Rust types of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It travels in requests, perhaps in answers too.
    Request,
    /// It only ever answers.
    Response,
}

impl Action {
    /// The list that its answer is about: the one that is paged, else the first of a shared type.
    pub fn listed(&self) -> Option<&Member> {
        match &self.spec.paginate {
            Some(paginate) => member_named(&self.response, &paginate.items),
            None => self.response.iter().find(|member| {
                member.kind.is_list() && matches!(member.kind.innermost(), Kind::Type(_))
            }),
        }
    }

    /// Where an entry of that list holds what `facts` of another action look for.
    pub fn id_of<'a>(&'a self, facts: &'a spec_file::Reconcile) -> Option<&'a str> {
        let paged = || self.spec.paginate.as_ref().and_then(|paginate| paginate.id.as_deref());
        facts.id.as_deref().or_else(paged)
    }
}

impl Type {
    /// Which rule its fields follow.
    pub const fn side(&self) -> Side {
        match self.spec.usage {
            spec_file::Usage::In | spec_file::Usage::Both => Side::Request,
            spec_file::Usage::Out => Side::Response,
        }
    }
}

impl Member {
    /// Whether an answer always carries it, and not as null.
    pub const fn is_promised(&self) -> bool {
        let spec = &self.spec;
        spec.output_required
            && !spec.nullable
            && !spec.nullable_in_text
            && spec.null_if.is_none()
            && spec.present_if.is_none()
            && !spec.legacy
    }

    /// Whether no log may show it.
    pub const fn is_secret(&self) -> bool {
        self.spec.secret || self.spec.sensitive
    }
}

impl Api {
    /// The action called `name`.
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.spec.action == name)
    }

    /// The type at a place that [`Kind::Type`] gave.
    #[expect(clippy::indexing_slicing, reason = "resolve only makes places that exist")]
    pub fn type_at(&self, place: usize) -> &Type {
        &self.types[place]
    }

    /// The enum at a place that [`Kind::Enum`] gave.
    #[expect(clippy::indexing_slicing, reason = "resolve only makes places that exist")]
    pub fn enum_at(&self, place: usize) -> &Enum {
        &self.enums[place]
    }

    /// The members of the type that a kind holds, however many lists are around it.
    pub fn members_of(&self, kind: &Kind) -> Option<&[Member]> {
        match kind.innermost() {
            Kind::Type(place) => Some(&self.type_at(*place).members),
            _ => None,
        }
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

    /// The values that a member of this kind may have, as its spec narrows them; empty if open.
    pub fn values_of(&self, member: &Member) -> Vec<String> {
        match member.kind.innermost() {
            Kind::Enum(_) if member.spec.open && member.spec.values.is_none() => Vec::new(),
            _ => self.known_values_of(member),
        }
    }

    /// As [`Self::values_of`], and the values of an open set that have a name.
    pub fn known_values_of(&self, member: &Member) -> Vec<String> {
        if let Some(values) = &member.spec.values {
            return values.clone();
        }
        if let Some(values) = &member.spec.enum_ {
            return values.iter().map(plain).collect();
        }
        match member.kind.innermost() {
            Kind::Enum(place) => {
                let values = &self.enum_at(*place).spec.values;
                values.iter().map(|value| value.value.clone()).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The member called `name` on the wire.
pub fn member_named<'a>(members: &'a [Member], name: &str) -> Option<&'a Member> {
    members.iter().find(|member| member.spec.name == name)
}

/// A scalar of a spec as the flattened form writes it.
pub fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
