//! Reads, before a change is sent, what a list shows under the ids of the request, if only that can prove
//! later that the change was carried out.

use std::time::Duration;

use cvm_models::protocol::{ActionInfo, Missing, ReconcileInfo};
use serde_json::Value;

use super::compare::uncompared;
use super::conditions;
use super::list_query::ListQuery;
use crate::connect::Connection;
use crate::journal::entry::without_secrets;
use crate::journal::prior_item::PriorItem;
use crate::json_path::{at, text, texts};
use crate::lookup;
use crate::output::columns;
use crate::request::Request;

/// The read must not delay the change for longer than this.
const MAX_TIME: Duration = Duration::from_secs(5);

/// Whether a later verdict on this request depends on the state before it.
fn is_needed(
    info: &ActionInfo,
    facts: &ReconcileInfo,
    parameters: &Value,
    secrets: &[String],
) -> bool {
    let Some(ids) = facts.ids else { return false };
    let matters = facts.if_absent == Missing::Success
        || !facts.became.is_empty()
        || (facts.created.is_some() && !(facts.matching.is_empty() && facts.done.is_empty()));
    // Where a person has to decide anyway, the read would be useless.
    matters
        && !texts(parameters, ids).is_empty()
        && uncompared(info, facts, parameters, secrets).is_empty()
}

/// What is listed now under the ids of the request. `None` if it makes no difference or could not be read in
/// time; the change is then sent without it.
pub async fn read(request: &Request, connection: &Connection) -> Option<Vec<PriorItem>> {
    let info = request.info();
    let facts = info.reconcile.as_ref()?;
    let (_, secrets) = without_secrets(info, request.value());
    if !request.is_change() || !is_needed(info, facts, request.value(), &secrets) {
        return None;
    }
    let list = lookup::action(facts.list).ok()?;
    let (items, model) = columns::main_list(list)?;
    let list_query = ListQuery { facts, list, items, parameters: request.value() };
    let listed = tokio::time::timeout(MAX_TIME, list_query.items(connection)).await.ok()?.ok()?;
    let ids = texts(request.value(), facts.ids?);
    let own_id = list.paginate.and_then(|pages| pages.id).unwrap_or(facts.id);
    let prior = listed.iter().filter_map(|item| {
        let id = at(item, facts.id).and_then(text).filter(|id| ids.contains(id))?;
        let own_id = at(item, own_id).and_then(text)?;
        let expires = facts.expires.and_then(|member| at(item, member)).and_then(text);
        Some(PriorItem { id, own_id, from: conditions::all(facts.from, model, item), expires })
    });
    Some(prior.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_needed(action: &str, request: Value) -> bool {
        let info = cvm_models::action(action).unwrap();
        super::is_needed(info, info.reconcile.as_ref().unwrap(), &request, &[])
    }

    #[test]
    fn prior_state_is_read_only_where_it_affects_the_verdict() {
        let ids = json!({ "InstanceIds": ["ins-1"] });
        assert!(is_needed("TerminateInstances", ids.clone()));
        assert!(is_needed("DeleteImages", json!({ "ImageIds": ["img-1"] })));
        assert!(is_needed("CreateHpcCluster", json!({ "Name": "a", "Zone": "z" })));
        for action in ["StopInstances", "StartInstances", "RebootInstances"] {
            assert!(!is_needed(action, ids.clone()), "{action}");
        }
        let with = json!({ "InstanceIds": ["ins-1"], "ReleaseAddress": true });
        assert!(!is_needed("TerminateInstances", with), "a person has to decide anyway");
        let tagged =
            json!({ "Name": "a", "Zone": "z", "TagSpecification": [{ "Tags": [{ "Key": "k" }] }] });
        assert!(!is_needed("CreateHpcCluster", tagged), "a person has to decide anyway");
        assert!(!is_needed("CreateKeyPair", json!({ "KeyName": "a" })), "it has no rule");
        assert!(!is_needed("RunInstances", json!({ "ImageId": "img-1" })));
    }
}
