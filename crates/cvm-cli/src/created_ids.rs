//! The ids of resources in a response, and whether their number is the requested one.

use cvm_models::UntypedResponse;
use cvm_models::protocol::{ActionInfo, named};
use serde_json::Value;

use crate::request::Request;

/// The ids that a response contains.
pub fn ids_in_response(info: &'static ActionInfo, response: &UntypedResponse) -> Vec<String> {
    let mut ids = named(response.record());
    // A list of items without ids, such as the choices in the response to a dry run, contains none.
    let is_place = |id: &String| {
        id.split_once('.').is_some_and(|(name, _)| info.response.field(name).is_some())
    };
    ids.retain(|id| !is_place(id));
    ids
}

/// A note for a response with another number of resources than requested. It is a success, and the ids are
/// printed; the user must not learn of the number from the bill.
pub fn count_mismatch(request: &Request, response: &UntypedResponse) -> Option<String> {
    let info = request.info();
    let member = info.reconcile.as_ref()?.count?;
    let made = ids_in_response(info, response).len() as u64;
    let asked = request.value().get(member).and_then(Value::as_u64);
    if made == asked.unwrap_or(1) {
        return None;
    }
    Some(match asked {
        Some(asked) if made < asked => {
            format!("the response names {made} of the {asked} resources that `{member}` requests")
        }
        Some(asked) => format!(
            "the response names {made} resources, but `{member}` requests {asked}: check which of them exist, because each is billed"
        ),
        None => format!(
            "the response names {made} resources, but the request has no `{member}`, which is 1 unless a launch \
             template sets it: check which of them exist, because each is billed"
        ),
    })
}
