//! Reads what a list shows of the ids of a change before it is sent, where only that can prove later that
//! the change was carried out.

use std::time::Duration;

use cvm_models::protocol::{ActionInfo, Missing, ReconcileInfo, RetryClass};
use serde_json::{Value, json};

use super::compare::uncompared;
use super::list_query::Reading;
use super::matching;
use super::value::{at, text, texts};
use crate::connect::Connection;
use crate::output::rows;
use crate::{call, lookup};

/// The reading must not hold up the change for longer than this.
const MAX_TIME: Duration = Duration::from_secs(5);

/// What was listed under an id of a request before the request was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The id or name that the request gives.
    pub id: String,
    /// What tells the entry from all others; of an entry that is found by its id, that id.
    pub own: String,
    /// Whether all of [`ReconcileInfo::from`] held; `None` if the list did not show it.
    pub from: Option<bool>,
    /// The time at which it ends by itself; `None` if there is none, or the list did not show it.
    pub expires: Option<String>,
}

impl Seen {
    /// Its form in the journal.
    pub fn to_value(&self) -> Value {
        json!({ "id": self.id, "own": self.own, "from": self.from, "expires": self.expires })
    }

    /// Reads it from the journal.
    pub fn of(value: &Value) -> Option<Self> {
        Some(Self {
            id: value.get("id")?.as_str()?.to_owned(),
            own: value.get("own")?.as_str()?.to_owned(),
            from: match value.get("from") {
                // Entries of older versions record something else, which proves nothing here.
                None | Some(Value::Null) => None,
                Some(from) => Some(from.as_bool()?),
            },
            expires: match value.get("expires") {
                None | Some(Value::Null) => None,
                Some(expires) => Some(expires.as_str()?.to_owned()),
            },
        })
    }
}

/// Whether a later verdict on this request depends on what was there before it.
fn is_needed(
    info: &ActionInfo,
    facts: &ReconcileInfo,
    request: &Value,
    secrets: &[String],
) -> bool {
    let Some(ids) = facts.ids else { return false };
    let counts = facts.if_absent == Missing::Success
        || !facts.became.is_empty()
        || (facts.created.is_some() && !(facts.matching.is_empty() && facts.done.is_empty()));
    // Where a person decides anyhow, the reading would be for nothing.
    counts
        && !texts(request, ids).is_empty()
        && uncompared(info, facts, request, secrets).is_empty()
}

/// What is listed now under the ids of the request. `None` if it makes no difference, or could not be read
/// in time: then nothing is recorded, and the change is sent all the same.
pub async fn read(
    info: &'static ActionInfo,
    request: &Value,
    secrets: &[String],
    connection: &Connection,
) -> Option<Vec<Seen>> {
    let facts = info.reconcile.as_ref()?;
    if call::class(info, request) == RetryClass::Read || !is_needed(info, facts, request, secrets) {
        return None;
    }
    let list = lookup::action(facts.list).ok()?;
    let (items, table) = rows::main_list(list)?;
    let reading = Reading { facts, list, items, request };
    let entries = tokio::time::timeout(MAX_TIME, reading.entries(connection)).await.ok()?.ok()?;
    let ids = texts(request, facts.ids?);
    let own = list.paginate.and_then(|pages| pages.id).unwrap_or(facts.id);
    let seen = entries.iter().filter_map(|entry| {
        let id = at(entry, facts.id).and_then(text).filter(|id| ids.contains(id))?;
        let own = at(entry, own).and_then(text)?;
        let expires = facts.expires.and_then(|member| at(entry, member)).and_then(text);
        Some(Seen { id, own, from: matching::all(facts.from, table, entry), expires })
    });
    Some(seen.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_needed(action: &str, request: Value) -> bool {
        let info = cvm_models::action(action).unwrap();
        super::is_needed(info, info.reconcile.as_ref().unwrap(), &request, &[])
    }

    #[test]
    fn it_is_read_where_it_changes_the_verdict_and_nowhere_else() {
        let ids = json!({ "InstanceIds": ["ins-1"] });
        assert!(is_needed("TerminateInstances", ids.clone()));
        assert!(is_needed("DeleteImages", json!({ "ImageIds": ["img-1"] })));
        assert!(is_needed("CreateHpcCluster", json!({ "Name": "a", "Zone": "z" })));
        for action in ["StopInstances", "StartInstances", "RebootInstances"] {
            assert!(!is_needed(action, ids.clone()), "{action}");
        }
        let with = json!({ "InstanceIds": ["ins-1"], "ReleaseAddress": true });
        assert!(!is_needed("TerminateInstances", with), "a person decides anyhow");
        let tagged =
            json!({ "Name": "a", "Zone": "z", "TagSpecification": [{ "Tags": [{ "Key": "k" }] }] });
        assert!(!is_needed("CreateHpcCluster", tagged), "a person decides anyhow");
        assert!(!is_needed("CreateKeyPair", json!({ "KeyName": "a" })), "no rule tells");
        assert!(!is_needed("RunInstances", json!({ "ImageId": "img-1" })));
    }

    #[test]
    fn it_reads_back_from_the_journal() {
        let expires = Some("2026-11-21T08:00:00Z".to_owned());
        let timer = Seen { id: "a".into(), own: "b".into(), from: Some(true), expires };
        assert_eq!(Seen::of(&timer.to_value()), Some(timer.clone()));
        let seen = Seen { expires: None, ..timer };
        assert_eq!(Seen::of(&seen.to_value()), Some(seen.clone()));
        let unknown = Seen { from: None, ..seen };
        assert_eq!(Seen::of(&unknown.to_value()), Some(unknown.clone()));
        let older = json!({ "id": "a", "own": "b", "became": false });
        assert_eq!(Seen::of(&older), Some(unknown), "what it recorded is no proof here");
        assert_eq!(Seen::of(&json!({ "id": "a", "own": "b", "from": 1 })), None);
        assert_eq!(Seen::of(&json!({ "id": "a", "own": 1, "from": true })), None);
        assert_eq!(Seen::of(&json!({ "id": "a", "own": "b", "from": true, "expires": 1 })), None);
    }
}
