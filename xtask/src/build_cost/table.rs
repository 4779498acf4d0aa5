//! The figures as one table.

use crate::bench::digits;

/// What was built, and what it took. Times are CPU seconds, sizes bytes.
#[derive(Default)]
pub struct Row {
    pub what: String,
    pub cpu: f64,
    /// Milliseconds for each action, and the most that they should be.
    pub each: Option<f64>,
    pub aim: Option<f64>,
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
            cell(row.each, |each| format!("{} ms", digits(each))),
            cell(row.aim, |aim| format!("{aim} ms")),
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
    fn a_row_shows_what_was_measured_and_leaves_the_rest_empty() {
        let check = Row {
            what: "check".to_owned(),
            cpu: 1.493,
            each: Some(14.08),
            aim: Some(16.0),
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
