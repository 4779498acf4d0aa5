//! Turns limits of the environment (`ulimit`) into errors with an exit code of the table.

use std::io;

/// Whether a write went beyond the limit. Nobody asks: the write says so itself.
#[cfg(unix)]
static CAME: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Makes a write beyond the limit on the size of files fail. By default a signal ends the program there, and
/// with it goes the only copy of a response.
#[cfg(unix)]
pub fn survive_file_size_limit() {
    let signal = rustix::process::Signal::XFSZ.as_raw();
    // A handler that does nothing, since programs that this one starts would inherit an ignored signal. Without
    // it the default stays, and there is nothing to tell yet.
    let _ = signal_hook::flag::register(signal, &CAME);
}

/// This system has no such signal.
#[cfg(not(unix))]
pub const fn survive_file_size_limit() {}

/// Fails when too few files may be open for the runtime, which would panic.
#[cfg(unix)]
pub fn check_open_files() -> io::Result<()> {
    // The runtime opens six files and a connection one more.
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

/// Whether an error says that no more files may be open.
#[cfg(unix)]
pub fn is_of_open_files(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error())
}

/// This system has no such limit.
#[cfg(not(unix))]
pub fn is_of_open_files(_: &io::Error) -> bool {
    false
}
