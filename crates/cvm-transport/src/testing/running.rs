//! Tracks which handlers of mocks run, so that a handler that is called from inside itself fails instead of waiting forever.

use std::cell::RefCell;
use std::ptr;

thread_local! {
    static CURRENT: RefCell<RunningHandlers> = RefCell::default();
}

/// The handlers that wait for the code that runs now, each by its address.
///
/// A blocking client passes them on to its own thread, on which it makes the call of the handler.
#[derive(Clone, Default)]
pub(crate) struct RunningHandlers(Vec<usize>);

impl RunningHandlers {
    /// Those of this thread.
    pub(crate) fn current() -> Self {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Runs a handler. `None` if it runs already.
    pub(super) fn run<H, T>(mut self, handler: &H, run: impl FnOnce() -> T) -> Option<T> {
        let address = ptr::from_ref(handler).addr();
        if self.0.contains(&address) {
            return None;
        }
        self.0.push(address);
        Some(self.inside(run))
    }

    /// Runs code for which these handlers wait.
    pub(crate) fn inside<T>(self, run: impl FnOnce() -> T) -> T {
        let _restore = Restore(CURRENT.replace(self));
        run()
    }
}

/// Restores the handlers of this thread, also after a panic.
struct Restore(RunningHandlers);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(std::mem::take(&mut self.0));
    }
}
