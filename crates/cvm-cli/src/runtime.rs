//! The asynchronous part of a run: built only by commands that need it, on this thread alone.

use std::future::Future;

use crate::exit::{Failure, Result};

/// Runs a future to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::local(format!("cannot start the runtime: {error}")))?;
    Ok(runtime.block_on(future))
}

/// Listens for being asked to stop: by Ctrl-C, by SIGTERM, by SIGQUIT (Ctrl-\), or by a terminal that goes away.
///
/// Listening begins when this is made, not when it is awaited: a signal in between is not lost.
#[cfg(unix)]
pub struct Interruption {
    terminate: Option<tokio::signal::unix::Signal>,
    interrupt: Option<tokio::signal::unix::Signal>,
    hangup: Option<tokio::signal::unix::Signal>,
    quit: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Interruption {
    /// Listens from now on. Must be called within [`block_on`].
    pub fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let ignored = ignored();
        // Whoever started this program with a signal ignored, as nohup and the jobs of a script in the
        // background do, wants it to stay ignored.
        let listen = |kind: SignalKind| {
            if kind.as_raw_value().checked_sub(1).is_some_and(|bit| ignored >> bit & 1 == 1) {
                return Ok(None);
            }
            signal(kind)
                .map(Some)
                .map_err(|error| Failure::local(format!("cannot listen for signals: {error}")))
        };
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: listen(SignalKind::hangup())?,
            quit: listen(SignalKind::quit())?,
        })
    }

    /// Ends when somebody asked.
    pub async fn received(&mut self) {
        tokio::select! {
            () = heard(&mut self.terminate) => {}
            () = heard(&mut self.interrupt) => {}
            () = heard(&mut self.hangup) => {}
            () = heard(&mut self.quit) => {}
        }
    }
}

#[cfg(unix)]
async fn heard(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
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
