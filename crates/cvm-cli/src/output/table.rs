//! The response for people: one line per scalar, and lists of objects as tables.

use std::fmt::Write as _;

use comfy_table::{ColumnConstraint, ContentArrangement, Width, presets};
use cvm_models::protocol::ActionInfo;

use super::columns::{self, Rows};
use crate::terminal::visible;
use cvm_models::protocol::Json;

/// Formats a response for a terminal of this width.
pub fn render(
    answer: &Json,
    info: &ActionInfo,
    columns: Option<&[String]>,
    width: usize,
) -> String {
    let mut text = String::new();
    let Json::Object(members) = answer else { return text };
    let main = columns::main_list(info).map(|(name, _)| name);
    // Lists come first and scalars last, nearest to the prompt.
    for (name, value) in members {
        if let Json::List(entries) = value
            && entries.iter().any(|entry| matches!(entry, Json::Object(_)))
        {
            let is_main = main == Some(name);
            let id = info.paginate.and_then(|pages| pages.id).filter(|_| is_main);
            let rows = match columns.filter(|_| is_main) {
                Some(columns) => columns::select_columns(entries, columns),
                None => columns::fitting_columns(entries, id, width),
            };
            let _ = writeln!(text, "{}", grid(&rows, width));
            if rows.omitted > 0 {
                let _ = writeln!(
                    text,
                    "{} more members; show them with --columns or --output json",
                    rows.omitted
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
            value => columns::cell(value),
        };
        let _ = writeln!(text, "{}: {}", visible(name), visible(&shown));
    }
    text
}

/// Rows that are not a response, with as many columns as fit; empty columns are omitted.
pub fn of_rows(rows: &Rows, width: usize) -> String {
    let rows = columns::fit_width(rows, width);
    let mut table = laid_out(&rows, width);
    for (index, column) in table.column_iter_mut().enumerate() {
        // With a space on either side.
        let word = u16::try_from(rows.longest_word(index) + 2).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(word)));
    }
    let mut text = format!("{}\n", table.trim_fmt());
    if rows.omitted > 0 {
        let columns = if rows.omitted == 1 { "column" } else { "columns" };
        let _ = writeln!(text, "{} more {columns}; show them with --output json", rows.omitted);
    }
    text
}

/// Rows with borders. Control characters in cells are escaped.
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
    fn table_output_prints_lists_first_and_scalars_below() {
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
    fn ids_and_tokens_are_never_wrapped() {
        let token = "102b9caa-3c90-45d7-abac-bf5844002736";
        let cells = ["1m7yqmhrfv71d", "RunInstances", "na-siliconvalley", "10 s", "started"];
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let rows = Rows {
            columns: texts(&["Id", "Action", "Region", "Age", "State", "ClientToken", "Resume"]),
            rows: vec![texts(&[&cells[..], &[token, "retries (178 s)"]].concat())],
            omitted: 0,
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
    fn empty_list_prints_none() {
        let answer = Json::parse(br#"{"InstanceSet":[],"RequestId":"r-1"}"#).unwrap();
        let info = cvm_models::action("DescribeInstances").unwrap();
        assert_eq!(render(&answer, info, None, 80), "InstanceSet: none\nRequestId: r-1\n");
    }
}
