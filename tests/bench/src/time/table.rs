//! The rows of the table: each operation, what it is compared with, and how the figures are displayed.

use super::case::{Case, Figures, Metric, Worker};
use super::workers::Workers;
use crate::figures::{digits, median};

/// An operation, and what it is compared with.
pub struct Row {
    name: &'static str,
    /// The program that measures it, and the name of the case.
    worker: Worker,
    case: &'static str,
    /// The server, if the operation calls one.
    server: &'static str,
    /// What is measured, if it is a whole program.
    metric: Option<Metric>,
    others: Vec<Other>,
}

/// An implementation to compare with.
#[derive(Clone, Copy)]
struct Other {
    kind: Kind,
    label: &'static str,
    worker: Worker,
    case: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Work that nobody can avoid.
    Floor,
    /// Another implementation.
    Peer,
}

/// A row with all its comparisons.
pub struct Plan {
    name: &'static str,
    worker: Worker,
    case: &'static str,
    server: &'static str,
    metric: Option<Metric>,
    others: &'static [Other],
}

impl Plan {
    /// Whether the row needs a measurement of memory.
    pub fn needs_memory(&self) -> bool {
        self.metric == Some(Metric::Peak)
    }

    /// The row with the comparisons whose programs are available.
    pub fn available(&self, workers: &Workers) -> Row {
        self.row(|other| workers.has(other.worker))
    }

    fn row(&self, has: impl Fn(&Other) -> bool) -> Row {
        let others = self.others.iter().filter(|other| has(other)).copied().collect();
        let Self { name, worker, case, server, metric, .. } = *self;
        Row { name, worker, case, server, metric, others }
    }
}

const fn floor(label: &'static str, case: &'static str) -> Other {
    Other { kind: Kind::Floor, label, worker: Worker::Own, case }
}

const fn peer(label: &'static str, worker: Worker, case: &'static str) -> Other {
    Other { kind: Kind::Peer, label, worker, case }
}

const fn call(
    name: &'static str,
    case: &'static str,
    server: &'static str,
    others: &'static [Other],
) -> Plan {
    Plan { name, worker: Worker::Own, case, server, metric: None, others }
}

const fn local(name: &'static str, case: &'static str, others: &'static [Other]) -> Plan {
    call(name, case, "", others)
}

const fn program(
    name: &'static str,
    worker: Worker,
    metric: Metric,
    others: &'static [Other],
) -> Plan {
    Plan { name, worker, case: "", server: "", metric: Some(metric), others }
}

const NOTHING: Other = Other {
    kind: Kind::Floor,
    label: "a program that does nothing",
    worker: Worker::Nothing,
    case: "",
};
const TCCLI: Other = peer("tccli", Worker::Tccli, "");
const OPTIMIZED: Other = Other {
    kind: Kind::Floor,
    label: "built with `--release`",
    worker: Worker::Optimized,
    case: "",
};

/// The table.
pub static ROWS: &[Plan] = &[
    local("sign 20 bytes", "sign-20/ours", &[floor("hashing alone", "sign-20/floor")]),
    local(
        "sign 638 bytes",
        "sign-638/ours",
        &[
            floor("hashing alone", "sign-638/floor"),
            peer("tencent-sdk", Worker::Rust, "sign/tencent-sdk"),
            peer("tencentcloud", Worker::Rust, "sign/tencentcloud"),
            peer("Python SDK", Worker::Python, "sign"),
            peer("Node SDK", Worker::Node, "sign"),
        ],
    ),
    local("sign 638 bytes, new key", "sign-638/cold", &[]),
    local(
        "encode RunInstances as JSON",
        "encode/ours",
        &[peer("serde derive", Worker::Own, "encode/derive")],
    ),
    local("encode RunInstances as a form", "encode/flat", &[]),
    local("validate RunInstances", "encode/validate", &[]),
    local(
        "decode 1 instance",
        "decode-1/ours",
        &[peer("serde derive", Worker::Own, "decode-1/derive")],
    ),
    local(
        "decode 20 instances",
        "decode-20/ours",
        &[peer("serde derive", Worker::Own, "decode-20/derive")],
    ),
    local(
        "decode 100 instances",
        "decode-100/ours",
        &[
            peer("serde derive", Worker::Own, "decode-100/derive"),
            peer("serde_json::Value", Worker::Own, "decode-100/value"),
        ],
    ),
    call(
        "one call, small response",
        "call-small/ours",
        "small",
        &[
            floor("bare hyper", "call-small/hyper"),
            floor("bare reqwest", "call-small/reqwest"),
            peer("tencent-sdk", Worker::Rust, "call/tencent-sdk"),
            peer("tencentcloud", Worker::Rust, "call/tencentcloud"),
            peer("Python SDK", Worker::Python, "call"),
            peer("Node SDK", Worker::Node, "call"),
        ],
    ),
    call(
        "one call, 100 instances",
        "call-large/ours",
        "large",
        &[
            floor("bare hyper + serde derive", "call-large/hyper"),
            floor("bare reqwest + serde derive", "call-large/reqwest"),
            peer("tencent-sdk", Worker::Rust, "call/tencent-sdk"),
            peer("tencentcloud", Worker::Rust, "call/tencentcloud"),
            peer("Python SDK", Worker::Python, "call"),
            peer("Node SDK", Worker::Node, "call"),
        ],
    ),
    call(
        "64 calls at once, small responses",
        "at-once-64/ours",
        "small",
        &[floor("bare reqwest", "at-once-64/reqwest")],
    ),
    program("`cvm --version`, start to end", Worker::Cvm, Metric::Cpu, &[NOTHING, TCCLI]),
    program("the same, wall time", Worker::Cvm, Metric::Wall, &[NOTHING, TCCLI]),
    program("the same, memory", Worker::Cvm, Metric::Peak, &[NOTHING, TCCLI]),
    program("`cargo xtask codegen`, all of CVM", Worker::Xtask, Metric::Cpu, &[OPTIMIZED]),
];

/// The rows of the short table.
const SUMMARY: [&str; 5] = [
    "sign 638 bytes",
    "decode 100 instances",
    "one call, small response",
    "one call, 100 instances",
    "`cvm --version`, start to end",
];

impl Row {
    fn other_case(&self, other: &Other) -> Case {
        Case { worker: other.worker, name: other.case, server: self.server, metric: self.metric }
    }

    fn own_case(&self) -> Case {
        Case { worker: self.worker, name: self.case, server: self.server, metric: self.metric }
    }

    /// All cases of the row.
    pub fn cases(&self) -> Vec<Case> {
        let others = self.others.iter().map(|other| self.other_case(other));
        std::iter::once(self.own_case()).chain(others).collect()
    }
}

/// The names of the cases of our own benchmark that call no server.
pub fn cases_without_server() -> Vec<&'static str> {
    let rows = ROWS.iter().filter(|row| row.server.is_empty() && row.metric.is_none());
    rows.flat_map(|row| {
        let others = row.others.iter().filter(|other| other.worker == Worker::Own);
        std::iter::once(row.case).chain(others.map(|other| other.case))
    })
    .collect()
}

/// The median of a case, with its unit.
fn median_of(rounds: &[Figures], case: Case) -> String {
    let figure = median(rounds.iter().map(|round| round.of(&case)));
    if case.metric == Some(Metric::Peak) { size(figure) } else { time(figure) }
}

/// The rows of [`SUMMARY`] as Markdown, one line per row.
pub fn summary(rows: &[Row], rounds: &[Figures]) -> String {
    let mut text = String::from("| what | this SDK | compared with |\n|---|--:|---|\n");
    for row in rows.iter().filter(|row| SUMMARY.contains(&row.name)) {
        let named =
            |other: &Other| format!("{} {}", other.label, median_of(rounds, row.other_case(other)));
        let others: Vec<String> = row.others.iter().map(named).collect();
        let own = median_of(rounds, row.own_case());
        text.push_str(&format!("| {} | {own} | {} |\n", row.name, others.join(", ")));
    }
    text
}

/// All rows as Markdown, one line per comparison.
pub fn markdown(rows: &[Row], rounds: &[Figures]) -> String {
    let mut text =
        String::from("| what | ours | floor | peer | ours / other |\n|---|--:|--:|--:|--:|\n");
    for row in rows {
        let own = median_of(rounds, row.own_case());
        if row.others.is_empty() {
            text.push_str(&format!("| {} | {own} | | | |\n", row.name));
        }
        for (index, other) in row.others.iter().enumerate() {
            let case = row.other_case(other);
            let ratio =
                median(rounds.iter().map(|round| round.of(&row.own_case()) / round.of(&case)));
            let named = format!("{}: {}", other.label, median_of(rounds, case));
            let (floor, peer) = match other.kind {
                Kind::Floor => (named.as_str(), ""),
                Kind::Peer => ("", named.as_str()),
            };
            let (name, own) = if index == 0 { (row.name, own.as_str()) } else { ("", "") };
            // Two decimal places would round such a ratio to zero.
            let places = if ratio < 0.01 { 4 } else { 2 };
            text.push_str(&format!("| {name} | {own} | {floor} | {peer} | {ratio:.places$} |\n"));
        }
    }
    text
}

/// A time with three significant digits.
fn time(nanoseconds: f64) -> String {
    let (number, unit) = match nanoseconds {
        ..1e3 => (nanoseconds, "ns"),
        1e3..1e6 => (nanoseconds / 1e3, "µs"),
        _ => (nanoseconds / 1e6, "ms"),
    };
    format!("{} {unit}", digits(number))
}

/// A size with three significant digits.
fn size(bytes: f64) -> String {
    format!("{} MB", digits(bytes / 1e6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        for (nanoseconds, text) in
            [(5.0, "5.00 ns"), (971.4, "971 ns"), (12_345.0, "12.3 µs"), (7.2e6, "7.20 ms")]
        {
            assert_eq!(time(nanoseconds), text);
        }
    }

    #[test]
    fn memory_is_shown_in_megabytes() {
        let row = Row {
            name: "it",
            worker: Worker::Cvm,
            case: "",
            server: "",
            metric: Some(Metric::Peak),
            others: Vec::new(),
        };
        let rounds = [Figures(vec![(row.own_case(), 4_600_000.0)])];
        assert!(markdown(&[row], &rounds).ends_with("| it | 4.60 MB | | | |\n"));
    }

    #[test]
    fn summary_has_only_its_own_rows() {
        let rows: Vec<Row> = ROWS.iter().map(|plan| plan.row(|_| true)).collect();
        let figures = rows.iter().flat_map(Row::cases).map(|case| (case, 1_500.0)).collect();
        let text = summary(&rows, &[Figures(figures)]);
        for name in SUMMARY {
            assert!(text.contains(&format!("| {name} | 1.50 µs | ")), "{name}: {text}");
        }
        assert_eq!(text.lines().count(), 2 + SUMMARY.len(), "{text}");
        let decoded = "| 1.50 µs | serde derive 1.50 µs, serde_json::Value 1.50 µs |";
        assert!(text.contains(decoded), "{text}");
    }

    #[test]
    fn ratio_is_the_median_of_the_ratios_within_rounds() {
        let others = vec![peer("other", Worker::Rust, "b")];
        let (worker, case) = (Worker::Own, "a");
        let row = Row { name: "it", worker, case, server: "", metric: None, others };
        let (own, other) = (row.own_case(), row.other_case(&row.others[0]));
        let round = |a, b| Figures(vec![(own, a), (other, b)]);
        let rounds = [round(10.0, 20.0), round(30.0, 60.0), round(1.0, 100.0)];
        let row = [row];
        let text = markdown(&row, &rounds);
        assert!(text.ends_with("| it | 10.0 ns |  | other: 60.0 ns | 0.50 |\n"), "{text}");
        let text = markdown(&row, &[round(1.0, 260.0)]);
        assert!(text.ends_with("| it | 1.00 ns |  | other: 260 ns | 0.0038 |\n"), "{text}");
    }
}
