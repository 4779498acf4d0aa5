//! Behavior that a client can notice and that the specification does not define.

/// The basis of a behavior.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A document of the service says so.
    Documented,
    /// No document says so; it is the most likely behavior.
    Assumed,
}

/// A behavior that a client can notice, and its basis.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// The topic.
    pub topic: &'static str,
    /// What the emulator does.
    pub behavior: &'static str,
    /// Its basis.
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
