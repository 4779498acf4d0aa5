//! What is compared with what, and how the comparison is shown.

use super::workers::{Worker, Workers};
use super::{Case, Figures, median};

/// One thing that we do, and what it is compared with.
pub struct Row {
    what: &'static str,
    ours: &'static str,
    /// The server that is called, for whole calls.
    server: &'static str,
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
    ours: &'static str,
    server: &'static str,
    beside: &'static [Beside],
}

impl Plan {
    /// The row, with what can be measured here.
    pub fn only(&self, workers: &Workers) -> Row {
        let here = |beside: &&Beside| workers.has(beside.worker);
        let beside = self.beside.iter().filter(here).copied().collect();
        Row { what: self.what, ours: self.ours, server: self.server, beside }
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
    Plan { what, ours, server, beside }
}

const fn alone(what: &'static str, ours: &'static str, beside: &'static [Beside]) -> Plan {
    Plan { what, ours, server: "", beside }
}

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
        "write RunInstances as JSON",
        "encode/ours",
        &[peer("serde derive", Worker::Own, "encode/derive")],
    ),
    alone("write RunInstances as a form", "encode/flat", &[]),
    alone("check RunInstances' limits", "encode/validate", &[]),
    alone(
        "read 1 instance",
        "decode-1/ours",
        &[peer("serde derive", Worker::Own, "decode-1/derive")],
    ),
    alone(
        "read 20 instances",
        "decode-20/ours",
        &[peer("serde derive", Worker::Own, "decode-20/derive")],
    ),
    alone(
        "read 100 instances",
        "decode-100/ours",
        &[
            peer("serde derive", Worker::Own, "decode-100/derive"),
            peer("serde_json::Value", Worker::Own, "decode-100/value"),
        ],
    ),
    calls(
        "one call, small answer",
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
        "64 calls at once, small answers",
        "at-once-64/ours",
        "small",
        &[floor("bare reqwest", "at-once-64/reqwest")],
    ),
];

impl Row {
    fn case(&self, beside: &Beside) -> Case {
        Case { worker: beside.worker, name: beside.case, server: self.server }
    }

    fn own(&self) -> Case {
        Case { worker: Worker::Own, name: self.ours, server: self.server }
    }

    /// Everything that has to be measured for this row.
    pub fn cases(&self) -> Vec<Case> {
        let beside = self.beside.iter().map(|beside| self.case(beside));
        std::iter::once(self.own()).chain(beside).collect()
    }
}

/// The names of our own cases that need no server, and of what they are compared with.
pub fn cases_without_server() -> Vec<&'static str> {
    let rows = ROWS.iter().filter(|row| row.server.is_empty());
    rows.flat_map(|row| {
        let beside = row.beside.iter().filter(|beside| beside.worker == Worker::Own);
        std::iter::once(row.ours).chain(beside.map(|beside| beside.case))
    })
    .collect()
}

/// The table as Markdown, a line for each comparison.
pub fn markdown(rows: &[Row], turns: &[Figures]) -> String {
    let middle = |case: Case| time(median(turns.iter().map(|turn| turn.of(&case))));
    let mut text =
        String::from("| what | ours | floor | peer | ours / other |\n|---|--:|--:|--:|--:|\n");
    for row in rows {
        let ours = middle(row.own());
        if row.beside.is_empty() {
            text.push_str(&format!("| {} | {ours} | | | |\n", row.what));
        }
        for (index, beside) in row.beside.iter().enumerate() {
            let other = row.case(beside);
            let ratio = median(turns.iter().map(|turn| turn.of(&row.own()) / turn.of(&other)));
            let named = format!("{}: {}", beside.label, middle(other));
            let (floor, peer) = match beside.kind {
                Kind::Floor => (named.as_str(), ""),
                Kind::Peer => ("", named.as_str()),
            };
            let (what, ours) = if index == 0 { (row.what, ours.as_str()) } else { ("", "") };
            text.push_str(&format!("| {what} | {ours} | {floor} | {peer} | {ratio:.2} |\n"));
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
    match number {
        ..10.0 => format!("{number:.2} {unit}"),
        10.0..100.0 => format!("{number:.1} {unit}"),
        _ => format!("{number:.0} {unit}"),
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
    fn a_ratio_is_of_one_turn_and_the_table_shows_the_middle_one() {
        let beside = vec![peer("other", Worker::Rust, "b")];
        let row = Row { what: "it", ours: "a", server: "", beside };
        let (ours, other) = (row.own(), row.case(&row.beside[0]));
        let turn = |a, b| Figures(vec![(ours, a), (other, b)]);
        let turns = [turn(10.0, 20.0), turn(30.0, 60.0), turn(1.0, 100.0)];
        let text = markdown(&[row], &turns);
        assert!(text.ends_with("| it | 10.0 ns |  | other: 60.0 ns | 0.50 |\n"), "{text}");
    }
}
