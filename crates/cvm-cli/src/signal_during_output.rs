//! Exits on a signal while the outcome of a change is being written, with the exit code of that outcome.
//!
//! Standard output and standard error may block forever, if nobody reads them. Signals are caught while the
//! change is in flight, so without this they would be ignored from then on.

use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use crate::error::CliError;
use crate::runtime::{self, ShutdownSignal};
use crate::{crash, output};

/// How long the final message may take: standard error may block as well.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(2);

/// The outcome that a signal exits with, as long as it is being written.
static OUTCOME: Mutex<Option<CliError>> = Mutex::new(None);

/// The caught signals, between the end of the call and [`exit_with`].
static LISTENING: Mutex<Option<ShutdownSignal>> = Mutex::new(None);

fn outcome() -> MutexGuard<'static, Option<CliError>> {
    OUTCOME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps caught signals pending until [`exit_with`].
pub fn hold_signals(interruption: ShutdownSignal) {
    *LISTENING.lock().unwrap_or_else(PoisonError::into_inner) = Some(interruption);
}

/// From now on, a signal exits with this outcome, also one that came since [`hold_signals`]. Without that call,
/// signals were never caught, and terminate the program directly.
pub fn exit_with(failure: CliError) {
    let listening = LISTENING.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut interruption) = listening else { return };
    *outcome() = Some(failure);
    // Without the thread, signals stay ignored, as if they came too late.
    let _ = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if runtime::block_on(interruption.wait()).is_err() {
            return;
        }
        // Held to the end, so that `disarm` waits for the exit.
        let Some(failure) = &*outcome() else { return };
        let (text, code) = (failure.to_string(), failure.exit().code());
        let (done, is_done) = mpsc::channel();
        let _ = thread::Builder::new().spawn(move || {
            output::eprint(&text);
            let _ = done.send(());
        });
        let _ = is_done.recv_timeout(MESSAGE_TIMEOUT);
        crash::exit(code);
    });
}

/// The outcome was written, so a signal has no effect any more.
pub fn disarm() {
    *outcome() = None;
}
