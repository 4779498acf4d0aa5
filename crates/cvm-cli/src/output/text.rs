//! The response for grep, cut and awk: names and values separated by tabs, without line breaks in them.
//!
//! A backslash in a value is doubled, so that a tab (`\t`) differs from a backslash and a `t` (`\\t`).

use std::fmt::Write as _;

use cvm_models::protocol::ActionInfo;

use super::columns;
use crate::terminal::escaped;
use cvm_models::protocol::Json;

/// With columns, one line per item and one field per column; without, one line per value with its name.
pub fn render(answer: &Json, info: &ActionInfo, columns: Option<&[String]>) -> String {
    let mut text = String::new();
    match (columns, columns::main_list(info)) {
        (Some(columns), Some((list, _))) => {
            if let Some(Json::List(entries)) = answer.member(list) {
                for entry in entries {
                    let field = |column: &String| entry.at(column).map(value).unwrap_or_default();
                    let fields: Vec<_> = columns.iter().map(field).collect();
                    let _ = writeln!(text, "{}", fields.join("\t"));
                }
            }
        }
        _ => lines("", answer, &mut text),
    }
    text
}

fn lines(name: &str, json: &Json, text: &mut String) {
    let below = |step: &str| {
        if name.is_empty() { step.to_owned() } else { format!("{name}.{step}") }
    };
    match json {
        Json::Object(members) if !members.is_empty() => {
            for (member, value) in members {
                lines(&below(member), value, text);
            }
        }
        Json::List(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                lines(&below(&index.to_string()), item, text);
            }
        }
        json => {
            let _ = writeln!(text, "{}\t{}", escaped(name), value(json));
        }
    }
}

/// A value in one field. Empty lists and objects are visible.
fn value(json: &Json) -> String {
    match json {
        Json::List(items) if items.is_empty() => "[]".to_owned(),
        Json::Object(members) if members.is_empty() => "{}".to_owned(),
        json => escaped(&columns::cell(json)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] =
        br#"{"TotalCount":2,"InstanceSet":[{"InstanceId":"ins-1","Tags":[{"Key":"a\tb"}]},{"InstanceId":"ins-2","Tags":null}]}"#;

    #[test]
    fn text_output_has_one_named_line_per_value() {
        let info = cvm_models::action("DescribeInstances").unwrap();
        let answer = Json::parse(ANSWER).unwrap();
        assert_eq!(
            render(&answer, info, None),
            "TotalCount\t2\nInstanceSet.0.InstanceId\tins-1\nInstanceSet.0.Tags.0.Key\ta\\tb\n\
             InstanceSet.1.InstanceId\tins-2\nInstanceSet.1.Tags\t\n"
        );
    }

    #[test]
    fn columns_print_one_line_per_item() {
        let info = cvm_models::action("DescribeInstances").unwrap();
        let answer = Json::parse(ANSWER).unwrap();
        let columns = ["InstanceId".to_owned(), "Tags.0.Key".to_owned()];
        assert_eq!(render(&answer, info, Some(&columns)), "ins-1\ta\\tb\nins-2\t\n");
    }

    #[test]
    fn tab_differs_from_its_escape_and_empty_lists_are_visible() {
        let info = cvm_models::action("DescribeInstances").unwrap();
        let text =
            br#"{"TotalCount":0,"InstanceSet":[],"A":{},"B":"x\ty","C":"x\\ty","D":"","E":null}"#;
        let answer = Json::parse(text).unwrap();
        assert_eq!(
            render(&answer, info, None),
            "TotalCount\t0\nInstanceSet\t[]\nA\t{}\nB\tx\\ty\nC\tx\\\\ty\nD\t\nE\t\n"
        );
        let answer = br#"{"InstanceSet":[{"InstanceId":"ins-1","Tags":[]},{"InstanceId":"a\\b"}]}"#;
        let answer = Json::parse(answer).unwrap();
        let columns = ["InstanceId".to_owned(), "Tags".to_owned()];
        assert_eq!(render(&answer, info, Some(&columns)), "ins-1\t[]\na\\\\b\t\n");
    }
}
