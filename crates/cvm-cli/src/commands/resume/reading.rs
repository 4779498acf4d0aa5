//! Asks a list for what a request may have left: every page of it, or nothing that could be misread.

use cvm_models::protocol::{ActionInfo, Kind, PageInfo, PageStyle, ReconcileInfo};
use serde_json::{Map, Value};

use super::value::{at, text};
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
        let Some(ids) = self.facts.ids else {
            self.pages(connection, self.ask(&[]), &mut entries).await?;
            return Ok(entries);
        };
        for ids in self.ids(ids)?.chunks(self.batch()) {
            let is_answered = self.pages(connection, self.ask(ids), &mut entries).await?;
            if is_answered || ids.len() == 1 {
                continue;
            }
            // That one of them does not exist says nothing of the others.
            for id in ids {
                self.pages(connection, self.ask(std::slice::from_ref(id)), &mut entries).await?;
            }
        }
        Ok(entries)
    }

    /// What the request names. Without any id a list shows everything, which would be nobody's answer.
    fn ids(&self, member: &str) -> Result<Vec<Value>> {
        let ids = match at(self.request, member) {
            Some(Value::Array(items)) => items.clone(),
            Some(single) => vec![single.clone()],
            None => Vec::new(),
        };
        if ids.is_empty() {
            return Err(Failure::local("the entry names nothing that could be looked for"));
        }
        Ok(ids)
    }

    /// The request of the list for some of the ids, before it is divided into pages.
    fn ask(&self, ids: &[Value]) -> Map<String, Value> {
        let mut ask = Map::new();
        for (place, given) in self.facts.narrow {
            if let Some(value) = at(self.request, given) {
                self.put(&mut ask, place, std::slice::from_ref(value));
            }
        }
        if !ids.is_empty() {
            self.put(&mut ask, self.facts.by, ids);
        }
        ask
    }

    /// How many ids go into one request.
    fn batch(&self) -> usize {
        let many = |most: Option<u32>, usual| {
            most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usual).max(1)
        };
        match self.list.request.field(self.facts.by) {
            Some(field) if matches!(field.kind, Kind::List(_)) => {
                let most = many(field.max_items, 100);
                // What cannot be paged has to fit into the page that the service gives unasked.
                let excluded =
                    self.list.paginate.filter(|pages| !self.can_page(pages, self.facts.by));
                let unasked = excluded.and_then(|pages| usize::try_from(pages.default_limit).ok());
                unasked.map_or(most, |unasked| most.min(unasked)).max(1)
            }
            Some(_) => 1,
            None => many(self.list.filter_values_max, 5),
        }
    }

    /// Whether the list takes its paging beside this member.
    fn can_page(&self, pages: &PageInfo, member: &str) -> bool {
        let paging = match pages.style {
            PageStyle::Offset { offset, limit, .. } => [offset, limit],
            PageStyle::Token { token_in, limit, .. } => [token_in, limit],
        };
        let excludes = |one: &str, other: &str| {
            self.list.request.field(one).is_some_and(|field| field.exclusive_with.contains(&other))
        };
        !paging.iter().any(|page| excludes(page, member) || excludes(member, page))
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

    /// Reads all pages. `false` if the service says that what is asked for does not exist.
    async fn pages(
        &self,
        connection: &Connection,
        mut ask: Map<String, Value>,
        entries: &mut Vec<Value>,
    ) -> Result<bool> {
        let pages =
            self.list.paginate.filter(|pages| ask.keys().all(|key| self.can_page(pages, key)));
        let mut found = Vec::new();
        for _ in 0..MOST_PAGES {
            if let Some(pages) = &pages {
                ask.insert(pages.style.limit().to_owned(), pages.max_limit.into());
                if let PageStyle::Offset { offset, .. } = pages.style {
                    ask.insert(offset.to_owned(), found.len().into());
                }
            }
            let whole = Value::Object(ask.clone());
            let answer = match connection.client.call(self.list, whole.clone()).await {
                Ok(answer) => answer,
                Err(error) if self.says_absent(&error) => return Ok(false),
                Err(error) => {
                    let failure = outcome::failure(self.list, &whole, &error, None);
                    return Err(if matches!(failure.exit(), Exit::Refused | Exit::Network) {
                        failure
                            .with_exit(Exit::Unknown)
                            .hint("so nobody knows yet; ask again later")
                    } else {
                        failure
                    });
                }
            };
            let mut answer = answer.to_value();
            // An answer without its list would read as if everything were gone.
            let Some(Value::Array(page)) = answer.get_mut(self.items).map(Value::take) else {
                return Err(self.unreadable("has no list in its answer"));
            };
            self.must_have_names(&page)?;
            let is_empty = page.is_empty();
            found.extend(page);
            let more = match self.list.paginate.map(|pages| pages.style) {
                Some(PageStyle::Offset { total, .. }) => {
                    let told = answer.get(total).and_then(Value::as_u64);
                    let Some(told) = told.and_then(|told| usize::try_from(told).ok()) else {
                        return Err(self.unreadable(&format!("has no `{total}` in its answer")));
                    };
                    let more = found.len() < told;
                    if more && (is_empty || pages.is_none()) {
                        return Err(self.unreadable("promised more than it gave"));
                    }
                    more
                }
                Some(PageStyle::Token { token_in, token_out, .. }) => {
                    let next = answer.get(token_out).and_then(Value::as_str).unwrap_or_default();
                    if !next.is_empty() && pages.is_none() {
                        return Err(self.unreadable("promised more than it gave"));
                    }
                    ask.insert(token_in.to_owned(), next.into());
                    !next.is_empty()
                }
                None => false,
            };
            if !more {
                entries.append(&mut found);
                return Ok(true);
            }
        }
        Err(self.unreadable("has no end"))
    }

    /// An entry that is null or names nothing could be any of those that are looked for, so a list with
    /// one proves nothing.
    fn must_have_names(&self, page: &[Value]) -> Result<()> {
        let own = self.list.paginate.and_then(|pages| pages.id);
        let of_request = self.facts.ids.map(|_| self.facts.id);
        for member in own.into_iter().chain(of_request) {
            let is_named = |entry: &Value| {
                at(entry, member).and_then(text).is_some_and(|text| !text.is_empty())
            };
            if !page.iter().all(is_named) {
                return Err(self.unreadable(&format!("lists an entry without its `{member}`")));
            }
        }
        Ok(())
    }

    /// Whether an error says that what was asked for does not exist: the code ends so, and names it. A
    /// region or a device for signing in that is not found says nothing about an id.
    fn says_absent(&self, error: &cvm_models::Error) -> bool {
        let Some(ids) = self.facts.ids.filter(|_| error.is_not_found()) else { return false };
        let code = error.service().map_or("", |service| service.code.as_str());
        let narrow = self.facts.narrow.iter().map(|(_, given)| *given);
        [ids, self.facts.by, self.facts.id].into_iter().chain(narrow).any(|member| {
            let name = member.rsplit('.').next().unwrap_or(member);
            let noun = name.strip_suffix("Ids").or_else(|| name.strip_suffix("Id")).unwrap_or(name);
            !noun.is_empty() && code.contains(noun)
        })
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
        let Some(ids) = facts.ids else { return vec![Value::Object(reading.ask(&[]))] };
        let ids = reading.ids(ids).unwrap();
        ids.chunks(reading.batch()).map(|ids| Value::Object(reading.ask(ids))).collect()
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
            assert!(reading.ids("InstanceIds").is_err(), "an empty list of ids means all of them");
        }
    }
}
