//! The resources of all accounts, as the Describe actions list them.

use axum::Json;
use axum::extract::{Path, State};
use cvm_protocol::{ActionInfo, PageStyle};
use cvm_simulator::{AccountId, ApiError, Parameters as Body, Request, find_region, services};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::AdminError;
use super::input::{NoParameters, Parameters};
use crate::{Cloud, response};

/// Maximum number of resources in one response, and the number by default.
const MAX_LIMIT: usize = 1_000;
const DEFAULT_LIMIT: usize = 100;

/// A kind of resource, and the action that lists it.
struct Kind {
    name: &'static str,
    service: &'static str,
    action: &'static str,
    /// The list in the response, if the action has no pages.
    list: &'static str,
    /// Whether all regions show the same resources.
    is_of_account: bool,
}

const fn kind(name: &'static str, service: &'static str, action: &'static str) -> Kind {
    Kind { name, service, action, list: "", is_of_account: false }
}

/// All kinds, by name.
#[rustfmt::skip]
static KINDS: &[Kind] = &[
    Kind { list: "ActionTimers", ..kind("action-timers", "cvm", "DescribeInstancesActionTimer") },
    kind("addresses", "vpc", "DescribeAddresses"),
    kind("chc-hosts", "cvm", "DescribeChcHosts"),
    kind("disks", "cbs", "DescribeDisks"),
    kind("hosts", "cvm", "DescribeHosts"),
    kind("hpc-clusters", "cvm", "DescribeHpcClusters"),
    kind("images", "cvm", "DescribeImages"),
    kind("instances", "cvm", "DescribeInstances"),
    Kind { is_of_account: true, ..kind("key-pairs", "cvm", "DescribeKeyPairs") },
    kind("launch-templates", "cvm", "DescribeLaunchTemplates"),
    kind("placement-groups", "cvm", "DescribeDisasterRecoverGroups"),
    kind("repair-tasks", "cvm", "DescribeTaskInfo"),
    kind("resource-packs", "cvm", "DescribeResourcePoolPacks"),
    kind("security-groups", "vpc", "DescribeSecurityGroups"),
    kind("snapshots", "cbs", "DescribeSnapshots"),
    kind("subnets", "vpc", "DescribeSubnets"),
    Kind { is_of_account: true, ..kind("tags", "tag", "DescribeTags") },
    kind("vpcs", "vpc", "DescribeVpcs"),
];

/// The names of all kinds.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name)
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StateQuery {
    account: Option<u64>,
    region: Option<String>,
    offset: Option<usize>,
    limit: Option<usize>,
}

/// The number of resources by account, region and kind.
pub(super) async fn summary(
    State(cloud): State<Cloud>,
    _: NoParameters,
) -> Result<Json<Value>, AdminError> {
    let mut counts = Vec::new();
    for kind in KINDS {
        for place in places(&cloud, kind, &StateQuery::default()) {
            let (_, count) = page(&cloud, kind, &place, 0, 1)?;
            if count > 0 {
                let (account, region) = (place.account.uin(), place.shown_region(kind));
                counts.push(
                    json!({"account": account, "region": region, "kind": kind.name, "count": count}),
                );
            }
        }
    }
    Ok(Json(json!({"now": cloud.clock().now().to_string(), "resources": counts})))
}

/// The resources of a kind.
pub(super) async fn list(
    State(cloud): State<Cloud>,
    Path(name): Path<String>,
    Parameters(query): Parameters<StateQuery>,
) -> Result<Json<Value>, AdminError> {
    let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
        let names: Vec<&str> = names().collect();
        let message = format!("no such kind of resource; use one of {}", names.join(", "));
        return Err(AdminError::new(StatusCode::NOT_FOUND, "not_found", message));
    };
    let mut left = query.limit.unwrap_or(DEFAULT_LIMIT);
    if left > MAX_LIMIT {
        return Err(AdminError::invalid(format!("`limit` is {left}; use at most {MAX_LIMIT}")));
    }
    let mut offset = query.offset.unwrap_or_default();
    let (mut resources, mut total) = (Vec::new(), 0);
    for place in places(&cloud, kind, &query) {
        let (account, region) = (place.account.uin(), place.shown_region(kind));
        let count = loop {
            let (items, count) = page(&cloud, kind, &place, offset, left)?;
            if items.is_empty() {
                break count;
            }
            left = left.saturating_sub(items.len());
            offset += items.len();
            resources.extend(items.into_iter().map(
                |resource| json!({"account": account, "region": region, "resource": resource}),
            ));
        };
        total += count;
        offset = offset.saturating_sub(count);
    }
    Ok(Json(json!({"kind": kind.name, "total": total, "resources": resources})))
}

/// An account and a region that can have resources of a kind.
struct Place {
    account: AccountId,
    region: &'static str,
}

impl Place {
    fn shown_region(&self, kind: &Kind) -> Option<&'static str> {
        (!kind.is_of_account).then_some(self.region)
    }
}

fn places(cloud: &Cloud, kind: &Kind, query: &StateQuery) -> Vec<Place> {
    let is_asked = |place: &Place| {
        let region = query.region.as_deref();
        query.account.is_none_or(|uin| place.account.uin() == uin)
            && region.is_none_or(|region| kind.is_of_account || place.region == region)
    };
    let accounts = cloud.simulation().used_regions().into_iter();
    let places = accounts.flat_map(|(account, mut regions)| {
        if kind.is_of_account {
            regions.truncate(1);
        }
        regions.into_iter().map(move |region| Place { account, region })
    });
    places.filter(is_asked).collect()
}

/// Some resources of a kind from an offset on, and the number of all.
fn page(
    cloud: &Cloud,
    kind: &Kind,
    place: &Place,
    offset: usize,
    limit: usize,
) -> Result<(Vec<Value>, usize), AdminError> {
    let service = services().into_iter().find(|service| service.info.name == kind.service);
    let info = service.and_then(|service| service.action(kind.action));
    let info = info.ok_or_else(|| ApiError::not_served(kind.service, kind.action))?;
    let mut body = Map::new();
    if kind.name == "images" {
        // Not those of the cloud.
        let own = json!([{"Name": "image-type", "Values": ["PRIVATE_IMAGE"]}]);
        body.insert("Filters".to_owned(), own);
    }
    let Some(pages) = info.paginate else {
        let listed = read(cloud, info, place, &body)?;
        return Ok(cut(items(&listed, kind.list), offset, limit));
    };
    match pages.style {
        PageStyle::Offset { offset: position, limit: size, total } => {
            let max = usize::try_from(pages.max_limit).unwrap_or(MAX_LIMIT);
            // Some services have numbers as texts, and all accept them.
            body.insert(position.to_owned(), offset.to_string().into());
            body.insert(size.to_owned(), limit.clamp(1, max).to_string().into());
            let listed = read(cloud, info, place, &body)?;
            let count = member(&listed, total).and_then(Value::as_u64).unwrap_or_default();
            let mut found = items(&listed, pages.items);
            found.truncate(limit);
            Ok((found, usize::try_from(count).unwrap_or(usize::MAX)))
        }
        PageStyle::Token { token_in, token_out, limit: size } => {
            body.insert(size.to_owned(), pages.max_limit.to_string().into());
            let mut found = Vec::new();
            loop {
                let listed = read(cloud, info, place, &body)?;
                found.extend(items(&listed, pages.items));
                match member(&listed, token_out).and_then(Value::as_str) {
                    Some(token) if !token.is_empty() => {
                        body.insert(token_in.to_owned(), token.into());
                    }
                    _ => return Ok(cut(found, offset, limit)),
                }
            }
        }
        PageStyle::Number { .. } => Err(ApiError::not_served(kind.service, kind.action).into()),
    }
}

/// The response of the action, without a trace in the state.
fn read(
    cloud: &Cloud,
    info: &'static ActionInfo,
    place: &Place,
    body: &Map<String, Value>,
) -> Result<Value, AdminError> {
    let region = find_region(cloud.catalog(), info, Some(place.region), false)?;
    let body = serde_json::to_vec(body).unwrap_or_default();
    let request = Request::parse(info, region, &Body::Json(&body))?;
    let reply = cloud.simulation().inspect(place.account, request);
    let written: Value = serde_json::from_slice(&response::to_json(&reply, "")).unwrap_or_default();
    match written.pointer("/Response/Error") {
        Some(error) => Err(AdminError::invalid(format!("{} failed: {error}", info.name))),
        None => Ok(written.get("Response").cloned().unwrap_or_default()),
    }
}

fn cut(found: Vec<Value>, offset: usize, limit: usize) -> (Vec<Value>, usize) {
    let count = found.len();
    (found.into_iter().skip(offset).take(limit).collect(), count)
}

fn items(response: &Value, path: &str) -> Vec<Value> {
    member(response, path).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn member<'a>(response: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(response, |value, name| value.get(name))
}
