//! Reports where a decoded response deviates from the specification.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::Error;

use crate::cut::{MAX_NAME, cut};

/// Maximum number of drifts that a report keeps; the rest are counted. Without this limit, a hostile response could
/// make the report larger than itself.
const KEPT: usize = 64;

/// The deviations that decoding found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Deviations from the specification, the first 64 of them.
    pub drifts: Vec<Drift>,
    /// The number of further deviations.
    pub omitted: usize,
    /// Paths of members that are always present but were absent or null.
    pub missing: Vec<String>,
    /// The lists that had a null item: all lists of the response itself, and the first 64 of objects inside it.
    pub null_items: Vec<String>,
}

impl Report {
    /// Whether the response matches the specification.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.drifts.is_empty() && self.omitted == 0 && self.missing.is_empty()
    }

    /// The members of the response itself, not of objects inside it, that are always present but were not sent.
    pub fn missing_members(&self) -> impl Iterator<Item = &str> {
        self.missing.iter().map(String::as_str).filter(|path| !path.contains('.'))
    }

    /// The paths of members that the specification does not know.
    pub fn unknown_members(&self) -> impl Iterator<Item = &str> {
        self.drifts
            .iter()
            .filter(|drift| drift.kind == DriftKind::UnknownMember)
            .map(|drift| drift.path.as_str())
    }
}

/// One deviation and its path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drift {
    /// The path, in the notation of the API: `InstanceSet.0.Placement.Zone`.
    pub path: String,
    /// The kind of deviation.
    pub kind: DriftKind,
}

/// A deviation that decoding tolerates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriftKind {
    /// A member that the specification does not know.
    UnknownMember,
    /// A value outside the value set; noticed in strict mode only.
    UnknownValue,
    /// A number written as text.
    NumberAsText,
    /// A boolean written as text.
    BooleanAsText,
    /// A number or boolean where text belongs.
    TextExpected,
    /// A whole number written with a fraction, such as `1.0`.
    WholeAsFraction,
    /// A null item in a list.
    NullItem,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            DriftKind::UnknownMember => "is not a member of the specification",
            DriftKind::UnknownValue => "has a value outside the known set",
            DriftKind::NumberAsText => "is a number written as text",
            DriftKind::BooleanAsText => "is a boolean written as text",
            DriftKind::TextExpected => "is not text, though text was expected",
            DriftKind::WholeAsFraction => "is a whole number written with a fraction",
            DriftKind::NullItem => "is null inside a list",
        };
        write!(f, "`{}` {what}", cut(&self.path, MAX_NAME))
    }
}

/// Members of list items that any text may expand to, however short it is: about 32 MB.
const ROOM: usize = 1 << 20;
/// Bytes of text for each further member. Real lists have at least twelve bytes per member.
const BYTES_A_MEMBER: usize = 8;

/// Collects a [`Report`] during decoding and remembers where it failed.
pub(crate) struct DecodeReport {
    report: RefCell<Report>,
    failure: RefCell<Option<Failure>>,
    /// There is a text from which the digits of numbers can be read again.
    has_text: bool,
    /// The digits must be read again.
    wants_digits: Cell<bool>,
    /// The number of members of list items that may still be created. `{},` has three bytes and becomes an instance of
    /// 1.6 KB. Without this limit, a response of 16 MB would take 9 GB.
    room: Cell<usize>,
    pub(crate) strict: bool,
    /// A null item of a list is left out, not read as a default one.
    drops_null_items: bool,
    /// The value is a request that somebody wrote. An unknown member and a null item are errors.
    is_request: bool,
    /// A number or a boolean for a text is an error, because the format may have changed it: YAML reads `0x10` as 16.
    keeps_texts: bool,
}

impl DecodeReport {
    /// For a value that is in memory already and cannot expand much.
    pub(crate) fn new(strict: bool) -> Self {
        Self {
            report: RefCell::default(),
            failure: RefCell::default(),
            has_text: false,
            wants_digits: Cell::new(false),
            room: Cell::new(usize::MAX),
            strict,
            drops_null_items: false,
            is_request: false,
            keeps_texts: false,
        }
    }

    /// For a request that somebody wrote in any format.
    pub(crate) fn of_request() -> Self {
        Self { keeps_texts: true, ..Self::of_request_value() }
    }

    /// For a request that a program made as a JSON value.
    pub(crate) fn of_request_value() -> Self {
        Self { is_request: true, ..Self::new(false) }
    }

    /// For a text of so many bytes.
    pub(crate) fn of_text(bytes: usize, strict: bool) -> Self {
        let room = Cell::new(ROOM + bytes / BYTES_A_MEMBER);
        Self { room, has_text: true, ..Self::new(strict) }
    }

    /// For a response. In a request, a null item keeps its position: a list of ids must not become shorter, because an
    /// empty one means everything.
    pub(crate) fn of_response(bytes: usize) -> Self {
        Self { drops_null_items: true, ..Self::of_text(bytes, false) }
    }

    /// Whether a number arrived for a text member, or a fraction for an integer, and its digits have to be read from the
    /// text.
    pub(crate) const fn wants_digits(&self) -> bool {
        self.wants_digits.get()
    }

    pub(crate) fn finish(self) -> (Report, Option<Failure>) {
        (self.report.into_inner(), self.failure.into_inner())
    }
}

/// Where decoding failed.
pub(crate) struct Failure {
    pub(crate) path: String,
    pub(crate) expected: Option<&'static str>,
    pub(crate) found: Option<&'static str>,
}

/// The path to the current value: a chain of steps on the stack that is written out only for a message.
#[derive(Clone, Copy)]
pub(crate) struct Path<'p> {
    ledger: &'p DecodeReport,
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Member(&'p str),
    Item(usize),
}

impl<'p> Path<'p> {
    pub(crate) const fn root(ledger: &'p DecodeReport) -> Self {
        Self { ledger, parent: None, step: Step::Root }
    }

    pub(crate) const fn member<'q>(&'q self, name: &'q str) -> Path<'q> {
        Path { ledger: self.ledger, parent: Some(self), step: Step::Member(name) }
    }

    pub(crate) const fn item(&self, index: usize) -> Path<'_> {
        Path { ledger: self.ledger, parent: Some(self), step: Step::Item(index) }
    }

    pub(crate) const fn strict(&self) -> bool {
        self.ledger.strict
    }

    pub(crate) const fn is_in_request(&self) -> bool {
        self.ledger.is_request
    }

    pub(crate) const fn keeps_texts(&self) -> bool {
        self.ledger.keeps_texts
    }

    /// The number of lists between this value and its member: 1 for an item of the member's list.
    pub(crate) fn depth_in_list(&self) -> usize {
        let places = std::iter::successors(Some(self), |place| place.parent);
        places.take_while(|place| matches!(place.step, Step::Item(_))).count()
    }

    /// Charges the budget for an item with this many members. Returns `false` if the budget is used up.
    pub(crate) fn charge_budget(&self, members: usize) -> bool {
        let left = self.ledger.room.get().checked_sub(members);
        self.ledger.room.set(left.unwrap_or(0));
        left.is_some()
    }

    #[cold]
    pub(crate) fn note(&self, kind: DriftKind) {
        let mut report = self.ledger.report.borrow_mut();
        if report.drifts.len() < KEPT {
            let path = self.text();
            report.drifts.push(Drift { path, kind });
        } else {
            report.omitted += 1;
        }
    }

    /// Reports a null item at this path. Returns whether to leave it out.
    #[cold]
    pub(crate) fn note_null_item(&self) -> bool {
        self.note(DriftKind::NullItem);
        if let Some(list @ Path { step: Step::Member(_), parent: Some(root), .. }) = self.parent {
            let is_own = matches!(root.step, Step::Root);
            let mut report = self.ledger.report.borrow_mut();
            if is_own || report.null_items.len() < KEPT {
                let path = list.text();
                if report.null_items.last() != Some(&path) {
                    report.null_items.push(path);
                }
            }
        }
        self.ledger.drops_null_items
    }

    #[cold]
    pub(crate) fn report_missing(&self) {
        let mut report = self.ledger.report.borrow_mut();
        // The missing members of the response itself decide whether it is a success, so they are always reported.
        // The model info limits their number.
        let is_own = matches!(self.parent, Some(Path { step: Step::Root, .. }));
        if is_own || report.missing.len() < KEPT {
            let path = self.text();
            report.missing.push(path);
        } else {
            report.omitted += 1;
        }
    }

    /// Asks for the digits of a number that arrived in place of another kind. Returns `false` if there is no text.
    #[cold]
    pub(crate) fn want_digits(&self) -> bool {
        self.ledger.wants_digits.set(self.ledger.has_text);
        self.ledger.has_text
    }

    /// Remembers this as the path of the failure, unless a deeper one is known already.
    pub(crate) fn fail(&self) {
        self.fail_as(None, None);
    }

    /// As [`Self::fail`], with the expected and the found kind.
    #[cold]
    pub(crate) fn fail_as(&self, expected: Option<&'static str>, found: Option<&'static str>) {
        let mut failure = self.ledger.failure.borrow_mut();
        if failure.is_none() {
            *failure = Some(Failure { path: self.text(), expected, found });
        }
    }

    /// The error for a value of another kind. It names only the kind, because the value could be a secret. In a request
    /// it begins with the path, because the formats that requests come from give at most a line and a column.
    #[cold]
    pub(crate) fn mismatch<E: Error>(&self, expected: &'static str, found: &'static str) -> E {
        self.fail_as(Some(expected), Some(found));
        match self.text() {
            path if self.is_in_request() && !path.is_empty() => {
                E::custom(format_args!("`{path}`: expected {expected}, found {found}"))
            }
            _ => E::custom(format_args!("expected {expected}, found {found}")),
        }
    }

    /// The error for something that a request must not have.
    #[cold]
    pub(crate) fn refuse<E: Error>(&self, why: &str) -> E {
        self.fail();
        E::custom(format_args!("`{}` {why}", self.text()))
    }

    /// The path as text.
    pub(crate) fn text(&self) -> String {
        let mut path = self.parent.map(Path::text).unwrap_or_default();
        let step = match self.step {
            Step::Root => return path,
            Step::Member(name) => name.to_owned(),
            Step::Item(index) => index.to_string(),
        };
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&step);
        path
    }
}
