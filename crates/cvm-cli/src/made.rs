//! Tells what a response says that was made.

use cvm_models::UntypedResponse;
use cvm_models::protocol::{ActionInfo, named};
use serde_json::Value;

/// The ids that a response names.
pub fn ids_in(info: &'static ActionInfo, answer: &UntypedResponse) -> Vec<String> {
    let mut ids = named(answer.record());
    // A list whose items have no ids, such as the choices that only a dry run tells, names nothing.
    let is_place = |id: &String| {
        id.split_once('.').is_some_and(|(name, _)| info.response.field(name).is_some())
    };
    ids.retain(|id| !is_place(id));
    ids
}

/// What to say when a response names another number of resources than the request asks for. It is a success, and
/// the ids are shown; whoever pays for them must not learn of the number from the bill.
pub fn other_count(
    info: &'static ActionInfo,
    request: &Value,
    answer: &UntypedResponse,
) -> Option<String> {
    let member = info.reconcile.as_ref()?.count?;
    let made = ids_in(info, answer).len() as u64;
    let asked = request.get(member).and_then(Value::as_u64);
    if made == asked.unwrap_or(1) {
        return None;
    }
    Some(match asked {
        Some(asked) if made < asked => {
            format!("the response names {made} of the {asked} that `{member}` asks for")
        }
        Some(asked) => format!(
            "the response names {made}, and `{member}` asks for {asked}: look which exist, each is paid for"
        ),
        None => format!(
            "the response names {made}, and the request gives no `{member}`, which is 1 unless a template \
             says otherwise: look which exist, each is paid for"
        ),
    })
}
