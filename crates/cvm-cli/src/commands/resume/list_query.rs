//! Asks a list for what a request may have left: all of it, or nothing that could be misread.
//!
//! `ListDefect` of the protocol judges every response, as it does for the waiters of the library. What it
//! does not take as a proof is none here either.

use std::collections::HashSet;

use cvm_models::UntypedResponse;
use cvm_models::error_code::absent_codes;
use cvm_models::protocol::{
    ActionInfo, Kind, ListDefect, Missing, PageInfo, PageStyle, ReconcileInfo, total_of,
};
use serde_json::{Map, Value};

use super::value::{at, text, texts};
use crate::call::record;
use crate::connect::Connection;
use crate::exit::{CliError, ExitStatus, Result};
use crate::outcome;

/// More pages than this are no list to look through.
const MAX_PAGES: usize = 10_000;

/// How often a list is read from its beginning that changes while it is read.
const MAX_READS: usize = 3;

/// What one pass through a list gave.
enum Pass {
    /// All of it.
    Whole(Vec<Value>),
    /// Why its pages do not fit together: it changed meanwhile.
    Changed(String),
    /// The service says that what was asked for does not exist.
    Absent,
}

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
        let Some(ids) = self.facts.ids else {
            return Ok(self.pages(connection, self.ask(&[])).await?.unwrap_or_default());
        };
        let mut entries = Vec::new();
        for ids in self.ids(ids)?.chunks(self.batch()) {
            if let Some(found) = self.of(connection, ids).await? {
                entries.extend(found);
            } else if ids.len() > 1 {
                // That one of them does not exist says nothing of the others.
                for id in ids {
                    let found = self.of(connection, std::slice::from_ref(id)).await?;
                    entries.extend(found.into_iter().flatten());
                }
            }
        }
        Ok(entries)
    }

    /// What either of two readings shows, the later one where both show an item.
    pub fn either(&self, earlier: Vec<Value>, later: Vec<Value>) -> Vec<Value> {
        let own = self.list.paginate.and_then(|pages| pages.id).unwrap_or(self.facts.id);
        let own_id = |row: &Value| at(row, own).and_then(text);
        let listed: HashSet<String> = later.iter().filter_map(own_id).collect();
        let is_new = |row: &Value| own_id(row).is_none_or(|id| !listed.contains(&id));
        later.into_iter().chain(earlier.into_iter().filter(is_new)).collect()
    }

    /// What the list shows of some ids; `None` if the service says that they do not exist.
    async fn of(&self, connection: &Connection, ids: &[Value]) -> Result<Option<Vec<Value>>> {
        if !self.is_by_own_id() {
            return self.pages(connection, self.ask(ids)).await;
        }
        let mut ask = self.ask(ids);
        if let Some(pages) = self.paging(&ask) {
            ask.insert(pages.style.limit().to_owned(), pages.max_limit.into());
            if let PageStyle::Offset { offset, .. } = pages.style {
                ask.insert(offset.to_owned(), 0.into());
            }
        }
        let Some(answer) = self.send(connection, ask).await? else { return Ok(None) };
        let asked: Vec<String> = ids.iter().filter_map(text).collect();
        let (record, gaps) = (answer.record(), &answer.report().gaps);
        let pages = self.list.paginate.as_ref();
        ListDefect::check_absence(record, gaps, pages, self.items, self.facts.id, &asked)
            .map_err(|defect| self.unreadable(&format!("proves nothing: {defect}")))?;
        self.rows(&answer).map(Some)
    }

    /// Whether the list is asked by the ids of its items. A name may be that of several, and the service may
    /// list those that have a similar one.
    fn is_by_own_id(&self) -> bool {
        match self.list.paginate {
            Some(pages) => pages.id == Some(self.facts.id),
            None => self.facts.ids.is_some() && self.facts.if_absent == Missing::Success,
        }
    }

    /// What the request names. Without any id a list shows everything, which would be nobody's answer.
    fn ids(&self, member: &str) -> Result<Vec<Value>> {
        let ids = match at(self.request, member) {
            Some(Value::Array(items)) => items.clone(),
            Some(single) => vec![single.clone()],
            None => Vec::new(),
        };
        if ids.is_empty() {
            return Err(CliError::local("the entry names nothing that could be looked for"));
        }
        Ok(ids)
    }

    /// The request of the list for some of the ids, before it is divided into pages.
    fn ask(&self, ids: &[Value]) -> Map<String, Value> {
        let mut ask = Map::new();
        for (place, given) in self.facts.filters {
            if let Some(value) = at(self.request, given) {
                self.put(&mut ask, place, std::slice::from_ref(value));
            }
        }
        if !ids.is_empty() {
            self.put(&mut ask, self.facts.id_param, ids);
        }
        ask
    }

    /// How many ids go into one request.
    fn batch(&self) -> usize {
        let many = |most: Option<u32>, usual| {
            most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usual).max(1)
        };
        match self.list.request.field(self.facts.id_param) {
            Some(field) if matches!(field.kind, Kind::List(_)) => {
                let most = many(field.max_items, 100);
                // They have to fit into one page, and what cannot be paged into the one that comes unasked.
                let page = self.list.paginate.map(|pages| {
                    let can_page = self.can_page(&pages, self.facts.id_param);
                    if can_page { pages.max_limit } else { pages.default_limit }
                });
                let page = page.and_then(|page| usize::try_from(page).ok());
                page.map_or(most, |page| most.min(page)).max(1)
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

    /// The paging of the list, if it takes that beside what is asked.
    fn paging(&self, ask: &Map<String, Value>) -> Option<PageInfo> {
        self.list.paginate.filter(|pages| ask.keys().all(|key| self.can_page(pages, key)))
    }

    /// Reads all pages; `None` if the service says that what is asked for does not exist.
    async fn pages(
        &self,
        connection: &Connection,
        ask: Map<String, Value>,
    ) -> Result<Option<Vec<Value>>> {
        let mut changed = String::new();
        for _ in 0..MAX_READS {
            match self.pass(connection, ask.clone()).await? {
                Pass::Whole(found) => return Ok(Some(found)),
                Pass::Absent => return Ok(None),
                Pass::Changed(why) => changed = why,
            }
        }
        Err(self.unreadable(&format!("changes while it is read ({changed})")))
    }

    /// Reads all pages once. Each begins with the last item of the one before it, so that no item can move
    /// from one to the other unseen.
    async fn pass(&self, connection: &Connection, mut ask: Map<String, Value>) -> Result<Pass> {
        let pages = self.paging(&ask);
        let own = self.list.paginate.and_then(|pages| pages.id);
        let own_of = |item: &Value| own.and_then(|own| at(item, own)).and_then(text);
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        let mut counted = None;
        let request = record(self.list, &Value::Object(ask.clone()));
        let is_exact = self.list.paginate.is_none_or(|pages| pages.has_exact_total(&request));
        let unpaged = || self.list.paginate.map_or(u64::MAX, |pages| pages.default_limit);
        let room = pages.map_or_else(unpaged, |pages| pages.max_limit);
        for _ in 0..MAX_PAGES {
            let overlap = found.last().and_then(own_of);
            if let Some(pages) = &pages {
                ask.insert(pages.style.limit().to_owned(), pages.max_limit.into());
                if let PageStyle::Offset { offset, .. } = pages.style {
                    let place = found.len() - usize::from(overlap.is_some());
                    ask.insert(offset.to_owned(), place.into());
                }
            }
            let Some(answer) = self.send(connection, ask.clone()).await? else {
                return Ok(Pass::Absent);
            };
            let mut page = self.checked_rows(&answer)?;
            let received = page.len() as u64;
            let style = self.list.paginate.map(|pages| pages.style);
            if let (Some(PageStyle::Offset { .. }), Some(last)) = (style, &overlap) {
                if page.first().and_then(own_of).as_ref() != Some(last) {
                    return Ok(Pass::Changed(format!("`{last}` has another place")));
                }
                page.remove(0);
            }
            if let Some(twice) = page.iter().filter_map(own_of).find(|id| !seen.insert(id.clone()))
            {
                return Ok(Pass::Changed(format!("`{twice}` is there twice")));
            }
            let is_empty = page.is_empty();
            found.extend(page);
            let more = match style {
                Some(PageStyle::Offset { total, .. }) => {
                    let told = total_of(answer.record(), &answer.report().gaps, total);
                    let Some(told) = told.and_then(|told| usize::try_from(told).ok()) else {
                        return Err(self.unreadable(&format!("has no `{total}` in its answer")));
                    };
                    let before = *counted.get_or_insert(told);
                    if before != told {
                        return Ok(Pass::Changed(format!("`{total}` was {before} and is {told}")));
                    }
                    let more = if is_exact {
                        if found.len() > told {
                            return Err(self.unreadable("lists more than it counts"));
                        }
                        found.len() < told
                    } else {
                        // A page that is not full may have been cut short. One without anything new is the end.
                        !is_empty && (received >= room || pages.is_some() && found.len() < told)
                    };
                    if more && (is_empty || pages.is_none()) {
                        return Err(self.unreadable("promised more than it gave"));
                    }
                    more
                }
                Some(PageStyle::Token { token_in, token_out, .. }) => {
                    let answer = answer.to_value();
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
                return Ok(Pass::Whole(found));
            }
        }
        Err(self.unreadable("has no end"))
    }

    /// Sends one request; `None` if the service says that what is asked for does not exist.
    async fn send(
        &self,
        connection: &Connection,
        ask: Map<String, Value>,
    ) -> Result<Option<UntypedResponse>> {
        let ask = Value::Object(ask);
        // What is concluded from a reading must not come from a late copy of another response.
        let client = connection.client.with_fresh_connections();
        match client.call(self.list, ask.clone()).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if self.says_absent(&error, &ask, client.region()) => Ok(None),
            Err(error) => {
                let failure = outcome::failure(self.list, &ask, &error, None);
                Err(if matches!(failure.exit(), ExitStatus::Refused | ExitStatus::Network) {
                    failure
                        .with_exit(ExitStatus::Unknown)
                        .hint("so the outcome is still unknown; ask again later")
                } else {
                    failure
                })
            }
        }
    }

    /// The items of a page. One that is null or names nothing could be any of those that are looked for, so
    /// a list with one proves nothing.
    fn checked_rows(&self, answer: &UntypedResponse) -> Result<Vec<Value>> {
        let own = self.list.paginate.and_then(|pages| pages.id);
        let of_request = self.facts.ids.map(|_| self.facts.id);
        for id in [own, of_request] {
            ListDefect::check(answer.record(), &answer.report().gaps, self.items, id)
                .map_err(|defect| self.unreadable(&format!("proves nothing: {defect}")))?;
        }
        self.rows(answer)
    }

    fn rows(&self, answer: &UntypedResponse) -> Result<Vec<Value>> {
        match answer.to_value().get_mut(self.items).map(Value::take) {
            Some(Value::Array(rows)) => Ok(rows),
            _ => Err(self.unreadable("has no list in its answer")),
        }
    }

    /// Whether an error says that what was asked for does not exist.
    fn says_absent(&self, error: &cvm_models::Error, ask: &Value, region: Option<&str>) -> bool {
        let mut asked = Vec::new();
        strings(ask, &mut asked);
        asked.extend(texts(ask, self.facts.id_param));
        asked.extend(region.map(str::to_owned));
        self.facts.ids.is_some() && error.says_absent(absent_codes(self.facts.id), &asked)
    }

    fn unreadable(&self, what: &str) -> CliError {
        CliError::new(
            ExitStatus::Unknown,
            format!("{} {what}, so the outcome is still unknown", self.list.name),
        )
        .hint("ask again later")
    }
}

/// Every text in a value.
fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(members) => members.values().for_each(|member| strings(member, found)),
        _ => {}
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
    fn every_id_that_proves_absence_has_a_code_of_its_own() {
        let facts = ACTIONS.iter().filter_map(|info| info.reconcile.as_ref());
        for facts in facts.filter(|facts| facts.if_absent == Missing::Success) {
            let codes = absent_codes(facts.id);
            // No code of the API speaks of timers.
            assert_eq!(codes.is_empty(), facts.id == "ActionTimerId", "{}", facts.id);
            for code in codes {
                assert!(cvm_models::error_code::describe(code).is_some(), "{code}");
            }
        }
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
