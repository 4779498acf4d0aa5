//! The async runtime, started only by commands that need it, on this thread alone.

use std::future::Future;
#[cfg(unix)]
use std::future::poll_fn;
#[cfg(unix)]
use std::task::Poll;

use crate::error::{CliError, Result};
use crate::ulimit;

/// Runs a future to completion.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T> {
    let runtime = ulimit::check_open_files()
        .and_then(|()| tokio::runtime::Builder::new_current_thread().enable_all().build())
        .map_err(|error| {
            CliError::local(format!("cannot start the runtime: {error}")).maybe_hint(
                ulimit::is_of_open_files(&error)
                    .then_some("raise the limit on open files: `ulimit -n`"),
            )
        })?;
    Ok(runtime.block_on(future))
}

/// Catches requests to stop: Ctrl-C, a closed terminal, and every other signal that would terminate the program
/// without a message.
///
/// It catches signals from its creation on, not only while it is awaited: a signal in between is not lost.
#[cfg(unix)]
pub struct ShutdownSignal(Vec<tokio::signal::unix::Signal>);

/// The signals that terminate a program by default without an error of its own. Users send some of them, and
/// batch systems and timers that outlive `exec` send the others. Those that suspend a program (SIGTSTP, SIGTTIN,
/// SIGTTOU) keep their default: the program continues later, and its timeouts include the time in between.
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
impl ShutdownSignal {
    /// Catches signals from now on. Must be called within [`block_on`].
    pub fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let ignored = ignored();
        // A signal that was ignored when the program started stays ignored: nohup and background jobs of
        // scripts rely on that.
        let is_caught =
            |number: i32| number.checked_sub(1).is_none_or(|bit| ignored >> bit & 1 == 0);
        let numbers = ENDING.map(rustix::process::Signal::as_raw).into_iter();
        let signals: std::io::Result<Vec<_>> = numbers
            .filter(|number| is_caught(*number))
            .map(|number| signal(SignalKind::from_raw(number)))
            .collect();
        signals
            .map(Self)
            .map_err(|error| CliError::local(format!("cannot listen for signals: {error}")))
    }

    /// Waits for a request to stop.
    pub async fn wait(&mut self) {
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

/// The ignored signals as a bit mask, the first in the lowest bit, if the system provides them.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// Catches requests to stop by Ctrl-C.
#[cfg(not(unix))]
pub struct ShutdownSignal;

#[cfg(not(unix))]
impl ShutdownSignal {
    /// Catches signals from now on.
    pub fn listen() -> Result<Self> {
        Ok(Self)
    }

    /// Waits for a request to stop.
    pub async fn wait(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
