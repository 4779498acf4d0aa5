//! Turns resource limits (`ulimit`) into errors with a documented exit code.

use std::io;

/// Set by a write beyond the limit. It is never read, because the write returns an error.
#[cfg(unix)]
static CAME: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Makes a write beyond the file size limit return an error. By default, a signal terminates the program there,
/// and the only copy of a response would be lost.
#[cfg(unix)]
pub fn ignore_file_size_signal() {
    let signal = rustix::process::Signal::XFSZ.as_raw();
    // A handler without effect, because programs that this one starts would inherit an ignored signal. If it
    // cannot be installed, the default stays.
    let _ = signal_hook::flag::register(signal, &CAME);
}

/// This system has no such signal.
#[cfg(not(unix))]
pub const fn ignore_file_size_signal() {}

/// Fails if the open file limit is too low for the runtime, which would panic.
#[cfg(unix)]
pub fn check_open_files() -> io::Result<()> {
    // The runtime opens six files, and a connection one more.
    const PAIRS: usize = 4;
    let pairs: io::Result<Vec<_>> =
        (0..PAIRS).map(|_| std::os::unix::net::UnixStream::pair()).collect();
    pairs.map(drop)
}

/// This system has no such limit.
#[cfg(not(unix))]
pub fn check_open_files() -> io::Result<()> {
    Ok(())
}

/// Whether an error means that the open file limit is reached.
#[cfg(unix)]
pub fn is_of_open_files(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error())
}

/// This system has no such limit.
#[cfg(not(unix))]
pub fn is_of_open_files(_: &io::Error) -> bool {
    false
}
