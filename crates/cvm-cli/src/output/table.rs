//! The answer for people: scalars a line each, lists of objects as tables.

use std::fmt::Write as _;

use comfy_table::{ColumnConstraint, ContentArrangement, Width, presets};
use cvm_models::protocol::ActionInfo;

use super::rows::{self, Rows};
use crate::json::Json;
use crate::terminal::visible;

/// Lays an answer out for a screen of this width.
pub fn render(
    answer: &Json,
    info: &ActionInfo,
    columns: Option<&[String]>,
    width: usize,
) -> String {
    let mut text = String::new();
    let Json::Object(members) = answer else { return text };
    let main = rows::main_list(info).map(|(name, _)| name);
    // The list is what was asked for: everything else stands below it, nearest to the prompt.
    for (name, value) in members {
        if let Json::List(entries) = value
            && entries.iter().any(|entry| matches!(entry, Json::Object(_)))
        {
            let is_main = main == Some(name);
            let id = info.paginate.and_then(|pages| pages.id).filter(|_| is_main);
            let rows = match columns.filter(|_| is_main) {
                Some(columns) => rows::of_columns(entries, columns),
                None => rows::that_fit(entries, id, width),
            };
            let _ = writeln!(text, "{}", grid(&rows, width));
            if rows.left_out > 0 {
                let _ = writeln!(
                    text,
                    "{} more members: --columns or --output json shows them",
                    rows.left_out
                );
            }
        }
    }
    for (name, value) in members {
        let shown = match value {
            Json::List(entries) if entries.is_empty() => "none".to_owned(),
            Json::List(entries) if entries.iter().any(|entry| matches!(entry, Json::Object(_))) => {
                continue;
            }
            value => rows::cell(value),
        };
        let _ = writeln!(text, "{}: {}", visible(name), visible(&shown));
    }
    text
}

/// Rows that are no answer, with as many of their columns as fit; those that are empty are left out.
pub fn of_rows(rows: &Rows, width: usize) -> String {
    let rows = rows::narrowed(rows, width);
    let mut table = laid_out(&rows, width);
    for (index, column) in table.column_iter_mut().enumerate() {
        // With a blank on either side.
        let word = u16::try_from(rows.longest_word(index) + 2).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(word)));
    }
    let mut text = format!("{}\n", table.trim_fmt());
    if rows.left_out > 0 {
        let columns = if rows.left_out == 1 { "column" } else { "columns" };
        let _ = writeln!(text, "{} more {columns}: --output json shows them", rows.left_out);
    }
    text
}

/// Rows with borders. Nothing in a cell drives the terminal.
pub fn grid(rows: &Rows, width: usize) -> String {
    laid_out(rows, width).trim_fmt()
}

fn laid_out(rows: &Rows, width: usize) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_header(rows.columns.iter().map(|column| visible(column)));
    for row in &rows.rows {
        table.add_row(row.iter().map(|cell| visible(cell)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_tables_and_the_rest_stands_below() {
        let answer = Json::parse(
            br#"{"TotalCount":1,"InstanceSet":[{"InstanceId":"ins-1","InstanceName":"a\u001b[2J"}],"RequestId":"r-1"}"#,
        )
        .unwrap();
        let info = cvm_models::action("DescribeInstances").unwrap();
        insta::assert_snapshot!(render(&answer, info, None, 80), @r"
        ┌────────────┬──────────────┐
        │ InstanceId ┆ InstanceName │
        ╞════════════╪══════════════╡
        │ ins-1      ┆ a\u{1b}[2J   │
        └────────────┴──────────────┘
        TotalCount: 1
        RequestId: r-1
        ");
    }

    #[test]
    fn ids_and_tokens_stay_whole() {
        let token = "102b9caa-3c90-45d7-abac-bf5844002736";
        let cells = ["1m7yqmhrfv71d", "RunInstances", "na-siliconvalley", "10 s", "started"];
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let rows = Rows {
            columns: texts(&["Id", "Action", "Region", "Age", "State", "ClientToken", "Resume"]),
            rows: vec![texts(&[&cells[..], &[token, "repeats (178 s)"]].concat())],
            left_out: 0,
        };
        for width in [80, 100, 110, 115, 118, 120, 122, 125, 160] {
            let text = of_rows(&rows, width);
            for whole in ["1m7yqmhrfv71d", "RunInstances", "na-siliconvalley"] {
                assert!(text.contains(whole), "{width}:\n{text}");
            }
            assert_eq!(text.contains("102b"), text.contains(token), "{width}:\n{text}");
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}:\n{text}");
        }
    }

    #[test]
    fn an_empty_list_says_so() {
        let answer = Json::parse(br#"{"InstanceSet":[],"RequestId":"r-1"}"#).unwrap();
        let info = cvm_models::action("DescribeInstances").unwrap();
        assert_eq!(render(&answer, info, None, 80), "InstanceSet: none\nRequestId: r-1\n");
    }
}
