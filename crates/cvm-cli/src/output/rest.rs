//! What a page of a list leaves out, and how to go on.

use cvm_models::UntypedResponse;
use cvm_models::protocol::{
    ActionInfo, Gaps, Kind, ListDefect, Model, PageStyle, RetryClass, total_of,
};
use serde_json::Value;

use super::rows::main_list;
use crate::call::record;
use crate::json::Json;
use crate::shell;

/// How a list that has no pages tells its length.
const TOTAL: &str = "TotalCount";

/// Why the response of an action that reads must not be taken for a list of everything, or of nothing.
pub fn defect(
    info: &'static ActionInfo,
    request: &Value,
    answer: &UntypedResponse,
) -> Option<String> {
    if info.retry != RetryClass::Read {
        return None;
    }
    defect_of(info, request, answer.record(), &answer.report().gaps)
}

fn defect_of(
    info: &'static ActionInfo,
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
    let (items, id, total, begin) = match &info.paginate {
        Some(pages) => match pages.style {
            // Who asks for no entries gets none.
            _ if number(pages.style.limit()) == Some(0) => return None,
            PageStyle::Offset { offset, total, .. } => {
                let total = pages.has_exact_total(&record(info, request)).then_some(total);
                (pages.items, pages.id, total, number(offset).unwrap_or_default())
            }
            PageStyle::Token { .. } => (pages.items, pages.id, None, 0),
        },
        None => (main_list(info)?.0, None, info.response.field(TOTAL).map(|_| TOTAL), 0),
    };
    let shown = match ListDefect::check(response, gaps, items, id) {
        Ok(list) => list.len() as u64,
        Err(defect) => return Some(defect.to_string()),
    };
    let told = total.and_then(|total| total_of(response, gaps, total)).unwrap_or_default();
    // A list may be shorter than its total, and then a note says so. One that is empty against it is no list.
    (shown == 0 && begin < told).then(|| format!("`{items}` has 0 of {} items", told - begin))
}

/// What a list leaves out: tools that say nothing here make a page look like everything.
pub fn of_list(info: &'static ActionInfo, request: &Value, response: &Json) -> Option<String> {
    let length = |items: &str| match response.member(items) {
        Some(Json::List(items)) => u64::try_from(items.len()).ok(),
        _ => Some(0),
    };
    let Some(pages) = info.paginate else {
        let (items, _) = main_list(info)?;
        let (shown, total) = (length(items)?, response.member(TOTAL)?.as_u64()?);
        return (0 < shown && shown < total).then(|| {
            format!("`{TOTAL}` is {total}, and the response lists {shown}; it has no other page")
        });
    };
    let shown = length(pages.items)?;
    let number = |name: &str| request.get(name).and_then(Value::as_u64);
    match pages.style {
        PageStyle::Offset { offset, limit, total } => {
            let total = response.member(total)?.as_u64()?;
            let end = number(offset).unwrap_or_default().checked_add(shown)?;
            if !pages.has_exact_total(&record(info, request)) {
                let is_full = shown > 0 && shown >= number(limit).unwrap_or(pages.default_limit);
                return is_full.then(|| {
                    format!("these are {shown} entries, and there may be more; go on with --{offset} {end}")
                });
            }
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
                shell::word(next)
            ))
        }
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
        assert!(zones(json!({ "TotalCount": 2, "ZoneSet": [] })).contains("has 0 of 2 items"));
        // The published samples of regions and zones are so.
        assert_eq!(zones(json!({ "TotalCount": 2, "ZoneSet": [{}] })), "");
        assert!(zones(json!({ "TotalCount": 2 })).contains("`ZoneSet` is absent or null"));
        assert_eq!(zones(json!({ "TotalCount": 1, "ZoneSet": [{}] })), "");
    }

    #[test]
    fn list_without_pages_that_is_shorter_than_its_total_is_noted() {
        let info = cvm_models::action("DescribeRegions").unwrap();
        let note = |response| of_list(info, &json!({}), &Json::from(response));
        let told = note(json!({ "TotalCount": 9, "RegionSet": [{}, {}] })).unwrap();
        assert_eq!(told, "`TotalCount` is 9, and the response lists 2; it has no other page");
        assert_eq!(note(json!({ "TotalCount": 2, "RegionSet": [{}, {}] })), None);
        assert_eq!(note(json!({ "TotalCount": 1, "RegionSet": [{}, {}] })), None);
        assert_eq!(note(json!({ "RegionSet": [{}] })), None);
    }

    #[test]
    fn total_that_counts_other_items_neither_spoils_a_list_nor_promises_more() {
        for (action, items, id, narrow) in [
            (
                "DescribeDisasterRecoverGroups",
                "DisasterRecoverGroupSet",
                "DisasterRecoverGroupId",
                json!({ "Name": "web" }),
            ),
            (
                "DescribeLaunchTemplateVersions",
                "LaunchTemplateVersionSet",
                "LaunchTemplateVersion",
                json!({ "LaunchTemplateId": "lt-1" }),
            ),
        ] {
            let info = cvm_models::action(action).unwrap();
            let rows = |count: usize| vec![json!({ id: 1 }); count];
            let told = |request: &Value, total: u64, count: usize| {
                let response = json!({ "TotalCount": total, items: rows(count) });
                let mut record = cvm_models::protocol::Record::new(info.response);
                let report =
                    cvm_models::protocol::json::from_value(&mut record, &response).unwrap();
                let defect = defect_of(info, request, &record, &Gaps::of(&report));
                (defect, of_list(info, request, &Json::from(response)))
            };
            assert_eq!(told(&narrow, 7, 0), (None, None), "{action}");
            assert_eq!(told(&narrow, 7, 2), (None, None), "{action}");
            let (defect, note) = told(&narrow, 1, 20);
            assert_eq!(defect, None, "{action}");
            assert!(note.unwrap().ends_with("go on with --Offset 20"), "{action}");
        }
        // Nothing is narrowed, so all that the account has is listed.
        let info = cvm_models::action("DescribeDisasterRecoverGroups").unwrap();
        let response = json!({ "TotalCount": 7, "DisasterRecoverGroupSet": [] });
        let mut record = cvm_models::protocol::Record::new(info.response);
        let report = cvm_models::protocol::json::from_value(&mut record, &response).unwrap();
        assert!(defect_of(info, &json!({}), &record, &Gaps::of(&report)).is_some());
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
