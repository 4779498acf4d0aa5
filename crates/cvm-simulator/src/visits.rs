//! Counts the stored items that operations look at. Tests compare such counts, so that they need no stopwatch.

#[cfg(test)]
thread_local! {
    static COUNT: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts one item that is looked at.
pub(crate) fn count_one() {
    #[cfg(test)]
    COUNT.with(|count| count.set(count.get() + 1));
}

/// How many items an operation looks at.
#[cfg(test)]
pub(crate) fn of(operation: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    operation();
    COUNT.get() - before
}

#[cfg(test)]
mod tests;
