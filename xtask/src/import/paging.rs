//! Recognizes paging by the names of members. With less than a proof it would be a guess, and a wrong guess loses entries.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::model::{Action, Member, Type, ValueType};
use crate::spec::spec_file::Paginate;

/// Members of a response with the number of entries on all pages.
const TOTALS: [&str; 5] = ["TotalCount", "Total", "TotalNum", "TotalCnt", "TotalNumber"];

/// Members with a page token: of the request, and of the response with the token of the next page. `Context` and scroll
/// ids are no such pair: they may stay the same until another member tells the end.
const TOKENS: [(&str, &str); 8] = [
    ("NextToken", "NextToken"),
    ("NextPageToken", "NextPageToken"),
    ("PageToken", "NextPageToken"),
    ("PageToken", "PageToken"),
    ("PaginationToken", "PaginationToken"),
    ("ContinueToken", "ContinueToken"),
    ("Cursor", "NextCursor"),
    ("Marker", "NextMarker"),
];

/// Members of a request with the number of a page.
const NUMBERS: [&str; 5] = ["PageNumber", "PageNo", "PageNum", "PageIndex", "Page"];

/// Members of a request with the page size of a list by page number.
const SIZES: [&str; 4] = ["PageSize", "Limit", "PerPage", "Size"];

/// Members of a request with the page size of a list with tokens.
const LIMITS: [&str; 4] = ["Limit", "MaxResults", "PageSize", "MaxItems"];

/// Members of a response that tell the end of a list in another way than by an empty token.
const ENDS: [&str; 8] =
    ["hasmore", "havemore", "more", "listover", "hasnext", "hasnextpage", "isend", "istruncated"];

/// Members of a request that tell a position in a way that is not supported.
const UNCLEAR: [&str; 3] = ["Context", "ScrollToken", "ScrollId"];

/// Page sizes below or above are not believed: a description with such a number rather means something else.
const PAGE_SIZES: std::ops::RangeInclusive<u64> = 10..=1_000;

/// How an action divides its list.
#[derive(Debug)]
pub enum Paging {
    /// Its response has no list, or its request no member for a position.
    None,
    /// It has pages, and this is the `paginate` key.
    Known(Value),
    /// It seems to have pages, but this is not clear.
    Unclear(&'static str),
}

/// Recognizes how an action divides its list.
pub fn paging(name: &str, action: &Action, types: &BTreeMap<String, Type>) -> Paging {
    let (request, response) = (&action.request, &action.response);
    let has = |members: &[Member], name: &str| members.iter().any(|member| member.name == name);
    let by_offset = has(request, "Offset") && has(request, "Limit");
    let token = TOKENS.iter().find(|(token_in, token_out)| {
        text(request, token_in).is_some() && text(response, token_out).is_some()
    });
    let by_number = NUMBERS.iter().any(|name| has(request, name)) || has(request, "Pageable");
    if !by_offset && token.is_none() && !by_number {
        return if UNCLEAR.iter().any(|name| has(request, name)) {
            Paging::Unclear("its position may stay the same until another member tells the end")
        } else {
            Paging::None
        };
    }
    let (object, members) = holder(response, types);
    let mut lists = members.iter().filter(|member| member.list);
    let items = match (lists.next(), lists.next()) {
        (Some(items), None) => items,
        (None, _) => return Paging::Unclear("its response has no list of its own"),
        (Some(_), Some(_)) => return Paging::Unclear("its response has several lists"),
    };
    let path = |name: &str| format!("{object}{name}");
    if !by_offset && token.is_none() {
        let total = total(members).map(path);
        return by_page_number(request, total, path(&items.name), id(name, items, types));
    }
    if !by_offset && !object.is_empty() {
        return Paging::Unclear("its response has no list of its own");
    }
    let Some(limit) = by_offset.then(|| number(request, "Limit")).flatten() else {
        return match token {
            Some(token) if object.is_empty() => by_token(request, response, items, token),
            _ => Paging::Unclear("its offset or its limit is not a number"),
        };
    };
    let Some(offset) = number(request, "Offset") else {
        return Paging::Unclear("its offset or its limit is not a number");
    };
    if offset.described.counts_pages {
        return Paging::Unclear("its offset counts pages, as its description says");
    }
    match (total(members), token) {
        (Ok(total), _) => Paging::Known(json!({
            "style": "offset", "offset": "Offset", "limit": "Limit", "total": path(total), "items": path(&items.name),
            "id": id(name, items, types).filter(|_| !offset.described.is_multiple),
            "max_limit": max_limit(limit),
        })),
        (Err(_), Some(token)) if object.is_empty() => by_token(request, response, items, token),
        (Err(why), _) => Paging::Unclear(why),
    }
}

/// What has the list: the response, or its only object if it has no list of its own. With the path to its members.
fn holder<'m>(response: &'m [Member], types: &'m BTreeMap<String, Type>) -> (String, &'m [Member]) {
    let object = |member: &'m Member| match &member.value_type {
        ValueType::Type(name) if !member.list => Some((member, types.get(name)?)),
        _ => None,
    };
    let mut objects = response.iter().filter_map(object);
    match (objects.next(), objects.next()) {
        (Some((member, type_)), None) if !response.iter().any(|member| member.list) => {
            (format!("{}.", member.name), type_.members.as_slice())
        }
        _ => (String::new(), response),
    }
}

/// The member with the number of entries on all pages.
fn total(response: &[Member]) -> Result<&'static str, &'static str> {
    let mut totals = TOTALS.iter().filter(|name| number(response, name).is_some());
    match (totals.next(), totals.next()) {
        (Some(total), None) => Ok(total),
        (None, _) => Err("its response has no total"),
        (Some(_), Some(_)) => Err("its response has several totals"),
    }
}

/// The only number of the request with one of these names.
fn only<'m>(request: &'m [Member], names: &[&str]) -> Option<&'m Member> {
    let mut members = request.iter().filter(|member| names.contains(&member.name.as_str()));
    let member = members.next().filter(|_| members.next().is_none())?;
    number(request, &member.name)
}

/// Without a word about the first page, it is page 1. If that is wrong, the list ends with an error, because rows below
/// the total are missing.
fn by_page_number(
    request: &[Member],
    total: Result<String, &'static str>,
    items: String,
    id: Option<String>,
) -> Paging {
    let Some(page) = only(request, &NUMBERS) else {
        return Paging::Unclear("its page number is not a number, or there are several");
    };
    let Some(size) = only(request, &SIZES) else {
        return Paging::Unclear("it has a page number, but not one page size");
    };
    match total {
        Ok(total) => Paging::Known(json!({
            "style": "number", "number": page.name, "first": page.described.first_page.filter(|first| *first == 0),
            "limit": size.name, "total": total, "items": items, "id": id, "max_limit": max_limit(size),
        })),
        Err(why) => Paging::Unclear(why),
    }
}

/// Whether the number of the first page is an assumption.
pub fn is_first_page_assumed(paginate: &Paginate, request: &[Member]) -> bool {
    let number = paginate.number.as_deref();
    let page = number.and_then(|name| request.iter().find(|member| member.name == name));
    page.is_some_and(|page| page.described.first_page.is_none())
}

fn by_token(
    request: &[Member],
    response: &[Member],
    items: &Member,
    token: &(&str, &str),
) -> Paging {
    let is_end = |member: &Member| {
        let name = member.name.to_ascii_lowercase();
        ENDS.contains(&name.as_str())
    };
    if response.iter().any(is_end) {
        return Paging::Unclear("another member than its page token tells the end");
    }
    let limit = LIMITS.iter().find_map(|name| number(request, name));
    Paging::Known(json!({
        "style": "token", "token_in": token.0, "token_out": token.1, "items": items.name,
        "limit": limit.map(|limit| &limit.name),
        "max_limit": limit.and_then(max_limit),
    }))
}

/// A number, which some services declare as a string.
fn number<'m>(members: &'m [Member], name: &str) -> Option<&'m Member> {
    let scalar = ["int64", "uint64", "string"];
    members.iter().find(|member| member.name == name && is_scalar(member, &scalar))
}

fn text<'m>(members: &'m [Member], name: &str) -> Option<&'m Member> {
    members.iter().find(|member| member.name == name && is_scalar(member, &["string"]))
}

fn is_scalar(member: &Member, scalars: &[&str]) -> bool {
    matches!(member.value_type, ValueType::Scalar(scalar) if scalars.contains(&scalar))
        && !member.list
}

fn max_limit(limit: &Member) -> Option<u64> {
    limit.described.maximum.filter(|maximum| PAGE_SIZES.contains(maximum))
}

/// The member that identifies an entry, if three names agree: `DescribeVpcs` lists objects of the type `Vpc`, each of
/// which always has a `VpcId`.
fn id(action: &str, items: &Member, types: &BTreeMap<String, Type>) -> Option<String> {
    let ValueType::Type(entry) = &items.value_type else { return None };
    let id = format!("{entry}Id");
    let member = types.get(entry)?.members.iter().find(|member| member.name == id)?;
    let always_present = member.output_required && !member.nullable;
    if !is_scalar(member, &["string", "int64", "uint64"]) || !always_present {
        return None;
    }
    let plural = match entry.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{entry}s"),
    };
    let nouns = [
        plural,
        format!("{entry}es"),
        format!("{entry}s"),
        format!("{entry}List"),
        format!("{entry}Set"),
    ];
    let verb = action.strip_suffix(nouns.iter().find(|noun| action.ends_with(noun.as_str()))?)?;
    matches!(verb, "Describe" | "List" | "Query" | "Search" | "Get").then_some(id)
}
