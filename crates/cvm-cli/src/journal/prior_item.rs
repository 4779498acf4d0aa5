//! An item that a list showed before a request was sent, as the journal stores it.

use serde::{Deserialize, Serialize};

/// What was listed under an id of a request before the request was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriorItem {
    /// The id or name in the request.
    pub id: String,
    /// The unique id of the item; the same as `id` if the request names items by their unique id.
    #[serde(rename = "own")]
    pub own_id: String,
    /// Whether all conditions of `ReconcileInfo::from` held; `None` if the list did not show it. Entries of older
    /// versions have another member instead, which proves nothing here.
    pub from: Option<bool>,
    /// The time at which the item ends by itself; `None` if there is none, or the list did not show it.
    pub expires: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn prior_item_round_trips_through_the_journal() {
        let parse = |value: Value| serde_json::from_value::<PriorItem>(value).ok();
        let expires = Some("2026-11-21T08:00:00Z".to_owned());
        let timer = PriorItem { id: "a".into(), own_id: "b".into(), from: Some(true), expires };
        let unknown = PriorItem { from: None, expires: None, ..timer.clone() };
        for item in [timer, PriorItem { from: Some(false), ..unknown.clone() }, unknown.clone()] {
            assert_eq!(parse(serde_json::to_value(&item).unwrap()), Some(item));
        }
        let older = json!({ "id": "a", "own": "b", "became": false });
        assert_eq!(parse(older), Some(unknown), "its other member proves nothing here");
        assert_eq!(parse(json!({ "id": "a", "own": "b", "from": 1 })), None);
        assert_eq!(parse(json!({ "id": "a", "own": 1, "from": true })), None);
        assert_eq!(parse(json!({ "id": "a", "own": "b", "from": true, "expires": 1 })), None);
    }
}
