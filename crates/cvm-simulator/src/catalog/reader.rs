//! Reads the objects of a catalog file: their members by name and kind. An error names the member, its value, and what
//! to write instead.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

use cvm_protocol::{Json, cut, did_you_mean, similar_names};

/// Why a catalog file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError(String);

impl CatalogError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CatalogError {}

pub(super) type Result<T> = std::result::Result<T, CatalogError>;

/// Maximum length in bytes of a name or value in an error, if the file has not been checked so far.
const MAX_SHOWN: usize = 60;

/// Maximum length of a text in characters. Errors repeat such texts in full.
const MAX_TEXT: usize = 128;

/// Maximum number of known names in an error.
const MAX_LISTED: usize = 16;

/// Maximum number of members of an object.
const MAX_MEMBERS: usize = 16;

/// An object of a file. Members that nobody asked for are unknown. Reading allocates nothing for an object without an
/// error: a program that starts an emulator waits for it.
pub(super) struct Reader {
    place: Place,
    members: &'static [(String, Json)],
    /// The members that were asked for, and the number of those that are present.
    known: [&'static str; MAX_MEMBERS],
    asked: usize,
    present: usize,
}

/// The place of an object in a file, such as `types[3].gpu` or `prices.regions`.
#[derive(Clone, Copy, Default)]
struct Place {
    item: Option<(&'static str, usize)>,
    members: [Option<&'static str>; 2],
}

impl Place {
    /// The place of an object in the object at this one.
    fn member(mut self, name: &'static str) -> Self {
        if let Some(free) = self.members.iter_mut().find(|member| member.is_none()) {
            *free = Some(name);
        }
        self
    }

    const fn is_file(&self) -> bool {
        self.item.is_none() && matches!(self.members, [None, _])
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_file() {
            return f.write_str("the file");
        }
        let mut separator = "";
        if let Some((list, index)) = self.item {
            write!(f, "{list}[{index}]")?;
            separator = ".";
        }
        for member in self.members.iter().flatten() {
            write!(f, "{separator}{member}")?;
            separator = ".";
        }
        Ok(())
    }
}

impl Reader {
    /// The whole file.
    pub(super) fn of_file(json: &'static Json) -> Result<Self> {
        Self::new(Place::default(), json)
    }

    fn new(place: Place, json: &'static Json) -> Result<Self> {
        match json {
            Json::Object(members) => {
                Ok(Self { place, members, known: [""; MAX_MEMBERS], asked: 0, present: 0 })
            }
            other => Err(unexpected(&place.to_string(), other, &"an object")),
        }
    }

    /// The place of a member in the file.
    fn path_of(&self, name: &str) -> String {
        let name = shown(name);
        if self.place.is_file() { name.into_owned() } else { format!("{}.{name}", self.place) }
    }

    /// The error for a member whose value cannot be used.
    pub(super) fn error(&self, name: &str, problem: impl fmt::Display) -> CatalogError {
        CatalogError::new(format!("{} {problem}", self.path_of(name)))
    }

    fn find(&mut self, name: &'static str) -> Option<&'static Json> {
        if let Some(known) = self.known.get_mut(self.asked) {
            *known = name;
        }
        self.asked += 1;
        let (_, value) = self.members.iter().find(|(member, _)| member == name)?;
        self.present += 1;
        Some(value)
    }

    /// A member of one kind, if it is present.
    fn optional<T>(
        &mut self,
        name: &'static str,
        expected: &dyn fmt::Display,
        read: impl FnOnce(&'static Json) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(json) = self.find(name) else { return Ok(None) };
        match read(json) {
            Some(value) => Ok(Some(value)),
            None => Err(unexpected(&self.path_of(name), json, expected)),
        }
    }

    fn required<T>(&self, name: &str, expected: &dyn fmt::Display, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| self.error(name, format_args!("is missing: give {expected}")))
    }

    /// A text of a valid length.
    pub(super) fn text(&mut self, name: &'static str) -> Result<&'static str> {
        let value = self.optional_text(name)?;
        self.required(name, &Text, value)
    }

    pub(super) fn optional_text(&mut self, name: &'static str) -> Result<Option<&'static str>> {
        self.optional(name, &Text, text)
    }

    /// A list of texts; empty if it is absent.
    pub(super) fn texts(&mut self, name: &'static str) -> Result<&'static [&'static str]> {
        let items = self.optional(name, &"a list of texts", |json| match json {
            Json::List(items) => Some(items.as_slice()),
            _ => None,
        })?;
        let item = |(index, json): (usize, &'static Json)| {
            text(json).ok_or_else(|| {
                let place = format!("{}[{index}]", self.path_of(name));
                unexpected(&place, json, &Text)
            })
        };
        let texts: Vec<&'static str> =
            items.unwrap_or_default().iter().enumerate().map(item).collect::<Result<_>>()?;
        Ok(texts.leak())
    }

    /// A comment of any length, which has no effect.
    pub(super) fn comment(&mut self, name: &'static str) -> Result<()> {
        self.optional(name, &"a text", Json::as_text).map(drop)
    }

    /// A whole number in a range.
    pub(super) fn number(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Result<i64> {
        let value = self.optional_number(name, range.clone())?;
        self.required(name, &WholeNumber(range), value)
    }

    /// A whole number in a range, if it is present.
    pub(super) fn optional_number(
        &mut self,
        name: &'static str,
        range: RangeInclusive<i64>,
    ) -> Result<Option<i64>> {
        let expected = WholeNumber(range);
        self.optional(name, &expected, |json| whole_number(json, &expected.0))
    }

    /// A whole number in a range; 0 if it is absent.
    pub(super) fn number_or_0(
        &mut self,
        name: &'static str,
        range: RangeInclusive<i64>,
    ) -> Result<i64> {
        self.optional_number(name, range).map(Option::unwrap_or_default)
    }

    /// A number of things, at least 1.
    pub(super) fn count(&mut self, name: &'static str) -> Result<u32> {
        let number = self.number(name, 1..=MAX_COUNT)?;
        Ok(u32::try_from(number).unwrap_or_default())
    }

    /// A number of things; 0 if it is absent.
    pub(super) fn count_or_0(&mut self, name: &'static str) -> Result<u32> {
        let number = self.number_or_0(name, 0..=MAX_COUNT)?;
        Ok(u32::try_from(number).unwrap_or_default())
    }

    /// The lowest and the highest number of a range, as a list of two.
    pub(super) fn range(
        &mut self,
        name: &'static str,
        range: &RangeInclusive<i64>,
    ) -> Result<RangeInclusive<i64>> {
        const EXPECTED: &str = "the lowest and the highest size in GiB, such as [20, 500]";
        let value = self.optional(name, &EXPECTED, |json| match json {
            Json::List(items) => {
                let [low, high] = items.as_slice() else { return None };
                let (low, high) = (whole_number(low, range)?, whole_number(high, range)?);
                (low <= high).then_some(low..=high)
            }
            _ => None,
        })?;
        self.required(name, &EXPECTED, value)
    }

    /// A decimal number from 0 to a maximum, if it is present.
    pub(super) fn optional_decimal(&mut self, name: &'static str, max: f64) -> Result<Option<f64>> {
        self.optional(name, &Decimal(max), |json| decimal(json, max))
    }

    /// A decimal number from 0 to a maximum.
    pub(super) fn decimal(&mut self, name: &'static str, max: f64) -> Result<f64> {
        let value = self.optional_decimal(name, max)?;
        self.required(name, &Decimal(max), value)
    }

    /// `true` or `false`; `false` if it is absent.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool> {
        let value = self.optional(name, &"true or false", |json| match json {
            Json::Bool(flag) => Some(*flag),
            _ => None,
        })?;
        Ok(value.unwrap_or_default())
    }

    /// An object, if it is present.
    pub(super) fn object(&mut self, name: &'static str) -> Result<Option<Self>> {
        let place = self.place.member(name);
        self.find(name).map(|json| Self::new(place, json)).transpose()
    }

    /// A list of objects, if it is present.
    pub(super) fn list(&mut self, name: &'static str) -> Result<Option<Vec<Self>>> {
        let items = self.optional(name, &"a list of objects", |json| match json {
            Json::List(items) => Some(items),
            _ => None,
        })?;
        let Some(items) = items else { return Ok(None) };
        let items = items.iter().enumerate();
        items
            .map(|(index, item)| {
                Self::new(Place { item: Some((name, index)), ..Place::default() }, item)
            })
            .collect::<Result<_>>()
            .map(Some)
    }

    /// The members of an object that maps names to decimal numbers from 0 to a maximum; none if it is absent.
    pub(super) fn decimals(
        &mut self,
        name: &'static str,
        max: f64,
    ) -> Result<Vec<(&'static str, f64)>> {
        let Some(object) = self.object(name)? else { return Ok(Vec::new()) };
        let entry = |(name, json): &'static (String, Json)| match decimal(json, max) {
            Some(number) => Ok((name.as_str(), number)),
            None => Err(unexpected(&object.path_of(name), json, &Decimal(max))),
        };
        object.members.iter().map(entry).collect()
    }

    /// Refuses members that the format does not have.
    pub(super) fn finish(self) -> Result<()> {
        if self.present == self.members.len() {
            return Ok(());
        }
        let known = self.known.get(..self.asked).unwrap_or(&self.known);
        let unknown = self.members.iter().find(|(name, _)| !known.contains(&name.as_str()));
        let Some((name, _)) = unknown else { return Ok(()) };
        Err(self.error(name, format_args!("is unknown: {}", suggestion(name, known))))
    }
}

/// What to write instead of an unknown name.
pub(super) fn suggestion(name: &str, known: &[&str]) -> String {
    // No known name is similar to a longer one, and the comparison would take long.
    let similar =
        if is_short(name) { similar_names(name, known.iter().copied()) } else { Vec::new() };
    did_you_mean(&similar).unwrap_or_else(|| match known.get(..MAX_LISTED) {
        Some(first) if first.len() < known.len() => {
            format!("the names are {}, … ({} in all)", first.join(", "), known.len())
        }
        _ if known.is_empty() => "there are none".to_owned(),
        _ => format!("the names are {}", known.join(", ")),
    })
}

/// A name in an error that is shortened, because its length has not been checked.
pub(super) fn shown(name: &str) -> Cow<'_, str> {
    cut(name, MAX_SHOWN)
}

/// Maximum of [`Reader::count`].
const MAX_COUNT: i64 = 10_000_000;

/// The texts that a member can have.
struct Text;

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a text with 1 to {MAX_TEXT} characters")
    }
}

fn text(json: &'static Json) -> Option<&'static str> {
    json.as_text().filter(|text| !text.is_empty() && is_short(text))
}

fn is_short(text: &str) -> bool {
    text.chars().nth(MAX_TEXT).is_none()
}

/// The decimal numbers that a member can have: from 0 to this maximum.
struct Decimal(f64);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number from 0 to {}", self.0)
    }
}

/// The numbers that a member can have.
struct WholeNumber(RangeInclusive<i64>);

impl fmt::Display for WholeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {} to {}", self.0.start(), self.0.end())
    }
}

fn whole_number(json: &Json, range: &RangeInclusive<i64>) -> Option<i64> {
    match json {
        Json::Number(digits) => digits.parse().ok().filter(|number| range.contains(number)),
        _ => None,
    }
}

fn decimal(json: &'static Json, max: f64) -> Option<f64> {
    match json {
        Json::Number(digits) => digits.parse().ok().filter(|number| (0.0..=max).contains(number)),
        _ => None,
    }
}

fn unexpected(subject: &str, json: &Json, expected: &dyn fmt::Display) -> CatalogError {
    let value = match json {
        Json::List(_) | Json::Object(_) => json.noun().to_owned(),
        other => {
            let text = other.pretty();
            shown(&text).into_owned()
        }
    };
    CatalogError::new(format!("{subject} is {value}: give {expected}"))
}
