//! Reads a list for what a request may have left behind: all of it, or nothing that could be misread.
//!
//! `ListDefect` of the protocol crate checks every response, as it does for the waiters of the library. What
//! it does not accept as proof is no proof here either.

mod so_far;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use cvm_models::error_code::absent_codes;
use cvm_models::protocol::{
    ActionInfo, Kind, ListDefect, Missing, PageInfo, PageStyle, ReconcileInfo, total_of,
};
use cvm_models::{Error, UntypedResponse};
use serde_json::{Map, Value};

use crate::connect::Connection;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::json_path::{at, text, texts};
use crate::outcome;
use crate::request::{Request, record};
use so_far::SoFar;

/// A list with more pages than this is not read.
const MAX_PAGES: usize = 10_000;

/// How often a list that changes while it is read is read again from its beginning.
const MAX_READS: usize = 3;

/// The result of reading all pages once.
enum Pass {
    /// All items.
    Complete(Vec<Value>),
    /// The list changed in the meantime, so its pages do not fit together. The text says how.
    Changed(String),
    /// The service says that the requested ids do not exist.
    Absent,
}

/// What to read.
pub struct ListQuery<'a> {
    /// The reconciliation rule of the action.
    pub facts: &'static ReconcileInfo,
    /// The action that lists.
    pub list: &'static ActionInfo,
    /// The response member with the list.
    pub items: &'static str,
    /// The parameters of the request whose outcome is unknown.
    pub parameters: &'a Value,
}

impl ListQuery<'_> {
    /// All items that the list shows for this query.
    pub async fn items(&self, connection: &Connection) -> Result<Vec<Value>> {
        let Some(ids) = self.facts.ids else {
            return Ok(self.pages(connection, self.request(&[])).await?.unwrap_or_default());
        };
        let mut items = Vec::new();
        for ids in self.ids(ids)?.chunks(self.batch_size()) {
            if let Some(found) = self.items_by_id(connection, ids).await? {
                items.extend(found);
            } else if ids.len() > 1 {
                // That one of them does not exist says nothing about the others.
                for id in ids {
                    let found = self.items_by_id(connection, std::slice::from_ref(id)).await?;
                    items.extend(found.into_iter().flatten());
                }
            }
        }
        Ok(items)
    }

    /// The items of two reads, with the later version of those that are in both.
    pub fn merge(&self, earlier: Vec<Value>, later: Vec<Value>) -> Vec<Value> {
        let own_id = self.list.paginate.and_then(|pages| pages.id).unwrap_or(self.facts.id);
        let own_id_of = |item: &Value| at(item, own_id).and_then(text);
        let listed: HashSet<String> = later.iter().filter_map(own_id_of).collect();
        let is_new = |item: &Value| own_id_of(item).is_none_or(|id| !listed.contains(&id));
        later.into_iter().chain(earlier.into_iter().filter(is_new)).collect()
    }

    /// The items with these ids; `None` if the service says that they do not exist.
    async fn items_by_id(
        &self,
        connection: &Connection,
        ids: &[Value],
    ) -> Result<Option<Vec<Value>>> {
        if !self.is_by_unique_id() {
            return self.pages(connection, self.request(ids)).await;
        }
        let mut request = self.request(ids);
        if let Some(pages) = self.paging(&request) {
            request.insert(pages.style.limit().to_owned(), pages.max_limit.into());
            if let Some((position, first)) = pages.style.start() {
                request.insert(position.to_owned(), first.into());
            }
        }
        let Some(response) = self.send(connection, request).await? else { return Ok(None) };
        let requested: Vec<String> = ids.iter().filter_map(text).collect();
        let (record, gaps) = (response.record(), &response.report().gaps);
        let pages = self.list.paginate.as_ref();
        ListDefect::check_absence(record, gaps, pages, self.items, self.facts.id, &requested)
            .map_err(|defect| self.unusable(&format!("proves nothing: {defect}")))?;
        self.rows(&response).map(Some)
    }

    /// Whether the list is queried by the unique ids of its items. Several items may share a name, and the
    /// service may also list those with a similar one.
    fn is_by_unique_id(&self) -> bool {
        match self.list.paginate {
            Some(pages) => pages.id == Some(self.facts.id),
            None => self.facts.ids.is_some() && self.facts.if_absent == Missing::Success,
        }
    }

    /// The ids in the request. Without any id, the list would show all resources.
    fn ids(&self, member: &str) -> Result<Vec<Value>> {
        let ids = match at(self.parameters, member) {
            Some(Value::Array(items)) => items.clone(),
            Some(single) => vec![single.clone()],
            None => Vec::new(),
        };
        if ids.is_empty() {
            return Err(CliError::local("the entry contains no id to look for"));
        }
        Ok(ids)
    }

    /// The request of the list for some of the ids, without paging.
    fn request(&self, ids: &[Value]) -> Map<String, Value> {
        let mut request = Map::new();
        for (target, source) in self.facts.filters {
            if let Some(value) = at(self.parameters, source) {
                self.set_parameter(&mut request, target, std::slice::from_ref(value));
            }
        }
        if !ids.is_empty() {
            self.set_parameter(&mut request, self.facts.id_param, ids);
        }
        request
    }

    /// How many ids fit into one request.
    fn batch_size(&self) -> usize {
        let limit = |documented: Option<u32>, default| {
            documented.and_then(|max| usize::try_from(max).ok()).unwrap_or(default).max(1)
        };
        match self.list.request.field(self.facts.id_param) {
            Some(field) if matches!(field.kind, Kind::List(_)) => {
                let max = limit(field.max_items, 100);
                // They must fit into one page; without paging, into a page of default size.
                let page = self.list.paginate.map(|pages| {
                    let can_page = self.can_page(&pages, self.facts.id_param);
                    if can_page { pages.max_limit } else { pages.default_limit }
                });
                let page = page.and_then(|page| usize::try_from(page).ok());
                page.map_or(max, |page| max.min(page)).max(1)
            }
            Some(_) => 1,
            None => limit(self.list.filter_values_max, 5),
        }
    }

    /// Whether the list accepts its paging parameters together with this one.
    fn can_page(&self, pages: &PageInfo, member: &str) -> bool {
        let paging = match pages.style {
            PageStyle::Offset { offset, limit, .. } => [offset, limit],
            PageStyle::Number { number, limit, .. } => [number, limit],
            PageStyle::Token { token_in, limit, .. } => [token_in, limit],
        };
        let excludes = |one: &str, other: &str| {
            self.list.request.field(one).is_some_and(|field| field.exclusive_with.contains(&other))
        };
        !paging.iter().any(|page| excludes(page, member) || excludes(member, page))
    }

    /// Sets a parameter of the list, or adds a filter if `target` is `Filters.NAME`.
    fn set_parameter(&self, request: &mut Map<String, Value>, target: &str, values: &[Value]) {
        if let Some((filters, name)) = target.split_once('.') {
            let values: Vec<String> = values.iter().filter_map(text).collect();
            let filter = serde_json::json!({ "Name": name, "Values": values });
            match request.entry(filters).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(list) => list.push(filter),
                other => *other = Value::Array(vec![filter]),
            }
            return;
        }
        let is_list = self
            .list
            .request
            .field(target)
            .is_some_and(|field| matches!(field.kind, Kind::List(_)));
        let value = match values {
            values if is_list => Value::Array(values.to_vec()),
            [single, ..] => single.clone(),
            [] => return,
        };
        request.insert(target.to_owned(), value);
    }

    /// The paging of the list, if the list accepts it with this request.
    fn paging(&self, request: &Map<String, Value>) -> Option<PageInfo> {
        self.list.paginate.filter(|pages| request.keys().all(|key| self.can_page(pages, key)))
    }

    /// Reads all pages; `None` if the service says that the requested ids do not exist.
    async fn pages(
        &self,
        connection: &Connection,
        request: Map<String, Value>,
    ) -> Result<Option<Vec<Value>>> {
        let mut change = String::new();
        for _ in 0..MAX_READS {
            match self.pass(connection, request.clone()).await? {
                Pass::Complete(items) => return Ok(Some(items)),
                Pass::Absent => return Ok(None),
                Pass::Changed(how) => change = how,
            }
        }
        Err(self.unusable(&format!("keeps changing while it is read ({change})")))
    }

    /// Reads all pages once. Each page begins with the last item of the page before it, so that no item can
    /// move from one to the other unnoticed. Pages by number cannot, so there must be only one.
    async fn pass(&self, connection: &Connection, mut request: Map<String, Value>) -> Result<Pass> {
        let pages = self.paging(&request);
        let own_id = self.list.paginate.and_then(|pages| pages.id);
        let own_id_of = |item: &Value| own_id.and_then(|own| at(item, own)).and_then(text);
        let (mut items, mut seen) = (Vec::new(), HashSet::new());
        let mut first_total = None;
        let model = record(self.list, &Value::Object(request.clone()));
        let is_exact = self.list.paginate.is_none_or(|pages| pages.has_exact_total(&model));
        let default_size = || self.list.paginate.map_or(u64::MAX, |pages| pages.default_limit);
        let page_size = pages.map_or_else(default_size, |pages| pages.max_limit);
        for _ in 0..MAX_PAGES {
            let overlap = items.last().and_then(own_id_of);
            if let Some(pages) = &pages {
                request.insert(pages.style.limit().to_owned(), pages.max_limit.into());
                match pages.style {
                    PageStyle::Offset { offset, .. } => {
                        let position = items.len() - usize::from(overlap.is_some());
                        request.insert(offset.to_owned(), position.into());
                    }
                    PageStyle::Number { number, first, .. } => {
                        request.insert(number.to_owned(), first.into());
                    }
                    PageStyle::Token { .. } => {}
                }
            }
            let Some(response) = self.send(connection, request.clone()).await? else {
                return Ok(Pass::Absent);
            };
            let mut page = self.checked_rows(&response)?;
            let received = page.len() as u64;
            let style = self.list.paginate.map(|pages| pages.style);
            if let (Some(PageStyle::Offset { .. }), Some(last)) = (style, &overlap) {
                if page.first().and_then(own_id_of).as_ref() != Some(last) {
                    return Ok(Pass::Changed(format!("`{last}` moved")));
                }
                page.remove(0);
            }
            let mut ids = page.iter().filter_map(own_id_of);
            if let Some(twice) = ids.find(|id| !seen.insert(id.clone())) {
                return Ok(Pass::Changed(format!("`{twice}` is listed twice")));
            }
            drop(ids);
            let is_empty = page.is_empty();
            items.extend(page);
            let more = match style {
                Some(
                    PageStyle::Offset { total: member, .. }
                    | PageStyle::Number { total: member, .. },
                ) => {
                    let total = total_of(response.record(), &response.report().gaps, member);
                    let Some(total) = total.and_then(|total| usize::try_from(total).ok()) else {
                        return Err(self.unusable(&format!("returned no `{member}`")));
                    };
                    let before = *first_total.get_or_insert(total);
                    if before != total {
                        let how = format!("`{member}` changed from {before} to {total}");
                        return Ok(Pass::Changed(how));
                    }
                    let so_far = SoFar {
                        listed: items.len(),
                        total,
                        is_total_exact: is_exact,
                        is_page_empty: is_empty,
                        is_page_full: received >= page_size,
                        can_page: pages.is_some(),
                        is_by_number: matches!(style, Some(PageStyle::Number { .. })),
                    };
                    so_far.has_more().map_err(|what| self.unusable(what))?
                }
                Some(PageStyle::Token { token_in, token_out, .. }) => {
                    let response = response.to_value();
                    let next = response.get(token_out).and_then(Value::as_str).unwrap_or_default();
                    if !next.is_empty() && pages.is_none() {
                        return Err(self.unusable("announced more items than it returned"));
                    }
                    request.insert(token_in.to_owned(), next.into());
                    !next.is_empty()
                }
                None => false,
            };
            if !more {
                return Ok(Pass::Complete(items));
            }
        }
        Err(self.unusable("does not end"))
    }

    /// Sends one request; `None` if the service says that the requested ids do not exist.
    async fn send(
        &self,
        connection: &Connection,
        request: Map<String, Value>,
    ) -> Result<Option<UntypedResponse>> {
        let request = Request::new(self.list, Value::Object(request));
        // The conclusions must not come from a late copy of another response.
        let client = connection.client.with_fresh_connections();
        match client.call(self.list, request.value().clone()).await {
            Ok(response) => Ok(Some(response)),
            Err(error) if self.proves_absence(&error, request.value(), client.region()) => Ok(None),
            Err(error) => {
                let failure = outcome::cli_error(&request, &error, None);
                Err(if matches!(failure.exit(), ExitStatus::Refused | ExitStatus::Network) {
                    failure
                        .with_exit(ExitStatus::Unknown)
                        .hint("the outcome is still unknown; try again later")
                } else {
                    failure
                })
            }
        }
    }

    /// The items of a page. An item that is null or has no id could be any of those that are looked for, so a
    /// list with such an item proves nothing.
    fn checked_rows(&self, response: &UntypedResponse) -> Result<Vec<Value>> {
        let own_id = self.list.paginate.and_then(|pages| pages.id);
        let requested = self.facts.ids.map(|_| self.facts.id);
        for id in [own_id, requested] {
            ListDefect::check(response.record(), &response.report().gaps, self.items, id)
                .map_err(|defect| self.unusable(&format!("proves nothing: {defect}")))?;
        }
        self.rows(response)
    }

    fn rows(&self, response: &UntypedResponse) -> Result<Vec<Value>> {
        match response.to_value().get_mut(self.items).map(Value::take) {
            Some(Value::Array(rows)) => Ok(rows),
            _ => Err(self.unusable("returned no list")),
        }
    }

    /// Whether an error says that the requested ids do not exist.
    fn proves_absence(&self, error: &Error, request: &Value, region: Option<&str>) -> bool {
        let mut requested = Vec::new();
        collect_texts(request, &mut requested);
        requested.extend(texts(request, self.facts.id_param));
        requested.extend(region.map(str::to_owned));
        self.facts.ids.is_some() && error.says_absent(absent_codes(self.facts.id), &requested)
    }

    fn unusable(&self, what: &str) -> CliError {
        CliError::new(
            ExitStatus::Unknown,
            format!("{} {what}, so the outcome is still unknown", self.list.name),
        )
        .hint("try again later")
    }
}

/// Collects every text in a value.
fn collect_texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| collect_texts(member, found)),
        _ => {}
    }
}
