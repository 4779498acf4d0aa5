//! Secret members of an answer: hidden unless asked for, and never lost.

use std::path::PathBuf;

use cvm_models::protocol::{Kind, Table};

use crate::json::Json;
use crate::private_file;

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Masks the secret members of an answer by its table; says how many had a value.
pub fn hide(answer: &mut Json, table: &'static Table) -> usize {
    let Json::Object(members) = answer else { return 0 };
    let mut hidden = 0;
    for (name, value) in members {
        let Some(field) = table.field(name) else { continue };
        if field.secret {
            let blank = matches!(value, Json::Null) || value.as_text() == Some("");
            if !blank {
                *value = Json::Text(MASK.to_owned());
                hidden += 1;
            }
        } else if let Kind::Object(inner) = field.kind.innermost() {
            hidden += match value {
                Json::List(items) => items.iter_mut().map(|item| hide(item, inner)).sum(),
                single => hide(single, inner),
            };
        }
    }
    hidden
}

/// Keeps an answer whose secrets exist nowhere else, in a file for its owner only.
pub fn keep(action: &str, request_id: &str, answer: &Json) -> Option<PathBuf> {
    let id: String = request_id.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    let name = format!("cvm-{action}-{id}.json");
    let content = format!("{}\n", answer.pretty());
    [std::env::current_dir().ok(), Some(std::env::temp_dir())]
        .into_iter()
        .flatten()
        .map(|folder| folder.join(&name))
        .find(|path| private_file::write(path, content.as_bytes()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_wherever_the_table_has_them() {
        let info = cvm_models::action("DescribeInstances").unwrap();
        let mut answer = Json::parse(
            br#"{"InstanceSet":[{"InstanceId":"i","LoginSettings":{"Password":"canary","KeyIds":[]}},{"LoginSettings":{"Password":null}}]}"#,
        )
        .unwrap();
        assert_eq!(hide(&mut answer, info.response), 1);
        let shown = answer.pretty();
        assert!(!shown.contains("canary") && shown.contains(MASK), "{shown}");
    }
}
