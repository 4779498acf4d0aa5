//! Describes a model and each of its members: kind, limits and relations.

use crate::name_index::is_same;
use crate::{Condition, NameIndex};

/// Describes one model: its name and its members in wire order.
#[derive(Debug)]
pub struct ModelInfo {
    /// The name of the type in the API.
    pub name: &'static str,
    /// The members, in the order of the specification.
    pub members: &'static [FieldInfo],
    /// Finds a member by name.
    pub index: NameIndex,
}

impl ModelInfo {
    /// The index of the member called `name` on the wire.
    #[must_use]
    #[inline]
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        let Some(candidate) = self.index.candidate(name) else { return self.find_unhashed(name) };
        self.members
            .get(candidate)
            .is_some_and(|field| is_same(field.wire.as_bytes(), name))
            .then_some(candidate)
    }

    /// Compares the name with each member, if no hash function separates the names of this model.
    #[cold]
    fn find_unhashed(&self, name: &[u8]) -> Option<usize> {
        if !self.index.slots.is_empty() {
            return None;
        }
        self.members.iter().position(|field| is_same(field.wire.as_bytes(), name))
    }

    /// The member called `name` on the wire.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static FieldInfo> {
        self.members.get(self.find(name.as_bytes())?)
    }
}

/// The kind of value of a member.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text, including open enums and secrets.
    Str,
    /// A signed 64-bit integer.
    I64,
    /// An unsigned 64-bit integer.
    U64,
    /// A floating-point number.
    F64,
    /// A boolean.
    Bool,
    /// Another model.
    Object(&'static ModelInfo),
    /// A list of one kind.
    List(&'static Kind),
}

impl Kind {
    /// Its name in messages.
    #[must_use]
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Str => "a string",
            Self::I64 => "an integer",
            Self::U64 => "a non-negative integer",
            Self::F64 => "a number",
            Self::Bool => "a boolean",
            Self::Object(_) => "an object",
            Self::List(_) => "a list",
        }
    }

    /// The kind of an item, for a list; the kind itself for everything else.
    #[must_use]
    pub fn innermost(&self) -> &Self {
        match self {
            Self::List(kind) => kind.innermost(),
            kind => kind,
        }
    }
}

/// The description of one member in the specification.
///
/// Limits are facts of the service. The client ignores them unless it is asked to validate, because the server decides
/// and its limits change. The emulator and the command line use them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FieldInfo {
    /// Name on the wire: ASCII letters, digits and `_`, so no encoding escapes it.
    pub wire: &'static str,
    /// Its kind of value.
    pub kind: Kind,
    /// A request must have it.
    pub required: bool,
    /// A response always has it, and not as null.
    pub always_present: bool,
    /// A response may have it as null.
    pub nullable: bool,
    /// It must not appear in logs.
    pub secret: bool,
    /// The service advises against using it.
    pub deprecated: bool,
    /// Only the old gateway documents it.
    pub legacy: bool,
    /// Its text is base64.
    pub base64: bool,
    /// Minimum value.
    pub min: Option<i64>,
    /// Maximum value.
    pub max: Option<i64>,
    /// Minimum number of characters.
    pub min_length: Option<u32>,
    /// Maximum number of characters.
    pub max_length: Option<u32>,
    /// Maximum number of bytes, after decoding if the text is base64.
    pub max_bytes: Option<u32>,
    /// Maximum number of items of a list.
    pub max_items: Option<u32>,
    /// The known values, as text; empty if the set is open.
    pub values: &'static [&'static str],
    /// Documented values that the limits and the format do not cover, as text: `DEFAULT` for a network id.
    pub special: &'static [&'static str],
    /// The value that the service uses if the member is absent, as text.
    pub default: Option<&'static str>,
    /// Unit of a number.
    pub unit: Option<&'static str>,
    /// Format of an id (`ins-xxxxxxxx`) or of a time.
    pub format: Option<&'static str>,
    /// Regular expression that must match the whole text.
    pub pattern: Option<&'static str>,
    /// The member is required if one of these holds. An absent member has its default value.
    pub required_if: &'static [Condition<'static>],
    /// The response to a change may lack this list, or leave it empty, if one of these holds for the request.
    pub empty_if: &'static [Condition<'static>],
    /// Members that must not be given together with it. The default value and `false` exclude nothing.
    pub exclusive_with: &'static [&'static str],
    /// Exactly one of these must be given. A default value beside another one does not count.
    pub exactly_one_of: &'static [&'static str],
    /// One or more of these must be given.
    pub at_least_one_of: &'static [&'static str],
}

impl FieldInfo {
    /// A member without any limit.
    #[must_use]
    pub const fn new(wire: &'static str, kind: Kind) -> Self {
        Self {
            wire,
            kind,
            required: false,
            always_present: false,
            nullable: false,
            secret: false,
            deprecated: false,
            legacy: false,
            base64: false,
            min: None,
            max: None,
            min_length: None,
            max_length: None,
            max_bytes: None,
            max_items: None,
            values: &[],
            special: &[],
            default: None,
            unit: None,
            format: None,
            pattern: None,
            required_if: &[],
            empty_if: &[],
            exclusive_with: &[],
            exactly_one_of: &[],
            at_least_one_of: &[],
        }
    }
}

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        impl FieldInfo { $(
            $(#[$doc])*
            #[must_use]
            pub const fn $name(mut self) -> Self {
                self.$name = true;
                self
            }
        )* }
    };
}
flags! {
    /// A request must have it.
    required,
    /// A response always has it.
    always_present,
    /// A response may have it as null.
    nullable,
    /// It must not appear in logs.
    secret,
    /// The service advises against using it.
    deprecated,
    /// Only the old gateway documents it.
    legacy,
    /// Its text is base64.
    base64,
}

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $type:ty),* $(,)?) => {
        impl FieldInfo { $(
            $(#[$doc])*
            #[must_use]
            pub const fn $name(mut self, value: $type) -> Self {
                self.$name = Some(value);
                self
            }
        )* }
    };
}
limits! {
    /// Minimum value.
    min: i64,
    /// Maximum value.
    max: i64,
    /// Minimum number of characters.
    min_length: u32,
    /// Maximum number of characters.
    max_length: u32,
    /// Maximum number of bytes, after decoding if the text is base64.
    max_bytes: u32,
    /// Maximum number of items of a list.
    max_items: u32,
    /// The value that the service uses if the member is absent.
    default: &'static str,
    /// Unit of a number.
    unit: &'static str,
    /// Format of an id or a time.
    format: &'static str,
    /// Regular expression that must match the whole text.
    pattern: &'static str,
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident: $type:ty),* $(,)?) => {
        impl FieldInfo { $(
            $(#[$doc])*
            #[must_use]
            pub const fn $name(mut self, value: &'static [$type]) -> Self {
                self.$name = value;
                self
            }
        )* }
    };
}
lists! {
    /// The known values.
    values: &'static str,
    /// Documented values that the limits and the format do not cover.
    special: &'static str,
    /// Required if one of these holds.
    required_if: Condition<'static>,
    /// In a response, empty only if one of these holds for the request.
    empty_if: Condition<'static>,
    /// Not together with these.
    exclusive_with: &'static str,
    /// Exactly one of these.
    exactly_one_of: &'static str,
    /// One or more of these.
    at_least_one_of: &'static str,
}
