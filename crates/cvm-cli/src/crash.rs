//! Turns a panic into an exit code of the table: which one depends on what had been sent.

use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicU8, Ordering};

use crate::exit::ExitStatus;
use crate::output;

/// How far the change of this run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// No change was sent, or the service surely did not carry it out.
    Nothing = 0,
    /// A change was sent, and its outcome is not known.
    Sent = 1,
    /// A change was carried out, and its response was not shown yet.
    CarriedOut = 2,
}

static STAGE: AtomicU8 = AtomicU8::new(Stage::Nothing as u8);

impl Stage {
    /// Records that the run has come this far.
    pub fn reached(self) {
        STAGE.store(self as u8, Ordering::SeqCst);
    }

    fn now() -> Self {
        let reached = STAGE.load(Ordering::SeqCst);
        [Self::Sent, Self::CarriedOut]
            .into_iter()
            .find(|stage| *stage as u8 == reached)
            .unwrap_or(Self::Nothing)
    }

    /// The exit code of a run that panics here.
    const fn exit(self) -> ExitStatus {
        match self {
            Self::Nothing => ExitStatus::Local,
            Self::Sent => ExitStatus::Unknown,
            Self::CarriedOut => ExitStatus::NotShown,
        }
    }

    /// What to do after a panic here.
    const fn hint(self) -> &'static str {
        match self {
            Self::Nothing => "no change was sent",
            Self::Sent => {
                "the request may have been carried out: do not repeat it blindly; `cvm resume` lists it"
            }
            Self::CarriedOut => {
                "the request was carried out: do not repeat it; `cvm resume` lists it"
            }
        }
    }
}

/// Runs `run`. A panic in it is reported on standard error and becomes an exit code of the table.
pub fn guard(run: impl FnOnce() -> ExitStatus + panic::UnwindSafe) -> ExitStatus {
    panic::set_hook(Box::new(report));
    panic::catch_unwind(run).unwrap_or_else(|_| {
        let stage = Stage::now();
        output::eprint(&format!("  hint: {}", stage.hint()));
        stage.exit()
    })
}

/// Ends the run at once, with a code of the table.
#[expect(clippy::exit, reason = "another thread of this run may be blocked for ever")]
pub fn exit(code: u8) -> ! {
    std::process::exit(code.into())
}

/// Says where the program panicked. The message is shown only when it is a constant of the source:
/// a formatted one could hold a secret.
fn report(panicked: &PanicHookInfo<'_>) {
    let place = panicked.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let why = panicked.payload().downcast_ref::<&'static str>();
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    output::eprint(&format!("error: this is a bug of cvm: it panicked{place}{why}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_with_a_code_of_the_table_by_what_was_sent() {
        assert_eq!(guard(|| ExitStatus::Usage), ExitStatus::Usage);
        for (stage, exit) in [
            (Stage::Nothing, ExitStatus::Local),
            (Stage::Sent, ExitStatus::Unknown),
            (Stage::CarriedOut, ExitStatus::NotShown),
        ] {
            stage.reached();
            assert_eq!(guard(|| panic!("on purpose")), exit);
            // A panic of another thread that is passed on ends the same way.
            let passed_on = || {
                let thread = std::thread::spawn(|| panic!("in a thread"));
                match thread.join() {
                    Ok(()) => ExitStatus::Done,
                    Err(payload) => panic::resume_unwind(payload),
                }
            };
            assert_eq!(guard(passed_on), exit);
        }
        Stage::Nothing.reached();
        let _ = panic::take_hook();
    }
}
