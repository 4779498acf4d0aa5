//! Decodes any model from a serde deserializer: lenient with scalars, strict with structure.
//!
//! Unknown members and unknown enum values never fail. A number may arrive as text, and text as a number. Null means
//! absent. A repeated member, or an object in place of a number, is an error.

mod digits;
mod scalar;
mod value;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::drift::{DecodeReport, DriftKind, Path};
use crate::unknown::unknown_in;
use crate::{Model, ModelInfo, NameIndex};

use digits::NUMBER;
pub(crate) use digits::restore;
pub(crate) use scalar::{is_whole, scalar_from_text};
pub(crate) use value::{MemberSeed, ValueContext};

/// Fills a model from any self-describing format.
///
/// # Errors
///
/// If the deserializer fails, a member is repeated, or a value has the wrong kind.
pub fn decode<'de, D: Deserializer<'de>>(
    model: &mut dyn Model,
    deserializer: D,
) -> Result<(), D::Error> {
    let ledger = DecodeReport::new(false);
    deserializer.deserialize_any(ModelVisitor { model, place: &Path::root(&ledger) })
}

/// As [`decode`], into a new model. For shared types and responses, which may have members newer than this crate.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_new<'de, M: Model + Default, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<M, D::Error> {
    let mut model = M::default();
    decode(&mut model, deserializer)?;
    Ok(model)
}

/// As [`decode_new`], for a request that somebody wrote: an unknown member at any depth is an error, and so is a null item of
/// a list, and a number or a boolean for a text, because YAML reads `0x10` as 16. Unknown enum values are accepted, because
/// the service may know them.
///
/// ```
/// use cvm_protocol::{FieldInfo, Kind, ModelInfo, NameIndex, model};
///
/// #[derive(Clone, Default)]
/// struct ShowDisk {
///     disk_id: String,
/// }
///
/// static SHOW_DISK: ModelInfo = ModelInfo {
///     name: "ShowDisk",
///     members: &[FieldInfo::new("DiskId", Kind::Str).required()],
///     index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
/// };
///
/// // `Deserialize` of a request calls this function.
/// model!(request ShowDisk SHOW_DISK { 0 disk_id });
///
/// let request: ShowDisk = serde_json::from_str(r#"{"DiskId":"disk-1"}"#)?;
/// assert_eq!(request.disk_id, "disk-1");
/// let error = serde_json::from_str::<ShowDisk>(r#"{"DiskID":"disk-1"}"#).unwrap_err();
/// assert!(error.to_string().contains("`DiskID` is not a member of ShowDisk; did you mean `DiskId`?"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
///
/// As [`decode`], and for what a request must not have. The message has the path of the member, and for an unknown one similar
/// names.
pub fn decode_request<'de, M: Model + Default, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<M, D::Error> {
    let mut model = M::default();
    let ledger = DecodeReport::of_request();
    let place = Path::root(&ledger);
    deserializer.deserialize_any(ModelVisitor { model: &mut model, place: &place })?;
    Ok(model)
}

/// Rejects everything except an object. The message of serde would contain the value.
macro_rules! only_an_object {
    () => {
        only_an_object!(visit_bool(bool) "a boolean");
        only_an_object!(visit_i64(i64) "an integer");
        only_an_object!(visit_u64(u64) "an integer");
        only_an_object!(visit_i128(i128) "an integer");
        only_an_object!(visit_u128(u128) "an integer");
        only_an_object!(visit_f64(f64) "a fraction");
        only_an_object!(visit_str(&str) "a string");

        fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
            Err(self.place.mismatch("an object", "null"))
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
            Err(self.place.mismatch("an object", "a list"))
        }
    };
    ($visit:ident($type:ty) $found:literal) => {
        fn $visit<E: serde::de::Error>(self, _: $type) -> Result<(), E> {
            Err(self.place.mismatch("an object", $found))
        }
    };
}
pub(crate) use only_an_object;

/// Reads an object into a model.
pub(crate) struct ModelVisitor<'m, 'p> {
    pub(crate) model: &'m mut dyn Model,
    pub(crate) place: &'p Path<'p>,
}

impl<'de> Visitor<'de> for ModelVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    only_an_object!();

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut progress = SeenMembers::new(self.model.table());
        let mut unknown = String::new();
        while let Some(key) =
            map.next_key_seed(KeySeed { table: progress.table, unknown: &mut unknown })?
        {
            progress.read(self.model, key, &unknown, &mut map, self.place)?;
        }
        progress.report_missing(self.place);
        Ok(())
    }
}

/// The members of one object that were read so far.
pub(crate) struct SeenMembers {
    table: &'static ModelInfo,
    seen: Bits,
    kept: Bits,
}

impl SeenMembers {
    pub(crate) const fn new(table: &'static ModelInfo) -> Self {
        Self { table, seen: Bits::NONE, kept: Bits::NONE }
    }

    /// Reads the value of one member, or skips that of an unknown one.
    pub(crate) fn read<'de, A: MapAccess<'de>>(
        &mut self,
        model: &mut dyn Model,
        key: Key,
        unknown: &str,
        map: &mut A,
        place: &Path<'_>,
    ) -> Result<(), A::Error> {
        let Some((index, field)) = key.and_then(|key| Some((key, self.table.members.get(key)?)))
        else {
            if unknown == NUMBER {
                return Err(place.mismatch("an object", "a fraction"));
            }
            let here = place.member(unknown);
            if here.is_in_request() {
                here.fail();
                let message = unknown_in(self.table, &here.text(), unknown);
                return Err(A::Error::custom(message));
            }
            here.note(DriftKind::UnknownMember);
            map.next_value::<IgnoredAny>()?;
            return Ok(());
        };
        let spot = ValueContext::new(field, place.member(field.wire));
        if !self.seen.insert(index) {
            if spot.place.is_in_request() {
                return Err(spot.place.refuse("is given twice"));
            }
            spot.place.fail();
            return Err(A::Error::custom(format_args!("member `{}` is given twice", field.wire)));
        }
        map.next_value_seed(MemberSeed { model, index, spot: &spot })?;
        if !spot.is_null() {
            self.kept.insert(index);
        }
        Ok(())
    }

    /// Reports members that are always present but were absent or null.
    pub(crate) fn report_missing(&self, place: &Path<'_>) {
        self.report_missing_except(place, None);
    }

    /// As [`Self::report_missing`], for an object one of whose members was read elsewhere.
    pub(crate) fn report_missing_except(&self, place: &Path<'_>, elsewhere: Option<&str>) {
        for index in self.kept.gaps(self.table.members.len()) {
            let Some(field) = self.table.members.get(index) else { return };
            if field.always_present && elsewhere != Some(field.wire) {
                place.member(field.wire).report_missing();
            }
        }
    }
}

/// A set of member indexes.
#[derive(Clone, Copy)]
struct Bits([u64; NameIndex::MAX_MEMBERS.div_ceil(64)]);

impl Bits {
    const NONE: Self = Self([0; NameIndex::MAX_MEMBERS.div_ceil(64)]);

    fn insert(&mut self, index: usize) -> bool {
        let bit = 1 << (index % 64);
        self.0.get_mut(index / 64).is_some_and(|word| {
            let new = *word & bit == 0;
            *word |= bit;
            new
        })
    }

    /// The indexes below `end` that are not in the set.
    fn gaps(&self, end: usize) -> impl Iterator<Item = usize> {
        self.0.iter().zip((0..end).step_by(64)).flat_map(move |(word, first)| {
            let mut gaps = !word;
            std::iter::from_fn(move || {
                let index = first + gaps.trailing_zeros() as usize;
                gaps &= gaps.wrapping_sub(1);
                (index < end.min(first + 64)).then_some(index)
            })
        })
    }
}

/// The index of a member, or `None` for a name that the table does not have.
///
/// It is small enough for a register: passing the name in an enum cost 10 % of the whole decode.
pub(crate) type Key = Option<usize>;

/// Looks up a member name in the model info. A name that is not there goes into `unknown`.
pub(crate) struct KeySeed<'t> {
    pub(crate) table: &'static ModelInfo,
    pub(crate) unknown: &'t mut String,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        let key = self.table.find(name.as_bytes());
        if key.is_none() {
            name.clone_into(self.unknown);
        }
        Ok(key)
    }
}
