//! A case: what one program measures, and the figures of one round.

/// A program that measures, or is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worker {
    /// The benchmark `rounds` of this workspace.
    Own,
    /// The other Rust crates.
    Rust,
    /// The official Python SDK.
    Python,
    /// The official Node SDK.
    Node,
    /// `cvm --version`.
    Cvm,
    /// `tccli --version`, the official command line.
    Tccli,
    /// A program that does nothing.
    Nothing,
    /// `cargo xtask codegen --check` of CVM.
    Xtask,
    /// The same, built with `--release`.
    Optimized,
}

/// What is measured of a whole program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// CPU time in nanoseconds, including its children.
    Cpu,
    /// Wall time in nanoseconds.
    Wall,
    /// Peak memory in bytes.
    Peak,
}

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    pub worker: Worker,
    /// Name of the operation that the program measures.
    pub name: &'static str,
    /// Name of the server that the operation calls.
    pub server: &'static str,
    /// What is measured of the program as a whole, if it does not measure an operation.
    pub metric: Option<Metric>,
}

/// The figures of one round, in nanoseconds or bytes.
#[derive(Debug, Default)]
pub struct Figures(pub Vec<(Case, f64)>);

impl Figures {
    /// The figure of a case.
    pub fn of(&self, case: &Case) -> f64 {
        let found = self.0.iter().find(|(measured, _)| measured == case);
        found.map_or(f64::NAN, |(_, figure)| *figure)
    }
}
