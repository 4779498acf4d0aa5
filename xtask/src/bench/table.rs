//! What is compared with what, and how the comparison is shown.

use super::process::Metric;
use super::workers::{Worker, Workers};
use super::{Case, Figures, median};

/// One thing that we do, and what it is compared with.
pub struct Row {
    what: &'static str,
    /// Who does it, and which case of that it is.
    by: Worker,
    ours: &'static str,
    /// The server that is called, for whole calls.
    server: &'static str,
    /// What is measured, for whole programs.
    of: Option<Metric>,
    beside: Vec<Beside>,
}

/// Something to compare with.
#[derive(Clone, Copy)]
struct Beside {
    kind: Kind,
    label: &'static str,
    worker: Worker,
    case: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What nobody can do without.
    Floor,
    /// Somebody else's way to do it.
    Peer,
}

/// A row as it is written below.
pub struct Plan {
    what: &'static str,
    by: Worker,
    ours: &'static str,
    server: &'static str,
    of: Option<Metric>,
    beside: &'static [Beside],
}

impl Plan {
    /// Whether this can be measured only where memory can.
    pub fn asks_memory(&self) -> bool {
        self.of == Some(Metric::Peak)
    }

    /// The row, with what can be measured here.
    pub fn only(&self, workers: &Workers) -> Row {
        self.row(|beside| workers.has(beside.worker))
    }

    /// The row, with these comparisons.
    fn row(&self, has: impl Fn(&Beside) -> bool) -> Row {
        let beside = self.beside.iter().filter(|beside| has(beside)).copied().collect();
        let Self { what, by, ours, server, of, .. } = *self;
        Row { what, by, ours, server, of, beside }
    }
}

const fn floor(label: &'static str, case: &'static str) -> Beside {
    Beside { kind: Kind::Floor, label, worker: Worker::Own, case }
}

const fn peer(label: &'static str, worker: Worker, case: &'static str) -> Beside {
    Beside { kind: Kind::Peer, label, worker, case }
}

const fn calls(
    what: &'static str,
    ours: &'static str,
    server: &'static str,
    beside: &'static [Beside],
) -> Plan {
    Plan { what, by: Worker::Own, ours, server, of: None, beside }
}

const fn alone(what: &'static str, ours: &'static str, beside: &'static [Beside]) -> Plan {
    calls(what, ours, "", beside)
}

const fn program(what: &'static str, by: Worker, of: Metric, beside: &'static [Beside]) -> Plan {
    Plan { what, by, ours: "", server: "", of: Some(of), beside }
}

/// Both as whole programs.
const NOTHING: Beside = Beside {
    kind: Kind::Floor,
    label: "a program that does nothing",
    worker: Worker::Nothing,
    case: "",
};
const TCCLI: Beside = peer("tccli", Worker::Tccli, "");
const OPTIMIZED: Beside = Beside {
    kind: Kind::Floor,
    label: "built with `--release`",
    worker: Worker::Optimized,
    case: "",
};

/// The table.
pub static ROWS: &[Plan] = &[
    alone("sign 20 bytes", "sign-20/ours", &[floor("hashing alone", "sign-20/floor")]),
    alone(
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
    alone("sign 638 bytes, new key", "sign-638/cold", &[]),
    alone(
        "encode RunInstances as JSON",
        "encode/ours",
        &[peer("serde derive", Worker::Own, "encode/derive")],
    ),
    alone("encode RunInstances as a form", "encode/flat", &[]),
    alone("validate RunInstances", "encode/validate", &[]),
    alone(
        "decode 1 instance",
        "decode-1/ours",
        &[peer("serde derive", Worker::Own, "decode-1/derive")],
    ),
    alone(
        "decode 20 instances",
        "decode-20/ours",
        &[peer("serde derive", Worker::Own, "decode-20/derive")],
    ),
    alone(
        "decode 100 instances",
        "decode-100/ours",
        &[
            peer("serde derive", Worker::Own, "decode-100/derive"),
            peer("serde_json::Value", Worker::Own, "decode-100/value"),
        ],
    ),
    calls(
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
    calls(
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
    calls(
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
    fn case(&self, beside: &Beside) -> Case {
        Case { worker: beside.worker, name: beside.case, server: self.server, of: self.of }
    }

    fn own(&self) -> Case {
        Case { worker: self.by, name: self.ours, server: self.server, of: self.of }
    }

    /// Everything that has to be measured for this row.
    pub fn cases(&self) -> Vec<Case> {
        let beside = self.beside.iter().map(|beside| self.case(beside));
        std::iter::once(self.own()).chain(beside).collect()
    }
}

/// The names of our own cases that need no server, and of what they are compared with.
pub fn cases_without_server() -> Vec<&'static str> {
    let rows = ROWS.iter().filter(|row| row.server.is_empty() && row.of.is_none());
    rows.flat_map(|row| {
        let beside = row.beside.iter().filter(|beside| beside.worker == Worker::Own);
        std::iter::once(row.ours).chain(beside.map(|beside| beside.case))
    })
    .collect()
}

/// The median of a case, with its unit.
fn middle(turns: &[Figures], case: Case) -> String {
    let figure = median(turns.iter().map(|turn| turn.of(&case)));
    if case.of == Some(Metric::Peak) { size(figure) } else { time(figure) }
}

/// The rows of [`SUMMARY`] as Markdown, a line for each.
pub fn summary(rows: &[Row], turns: &[Figures]) -> String {
    let mut text = String::from("| what | this SDK | beside it |\n|---|--:|---|\n");
    for row in rows.iter().filter(|row| SUMMARY.contains(&row.what)) {
        let named =
            |beside: &Beside| format!("{} {}", beside.label, middle(turns, row.case(beside)));
        let beside: Vec<String> = row.beside.iter().map(named).collect();
        let ours = middle(turns, row.own());
        text.push_str(&format!("| {} | {ours} | {} |\n", row.what, beside.join(", ")));
    }
    text
}

/// The table as Markdown, a line for each comparison.
pub fn markdown(rows: &[Row], turns: &[Figures]) -> String {
    let mut text =
        String::from("| what | ours | floor | peer | ours / other |\n|---|--:|--:|--:|--:|\n");
    for row in rows {
        let ours = middle(turns, row.own());
        if row.beside.is_empty() {
            text.push_str(&format!("| {} | {ours} | | | |\n", row.what));
        }
        for (index, beside) in row.beside.iter().enumerate() {
            let other = row.case(beside);
            let ratio = median(turns.iter().map(|turn| turn.of(&row.own()) / turn.of(&other)));
            let named = format!("{}: {}", beside.label, middle(turns, other));
            let (floor, peer) = match beside.kind {
                Kind::Floor => (named.as_str(), ""),
                Kind::Peer => ("", named.as_str()),
            };
            let (what, ours) = if index == 0 { (row.what, ours.as_str()) } else { ("", "") };
            // Where somebody is worlds apart, two places would say nothing.
            let places = if ratio < 0.01 { 4 } else { 2 };
            text.push_str(&format!("| {what} | {ours} | {floor} | {peer} | {ratio:.places$} |\n"));
        }
    }
    text
}

/// A time with three digits.
fn time(nanoseconds: f64) -> String {
    let (number, unit) = match nanoseconds {
        ..1e3 => (nanoseconds, "ns"),
        1e3..1e6 => (nanoseconds / 1e3, "µs"),
        _ => (nanoseconds / 1e6, "ms"),
    };
    format!("{} {unit}", digits(number))
}

/// A size with three digits.
fn size(bytes: f64) -> String {
    format!("{} MB", digits(bytes / 1e6))
}

/// A number with three digits, or all that stand before the point.
pub fn digits(number: f64) -> String {
    match number {
        ..10.0 => format!("{number:.2}"),
        10.0..100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
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
    fn memory_is_shown_as_memory() {
        let row = Row {
            what: "it",
            by: Worker::Cvm,
            ours: "",
            server: "",
            of: Some(Metric::Peak),
            beside: Vec::new(),
        };
        let turns = [Figures(vec![(row.own(), 4_600_000.0)])];
        assert!(markdown(&[row], &turns).ends_with("| it | 4.60 MB | | | |\n"));
    }

    #[test]
    fn summary_has_its_rows_and_no_others() {
        let rows: Vec<Row> = ROWS.iter().map(|plan| plan.row(|_| true)).collect();
        let figures = rows.iter().flat_map(Row::cases).map(|case| (case, 1_500.0)).collect();
        let text = summary(&rows, &[Figures(figures)]);
        for what in SUMMARY {
            assert!(text.contains(&format!("| {what} | 1.50 µs | ")), "{what}: {text}");
        }
        assert_eq!(text.lines().count(), 2 + SUMMARY.len(), "{text}");
        let decoded = "| 1.50 µs | serde derive 1.50 µs, serde_json::Value 1.50 µs |";
        assert!(text.contains(decoded), "{text}");
    }

    #[test]
    fn a_ratio_is_of_one_turn_and_the_table_shows_the_middle_one() {
        let beside = vec![peer("other", Worker::Rust, "b")];
        let (by, ours) = (Worker::Own, "a");
        let row = Row { what: "it", by, ours, server: "", of: None, beside };
        let (ours, other) = (row.own(), row.case(&row.beside[0]));
        let turn = |a, b| Figures(vec![(ours, a), (other, b)]);
        let turns = [turn(10.0, 20.0), turn(30.0, 60.0), turn(1.0, 100.0)];
        let row = [row];
        let text = markdown(&row, &turns);
        assert!(text.ends_with("| it | 10.0 ns |  | other: 60.0 ns | 0.50 |\n"), "{text}");
        let text = markdown(&row, &[turn(1.0, 260.0)]);
        assert!(text.ends_with("| it | 1.00 ns |  | other: 260 ns | 0.0038 |\n"), "{text}");
    }
}
