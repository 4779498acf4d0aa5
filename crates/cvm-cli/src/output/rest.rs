//! What a page of a list leaves out, and how to go on.

use cvm_models::UntypedResponse;
use cvm_models::protocol::{
    ActionInfo, Gaps, Kind, ListDefect, Model, PageStyle, RetryClass, Value as Member,
    member_named, total_of,
};
use serde_json::Value;

use super::rows::main_list;
use crate::call::record;
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
    let told = match total {
        Some(total) => match total_of(response, gaps, total) {
            Some(told) => told,
            // Only its total would say that there is nothing.
            None if shown == 0 => {
                return Some(format!("`{items}` is empty, and there is no `{total}`"));
            }
            None => 0,
        },
        None => 0,
    };
    // A list may be shorter than its total, and then a note says so. One that is empty against it is no list.
    (shown == 0 && begin < told).then(|| format!("`{items}` has 0 of {} items", told - begin))
}

/// What a list leaves out: tools that say nothing here make a page look like everything.
pub fn of_list(
    info: &'static ActionInfo,
    request: &Value,
    answer: &UntypedResponse,
) -> Option<String> {
    rest_of(info, request, answer.record(), &answer.report().gaps)
}

fn rest_of(
    info: &'static ActionInfo,
    request: &Value,
    response: &dyn Model,
    gaps: &Gaps,
) -> Option<String> {
    let length = |items: &str| match member_named(response, items) {
        Member::List(items) => u64::try_from(items.len()).unwrap_or(u64::MAX),
        _ => 0,
    };
    let Some(pages) = info.paginate else {
        let (items, _) = main_list(info)?;
        let (shown, total) = (length(items), total_of(response, gaps, TOTAL)?);
        return (0 < shown && shown < total).then(|| {
            format!("`{TOTAL}` is {total}, and the response lists {shown}; it has no other page")
        });
    };
    let shown = length(pages.items);
    let number = |name: &str| request.get(name).and_then(Value::as_u64);
    match pages.style {
        PageStyle::Offset { offset, limit, total } => {
            let end = number(offset).unwrap_or_default().checked_add(shown)?;
            let is_exact = pages.has_exact_total(&record(info, request));
            let Some(total) = total_of(response, gaps, total).filter(|_| is_exact) else {
                let is_full = shown > 0 && shown >= number(limit).unwrap_or(pages.default_limit);
                return is_full.then(|| {
                    format!("these are {shown} entries, and there may be more; go on with --{offset} {end}")
                });
            };
            (shown > 0 && end < total).then(|| {
                format!(
                    "these are {shown} of {total} entries; go on with --{offset} {end} (--{limit} up to {})",
                    pages.max_limit
                )
            })
        }
        PageStyle::Token { token_in, token_out, .. } => {
            let next =
                member_named(response, token_out).text().filter(|token| !token.is_empty())?;
            Some(format!(
                "these are {shown} entries and there are more; go on with --{token_in}={}",
                shell::word(&next)
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cvm_models::protocol::{Record, json as codec};
    use serde_json::json;

    /// A decoded response with what it lacks.
    fn decoded(info: &'static ActionInfo, response: &Value) -> (Record, Gaps) {
        let mut record = Record::new(info.response);
        let report = codec::from_value(&mut record, response).unwrap();
        (record, Gaps::of(&report))
    }

    fn note(info: &'static ActionInfo, request: &Value, response: &Value) -> Option<String> {
        let (record, gaps) = decoded(info, response);
        rest_of(info, request, &record, &gaps)
    }

    fn defect_in(info: &'static ActionInfo, request: &Value, response: &Value) -> Option<String> {
        let (record, gaps) = decoded(info, response);
        defect_of(info, request, &record, &gaps)
    }

    #[test]
    fn a_page_that_is_not_all_says_so() {
        let info = cvm_models::action("DescribeInstances").unwrap();
        let told = |request: Value, total: Value, count: usize| {
            let rows = vec![json!({}); count];
            note(info, &request, &json!({ "TotalCount": total, "InstanceSet": rows }))
        };
        let after = json!({ "Offset": 20 });
        // However the number is written.
        for total in [json!(134), json!("134"), json!(134.0), json!(1.34e2)] {
            assert_eq!(
                told(after.clone(), total, 2).unwrap(),
                "these are 2 of 134 entries; go on with --Offset 22 (--Limit up to 100)"
            );
        }
        assert_eq!(told(after, json!(22), 2), None);
        assert_eq!(told(json!({ "Offset": 30 }), json!(22), 0), None);
        // Without a total, a full page may have another one behind it.
        for total in [json!(null), json!(-1)] {
            let note = told(json!({}), total.clone(), 20).unwrap();
            assert_eq!(note, "these are 20 entries, and there may be more; go on with --Offset 20");
            assert_eq!(told(json!({}), total, 19), None);
        }
    }

    #[test]
    fn only_a_list_that_is_there_and_as_long_as_it_says_has_no_defect() {
        let defect = |action: &str, request: Value, response: Value| {
            let info = cvm_models::action(action).unwrap();
            defect_in(info, &request, &response).unwrap_or_default()
        };
        let row = json!({ "InstanceId": "ins-1" });
        for (request, members, told) in [
            (json!({}), json!({ "TotalCount": 5, "InstanceSet": null }), "`InstanceSet` is absent"),
            (json!({}), json!({ "TotalCount": 0 }), "`InstanceSet` is absent or null"),
            (json!({}), json!({ "TotalCount": 1, "InstanceSet": [null] }), "has a null item"),
            (json!({}), json!({ "TotalCount": 1, "InstanceSet": [{}] }), "has no `InstanceId`"),
            (json!({}), json!({ "TotalCount": 5, "InstanceSet": [] }), "has 0 of 5 items"),
            (json!({ "Offset": 3 }), json!({ "TotalCount": 5, "InstanceSet": [] }), "0 of 2 items"),
            (json!({}), json!({ "InstanceSet": [] }), "is empty, and there is no `TotalCount`"),
            (json!({}), json!({ "TotalCount": -1, "InstanceSet": [] }), "there is no `TotalCount`"),
            (json!({}), json!({ "TotalCount": "0", "InstanceSet": [] }), ""),
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
        let note = |response| note(info, &json!({}), &response);
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
                (defect_in(info, request, &response), note(info, request, &response))
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
        assert!(defect_in(info, &json!({}), &response).is_some());
    }

    #[test]
    fn a_token_paged_list_says_that_there_is_more() {
        let info = cvm_models::action("DescribeResourcePoolPacks").unwrap();
        let items = info.paginate.unwrap().items;
        let note = |response| note(info, &json!({}), &response);
        let told = note(json!({ items: [{}, {}], "NextToken": "a b" })).unwrap();
        assert_eq!(told, "these are 2 entries and there are more; go on with --NextToken='a b'");
        assert!(note(json!({ items: [], "NextToken": "t" })).unwrap().ends_with("--NextToken=t"));
        for end in [json!({ items: [{}], "NextToken": "" }), json!({ items: [{}] })] {
            assert_eq!(note(end), None);
        }
    }
}
