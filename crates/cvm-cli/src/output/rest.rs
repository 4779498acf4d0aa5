//! What a page of a list leaves out, and how to go on.

use cvm_models::Answer;
use cvm_models::protocol::{
    ActionInfo, Gaps, Kind, ListDefect, Model, PageStyle, RetryClass, total_of,
};
use serde_json::Value;

use super::rows::main_list;
use crate::json::Json;

/// How a list that has no pages tells its length.
const TOTAL: &str = "TotalCount";

/// Why the response of an action that reads must not be taken for a list of everything, or of nothing.
pub fn defect(info: &ActionInfo, request: &Value, answer: &Answer) -> Option<String> {
    if info.retry != RetryClass::Read {
        return None;
    }
    defect_of(info, request, answer.record(), &answer.report().gaps)
}

fn defect_of(
    info: &ActionInfo,
    request: &Value,
    response: &dyn Model,
    gaps: &Gaps,
) -> Option<String> {
    let is_list = |name: &&String| {
        info.response.field(name).is_some_and(|field| matches!(field.kind, Kind::List(_)))
    };
    if let Some(name) = gaps.missing.iter().find(is_list) {
        return Some(format!("`{name}` is absent or null"));
    }
    if let Some(name) = gaps.null_items.first() {
        return Some(format!("`{name}` has a null item"));
    }
    let number = |name: &str| request.get(name).and_then(Value::as_u64);
    let (items, id, total, begin, all) = match &info.paginate {
        Some(pages) => match pages.style {
            // Who asks for no entries gets none.
            _ if number(pages.style.limit()) == Some(0) => return None,
            PageStyle::Offset { offset, total, .. } => {
                (pages.items, pages.id, Some(total), number(offset).unwrap_or_default(), false)
            }
            PageStyle::Token { .. } => (pages.items, pages.id, None, 0, false),
        },
        None => (main_list(info)?.0, None, info.response.field(TOTAL).map(|_| TOTAL), 0, true),
    };
    let shown = match ListDefect::check(response, gaps, items, id) {
        Ok(list) => list.len() as u64,
        Err(defect) => return Some(defect.to_string()),
    };
    let told = total.and_then(|total| total_of(response, gaps, total)).unwrap_or_default();
    // A page may be shorter than the rest, and then a note says how to go on. One that is empty is no page.
    let is_short = begin.saturating_add(shown) < told && (shown == 0 || all);
    is_short.then(|| format!("`{items}` has {shown} of {} items", told - begin))
}

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
    fn only_a_list_that_is_there_and_as_long_as_it_says_has_no_defect() {
        let defect = |action: &str, request: Value, response: Value| {
            let info = cvm_models::action(action).unwrap();
            let mut record = cvm_models::protocol::Record::new(info.response);
            let report = cvm_models::protocol::json::from_value(&mut record, &response).unwrap();
            defect_of(info, &request, &record, &Gaps::of(&report)).unwrap_or_default()
        };
        let row = json!({ "InstanceId": "ins-1" });
        for (request, members, told) in [
            (json!({}), json!({ "TotalCount": 5, "InstanceSet": null }), "`InstanceSet` is absent"),
            (json!({}), json!({ "TotalCount": 0 }), "`InstanceSet` is absent or null"),
            (json!({}), json!({ "TotalCount": 1, "InstanceSet": [null] }), "has a null item"),
            (json!({}), json!({ "TotalCount": 1, "InstanceSet": [{}] }), "has no `InstanceId`"),
            (json!({}), json!({ "TotalCount": 5, "InstanceSet": [] }), "has 0 of 5 items"),
            (json!({ "Offset": 3 }), json!({ "TotalCount": 5, "InstanceSet": [] }), "0 of 2 items"),
            (json!({}), json!({ "TotalCount": 0, "InstanceSet": [] }), ""),
            (json!({ "Offset": 9 }), json!({ "TotalCount": 5, "InstanceSet": [] }), ""),
            (json!({ "Limit": 0 }), json!({ "TotalCount": 5, "InstanceSet": [] }), ""),
            (json!({}), json!({ "TotalCount": 5, "InstanceSet": [row] }), ""),
        ] {
            let found = defect("DescribeInstances", request, members.clone());
            assert!(
                found.contains(told) && found.is_empty() == told.is_empty(),
                "{members}: {found}"
            );
        }
        let zones = |members| defect("DescribeZones", json!({}), members);
        assert!(zones(json!({ "TotalCount": 2, "ZoneSet": [{}] })).contains("has 1 of 2 items"));
        assert!(zones(json!({ "TotalCount": 2 })).contains("`ZoneSet` is absent or null"));
        assert_eq!(zones(json!({ "TotalCount": 1, "ZoneSet": [{}] })), "");
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
