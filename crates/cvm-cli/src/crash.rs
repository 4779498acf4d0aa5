//! Turns a panic into a documented exit code, depending on what had been sent.

use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicU8, Ordering};

use crate::exit::ExitStatus;
use crate::output;

/// How far the change of this run has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// No change was sent, or the service certainly did not carry it out.
    Nothing = 0,
    /// A change was sent, and its outcome is unknown.
    Sent = 1,
    /// A change was carried out, and its response is not printed yet.
    CarriedOut = 2,
}

static STAGE: AtomicU8 = AtomicU8::new(Stage::Nothing as u8);

impl Stage {
    /// Records that the run has reached this stage.
    pub fn enter(self) {
        STAGE.store(self as u8, Ordering::SeqCst);
    }

    fn now() -> Self {
        let reached = STAGE.load(Ordering::SeqCst);
        [Self::Sent, Self::CarriedOut]
            .into_iter()
            .find(|stage| *stage as u8 == reached)
            .unwrap_or(Self::Nothing)
    }

    /// The exit code of a panic at this stage.
    const fn exit(self) -> ExitStatus {
        match self {
            Self::Nothing => ExitStatus::Local,
            Self::Sent => ExitStatus::Unknown,
            Self::CarriedOut => ExitStatus::NotShown,
        }
    }

    /// The hint after a panic at this stage.
    const fn hint(self) -> &'static str {
        match self {
            Self::Nothing => "no change was sent",
            Self::Sent => {
                "the request may have been carried out: check before you retry it; `cvm resume` lists it"
            }
            Self::CarriedOut => {
                "the request was carried out: do not retry it; `cvm resume` lists it"
            }
        }
    }
}

/// Runs `run`. A panic is reported on standard error and becomes a documented exit code.
pub fn guard(run: impl FnOnce() -> ExitStatus + panic::UnwindSafe) -> ExitStatus {
    panic::set_hook(Box::new(report));
    panic::catch_unwind(run).unwrap_or_else(|_| {
        let stage = Stage::now();
        output::eprint(&format!("  hint: {}", stage.hint()));
        stage.exit()
    })
}

/// Exits at once, with a documented code.
#[expect(clippy::exit, reason = "another thread of this run may be blocked forever")]
pub fn exit(code: u8) -> ! {
    std::process::exit(code.into())
}

/// Reports where the program panicked. The message is shown only if it is a constant: a formatted one could
/// contain a secret.
fn report(panicked: &PanicHookInfo<'_>) {
    let place = panicked.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let why = panicked.payload().downcast_ref::<&'static str>();
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    output::eprint(&format!("error: bug in cvm: it panicked{place}{why}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_exit_code_depends_on_what_was_sent() {
        assert_eq!(guard(|| ExitStatus::Usage), ExitStatus::Usage);
        for (stage, exit) in [
            (Stage::Nothing, ExitStatus::Local),
            (Stage::Sent, ExitStatus::Unknown),
            (Stage::CarriedOut, ExitStatus::NotShown),
        ] {
            stage.enter();
            assert_eq!(guard(|| panic!("on purpose")), exit);
            // A panic that is passed on from another thread ends the same way.
            let passed_on = || {
                let thread = std::thread::spawn(|| panic!("in a thread"));
                match thread.join() {
                    Ok(()) => ExitStatus::Done,
                    Err(payload) => panic::resume_unwind(payload),
                }
            };
            assert_eq!(guard(passed_on), exit);
        }
        Stage::Nothing.enter();
        let _ = panic::take_hook();
    }
}
