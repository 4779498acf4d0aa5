//! Whether a list in a response is complete: defects that make it unusable, and notes on how to continue.

use cvm_models::UntypedResponse;
use cvm_models::protocol::{
    Gaps, Kind, ListDefect, Model, PageStyle, RetryClass, Value as Member, member_at, member_named,
    total_of,
};
use serde_json::Value;

use super::columns::main_list;
use crate::describe::shell_word;
use crate::request::Request;

/// The response member with the length of a list without pages.
const TOTAL: &str = "TotalCount";

/// Why the response of a read must not be taken for a complete list, or for an empty one.
pub fn defect(request: &Request, response: &UntypedResponse) -> Option<String> {
    if request.info().retry != RetryClass::Read {
        return None;
    }
    defect_of(request, response.record(), &response.report().gaps)
}

fn defect_of(request: &Request, response: &dyn Model, gaps: &Gaps) -> Option<String> {
    let info = request.info();
    let is_list = |name: &&String| {
        info.response.field(name).is_some_and(|field| matches!(field.kind, Kind::List(_)))
    };
    if let Some(name) = gaps.missing.iter().find(is_list) {
        return Some(format!("`{name}` is absent or null"));
    }
    if let Some(name) = gaps.null_items.first() {
        return Some(format!("`{name}` has a null item"));
    }
    let number = |name: &str| request.value().get(name).and_then(Value::as_u64);
    let (items, id, total, begin) = match &info.paginate {
        Some(pages) => match pages.style {
            // `Limit` 0 asks for no items.
            _ if number(pages.style.limit()) == Some(0) => return None,
            PageStyle::Offset { offset, total, .. } => {
                let total = pages.has_exact_total(request.record()).then_some(total);
                (pages.items, pages.id, total, number(offset).unwrap_or_default())
            }
            PageStyle::Number { number: page, limit, total, first } => {
                let total = pages.has_exact_total(request.record()).then_some(total);
                let limit = number(limit).unwrap_or(pages.default_limit);
                (pages.items, pages.id, total, rows_before(number(page), first, limit))
            }
            PageStyle::Token { .. } => (pages.items, pages.id, None, 0),
        },
        None => (main_list(info)?.0, None, info.response.field(TOTAL).map(|_| TOTAL), 0),
    };
    let shown = match ListDefect::check(response, gaps, items, id) {
        Ok(list) => list.len() as u64,
        Err(defect) => return Some(defect.to_string()),
    };
    let total = match total {
        Some(member) => match total_of(response, gaps, member) {
            Some(total) => total,
            // Only its total would prove that an empty list is complete.
            None if shown == 0 => {
                return Some(format!("`{items}` is empty, and there is no `{member}`"));
            }
            None => 0,
        },
        None => 0,
    };
    // A list may be shorter than its total, which gives a note. An empty list with a larger total is a defect.
    (shown == 0 && begin < total).then(|| format!("`{items}` has 0 of {} items", total - begin))
}

/// The number of items before a page.
fn rows_before(page: Option<u64>, first: u64, limit: u64) -> u64 {
    page.unwrap_or(first).saturating_sub(first).saturating_mul(limit)
}

/// A note that a list has more items than the response shows. Without it, one page looks like everything.
pub fn truncation_note(request: &Request, response: &UntypedResponse) -> Option<String> {
    note_of(request, response.record(), &response.report().gaps)
}

fn note_of(request: &Request, response: &dyn Model, gaps: &Gaps) -> Option<String> {
    let info = request.info();
    let length = |items: &str| match member_at(response, items) {
        Member::List(items) => u64::try_from(items.len()).unwrap_or(u64::MAX),
        _ => 0,
    };
    let Some(pages) = info.paginate else {
        let (items, _) = main_list(info)?;
        let (shown, total) = (length(items), total_of(response, gaps, TOTAL)?);
        return (0 < shown && shown < total).then(|| {
            format!("`{TOTAL}` is {total}, but the response lists {shown}; there are no more pages")
        });
    };
    let shown = length(pages.items);
    let number = |name: &str| request.value().get(name).and_then(Value::as_u64);
    let size = number(pages.style.limit()).unwrap_or(pages.default_limit);
    let (position, next, end, hint, total) = match pages.style {
        PageStyle::Offset { offset, limit, total } => {
            let end = number(offset).unwrap_or_default().checked_add(shown)?;
            (offset, end, end, format!(" (--{limit} up to {})", pages.max_limit), total)
        }
        PageStyle::Number { number: page, total, first, .. } => {
            let at = number(page);
            let end = rows_before(at, first, size).checked_add(shown)?;
            (page, at.unwrap_or(first).max(first).checked_add(1)?, end, String::new(), total)
        }
        PageStyle::Token { token_in, token_out, .. } => {
            let next =
                member_named(response, token_out).text().filter(|token| !token.is_empty())?;
            return Some(format!(
                "showing {shown} items, and there are more; continue with --{token_in}={}",
                shell_word(&next)
            ));
        }
    };
    let is_exact = pages.has_exact_total(request.record());
    let Some(total) = total_of(response, gaps, total).filter(|_| is_exact) else {
        return (shown > 0 && shown >= size).then(|| {
            format!(
                "showing {shown} items, and there may be more; continue with --{position} {next}"
            )
        });
    };
    (shown > 0 && end < total).then(|| {
        format!("showing {shown} of {total} items; continue with --{position} {next}{hint}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cvm_models::protocol::{ActionInfo, PageInfo, Record, json as codec};
    use serde_json::json;

    /// A decoded response, with the members that it lacks.
    fn decoded(info: &'static ActionInfo, response: &Value) -> (Record, Gaps) {
        let mut record = Record::new(info.response);
        let report = codec::from_value(&mut record, response).unwrap();
        (record, Gaps::of(&report))
    }

    fn note(info: &'static ActionInfo, request: &Value, response: &Value) -> Option<String> {
        let (record, gaps) = decoded(info, response);
        note_of(&Request::new(info, request.clone()), &record, &gaps)
    }

    fn defect_in(info: &'static ActionInfo, request: &Value, response: &Value) -> Option<String> {
        let (record, gaps) = decoded(info, response);
        defect_of(&Request::new(info, request.clone()), &record, &gaps)
    }

    #[test]
    fn partial_page_has_a_note() {
        let info = cvm_models::action("DescribeInstances").unwrap();
        let told = |request: Value, total: Value, count: usize| {
            let rows = vec![json!({}); count];
            note(info, &request, &json!({ "TotalCount": total, "InstanceSet": rows }))
        };
        let after = json!({ "Offset": 20 });
        // In every notation of the number.
        for total in [json!(134), json!("134"), json!(134.0), json!(1.34e2)] {
            assert_eq!(
                told(after.clone(), total, 2).unwrap(),
                "showing 2 of 134 items; continue with --Offset 22 (--Limit up to 100)"
            );
        }
        assert_eq!(told(after, json!(22), 2), None);
        assert_eq!(told(json!({ "Offset": 30 }), json!(22), 0), None);
        // Without a total, a full page may be followed by another one.
        for total in [json!(null), json!(-1)] {
            let note = told(json!({}), total.clone(), 20).unwrap();
            assert_eq!(note, "showing 20 items, and there may be more; continue with --Offset 20");
            assert_eq!(told(json!({}), total, 19), None);
        }
    }

    #[test]
    fn only_a_present_list_that_matches_its_total_has_no_defect() {
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
        // The published samples of regions and zones are like this.
        assert_eq!(zones(json!({ "TotalCount": 2, "ZoneSet": [{}] })), "");
        assert!(zones(json!({ "TotalCount": 2 })).contains("`ZoneSet` is absent or null"));
        assert_eq!(zones(json!({ "TotalCount": 1, "ZoneSet": [{}] })), "");
    }

    #[test]
    fn short_list_without_pages_has_a_note() {
        let info = cvm_models::action("DescribeRegions").unwrap();
        let note = |response| note(info, &json!({}), &response);
        let text = note(json!({ "TotalCount": 9, "RegionSet": [{}, {}] })).unwrap();
        assert_eq!(text, "`TotalCount` is 9, but the response lists 2; there are no more pages");
        assert_eq!(note(json!({ "TotalCount": 2, "RegionSet": [{}, {}] })), None);
        assert_eq!(note(json!({ "TotalCount": 1, "RegionSet": [{}, {}] })), None);
        assert_eq!(note(json!({ "RegionSet": [{}] })), None);
    }

    #[test]
    fn inexact_total_causes_no_defect_and_no_false_note() {
        for (action, items, id, filtered) in [
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
            assert_eq!(told(&filtered, 7, 0), (None, None), "{action}");
            assert_eq!(told(&filtered, 7, 2), (None, None), "{action}");
            let (defect, note) = told(&filtered, 1, 20);
            assert_eq!(defect, None, "{action}");
            assert!(note.unwrap().ends_with("continue with --Offset 20"), "{action}");
        }
        // Without a filter, the list has everything of the account.
        let info = cvm_models::action("DescribeDisasterRecoverGroups").unwrap();
        let response = json!({ "TotalCount": 7, "DisasterRecoverGroupSet": [] });
        assert!(defect_in(info, &json!({}), &response).is_some());
    }

    /// A list of instances by page number, as other services have them.
    fn by_number(first: u64) -> &'static ActionInfo {
        let info = *cvm_models::action("DescribeInstances").unwrap();
        let style =
            PageStyle::Number { number: "Offset", limit: "Limit", total: "TotalCount", first };
        Box::leak(Box::new(info.paginate(PageInfo { style, ..info.paginate.unwrap() })))
    }

    #[test]
    fn list_by_page_number_notes_the_next_page() {
        let rows = |count: usize| vec![json!({ "InstanceId": "ins-1" }); count];
        let body = |total: Value, count| json!({ "TotalCount": total, "InstanceSet": rows(count) });
        for first in [0, 1] {
            let info = by_number(first);
            let told = |request: &Value, total, count| note(info, request, &body(total, count));
            let begin = json!({});
            let text = told(&begin, json!(50), 20).unwrap();
            let expected = format!("showing 20 of 50 items; continue with --Offset {}", first + 1);
            assert_eq!(text, expected);
            let third = json!({ "Offset": first + 2, "Limit": 10 });
            let text = told(&third, json!(50), 10).unwrap();
            assert!(text.ends_with(&format!("continue with --Offset {}", first + 3)), "{text}");
            assert_eq!(told(&third, json!(30), 10), None);
            let text = told(&third, json!(null), 10).unwrap();
            assert!(text.starts_with("showing 10 items, and there may be more"), "{text}");
            assert_eq!(told(&third, json!(null), 9), None);

            let defect = |request: &Value, total| defect_in(info, request, &body(total, 0));
            assert!(defect(&begin, json!(5)).unwrap().contains("has 0 of 5 items"));
            assert!(defect(&third, json!(25)).unwrap().contains("has 0 of 5 items"));
            assert_eq!(defect(&third, json!(20)), None);
        }
    }

    #[test]
    fn token_paged_list_notes_the_next_token() {
        let info = cvm_models::action("DescribeResourcePoolPacks").unwrap();
        let items = info.paginate.unwrap().items;
        let note = |response| note(info, &json!({}), &response);
        let text = note(json!({ items: [{}, {}], "NextToken": "a b" })).unwrap();
        assert_eq!(text, "showing 2 items, and there are more; continue with --NextToken='a b'");
        assert!(note(json!({ items: [], "NextToken": "t" })).unwrap().ends_with("--NextToken=t"));
        for end in [json!({ items: [{}], "NextToken": "" }), json!({ items: [{}] })] {
            assert_eq!(note(end), None);
        }
    }
}
