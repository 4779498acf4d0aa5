//! `cargo xtask bench`: measures the CPU time of each case and compares it with other implementations, as one table.
//!
//! The benchmark `rounds` of `cvm-tests` does the work. This module interleaves the cases and takes medians: on a shared
//! machine, times vary from run to run, but ratios within one run do not.

mod case;
mod instructions;
mod peers;
mod process;
mod programs;
mod table;
mod workers;

use std::path::Path;

use crate::error::{Error, at};
use crate::{cargo, emulator, machine, rusage};

use case::{Case, Figures};
use table::{ROWS, Row};
use workers::Workers;

/// How many rounds there are. Each round measures each case once.
const ROUNDS: usize = 9;
/// How long a case runs in one round.
const MILLISECONDS: u32 = 200;

/// The lines around the table in a document.
const MARKERS: [&str; 2] = [
    "<!-- bench: begin, written by `cargo xtask bench --peers --update-docs` -->",
    "<!-- bench: end -->",
];
const EMULATOR_MARKERS: [&str; 2] = [
    "<!-- emulator: begin, written by `cargo xtask bench --emulator --update-docs` -->",
    "<!-- emulator: end -->",
];

/// Options of the command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Measure the other SDKs too.
    pub peers: bool,
    /// Write the full table into BENCHMARKS.md and the short one into README.md.
    pub update_docs: bool,
    /// Count instructions instead of time.
    pub instructions: bool,
    /// Measure the emulator instead of calls.
    pub emulator: bool,
}

/// Measures, and returns the table.
pub fn run(root: &Path, options: Options) -> Result<String, Error> {
    if options.emulator {
        let text = emulator::run(root)?;
        if options.update_docs {
            update(&root.join("BENCHMARKS.md"), EMULATOR_MARKERS, &text)?;
        }
        return Ok(text);
    }
    let own = cargo::build(root, "bench --package cvm-tests --bench rounds --no-run", "rounds")?;
    if options.instructions {
        return instructions::run(&own);
    }
    let mut workers = Workers::start(own)?;
    programs::add(root, &mut workers)?;
    if options.peers {
        peers::add(root, &mut workers)?;
        programs::add_peer(&mut workers);
    }
    let memory = rusage::can_measure_memory();
    if !memory {
        crate::eprint("GNU time is not installed: skipping the rows about memory");
    }
    let plans = ROWS.iter().filter(|plan| memory || !plan.needs_memory());
    let rows: Vec<Row> = plans.map(|plan| plan.available(&workers)).collect();
    let rounds = measure(&workers, &rows)?;
    let source = format!("\nMedians of {ROUNDS} rounds, {}\n", machine::describe());
    let text = table::markdown(&rows, &rounds) + &source;
    if options.update_docs {
        update(&root.join("BENCHMARKS.md"), MARKERS, &text)?;
        update(&root.join("README.md"), MARKERS, &(table::summary(&rows, &rounds) + &source))?;
    }
    Ok(text)
}

/// Measures each case of each row once per round.
fn measure(workers: &Workers, rows: &[Row]) -> Result<Vec<Figures>, Error> {
    let mut cases: Vec<Case> = rows.iter().flat_map(Row::cases).collect();
    cases.sort();
    cases.dedup();
    let mut rounds = Vec::new();
    for round in 1..=ROUNDS {
        crate::eprint(&format!("round {round} of {ROUNDS}: {} cases", cases.len()));
        let mut figures = Figures::default();
        for case in &cases {
            figures.0.push((*case, workers.measure(case, MILLISECONDS)?));
        }
        rounds.push(figures);
    }
    Ok(rounds)
}

/// Replaces the text between the two markers of a document.
fn update(document: &Path, [begin, end]: [&str; 2], table: &str) -> Result<(), Error> {
    let text = std::fs::read_to_string(document).map_err(|error| at(document, &error))?;
    let parts =
        text.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let Some((before, after)) = parts else {
        let name = document.display();
        return Err(format!("cannot update {name}: it lacks the lines\n{begin}\n{end}").into());
    };
    std::fs::write(document, format!("{before}{begin}\n{table}{end}{after}"))
        .map_err(|error| at(document, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_the_markers() {
        for (document, [begin, end]) in [
            ("README.md", MARKERS),
            ("BENCHMARKS.md", MARKERS),
            ("BENCHMARKS.md", EMULATOR_MARKERS),
        ] {
            let text = std::fs::read_to_string(crate::root().join(document)).unwrap();
            let (_, rest) = text.split_once(begin).expect(document);
            assert!(rest.contains(end), "{document}");
        }
    }

    #[test]
    fn update_replaces_only_the_text_between_the_markers() {
        let folder = tempfile::tempdir().unwrap();
        let readme = folder.path().join("README.md");
        let [begin, end] = MARKERS;
        std::fs::write(&readme, "no markers").unwrap();
        assert!(update(&readme, MARKERS, "x").is_err());
        std::fs::write(&readme, format!("a\n{begin}\nold\n{end}\nb\n")).unwrap();
        update(&readme, MARKERS, "new\n").unwrap();
        let text = std::fs::read_to_string(&readme).unwrap();
        assert_eq!(text, format!("a\n{begin}\nnew\n{end}\nb\n"));
    }
}
