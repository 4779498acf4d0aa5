//! A test on one member of an object: whether it is given, and with which values.

use std::fmt;

/// A test on one member of an object. Its text is part of a sentence: "`ForceStop` is `true`".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition<'a> {
    /// The member, by its name on the wire.
    pub member: &'a str,
    /// The test.
    pub test: Predicate<'a>,
}

/// The test that a [`Condition`] applies to its member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predicate<'a> {
    /// It is given, possibly as an empty text.
    Present,
    /// It is not given, or it is an empty text.
    Absent,
    /// It is given with one of these values.
    OneOf(&'a [&'a str]),
    /// It is not given, or with none of these values.
    NoneOf(&'a [&'a str]),
}

impl<'a> Condition<'a> {
    /// The member is given.
    #[must_use]
    pub const fn present(member: &'a str) -> Self {
        Self { member, test: Predicate::Present }
    }

    /// The member is not given.
    #[must_use]
    pub const fn absent(member: &'a str) -> Self {
        Self { member, test: Predicate::Absent }
    }

    /// The member is given with one of these values.
    #[must_use]
    pub const fn one_of(member: &'a str, values: &'a [&'a str]) -> Self {
        Self { member, test: Predicate::OneOf(values) }
    }

    /// The member is not given, or with none of these values.
    #[must_use]
    pub const fn none_of(member: &'a str, values: &'a [&'a str]) -> Self {
        Self { member, test: Predicate::NoneOf(values) }
    }

    /// The end of a sentence such as "it is required": "if `ForceStop` is `true`", or "unless `LaunchTemplate` is given".
    #[must_use]
    pub fn if_clause(&self) -> String {
        match self.test {
            Predicate::Absent => format!("unless {}", Self::present(self.member)),
            _ => format!("if {self}"),
        }
    }
}

impl fmt::Display for Condition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ", self.member)?;
        match self.test {
            Predicate::Present => f.write_str("is given"),
            Predicate::Absent => f.write_str("is not given"),
            Predicate::OneOf(values) => write!(f, "is {}", alternatives(values)),
            Predicate::NoneOf(values) => write!(f, "is not {}", alternatives(values)),
        }
    }
}

/// Conditions that must all hold, as part of a sentence: "`HostName` is given and `AutoReboot` is not `false`".
#[must_use]
pub fn all_conditions(conditions: &[Condition<'_>]) -> String {
    if let [present, none_of] = conditions
        && present.test == Predicate::Present
        && present.member == none_of.member
        && let Predicate::NoneOf(values) = none_of.test
    {
        return format!("{present} and not {}", alternatives(values));
    }
    conditions.iter().map(Condition::to_string).collect::<Vec<_>>().join(" and ")
}

/// `A`, `B` or `C`.
fn alternatives(values: &[&str]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "any value".to_owned(),
    }
}
