//! CPU time of this thread as the kernel counts it. Linux only.

/// Nanoseconds that this thread has run.
pub fn nanoseconds() -> u64 {
    // The kernel updates the count when the thread yields. Otherwise it is up to a tick behind.
    std::thread::yield_now();
    let account = std::fs::read_to_string("/proc/thread-self/schedstat")
        .expect("the kernel keeps account of threads");
    account.split(' ').next().and_then(|field| field.parse().ok()).expect("a number comes first")
}
