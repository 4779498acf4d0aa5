//! Behaviours that a client can notice and that no table of the specification settles.

/// What a behaviour rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A document of the service says so.
    Documented,
    /// No document does; this is the likeliest reading.
    Assumed,
}

/// A behaviour that a client can notice, and what it rests on.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// What it concerns.
    pub topic: &'static str,
    /// What the emulator does.
    pub behavior: &'static str,
    /// What that rests on.
    pub basis: Basis,
}

/// A documented behavior.
#[must_use]
pub const fn documented(topic: &'static str, behavior: &'static str) -> Decision {
    Decision { topic, behavior, basis: Basis::Documented }
}

/// An assumed behavior.
#[must_use]
pub const fn assumed(topic: &'static str, behavior: &'static str) -> Decision {
    Decision { topic, behavior, basis: Basis::Assumed }
}
