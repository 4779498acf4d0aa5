//! Copy-on-write values, which two versions of the state share until one of them changes.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A value that is copied when it is changed while another version of the state shares it. So a copy of the whole
/// state costs little: a command works on a copy, which replaces the state only if the command succeeds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T: Clone> Shared<T> {
    /// The value itself.
    pub(crate) fn into_inner(self) -> T {
        Arc::unwrap_or_clone(self.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_does_not_show_in_another_version() {
        let mut changed = Shared::new(vec![1]);
        let kept = changed.clone();
        changed.push(2);
        assert_eq!((&*changed, &*kept), (&vec![1, 2], &vec![1]));
    }
}
