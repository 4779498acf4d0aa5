//! Decides what a response proves: that a list is complete, that a resource does not exist, that a change named the
//! resources that it created.
//!
//! A list that is absent, null or too short, a null item, and an item without its id prove nothing.

use std::collections::HashSet;
use std::fmt;

use crate::{
    FieldInfo, Kind, List, Model, ModelInfo, PageInfo, PageStyle, Report, Value, member_at,
    member_named,
};

/// Missing members of a response that the struct cannot show, because it holds a default for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gaps {
    /// Members that are always present, and were absent or null.
    pub missing: Vec<String>,
    /// Lists that had a null item. Such an item is left out of the response.
    pub null_items: Vec<String>,
    /// The same within the items of lists and other objects, as paths: members that are always present and
    /// were absent or null, and lists that had a null item. At least one, if there are any.
    pub within: Vec<String>,
}

impl Gaps {
    /// The gaps that decoding found.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self {
            missing: report.missing_members().map(str::to_owned).collect(),
            null_items: own(&report.null_items).cloned().collect(),
            within: [&report.missing, &report.null_items]
                .into_iter()
                .flatten()
                .filter(|path| path.contains('.'))
                .cloned()
                .collect(),
        }
    }

    /// Whether an item of this list lacks a member that is always present. Such an item may match although it seems
    /// not to.
    #[must_use]
    pub fn has_partial_items(&self, items: &str) -> bool {
        let of_items =
            |path: &String| path.strip_prefix(items).is_some_and(|rest| rest.starts_with('.'));
        self.within.iter().any(of_items) || self.null_items.iter().any(|list| list == items)
    }

    /// Whether the member at this path was absent or null. A list in an object is also lacking if it had a null item.
    fn lacks(&self, path: &str) -> bool {
        let is_in = |paths: &[String]| paths.iter().any(|missing| missing == path);
        match path.split_once('.') {
            Some((object, _)) => self.lacks(object) || is_in(&self.within),
            None => is_in(&self.missing),
        }
    }
}

/// The paths that lead to members of the response itself.
fn own(paths: &[String]) -> impl Iterator<Item = &String> {
    paths.iter().filter(|path| !path.contains('.'))
}

/// Why a list in a response proves nothing. Its text begins with the name of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListDefect(String);

impl fmt::Display for ListDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ListDefect {}

impl ListDefect {
    /// Whether there is a list at the path `items`, none of its items is null, and each has a value in the member `id`.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the list.
    pub fn check<'r>(
        response: &'r dyn Model,
        gaps: &Gaps,
        items: &str,
        id: Option<&str>,
    ) -> Result<&'r dyn List, Self> {
        let list = match member_at(response, items) {
            Value::List(list) if !gaps.lacks(items) => list,
            _ => return Err(Self(format!("`{items}` is absent or null"))),
        };
        if gaps.null_items.iter().any(|name| name == items) {
            return Err(Self(format!("`{items}` has a null item")));
        }
        let nameless = |id| {
            (0..list.len()).find(|index| match list.at(*index) {
                Value::Object(item) => is_unset(member_named(item, id)),
                value => is_unset(value),
            })
        };
        match id.and_then(|id| Some((id, nameless(id)?))) {
            Some((id, index)) => Err(Self(format!("`{items}.{index}` has no `{id}`"))),
            None => Ok(list),
        }
    }

    /// Whether the first page holds the whole list. If the total is not exact, the request must ask for ids, and for no
    /// more than fit in a page.
    ///
    /// # Errors
    ///
    /// As [`Self::check`]; also if the total is absent or another number, or if there is another page.
    pub fn check_whole<'r>(
        response: &'r dyn Model,
        gaps: &Gaps,
        pages: Option<&PageInfo>,
        items: &str,
        id: Option<&str>,
    ) -> Result<&'r dyn List, Self> {
        let list = Self::check(response, gaps, items, id)?;
        let length = list.len();
        match pages.map(|pages| pages.style) {
            Some(PageStyle::Offset { total, .. } | PageStyle::Number { total, .. }) => {
                match total_of(response, gaps, total) {
                    Some(number) if number == length as u64 => Ok(list),
                    Some(_) if pages.is_some_and(|pages| !pages.is_total_exact) => Ok(list),
                    Some(number) => Err(Self(format!("`{items}` has {length} of {number} items"))),
                    None => Err(Self(format!("`{items}` comes without `{total}`"))),
                }
            }
            Some(PageStyle::Token { token_out, .. })
                if !member_named(response, token_out).is_blank() =>
            {
                Err(Self(format!("`{items}` has another page")))
            }
            _ => Ok(list),
        }
    }

    /// Whether a response to a request for these ids proves that the ids it does not list do not exist.
    ///
    /// # Errors
    ///
    /// As [`Self::check_whole`]; also if the list repeats an item or has one that was not requested. Then it may be the
    /// response to another request.
    pub fn check_absence<'r>(
        response: &'r dyn Model,
        gaps: &Gaps,
        pages: Option<&PageInfo>,
        items: &str,
        id: &str,
        asked: &[String],
    ) -> Result<&'r dyn List, Self> {
        let list = Self::check_whole(response, gaps, pages, items, Some(id))?;
        let asked: HashSet<&str> = asked.iter().map(String::as_str).collect();
        let mut seen = HashSet::new();
        for index in 0..list.len() {
            let Value::Object(item) = list.at(index) else { continue };
            let Some(id) = member_named(item, id).text() else { continue };
            if !asked.contains(id.as_str()) {
                return Err(Self(format!("`{items}.{index}` was not asked for")));
            }
            if !seen.insert(id) {
                return Err(Self(format!("`{items}.{index}` is there twice")));
            }
        }
        Ok(list)
    }
}

/// The total of a list in all pages, if the response has it.
#[must_use]
pub fn total_of(response: &dyn Model, gaps: &Gaps, total: &str) -> Option<u64> {
    member_at(response, total).as_count().filter(|_| !gaps.lacks(total))
}

/// The members of the response to a change that fail to name the created resources, and what is wrong with them.
///
/// By the convention of the API a resource is named by the first text member that ends in `Id`. A list
/// of texts names with each text, a list of objects with each object. An empty list is complete only if the request
/// allows it ([`FieldInfo::empty_if`]).
#[must_use]
pub fn unnamed(request: &dyn Model, response: &dyn Model, gaps: &Gaps) -> Vec<String> {
    let members = response.table().members.iter().enumerate();
    members
        .filter(|(_, field)| field.always_present && field.wire != "RequestId")
        .filter(|(_, field)| !gaps.lacks(field.wire))
        .filter_map(|(index, field)| unnamed_in(field, request, response.member(index), gaps))
        .collect()
}

/// Always-present secrets that the response to a change lacks: the member and the names in the response. Such a secret,
/// like the private key of a new key pair, exists nowhere else.
#[must_use]
pub fn lost_secrets(response: &dyn Model, gaps: &Gaps) -> Vec<String> {
    let is_lost = |value: Value<'_>| value.text().is_none_or(|text| text.trim().is_empty());
    let mut lost = Vec::new();
    let members = response.table().members.iter().enumerate();
    let promised = members.filter(|(_, field)| field.always_present && !gaps.lacks(field.wire));
    for (index, field) in promised {
        let value = response.member(index);
        if field.secret && is_lost(value) {
            lost.push(format!("`{}`", field.wire));
        }
        let Value::Object(object) = value else { continue };
        for (index, inner) in object.table().members.iter().enumerate() {
            if inner.secret && is_lost(object.member(index)) {
                let names = told(&names(field, value));
                lost.push(format!("`{}.{}`{names}", field.wire, inner.wire));
            }
        }
    }
    lost
}

/// The ids in a response. A number is an id if its name ends in `Id` or `Number`, such as that of a task or a version;
/// zero is none.
#[must_use]
pub fn named(response: &dyn Model) -> Vec<String> {
    let members = response.table().members.iter().enumerate();
    members
        .filter(|(_, field)| field.wire != "RequestId")
        .filter(|(_, field)| is_id(field) || !matches!(field.kind, Kind::Str))
        .flat_map(|(index, field)| match (&field.kind, response.member(index)) {
            (Kind::I64 | Kind::U64, value) if is_number_of_one(field) => {
                value.text().filter(|number| number != "0").into_iter().collect()
            }
            (_, value) => names(field, value),
        })
        .collect()
}

fn is_number_of_one(field: &FieldInfo) -> bool {
    ["Id", "Number"].iter().any(|end| field.wire.ends_with(end))
}

/// The ids in one member.
fn names(field: &FieldInfo, value: Value<'_>) -> Vec<String> {
    let names: Vec<Option<String>> = match (&field.kind, value) {
        (Kind::Str, value) if is_id(field) => vec![value.text()],
        (Kind::Object(table), Value::Object(object)) => {
            vec![identity(table).and_then(|id| member_named(object, id).text())]
        }
        (Kind::List(kind), Value::List(list)) => {
            let name = |index| match (list.at(index), kind) {
                (Value::Object(item), Kind::Object(table)) => match identity(table) {
                    Some(id) => member_named(item, id).text(),
                    None => Some(format!("{}.{index}", field.wire)),
                },
                (value, _) => value.text(),
            };
            (0..list.len()).map(name).collect()
        }
        _ => Vec::new(),
    };
    names.into_iter().flatten().filter(|name| !name.trim().is_empty()).collect()
}

/// The names in parentheses, if there are any.
fn told(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!(" (it names `{}`)", names.join("`, `")),
    }
}

fn unnamed_in(
    field: &FieldInfo,
    request: &dyn Model,
    value: Value<'_>,
    gaps: &Gaps,
) -> Option<String> {
    let wire = field.wire;
    match (&field.kind, value) {
        (Kind::Str, value) if is_id(field) => is_unset(value).then(|| format!("`{wire}`")),
        (Kind::Object(table), Value::Object(object)) => {
            let id = identity(table)?;
            is_unset(member_named(object, id)).then(|| format!("`{wire}.{id}`"))
        }
        (Kind::List(_), Value::List(list)) if list.is_empty() && field.may_be_empty(request) => {
            let has_null = gaps.null_items.iter().any(|name| name == wire);
            has_null.then(|| format!("`{wire}`"))
        }
        (Kind::List(_), Value::List(list)) => {
            let names = names(field, value);
            let is_whole = names.len() == list.len() && !gaps.null_items.iter().any(|n| n == wire);
            match (is_whole, names.is_empty()) {
                (true, false) => None,
                (_, true) => Some(format!("`{wire}`")),
                // The known part may be the only trace of the resource.
                (false, false) => Some(format!("a part of `{wire}`{}", told(&names))),
            }
        }
        _ => None,
    }
}

/// The member that is the id of a resource.
fn identity(table: &'static ModelInfo) -> Option<&'static str> {
    table.members.iter().find(|field| is_id(field)).map(|field| field.wire)
}

fn is_id(field: &FieldInfo) -> bool {
    matches!(field.kind, Kind::Str) && field.wire.ends_with("Id") && !field.secret
}

/// Whether a value names nothing: there is none, or only spaces.
fn is_unset(value: Value<'_>) -> bool {
    value.is_blank() || value.text().is_some_and(|text| text.trim().is_empty())
}
