//! Asks a list for what a request may have left: every page of it, or nothing that could be misread.

use cvm_models::protocol::{ActionInfo, Kind, PageStyle, ReconcileInfo};
use serde_json::{Map, Value};

use super::verdict::{at, text};
use crate::connect::Connection;
use crate::exit::{Exit, Failure, Result};
use crate::outcome;

/// More pages than this are no list to look through.
const MOST_PAGES: usize = 10_000;

/// What is asked for.
pub struct Reading<'a> {
    /// What the action says of its reading.
    pub facts: &'static ReconcileInfo,
    /// The action that lists.
    pub list: &'static ActionInfo,
    /// Response member that holds the list.
    pub items: &'static str,
    /// The request whose outcome is unknown.
    pub request: &'a Value,
}

impl Reading<'_> {
    /// Everything that the list shows of what is asked for.
    pub async fn entries(&self, connection: &Connection) -> Result<Vec<Value>> {
        let mut entries = Vec::new();
        for ask in self.asks()? {
            self.pages(connection, ask, &mut entries).await?;
        }
        Ok(entries)
    }

    /// The requests of the list, before they are divided into pages.
    fn asks(&self) -> Result<Vec<Map<String, Value>>> {
        let mut base = Map::new();
        for (place, given) in self.facts.narrow {
            if let Some(value) = at(self.request, given) {
                self.put(&mut base, place, std::slice::from_ref(value));
            }
        }
        let Some(ids) = self.facts.ids else { return Ok(vec![base]) };
        let ids = match at(self.request, ids) {
            Some(Value::Array(items)) => items.clone(),
            Some(single) => vec![single.clone()],
            None => Vec::new(),
        };
        // Without any id a list shows everything, which would be nobody's answer.
        if ids.is_empty() {
            return Err(Failure::local("the entry names nothing that could be looked for"));
        }
        let asks = ids.chunks(self.batch()).map(|ids| {
            let mut ask = base.clone();
            self.put(&mut ask, self.facts.by, ids);
            ask
        });
        Ok(asks.collect())
    }

    /// How many ids go into one request.
    fn batch(&self) -> usize {
        let many = |most: Option<u32>, usual| {
            most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usual).max(1)
        };
        match self.list.request.field(self.facts.by) {
            Some(field) if matches!(field.kind, Kind::List(_)) => many(field.max_items, 100),
            Some(_) => 1,
            None => many(self.list.filter_values_max, 5),
        }
    }

    /// Puts values where the list's request takes them: into a member, or as a filter.
    fn put(&self, ask: &mut Map<String, Value>, place: &str, values: &[Value]) {
        if let Some((filters, name)) = place.split_once('.') {
            let values: Vec<String> = values.iter().filter_map(text).collect();
            let filter = serde_json::json!({ "Name": name, "Values": values });
            match ask.entry(filters).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(list) => list.push(filter),
                other => *other = Value::Array(vec![filter]),
            }
            return;
        }
        let is_list =
            self.list.request.field(place).is_some_and(|field| matches!(field.kind, Kind::List(_)));
        let value = match values {
            values if is_list => Value::Array(values.to_vec()),
            [single, ..] => single.clone(),
            [] => return,
        };
        ask.insert(place.to_owned(), value);
    }

    async fn pages(
        &self,
        connection: &Connection,
        mut ask: Map<String, Value>,
        entries: &mut Vec<Value>,
    ) -> Result<()> {
        let mut seen = 0_u64;
        for _ in 0..MOST_PAGES {
            if let Some(pages) = &self.list.paginate {
                ask.insert(pages.style.limit().to_owned(), pages.max_limit.into());
                if let PageStyle::Offset { offset, .. } = pages.style {
                    ask.insert(offset.to_owned(), seen.into());
                }
            }
            let whole = Value::Object(ask.clone());
            let answer = connection.client.call(self.list, whole.clone()).await;
            let answer = answer.map_err(|error| {
                let failure = outcome::failure(self.list, &whole, &error, None);
                if matches!(failure.exit(), Exit::Refused | Exit::Network) {
                    failure.with_exit(Exit::Unknown).hint("so nobody knows yet; ask again later")
                } else {
                    failure
                }
            })?;
            let mut answer = answer.to_value();
            // An answer without its list would read as if everything were gone.
            let Some(Value::Array(page)) = answer.get_mut(self.items).map(Value::take) else {
                return Err(self.unreadable("has no list in its answer"));
            };
            seen += u64::try_from(page.len()).unwrap_or_default();
            let is_empty = page.is_empty();
            entries.extend(page);
            let more = match self.list.paginate.map(|pages| pages.style) {
                Some(PageStyle::Offset { total, .. }) => {
                    let total = answer.get(total).and_then(Value::as_u64);
                    let more = total.map_or(!is_empty, |total| seen < total);
                    if is_empty && more {
                        return Err(self.unreadable("promised more than it gave"));
                    }
                    more
                }
                Some(PageStyle::Token { token_in, token_out, .. }) => {
                    let next = answer.get(token_out).and_then(Value::as_str).unwrap_or_default();
                    ask.insert(token_in.to_owned(), next.into());
                    !next.is_empty()
                }
                None => false,
            };
            if !more {
                return Ok(());
            }
        }
        Err(self.unreadable("has no end"))
    }

    fn unreadable(&self, what: &str) -> Failure {
        Failure::new(Exit::Unknown, format!("{} {what}, so nobody knows yet", self.list.name))
            .hint("ask again later")
    }
}

#[cfg(test)]
mod tests {
    use cvm_models::protocol::RetryClass;
    use cvm_models::{ACTIONS, docs};
    use serde_json::json;

    use super::*;
    use crate::output::rows::main_list;

    fn asks(action: &str, request: Value) -> Vec<Value> {
        let info = cvm_models::action(action).unwrap();
        let facts = info.reconcile.as_ref().unwrap();
        let list = cvm_models::action(facts.list).unwrap();
        let reading = Reading { facts, list, items: "", request: &request };
        reading.asks().unwrap().into_iter().map(Value::Object).collect()
    }

    #[test]
    fn every_change_tells_how_it_is_settled() {
        for info in ACTIONS.iter().filter(|info| info.retry != RetryClass::Read) {
            assert!(!docs::action(info.name).unwrap().reconcile.is_empty(), "{}", info.name);
            if let Some(facts) = &info.reconcile {
                let list = cvm_models::action(facts.list).unwrap();
                assert_eq!(list.retry, RetryClass::Read, "{}", info.name);
                assert!(main_list(list).is_some(), "{}", info.name);
            }
        }
    }

    #[test]
    fn ids_are_asked_for_in_batches_and_where_the_list_takes_them() {
        let ids: Vec<String> = (0..130).map(|index| format!("ins-{index}")).collect();
        let terminate = asks("TerminateInstances", json!({ "InstanceIds": ids }));
        assert_eq!(terminate.len(), 2);
        assert_eq!(terminate[1]["InstanceIds"].as_array().unwrap().len(), 30);
        let hosts =
            json!({ "HostIds": ["host-1", "host-2", "host-3", "host-4", "host-5", "host-6"] });
        let hosts = asks("RenewHosts", hosts);
        assert_eq!(hosts.len(), 2);
        assert_eq!(hosts[1], json!({ "Filters": [{ "Name": "host-id", "Values": ["host-6"] }] }));
        assert_eq!(
            asks("CreateHpcCluster", json!({ "Name": "n", "Zone": "z" })),
            [json!({ "Zone": "z", "Name": "n" })]
        );
        let versions = json!({ "LaunchTemplateId": "lt-1", "LaunchTemplateVersions": [2, 3] });
        assert_eq!(asks("DeleteLaunchTemplateVersions", versions.clone()), [versions]);
        assert_eq!(
            asks("ResetInstance", json!({ "InstanceId": "ins-1" })),
            [json!({ "InstanceIds": ["ins-1"] })]
        );
    }

    #[test]
    fn what_was_made_is_looked_for_where_it_was_to_be() {
        let launch = json!({ "Placement": { "Zone": "z" }, "ImageId": "img-1" });
        assert_eq!(
            asks("RunInstances", launch),
            [json!({ "Filters": [{ "Name": "zone", "Values": ["z"] }] })]
        );
        assert_eq!(asks("RunInstances", json!({})), [json!({})]);
    }

    #[test]
    fn nothing_is_asked_for_without_an_id() {
        let info = cvm_models::action("TerminateInstances").unwrap();
        let facts = info.reconcile.as_ref().unwrap();
        let list = cvm_models::action(facts.list).unwrap();
        for request in [json!({}), json!({ "InstanceIds": [] })] {
            let reading = Reading { facts, list, items: "", request: &request };
            assert!(reading.asks().is_err(), "an empty list of ids means all of them");
        }
    }
}
