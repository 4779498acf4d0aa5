//! The answer for grep, cut and awk: names and values apart by a tab, never a line break within.

use std::fmt::Write as _;

use cvm_models::protocol::ActionInfo;

use super::rows;
use crate::json::Json;
use crate::terminal::visible;

/// With columns one line an entry and one field a column; without, one line a value with its name.
pub fn render(answer: &Json, info: &ActionInfo, columns: Option<&[String]>) -> String {
    let mut text = String::new();
    match (columns, rows::main_list(info)) {
        (Some(columns), Some((list, _))) => {
            if let Some(Json::List(entries)) = answer.member(list) {
                for row in rows::of_columns(entries, columns).rows {
                    let fields: Vec<_> = row.iter().map(|field| visible(field)).collect();
                    let _ = writeln!(text, "{}", fields.join("\t"));
                }
            }
        }
        _ => lines("", answer, &mut text),
    }
    text
}

fn lines(name: &str, value: &Json, text: &mut String) {
    let below = |step: &str| {
        if name.is_empty() { step.to_owned() } else { format!("{name}.{step}") }
    };
    match value {
        Json::Object(members) => {
            for (member, value) in members {
                lines(&below(member), value, text);
            }
        }
        Json::List(items) => {
            for (index, item) in items.iter().enumerate() {
                lines(&below(&index.to_string()), item, text);
            }
        }
        value => {
            let _ = writeln!(text, "{}\t{}", visible(name), visible(&rows::cell(value)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] =
        br#"{"TotalCount":2,"InstanceSet":[{"InstanceId":"ins-1","Tags":[{"Key":"a\tb"}]},{"InstanceId":"ins-2","Tags":null}]}"#;

    #[test]
    fn every_value_has_a_line_with_its_name() {
        let info = cvm_models::action("DescribeInstances").unwrap();
        let answer = Json::parse(ANSWER).unwrap();
        assert_eq!(
            render(&answer, info, None),
            "TotalCount\t2\nInstanceSet.0.InstanceId\tins-1\nInstanceSet.0.Tags.0.Key\ta\\tb\n\
             InstanceSet.1.InstanceId\tins-2\nInstanceSet.1.Tags\t\n"
        );
    }

    #[test]
    fn columns_make_one_line_an_entry() {
        let info = cvm_models::action("DescribeInstances").unwrap();
        let answer = Json::parse(ANSWER).unwrap();
        let columns = ["InstanceId".to_owned(), "Tags.0.Key".to_owned()];
        assert_eq!(render(&answer, info, Some(&columns)), "ins-1\ta\\tb\nins-2\t\n");
    }
}
