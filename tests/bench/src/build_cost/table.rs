//! The table of build costs.

use crate::figures::digits;

/// What was built, and its cost. Times are CPU seconds, sizes are bytes.
#[derive(Default)]
pub struct Row {
    pub what: String,
    pub cpu: f64,
    /// Milliseconds per action, and the goal for them.
    pub per_action: Option<f64>,
    pub goal: Option<f64>,
    pub peak: Option<f64>,
    pub library: Option<u64>,
    pub text: Option<u64>,
}

/// The table as Markdown.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| what | CPU | per action | goal | peak memory | rlib | text |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let cells = [
            row.what.clone(),
            seconds(row.cpu),
            cell(row.per_action, |cost| format!("{} ms", digits(cost))),
            cell(row.goal, |goal| format!("{goal} ms")),
            cell(row.peak, |peak| megabytes(peak, 0)),
            cell(row.library, |size| megabytes(size as f64, 1)),
            cell(row.text, |size| megabytes(size as f64, 2)),
        ];
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

fn cell<T>(value: Option<T>, show: impl Fn(T) -> String) -> String {
    value.map_or_else(String::new, show)
}

fn seconds(seconds: f64) -> String {
    format!("{} s", digits(seconds))
}

fn megabytes(bytes: f64, places: usize) -> String {
    format!("{:.places$} MB", bytes / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_figures_are_empty_cells() {
        let check = Row {
            what: "check".to_owned(),
            cpu: 1.493,
            per_action: Some(14.08),
            goal: Some(16.0),
            peak: Some(258.9e6),
            ..Row::default()
        };
        let program = Row {
            what: "program".to_owned(),
            cpu: 33.21,
            peak: Some(1.5e9),
            library: Some(13_960_000),
            text: Some(4_139_000),
            ..Row::default()
        };
        insta::assert_snapshot!(markdown(&[check, program]), @r"
        | what | CPU | per action | goal | peak memory | rlib | text |
        |---|--:|--:|--:|--:|--:|--:|
        | check | 1.49 s | 14.1 ms | 16 ms | 259 MB |  |  |
        | program | 33.2 s |  |  | 1500 MB | 14.0 MB | 4.14 MB |
        ");
    }
}
