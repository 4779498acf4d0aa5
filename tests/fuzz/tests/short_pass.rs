//! A short pass of each fuzz target: its seeds, the inputs that once failed, and a fixed number of mutated inputs.

#![allow(clippy::print_stdout, reason = "a failed test prints its input")]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use cvm_fuzz::mutation::Mutator;
use cvm_fuzz::{TARGETS, target};

/// Inputs below `regressions/NAME`, which failed before they were fixed.
fn regressions(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions").join(name);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}

fn pass(name: &str, mutations: usize) {
    let target = target(name).unwrap();
    let mut inputs = (target.seeds)();
    inputs.extend(regressions(name));
    let mut mutator = Mutator::new(inputs.clone());
    inputs.extend((0..mutations).map(|_| mutator.next_input()));
    for input in inputs {
        let run = || (target.run)(&input);
        if let Err(panic) = std::panic::catch_unwind(run) {
            println!("{name} fails with {:?}", String::from_utf8_lossy(&input));
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn dialect_holds_for_mutated_requests() {
    pass("dialect", 2_000);
}

#[test]
fn authentication_holds_for_mutated_requests() {
    pass("authentication", 2_000);
}

#[test]
fn parameters_hold_for_mutated_requests() {
    pass("parameters", 1_000);
}

#[test]
fn responses_hold_for_mutated_responses() {
    pass("responses", 2_000);
}

#[test]
fn command_log_holds_for_mutated_databases() {
    pass("command-log", 200);
}

/// `cargo xtask` does not depend on this package, so it has the names again.
#[test]
fn xtask_knows_every_target() {
    let names: Vec<_> = TARGETS.iter().map(|target| format!("\"{}\"", target.name)).collect();
    let list = format!("const TARGETS: [&str; {}] = [{}];", names.len(), names.join(", "));
    let source = include_str!("../../../xtask/src/fuzz.rs");
    let words = |text: &str| text.split_whitespace().collect::<String>();
    assert!(words(source).contains(&words(&list)), "{list}");
}

#[test]
fn every_folder_of_regressions_belongs_to_a_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(TARGETS.iter().any(|target| target.name == name), "{name}");
    }
}
