//! One row of a table: what the specification says of one member.

use crate::{Condition, ModelInfo};

/// What a member may hold.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text, open enums and secrets among it.
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
    /// The word for it in messages to people.
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
}

/// What the specification says of one member.
///
/// Limits are facts of the service. The client ignores them unless asked to validate, because the
/// server is the judge and its limits move; the emulator and the command line read them.
#[derive(Clone, Copy, Debug)]
pub struct FieldInfo {
    /// Name on the wire.
    pub wire: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// A request must carry it.
    pub required: bool,
    /// An answer always carries it, and not as null.
    pub always_present: bool,
    /// An answer may carry it as null.
    pub nullable: bool,
    /// A list that may be empty in the answer to a change, which then names nothing of what it made.
    pub may_be_empty: bool,
    /// No log may show it.
    pub secret: bool,
    /// The service asks not to use it any more.
    pub deprecated: bool,
    /// Only an older gateway documents it.
    pub legacy: bool,
    /// Its text is base64.
    pub base64: bool,
    /// Smallest value.
    pub min: Option<i64>,
    /// Largest value.
    pub max: Option<i64>,
    /// Fewest characters.
    pub min_length: Option<u32>,
    /// Most characters.
    pub max_length: Option<u32>,
    /// Most bytes, once decoded where the text is base64.
    pub max_bytes: Option<u32>,
    /// Most items of a list.
    pub max_items: Option<u32>,
    /// The known values, as text; empty when the set is not closed by the specification.
    pub values: &'static [&'static str],
    /// Documented values that the limits and the layout do not cover, as text: `DEFAULT` for a network id.
    pub special: &'static [&'static str],
    /// What the service takes when the member is absent, as text.
    pub default: Option<&'static str>,
    /// Unit of a number.
    pub unit: Option<&'static str>,
    /// Layout of an identifier (`ins-xxxxxxxx`) or of a time.
    pub format: Option<&'static str>,
    /// Regular expression that the whole text matches.
    pub pattern: Option<&'static str>,
    /// The member must be there when one of these holds.
    pub required_if: &'static [Condition],
    /// Members that may not be given beside it.
    pub exclusive_with: &'static [&'static str],
    /// Exactly one of these must be given.
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
            may_be_empty: false,
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
    /// A request must carry it.
    required,
    /// An answer always carries it.
    always_present,
    /// An answer may carry it as null.
    nullable,
    /// The answer to a change may leave the list empty.
    may_be_empty,
    /// No log may show it.
    secret,
    /// The service asks not to use it any more.
    deprecated,
    /// Only an older gateway documents it.
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
    /// Smallest value.
    min: i64,
    /// Largest value.
    max: i64,
    /// Fewest characters.
    min_length: u32,
    /// Most characters.
    max_length: u32,
    /// Most bytes, once decoded where the text is base64.
    max_bytes: u32,
    /// Most items of a list.
    max_items: u32,
    /// What the service takes when the member is absent.
    default: &'static str,
    /// Unit of a number.
    unit: &'static str,
    /// Layout of an identifier or a time.
    format: &'static str,
    /// Regular expression for the whole text.
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
    /// Documented values beyond the limits and the layout.
    special: &'static str,
    /// Required when one of these holds.
    required_if: Condition,
    /// Not beside these.
    exclusive_with: &'static str,
    /// Exactly one of these.
    exactly_one_of: &'static str,
    /// One or more of these.
    at_least_one_of: &'static str,
}
