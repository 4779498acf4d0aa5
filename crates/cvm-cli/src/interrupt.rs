//! Ends a run that is asked to stop while it writes the outcome of a change, with the exit code of that outcome.
//!
//! Standard output and standard error may block for ever, because nobody reads them. Signals were caught while
//! the change was on its way, so without this they would be ignored from then on.

use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use crate::exit::CliError;
use crate::runtime::{self, Interruption};
use crate::{crash, output};

/// How long the last words may take: standard error may block as well.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What a signal ends the run with, as long as the outcome of a change is being written.
static OUTCOME: Mutex<Option<CliError>> = Mutex::new(None);

/// What listens, between the end of the call and the moment when its response is safe.
static LISTENING: Mutex<Option<Interruption>> = Mutex::new(None);

fn outcome() -> MutexGuard<'static, Option<CliError>> {
    OUTCOME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps what listens for signals. Until [`ends_with`], they wait.
pub fn hold(interruption: Interruption) {
    *LISTENING.lock().unwrap_or_else(PoisonError::into_inner) = Some(interruption);
}

/// From now on a signal ends the run with this outcome, also one that came since [`hold`]. Without that, signals
/// were never caught, and end the program by themselves.
pub fn ends_with(failure: CliError) {
    let listening = LISTENING.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut interruption) = listening else { return };
    *outcome() = Some(failure);
    // Without the thread the signals stay ignored, as if they came too late.
    let _ = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if runtime::block_on(interruption.received()).is_err() {
            return;
        }
        // Held to the end: whoever disarms waits for the exit.
        let Some(failure) = &*outcome() else { return };
        let (text, code) = (failure.to_string(), failure.exit().code());
        let (done, is_done) = mpsc::channel();
        let _ = thread::Builder::new().spawn(move || {
            output::eprint(&text);
            let _ = done.send(());
        });
        let _ = is_done.recv_timeout(LAST_WORDS);
        crash::exit(code);
    });
}

/// The outcome was written, so that a signal has nothing more to say.
pub fn disarm() {
    *outcome() = None;
}
