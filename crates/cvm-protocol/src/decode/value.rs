//! Decodes one value into its slot, with a visitor for each kind of slot.

use std::cell::Cell;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use super::ModelVisitor;
use super::digits::NumberKey;
use super::scalar::{is_whole, scalar_from_text, whole};
use crate::drift::{DriftKind, Path};
use crate::{FieldInfo, FromWireText, Kind, List, Model, Optional, Slot};

/// The field info of a value and its path.
pub(crate) struct ValueContext<'p> {
    field: &'static FieldInfo,
    pub(super) place: Path<'p>,
    /// Set when the value was null.
    null: Cell<bool>,
}

impl<'p> ValueContext<'p> {
    pub(crate) const fn new(field: &'static FieldInfo, place: Path<'p>) -> Self {
        Self { field, place, null: Cell::new(false) }
    }

    /// Whether the value was null.
    pub(super) const fn is_null(&self) -> bool {
        self.null.get()
    }

    /// The expected kind. The field info describes the whole list; the path says how deep inside it this is.
    fn noun(&self) -> &'static str {
        let mut kind = &self.field.kind;
        for _ in 0..self.place.depth_in_list() {
            if let Kind::List(item) = kind {
                kind = item;
            }
        }
        kind.noun()
    }

    fn mismatch<E: Error>(&self, found: Unexpected<'_>) -> E {
        let noun = match found {
            Unexpected::Bool(_) => "a boolean",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
            Unexpected::Float(_) => "a fraction",
            Unexpected::Str(_) => "a string",
            Unexpected::Map => "an object",
            Unexpected::Seq => "a list",
            _ => "another kind of value",
        };
        self.place.mismatch(self.noun(), noun)
    }

    fn out_of_range<E: Error>(&self) -> E {
        self.place.mismatch(self.noun(), "a number that does not fit")
    }

    fn check_value(&self, text: &str) {
        let values = self.field.values;
        if self.place.strict() && !values.is_empty() && !values.contains(&text) {
            self.place.note(DriftKind::UnknownValue);
        }
    }
}

/// Reads one member.
pub(crate) struct MemberSeed<'m, 'p> {
    pub(crate) model: &'m mut dyn Model,
    pub(crate) index: usize,
    pub(crate) spot: &'p ValueContext<'p>,
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
    spot: &'p ValueContext<'p>,
}

impl<'de> DeserializeSeed<'de> for ItemSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let members = match self.spot.field.kind.innermost() {
            Kind::Object(table) => table.members.len(),
            _ => 1,
        };
        if !self.spot.place.charge_budget(members) {
            self.spot.place.fail();
            return Err(D::Error::custom("more items than a text of this size may have"));
        }
        fill(self.list.push(), self.spot, deserializer)
    }
}

/// Reads one value into a slot.
///
/// Each kind of slot has its own visitor. Passing the slot on as an enum would copy it through memory for every
/// value.
fn fill<'de, D: Deserializer<'de>>(
    slot: Slot<'_>,
    spot: &ValueContext<'_>,
    deserializer: D,
) -> Result<(), D::Error> {
    let result = match slot {
        Slot::Unknown => IgnoredAny::deserialize(deserializer).map(|_| ()),
        Slot::Optional(option) => deserializer.deserialize_option(OptionVisitor { option, spot }),
        Slot::Str(member) => deserializer.deserialize_any(StrVisitor { member, spot }),
        Slot::Text(member) => deserializer.deserialize_any(TextVisitor { member, spot }),
        Slot::Object(member) => deserializer.deserialize_any(ObjectVisitor { member, spot }),
        Slot::List(member) => deserializer.deserialize_any(ListVisitor { member, spot }),
        slot => deserializer.deserialize_any(SlotVisitor { slot, spot }),
    };
    if result.is_err() {
        spot.place.fail_as(Some(spot.noun()), None);
    }
    result
}

/// Reads a value that may be null.
struct OptionVisitor<'m, 'p> {
    option: &'m mut dyn Optional,
    spot: &'p ValueContext<'p>,
}

impl<'de> Visitor<'de> for OptionVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} or null", self.spot.noun())
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
        fill(self.option.get_or_insert_default(), self.spot, deserializer)
    }
}

/// The methods that all visitors of one kind of slot share: they name the expected kind and pass values of other kinds
/// to [`SlotVisitor`].
macro_rules! leaves_others {
    ($slot:ident: $($visit:ident($type:ty))*) => {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.spot.noun())
        }

        $(
            #[cold]
            fn $visit<E: Error>(self, value: $type) -> Result<(), E> {
                SlotVisitor { slot: Slot::$slot(self.member), spot: self.spot }.$visit(value)
            }
        )*
    };
}

/// Rejects a list, and any object that does not stand for a number.
macro_rules! no_structure {
    (map) => {
        #[cold]
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
            self.number_in(map)
        }
    };
    (map $slot:ident) => {
        #[cold]
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
            SlotVisitor { slot: Slot::$slot(self.member), spot: self.spot }.number_in(map)
        }
    };
    (seq) => {
        #[cold]
        fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
            Err(self.spot.mismatch(Unexpected::Seq))
        }
    };
    ($($slot:ident)?) => {
        no_structure!(map $($slot)?);
        no_structure!(seq);
    };
}

/// Reads plain text.
struct StrVisitor<'m, 'p> {
    member: &'m mut String,
    spot: &'p ValueContext<'p>,
}

impl<'de> Visitor<'de> for StrVisitor<'_, '_> {
    leaves_others!(Str: visit_bool(bool) visit_u64(u64) visit_i64(i64) visit_f64(f64) visit_u128(u128) visit_i128(i128));
    no_structure!(Str);

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

/// Reads a type that is parsed from text.
struct TextVisitor<'m, 'p> {
    member: &'m mut dyn FromWireText,
    spot: &'p ValueContext<'p>,
}

impl<'de> Visitor<'de> for TextVisitor<'_, '_> {
    leaves_others!(Text: visit_bool(bool) visit_u64(u64) visit_i64(i64) visit_f64(f64) visit_u128(u128) visit_i128(i128));
    no_structure!(Text);

    fn visit_unit<E>(self) -> Result<(), E> {
        self.spot.null.set(true);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.spot.check_value(text);
        self.member.set_from_str(text);
        Ok(())
    }
}

/// Reads a nested model.
struct ObjectVisitor<'m, 'p> {
    member: &'m mut dyn Model,
    spot: &'p ValueContext<'p>,
}

impl<'de> Visitor<'de> for ObjectVisitor<'_, '_> {
    leaves_others!(Object: visit_bool(bool) visit_u64(u64) visit_i64(i64) visit_f64(f64) visit_u128(u128) visit_i128(i128) visit_str(&str));
    no_structure!(seq);

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
    spot: &'p ValueContext<'p>,
}

impl<'de> Visitor<'de> for ListVisitor<'_, '_> {
    leaves_others!(List: visit_bool(bool) visit_u64(u64) visit_i64(i64) visit_f64(f64) visit_u128(u128) visit_i128(i128) visit_str(&str));
    no_structure!(map List);

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
            let item = ValueContext::new(spot.field, spot.place.item(index));
            if sequence.next_element_seed(ItemSeed { list, spot: &item })?.is_none() {
                return Ok(());
            }
            if item.is_null() {
                if item.place.is_in_request() {
                    return Err(item.place.refuse("is null: remove the item, or set a value"));
                }
                if item.place.note_null_item() {
                    list.pop();
                }
            }
            index += 1;
        }
    }
}

/// Reads a scalar, and the values that the visitors of other slots pass on.
struct SlotVisitor<'m, 'p> {
    slot: Slot<'m>,
    spot: &'p ValueContext<'p>,
}

impl SlotVisitor<'_, '_> {
    /// Reads the number that a map stands for, or rejects the map.
    fn number_in<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if map.next_key_seed(NumberKey)? != Some(true) {
            return Err(self.spot.mismatch(Unexpected::Map));
        }
        let digits: String = map.next_value()?;
        let number = digits.parse::<f64>().ok().filter(|number| number.is_finite());
        let Some(number) = number else { return Err(self.spot.out_of_range()) };
        match self.slot {
            Slot::Str(_) | Slot::Text(_) => {
                // serde_json writes `1e3` as `1e+3` here.
                self.spot.place.want_digits();
                self.text(&digits, Unexpected::Float(number))
            }
            Slot::I64(_) | Slot::U64(_) if number.fract() == 0.0 && !is_whole(&digits) => {
                Err(self.spot.mismatch(Unexpected::Float(number)))
            }
            _ => self.visit_f64(number),
        }
    }

    /// An integer of more than 64 bits.
    fn wide<E: Error>(self, number: f64, digits: &str) -> Result<(), E> {
        match self.slot {
            Slot::F64(member) => *member = number,
            Slot::I64(_) | Slot::U64(_) => return Err(self.spot.out_of_range()),
            _ => return self.text(digits, Unexpected::Float(number)),
        }
        Ok(())
    }

    /// A scalar of another kind in place of text.
    fn text<E: Error>(self, text: &str, found: Unexpected<'_>) -> Result<(), E> {
        let place = &self.spot.place;
        match self.slot {
            Slot::Str(_) | Slot::Text(_) if place.keeps_texts() => {
                return Err(place.refuse("is a text: write its value in quotes"));
            }
            Slot::Str(member) => text.clone_into(member),
            Slot::Text(member) => member.set_from_str(text),
            _ => return Err(self.spot.mismatch(found)),
        }
        place.note(DriftKind::TextExpected);
        Ok(())
    }
}

impl<'de> Visitor<'de> for SlotVisitor<'_, '_> {
    type Value = ();

    no_structure!();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.spot.noun())
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
            _ => {
                // With `arbitrary_precision` a negative zero is the integer 0.
                if number == 0 {
                    self.spot.place.want_digits();
                }
                return self.text(&number.to_string(), Unexpected::Signed(number));
            }
        }
        Ok(())
    }

    // With `arbitrary_precision` a value of serde_json hands out wide integers like this.
    #[cold]
    fn visit_u128<E: Error>(self, number: u128) -> Result<(), E> {
        self.wide(number as f64, &number.to_string())
    }

    #[cold]
    fn visit_i128<E: Error>(self, number: i128) -> Result<(), E> {
        self.wide(number as f64, &number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        let whole = || whole(number).ok_or_else(|| self.spot.out_of_range());
        match self.slot {
            Slot::F64(member) if number.is_finite() => {
                *member = number;
                return Ok(());
            }
            Slot::F64(_) => return Err(self.spot.out_of_range()),
            Slot::I64(member) => *member = whole()?,
            Slot::U64(member) => {
                *member = u64::try_from(whole()?).map_err(|_| self.spot.out_of_range())?;
            }
            // The original digits are lost here, and other digits would be another text.
            Slot::Str(_) | Slot::Text(_) if !self.spot.place.want_digits() => {
                let found = "a fraction, whose digits are not known here; give it as text";
                return Err(self.spot.place.mismatch(self.spot.noun(), found));
            }
            _ => return self.text(&number.to_string(), Unexpected::Float(number)),
        }
        // Whether it is whole as it was written, its digits tell, where they are known.
        self.spot.place.want_digits();
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
