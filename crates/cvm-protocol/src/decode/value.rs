//! Reads one value into its slot: a visitor for each kind of slot.

use std::cell::Cell;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use super::ModelVisitor;
use super::scalar::{scalar_from_text, whole};
use crate::drift::{DriftKind, Place};
use crate::{FieldInfo, Kind, List, Model, Optional, Slot, Text};

/// What the table says of a value, and where the value is.
pub(super) struct Spot<'p> {
    field: &'static FieldInfo,
    pub(super) place: Place<'p>,
    /// Set when the value was null.
    null: Cell<bool>,
}

impl<'p> Spot<'p> {
    pub(super) const fn new(field: &'static FieldInfo, place: Place<'p>) -> Self {
        Self { field, place, null: Cell::new(false) }
    }

    /// Whether the value was null.
    pub(super) const fn is_null(&self) -> bool {
        self.null.get()
    }

    fn mismatch<E: Error>(&self, found: Unexpected<'_>) -> E {
        // What was found is named by kind alone: the text of a value could be a secret.
        let noun = match found {
            Unexpected::Bool(_) => "a boolean",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
            Unexpected::Float(_) => "a fraction",
            Unexpected::Str(_) => "a string",
            Unexpected::Map => "an object",
            Unexpected::Seq => "a list",
            _ => "another kind of value",
        };
        E::custom(format_args!("`{}` is {}, not {noun}", self.field.wire, self.field.kind.noun()))
    }

    fn out_of_range<E: Error>(&self) -> E {
        let noun = self.field.kind.noun();
        E::custom(format_args!("`{}` is {noun}, and this number does not fit", self.field.wire))
    }

    fn check_value(&self, text: &str) {
        let values = self.field.values;
        if self.place.strict() && !values.is_empty() && !values.contains(&text) {
            self.place.note(DriftKind::UnknownValue);
        }
    }
}

/// Reads one member.
pub(super) struct MemberSeed<'m, 'p> {
    pub(super) model: &'m mut dyn Model,
    pub(super) index: usize,
    pub(super) spot: &'p Spot<'p>,
}

impl<'de> DeserializeSeed<'de> for MemberSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        fill(self.model.member_mut(self.index), self.spot, deserializer)
    }
}

/// Reads one item; the list grows only when there is one.
struct ItemSeed<'m, 'p> {
    list: &'m mut dyn List,
    spot: &'p Spot<'p>,
}

impl<'de> DeserializeSeed<'de> for ItemSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let members = match self.spot.field.kind.innermost() {
            Kind::Object(table) => table.members.len(),
            _ => 1,
        };
        if !self.spot.place.take_room(members) {
            self.spot.place.fail();
            let name = self.spot.field.wire;
            let text = format_args!("`{name}` has more items than a text of this size can mean");
            return Err(D::Error::custom(text));
        }
        fill(self.list.push(), self.spot, deserializer)
    }
}

/// Reads one value into a slot.
///
/// The slot is taken apart at once, and each kind has its visitor: handing the slot on as it is would
/// copy it through memory for every value.
fn fill<'de, D: Deserializer<'de>>(
    slot: Slot<'_>,
    spot: &Spot<'_>,
    deserializer: D,
) -> Result<(), D::Error> {
    let result = match slot {
        Slot::Skip => IgnoredAny::deserialize(deserializer).map(|_| ()),
        Slot::Optional(option) => deserializer.deserialize_option(OptionVisitor { option, spot }),
        Slot::Str(member) => deserializer.deserialize_any(StrVisitor { member, spot }),
        Slot::Text(member) => deserializer.deserialize_any(TextVisitor { member, spot }),
        Slot::Object(member) => deserializer.deserialize_any(ObjectVisitor { member, spot }),
        Slot::List(member) => deserializer.deserialize_any(ListVisitor { member, spot }),
        slot => deserializer.deserialize_any(SlotVisitor { slot, spot }),
    };
    if result.is_err() {
        spot.place.fail();
    }
    result
}

/// Reads a value that may be null.
struct OptionVisitor<'m, 'p> {
    option: &'m mut dyn Optional,
    spot: &'p Spot<'p>,
}

impl<'de> Visitor<'de> for OptionVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} or null", self.spot.field.kind.noun())
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.option.clear();
        self.spot.null.set(true);
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        fill(self.option.insert(), self.spot, deserializer)
    }
}

/// What all visitors of one kind of slot share: how they name it, and that they leave values of
/// another kind to [`SlotVisitor`].
macro_rules! leaves_others {
    ($slot:ident: $($visit:ident($type:ty))*) => {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.spot.field.kind.noun())
        }

        $(
            #[cold]
            fn $visit<E: Error>(self, value: $type) -> Result<(), E> {
                SlotVisitor { slot: Slot::$slot(self.member), spot: self.spot }.$visit(value)
            }
        )*
    };
}

macro_rules! no_structure {
    ($($visit:ident $access:ident $found:ident)*) => { $(
        fn $visit<A: $access<'de>>(self, _: A) -> Result<(), A::Error> {
            Err(self.spot.mismatch(Unexpected::$found))
        }
    )* };
}

/// Reads plain text.
struct StrVisitor<'m, 'p> {
    member: &'m mut String,
    spot: &'p Spot<'p>,
}

impl<'de> Visitor<'de> for StrVisitor<'_, '_> {
    leaves_others!(Str: visit_bool(bool) visit_u64(u64) visit_i64(i64) visit_f64(f64));
    no_structure!(visit_map MapAccess Map visit_seq SeqAccess Seq);

    fn visit_unit<E>(self) -> Result<(), E> {
        self.spot.null.set(true);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.spot.check_value(text);
        if self.member.capacity() == 0 {
            *self.member = text.to_owned();
        } else {
            text.clone_into(self.member);
        }
        Ok(())
    }
}

/// Reads a type that is made from text.
struct TextVisitor<'m, 'p> {
    member: &'m mut dyn Text,
    spot: &'p Spot<'p>,
}

impl<'de> Visitor<'de> for TextVisitor<'_, '_> {
    leaves_others!(Text: visit_bool(bool) visit_u64(u64) visit_i64(i64) visit_f64(f64));
    no_structure!(visit_map MapAccess Map visit_seq SeqAccess Seq);

    fn visit_unit<E>(self) -> Result<(), E> {
        self.spot.null.set(true);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.spot.check_value(text);
        self.member.put(text);
        Ok(())
    }
}

/// Reads a nested model.
struct ObjectVisitor<'m, 'p> {
    member: &'m mut dyn Model,
    spot: &'p Spot<'p>,
}

impl<'de> Visitor<'de> for ObjectVisitor<'_, '_> {
    leaves_others!(Object: visit_bool(bool) visit_u64(u64) visit_i64(i64) visit_f64(f64) visit_str(&str));
    no_structure!(visit_seq SeqAccess Seq);

    fn visit_unit<E>(self) -> Result<(), E> {
        self.spot.null.set(true);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let place = &self.spot.place;
        ModelVisitor { model: self.member, place }.visit_map(map)
    }
}

/// Reads a list.
struct ListVisitor<'m, 'p> {
    member: &'m mut dyn List,
    spot: &'p Spot<'p>,
}

impl<'de> Visitor<'de> for ListVisitor<'_, '_> {
    leaves_others!(List: visit_bool(bool) visit_u64(u64) visit_i64(i64) visit_f64(f64) visit_str(&str));
    no_structure!(visit_map MapAccess Map);

    fn visit_unit<E>(self) -> Result<(), E> {
        self.member.clear();
        self.spot.null.set(true);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let Self { member: list, spot } = self;
        list.clear();
        let mut index = 0;
        loop {
            let item = Spot::new(spot.field, spot.place.item(index));
            if sequence.next_element_seed(ItemSeed { list, spot: &item })?.is_none() {
                return Ok(());
            }
            if item.is_null() && item.place.note_null_item() {
                list.pop();
            }
            index += 1;
        }
    }
}

/// Reads a scalar; for other slots it takes what their own visitors leave to it.
struct SlotVisitor<'m, 'p> {
    slot: Slot<'m>,
    spot: &'p Spot<'p>,
}

impl SlotVisitor<'_, '_> {
    /// A scalar of another kind where text belongs.
    fn text<E: Error>(self, text: &str, found: Unexpected<'_>) -> Result<(), E> {
        match self.slot {
            Slot::Str(member) => text.clone_into(member),
            Slot::Text(member) => member.put(text),
            _ => return Err(self.spot.mismatch(found)),
        }
        self.spot.place.note(DriftKind::TextExpected);
        Ok(())
    }
}

impl<'de> Visitor<'de> for SlotVisitor<'_, '_> {
    type Value = ();

    no_structure!(visit_map MapAccess Map visit_seq SeqAccess Seq);

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.spot.field.kind.noun())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.spot.null.set(true);
        Ok(())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        match self.slot {
            Slot::Bool(member) => {
                *member = flag;
                Ok(())
            }
            _ => self.text(if flag { "true" } else { "false" }, Unexpected::Bool(flag)),
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        match self.slot {
            Slot::U64(member) => *member = number,
            Slot::F64(member) => *member = number as f64,
            Slot::I64(member) => {
                *member = i64::try_from(number).map_err(|_| self.spot.out_of_range())?;
            }
            _ => return self.text(&number.to_string(), Unexpected::Unsigned(number)),
        }
        Ok(())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        match self.slot {
            Slot::I64(member) => *member = number,
            Slot::F64(member) => *member = number as f64,
            Slot::U64(member) => {
                *member = u64::try_from(number).map_err(|_| self.spot.out_of_range())?;
            }
            _ => return self.text(&number.to_string(), Unexpected::Signed(number)),
        }
        Ok(())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        let whole = || whole(number).ok_or_else(|| self.spot.out_of_range());
        match self.slot {
            Slot::F64(member) => {
                *member = number;
                return Ok(());
            }
            Slot::I64(member) => *member = whole()?,
            Slot::U64(member) => {
                *member = u64::try_from(whole()?).map_err(|_| self.spot.out_of_range())?;
            }
            // Above what a double holds exactly, its digits are no longer those that were written.
            Slot::Str(_) | Slot::Text(_) if number.fract() == 0.0 => {
                whole()?;
                return self.text(&number.to_string(), Unexpected::Float(number));
            }
            _ => return self.text(&number.to_string(), Unexpected::Float(number)),
        }
        self.spot.place.note(DriftKind::WholeAsFraction);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.spot.check_value(text);
        match scalar_from_text(self.slot, text) {
            Ok(drift) => self.spot.place.note(drift),
            Err(_) => return Err(self.spot.mismatch(Unexpected::Str(text))),
        }
        Ok(())
    }
}
