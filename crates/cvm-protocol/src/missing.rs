//! What it means that a list does not show a resource.

/// What it means if a response does not list an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is not listed yet.
    Pending,
    /// It is gone, which is the target.
    Success,
    /// It is gone, which is a failure.
    Failure,
}
