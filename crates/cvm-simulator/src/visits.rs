//! Counts the stored items that operations visit. Tests compare the counts instead of times.

#[cfg(test)]
thread_local! {
    static COUNT: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts a visited item.
pub(crate) fn count_one() {
    #[cfg(test)]
    COUNT.with(|count| count.set(count.get() + 1));
}

/// The number of items that an operation visits.
#[cfg(test)]
pub(crate) fn of(operation: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    operation();
    COUNT.get() - before
}

#[cfg(test)]
mod tests;
