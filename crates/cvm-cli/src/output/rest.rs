//! What a page of a list leaves out, and how to go on.

use cvm_models::protocol::{ActionInfo, PageStyle};
use serde_json::Value;

use crate::json::Json;

/// What a list leaves out: tools that say nothing here make a page look like everything.
pub fn of_list(info: &ActionInfo, request: &Value, response: &Json) -> Option<String> {
    let pages = info.paginate?;
    let shown = match response.member(pages.items) {
        Some(Json::List(items)) => u64::try_from(items.len()).ok()?,
        _ => 0,
    };
    match pages.style {
        PageStyle::Offset { offset, limit, total } => {
            let total = response.member(total)?.as_u64()?;
            let begin = request.get(offset).and_then(Value::as_u64).unwrap_or_default();
            let end = begin.checked_add(shown)?;
            (shown > 0 && end < total).then(|| {
                format!(
                    "these are {shown} of {total} entries; go on with --{offset} {end} (--{limit} up to {})",
                    pages.max_limit
                )
            })
        }
        PageStyle::Token { token_in, token_out, .. } => {
            let next = response.member(token_out)?.as_text().filter(|token| !token.is_empty())?;
            Some(format!(
                "these are {shown} entries and there are more; go on with --{token_in}={}",
                shell_word(next)
            ))
        }
    }
}

/// A text as one word of a shell.
fn shell_word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/=+@%,".contains(&byte);
    if text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_page_that_is_not_all_says_so() {
        let info = cvm_models::action("DescribeInstances").unwrap();
        let response = Json::from(json!({ "TotalCount": 134, "InstanceSet": [{}, {}] }));
        let note = of_list(info, &json!({ "Offset": 20 }), &response).unwrap();
        assert_eq!(note, "these are 2 of 134 entries; go on with --Offset 22 (--Limit up to 100)");
        let last = Json::from(json!({ "TotalCount": 22, "InstanceSet": [{}, {}] }));
        assert_eq!(of_list(info, &json!({ "Offset": 20 }), &last), None);
        let past = Json::from(json!({ "TotalCount": 22, "InstanceSet": [] }));
        assert_eq!(of_list(info, &json!({ "Offset": 30 }), &past), None);
    }

    #[test]
    fn a_token_paged_list_says_that_there_is_more() {
        let info = cvm_models::action("DescribeResourcePoolPacks").unwrap();
        let items = info.paginate.unwrap().items;
        let note = |response| of_list(info, &json!({}), &Json::from(response));
        let told = note(json!({ items: [{}, {}], "NextToken": "a b" })).unwrap();
        assert_eq!(told, "these are 2 entries and there are more; go on with --NextToken='a b'");
        assert!(note(json!({ items: [], "NextToken": "t" })).unwrap().ends_with("--NextToken=t"));
        for end in [json!({ items: [{}], "NextToken": "" }), json!({ items: [{}] })] {
            assert_eq!(note(end), None);
        }
    }
}
