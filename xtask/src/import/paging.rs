//! Pages, where request and response have the usual members for them.

use serde_json::{Value, json};

use super::model::{Action, Holds, Member};

/// The `paginate` key of an action: by position, if `Offset`, `Limit`, `TotalCount` and exactly one
/// list are there. Anything less would be a guess, and a wrong guess loses entries.
pub fn paginate(action: &Action) -> Option<Value> {
    let number = |members: &[Member], name: &str| {
        members.iter().any(|member| {
            member.name == name
                && !member.list
                && matches!(member.holds, Holds::Scalar("int64" | "uint64"))
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
