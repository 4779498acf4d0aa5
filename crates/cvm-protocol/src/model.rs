//! The trait of all models: a static description, and members that the engine reads and writes by index.
//!
//! A generated struct implements [`Model`] with the [`model!`](crate::model) macro. The traits below give access to its
//! fields. Everything else (JSON, query encoding, validation, `Debug`) is written once over `dyn Model`.

use crate::ModelInfo;

/// A struct of the API together with its [`ModelInfo`].
pub trait Model: Send + Sync {
    /// The description of the members, in the order of their indexes.
    fn table(&self) -> &'static ModelInfo;

    /// Reads the member at `index`; [`Value::Absent`] past the end.
    fn member(&self, index: usize) -> Value<'_>;

    /// The slot of the member at `index`; [`Slot::Unknown`] past the end.
    fn member_mut(&mut self, index: usize) -> Slot<'_>;
}

/// A borrowed view of one member, item or model.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Nothing was set.
    Absent,
    /// Text, or the wire value of an open enum.
    Str(&'a str),
    /// Text that must not appear in logs.
    Secret(&'a str),
    /// A signed integer.
    I64(i64),
    /// An unsigned integer.
    U64(u64),
    /// A floating-point number.
    F64(f64),
    /// A boolean.
    Bool(bool),
    /// A nested model.
    Object(&'a dyn Model),
    /// A list.
    List(&'a dyn List),
}

impl Value<'_> {
    /// Whether nothing was set.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether nothing was set, or only an empty text or an empty list.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Str(text) | Self::Secret(text) => text.is_empty(),
            Self::List(list) => list.is_empty(),
            _ => false,
        }
    }

    /// Whether a request sends it: everything but an absent value and an empty list. An empty text is sent,
    /// and may clear what was set.
    #[must_use]
    pub fn is_given(&self) -> bool {
        match self {
            Self::Absent => false,
            Self::List(list) => !list.is_empty(),
            _ => true,
        }
    }

    /// The text of a scalar in query encoding; `None` for objects, lists and absent values.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Absent | Self::Object(_) | Self::List(_) => None,
            Self::Str(text) | Self::Secret(text) => Some((*text).to_owned()),
            Self::I64(number) => Some(number.to_string()),
            Self::U64(number) => Some(number.to_string()),
            Self::F64(number) => Some(number.to_string()),
            Self::Bool(flag) => Some(flag.to_string()),
        }
    }

    /// The text, if this is text.
    #[must_use]
    pub const fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) | Self::Secret(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is an integer that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::I64(number) => Some(*number),
            Self::U64(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The number of something, also as decimal text: some services declare offsets, limits and totals as strings.
    #[must_use]
    pub fn as_count(&self) -> Option<u64> {
        match self {
            Self::I64(number) => u64::try_from(*number).ok(),
            Self::U64(number) => Some(*number),
            Self::Str(text) => text.parse().ok(),
            _ => None,
        }
    }
}

/// A mutable reference to one member or item.
pub enum Slot<'a> {
    /// The member is unknown; its value is skipped.
    Unknown,
    /// Plain text.
    Str(&'a mut String),
    /// A type that is parsed from text: an open enum or a secret.
    Text(&'a mut dyn FromWireText),
    /// A signed integer.
    I64(&'a mut i64),
    /// An unsigned integer.
    U64(&'a mut u64),
    /// A floating-point number.
    F64(&'a mut f64),
    /// A boolean.
    Bool(&'a mut bool),
    /// A nested model.
    Object(&'a mut dyn Model),
    /// A list.
    List(&'a mut dyn List),
    /// A member that may be absent.
    Optional(&'a mut dyn Optional),
}

/// A member of any Rust type that a model may have: an item, an `Option` of one, or a `Vec` of them.
pub trait Member {
    /// Reads it.
    fn value(&self) -> Value<'_>;
    /// Its slot.
    fn slot(&mut self) -> Slot<'_>;
}

/// A value that can be a member, in an `Option` or in a list.
pub trait Item: Default + Send + Sync {
    /// Reads it.
    fn value(&self) -> Value<'_>;
    /// Its slot.
    fn slot(&mut self) -> Slot<'_>;
}

/// A type that is parsed from text.
pub trait FromWireText {
    /// Replaces the value.
    fn set_from_str(&mut self, text: &str);
}

/// A member that may be absent.
pub trait Optional {
    /// Sets a default value and returns its slot.
    fn get_or_insert_default(&mut self) -> Slot<'_>;
    /// The slot of the value, if there is one.
    fn as_mut(&mut self) -> Option<Slot<'_>>;
    /// Removes the value.
    fn clear(&mut self);
}

/// A list of items of one kind.
pub trait List: Send + Sync {
    /// How many items there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Reads the item at `index`; [`Value::Absent`] past the end.
    fn at(&self, index: usize) -> Value<'_>;
    /// The slot of the item at `index`; [`Slot::Unknown`] past the end.
    fn at_mut(&mut self, index: usize) -> Slot<'_>;
    /// Removes all items.
    fn clear(&mut self);
    /// Appends a default item and returns its slot.
    fn push(&mut self) -> Slot<'_>;
    /// Removes the last item.
    fn pop(&mut self);
}

macro_rules! scalar_item {
    ($($rust:ty => $variant:ident),*) => { $(
        impl Item for $rust {
            fn value(&self) -> Value<'_> { Value::$variant(*self) }
            fn slot(&mut self) -> Slot<'_> { Slot::$variant(self) }
        }
    )* };
}
scalar_item!(i64 => I64, u64 => U64, f64 => F64, bool => Bool);

impl<T: Model + Default> Item for T {
    fn value(&self) -> Value<'_> {
        Value::Object(self)
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::Object(self)
    }
}

impl Item for String {
    fn value(&self) -> Value<'_> {
        Value::Str(self)
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::Str(self)
    }
}

impl<T: Item> Member for T {
    fn value(&self) -> Value<'_> {
        Item::value(self)
    }
    fn slot(&mut self) -> Slot<'_> {
        Item::slot(self)
    }
}

impl<T: Item> Member for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Absent, Item::value)
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::Optional(self)
    }
}

impl<T: Item> Member for Vec<T> {
    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::List(self)
    }
}

impl<T: Item> Optional for Option<T> {
    fn get_or_insert_default(&mut self) -> Slot<'_> {
        Option::insert(self, T::default()).slot()
    }
    fn as_mut(&mut self) -> Option<Slot<'_>> {
        self.as_mut().map(Item::slot)
    }
    fn clear(&mut self) {
        *self = None;
    }
}

impl<T: Item> List for Vec<T> {
    fn len(&self) -> usize {
        Vec::len(self)
    }
    fn at(&self, index: usize) -> Value<'_> {
        self.get(index).map_or(Value::Absent, Item::value)
    }
    fn at_mut(&mut self, index: usize) -> Slot<'_> {
        self.get_mut(index).map_or(Slot::Unknown, Item::slot)
    }
    fn clear(&mut self) {
        Vec::clear(self);
    }
    fn push(&mut self) -> Slot<'_> {
        Vec::push(self, T::default());
        self.last_mut().map_or(Slot::Unknown, Item::slot)
    }
    fn pop(&mut self) {
        Vec::pop(self);
    }
}

/// Reads the member called `name` on the wire; [`Value::Absent`] if there is none of that name.
pub fn member_named<'a>(model: &'a dyn Model, name: &str) -> Value<'a> {
    model.table().find(name.as_bytes()).map_or(Value::Absent, |index| model.member(index))
}

/// The member at a path of wire names through objects, such as `Data.TotalCount`; [`Value::Absent`] if there is none.
#[must_use]
pub fn member_at<'a>(model: &'a dyn Model, path: &str) -> Value<'a> {
    match path.split_once('.') {
        None => member_named(model, path),
        Some((first, rest)) => match member_named(model, first) {
            Value::Object(inner) => member_at(inner, rest),
            _ => Value::Absent,
        },
    }
}
