//! Runs one target with libFuzzer; `cargo xtask fuzz` starts it. `FUZZ_TARGET` names the target.

#![cfg_attr(feature = "libfuzzer", no_main)]

#[cfg(feature = "libfuzzer")]
mod guided {
    use std::path::Path;
    use std::sync::OnceLock;

    use cvm_fuzz::Target;

    /// The target. Writes its seeds into the folder that `FUZZ_SEEDS` names.
    fn target() -> Target {
        static TARGET: OnceLock<Target> = OnceLock::new();
        *TARGET.get_or_init(|| {
            let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
            cvm_fuzz::target(&name).unwrap_or_else(|| fail(&format!("there is no target `{name}`")))
        })
    }

    fn write_seeds() {
        let Some(folder) = std::env::var_os("FUZZ_SEEDS") else { return };
        for (number, seed) in (target().seeds)().iter().enumerate() {
            let path = Path::new(&folder).join(format!("seed-{number}"));
            if let Err(error) = std::fs::write(&path, seed) {
                fail(&format!("cannot write {}: {error}", path.display()));
            }
        }
    }

    #[allow(clippy::print_stderr, reason = "a program for the terminal")]
    fn fail(message: &str) -> ! {
        eprintln!("{message}");
        std::process::exit(1);
    }

    libfuzzer_sys::fuzz_target!(init: write_seeds(), |input: &[u8]| (target().run)(input));
}

/// Without libFuzzer there is nothing to run.
#[cfg(not(feature = "libfuzzer"))]
#[allow(clippy::print_stderr, reason = "a program for the terminal")]
fn main() {
    eprintln!("run `cargo xtask fuzz`, which builds this program with libFuzzer");
    std::process::exit(2);
}
