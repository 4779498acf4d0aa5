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

/// Listens for being asked to stop, by Ctrl-C or by SIGTERM.
///
/// Listening begins when this is made, not when it is awaited: a signal in between is not lost.
#[cfg(unix)]
pub struct Interruption {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Interruption {
    /// Listens from now on. Must be called within [`block_on`].
    pub fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| {
            signal(kind)
                .map_err(|error| Failure::local(format!("cannot listen for signals: {error}")))
        };
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Ends when somebody asked.
    pub async fn received(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
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
    pub async fn received(self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
