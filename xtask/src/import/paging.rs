//! Recognizes paging by the usual members of request and response.

use serde_json::{Value, json};

use super::model::{Action, Member, ValueType};

/// The `paginate` key of an action with `Offset`, `Limit`, `TotalCount` and exactly one list. With less it would be a guess, and
/// a wrong guess loses entries.
pub fn paginate(action: &Action) -> Option<Value> {
    let number = |members: &[Member], name: &str| {
        members.iter().any(|member| {
            member.name == name
                && !member.list
                && matches!(member.value_type, ValueType::Scalar("int64" | "uint64"))
        })
    };
    let fits = number(&action.request, "Offset")
        && number(&action.request, "Limit")
        && number(&action.response, "TotalCount");
    let mut lists = action.response.iter().filter(|member| member.list);
    let (Some(items), None, true) = (lists.next(), lists.next(), fits) else { return None };
    Some(json!({
        "style": "offset", "offset": "Offset", "limit": "Limit", "total": "TotalCount",
        "items": items.name,
    }))
}
