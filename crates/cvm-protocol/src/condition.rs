//! A test on one member of a request: `ForceStop=true`, `no LaunchTemplate`, `HostName`.

use std::fmt;

/// A test on one member of a request, as specifications write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    /// The member, by its name on the wire.
    pub member: &'static str,
    /// The test.
    pub test: Predicate,
}

/// The test that a [`Condition`] applies to its member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predicate {
    /// It is given, possibly as an empty text.
    Present,
    /// It is not given, or it is an empty text.
    Absent,
    /// It is given with one of these values.
    OneOf(&'static [&'static str]),
    /// It is not given, or with none of these values.
    NoneOf(&'static [&'static str]),
}

impl Condition {
    /// The member is given.
    #[must_use]
    pub const fn present(member: &'static str) -> Self {
        Self { member, test: Predicate::Present }
    }

    /// The member is not given.
    #[must_use]
    pub const fn absent(member: &'static str) -> Self {
        Self { member, test: Predicate::Absent }
    }

    /// The member is given with one of these values.
    #[must_use]
    pub const fn one_of(member: &'static str, values: &'static [&'static str]) -> Self {
        Self { member, test: Predicate::OneOf(values) }
    }

    /// The member is not given, or with none of these values.
    #[must_use]
    pub const fn none_of(member: &'static str, values: &'static [&'static str]) -> Self {
        Self { member, test: Predicate::NoneOf(values) }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.test {
            Predicate::Present => f.write_str(self.member),
            Predicate::Absent => write!(f, "no {}", self.member),
            Predicate::OneOf(values) => write!(f, "{}={}", self.member, values.join("|")),
            Predicate::NoneOf(values) => write!(f, "{}!={}", self.member, values.join("|")),
        }
    }
}
