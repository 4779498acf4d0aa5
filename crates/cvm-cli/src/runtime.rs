//! The asynchronous part of a run: built only by commands that need it, on this thread alone.

use std::future::Future;
#[cfg(unix)]
use std::future::poll_fn;
#[cfg(unix)]
use std::task::Poll;

use crate::exit::{CliError, Result};
use crate::limits;

/// Runs a future to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T> {
    let runtime = limits::check_open_files()
        .and_then(|()| tokio::runtime::Builder::new_current_thread().enable_all().build())
        .map_err(|error| {
            CliError::local(format!("cannot start the runtime: {error}")).maybe_hint(
                limits::is_of_open_files(&error)
                    .then_some("let more files be open at the same time: `ulimit -n`"),
            )
        })?;
    Ok(runtime.block_on(future))
}

/// Listens for being asked to stop: by Ctrl-C, by a terminal that goes away, or by any other signal that would
/// end the program without a word.
///
/// Listening begins when this is made, not when it is awaited: a signal in between is not lost.
#[cfg(unix)]
pub struct Interruption(Vec<tokio::signal::unix::Signal>);

/// The signals whose default ends a program that did nothing wrong. Users send some, and batch systems and
/// timers that outlive `exec` send the others. Those that stop a program (SIGTSTP, SIGTTIN, SIGTTOU) keep their
/// default: it goes on later, and its limits of time count what has passed.
#[cfg(unix)]
const ENDING: [rustix::process::Signal; 10] = {
    use rustix::process::Signal;
    [
        Signal::TERM,
        Signal::INT,
        Signal::HUP,
        Signal::QUIT,
        Signal::ALARM,
        Signal::USR1,
        Signal::USR2,
        Signal::XCPU,
        Signal::VTALARM,
        Signal::PROF,
    ]
};

#[cfg(unix)]
impl Interruption {
    /// Listens from now on. Must be called within [`block_on`].
    pub fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let ignored = ignored();
        // Whoever started this program with a signal ignored, as nohup and the jobs of a script in the
        // background do, wants it to stay ignored.
        let is_heard =
            |number: i32| number.checked_sub(1).is_none_or(|bit| ignored >> bit & 1 == 0);
        let numbers = ENDING.map(rustix::process::Signal::as_raw).into_iter();
        let signals: std::io::Result<Vec<_>> = numbers
            .filter(|number| is_heard(*number))
            .map(|number| signal(SignalKind::from_raw(number)))
            .collect();
        signals
            .map(Self)
            .map_err(|error| CliError::local(format!("cannot listen for signals: {error}")))
    }

    /// Ends when somebody asked.
    pub async fn received(&mut self) {
        poll_fn(|context| {
            let mut signals = self.0.iter_mut();
            match signals.any(|signal| signal.poll_recv(context).is_ready()) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
}

/// The signals that are ignored, the first in the lowest bit, where the system tells.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// Listens for being asked to stop, by Ctrl-C.
#[cfg(not(unix))]
pub struct Interruption;

#[cfg(not(unix))]
impl Interruption {
    /// Listens from now on.
    pub fn listen() -> Result<Self> {
        Ok(Self)
    }

    /// Ends when somebody asked.
    pub async fn received(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
