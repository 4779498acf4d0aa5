//! `cargo xtask bench`: every figure in one run, in turns, in CPU time, as one table.
//!
//! The work itself is in the benches' programs; here are only the turns, the medians and the table.
//! Figures of a shared machine wander, ratios within one run do not: what is compared takes turns.

mod instructions;
pub mod machine;
mod peers;
mod process;
mod table;
mod workers;

use std::path::Path;

use crate::{Error, at, rusage};

use process::Metric;
pub use table::digits;
use table::{ROWS, Row};
pub use workers::artifact;
use workers::{Worker, Workers};

/// How often each case has its turn.
const TURNS: usize = 9;
/// How long a turn lasts.
const MILLISECONDS: u32 = 200;

const BEGIN: &str = "<!-- bench: begin, written by `cargo xtask bench --peers --update-docs` -->";
const END: &str = "<!-- bench: end -->";

/// What was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Measure the other SDKs too.
    pub peers: bool,
    /// Put the table into BENCHMARKS.md, and the short one into README.md.
    pub update_docs: bool,
    /// Count instructions instead of time.
    pub instructions: bool,
}

/// Measures, and returns the table.
pub fn run(root: &Path, choice: Options) -> Result<String, Error> {
    let own = workers::build(root)?;
    if choice.instructions {
        return instructions::run(&own);
    }
    let mut workers = Workers::start(own)?;
    process::add(root, &mut workers)?;
    if choice.peers {
        peers::add(root, &mut workers)?;
        process::add_peer(&mut workers);
    }
    let memory = rusage::sees_memory();
    if !memory {
        crate::eprint("GNU time is not installed: memory is left out");
    }
    let plans = ROWS.iter().filter(|plan| memory || !plan.asks_memory());
    let rows: Vec<Row> = plans.map(|plan| plan.only(&workers)).collect();
    let turns = take_turns(&workers, &rows)?;
    let source = format!("\nMedians of {TURNS} turns, {}\n", machine::describe());
    let text = table::markdown(&rows, &turns) + &source;
    if choice.update_docs {
        update(&root.join("BENCHMARKS.md"), &text)?;
        update(&root.join("README.md"), &(table::summary(&rows, &turns) + &source))?;
    }
    Ok(text)
}

/// One figure for each case of each row, and so for every turn.
fn take_turns(workers: &Workers, rows: &[Row]) -> Result<Vec<Figures>, Error> {
    let mut cases: Vec<Case> = rows.iter().flat_map(Row::cases).collect();
    cases.sort();
    cases.dedup();
    let mut turns = Vec::new();
    for turn in 1..=TURNS {
        crate::eprint(&format!("turn {turn} of {TURNS}: {} cases", cases.len()));
        let mut figures = Figures::default();
        for case in &cases {
            figures.0.push((*case, workers.measure(case, MILLISECONDS)?));
        }
        turns.push(figures);
    }
    Ok(turns)
}

/// One thing to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    worker: Worker,
    name: &'static str,
    server: &'static str,
    /// What is measured of the program itself, if it does not measure an operation of its own.
    of: Option<Metric>,
}

/// What one turn found, in nanoseconds or bytes.
#[derive(Debug, Default)]
struct Figures(Vec<(Case, f64)>);

impl Figures {
    fn of(&self, case: &Case) -> f64 {
        let found = self.0.iter().find(|(measured, _)| measured == case);
        found.map_or(f64::NAN, |(_, figure)| *figure)
    }
}

/// The middle one of some figures.
pub fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Puts the table between the two markers of a document.
fn update(document: &Path, table: &str) -> Result<(), Error> {
    let text = std::fs::read_to_string(document).map_err(|error| at(document, &error))?;
    let parts =
        text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = parts else {
        let name = document.display();
        return Err(format!("cannot update {name}: it lacks the lines\n{BEGIN}\n{END}").into());
    };
    std::fs::write(document, format!("{before}{BEGIN}\n{table}{END}{after}"))
        .map_err(|error| at(document, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < f64::EPSILON);
        assert!(median(std::iter::empty()).is_nan());
    }

    #[test]
    fn both_documents_have_the_markers() {
        for document in ["README.md", "BENCHMARKS.md"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(document);
            let text = std::fs::read_to_string(path).unwrap();
            let (_, rest) = text.split_once(BEGIN).expect(document);
            assert!(rest.contains(END), "{document}");
        }
    }

    #[test]
    fn the_table_goes_between_the_markers_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let readme = folder.path().join("README.md");
        std::fs::write(&readme, "no markers").unwrap();
        assert!(update(&readme, "x").is_err());
        std::fs::write(&readme, format!("a\n{BEGIN}\nold\n{END}\nb\n")).unwrap();
        update(&readme, "new\n").unwrap();
        let text = std::fs::read_to_string(&readme).unwrap();
        assert_eq!(text, format!("a\n{BEGIN}\nnew\n{END}\nb\n"));
    }
}
