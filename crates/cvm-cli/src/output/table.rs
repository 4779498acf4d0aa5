//! The answer for people: scalars a line each, lists of objects as tables.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, presets};
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

/// Rows with borders. Nothing in a cell drives the terminal.
pub fn grid(rows: &Rows, width: usize) -> String {
    let mut table = comfy_table::Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_header(rows.columns.iter().map(|column| visible(column)));
    for row in &rows.rows {
        table.add_row(row.iter().map(|cell| visible(cell)));
    }
    table.trim_fmt()
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
    fn an_empty_list_says_so() {
        let answer = Json::parse(br#"{"InstanceSet":[],"RequestId":"r-1"}"#).unwrap();
        let info = cvm_models::action("DescribeInstances").unwrap();
        assert_eq!(render(&answer, info, None, 80), "InstanceSet: none\nRequestId: r-1\n");
    }
}
